#include <algorithm>

#include "core/text.h"

#include "pg/plan_join.h"
#include "pg/plan_origin.h"

#include "pg/expression.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

// An index finds the rows of one other row for about what it takes to read a hundred, one after the other.
constexpr uint64 rows_of_a_look_up = 100;

struct Sides {
    bool outer; // whose rows without a partner are not returned
    bool inner;
};

Sides droppable_sides(JoinType type) {
    switch (type) {
    case JOIN_INNER:
    case JOIN_SEMI:
        return {true, true};
    case JOIN_LEFT:
    case JOIN_ANTI:
        return {false, true};
    case JOIN_RIGHT:
        return {true, false};
    default:
        return {is_right_semi_or_anti(type), false};
    }
}

// Below what hands rows on as they are.
PlanState *source_of(PlanState *node) {
    while (node != nullptr && (IsA(node, HashState) || IsA(node, SortState) || IsA(node, MaterialState) ||
                               IsA(node, GatherState) || IsA(node, GatherMergeState))) {
        node = outerPlanState(node);
    }
    return node;
}

bool is_whole_scan(const PlanState *node) { return IsA(node, SeqScanState) && node->plan->qual == NIL; }

// Partitions count as one table, the arms of a union do not.
bool is_whole_table(const PlannedStmt *plan, PlanState *node) {
    bool whole = true;
    Index table = 0;
    visit_scans(node, [&](const PlanState *scan) {
        whole = whole && is_whole_scan(scan);
        if (!whole) return;
        const Index entry = counted_entry(plan, reinterpret_cast<const Scan *>(scan->plan)->scanrelid);
        whole = table == 0 || entry == table;
        table = entry;
    });
    return whole && table != 0;
}

uint64 rows_out(const PlanState *node) {
    return static_cast<uint64>(node->instrument->ntuples + node->instrument->tuplecount);
}

} // namespace

const List *join_clauses(const Plan *node) {
    if (IsA(node, NestLoop)) return reinterpret_cast<const Join *>(node)->joinqual;
    if (IsA(node, HashJoin)) return reinterpret_cast<const HashJoin *>(node)->hashclauses;
    return IsA(node, MergeJoin) ? reinterpret_cast<const MergeJoin *>(node)->mergeclauses : NIL;
}

JoinedScan joined_scan_of(const PlannedStmt *plan, PlanState *node) {
    if (!IsA(node, HashJoinState) && !IsA(node, MergeJoinState)) return {};
    PlanState *outer = source_of(outerPlanState(node));
    PlanState *inner = source_of(innerPlanState(node));
    if (outer == nullptr || inner == nullptr) return {};
    const Sides droppable = droppable_sides(reinterpret_cast<const Join *>(node->plan)->jointype);
    const bool by_outer = droppable.outer && is_whole_table(plan, outer);
    const bool by_inner = droppable.inner && is_whole_table(plan, inner);
    if (!by_outer && !by_inner) return {};
    const bool larger = outer->plan->plan_rows > inner->plan->plan_rows;
    return by_outer && (!by_inner || larger) ? JoinedScan{outer, node, inner} : JoinedScan{inner, node, outer};
}

bool joins_few(const JoinedScan &joined, uint64 &kept) {
    if (joined.scan->instrument == nullptr || joined.join->instrument == nullptr ||
        joined.other->instrument == nullptr) {
        return false;
    }
    const uint64 others = rows_out(joined.other);
    const uint64 read = rows_out(joined.scan);
    const bool anti = is_anti_join(reinterpret_cast<const Join *>(joined.join->plan)->jointype);
    kept = std::min(read, anti ? others : rows_out(joined.join));
    return others <= read / rows_of_a_look_up;
}

void describe_join(const PlannedStmt *plan, const Plan *join, const Scan *scan, ScanFacts &facts) {
    TextWriter filter(facts.filter, sizeof(facts.filter));
    const Index table = counted_entry(plan, scan->scanrelid);
    ListCell *cell;
    foreach (cell, join_clauses(join)) {
        const OpExpr *clause = static_cast<const OpExpr *>(lfirst(cell));
        if (!IsA(clause, OpExpr) || list_length(clause->args) != 2) continue;
        Origin own = origin_of(plan, join, static_cast<const Node *>(linitial(clause->args)));
        Origin other = origin_of(plan, join, static_cast<const Node *>(llast(clause->args)));
        if (!is_of_entry(plan, own, table)) std::swap(own, other);
        if (!is_of_entry(plan, own, table)) continue;
        if (!filter.view().empty()) filter.append(" AND ");
        ExpressionWriter(rt_fetch(own.scan->scanrelid, plan->rtable)->relid, filter).write(own.expression);
        filter.append(" = ");
        if (other.scan == nullptr || !is_column(other.expression)) {
            filter.append("?");
            continue;
        }
        const Oid relation = rt_fetch(other.scan->scanrelid, plan->rtable)->relid;
        const char *name = get_rel_name(relation);
        filter.append(name != nullptr ? quote_identifier(name) : "?");
        filter.append(".");
        ExpressionWriter(relation, filter).write(other.expression);
    }
}

} // namespace query_audit
