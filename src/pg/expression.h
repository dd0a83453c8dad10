// Expressions of a scan's conditions: what of them is a value, what an index can hold, and how they are written.
//
// Expressions are those of an executed plan, at the scan's node: its columns are Vars of the scanned relation. Nothing
// here raises an error that the running statement did not guard against: the relation is open and locked.
#pragma once

#include "core/text.h"

#include "pg/pg.h"

namespace query_audit {

// Without casts that change no bit of the value.
[[nodiscard]] const Node *strip(const Node *node);

// What is the same for every row of the scan: no column in it, and nothing volatile.
[[nodiscard]] bool is_value(const Node *node);

// A column of the table, not one of the system's.
[[nodiscard]] bool is_column(const Node *node);

// The cast's argument, whether it is written in the text or was put there by the server; null where it is no cast.
[[nodiscard]] const Node *cast_argument(const Node *node, bool &implicit);

// What an index may be made of: a column, or an immutable expression of columns in which no constant stands but the
// keys of json operators, names of text search configurations, and texts that are empty or blank.
[[nodiscard]] bool is_indexable(const Node *node);

// What an expression is written for: as a definition it has the constants that an index may have.
enum class Written : uint8 { condition, definition };

// Writes an expression with ? for each value. A key of a json operator names a place in the document, as a column's
// name does, and is written. What cannot be written is "...".
class ExpressionWriter {
  public:
    ExpressionWriter(Oid relation, TextWriter &out, Written written = Written::condition)
        : relation_(relation), out_(out), written_(written) {}
    void write(const Node *node, int depth = 0);

  private:
    void write_column(const Var *var);
    void write_constant(const Const *constant);
    void write_arguments(const List *arguments, int depth);
    void write_operator(const OpExpr *expression, int depth);
    void write_array(const ScalarArrayOpExpr *expression, int depth);
    void write_boolean(const BoolExpr *expression, int depth);
    void write_test(const BooleanTest *test, int depth);
    void write_rows(const RowCompareExpr *rows, int depth);
    void write_function(const FuncExpr *expression, int depth);
    void write_cast(const Node *argument, const Node *cast, bool implicit, int depth);

    Oid relation_;
    TextWriter &out_;
    Written written_;
};

// Writes an expression as CREATE INDEX takes it among its columns: in parentheses, unless it is a function's call.
void write_indexed_expression(Oid relation, const Node *expression, TextWriter &out);

} // namespace query_audit
