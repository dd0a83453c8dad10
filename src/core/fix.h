// The SQL that mends a finding, where it follows from the finding alone.
#pragma once

#include "core/finding.h"
#include "core/text.h"

namespace query_audit {

// Writes CREATE INDEX for the finding's relation and columns, and the DROP that takes it back, as a comment. Returns
// false, writing nothing, when the finding names no columns.
bool write_create_index(const UnitFinding &finding, TextWriter &sql);

} // namespace query_audit
