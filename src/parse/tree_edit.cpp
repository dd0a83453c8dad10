#include "parse/tree_edit.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

namespace query_audit::parse {
namespace {

template <typename Message> Message *make(void (*init)(Message *)) {
    auto *message = static_cast<Message *>(std::malloc(sizeof(Message)));
    if (message == nullptr) throw std::bad_alloc();
    init(message);
    return message;
}

// A node of the given case; every member of the union is a pointer to a message.
template <typename Message> Node *make_node(PgQuery__Node__NodeCase node_case, Message *message) {
    Node *node = make<Node>(pg_query__node__init);
    node->node_case = node_case;
    node->a_const = reinterpret_cast<PgQuery__AConst *>(message);
    return node;
}

} // namespace

Node *copy_of(const Node &node) {
    std::vector<std::uint8_t> packed(protobuf_c_message_get_packed_size(&node.base));
    protobuf_c_message_pack(&node.base, packed.data());
    ProtobufCMessage *copy =
        protobuf_c_message_unpack(&pg_query__node__descriptor, nullptr, packed.size(), packed.data());
    if (copy == nullptr) throw std::bad_alloc();
    return reinterpret_cast<Node *>(copy);
}

Node *make_integer(std::int32_t value) {
    auto *constant = make<PgQuery__AConst>(pg_query__a__const__init);
    constant->val_case = PG_QUERY__A__CONST__VAL_IVAL;
    constant->ival = make<PgQuery__Integer>(pg_query__integer__init);
    constant->ival->ival = value;
    return make_node(PG_QUERY__NODE__NODE_A_CONST, constant);
}

Node *make_integer_field(std::int32_t value) {
    auto *integer = make<PgQuery__Integer>(pg_query__integer__init);
    integer->ival = value;
    return make_node(PG_QUERY__NODE__NODE_INTEGER, integer);
}

Node *make_parameter(std::int32_t number) {
    auto *parameter = make<PgQuery__ParamRef>(pg_query__param_ref__init);
    parameter->number = number;
    return make_node(PG_QUERY__NODE__NODE_PARAM_REF, parameter);
}

Node *make_target(Node *value) {
    auto *target = make<PgQuery__ResTarget>(pg_query__res_target__init);
    target->val = value;
    return make_node(PG_QUERY__NODE__NODE_RES_TARGET, target);
}

Node *make_operation(Node *left, std::string_view name, Node *right) {
    auto *string = make<PgQuery__String>(pg_query__string__init);
    string->sval = strndup(name.data(), name.size());
    if (string->sval == nullptr) throw std::bad_alloc();
    auto *operation = make<PgQuery__AExpr>(pg_query__a__expr__init);
    operation->kind = PG_QUERY__A__EXPR__KIND__AEXPR_OP;
    insert_item(operation->name, operation->n_name, 0, make_node(PG_QUERY__NODE__NODE_STRING, string));
    operation->lexpr = left;
    operation->rexpr = right;
    return make_node(PG_QUERY__NODE__NODE_A_EXPR, operation);
}

void release(Node *&node) noexcept {
    if (node != nullptr) pg_query__node__free_unpacked(node, nullptr);
    node = nullptr;
}

void release_list(Node **&nodes, std::size_t &count) noexcept {
    for (std::size_t i = 0; i < count; ++i) release(nodes[i]);
    std::free(nodes);
    nodes = nullptr;
    count = 0;
}

void insert_item(Node **&nodes, std::size_t &count, std::size_t position, Node *item) {
    auto **grown = static_cast<Node **>(std::realloc(nodes, (count + 1) * sizeof(Node *)));
    if (grown == nullptr) throw std::bad_alloc();
    nodes = grown;
    std::memmove(nodes + position + 1, nodes + position, (count - position) * sizeof(Node *));
    nodes[position] = item;
    ++count;
}

} // namespace query_audit::parse
