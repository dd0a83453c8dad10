// Why a scan's condition was not answered by an index that is there, and what would answer its patterns.
#pragma once

#include "core/event.h"

#include "pg/pg.h"

namespace query_audit {

// Fills missed, missed_index, missed_columns, open_pattern, pattern_index and pattern_index_exists from the scan's
// filter. Raises no error.
void describe_missed_index(ScanState *scan, ScanFacts &facts);

} // namespace query_audit
