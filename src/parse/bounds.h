// Which values of a filter are keys that rows are looked up by, and which only bound a range of rows. Private to
// src/parse.
#pragma once

#include <string_view>
#include <vector>

#include "parse/tree.h"

namespace query_audit::parse {

// <, <=, >, >= and BETWEEN, of columns or rows of them. A value BETWEEN two columns bounds nothing.
[[nodiscard]] bool bounds_a_range(const PgQuery__AExpr &expression) noexcept;

// The columns that a WHERE bounds by values, wherever in it.
class Bounds {
  public:
    explicit Bounds(const Node *where) { survey(where, true); }

    // Whether an alternative (a side of an OR, or what a NOT denies) compares such a column with a value. It belongs to
    // the bound then: a > $1 OR (a = $1 AND id > $2).
    [[nodiscard]] bool continues(const PgQuery__AExpr &alternative) const noexcept;

    // Whether one value lies between two columns, as in low <= $1 AND high >= $1: what is looked up is that value.
    [[nodiscard]] bool enclose_a_value() const noexcept;

  private:
    struct Bound {
        const PgQuery__ColumnRef *column;
        const Node *value; // null inside of an OR, NOT, row or BETWEEN
        bool upper;
    };

    void survey(const Node *condition, bool conjunct);
    void add_side(const Node *side, const Node *value, bool upper);

    std::vector<Bound> bounds_;
};

} // namespace query_audit::parse
