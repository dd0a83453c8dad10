// query_audit.schema_findings: what SQL of the extension's own (sql/install/3*.sql) finds in the catalog.

#include "pg/config.h"
#include "pg/rows.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr const char *query = "SELECT rule, severity, relation, object, detail, size_bytes, fix_sql, undo_sql "
                              "FROM query_audit._find_in_schema()";
constexpr int size_column = 6;

void write_rows(RowWriter &row) {
    const SPITupleTable *table = SPI_tuptable;
    for (uint64 i = 0; i < SPI_processed; ++i) {
        for (int column = 1; column <= table->tupdesc->natts; ++column) {
            bool is_null = false;
            const Datum value = SPI_getbinval(table->vals[i], table->tupdesc, column, &is_null);
            if (is_null) {
                row.null();
            } else if (column == size_column) {
                row.bigint(DatumGetInt64(value));
            } else {
                row.database_text(TextDatumGetCString(value));
            }
        }
        row.finish();
    }
}

} // namespace
} // namespace query_audit

extern "C" {
PG_FUNCTION_INFO_V1(pg_query_audit_schema_findings_0_1);

// Looking is no traffic: its statements, one a table that is sampled, would take the place of the application's.
Datum pg_query_audit_schema_findings_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    RowWriter row(fcinfo);
    const bool was_enabled = enabled;
    enabled = false;
    PG_TRY();
    {
        SPI_connect();
        if (SPI_execute(query, true, 0) != SPI_OK_SELECT) elog(ERROR, "cannot read the schema's findings");
        write_rows(row);
        SPI_finish();
    }
    PG_FINALLY();
    { enabled = was_enabled; }
    PG_END_TRY();
    return static_cast<Datum>(0);
}
}
