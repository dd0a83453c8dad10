// Why an index that is there did not serve a scan.
#pragma once

#include "pg/index_catalog.h"

#include "pg/pg.h"

namespace query_audit {

// A sentence about the index that would serve the need and was not used, and what to do; null where there is none. In
// the current memory context.
[[nodiscard]] const char *why_not_used(Oid relation, const ScanNeed &need);

// What keeps indexes that lead with the candidate's first column from serving it; null where there is no such index.
[[nodiscard]] const char *why_not_served(const CatalogTable &table, const IndexCandidate &candidate);

// An index that the candidate would make superfluous, as it begins with the same keys and holds more; null where there
// is none, or a constraint may need it.
[[nodiscard]] const char *replaced_index(const CatalogTable &table, const IndexCandidate &candidate);

} // namespace query_audit
