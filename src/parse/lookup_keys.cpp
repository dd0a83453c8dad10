#include "parse/lookup_keys.h"

#include <algorithm>
#include <utility>

namespace query_audit::parse {
namespace {

bool is_array_cast(const Node &value) noexcept {
    return value.node_case == PG_QUERY__NODE__NODE_TYPE_CAST && is_array(*value.type_cast->type_name);
}

} // namespace

Reason LookupKeys::collect(Node *where) {
    std::vector<Equality> literals;
    bool arrays = false;
    bool lists = false;
    for (const Node *condition : conjuncts_of(where)) {
        const Equality equality = as_equality(condition);
        if (equality.expression != nullptr) {
            (parameter_of(equality.value) > 0 ? keys_ : literals).push_back(equality);
        } else if (const PgQuery__AExpr *expression = as_expression(condition)) {
            arrays = arrays || expression->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY;
            lists = lists || expression->kind == PG_QUERY__A__EXPR__KIND__AEXPR_IN;
        }
    }
    if (arrays || (lists && keys_.empty() && literals.empty())) return looks_up_by_list_already;
    if (keys_.empty()) keys_.swap(literals);
    if (keys_.empty()) return "It has no equality with a value, at the top level of its WHERE, to batch on.";
    return nullptr;
}

Reason LookupKeys::find(const Tree &tree, Node *where, const Sight &sight, Fragments &fragments) {
    if (const Reason reason = collect(where)) return reason;
    for (const Equality &key : keys_) {
        if (is_array_cast(*key.value)) return "Its key is an array.";
        const std::int32_t parameter = parameter_of(key.value);
        if (parameter > 0 && uses_of_parameter(tree.statement()->base, parameter) > 1) {
            return "It uses its key in more than one place.";
        }
        if (keys_.size() == 1) break;
        PgQuery__TypeName *type = type_of(key.value, find_column(*key.column, sight), fragments);
        if (type == nullptr || parameter == 0) {
            return "It is filtered by equality on several columns, whose types are not known here; join it to the list "
                   "of key tuples, as in JOIN unnest($1::type[], $2::type[]) AS k(a, b) ON ....";
        }
        types_.push_back({parameter, type, {}});
    }
    return nullptr;
}

void LookupKeys::match_any(Tree &tree) const {
    Arena &arena = tree.arena();
    const Equality &key = keys_[0];
    PgQuery__AExpr &expression = *key.expression;
    const std::int32_t parameter = parameter_of(key.value);
    Node *array = make_parameter(parameter > 0 ? parameter : highest_parameter(tree.statement()->base) + 1, arena);
    if (key.value->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) {
        PgQuery__TypeCast &cast = *key.value->type_cast;
        cast.type_name = array_of(*cast.type_name, arena);
        cast.arg = array;
        array = key.value;
    }
    if (as_column(expression.lexpr) == nullptr) std::swap(expression.lexpr, expression.rexpr);
    expression.rexpr = array;
    expression.kind = PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY;
}

void LookupKeys::match(Tree &tree, Node *&where, Fragments &fragments) const {
    if (keys_.size() == 1) return match_any(tree);
    Arena &arena = tree.arena();
    std::vector<Node *> columns;
    for (const Equality &key : keys_) columns.push_back(make_column(*key.column, arena));
    SelectStmt *tuples = fragments.select("SELECT * FROM " + unnest_text(types_));
    set_types(*tuples->from_clause[0]->range_function, types_, arena);
    Node *row = make_row(list(columns.data(), columns.size()), arena);
    std::vector<Node *> kept;
    for (Node *condition : conjuncts_of(where)) {
        const PgQuery__AExpr *expression = as_expression(condition);
        const bool key =
            std::any_of(keys_.begin(), keys_.end(), [&](const Equality &one) { return one.expression == expression; });
        if (!key) kept.push_back(condition);
        if (expression == keys_[0].expression) kept.push_back(make_in_select(row, tuples, arena));
    }
    where = make_bool(PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR, list(kept.data(), kept.size()), arena);
}

bool LookupKeys::has_parameter(std::int32_t parameter) const noexcept {
    return std::any_of(keys_.begin(), keys_.end(),
                       [&](const Equality &key) { return parameter_of(key.value) == parameter; });
}

bool LookupKeys::has_column(std::string_view name) const noexcept {
    return std::any_of(keys_.begin(), keys_.end(), [&](const Equality &key) {
        return last_name(list(key.column->fields, key.column->n_fields)) == name;
    });
}

} // namespace query_audit::parse
