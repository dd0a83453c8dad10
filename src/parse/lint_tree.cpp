// What several lints ask of a block.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "parse/lint.h"

namespace query_audit::parse {
namespace {

std::int32_t earliest(std::int32_t a, std::int32_t b) noexcept {
    if (a <= 0 || b <= 0) return std::max(a, b);
    return std::min(a, b);
}

std::int32_t start_of_message(const ProtobufCMessage &message) noexcept {
    std::int32_t start = -1;
    const auto *base = reinterpret_cast<const char *>(&message);
    for (unsigned i = 0; !is_node(message) && i < message.descriptor->n_fields; ++i) {
        const ProtobufCFieldDescriptor &field = message.descriptor->fields[i];
        if (field.type != PROTOBUF_C_TYPE_INT32 || std::strcmp(field.name, "location") != 0) continue;
        start = earliest(start, *reinterpret_cast<const std::int32_t *>(base + field.offset));
    }
    for_each_child(message, [&](const ProtobufCMessage &child) { start = earliest(start, start_of_message(child)); });
    return start;
}

std::string_view alias_of(const PgQuery__Alias *alias) noexcept {
    return alias != nullptr ? std::string_view(alias->aliasname) : std::string_view();
}

// A column, or a row of columns.
bool is_key(const Node *node) noexcept {
    node = strip_casts(node);
    const NodeList items = as_list(node);
    return as_column(node) != nullptr ||
           (!items.empty() &&
            std::all_of(items.begin(), items.end(), [](const Node *item) { return as_column(item); }));
}

} // namespace

bool is_block(const ProtobufCMessage &message) noexcept {
    if (!is_node(message)) return message.descriptor == &pg_query__select_stmt__descriptor;
    switch (reinterpret_cast<const Node &>(message).node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT:
    case PG_QUERY__NODE__NODE_INSERT_STMT:
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
    case PG_QUERY__NODE__NODE_DELETE_STMT:
    case PG_QUERY__NODE__NODE_MERGE_STMT:
        return true;
    default:
        return false;
    }
}

std::int32_t start_of(const Node *node) noexcept { return node != nullptr ? start_of_message(node->base) : -1; }

NodeList Block::from() const noexcept {
    if (select != nullptr) return list(select->from_clause, select->n_from_clause);
    switch (statement->node_case) {
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
        return list(statement->update_stmt->from_clause, statement->update_stmt->n_from_clause);
    case PG_QUERY__NODE__NODE_DELETE_STMT:
        return list(statement->delete_stmt->using_clause, statement->delete_stmt->n_using_clause);
    default:
        return {};
    }
}

Node *Block::where() const noexcept {
    if (select != nullptr) return select->where_clause;
    switch (statement->node_case) {
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
        return statement->update_stmt->where_clause;
    case PG_QUERY__NODE__NODE_DELETE_STMT:
        return statement->delete_stmt->where_clause;
    default:
        return nullptr;
    }
}

bool is_comparison(const PgQuery__AExpr &expression) noexcept {
    switch (expression.kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP:
        break;
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY:
    case PG_QUERY__A__EXPR__KIND__AEXPR_IN:
    case PG_QUERY__A__EXPR__KIND__AEXPR_LIKE:
    case PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE:
    case PG_QUERY__A__EXPR__KIND__AEXPR_SIMILAR:
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN:
        return true;
    default:
        return false;
    }
    constexpr std::array<std::string_view, 7> operators = {"=", "<", ">", "<=", ">=", "<>", "!="};
    return std::any_of(operators.begin(), operators.end(),
                       [&](std::string_view name) { return is_operator(expression, name); });
}

const PgQuery__RangeVar *base_relation(const Node *item, const Ctes &ctes) {
    if (item == nullptr || item->node_case != PG_QUERY__NODE__NODE_RANGE_VAR) return nullptr;
    const PgQuery__RangeVar &relation = *item->range_var;
    const std::string_view schema(relation.schemaname);
    if (schema == "pg_catalog" || schema == "information_schema") return nullptr;
    if (schema.empty() && std::string_view(relation.relname).starts_with("pg_")) return nullptr;
    return find_cte(relation, ctes).found ? nullptr : &relation;
}

bool reads_base_relation(const Block &block) {
    bool found = false;
    for (Node *item : block.from()) {
        for_each_leaf(item, [&](const Node *leaf) { found = found || base_relation(leaf, block.ctes) != nullptr; });
    }
    return found;
}

std::string_view name_of_item(const Node *item) noexcept {
    switch (item->node_case) {
    case PG_QUERY__NODE__NODE_RANGE_VAR: {
        const std::string_view alias = alias_of(item->range_var->alias);
        return alias.empty() ? std::string_view(item->range_var->relname) : alias;
    }
    case PG_QUERY__NODE__NODE_RANGE_SUBSELECT:
        return alias_of(item->range_subselect->alias);
    case PG_QUERY__NODE__NODE_RANGE_FUNCTION:
        return alias_of(item->range_function->alias);
    default:
        return {};
    }
}

std::string_view qualifier_of(const PgQuery__ColumnRef &column) noexcept {
    return column.n_fields > 1 ? string_of(column.fields[column.n_fields - 2]) : std::string_view();
}

bool has_equality(const Block &block) noexcept {
    bool found = false;
    for_each_condition(block, [&](Node *condition) {
        for_each_conjunct(condition, [&](const Node *conjunct) {
            const PgQuery__AExpr *expression = as_expression(conjunct);
            if (expression == nullptr || !is_comparison(*expression) || !is_operator(*expression, "=")) return;
            const Node *left = expression->lexpr;
            const Node *right = expression->rexpr;
            const auto compares = [](const Node *column, const Node *with) noexcept {
                return is_key(column) && !contents_of(with).columns;
            };
            if (compares(left, right) || compares(right, left)) found = true;
        });
    });
    return found;
}

bool integer_of(const Node *node, long long &value) noexcept {
    node = strip_casts(node);
    if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_A_CONST || node->a_const->isnull) return false;
    const PgQuery__AConst &constant = *node->a_const;
    if (constant.val_case == PG_QUERY__A__CONST__VAL_IVAL) {
        value = constant.ival->ival;
        return true;
    }
    if (constant.val_case != PG_QUERY__A__CONST__VAL_FVAL) return false; // integers that 32 bits do not hold
    const std::string_view digits(constant.fval->fval);
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return result.ec == std::errc() && result.ptr == digits.data() + digits.size();
}

} // namespace query_audit::parse
