// The index that would serve a scan, as text, while its table is there.
#pragma once

#include "core/event.h"

#include "pg/pg.h"

namespace query_audit {

// Fills index_columns and index_exists of the facts from their need, and from what was read.
void describe_index(ScanFacts &facts);

} // namespace query_audit
