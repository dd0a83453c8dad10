// A candidate's CREATE INDEX and DROP INDEX for a table as it is in the catalog now.
#pragma once

#include "pg/index_catalog.h"

#include "pg/pg.h"

namespace query_audit {

struct IndexSql {
    const char *relation; // schema-qualified and quoted
    const char *create;   // one statement for each level of partitions and each partition, in the order to run them in
    const char *drop;
    const char *plain; // as one statement, whatever the table: for a trial
    int parts;         // partitions that hold rows
    int indexed_parts; // of these, which have such an index already: it becomes part of the new one
};

// False where a column is gone. In the current memory context.
[[nodiscard]] bool write_index_sql(Oid relation, const CatalogTable &table, const IndexCandidate &index, IndexSql &sql);

// The same for a body that is written already, on a relation that may be gone, then by the name it had. `partitioned`
// is what it was.
[[nodiscard]] IndexSql write_index_sql(Oid relation, const char *relation_name, const char *body, bool partitioned);

// Whether the body names an operator class of pg_trgm, which is not installed in this database.
[[nodiscard]] bool needs_trigrams(const char *body);

} // namespace query_audit
