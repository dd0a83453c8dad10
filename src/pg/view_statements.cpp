// query_audit.statements and query_audit.backend_statements.

#include <algorithm>

#include "pg/memory.h"
#include "pg/rows.h"
#include "pg/snapshot.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

void write_statement(const StatementKey &key, const StatementRecord &record, RowWriter &row) {
    const StatementSums &sums = record.sums;
    const bool visible = may_see(key.user);
    row.oid(key.database);
    row.oid(key.user);
    row.fingerprint(visible ? key.fingerprint : 0);
    row.text(visible ? text_of_fingerprint(key.fingerprint) : "<insufficient privilege>");
    row.bigint(sums.calls);
    row.bigint(sums.rows);
    row.milliseconds(sums.execution_ns);
    row.milliseconds(sums.min_ns);
    row.milliseconds(sums.max_ns);
    row.milliseconds(sums.calls > 0 ? sums.execution_ns / sums.calls : 0);
    row.number(stddev_ns(sums) / 1e6);
    for (const double share : {0.5, 0.95, 0.99}) row.number(record.histogram.quantile_ns(share) / 1e6);
    row.bigint(sums.rows_read);
    row.bigint(sums.seq_scans);
    row.bigint(sums.temp_bytes);
    row.bigint(sums.errors);
    row.bigint(sums.units);
    row.timestamp(sums.first_seen_us);
    row.timestamp(sums.last_seen_us);
    if (visible) {
        row.bigints(sums.query_ids, max_query_ids);
    } else {
        row.null();
    }
    row.finish();
}

void write_unit(const Unit &unit, int32 pid, void *context) {
    RowWriter &row = *static_cast<RowWriter *>(context);
    const bool visible = may_see(unit.client.user);
    for (int i = 0; i < unit.series_count; ++i) {
        const Series &series = unit.series[i];
        const Tally &tally = series.in_transaction.calls > 0 ? series.in_transaction : series.in_unit;
        row.integer(pid);
        row.oid(unit.client.database);
        row.oid(unit.client.user);
        row.bigint(static_cast<int64>(unit.number));
        row.text(mark_name(unit.mark));
        row.text(visible ? unit.name : "");
        row.integer(static_cast<int32>(tally.calls > 0 ? tally.first_position : series.last_position));
        row.fingerprint(visible ? series.shape.fingerprint : 0);
        row.text(visible ? text_of_fingerprint(series.shape.fingerprint) : "<insufficient privilege>");
        row.bigint(series.calls);
        row.bigint(std::max(series.in_unit.filters.estimate(), series.in_transaction.filters.estimate()));
        row.bigint(static_cast<int64>(series.rows));
        row.milliseconds(series.execution_ns);
        row.fingerprint(visible ? tally.parent.fingerprint : 0);
        row.finish();
    }
}

} // namespace
} // namespace query_audit

extern "C" {
PG_FUNCTION_INFO_V1(pg_query_audit_statements_0_1);
PG_FUNCTION_INFO_V1(pg_query_audit_backend_statements_0_1);

Datum pg_query_audit_statements_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    RowWriter row(fcinfo);
    snapshot_statements().for_each(
        [&](const StatementKey &key, const StatementRecord &record) { write_statement(key, record, row); });
    return static_cast<Datum>(0);
}

Datum pg_query_audit_backend_statements_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    RowWriter row(fcinfo);
    for_each_unit(write_unit, &row);
    return static_cast<Datum>(0);
}
}
