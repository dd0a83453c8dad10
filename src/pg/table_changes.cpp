#include "pg/table_changes.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

// The counters that the server shares, null where there are none. What is read here must not be what the transaction
// sees of its statistics from now on; and a snapshot of all that it may have would end by any other way of reading.
const PgStat_StatTabEntry *shared_counters(Oid oid) {
    const int consistency = pgstat_fetch_consistency;
    if (consistency == PGSTAT_FETCH_CONSISTENCY_SNAPSHOT) return nullptr;
    pgstat_fetch_consistency = PGSTAT_FETCH_CONSISTENCY_NONE;
    const PgStat_StatTabEntry *table = pgstat_fetch_stat_tabentry(oid);
    pgstat_fetch_consistency = consistency;
    return table;
}

} // namespace

void describe_changes(Relation relation, ScanFacts &facts) {
    const Oid oid = RelationGetRelid(relation);
    const PgStat_StatTabEntry *table = shared_counters(oid);
    facts.rows_changed = table != nullptr ? rows_changed_since_analyze(table) : 0;
    if (const PgStat_TableStatus *here = find_tabstat_entry(oid)) facts.rows_changed += rows_changed_here(here);
    const auto rows = static_cast<int64>(relation->rd_rel->reltuples);
    facts.table_rows = rows < 0 ? -1 : rows;
}

} // namespace query_audit
