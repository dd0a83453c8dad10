#include "pg/plan_limit.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

bool find_limit(PlanState *node, void *found) {
    if (node == nullptr) return false;
    if (IsA(node, LimitState)) {
        *static_cast<LimitState **>(found) = reinterpret_cast<LimitState *>(node);
        return true;
    }
    return walk_plan_state(node, find_limit, found);
}

} // namespace

LimitFacts limit_of_plan(const QueryDesc *query) {
    LimitState *limit = nullptr;
    (void)find_limit(query->planstate, &limit);
    if (limit == nullptr) return {-1, -1};
    return {limit->noCount ? -1 : limit->count, limit->offset};
}

} // namespace query_audit
