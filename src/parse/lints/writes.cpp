// INSERT, UPDATE and DELETE.
#include "core/text.h"
#include "parse/lints/list.h"

namespace query_audit::parse {
namespace {

void check_update(const LintContext &context) {
    const Node *node = context.block.statement;
    if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_UPDATE_STMT) return;
    const PgQuery__UpdateStmt &update = *node->update_stmt;
    if (update.where_clause != nullptr) return;
    context.add(update.relation->location, formatted("UPDATE of every row of {}", update.relation->relname));
}

void check_delete(const LintContext &context) {
    const Node *node = context.block.statement;
    if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_DELETE_STMT) return;
    const PgQuery__DeleteStmt &removal = *node->delete_stmt;
    if (removal.where_clause != nullptr) return;
    context.add(removal.relation->location, formatted("DELETE of every row of {}", removal.relation->relname));
}

void check_insert(const LintContext &context) {
    const Node *node = context.block.statement;
    if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_INSERT_STMT) return;
    const PgQuery__InsertStmt &insert = *node->insert_stmt;
    if (insert.n_cols > 0 || insert.select_stmt == nullptr) return; // DEFAULT VALUES
    context.add(insert.relation->location,
                formatted("INSERT into {} does not name the columns", insert.relation->relname));
}

} // namespace

constinit const Lint update_without_where_lint = {
    {
        "update_without_where",
        Severity::critical,
        "UPDATE without WHERE",
        "It changes, and writes anew, every row of the table. Most often the condition was forgotten.",
        "An UPDATE with no WHERE, in a common table expression too. FROM does not count: without a condition it joins "
        "every row with every other.",
        "`WHERE true`, which says that every row is meant.",
        "Name the rows in WHERE. Where all are meant, say WHERE true, and change a large table in batches by key.",
    },
    check_update,
};

constinit const Lint delete_without_where_lint = {
    {
        "delete_without_where",
        Severity::critical,
        "DELETE without WHERE",
        "It removes every row of the table, one by one. Most often the condition was forgotten.",
        "A DELETE with no WHERE, in a common table expression too.",
        "`WHERE true`, which says that every row is meant.",
        "Name the rows in WHERE. To empty a table, TRUNCATE does at once what DELETE does row by row.",
    },
    check_delete,
};

constinit const Lint insert_without_columns_lint = {
    {
        "insert_without_columns",
        Severity::info,
        "INSERT without a list of columns",
        "Its values go to the columns in the order that they have in the table. A column that is added, or one that a "
        "dump restores elsewhere, makes it fail or puts values into the wrong columns.",
        "INSERT ... VALUES or INSERT ... SELECT with no columns named.",
        "`INSERT ... DEFAULT VALUES`.",
        "Name the columns: INSERT INTO t (a, b) ...",
    },
    check_insert,
};

constinit const Lint not_checked_lint = {
    {
        "not_checked",
        Severity::info,
        "A statement that was not looked at",
        "Very large and very deep statements are not given to the parser, so nothing is known of them.",
        "A statement that is longer than `pg_query_audit.max_parse_size`, or nested too deeply.",
        "Utility statements (CREATE, ALTER, ...), which are never looked at.",
        "Raise pg_query_audit.max_parse_size, or look at this statement yourself.",
    },
    nullptr,
};

} // namespace query_audit::parse
