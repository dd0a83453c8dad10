#include "parse/tree.h"

#include <algorithm>

namespace query_audit::parse {
namespace {

bool is_a(const Node *node, PgQuery__Node__NodeCase wanted) noexcept {
    return node != nullptr && node->node_case == wanted;
}

void add_contents(const ProtobufCMessage &message, Contents &contents) noexcept {
    if (is_node(message)) {
        switch (reinterpret_cast<const Node &>(message).node_case) {
        case PG_QUERY__NODE__NODE_COLUMN_REF:
            contents.columns = true;
            return;
        case PG_QUERY__NODE__NODE_A_CONST:
        case PG_QUERY__NODE__NODE_PARAM_REF:
            contents.values = true;
            return;
        case PG_QUERY__NODE__NODE_SUB_LINK:
            contents.sublinks = true;
            return;
        case PG_QUERY__NODE__NODE_TYPE_NAME:
            return;
        default:
            break;
        }
    }
    if (message.descriptor == &pg_query__type_name__descriptor) return;
    for_each_child(message, [&](const ProtobufCMessage &child) { add_contents(child, contents); });
}

} // namespace

bool is_one_dml(const PgQuery__ParseResult &parsed) noexcept {
    const Node *statement = parsed.n_stmts == 1 ? parsed.stmts[0]->stmt : nullptr;
    if (statement == nullptr) return false;
    switch (statement->node_case) {
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

SelectStmt *as_select(Node *node) noexcept {
    return is_a(node, PG_QUERY__NODE__NODE_SELECT_STMT) ? node->select_stmt : nullptr;
}

PgQuery__ColumnRef *as_column(const Node *node) noexcept {
    return is_a(node, PG_QUERY__NODE__NODE_COLUMN_REF) ? node->column_ref : nullptr;
}

PgQuery__AExpr *as_expression(const Node *node) noexcept {
    return is_a(node, PG_QUERY__NODE__NODE_A_EXPR) ? node->a_expr : nullptr;
}

PgQuery__BoolExpr *as_bool(const Node *node, PgQuery__BoolExprType type) noexcept {
    return is_a(node, PG_QUERY__NODE__NODE_BOOL_EXPR) && node->bool_expr->boolop == type ? node->bool_expr : nullptr;
}

PgQuery__ResTarget *as_target(const Node *node) noexcept {
    return is_a(node, PG_QUERY__NODE__NODE_RES_TARGET) ? node->res_target : nullptr;
}

PgQuery__FuncCall *as_call(const Node *node) noexcept {
    return is_a(node, PG_QUERY__NODE__NODE_FUNC_CALL) ? node->func_call : nullptr;
}

PgQuery__SubLink *as_sublink(const Node *node, PgQuery__SubLinkType type) noexcept {
    const bool found = is_a(node, PG_QUERY__NODE__NODE_SUB_LINK) && node->sub_link->sub_link_type == type;
    return found ? node->sub_link : nullptr;
}

NodeList as_list(const Node *node) noexcept {
    if (node == nullptr) return {};
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_LIST:
        return list(node->list->items, node->list->n_items);
    case PG_QUERY__NODE__NODE_ROW_EXPR:
        return list(node->row_expr->args, node->row_expr->n_args);
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR:
        return list(node->a_array_expr->elements, node->a_array_expr->n_elements);
    default:
        return {};
    }
}

std::string_view string_of(const Node *node) noexcept {
    return is_a(node, PG_QUERY__NODE__NODE_STRING) ? std::string_view(node->string->sval) : std::string_view();
}

std::string_view last_name(NodeList qualified) noexcept {
    return qualified.empty() ? std::string_view() : string_of(qualified.back());
}

bool is_operator(const PgQuery__AExpr &expression, std::string_view name) noexcept {
    return last_name(list(expression.name, expression.n_name)) == name;
}

bool is_star(const Node *node) noexcept {
    const PgQuery__ColumnRef *column = as_column(node);
    return column != nullptr && column->n_fields > 0 &&
           is_a(column->fields[column->n_fields - 1], PG_QUERY__NODE__NODE_A_STAR);
}

bool is_null_constant(const Node *node) noexcept {
    return is_a(node, PG_QUERY__NODE__NODE_A_CONST) && node->a_const->isnull;
}

Node *strip_casts(Node *node) noexcept {
    while (is_a(node, PG_QUERY__NODE__NODE_TYPE_CAST)) node = node->type_cast->arg;
    return node;
}

const Node *strip_casts(const Node *node) noexcept { return strip_casts(const_cast<Node *>(node)); }

bool is_value(const Node *node) noexcept {
    node = strip_casts(node);
    return is_a(node, PG_QUERY__NODE__NODE_A_CONST) || is_a(node, PG_QUERY__NODE__NODE_PARAM_REF);
}

bool is_value_or_array(const Node *node) noexcept {
    if (is_value(node)) return true;
    node = strip_casts(node);
    const NodeList elements = as_list(node);
    return is_a(node, PG_QUERY__NODE__NODE_A_ARRAY_EXPR) &&
           std::all_of(elements.begin(), elements.end(), [](const Node *element) { return is_value(element); });
}

Contents contents_of(const Node *node) noexcept {
    Contents contents;
    if (node != nullptr) add_contents(node->base, contents);
    return contents;
}

bool is_computed_from_values(const Node *node) noexcept {
    const Contents contents = contents_of(node);
    return contents.values && !contents.columns && !contents.sublinks;
}

} // namespace query_audit::parse
