// Conditions of index-only scans, which know the table's columns by their places in the index.
#pragma once

#include "pg/pg.h"

namespace query_audit {

// The same conditions, of the table's columns.
[[nodiscard]] const List *conditions_of_table(const IndexOnlyScan *scan, const List *conditions);

} // namespace query_audit
