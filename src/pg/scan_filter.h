// A scan's filter in words.
#pragma once

#include "core/event.h"

#include "pg/pg.h"

namespace query_audit {

// Fills the filter of the facts from the scan's condition. Values are written as ?; a key of a json operator is part of
// the expression and is written. Raises no error; what it cannot write it leaves out.
void describe_filter(ScanState *scan, ScanFacts &facts);

} // namespace query_audit
