// How old a table's statistics are.
#pragma once

#include "core/event.h"

#include "pg/pg.h"

namespace query_audit {

// Fills rows_changed and table_rows: of the table that was scanned, of one partition where it has such.
void describe_changes(Relation relation, ScanFacts &facts);

} // namespace query_audit
