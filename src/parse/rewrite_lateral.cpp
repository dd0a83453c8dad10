#include <algorithm>
#include <string>

#include "parse/output.h"
#include "parse/rewrite.h"

namespace query_audit::parse {
namespace {

struct Comparison {
    const Node *value = nullptr;                // null: not of something with columns with a parameter for equality
    const PgQuery__ColumnRef *column = nullptr; // null: an expression
    const PgQuery__TypeName *cast = nullptr;    // of the column
};

bool is_equality(const PgQuery__AExpr &expression) noexcept {
    switch (expression.kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT:
        return is_operator(expression, "=");
    case PG_QUERY__A__EXPR__KIND__AEXPR_IN:
        return is_operator(expression, "=") && as_list(expression.rexpr).size() == 1;
    default:
        return false;
    }
}

Comparison compared_with(const Node *side, const Node *value) noexcept {
    if (side == nullptr || parameter_of(value) == 0 || parameter_of(side) > 0) return {};
    const bool cast = side->node_case == PG_QUERY__NODE__NODE_TYPE_CAST;
    return {value, as_column(strip_casts(side)), cast ? side->type_cast->type_name : nullptr};
}

Comparison as_comparison(const PgQuery__AExpr &expression) noexcept {
    if (!is_equality(expression)) return {};
    const bool in = expression.kind == PG_QUERY__A__EXPR__KIND__AEXPR_IN;
    const Comparison comparison = compared_with(expression.lexpr, in ? as_list(expression.rexpr)[0] : expression.rexpr);
    return comparison.value != nullptr ? comparison : compared_with(expression.rexpr, expression.lexpr);
}

// The parameters that columns are compared with for equality, wherever in the statement.
class KeySearch {
  public:
    KeySearch(const Tables &tables, Fragments &fragments) : tables_(tables), fragments_(fragments) {}

    void search(const ProtobufCMessage &message, const Sight *sight) {
        if (message.descriptor == &pg_query__select_stmt__descriptor) {
            const auto &select = reinterpret_cast<const SelectStmt &>(message);
            const Sight here = sight_of(list(select.from_clause, select.n_from_clause), tables_, sight);
            for_each_child(message, [&](const ProtobufCMessage &child) { search(child, &here); });
            return;
        }
        if (message.descriptor == &pg_query__a__expr__descriptor && sight != nullptr) {
            add(as_comparison(reinterpret_cast<const PgQuery__AExpr &>(message)), *sight);
        }
        for_each_child(message, [&](const ProtobufCMessage &child) { search(child, sight); });
    }

    std::vector<Key> keys;

  private:
    void add(const Comparison &comparison, const Sight &sight) {
        if (comparison.value == nullptr) return;
        const std::int32_t parameter = parameter_of(comparison.value);
        const bool known =
            std::any_of(keys.begin(), keys.end(), [&](const Key &key) { return key.parameter == parameter; });
        if (known) return;
        PgQuery__TypeName *type = nullptr;
        if (comparison.column == nullptr) {
            type = type_of(comparison.value, nullptr, fragments_);
        } else if (comparison.cast != nullptr && comparison.value->node_case != PG_QUERY__NODE__NODE_TYPE_CAST) {
            type = const_cast<PgQuery__TypeName *>(comparison.cast);
            if (is_array(*type)) type = nullptr;
        } else {
            type = type_of(comparison.value, find_column(*comparison.column, sight), fragments_);
        }
        const PgQuery__ColumnRef *column = comparison.column;
        const std::string_view name =
            column != nullptr ? last_name(list(column->fields, column->n_fields)) : std::string_view("key");
        keys.push_back({parameter, type, free_key_name(name)});
    }

    std::string free_key_name(std::string_view wanted) const {
        std::string name(wanted);
        const auto taken = [&](const Key &key) { return key.name == name; };
        while (std::any_of(keys.begin(), keys.end(), taken)) name += '_';
        return name;
    }

    const Tables &tables_;
    Fragments &fragments_;
};

bool writes(const SelectStmt &select) noexcept {
    if (select.with_clause == nullptr) return false;
    const NodeList ctes = list(select.with_clause->ctes, select.with_clause->n_ctes);
    return std::any_of(ctes.begin(), ctes.end(),
                       [](const Node *cte) { return as_select(cte->common_table_expr->ctequery) == nullptr; });
}

// LIMIT and OFFSET take no column.
bool limits_by_key(Node &statement, const std::vector<Key> &keys) {
    bool found = false;
    auto visit = [&](Node &node) {
        const SelectStmt *select = as_select(&node);
        if (select == nullptr) return !found;
        for (const Node *limit : {select->limit_count, select->limit_offset}) {
            if (limit == nullptr) continue;
            for (const Key &key : keys) found = found || uses_of_parameter(limit->base, key.parameter) > 0;
        }
        return !found;
    };
    if (visit(statement)) for_each_node(statement.base, visit);
    return found;
}

// Whether the output already tells which rows are of which key.
bool shows_all(const SelectStmt &select, const std::vector<Key> &keys) {
    if (select.op > PG_QUERY__SET_OPERATION__SETOP_NONE || select.n_from_clause != 1) return false;
    if (select.from_clause[0]->node_case != PG_QUERY__NODE__NODE_RANGE_VAR) return false;
    const std::vector<Node *> conditions = conjuncts_of(select.where_clause);
    return std::all_of(keys.begin(), keys.end(), [&](const Key &key) {
        return std::any_of(conditions.begin(), conditions.end(), [&](const Node *condition) {
            const PgQuery__AExpr *expression = as_expression(condition);
            const Comparison comparison = expression != nullptr ? as_comparison(*expression) : Comparison{};
            return comparison.column != nullptr && comparison.cast == nullptr &&
                   parameter_of(comparison.value) == key.parameter &&
                   shows(list(select.target_list, select.n_target_list), *comparison.column, true);
        });
    });
}

} // namespace

std::set<std::int32_t> equality_parameters(const ProtobufCMessage &statement) {
    std::set<std::int32_t> parameters;
    auto visit = [&](const Node &node) {
        const PgQuery__AExpr *expression = as_expression(&node);
        const Comparison comparison = expression != nullptr ? as_comparison(*expression) : Comparison{};
        if (comparison.value != nullptr) parameters.insert(parameter_of(comparison.value));
        return true;
    };
    for_each_node(statement, visit);
    return parameters;
}

Reason batch_by_join(Tree &tree, SelectStmt &select, const Tables &tables, std::string &out) {
    Fragments fragments;
    KeySearch search(tables, fragments);
    search.search(tree.statement()->base, nullptr);
    const std::vector<Key> &keys = search.keys;
    if (keys.empty()) return "";
    for (const Key &key : keys) {
        if (key.type == nullptr) return "The type of its key is not known, or has no array.";
    }
    if (select.into_clause != nullptr || writes(select)) return "It writes a table.";
    if (limits_by_key(*tree.statement(), keys)) return "It limits its rows by its key.";

    const std::string alias = free_name("keys", tree.text());
    const std::string rows = free_name("found", tree.text());
    const bool shown = shows_all(select, keys);
    const bool aggregates = classify_targets(list(select.target_list, select.n_target_list)) != Output::rows;
    const std::string key_columns = shown ? "" : names_of(keys, alias + ".");
    std::string text = "SELECT ";
    if (aggregates) text += key_columns + (key_columns.empty() ? "" : ", ");
    text += rows + ".*";
    if (!aggregates && !key_columns.empty()) text += ", " + key_columns;
    text += " FROM " + unnest_text(keys) + " AS " + alias + "(" + names_of(keys, "") +
            ") CROSS JOIN LATERAL (SELECT) AS " + rows;
    SelectStmt *join = fragments.select(text);
    PgQuery__JoinExpr &both = *join->from_clause[0]->join_expr;
    set_types(*both.larg->range_function, keys, tree.arena());
    replace_by_columns(tree.statement()->base, keys, alias, tree.arena());
    both.rarg->range_subselect->subquery = make_select(&select, tree.arena());
    tree.statement()->select_stmt = join;
    close_gaps(tree.statement()->base);
    if (!tree.deparse(out)) return "It cannot be written back as text.";
    out += note_on_fixed(tree.statement()->base);
    return nullptr;
}

} // namespace query_audit::parse
