// query_audit.table_scans, query_audit.rules and query_audit.status.

#include "core/rules/rule.h"

#include "pg/config.h"
#include "pg/memory.h"
#include "pg/rows.h"
#include "pg/snapshot.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

void write_scan(const query_audit::ScanKey &key, const ScanRecord &scan, RowWriter &row) {
    const bool visible = may_see(key.user);
    row.oid(key.database);
    row.oid(key.user);
    row.text(visible ? scan.relation_name : "");
    row.fingerprint(visible ? key.fingerprint : 0);
    row.text(visible ? text_of_fingerprint(key.fingerprint) : "<insufficient privilege>");
    row.bigint(scan.executions);
    row.bigint(scan.scans);
    row.bigint(scan.rows_read);
    row.bigint(scan.rows_removed);
    row.milliseconds(scan.execution_ns);
    row.text(visible ? scan.filter : "");
    row.integer(static_cast<int32>(scan.partitions));
    row.timestamp(scan.last_seen_us);
    row.finish();
}

char *thresholds_json(int index) {
    StringInfoData json;
    initStringInfo(&json);
    appendStringInfoChar(&json, '{');
    for (int t = 0; t < max_thresholds && rule(index).thresholds[t].name != nullptr; ++t) {
        const Threshold &threshold = rule(index).thresholds[t];
        json_key(&json, threshold.name);
        appendStringInfo(
            &json, "{\"value\": %d, \"default\": %d, \"unit\": \"%s\", \"setting\": \"pg_query_audit.%s_%s\"}",
            settings.thresholds[index][t], threshold.default_value, threshold.unit, rule(index).id, threshold.name);
    }
    appendStringInfoChar(&json, '}');
    return json.data;
}

void write_rule(int index, RowWriter &row) {
    const RuleDescriptor &descriptor = rule(index);
    row.text(descriptor.id);
    row.text(descriptor.category);
    row.text(severity_name(descriptor.severity));
    row.text(descriptor.title);
    row.text(descriptor.rationale);
    row.text(descriptor.remedy);
    row.json(thresholds_json(index));
    row.boolean(settings.enabled(index));
    row.finish();
}

struct Totals {
    int64 statements = 0;
    int64 findings = 0;
    int64 texts = 0;
    int64 scans = 0;
    int64 traces = 0;
    int64 units = 0;
    int64 text_bytes = 0;
    int64 evictions = 0;
};

Totals count_entries() {
    Totals totals;
    for (int p = 0; p < statement_partitions; ++p) {
        const LockGuard guard(lock_statements + p, false);
        totals.statements += store.statements(p).count();
        totals.evictions += static_cast<int64>(store.statements(p).evictions());
    }
    for (int p = 0; p < trace_partitions; ++p) {
        const LockGuard guard(lock_traces + p, false);
        totals.traces += store.traces(p).count();
        totals.evictions += static_cast<int64>(store.traces(p).evictions());
    }
    const LockGuard findings(lock_findings, false);
    const LockGuard scans(lock_scans, false);
    const LockGuard units(lock_units, false);
    const LockGuard connections(lock_connections, false);
    const LockGuard texts(lock_texts, false);
    totals.findings = store.findings().count();
    totals.scans = store.scans().count();
    totals.units = store.unit_kinds().count();
    totals.texts = store.texts().count();
    totals.text_bytes = static_cast<int64>(store.texts().bytes_used());
    totals.evictions += static_cast<int64>(store.findings().evictions() + store.scans().evictions() +
                                           store.unit_kinds().evictions() + store.connections().evictions() +
                                           store.cache_candidates().evictions() + store.texts().evictions());
    return totals;
}

} // namespace
} // namespace query_audit

extern "C" {
PG_FUNCTION_INFO_V1(pg_query_audit_table_scans_0_1);
PG_FUNCTION_INFO_V1(pg_query_audit_rules_0_1);
PG_FUNCTION_INFO_V1(pg_query_audit_status_0_1);

Datum pg_query_audit_table_scans_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    RowWriter row(fcinfo);
    snapshot_scans().for_each(
        [&](const query_audit::ScanKey &key, const ScanRecord &scan) { write_scan(key, scan, row); });
    return static_cast<Datum>(0);
}

Datum pg_query_audit_rules_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    RowWriter row(fcinfo);
    for (int r = 0; r < rule_count(); ++r) write_rule(r, row);
    return static_cast<Datum>(0);
}

Datum pg_query_audit_status_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    RowWriter row(fcinfo);
    const SlotCounters counters = snapshot_counters();
    const Totals totals = count_entries();
    row.text(PG_QUERY_AUDIT_VERSION);
    row.text(mode == Mode::server ? "server" : "session");
    row.bigint(static_cast<int64>(store.header().total_bytes));
    row.bigint(totals.text_bytes);
    row.bigint(store.header().config.text_bytes);
    row.bigint(totals.statements);
    row.bigint(store.header().config.statements);
    row.bigint(totals.findings);
    row.bigint(store.header().config.findings);
    row.bigint(totals.scans);
    row.bigint(totals.traces);
    row.bigint(totals.units);
    row.bigint(totals.texts);
    row.bigint(totals.evictions + static_cast<int64>(counters.let_pass)); // which found no place
    row.bigint(static_cast<int64>(counters.dropped));
    row.bigint(static_cast<int64>(counters.faults));
    row.bigint(static_cast<int64>(counters.statements));
    row.bigint(static_cast<int64>(counters.nested));
    row.bigint(static_cast<int64>(counters.parsed));
    row.bigint(static_cast<int64>(counters.unparsed));
    row.timestamp(store.header().since_us);
    row.finish();
    return static_cast<Datum>(0);
}
}
