// Where in a plan an expression comes from: which scan's columns it is made of.
#pragma once

#include "pg/pg.h"

namespace query_audit {

// Whether the node reads a table itself.
[[nodiscard]] bool is_table_scan(const Plan *node);

// An expression of a node's output, or of its conditions, followed down to the scan whose columns it is made of.
struct Origin {
    const Scan *scan; // null where it is computed on the way, or comes from no table
    const Node *expression;
};
[[nodiscard]] Origin origin_of(const PlannedStmt *plan, const Plan *node, const Node *expression);

// The range table entry that a scanned one is counted as: a partition's is its partitioned table's.
[[nodiscard]] Index counted_entry(const PlannedStmt *plan, Index entry);

// Whether it is of the table that the entry is counted as.
[[nodiscard]] inline bool is_of_entry(const PlannedStmt *plan, const Origin &origin, Index entry) {
    return origin.scan != nullptr && counted_entry(plan, origin.scan->scanrelid) == entry;
}

} // namespace query_audit
