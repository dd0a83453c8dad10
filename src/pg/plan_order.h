// A sort that an index of one table could spare: the one for the statement's ORDER BY, or one inside of it.
#pragma once

#include "core/event.h"

#include "pg/pg.h"

namespace query_audit {

// What gives a sort its rows, to be counted; null where the node is no sort.
[[nodiscard]] PlanState *input_of_sort(PlanState *node);

struct PlanOrder {
    const Sort *sort; // null: none that an index could give
    const Scan *scan; // of the table
    Index entry;      // of the range table, of the root where the table is partitioned
    uint64 rows;      // that the sort took at a time; those of partitions are added up
    bool limited;     // and of which a LIMIT wanted the first alone
};

// The largest of those whose input was counted. A sort other than the statement's own is one where the order spares
// more than the sort itself: a LIMIT stops early, or the index finds the rows by equality, or holds all that is taken
// of them.
[[nodiscard]] PlanOrder order_of_plan(const QueryDesc *query);

// Fills rows_sorted, sort_limited and sort_columns from the order, for the table of that entry: the order's own, or of
// one that inherits from it. Leaves them empty where the table, and where it is partitioned each partition that was
// scanned, has an index with that order. REQUIRES: rows_read is known.
void describe_order(const QueryDesc *query, const PlanOrder &order, Index entry, ScanFacts &facts);

} // namespace query_audit
