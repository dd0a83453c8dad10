// Which rows and columns a SELECT takes.
#include <algorithm>

#include "core/text.h"
#include "parse/lints/list.h"
#include "parse/output.h"

namespace query_audit::parse {
namespace {

// Whether * or name.* stands for the columns of a table; of a sub-select they are named inside.
bool stars_relation(const Block &block, const PgQuery__ColumnRef &star) {
    const std::string_view qualifier = qualifier_of(star);
    bool found = false;
    for (Node *item : block.from()) {
        for_each_leaf(item, [&](const Node *leaf) {
            const bool meant = qualifier.empty() || name_of_item(leaf) == qualifier;
            found = found || (meant && base_relation(leaf, block.ctes) != nullptr);
        });
    }
    return found;
}

void check_star(const LintContext &context) {
    const Block &block = context.block;
    if (block.select == nullptr || (block.place != Place::top && block.place != Place::insert)) return;
    for (const Node *target : list(block.select->target_list, block.select->n_target_list)) {
        const Node *value = as_target(target) != nullptr ? as_target(target)->val : nullptr;
        if (!is_star(value) || !stars_relation(block, *as_column(value))) continue;
        const std::string_view qualifier = qualifier_of(*as_column(value));
        context.add(start_of(value), qualifier.empty() ? std::string("SELECT * takes every column")
                                                       : formatted("SELECT {}.* takes every column", qualifier));
    }
}

// Whether what WHERE and ON say bounds the rows by something the text gives: a value, or a sub-select. A bound on one
// side is none: what lies on the other side grows.
bool is_bounded(const Block &block) {
    bool bounded = has_equality(block);
    for_each_condition(block, [&](Node *condition) {
        for_each_expression(condition->base, [&](const Node *node) {
            if (node->node_case == PG_QUERY__NODE__NODE_SUB_LINK) bounded = true;
            const PgQuery__AExpr *expression = as_expression(node);
            if (expression == nullptr) return;
            const Contents left = contents_of(expression->lexpr);
            const Contents right = contents_of(expression->rexpr);
            if (left.columns == right.columns) return;
            if (expression->kind != PG_QUERY__A__EXPR__KIND__AEXPR_OP) {
                bounded = true; // IN, LIKE, BETWEEN, = ANY
                return;
            }
            // @@, @>, &&, <-> and their like; and ranges, which two of make a bound.
            const std::string_view name = last_name(list(expression->name, expression->n_name));
            if (!is_comparison(*expression) && name.find_first_of("@&~?<>") != std::string_view::npos) bounded = true;
            if (name == "=") bounded = true;
        });
    });
    return bounded;
}

bool has_two_sided_range(const Block &block) {
    bool above = false;
    bool below = false;
    for_each_condition(block, [&](Node *condition) {
        for_each_conjunct(condition, [&](const Node *conjunct) {
            const PgQuery__AExpr *expression = as_expression(conjunct);
            if (expression == nullptr || expression->kind != PG_QUERY__A__EXPR__KIND__AEXPR_OP) return;
            if (contents_of(expression->lexpr).columns == contents_of(expression->rexpr).columns) return;
            const bool turned = contents_of(expression->rexpr).columns;
            const std::string_view name = last_name(list(expression->name, expression->n_name));
            if (name == "<" || name == "<=") (turned ? above : below) = true;
            if (name == ">" || name == ">=") (turned ? below : above) = true;
        });
    });
    return above && below;
}

// Reads nothing but tables: of a sub-select or a function the text does not say how many rows it has.
bool reads_tables_alone(const Block &block) {
    bool tables = !block.from().empty();
    for (Node *item : block.from()) {
        for_each_leaf(item, [&](const Node *leaf) { tables = tables && base_relation(leaf, block.ctes) != nullptr; });
    }
    return tables;
}

void check_limit(const LintContext &context) {
    const Block &block = context.block;
    if (block.select == nullptr || block.place != Place::top || block.statement == nullptr) return;
    const SelectStmt &select = *block.select;
    if (select.limit_count != nullptr || select.n_group_clause > 0 || select.having_clause != nullptr ||
        select.n_distinct_clause > 0 || select.into_clause != nullptr) {
        return;
    }
    if (!reads_tables_alone(block) || output_of(block.level()) != Output::rows) return;
    if (is_bounded(block) || has_two_sided_range(block)) return;
    context.add(-1, "this SELECT returns as many rows as the table has or will have");
}

bool is_count(const Node *node) noexcept {
    const PgQuery__FuncCall *call = as_call(strip_casts(node));
    return call != nullptr && call->over == nullptr && last_name(list(call->funcname, call->n_funcname)) == "count";
}

// The select whose only output is a count, without groups.
bool counts_rows(const Node *node) {
    const PgQuery__SubLink *scalar = as_sublink(strip_casts(node), PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK);
    SelectStmt *select = scalar != nullptr ? as_select(scalar->subselect) : nullptr;
    return select != nullptr && select->op == PG_QUERY__SET_OPERATION__SETOP_NONE && select->n_group_clause == 0 &&
           select->n_target_list == 1 && as_target(select->target_list[0]) != nullptr &&
           is_count(as_target(select->target_list[0])->val);
}

// `count > 0`, `count >= 1`, `count = 0`, `count <> 0`, `count < 1`, and the same turned around.
bool asks_whether_any(const PgQuery__AExpr &expression, bool count_is_left) noexcept {
    long long limit = 0;
    if (expression.kind != PG_QUERY__A__EXPR__KIND__AEXPR_OP) return false;
    if (!integer_of(count_is_left ? expression.rexpr : expression.lexpr, limit)) return false;
    const std::string_view name = last_name(list(expression.name, expression.n_name));
    if (limit == 0 && (name == "=" || name == "<>" || name == "!=")) return true;
    if (limit == 0) return name == (count_is_left ? ">" : "<");
    return limit == 1 && (count_is_left ? name == ">=" || name == "<" : name == "<=" || name == ">");
}

void check_count(const LintContext &context) {
    const Block &block = context.block;
    for_each_expression_of(block, [&](const Node *node) {
        const PgQuery__AExpr *expression = as_expression(node);
        if (expression == nullptr) return;
        for (const bool left : {true, false}) {
            const Node *counted = left ? expression->lexpr : expression->rexpr;
            if (!counts_rows(counted) || !asks_whether_any(*expression, left)) continue;
            context.add(start_of(node), "every row is counted to know whether there is one");
        }
    });
    // SELECT count(*) > 0 FROM ...
    if (block.select == nullptr || block.select->n_group_clause > 0 || !reads_base_relation(block)) return;
    for (const Node *target : list(block.select->target_list, block.select->n_target_list)) {
        const PgQuery__AExpr *expression =
            as_target(target) != nullptr ? as_expression(as_target(target)->val) : nullptr;
        if (expression == nullptr || block.select->n_target_list != 1) continue;
        if ((is_count(expression->lexpr) && asks_whether_any(*expression, true)) ||
            (is_count(expression->rexpr) && asks_whether_any(*expression, false))) {
            context.add(start_of(as_target(target)->val), "every row is counted to know whether there is one");
        }
    }
}

} // namespace

constinit const Lint count_for_existence_lint = {
    {
        "count_for_existence",
        Severity::warning,
        "A count to know whether there is a row",
        "count(*) reads every row that the condition selects. EXISTS stops at the first.",
        "`(SELECT count(...) ...) > 0`, `= 0`, `>= 1` and their like, and `SELECT count(*) > 0 FROM ...`.",
        "Counts compared with other numbers, counts of groups (HAVING).",
        "Write EXISTS (SELECT FROM ...) or NOT EXISTS.",
    },
    check_count,
};

constinit const Lint select_without_limit_lint = {
    {
        "select_without_limit",
        Severity::info,
        "A SELECT that returns all rows",
        "It returns what the table holds. That is little in tests and grows with the data, until the client runs out "
        "of "
        "memory or patience.",
        "A SELECT at the top of a statement that reads tables and has neither LIMIT nor a filter that compares a "
        "column "
        "with a value for equality, from both sides, with a list, a pattern, or a sub-select.",
        "Aggregates, GROUP BY, DISTINCT, UNION, SELECT INTO, INSERT ... SELECT, sub-selects, EXISTS, common table "
        "expressions, functions, system catalogs.",
        "Add LIMIT and page by key, or read through a cursor. Where the table is known to be small, leave it.",
    },
    check_limit,
};

constinit const Lint select_star_lint = {
    {
        "select_star",
        Severity::info,
        "SELECT *",
        "It sends columns that nobody reads, wide ones that are stored apart included; it cannot be answered from an "
        "index alone; and it changes when a column is added.",
        "`*` or `name.*` of a table in what a statement returns, or inserts.",
        "count(*), EXISTS, sub-selects and common table expressions, RETURNING, and * of a sub-select that names its "
        "columns.",
        "Name the columns that are used.",
    },
    check_star,
};

} // namespace query_audit::parse
