// The SQL that mends a finding, where it follows from the finding alone.
#pragma once

#include "core/finding.h"
#include "core/text.h"

namespace query_audit {

// A name for the index that the finding proposes, made of its table and columns. With `unusual` a hash of both is part
// of it, for when the plain one is taken.
void write_index_name(const UnitFinding &finding, bool unusual, char (&name)[index_name_bytes]);

// Writes CREATE INDEX for the finding's relation and columns, and the DROP that takes it back, as a comment. Returns
// false, writing nothing, when the finding names no columns.
bool write_create_index(const UnitFinding &finding, const char *name, TextWriter &sql);

} // namespace query_audit
