#include <algorithm>

#include "core/index_text.h"
#include "core/text.h"

#include "pg/plan_order.h"
#include "pg/scan_index.h"
#include "pg/table_indexes.h"

#include "pg/condition.h"
#include "pg/expression.h"
#include "pg/needed_columns.h"
#include "pg/plan_origin.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr int most_keys = most_index_keys;

// Whether the scan's rows come out of the plan in the order they were read, or, with joins, at least could.
bool keeps_order(const PlannedStmt *plan, const Plan *node, Index entry, bool joins_may) {
    if (node == nullptr) return false;
    const auto goes_on = [&](const Plan *child) { return keeps_order(plan, child, entry, joins_may); };
    const auto one_of = [&](const List *children) {
        ListCell *cell;
        foreach (cell, children) {
            if (goes_on(static_cast<const Plan *>(lfirst(cell)))) return true;
        }
        return false;
    };
    if (is_table_scan(node)) return counted_entry(plan, reinterpret_cast<const Scan *>(node)->scanrelid) == entry;
    switch (nodeTag(node)) {
    case T_Append:
        return one_of(reinterpret_cast<const Append *>(node)->appendplans);
    case T_MergeAppend:
        return one_of(reinterpret_cast<const MergeAppend *>(node)->mergeplans);
    case T_SubqueryScan:
        return goes_on(reinterpret_cast<const SubqueryScan *>(node)->subplan);
    case T_NestLoop:
    case T_HashJoin:
    case T_MergeJoin: {
        if (!joins_may) return false;
        const JoinType type = reinterpret_cast<const Join *>(node)->jointype;
        const bool outer = type == JOIN_INNER || type == JOIN_LEFT || type == JOIN_SEMI || type == JOIN_ANTI;
        return (outer && goes_on(node->lefttree)) ||
               ((type == JOIN_INNER || type == JOIN_RIGHT) && goes_on(node->righttree));
    }
    case T_Result:
    case T_Material:
    case T_Memoize:
    case T_Hash:
    case T_Sort:
    case T_IncrementalSort:
    case T_Gather:
    case T_GatherMerge:
        return goes_on(node->lefttree);
    default:
        return false;
    }
}

Origin origin_of_key(const PlannedStmt *plan, const Sort *sort, int key) {
    const TargetEntry *column = get_tle_by_resno(sort->plan.targetlist, sort->sortColIdx[key]);
    if (column == nullptr) return Origin{nullptr, nullptr};
    return origin_of(plan, &sort->plan, reinterpret_cast<const Node *>(column->expr));
}

struct OrderKey {
    const Node *expression;
    bool sorted; // else compared for equality
    bool descending;
    bool nulls_first;
};

int equality_keys(const ScanState *scan, OrderKey (&keys)[most_keys]) {
    Condition conditions[most_keys];
    int count = 0;
    for (int part = 0; part < condition_parts; ++part) {
        ListCell *cell;
        foreach (cell, conditions_of(scan, part)) {
            if (count == most_keys) break;
            Condition &condition = conditions[count];
            const Node *clause = static_cast<const Node *>(lfirst(cell));
            // The rows of several values are in order each, and not together.
            const bool one_value = !IsA(clause, ScalarArrayOpExpr) && !IsA(clause, BoolExpr);
            if (one_value && read_condition(scan->ss_currentRelation, clause, scan->ps.state, condition) &&
                condition.key.use == KeyUse::equality) {
                ++count;
            }
        }
    }
    std::stable_sort(conditions, conditions + count,
                     [](const Condition &a, const Condition &b) { return a.key.distinct > b.key.distinct; });
    for (int i = 0; i < count; ++i) keys[i] = {conditions[i].expression, false, false, false};
    return count;
}

// As it is written for another partition, whose columns may have other numbers.
const Node *in_partition(const Node *expression, Oid from, const ScanState *scan) {
    const Oid to = RelationGetRelid(scan->ss_currentRelation);
    if (from == to) return expression;
    Node *copy = static_cast<Node *>(copyObjectImpl(expression));
    ListCell *cell;
    foreach (cell, pull_var_clause(copy, PVC_RECURSE_PLACEHOLDERS)) {
        Var *column = static_cast<Var *>(lfirst(cell));
        const char *name = get_attname(from, column->varattno, true);
        column->varattno = name != nullptr ? get_attnum(to, name) : static_cast<AttrNumber>(InvalidAttrNumber);
        column->varno = static_cast<int>(reinterpret_cast<const Scan *>(scan->ps.plan)->scanrelid);
    }
    return copy;
}

int order_keys(const PlannedStmt *plan, const PlanOrder &order, const ScanState *scan, OrderKey (&keys)[most_keys]) {
    int count = equality_keys(scan, keys);
    for (int i = 0; i < order.sort->numCols && count < most_keys; ++i) {
        const Origin origin = origin_of_key(plan, order.sort, i);
        if (origin.scan == nullptr) return 0; // order_of_sort lets none through
        const Oid relation = rt_fetch(origin.scan->scanrelid, plan->rtable)->relid;
        const Node *expression = in_partition(origin.expression, relation, scan);
        const auto same = [expression](const OrderKey &key) { return equal(key.expression, expression); };
        if (std::any_of(keys, keys + count, same)) continue;
        Oid family;
        Oid type;
        int16 strategy = 0;
        (void)ordering_properties(order.sort->sortOperators[i], &family, &type, &strategy);
        keys[count++] = {expression, true, strategy == BTGreaterStrategyNumber, order.sort->nullsFirst[i]};
    }
    return count;
}

// Whether the index gives the order, read forwards or backwards. Those compared for equality may stand in any order.
bool gives_order(const TableIndex &index, const OrderKey *keys, int count) {
    if (index.partial || index.method != BTREE_AM_OID || index.keys < count) return false;
    bool forwards = true;
    bool backwards = true;
    for (int i = 0; i < count; ++i) {
        if (!is_column(keys[i].expression)) return false;
        const AttrNumber column = reinterpret_cast<const Var *>(keys[i].expression)->varattno;
        if (!keys[i].sorted) {
            const auto first_sorted = std::find_if(keys, keys + count, [](const OrderKey &key) { return key.sorted; });
            const auto *const end = index.column + (first_sorted - keys);
            if (std::find(index.column, end, column) == end) return false;
            continue;
        }
        if (index.column[i] != column) return false;
        const bool descending = (index.options[i] & INDOPTION_DESC) != 0;
        const bool nulls_first = (index.options[i] & INDOPTION_NULLS_FIRST) != 0;
        forwards = forwards && descending == keys[i].descending && nulls_first == keys[i].nulls_first;
        backwards = backwards && descending != keys[i].descending && nulls_first != keys[i].nulls_first;
    }
    return forwards || backwards;
}

// All keys, or nothing: an index of some does not give the order.
void write_keys(Oid relation, const OrderKey *keys, int count, ScanFacts &facts) {
    IndexCandidate candidate{};
    for (int i = 0; i < count; ++i) {
        IndexKey key{};
        key.use = keys[i].sorted ? KeyUse::sort : KeyUse::equality;
        key.flags = static_cast<uint8>((keys[i].descending ? key_flag::descending : 0) |
                                       (keys[i].nulls_first ? key_flag::nulls_first : 0));
        if (!add_index_key(relation, keys[i].expression, key, candidate)) return;
    }
    write_index(relation, candidate, facts.sort_columns);
}

// The sort that gives the statement's rows their order; null where there is none, or more happens to them after it than
// a LIMIT.
PlanState *sort_of_statement(PlanState *top) {
    while (top != nullptr) {
        switch (nodeTag(top)) {
        case T_SortState:
        case T_IncrementalSortState:
            return top;
        case T_LimitState:
        case T_LockRowsState:
        case T_ResultState:
        case T_GatherState:
        case T_GatherMergeState:
        case T_MaterialState:
            top = outerPlanState(top);
            break;
        case T_SubqueryScanState:
            top = reinterpret_cast<SubqueryScanState *>(top)->subplan;
            break;
        default:
            return nullptr;
        }
    }
    return nullptr;
}

bool is_bounded(const PlanState *sort) {
    return IsA(sort, SortState) ? reinterpret_cast<const SortState *>(sort)->bounded
                                : reinterpret_cast<const IncrementalSortState *>(sort)->bounded;
}

// Of each time that it sorted; a worker's share is no time of its own.
uint64 rows_at_a_time(const PlannedStmt *plan, const NodeCounters *counted) {
    const double loops = plan->parallelModeNeeded ? 1 : counted->nloops + (counted->running ? 1 : 0);
    return static_cast<uint64>((counted->ntuples + counted->tuplecount) / std::max(1.0, loops));
}

// Whether the node asks for no more rows than are asked of it, so that a LIMIT above it stops what is below.
bool stops_with_parent(const PlanState *node) {
    switch (nodeTag(node)) {
    case T_UniqueState:
    case T_GroupState:
    case T_SubqueryScanState:
    case T_IncrementalSortState: // sorts one group after the other
    case T_ResultState:
    case T_LockRowsState:
    case T_AppendState:
    case T_MergeAppendState:
    case T_NestLoopState:
    case T_MergeJoinState:
    case T_HashJoinState:
    case T_GatherState:
    case T_GatherMergeState:
        return true;
    case T_AggState:
        return reinterpret_cast<const Agg *>(node->plan)->aggstrategy == AGG_SORTED;
    case T_WindowAggState:
        // Without either all rows are one window.
        return reinterpret_cast<const WindowAgg *>(node->plan)->partNumCols > 0;
    default:
        return false;
    }
}

// Whether the sort below is one that aggregates ask for, and no more than that.
bool sorts_for_aggregates(const PlanState *node) {
    if (reinterpret_cast<const Agg *>(node->plan)->aggstrategy != AGG_PLAIN) return false;
    ListCell *cell;
    foreach (cell, reinterpret_cast<const AggState *>(node)->aggs) {
        if (is_sorted_for(static_cast<const Aggref *>(lfirst(cell)))) return true;
    }
    return false;
}

bool is_merged_sort(const PlanState *node) { return IsA(node, GatherMergeState) || IsA(node, MergeAppendState); }

constexpr PlanOrder no_order = {nullptr, nullptr, 0, 0, false};

PlanOrder order_of_sort(const PlannedStmt *plan, PlanState *state, bool limited) {
    const Sort *sort = reinterpret_cast<const Sort *>(state->plan);
    if (outerPlanState(state)->instrument == nullptr || sort->numCols > most_keys) return no_order;
    PlanOrder order = {sort, nullptr, 0, rows_at_a_time(plan, outerPlanState(state)->instrument), limited};
    for (int i = 0; i < sort->numCols; ++i) {
        const Origin origin = origin_of_key(plan, sort, i);
        if (origin.scan == nullptr || !is_indexable(origin.expression)) return no_order;
        if (sort->collations[i] != exprCollation(origin.expression)) return no_order;
        const Index entry = counted_entry(plan, origin.scan->scanrelid);
        if (i > 0 && entry != order.entry) return no_order;
        order.scan = origin.scan;
        order.entry = entry;
    }
    return keeps_order(plan, sort->plan.lefttree, order.entry, limited) ? order : no_order;
}

// The only scan below the sort.
const ScanState *scan_of(PlanState *node) {
    while (node != nullptr && outerPlanState(node) != nullptr) node = outerPlanState(node);
    return node != nullptr && IsA(node->plan, Append) ? nullptr : reinterpret_cast<const ScanState *>(node);
}

class OrderSeeker {
  public:
    explicit OrderSeeker(const QueryDesc *query)
        : plan_(query->plannedstmt), own_(sort_of_statement(query->planstate)) {}

    void seek(PlanState *node) {
        const bool limited = limited_;
        const bool merged = merged_;
        const bool aggregated = aggregated_;
        merged_ = IsA(node, MergeAppendState);
        aggregated_ = IsA(node, AggState) ? sorts_for_aggregates(node) : aggregated && is_merged_sort(node);
        if (IsA(node, LimitState)) {
            limited_ = !reinterpret_cast<const LimitState *>(node)->noCount;
        } else {
            if (input_of_sort(node) != nullptr && !aggregated) consider(node, limited || is_bounded(node), merged);
            limited_ = limited && stops_with_parent(node);
        }
        (void)walk_plan_state(node, visit, this);
        limited_ = limited;
        merged_ = merged;
        aggregated_ = aggregated;
    }

    [[nodiscard]] const PlanOrder &found() const { return found_; }

  private:
    static bool visit(PlanState *node, void *seeker) {
        if (node != nullptr) static_cast<OrderSeeker *>(seeker)->seek(node);
        return false;
    }

    // merged: with others, which must be partitions of one table.
    void consider(PlanState *sort, bool limited, bool merged) {
        // The statement's own LIMIT bounds its own sort, but for what stands between them.
        const PlanOrder order = order_of_sort(plan_, sort, sort == own_ ? is_bounded(sort) : limited);
        if (order.sort == nullptr || (sort != own_ && !limited && !spares_more(sort, order))) return;
        const bool partition = order.scan->scanrelid != order.entry;
        if (merged && !partition) return;
        if (partition && found_.sort != nullptr && found_.entry == order.entry) {
            found_.rows += order.rows;
        } else if (found_.sort == nullptr || order.rows > found_.rows) {
            found_ = order;
        }
    }

    bool spares_more(PlanState *sort, const PlanOrder &order) const {
        const ScanState *scan = scan_of(sort);
        if (scan == nullptr || scan->ps.plan != &order.scan->plan || scan->ss_currentRelation == nullptr) return false;
        OrderKey keys[most_keys];
        if (equality_keys(scan, keys) > 0) return true;
        const int count = order_keys(plan_, order, scan, keys);
        return holds_all_columns(keys, count, order.entry);
    }

    // Whether the keys are all that the statement takes of the table.
    bool holds_all_columns(const OrderKey *keys, int count, Index entry) const {
        AttrNumber columns[most_keys];
        for (int i = 0; i < count; ++i) {
            if (!is_column(keys[i].expression)) return false;
            columns[i] = reinterpret_cast<const Var *>(keys[i].expression)->varattno;
        }
        return takes_no_more_than(plan_, entry, columns, count);
    }

    const PlannedStmt *plan_;
    const PlanState *own_;
    bool limited_ = false;
    bool merged_ = false;
    bool aggregated_ = false;
    PlanOrder found_ = no_order;
};

struct Unordered {
    const PlannedStmt *plan;
    const PlanOrder *order;
    Index table;
    const ScanState *scan; // null: none was found
    OrderKey keys[most_keys];
    int count;
};

// The first scan of the table, or of one of its partitions, that has no index with the order.
bool find_unordered(PlanState *node, void *context) {
    if (node == nullptr) return false;
    Unordered &found = *static_cast<Unordered *>(context);
    if (!is_table_scan(node->plan)) return walk_plan_state(node, find_unordered, context);
    const ScanState *scan = reinterpret_cast<const ScanState *>(node);
    const Index entry = reinterpret_cast<const Scan *>(node->plan)->scanrelid;
    const bool wanted = entry == found.table || counted_entry(found.plan, entry) == found.table;
    if (!wanted || scan->ss_currentRelation == nullptr) return false;
    found.count = order_keys(found.plan, *found.order, scan, found.keys);
    TableIndex indexes[most_indexes];
    const int count = indexes_of(scan->ss_currentRelation, indexes);
    if (std::none_of(indexes, indexes + count,
                     [&](const TableIndex &index) { return gives_order(index, found.keys, found.count); })) {
        found.scan = scan;
    }
    return found.scan != nullptr;
}

} // namespace

PlanState *input_of_sort(PlanState *node) {
    const bool sort = IsA(node, SortState) || IsA(node, IncrementalSortState);
    return sort ? outerPlanState(node) : nullptr;
}

PlanOrder order_of_plan(const QueryDesc *query) {
    OrderSeeker seeker(query);
    seeker.seek(query->planstate);
    return seeker.found();
}

void describe_order(const QueryDesc *query, const PlanOrder &order, Index entry, ScanFacts &facts) {
    Unordered unordered{query->plannedstmt, &order, entry, nullptr, {}, 0};
    (void)find_unordered(query->planstate, &unordered);
    if (unordered.scan == nullptr) return;
    facts.rows_sorted = entry == order.entry ? order.rows : std::min(order.rows, facts.rows_read);
    facts.sort_limited = order.limited;
    write_keys(RelationGetRelid(unordered.scan->ss_currentRelation), unordered.keys, unordered.count, facts);
}

} // namespace query_audit
