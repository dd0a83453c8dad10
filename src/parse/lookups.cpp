#include "parse/lookups.h"

#include <algorithm>
#include <array>

namespace query_audit::parse {
namespace {

constexpr std::array<std::string_view, 12> functions_of_a_list = {"unnest",
                                                                  "json_to_recordset",
                                                                  "jsonb_to_recordset",
                                                                  "json_populate_recordset",
                                                                  "jsonb_populate_recordset",
                                                                  "json_array_elements",
                                                                  "json_array_elements_text",
                                                                  "jsonb_array_elements",
                                                                  "jsonb_array_elements_text",
                                                                  "regexp_split_to_table",
                                                                  "string_to_table",
                                                                  "xmltable"};

bool is_list_call(const Node *node) noexcept {
    const PgQuery__FuncCall *call = as_call(node);
    if (call == nullptr || !is_computed_from_values(node)) return false;
    const std::string_view name = last_name(list(call->funcname, call->n_funcname));
    return std::find(functions_of_a_list.begin(), functions_of_a_list.end(), name) != functions_of_a_list.end();
}

bool is_list_function(const PgQuery__RangeFunction &item) noexcept {
    const NodeList functions = list(item.functions, item.n_functions);
    return std::any_of(functions.begin(), functions.end(), [](const Node *function) {
        const NodeList call_and_columns = as_list(function);
        return is_list_call(call_and_columns.empty() ? function : call_and_columns[0]);
    });
}

// VALUES of two or more rows, SELECT unnest($1), or SELECT ... FROM unnest($1).
bool is_list_select(const SelectStmt &select) {
    if (select.n_values_lists > 0) return select.n_values_lists >= 2;
    if (select.n_from_clause == 1 && select.from_clause[0]->node_case == PG_QUERY__NODE__NODE_RANGE_FUNCTION) {
        return is_list_function(*select.from_clause[0]->range_function);
    }
    const NodeList targets = list(select.target_list, select.n_target_list);
    return select.n_from_clause == 0 && std::any_of(targets.begin(), targets.end(), [](const Node *target) {
               return as_target(target) != nullptr && is_list_call(as_target(target)->val);
           });
}

bool is_list_item(Node *leaf, const Ctes &ctes) {
    if (leaf->node_case == PG_QUERY__NODE__NODE_RANGE_FUNCTION) return is_list_function(*leaf->range_function);
    const std::optional<Level> level = level_of(leaf, ctes);
    return level && is_list_select(*level->select);
}

bool holds_list_lookup(const Node *condition) {
    for (const auto type : {PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR, PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR}) {
        if (const PgQuery__BoolExpr *combined = as_bool(condition, type)) {
            const NodeList sides = list(combined->args, combined->n_args);
            return std::any_of(sides.begin(), sides.end(), holds_list_lookup);
        }
    }
    if (const PgQuery__SubLink *any = as_sublink(condition, PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK)) {
        const SelectStmt *subselect = as_select(any->subselect);
        return subselect != nullptr && is_list_select(*subselect);
    }
    const PgQuery__AExpr *expression = as_expression(condition);
    if (expression == nullptr || !is_operator(*expression, "=")) return false;
    if (expression->kind == PG_QUERY__A__EXPR__KIND__AEXPR_IN) return as_list(expression->rexpr).size() >= 2;
    return expression->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY && is_computed_from_values(expression->rexpr);
}

// The column that the rows are first sorted by, through positions and output names; null where it is an expression.
const PgQuery__ColumnRef *leading_sort_column(const Level &level) {
    if (level.select->n_sort_clause == 0) return nullptr;
    const Node *first = level.select->sort_clause[0];
    if (first->node_case != PG_QUERY__NODE__NODE_SORT_BY) return nullptr;
    const Node *sort = strip_casts(static_cast<const Node *>(first->sort_by->node));
    const NodeList targets = level.targets();
    const PgQuery__ColumnRef *column = as_column(sort);
    if (sort->node_case == PG_QUERY__NODE__NODE_A_CONST && sort->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL) {
        const std::int64_t position = sort->a_const->ival->ival;
        if (position < 1 || position > static_cast<std::int64_t>(targets.size())) return nullptr;
        const PgQuery__ResTarget *target = as_target(targets[static_cast<std::size_t>(position - 1)]);
        return target != nullptr ? as_column(target->val) : nullptr;
    }
    if (column == nullptr || column->n_fields != 1) return column;
    for (const Node *node : targets) {
        const PgQuery__ResTarget *target = as_target(node);
        if (target != nullptr && target->name == string_of(column->fields[0])) return as_column(target->val);
    }
    return column;
}

class KeysetTest {
  public:
    KeysetTest(const PgQuery__ColumnRef &leading, bool same_level) : leading_(leading), same_level_(same_level) {}

    enum class Bound : std::uint8_t { none, equal, range };

    // How a condition bounds the leading column. Every side of an OR must bound it, as in
    // a > x OR (a = x AND id > y).
    [[nodiscard]] Bound bound_by(Node *condition) const {
        if (const PgQuery__BoolExpr *either = as_bool(condition, PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR)) {
            Bound all = Bound::equal;
            for (Node *side : list(either->args, either->n_args)) {
                const Bound bound = bound_by_conjuncts(side);
                if (bound == Bound::none) return bound;
                all = std::max(all, bound);
            }
            return all;
        }
        return bound_by_comparison(as_expression(condition));
    }

    [[nodiscard]] Bound bound_by_conjuncts(Node *condition) const {
        Bound strongest = Bound::none;
        for_each_conjunct(condition, [&](Node *one) { strongest = std::max(strongest, bound_by(one)); });
        return strongest;
    }

  private:
    [[nodiscard]] bool is_leading(const Node *side) const {
        side = strip_casts(side);
        const NodeList row = as_list(side);
        const PgQuery__ColumnRef *column = as_column(row.empty() ? side : strip_casts(row[0]));
        if (column == nullptr) return false;
        const NodeList ours = list(column->fields, column->n_fields);
        const NodeList leading = list(leading_.fields, leading_.n_fields);
        if (last_name(ours) != last_name(leading)) return false;
        if (!same_level_ || ours.size() < 2 || leading.size() < 2) return true;
        return string_of(ours[ours.size() - 2]) == string_of(leading[leading.size() - 2]);
    }

    // A value, something computed from one, or a row of such, or the place of the last row looked up by its key.
    static bool is_bound(const Node *side) {
        return is_computed_from_values(side) ||
               as_sublink(strip_casts(side), PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK) != nullptr;
    }

    [[nodiscard]] Bound bound_by_comparison(const PgQuery__AExpr *expression) const {
        if (expression == nullptr || expression->kind != PG_QUERY__A__EXPR__KIND__AEXPR_OP) return Bound::none;
        const bool bounded = (is_leading(expression->lexpr) && is_bound(expression->rexpr)) ||
                             (is_leading(expression->rexpr) && is_bound(expression->lexpr));
        if (!bounded) return Bound::none;
        if (is_operator(*expression, "=")) return Bound::equal;
        for (const std::string_view range : {"<", ">", "<=", ">="}) {
            if (is_operator(*expression, range)) return Bound::range;
        }
        return Bound::none;
    }

    const PgQuery__ColumnRef &leading_;
    bool same_level_;
};

} // namespace

bool looks_up_by_list(const FilterSource &source) {
    if (holds_list_lookup(source.where)) return true;
    bool relation = source.target != nullptr;
    bool lists = false;
    const auto visit = [&](Node *leaf) {
        if (is_list_item(leaf, source.ctes)) {
            lists = true;
        } else {
            const bool lateral =
                leaf->node_case == PG_QUERY__NODE__NODE_RANGE_SUBSELECT && leaf->range_subselect->lateral;
            relation = relation || lateral || leaf->node_case == PG_QUERY__NODE__NODE_RANGE_VAR;
        }
    };
    for (Node *item : source.from) for_each_leaf(item, visit);
    if (lists && relation) return true;
    Scope scope = open_scope(source, nullptr);
    return std::any_of(scope.items.begin(), scope.items.end(), [](const FromItem &item) {
        return item.join != nullptr && item.join->quals != nullptr && holds_list_lookup(item.join->quals);
    });
}

bool is_keyset(const Level &paging, const Level &filter) {
    const PgQuery__ColumnRef *leading = paging.has_limit() ? leading_sort_column(paging) : nullptr;
    if (leading == nullptr) return false;
    const KeysetTest test(*leading, paging.select == filter.select);
    return test.bound_by_conjuncts(filter.select->where_clause) == KeysetTest::Bound::range;
}

Equality as_equality(const Node *condition) noexcept {
    PgQuery__AExpr *expression = as_expression(condition);
    if (expression == nullptr || !is_operator(*expression, "=")) return {};
    if (expression->kind == PG_QUERY__A__EXPR__KIND__AEXPR_IN) {
        const NodeList items = as_list(expression->rexpr);
        PgQuery__ColumnRef *column = as_column(expression->lexpr);
        if (column == nullptr || items.size() != 1 || !is_value(items[0])) return {};
        return {expression, column, items[0]};
    }
    if (expression->kind != PG_QUERY__A__EXPR__KIND__AEXPR_OP) return {};
    if (PgQuery__ColumnRef *column = as_column(expression->lexpr); column != nullptr && is_value(expression->rexpr)) {
        return {expression, column, expression->rexpr};
    }
    if (PgQuery__ColumnRef *column = as_column(expression->rexpr); column != nullptr && is_value(expression->lexpr)) {
        return {expression, column, expression->lexpr};
    }
    return {};
}

} // namespace query_audit::parse
