// What catalog and statistics say of a table, for index candidates. By the catalog alone, as far as it goes: opening
// the table would wait for whoever has locked it.
#pragma once

#include "core/candidate.h"
#include "core/index_text.h"

#include "pg/pg.h"

namespace query_audit {

struct CatalogTable {
    IndexedTable table;
    const Oid *index_oids; // of table.indexes
    bool partitioned;
    bool stale; // changed a lot since it was analysed, or never analysed
};

// Whether there is such a table or materialized view in this database, of a kind that may be indexed, and not another
// session's.
[[nodiscard]] bool can_be_indexed(Oid relation);

// Everything but the columns of IndexedTable. `expressions` are those of the needs that will be judged by it, NULL
// ended, as scan_index.h collects them. In the current memory context.
[[nodiscard]] CatalogTable read_catalog_table(Oid relation, const char *const *expressions);

// Statistics of the columns that the needs name.
void read_columns(Oid relation, bool partitioned, const ScanNeed *needs, int count, IndexedTable &table);

// The names that the candidate's columns have now; null for those that are gone.
[[nodiscard]] IndexWords index_words(Oid relation, const IndexCandidate &candidate);

// Whether an index that the table has answers the need, of which the candidate was formed. `rows`: of the table.
[[nodiscard]] bool has_index_for(Oid relation, const ScanNeed &need, const IndexCandidate &candidate, double rows);

// The table's index that has this body, as core/index_text.h writes it, and enforces nothing; InvalidOid: none. Of a
// partitioned table it need not be valid: it is not until all partitions have theirs.
[[nodiscard]] Oid index_with_body(Oid relation, const char *body);

// All tables below a partitioned one, with itself; itself alone for others.
[[nodiscard]] List *tables_of(Oid relation);

} // namespace query_audit
