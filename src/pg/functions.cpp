// The functions that take an argument or act: fingerprint, normalize, begin_unit, end_unit, reset.

#include <cinttypes>

#include "core/rules/rule.h"
#include "parse/parse.h"

#include "pg/config.h"
#include "pg/memory.h"
#include "pg/recorder.h"
#include "pg/rows.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

struct Utf8Text {
    const char *data;
    size_t length;
};

Utf8Text utf8_argument(FunctionCallInfo fcinfo, int number) {
    text *argument = PG_GETARG_TEXT_PP(number);
    const int length = static_cast<int>(VARSIZE_ANY_EXHDR(argument));
    char *data = pg_server_to_any(VARDATA_ANY(argument), length, PG_UTF8);
    const bool converted = data != VARDATA_ANY(argument);
    return {data, converted ? strlen(data) : static_cast<size_t>(length)};
}

[[noreturn]] void report_unparsed(ParseStatus status, const ParsedStatement &parsed, const Utf8Text &sql) {
    switch (status) {
    case ParseStatus::syntax_error: {
        const int byte = parsed.error_position;
        int position = byte >= 0 ? 1 : 0;
        for (int i = 0; i < byte; ++i) position += (static_cast<unsigned char>(sql.data[i]) & 0xC0) != 0x80;
        ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("cannot parse the statement: %s", parsed.error_message),
                        position > 0 ? errdetail("The error is at character %d.", position) : 0,
                        errhint("Give one SELECT, INSERT, UPDATE, DELETE or MERGE statement.")));
        break;
    }
    case ParseStatus::too_large:
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the statement is too large to parse"),
                        errdetail("It is longer than pg_query_audit.max_parse_size (%d kB), or nested too deeply.",
                                  max_parse_kb),
                        errhint("Raise pg_query_audit.max_parse_size, or give a shorter statement.")));
        break;
    case ParseStatus::not_dml:
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("only single SELECT, INSERT, UPDATE, DELETE and MERGE statements are supported"),
                        errhint("Utility statements are not parsed; give several statements one by one.")));
        break;
    default:
        ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("could not parse the statement")));
    }
    pg_unreachable();
}

ParsedStatement parse_argument(const Utf8Text &sql) {
    ParsedStatement parsed;
    const ParseStatus status =
        query_audit_parse(sql.data, sql.length, static_cast<size_t>(max_parse_kb) * 1024, &parsed);
    if (status != ParseStatus::ok) report_unparsed(status, parsed, sql);
    return parsed;
}

} // namespace
} // namespace query_audit

extern "C" {
PG_FUNCTION_INFO_V1(pg_query_audit_fingerprint_0_1);
PG_FUNCTION_INFO_V1(pg_query_audit_normalize_0_1);
PG_FUNCTION_INFO_V1(pg_query_audit_begin_unit_0_1);
PG_FUNCTION_INFO_V1(pg_query_audit_end_unit_0_1);
PG_FUNCTION_INFO_V1(pg_query_audit_reset_0_1);

Datum pg_query_audit_fingerprint_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    const ParsedStatement parsed = parse_argument(utf8_argument(fcinfo, 0));
    PG_RETURN_TEXT_P(cstring_to_text(psprintf("%016" PRIx64, parsed.shape.fingerprint)));
}

Datum pg_query_audit_normalize_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    const Utf8Text sql = utf8_argument(fcinfo, 0);
    const ParsedStatement parsed = parse_argument(sql);
    // A literal takes at least one byte and becomes at most seven.
    const size_t capacity = sql.length * 7 + 1;
    char *normalized = static_cast<char *>(palloc(capacity));
    const ParseStatus status = query_audit_normalize(sql.data, sql.length, static_cast<size_t>(max_parse_kb) * 1024,
                                                     &parsed, normalized, capacity);
    if (status != ParseStatus::ok) ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("could not normalize")));
    PG_RETURN_TEXT_P(to_database_text(normalized));
}

Datum pg_query_audit_begin_unit_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    const char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
    if (name[0] == '\0') {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a unit of work needs a name"),
                        errhint("For example: SELECT query_audit.begin_unit('checkout').")));
    }
    if (!open_named_unit(name)) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("a unit of work is open already in this session"),
                        errhint("End it first: SELECT query_audit.end_unit().")));
    }
    PG_RETURN_VOID();
}

Datum pg_query_audit_end_unit_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    if (!close_named_unit()) {
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("no unit of work is open in this session"),
                 errhint("Begin one with SELECT query_audit.begin_unit('name').")));
    }
    PG_RETURN_VOID();
}

Datum pg_query_audit_reset_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    reset_store();
    PG_RETURN_VOID();
}
}
