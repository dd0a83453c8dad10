// The sort for a statement's ORDER BY, where an index of one table could give its order.
#pragma once

#include "core/event.h"

#include "pg/pg.h"

namespace query_audit {

// The sort that gives the statement's rows their order; null where there is none, or more happens to them after it than
// a LIMIT.
[[nodiscard]] PlanState *sort_of_statement(PlanState *top);

struct PlanOrder {
    const Sort *sort; // null: none that an index could give
    const Scan *scan; // of the table
    Index entry;      // of the range table, of the root where the table is partitioned
    uint64 rows;      // that the sort took
    bool limited;     // and kept the first of, for a LIMIT
};

// REQUIRES: the sort's input was counted, else its rows are 0.
[[nodiscard]] PlanOrder order_of_plan(const QueryDesc *query);

// Fills rows_sorted, sort_limited and sort_columns from the order and the table's scan; leaves them empty where an
// index of the table has the order.
void describe_order(const PlannedStmt *plan, const PlanOrder &order, const ScanState *scan, ScanFacts &facts);

} // namespace query_audit
