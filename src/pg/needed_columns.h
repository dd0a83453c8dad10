// Which columns a statement takes from a table beside those that it compares and sorts.
#pragma once

#include "core/access.h"

#include "pg/pg.h"

namespace query_audit {

// Fills the need's columns, after its keys. By what the statement needs permission for: a scan's own output may have
// columns that nobody asked for. `entry` is the root's, of the range table.
void describe_columns(const PlannedStmt *plan, Index entry, Oid root, AccessNeed &need);

// Whether an index could hold all columns that the statement takes from the table, as far as their number says: few
// compare more than two, whatever fits.
[[nodiscard]] bool takes_few_columns(const PlannedStmt *plan, Index entry);

// Whether these are all columns that it takes from the table.
[[nodiscard]] bool takes_no_more_than(const PlannedStmt *plan, Index entry, const AttrNumber *columns, int count);

} // namespace query_audit
