// What is written in SQL of the extension's own: schema_findings (sql/install/3*.sql), what is ignored
// (03-findings.sql) and snapshots (11-snapshots.sql). It is called from here, so that none of its statements is
// audited: looking and keeping are no traffic, and would take the place of the application's.

#include "pg/guarded.h"
#include "pg/rows.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

// Runs `sql`, whose parameters are the arguments of the call. Its rows go to `row`, if there is one.
void run_sql(FunctionCallInfo call, const char *sql, RowWriter *row) {
    Oid *types = nullptr;
    int count = 0;
    get_func_signature(call->flinfo->fn_oid, &types, &count);
    Datum values[FUNC_MAX_ARGS];
    char nulls[FUNC_MAX_ARGS];
    for (int i = 0; i < count; ++i) {
        values[i] = call->args[i].value;
        nulls[i] = call->args[i].isnull ? 'n' : ' ';
    }
    const bool read_only = row != nullptr;
    SPI_connect();
    if (SPI_execute_with_args(sql, count, types, values, nulls, read_only, 0) != SPI_OK_SELECT) {
        elog(ERROR, "cannot run: %s", sql);
    }
    const SPITupleTable *result = SPI_tuptable;
    for (uint64 i = 0; row != nullptr && i < SPI_processed; ++i) row->copy(result->vals[i], result->tupdesc);
    SPI_finish();
}

Datum call_sql(FunctionCallInfo call, const char *sql) {
    require_loaded();
    run_unaudited([=] { run_sql(call, sql, nullptr); });
    return static_cast<Datum>(0);
}

Datum select_sql(FunctionCallInfo call, const char *sql) {
    require_loaded();
    RowWriter row(call);
    run_unaudited([call, sql, &row] { run_sql(call, sql, &row); });
    return static_cast<Datum>(0);
}

} // namespace
} // namespace query_audit

extern "C" {
PG_FUNCTION_INFO_V1(pg_query_audit_schema_findings_0_1);
PG_FUNCTION_INFO_V1(pg_query_audit_ignore_0_1);
PG_FUNCTION_INFO_V1(pg_query_audit_unignore_0_1);
PG_FUNCTION_INFO_V1(pg_query_audit_snapshot_0_1);
PG_FUNCTION_INFO_V1(pg_query_audit_drop_snapshot_0_1);
PG_FUNCTION_INFO_V1(pg_query_audit_compare_0_1);

Datum pg_query_audit_schema_findings_0_1(PG_FUNCTION_ARGS) {
    return query_audit::select_sql(fcinfo, "SELECT * FROM query_audit._find_in_schema()");
}

Datum pg_query_audit_ignore_0_1(PG_FUNCTION_ARGS) {
    return query_audit::call_sql(fcinfo, "SELECT query_audit._ignore($1, $2, $3, $4)");
}

Datum pg_query_audit_unignore_0_1(PG_FUNCTION_ARGS) {
    return query_audit::call_sql(fcinfo, "SELECT query_audit._unignore($1)");
}

Datum pg_query_audit_snapshot_0_1(PG_FUNCTION_ARGS) {
    return query_audit::call_sql(fcinfo, "SELECT query_audit._snapshot($1)");
}

Datum pg_query_audit_drop_snapshot_0_1(PG_FUNCTION_ARGS) {
    return query_audit::call_sql(fcinfo, "SELECT query_audit._drop_snapshot($1)");
}

Datum pg_query_audit_compare_0_1(PG_FUNCTION_ARGS) {
    return query_audit::select_sql(fcinfo, "SELECT * FROM query_audit._compare($1, $2, $3, $4)");
}
}
