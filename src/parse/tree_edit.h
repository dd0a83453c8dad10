// Changing a parse tree in place. Private to src/parse.
//
// What is made here lives in the arena, which is to be the tree's; what is cut out of a tree stays there until the tree
// ends. Nodes may stand in a tree more than once as long as nothing in them is changed.
#pragma once

#include <initializer_list>

#include "parse/tree.h"

namespace query_audit::parse {

// All throw std::bad_alloc and leave the tree as it was.
[[nodiscard]] Node *make_integer(std::int32_t value, Arena &arena);       // a constant in an expression
[[nodiscard]] Node *make_integer_field(std::int32_t value, Arena &arena); // a bare number, as in array bounds
[[nodiscard]] Node *make_parameter(std::int32_t number, Arena &arena);
[[nodiscard]] Node *make_column(const PgQuery__ColumnRef &column, Arena &arena); // not copied
[[nodiscard]] Node *make_column(std::initializer_list<std::string_view> names, Arena &arena);
[[nodiscard]] Node *make_string(std::string_view value, Arena &arena);
[[nodiscard]] Node *make_sort_by(Node *value, Arena &arena);
[[nodiscard]] Node *make_target(Node *value, Arena &arena);
[[nodiscard]] Node *make_insert_column(std::string_view name, Arena &arena);
[[nodiscard]] Node *make_row(NodeList items, Arena &arena); // without the word ROW; one item is itself
[[nodiscard]] Node *make_bool(PgQuery__BoolExprType type, NodeList sides, Arena &arena); // one side is itself
[[nodiscard]] Node *make_select(SelectStmt *select, Arena &arena);
[[nodiscard]] Node *make_in_list(Node *left, NodeList items, Arena &arena);
[[nodiscard]] Node *make_in_select(Node *left, SelectStmt *select, Arena &arena);
[[nodiscard]] Node *make_operation(Node *left, std::string_view name, Node *right, Arena &arena);

// The text in the arena, NUL-terminated.
[[nodiscard]] char *make_text(std::string_view text, Arena &arena);

// A copy of the message alone: what it points to is shared.
[[nodiscard]] void *copy_bytes_of(const ProtobufCMessage &message, Arena &arena);
template <typename Message> [[nodiscard]] Message *copy_message(const Message &message, Arena &arena) {
    return static_cast<Message *>(copy_bytes_of(message.base, arena));
}

// Inserts before the item at `position`.
void insert_item(Node **&nodes, std::size_t &count, std::size_t position, Node *item, Arena &arena);

} // namespace query_audit::parse
