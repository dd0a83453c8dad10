// Reading the raw parse tree: what a node is, what is in it. Private to src/parse.
//
// Works through protobuf-c's descriptors where it can, so that fields and node types that differ between releases of
// libpg_query need no code here. Pointers may be null; a null node is nothing of what is asked. Nothing here allocates
// unless it says so. Recursion is bounded by the guards that every text has passed.
#pragma once

#include <span>
#include <string_view>

#include "parse/pg_query_box.h"

namespace query_audit::parse {

using NodeList = std::span<Node *const>;

[[nodiscard]] inline NodeList list(Node *const *nodes, std::size_t count) noexcept { return {nodes, count}; }

// The message inside a node: every member of its union is a pointer to one.
[[nodiscard]] inline const ProtobufCMessage *message_of(const Node &node) noexcept {
    return reinterpret_cast<const ProtobufCMessage *>(node.a_const);
}
[[nodiscard]] inline bool is_node(const ProtobufCMessage &message) noexcept {
    return message.descriptor == &pg_query__node__descriptor;
}

[[nodiscard]] bool is_one_dml(const PgQuery__ParseResult &parsed) noexcept; // just one statement, and that DML

// Accessors answer null for a node of another type.
[[nodiscard]] SelectStmt *as_select(Node *node) noexcept;
[[nodiscard]] PgQuery__ColumnRef *as_column(const Node *node) noexcept;
[[nodiscard]] PgQuery__AExpr *as_expression(const Node *node) noexcept;
[[nodiscard]] PgQuery__BoolExpr *as_bool(const Node *node, PgQuery__BoolExprType type) noexcept;
[[nodiscard]] PgQuery__ResTarget *as_target(const Node *node) noexcept;
[[nodiscard]] PgQuery__FuncCall *as_call(const Node *node) noexcept;
[[nodiscard]] PgQuery__SubLink *as_sublink(const Node *node, PgQuery__SubLinkType type) noexcept;
[[nodiscard]] NodeList as_list(const Node *node) noexcept; // a List's or row's or ARRAY[]'s items, else empty

[[nodiscard]] std::string_view string_of(const Node *node) noexcept;   // of a String node, else empty
[[nodiscard]] std::string_view last_name(NodeList qualified) noexcept; // of a possibly qualified name
[[nodiscard]] bool is_operator(const PgQuery__AExpr &expression, std::string_view name) noexcept;
[[nodiscard]] bool is_star(const Node *node) noexcept; // * or relation.*
[[nodiscard]] bool is_null_constant(const Node *node) noexcept;

[[nodiscard]] Node *strip_casts(Node *node) noexcept;
[[nodiscard]] const Node *strip_casts(const Node *node) noexcept;

// A parameter or a literal, perhaps cast; ARRAY[] of nothing but such is one too where a list may stand.
[[nodiscard]] bool is_value(const Node *node) noexcept;
[[nodiscard]] bool is_value_or_array(const Node *node) noexcept;

// Calls visit(const ProtobufCMessage &) for each message directly inside, in the order of the text's grammar.
template <typename Visit> void for_each_child(const ProtobufCMessage &message, Visit &&visit);
// The same for a message that is not a Node: visit(const ProtobufCFieldDescriptor &, const ProtobufCMessage &).
template <typename Visit> void for_each_field_child(const ProtobufCMessage &message, Visit &&visit);

// What an expression holds, its sub-selects not looked into.
struct Contents {
    bool columns = false;
    bool values = false;
    bool sublinks = false;
};
[[nodiscard]] Contents contents_of(const Node *node) noexcept;

// A value that is known before the first row is read: values and calls on them, but no column and no sub-select.
[[nodiscard]] bool is_computed_from_values(const Node *node) noexcept;

template <typename Visit> void for_each_field_child(const ProtobufCMessage &message, Visit &&visit) {
    const auto *base = reinterpret_cast<const char *>(&message);
    for (unsigned i = 0; i < message.descriptor->n_fields; ++i) {
        const ProtobufCFieldDescriptor &field = message.descriptor->fields[i];
        if (field.type != PROTOBUF_C_TYPE_MESSAGE) continue;
        const bool one_of = (field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
        if (one_of && *reinterpret_cast<const std::uint32_t *>(base + field.quantifier_offset) != field.id) continue;
        if (field.label == PROTOBUF_C_LABEL_REPEATED) {
            const auto count = *reinterpret_cast<const std::size_t *>(base + field.quantifier_offset);
            const auto *items = *reinterpret_cast<ProtobufCMessage *const *const *>(base + field.offset);
            for (std::size_t item = 0; item < count; ++item) visit(field, *items[item]);
        } else if (const auto *child = *reinterpret_cast<const ProtobufCMessage *const *>(base + field.offset)) {
            visit(field, *child);
        }
    }
}

template <typename Visit> void for_each_child(const ProtobufCMessage &message, Visit &&visit) {
    if (is_node(message)) {
        const auto &node = reinterpret_cast<const Node &>(message);
        if (node.node_case != PG_QUERY__NODE__NODE__NOT_SET && message_of(node) != nullptr) visit(*message_of(node));
        return;
    }
    for_each_field_child(message,
                         [&](const ProtobufCFieldDescriptor &, const ProtobufCMessage &child) { visit(child); });
}

} // namespace query_audit::parse
