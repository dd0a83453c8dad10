// What a scan's conditions ask of its table, and what joins and sorts above it do: AccessNeed, from the executed plan.
#pragma once

#include "core/access.h"

#include "pg/pg.h"

namespace query_audit {

// A scan with the joins and the sort that its rows go through, for one table of the statement.
struct NeedContext {
    const PlannedStmt *plan;
    PlanState *top;
    ScanState *scan;
    Oid root;          // the table that it is counted as
    Index entry;       // of the range table, of the root
    const Plan *few;   // a join with few rows that the scan is read for, each of them a value to compare with; or null
    const Sort *order; // that an index of the table could spare, null where none is known
    bool order_limited;
};

// Fills the need: the scan's own conditions first, then joins, then the order, else the nearest sort whose keys are all
// the table's.
void describe_need(const NeedContext &context, AccessNeed &need);

} // namespace query_audit
