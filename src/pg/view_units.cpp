// query_audit.units.

#include "core/store.h"

#include "pg/rows.h"
#include "pg/snapshot.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

void write_kind(const UnitKindKey &key, const UnitKindRecord &record, RowWriter &row) {
    const bool visible = may_see(key.user);
    row.oid(key.database);
    row.oid(key.user);
    row.text(visible ? record.name : "");
    row.text(named_by_name(record.named_by));
    row.bigint(record.units);
    row.bigint(record.statements);
    for (const double share : {0.5, 0.95}) row.bigint(statements_quantile(record, share));
    row.bigint(record.max_statements);
    row.milliseconds(record.execution_ns);
    row.milliseconds(record.wall_ns);
    for (const double share : {0.5, 0.95}) row.number(wall_quantile_ns(record, share) / 1e6);
    row.milliseconds(record.max_wall_ns);
    row.bigint(record.findings);
    row.timestamp(record.first_seen_us);
    row.timestamp(record.last_seen_us);
    row.finish();
}

} // namespace
} // namespace query_audit

extern "C" {
PG_FUNCTION_INFO_V1(pg_query_audit_units_0_1);

Datum pg_query_audit_units_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    RowWriter row(fcinfo);
    snapshot_units().for_each(
        [&](const UnitKindKey &key, const UnitKindRecord &record) { write_kind(key, record, row); });
    return static_cast<Datum>(0);
}
}
