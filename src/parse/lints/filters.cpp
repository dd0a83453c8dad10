// What filters compare, and how.
#include <algorithm>
#include <array>

#include "core/text.h"
#include "parse/lints/list.h"

namespace query_audit::parse {
namespace {

constexpr std::array<std::string_view, 6> arithmetic = {"+", "-", "*", "/", "%", "||"};

std::string_view string_value(const Node *node) noexcept {
    node = strip_casts(node);
    if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_A_CONST || node->a_const->isnull) return {};
    if (node->a_const->val_case != PG_QUERY__A__CONST__VAL_SVAL) return {};
    return node->a_const->sval->sval;
}

// The constant that a pattern begins with: of '%' || $1 the first operand, of concat('%', $1) the first argument.
const Node *beginning_of(const Node *pattern) noexcept {
    for (;;) {
        pattern = strip_casts(pattern);
        const PgQuery__AExpr *expression = as_expression(pattern);
        const PgQuery__FuncCall *call = as_call(pattern);
        if (expression != nullptr && is_operator(*expression, "||") && expression->lexpr != nullptr) {
            pattern = expression->lexpr;
        } else if (call != nullptr && call->n_args > 0) {
            const std::string_view name = last_name(list(call->funcname, call->n_funcname));
            const bool hands_on = name == "concat" || name == "lower" || name == "upper" || name == "like_escape" ||
                                  name == "similar_to_escape" || name == "similar_escape";
            if (!hands_on) return pattern;
            pattern = call->args[0];
        } else {
            return pattern;
        }
    }
}

bool is_any_text(std::string_view pattern) noexcept { return pattern.find_first_not_of('%') == std::string_view::npos; }

enum class Pattern : std::uint8_t { none, like, regex };

Pattern pattern_kind(const PgQuery__AExpr &expression) noexcept {
    switch (expression.kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_LIKE:
    case PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE: {
        const std::string_view name = last_name(list(expression.name, expression.n_name));
        return name.starts_with('!') ? Pattern::none : Pattern::like;
    }
    case PG_QUERY__A__EXPR__KIND__AEXPR_SIMILAR: // a pattern as LIKE's, made a regular expression by a function
        return is_operator(expression, "~") ? Pattern::like : Pattern::none;
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP:
        if (is_operator(expression, "~~") || is_operator(expression, "~~*")) return Pattern::like;
        if (is_operator(expression, "~") || is_operator(expression, "~*")) return Pattern::regex;
        return Pattern::none;
    default:
        return Pattern::none;
    }
}

bool begins_with_wildcard(Pattern kind, std::string_view pattern, bool whole) noexcept {
    if (kind == Pattern::like) {
        return (pattern.starts_with('%') || pattern.starts_with('_')) && !(whole && is_any_text(pattern));
    }
    // Alternatives and options in parentheses may be anchored inside.
    return !pattern.empty() && !pattern.starts_with('^') && !pattern.starts_with("\\A") && !pattern.starts_with('(') &&
           !pattern.starts_with("***");
}

void check_wildcard(const LintContext &context) {
    for_each_condition(context.block, [&](Node *condition) {
        for_each_expression(condition->base, [&](const Node *node) {
            const PgQuery__AExpr *expression = as_expression(node);
            if (expression == nullptr || !contents_of(expression->lexpr).columns) return;
            const Pattern kind = pattern_kind(*expression);
            if (kind == Pattern::none) return;
            const Node *whole = strip_casts(static_cast<const Node *>(expression->rexpr));
            const Node *beginning = beginning_of(whole);
            const std::string_view pattern = string_value(beginning);
            if (!begins_with_wildcard(kind, pattern, beginning == whole)) return;
            context.add(start_of(node), kind == Pattern::like
                                            ? formatted("the pattern begins with a wildcard: {}", pattern)
                                            : formatted("the regular expression is not anchored: {}", pattern));
        });
    });
}

// Casts that may change nothing: varchar to text, which an index still serves.
bool casts_to_text(const PgQuery__TypeCast &cast) noexcept {
    const std::string_view type = last_name(list(cast.type_name->names, cast.type_name->n_names));
    return type == "text" || type == "varchar" || type == "bpchar" || type == "name" || type == "citext";
}

// What is done to a column before it is compared; empty where the column stands for itself, or where no index would
// have been used by comparing it.
std::string done_to_column(const Node *node) {
    if (node == nullptr || !contents_of(node).columns || contents_of(node).sublinks) return {};
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_TYPE_CAST: {
        const PgQuery__TypeCast &cast = *node->type_cast;
        if (casts_to_text(cast) || as_column(strip_casts(node)) == nullptr) return done_to_column(cast.arg);
        return formatted("a cast to {}", last_name(list(cast.type_name->names, cast.type_name->n_names)));
    }
    case PG_QUERY__NODE__NODE_FUNC_CALL: {
        const PgQuery__FuncCall &call = *node->func_call;
        return formatted("{}()", last_name(list(call.funcname, call.n_funcname)));
    }
    case PG_QUERY__NODE__NODE_COALESCE_EXPR:
        return "COALESCE";
    case PG_QUERY__NODE__NODE_A_EXPR: {
        const PgQuery__AExpr &expression = *node->a_expr;
        const std::string_view name = last_name(list(expression.name, expression.n_name));
        if (std::find(arithmetic.begin(), arithmetic.end(), name) == arithmetic.end()) return {};
        return formatted("an expression with {}", name);
    }
    default:
        return {};
    }
}

bool is_known_beforehand(const Node *node) noexcept {
    return node != nullptr && !contents_of(node).columns && !contents_of(node).sublinks;
}

void check_function(const LintContext &context) {
    for_each_condition(context.block, [&](Node *condition) {
        for_each_conjunct(condition, [&](const Node *conjunct) {
            const PgQuery__AExpr *expression = as_expression(conjunct);
            if (expression == nullptr || !is_comparison(*expression)) return;
            if (is_operator(*expression, "<>") || is_operator(*expression, "!=")) return; // no index serves these
            const Node *left = expression->lexpr;
            const Node *right = expression->rexpr;
            const Node *filtered = is_known_beforehand(right) ? left : is_known_beforehand(left) ? right : nullptr;
            const std::string done = done_to_column(filtered);
            if (done.empty()) return;
            context.add(start_of(filtered), formatted("the filter compares {} on a column, not the column", done));
        });
    });
}

bool holds_null(const Node *node) noexcept {
    if (is_null_constant(strip_casts(node))) return true;
    if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_LIST) return false;
    const NodeList items = as_list(node);
    return std::any_of(items.begin(), items.end(),
                       [](const Node *item) { return is_null_constant(strip_casts(item)); });
}

void check_null(const LintContext &context) {
    for_each_expression_of(context.block, [&](const Node *node) {
        const PgQuery__AExpr *expression = as_expression(node);
        if (expression == nullptr || !is_comparison(*expression)) return;
        if (!holds_null(expression->rexpr) && !holds_null(expression->lexpr)) return;
        const std::string_view name = last_name(list(expression->name, expression->n_name));
        if (expression->kind != PG_QUERY__A__EXPR__KIND__AEXPR_IN) {
            context.add(start_of(node), formatted("{} NULL is never true", name));
        } else if (name == "<>") {
            context.add(start_of(node), "NOT IN a list with NULL is never true");
        } else {
            context.add(start_of(node), "NULL in a list of IN matches nothing");
        }
    });
}

void report_not_in(const LintContext &context, const PgQuery__SubLink &sublink, std::int32_t location) {
    SelectStmt *select = as_select(sublink.subselect);
    if (select == nullptr) return;
    bool reads_relation = select->op > PG_QUERY__SET_OPERATION__SETOP_NONE;
    for (Node *item : list(select->from_clause, select->n_from_clause)) {
        for_each_leaf(item, [&](const Node *leaf) {
            reads_relation = reads_relation || leaf->node_case == PG_QUERY__NODE__NODE_RANGE_VAR ||
                             leaf->node_case == PG_QUERY__NODE__NODE_RANGE_SUBSELECT;
        });
    }
    if (reads_relation) context.add(location, "NOT IN with a sub-select finds nothing once that returns a NULL");
}

void check_not_in(const LintContext &context) {
    for_each_expression_of(context.block, [&](const Node *node) {
        if (const PgQuery__BoolExpr *negation = as_bool(node, PG_QUERY__BOOL_EXPR_TYPE__NOT_EXPR)) {
            const PgQuery__SubLink *any = as_sublink(negation->args[0], PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK);
            const std::string_view name = any != nullptr ? last_name(list(any->oper_name, any->n_oper_name)) : "";
            if (any != nullptr && (name.empty() || name == "=")) report_not_in(context, *any, start_of(node));
        } else if (const PgQuery__SubLink *all = as_sublink(node, PG_QUERY__SUB_LINK_TYPE__ALL_SUBLINK)) {
            if (last_name(list(all->oper_name, all->n_oper_name)) == "<>") report_not_in(context, *all, start_of(node));
        }
    });
}

} // namespace

constinit const Lint leading_wildcard_lint = {
    {
        "leading_wildcard",
        Severity::warning,
        "A pattern that begins with a wildcard",
        "An index is read from where the pattern begins. When it begins with anything at all, the whole table is read "
        "and every value is compared.",
        "LIKE, ILIKE or SIMILAR TO with a pattern that begins with `%` or `_`, and a regular expression that is not "
        "anchored at the beginning (`^`), in WHERE or ON. The pattern may be put together: `'%' || $1`.",
        "NOT LIKE, `LIKE '%'`, patterns that are parameters, and regular expressions that begin with a parenthesis.",
        "A GIN index with pg_trgm's gin_trgm_ops serves such patterns; full-text search serves words.",
    },
    check_wildcard,
};

constinit const Lint function_on_column_lint = {
    {
        "function_on_column",
        Severity::warning,
        "A function, cast or expression on a filtered column",
        "An index on the column is of no use to a filter that compares something made of the column: every row is "
        "read and computed.",
        "A comparison with a value in WHERE or ON (`=`, `<`, IN, BETWEEN, LIKE, ...) of a function call, a cast, "
        "COALESCE or arithmetic on a column.",
        "Casts to text, which often change nothing; `<>`; comparisons of columns with each other; json operators; "
        "conditions under OR and NOT. Whether an index on the expression exists, the text does not say.",
        "Compare the column itself: move the computation to the other side, or a date to a range (>= and <). Otherwise "
        "make an index on the expression.",
    },
    check_function,
};

constinit const Lint compares_with_null_lint = {
    {
        "compares_with_null",
        Severity::warning,
        "A comparison with NULL",
        "A comparison with NULL is neither true nor false, so it selects no row, and NOT IN a list with NULL selects "
        "none whatever else is in the list.",
        "`= NULL`, `<> NULL` and other comparisons, and NULL in a list of IN or NOT IN.",
        "`SET a = NULL`, IS DISTINCT FROM, and parameters.",
        "Write IS NULL or IS NOT NULL; IS NOT DISTINCT FROM where the other side may be NULL as well.",
    },
    check_null,
};

constinit const Lint not_in_subquery_lint = {
    {
        "not_in_subquery",
        Severity::warning,
        "NOT IN with a sub-select",
        "One NULL among the sub-select's rows and the condition is never true. Because of that it cannot be planned as "
        "an anti-join: without enough work_mem the sub-select is read again for each row.",
        "`NOT IN (SELECT ...)` and `<> ALL (SELECT ...)` that read a relation.",
        "NOT IN a list; sub-selects that read no relation, such as `SELECT unnest($1)`.",
        "Write NOT EXISTS (SELECT ... WHERE inner.key = outer.key).",
    },
    check_not_in,
};

} // namespace query_audit::parse
