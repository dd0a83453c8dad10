// The box around libpg_query: text in, plain data out.
//
// These functions are the only names that leave the closed object in which libpg_query is linked (see
// docs/architecture.md). They never throw, never keep a pointer to their arguments, and use no server facility. They
// are not thread safe beyond what libpg_query is: one call at a time in a thread. Texts are UTF-8, need not be
// NUL-terminated, and hold exactly one statement, with or without a trailing semicolon.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/severity.h"
#include "core/shape.h"

namespace query_audit {

enum class ParseStatus : std::uint8_t {
    ok = 0,
    too_large = 1,     // longer than max_parse_bytes, or nested or chained deeper than the library is trusted with
    syntax_error = 2,  // error_message and error_position say what and where
    not_dml = 3,       // parsed, but it is a utility statement or not exactly one statement
    out_of_memory = 4, // or any other fault inside the box
};

constexpr std::size_t default_max_parse_bytes = 32 * 1024;
constexpr int max_constants = 64; // of a statement, whose places are told

struct ParsedStatement {
    ParseStatus status;
    std::uint8_t padding[3];
    std::int32_t error_position; // byte offset of a syntax error in the text from 0, or -1
    char error_message[256];     // NUL-terminated; empty unless syntax_error; may quote the text
    StatementShape shape;        // relations and relation_mask are 0: only the server can resolve names
    std::int32_t filter_value_count;
    std::int32_t key_value_count;                 // of these, the first ones: not mere bounds of a range
    FilterValue filter_values[max_filter_values]; // in an order that depends on the filter's identity alone
    std::int32_t constant_count;                  // -1: not told, as there are too many, or a GROUP BY
    std::int32_t constants[max_constants];        // byte offsets in the text, ascending
};

// What one statement's text says against it. The table of lints is in src/parse/lints.
struct LintDescriptor {
    const char *id;
    Severity severity;
    const char *title;
    const char *rationale;  // why it hurts
    const char *reports;    // for docs/lints.md: what is reported, and
    const char *silent_for; // what looks like it and is not
    const char *hint;       // what to do
};

constexpr int max_lint_findings = 64; // of one statement; what comes after is not reported
constexpr std::size_t lint_message_bytes = 240;

struct LintFinding {
    std::int32_t lint;     // its index in the table
    std::int32_t location; // byte offset in the text
    char message[lint_message_bytes];
};

struct LintedStatement {
    ParseStatus status;
    std::uint8_t padding[3];
    std::int32_t error_position; // these two as in ParsedStatement
    char error_message[256];
    std::int32_t finding_count;
    LintFinding findings[max_lint_findings]; // by location
};

// What the server's catalog says of the tables that a statement names, for rewrites that need it.
struct ColumnFacts {
    const char *name;
    const char *type; // as a cast writes it, without a modifier; null where there is no array of it
    bool not_null;
};

constexpr int max_unique_columns = 8;

struct UniqueKey {                            // valid for every row, and checked at once
    std::int32_t columns[max_unique_columns]; // indexes
    std::int32_t column_count;
    bool primary;
};

struct TableFacts {
    const char *schema; // as the statement writes it; empty where it does not
    const char *name;
    const ColumnFacts *columns; // in the order of SELECT *
    std::size_t column_count;
    const UniqueKey *unique_keys;
    std::size_t unique_key_count;
};

struct RewriteFacts {
    const TableFacts *tables;
    std::size_t table_count;
};

constexpr std::size_t name_bytes = 64; // of an identifier, with its NUL

struct NamedTable {
    char schema[name_bytes]; // empty where the statement does not write it
    char name[name_bytes];
};

struct TextSpan {
    const char *text;
    std::size_t length;
};

extern "C" {

// Parses one DML statement and describes it. Returns out->status; every other field of *out is set only when it is ok
// (the error fields when it is syntax_error).
ParseStatus query_audit_parse(const char *text, std::size_t length, std::size_t max_bytes,
                              ParsedStatement *out) noexcept;

// Writes the statement with every literal replaced by a parameter symbol ($1, $2, ...), comments removed,
// NUL-terminated and cut at a whole character to fit capacity. Returns the status; on any but ok, out is the empty
// string. DML only: a utility statement is not_dml. parsed, which may be null, is what query_audit_parse has found of
// this very text, and spares parsing it again; never give it for another text.
ParseStatus query_audit_normalize(const char *text, std::size_t length, std::size_t max_bytes,
                                  const ParsedStatement *parsed, char *out, std::size_t capacity) noexcept;

// Names the tables that a statement reads or writes, as it writes them, each once; returns how many.
std::size_t query_audit_named_tables(const char *text, std::size_t length, NamedTable *tables,
                                     std::size_t capacity) noexcept;

// The rewrites. Each returns true with the statement, and false with the reason why there is none, as an English
// sentence about "it", in `out`. `facts` may be null: nothing is known of any table then, and what needs a column's
// type or a unique key is not offered. Parameters of the result are numbered without a gap. A line that begins with --
// after the statement says what else there is to know.

// Writes the statement that does in one call what calls of `text` do one key at a time. The keys are the parameters
// that columns are compared with by equality, and become arrays, `= ANY($n)`, with the columns added to the output
// where they are not there; several keys, and statements whose rows depend on all rows of one key (LIMIT, plain
// aggregates, window functions, ...), take theirs from unnest(). All other parameters stay: one value for all keys.
bool query_audit_rewrite_batched(const char *text, std::size_t length, const RewriteFacts *facts, char *out,
                                 std::size_t capacity) noexcept;

// Writes the INSERT, UPDATE or DELETE that does in one call what calls of `text` do one row at a time, in their order:
// of several updates of one row, the last one stays.
bool query_audit_rewrite_write(const char *text, std::size_t length, const RewriteFacts *facts, char *out,
                               std::size_t capacity) noexcept;

// Writes the UPDATE or DELETE so that it changes some thousand rows, in the order of the primary key, from the key on
// that is its last parameters, and returns the keys.
bool query_audit_rewrite_batches(const char *text, std::size_t length, const RewriteFacts *facts, char *out,
                                 std::size_t capacity) noexcept;

// Writes the one SELECT that computes what several SELECTs of aggregates over the same relations compute under
// different filters. Parameters are numbered by statement, in their order.
bool query_audit_rewrite_aggregates(const TextSpan *texts, std::size_t count, char *out, std::size_t capacity) noexcept;

// Writes the page statement by key: OFFSET becomes a condition that its own sort columns, and the primary key where
// they are not unique, come after those of the last row shown, which are its last parameters.
bool query_audit_rewrite_keyset(const char *text, std::size_t length, const RewriteFacts *facts, char *out,
                                std::size_t capacity) noexcept;

// Writes the page statement with one more row asked for than shown (LIMIT n + 1), which tells whether a next page
// exists without a count. Returns false, with the reason in `out`, where the statement has no LIMIT to raise.
bool query_audit_rewrite_page(const char *text, std::size_t length, char *out, std::size_t capacity) noexcept;

// Looks at one DML statement. Returns out->status; findings are set only when it is ok.
ParseStatus query_audit_lint(const char *text, std::size_t length, std::size_t max_bytes,
                             LintedStatement *out) noexcept;

// The lint with this index; null past the last.
const LintDescriptor *query_audit_lint_descriptor(std::int32_t index) noexcept;

// Writes the comparison that a statement's key (from 0, in the order of ParsedStatement::filter_values) stands in, for
// people: `tenants.id = $1`. The empty string where it is not compared with a column.
void query_audit_describe_key(const char *text, std::size_t length, std::int32_t key, char *out,
                              std::size_t capacity) noexcept;

} // extern "C"

} // namespace query_audit
