// query_audit.lint and query_audit.check_lint.

#include <string_view>

#include "core/severity.h"
#include "core/source_text.h"
#include "parse/parse.h"

#include "pg/config.h"
#include "pg/rows.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr int most_listed = 50; // findings in check_lint()'s error

struct Found {
    int statement; // from 1, utility statements counted
    const LintDescriptor *lint;
    SourcePosition at;
    std::string_view snippet;
    const char *message;
};

// What came from a text of the database can be written in its encoding again.
const char *to_server(std::string_view text) {
    char *copy = pnstrdup(text.data(), text.size());
    if (GetDatabaseEncoding() == PG_UTF8) return copy;
    return pg_any_to_server(copy, static_cast<int>(text.size()), PG_UTF8);
}

[[noreturn]] void report_syntax_error(const LintedStatement &linted, std::string_view sql,
                                      const SourceStatement &statement, int number) {
    const size_t byte = linted.error_position > 0 ? static_cast<size_t>(linted.error_position) : 0;
    const SourcePosition at = PositionFinder(sql).find(statement.start + byte);
    const std::string_view text = sql.substr(statement.start, statement.length);
    ereport(ERROR,
            (errcode(ERRCODE_SYNTAX_ERROR),
             errmsg("cannot parse statement %d: %s", number, to_server(linted.error_message)),
             errdetail("The error is at character %d, line %d, column %d.", at.position, at.line, at.column),
             errhint("Give SQL statements separated by semicolons. psql's own commands, its variables and the data of "
                     "COPY FROM STDIN are not SQL."),
             internalerrposition(PositionFinder(text).find(byte).position), internalerrquery(to_server(text))));
    pg_unreachable();
}

const LintDescriptor *find_lint(const char *id) {
    for (int32 i = 0;; ++i) {
        const LintDescriptor *lint = query_audit_lint_descriptor(i);
        if (lint == nullptr) elog(ERROR, "there is no lint %s", id);
        if (strcmp(lint->id, id) == 0) return lint;
    }
}

// Calls visit(const Found &) for each finding, in the order of the text.
template <typename Visit> void lint_text(std::string_view sql, Visit visit) {
    const LintDescriptor *not_checked = find_lint("not_checked");
    char *too_large = psprintf("longer than pg_query_audit.max_parse_size (%d kB), or nested too deeply", max_parse_kb);
    auto *linted = static_cast<LintedStatement *>(palloc(sizeof(LintedStatement)));
    StatementSplitter splitter(sql);
    PositionFinder positions(sql);
    SourceStatement statement{};
    for (int number = 1; splitter.next(statement); ++number) {
        CHECK_FOR_INTERRUPTS();
        if (statement.is_utility) continue;
        const std::string_view text = sql.substr(statement.start, statement.length);
        switch (query_audit_lint(text.data(), text.size(), static_cast<size_t>(max_parse_kb) * 1024, linted)) {
        case ParseStatus::ok:
            for (int i = 0; i < linted->finding_count; ++i) {
                const LintFinding &finding = linted->findings[i];
                const auto byte = static_cast<size_t>(finding.location);
                visit(Found{number, query_audit_lint_descriptor(finding.lint), positions.find(statement.start + byte),
                            snippet_at(text, byte), finding.message});
            }
            break;
        case ParseStatus::too_large:
            visit(Found{number, not_checked, positions.find(statement.start), snippet_at(text, 0), too_large});
            break;
        case ParseStatus::syntax_error:
            report_syntax_error(*linted, sql, statement, number);
        case ParseStatus::not_dml:
            break;
        case ParseStatus::out_of_memory:
            ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("could not parse statement %d", number)));
        }
    }
    pfree(linted);
}

std::string_view sql_argument(FunctionCallInfo fcinfo) {
    text *argument = PG_GETARG_TEXT_PP(0);
    const int length = static_cast<int>(VARSIZE_ANY_EXHDR(argument));
    const char *data = pg_server_to_any(VARDATA_ANY(argument), length, PG_UTF8);
    const bool converted = data != VARDATA_ANY(argument);
    return {data, converted ? strlen(data) : static_cast<size_t>(length)};
}

Severity severity_argument(FunctionCallInfo fcinfo) {
    const char *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
    for (const Severity severity : {Severity::info, Severity::warning, Severity::critical}) {
        if (strcmp(severity_name(severity), name) == 0) return severity;
    }
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown severity \"%s\"", name),
                    errhint("Severities are info, warning and critical.")));
    pg_unreachable();
}

} // namespace
} // namespace query_audit

extern "C" {
PG_FUNCTION_INFO_V1(pg_query_audit_lint_0_1);
PG_FUNCTION_INFO_V1(pg_query_audit_check_lint_0_1);

Datum pg_query_audit_lint_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    RowWriter row(fcinfo);
    lint_text(sql_argument(fcinfo), [&](const Found &found) {
        row.integer(found.statement);
        row.text(found.lint->id);
        row.text(severity_name(found.lint->severity));
        row.integer(found.at.position);
        row.integer(found.at.line);
        row.integer(found.at.column);
        row.database_text(to_server(found.snippet));
        row.database_text(to_server(found.message));
        row.text(found.lint->hint);
        row.finish();
    });
    return static_cast<Datum>(0);
}

Datum pg_query_audit_check_lint_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    const Severity least = severity_argument(fcinfo);
    StringInfoData list;
    initStringInfo(&list);
    int count = 0;
    lint_text(sql_argument(fcinfo), [&](const Found &found) {
        if (found.lint->severity < least || ++count > most_listed) return;
        appendStringInfo(&list, "%sline %d, column %d: %s (%s): %s", count > 1 ? "\n" : "", found.at.line,
                         found.at.column, found.lint->id, severity_name(found.lint->severity),
                         to_server(found.message));
    });
    if (count > most_listed) appendStringInfo(&list, "\n... and %d more", count - most_listed);
    if (count > 0) {
        ereport(ERROR,
                (errcode(ERRCODE_RAISE_EXCEPTION),
                 errmsg_plural("lint found %d problem of severity %s or worse",
                               "lint found %d problems of severity %s or worse", count, count, severity_name(least)),
                 errdetail_internal("%s", list.data),
                 errhint("SELECT * FROM query_audit.lint(...) says what to do about each.")));
    }
    PG_RETURN_VOID();
}
}
