#include "parse/tree_edit.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace query_audit::parse {
namespace {

void *allocate(std::size_t bytes, Arena &arena) {
    void *memory = arena.allocate(bytes);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

template <typename Message> Message *make(void (*init)(Message *), Arena &arena) {
    auto *message = static_cast<Message *>(allocate(sizeof(Message), arena));
    init(message);
    return message;
}

// A node of the given case; every member of the union is a pointer to a message.
template <typename Message> Node *make_node(PgQuery__Node__NodeCase node_case, Message *message, Arena &arena) {
    Node *node = make<Node>(pg_query__node__init, arena);
    node->node_case = node_case;
    node->a_const = reinterpret_cast<PgQuery__AConst *>(message);
    return node;
}

} // namespace

Node *make_integer(std::int32_t value, Arena &arena) {
    auto *constant = make<PgQuery__AConst>(pg_query__a__const__init, arena);
    constant->val_case = PG_QUERY__A__CONST__VAL_IVAL;
    constant->ival = make<PgQuery__Integer>(pg_query__integer__init, arena);
    constant->ival->ival = value;
    return make_node(PG_QUERY__NODE__NODE_A_CONST, constant, arena);
}

Node *make_integer_field(std::int32_t value, Arena &arena) {
    auto *integer = make<PgQuery__Integer>(pg_query__integer__init, arena);
    integer->ival = value;
    return make_node(PG_QUERY__NODE__NODE_INTEGER, integer, arena);
}

Node *make_parameter(std::int32_t number, Arena &arena) {
    auto *parameter = make<PgQuery__ParamRef>(pg_query__param_ref__init, arena);
    parameter->number = number;
    return make_node(PG_QUERY__NODE__NODE_PARAM_REF, parameter, arena);
}

Node *make_column(const PgQuery__ColumnRef &column, Arena &arena) {
    return make_node(PG_QUERY__NODE__NODE_COLUMN_REF, const_cast<PgQuery__ColumnRef *>(&column), arena);
}

Node *make_column(std::initializer_list<std::string_view> names, Arena &arena) {
    auto *column = make<PgQuery__ColumnRef>(pg_query__column_ref__init, arena);
    for (const std::string_view name : names) {
        insert_item(column->fields, column->n_fields, column->n_fields, make_string(name, arena), arena);
    }
    return make_column(*column, arena);
}

Node *make_string(std::string_view value, Arena &arena) {
    auto *string = make<PgQuery__String>(pg_query__string__init, arena);
    string->sval = make_text(value, arena);
    return make_node(PG_QUERY__NODE__NODE_STRING, string, arena);
}

Node *make_sort_by(Node *value, Arena &arena) {
    auto *sort = make<PgQuery__SortBy>(pg_query__sort_by__init, arena);
    sort->sortby_dir = PG_QUERY__SORT_BY_DIR__SORTBY_DEFAULT;
    sort->sortby_nulls = PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_DEFAULT;
    sort->node = value;
    return make_node(PG_QUERY__NODE__NODE_SORT_BY, sort, arena);
}

Node *make_target(Node *value, Arena &arena) {
    auto *target = make<PgQuery__ResTarget>(pg_query__res_target__init, arena);
    target->val = value;
    return make_node(PG_QUERY__NODE__NODE_RES_TARGET, target, arena);
}

Node *make_insert_column(std::string_view name, Arena &arena) {
    auto *target = make<PgQuery__ResTarget>(pg_query__res_target__init, arena);
    target->name = make_text(name, arena);
    return make_node(PG_QUERY__NODE__NODE_RES_TARGET, target, arena);
}

Node *make_row(NodeList items, Arena &arena) {
    if (items.size() == 1) return items[0];
    auto *row = make<PgQuery__RowExpr>(pg_query__row_expr__init, arena);
    row->row_format = PG_QUERY__COERCION_FORM__COERCE_IMPLICIT_CAST;
    for (Node *item : items) insert_item(row->args, row->n_args, row->n_args, item, arena);
    return make_node(PG_QUERY__NODE__NODE_ROW_EXPR, row, arena);
}

Node *make_in_list(Node *left, NodeList items, Arena &arena) {
    auto *values = make<PgQuery__List>(pg_query__list__init, arena);
    for (Node *item : items) insert_item(values->items, values->n_items, values->n_items, item, arena);
    Node *in = make_operation(left, "=", make_node(PG_QUERY__NODE__NODE_LIST, values, arena), arena);
    in->a_expr->kind = PG_QUERY__A__EXPR__KIND__AEXPR_IN;
    return in;
}

Node *make_bool(PgQuery__BoolExprType type, NodeList sides, Arena &arena) {
    if (sides.size() == 1) return sides[0];
    auto *made = make<PgQuery__BoolExpr>(pg_query__bool_expr__init, arena);
    made->boolop = type;
    for (Node *side : sides) insert_item(made->args, made->n_args, made->n_args, side, arena);
    return make_node(PG_QUERY__NODE__NODE_BOOL_EXPR, made, arena);
}

Node *make_select(SelectStmt *select, Arena &arena) {
    return make_node(PG_QUERY__NODE__NODE_SELECT_STMT, select, arena);
}

Node *make_in_select(Node *left, SelectStmt *select, Arena &arena) {
    auto *sublink = make<PgQuery__SubLink>(pg_query__sub_link__init, arena);
    sublink->sub_link_type = PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK;
    sublink->testexpr = left;
    sublink->subselect = make_select(select, arena);
    return make_node(PG_QUERY__NODE__NODE_SUB_LINK, sublink, arena);
}

Node *make_operation(Node *left, std::string_view name, Node *right, Arena &arena) {
    auto *operation = make<PgQuery__AExpr>(pg_query__a__expr__init, arena);
    operation->kind = PG_QUERY__A__EXPR__KIND__AEXPR_OP;
    insert_item(operation->name, operation->n_name, 0, make_string(name, arena), arena);
    operation->lexpr = left;
    operation->rexpr = right;
    return make_node(PG_QUERY__NODE__NODE_A_EXPR, operation, arena);
}

char *make_text(std::string_view text, Arena &arena) {
    auto *copy = static_cast<char *>(allocate(text.size() + 1, arena));
    *std::copy(text.begin(), text.end(), copy) = '\0';
    return copy;
}

void *copy_bytes_of(const ProtobufCMessage &message, Arena &arena) {
    const std::size_t bytes = message.descriptor->sizeof_message;
    return std::memcpy(allocate(bytes, arena), &message, bytes);
}

void insert_item(Node **&nodes, std::size_t &count, std::size_t position, Node *item, Arena &arena) {
    auto **grown = static_cast<Node **>(allocate((count + 1) * sizeof(Node *), arena));
    std::copy_n(nodes, position, grown);
    grown[position] = item;
    std::copy_n(nodes + position, count - position, grown + position + 1);
    nodes = grown;
    ++count;
}

} // namespace query_audit::parse
