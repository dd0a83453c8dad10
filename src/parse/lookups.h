// How a filter looks its rows up: by a list of values, or by a range from where the last page ended. Private to
// src/parse.
#pragma once

#include "parse/scope.h"

namespace query_audit::parse {

// Whether rows are looked up by a list: = ANY of an array, IN of two or more, or a join to VALUES, unnest and the like.
[[nodiscard]] bool looks_up_by_list(const FilterSource &source);

// Whether `paging` is ordered and limited, and `filter` (the level below its wrappers) bounds the leading sort column
// by a range from a value.
[[nodiscard]] bool is_keyset(const Level &paging, const Level &filter);

// The value side's column where a condition is `column = value` or `column IN (value)`, written either way round.
struct Equality {
    PgQuery__AExpr *expression = nullptr; // null: no such condition
    PgQuery__ColumnRef *column = nullptr;
    Node *value = nullptr;
};
[[nodiscard]] Equality as_equality(const Node *condition) noexcept;

// Calls visit(Node *) for each condition that a WHERE or ON joins by AND.
template <typename Visit> void for_each_conjunct(Node *condition, Visit &&visit) {
    if (condition == nullptr) return;
    if (const PgQuery__BoolExpr *both = as_bool(condition, PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR)) {
        for (Node *side : list(both->args, both->n_args)) for_each_conjunct(side, visit);
    } else {
        visit(condition);
    }
}

} // namespace query_audit::parse
