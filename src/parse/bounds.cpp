#include "parse/bounds.h"

#include <algorithm>

namespace query_audit::parse {
namespace {

bool is_between(const PgQuery__AExpr &expression) noexcept {
    return expression.kind == PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN ||
           expression.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN ||
           expression.kind == PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM ||
           expression.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM;
}

bool is_order_comparison(const PgQuery__AExpr &expression) noexcept {
    if (expression.kind != PG_QUERY__A__EXPR__KIND__AEXPR_OP || expression.lexpr == nullptr) return false;
    const std::string_view name = last_name(list(expression.name, expression.n_name));
    return name == "<" || name == "<=" || name == ">" || name == ">=";
}

bool same_column(const PgQuery__ColumnRef &a, const PgQuery__ColumnRef &b) noexcept {
    if (last_name(list(a.fields, a.n_fields)) != last_name(list(b.fields, b.n_fields))) return false;
    if (a.n_fields < 2 || b.n_fields < 2) return true;
    return string_of(a.fields[a.n_fields - 2]) == string_of(b.fields[b.n_fields - 2]);
}

// The same parameter, or literals that read the same.
bool same_value(const Node *a, const Node *b) noexcept {
    a = strip_casts(a);
    b = strip_casts(b);
    if (!is_value(a) || !is_value(b) || a->node_case != b->node_case) return false;
    if (a->node_case == PG_QUERY__NODE__NODE_PARAM_REF) return a->param_ref->number == b->param_ref->number;
    const PgQuery__AConst &one = *a->a_const;
    const PgQuery__AConst &other = *b->a_const;
    if (one.isnull || other.isnull || one.val_case != other.val_case) return false;
    switch (one.val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
        return one.ival->ival == other.ival->ival;
    case PG_QUERY__A__CONST__VAL_FVAL:
        return std::string_view(one.fval->fval) == other.fval->fval;
    case PG_QUERY__A__CONST__VAL_SVAL:
        return std::string_view(one.sval->sval) == other.sval->sval;
    default:
        return false;
    }
}

} // namespace

bool bounds_a_range(const PgQuery__AExpr &expression) noexcept {
    if (is_between(expression)) return !is_computed_from_values(expression.lexpr);
    return is_order_comparison(expression);
}

void Bounds::add_side(const Node *side, const Node *value, bool upper) {
    side = strip_casts(side);
    if (const PgQuery__ColumnRef *column = as_column(side)) bounds_.push_back({column, value, upper});
    for (const Node *one : as_list(side)) add_side(one, nullptr, upper); // of a row
}

void Bounds::survey(const Node *condition, bool conjunct) {
    if (condition == nullptr) return;
    if (condition->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR) {
        const PgQuery__BoolExpr &combined = *condition->bool_expr;
        const bool both = combined.boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR;
        for (const Node *side : list(combined.args, combined.n_args)) survey(side, conjunct && both);
        return;
    }
    const PgQuery__AExpr *expression = as_expression(condition);
    if (expression == nullptr || !bounds_a_range(*expression)) return;
    if (is_between(*expression)) {
        return add_side(expression->lexpr, nullptr, true);
    }
    const bool less = string_of(expression->name[expression->n_name - 1])[0] == '<';
    add_side(expression->lexpr, conjunct ? expression->rexpr : nullptr, less);
    add_side(expression->rexpr, conjunct ? expression->lexpr : nullptr, !less);
}

bool Bounds::continues(const PgQuery__AExpr &alternative) const noexcept {
    if (alternative.kind != PG_QUERY__A__EXPR__KIND__AEXPR_OP || !is_operator(alternative, "=")) return false;
    return std::any_of(bounds_.begin(), bounds_.end(), [&](const Bound &bound) {
        const PgQuery__ColumnRef *left = as_column(strip_casts(alternative.lexpr));
        const PgQuery__ColumnRef *right = as_column(strip_casts(alternative.rexpr));
        return (left != nullptr && same_column(*left, *bound.column)) ||
               (right != nullptr && same_column(*right, *bound.column));
    });
}

bool Bounds::enclose_a_value() const noexcept {
    return std::any_of(bounds_.begin(), bounds_.end(), [&](const Bound &low) {
        if (low.value == nullptr || low.upper) return false;
        return std::any_of(bounds_.begin(), bounds_.end(), [&](const Bound &high) {
            return high.value != nullptr && high.upper && !same_column(*low.column, *high.column) &&
                   same_value(low.value, high.value);
        });
    });
}

} // namespace query_audit::parse
