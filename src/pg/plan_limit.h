// How many rows a plan skipped, and how many it was to return at most.
#pragma once

#include "pg/pg.h"

namespace query_audit {

// The values of LIMIT and OFFSET of the outermost Limit node that was executed, -1 where there is none.
struct LimitFacts {
    int64 limit;
    int64 offset;
};
[[nodiscard]] LimitFacts limit_of_plan(const QueryDesc *query);

} // namespace query_audit
