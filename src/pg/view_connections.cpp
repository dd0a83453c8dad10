// query_audit.connections.

#include "core/store.h"

#include "pg/rows.h"
#include "pg/snapshot.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

void write_kind(const ConnectionKey &key, const ConnectionRecord &record, RowWriter &row) {
    row.oid(key.database);
    row.oid(key.user);
    row.text(may_see(key.user) ? record.application_name : "");
    row.bigint(record.connections);
    row.bigint(record.live);
    row.bigint(record.peak);
    row.bigint(record.brief);
    row.number(static_cast<double>(record.lifetime_us) / 1e3 / static_cast<double>(Max(record.ended + record.live, 1)));
    row.number(static_cast<double>(record.max_lifetime_us) / 1e3);
    row.bigint(record.statements);
    row.milliseconds(record.busy_ns);
    row.number(static_cast<double>(record.idle_in_transaction_us) / 1e3);
    row.timestamp(record.first_seen_us);
    row.timestamp(record.last_seen_us);
    row.finish();
}

} // namespace
} // namespace query_audit

extern "C" {
PG_FUNCTION_INFO_V1(pg_query_audit_connections_0_1);

Datum pg_query_audit_connections_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    RowWriter row(fcinfo);
    snapshot_connections().for_each(
        [&](const ConnectionKey &key, const ConnectionRecord &record) { write_kind(key, record, row); });
    return static_cast<Datum>(0);
}
}
