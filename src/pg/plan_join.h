// A whole table that is read without a condition of its own, for a join with few other rows that throws most of it
// away.
#pragma once

#include "core/event.h"

#include "pg/pg.h"

namespace query_audit {

struct JoinedScan {
    PlanState *scan; // of the whole table, or what appends those of its partitions; null: the node is no such join
    PlanState *join;
    PlanState *other; // gives the other rows
};

// Visits the scans that the whole table is read by: one, or one for each partition.
template <typename Visit> void visit_scans(PlanState *scan, Visit visit) {
    if (!IsA(scan, AppendState)) return visit(scan);
    const AppendState *parts = reinterpret_cast<const AppendState *>(scan);
    for (int i = 0; i < parts->as_nplans; ++i) visit(parts->appendplans[i]);
}

// Where the node is a hash or merge join, one side of it such a scan, and rows of that side that meet no other are not
// returned. The rows of all three are to be counted.
[[nodiscard]] JoinedScan joined_scan_of(const PlannedStmt *plan, PlanState *node);

// Whether there were so few other rows that an index on what is joined by would have found what the join kept. Sets how
// many that were of the scan's, at most. False where they were not counted.
[[nodiscard]] bool joins_few(const JoinedScan &joined, uint64 &kept);

// What the tables are joined by, as a filter of the scan.
void describe_join(const PlannedStmt *plan, const Plan *join, const Scan *scan, ScanFacts &facts);

// The conditions by which a join of any method finds what belongs together, each an operator's call; NIL for another
// node.
[[nodiscard]] const List *join_clauses(const Plan *node);

} // namespace query_audit
