// Indexes that would serve a scan, as text, while its table is there.
#pragma once

#include "core/event.h"
#include "core/index_text.h"

#include "pg/pg.h"

namespace query_audit {

// Fills index_columns and index_exists of the facts from their need, and from what was read. Returns whether it is an
// index of columns as they are, and sorted, or several of these.
bool describe_index(ScanFacts &facts);

// All expressions of the needs, NULL ended. In the current memory context; the texts are the needs' own.
[[nodiscard]] const char *const *expressions_of(const ScanNeed *needs, int count);

// Adds a key: a column of the relation, or an expression of some. Returns false where no index can have it: there is
// room for few, one of them an expression.
bool add_index_key(Oid relation, const Node *expression, const IndexKey &key, IndexCandidate &candidate);

// Writes what follows the table in CREATE INDEX; nothing where it does not fit.
void write_index(Oid relation, const IndexCandidate &candidate, char (&body)[index_columns_bytes]);

} // namespace query_audit
