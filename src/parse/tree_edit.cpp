#include "parse/tree_edit.h"

#include <algorithm>
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

Node *make_operation(Node *left, std::string_view name, Node *right, Arena &arena) {
    auto *string = make<PgQuery__String>(pg_query__string__init, arena);
    string->sval = static_cast<char *>(allocate(name.size() + 1, arena));
    *std::copy(name.begin(), name.end(), string->sval) = '\0';
    auto *operation = make<PgQuery__AExpr>(pg_query__a__expr__init, arena);
    operation->kind = PG_QUERY__A__EXPR__KIND__AEXPR_OP;
    Node *name_node = make_node(PG_QUERY__NODE__NODE_STRING, string, arena);
    insert_item(operation->name, operation->n_name, 0, name_node, arena);
    operation->lexpr = left;
    operation->rexpr = right;
    return make_node(PG_QUERY__NODE__NODE_A_EXPR, operation, arena);
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
