// Changing a parse tree in place. Private to src/parse.
//
// Everything made here comes from malloc, as protobuf-c frees a tree with its default allocator. A node that is made
// must be linked into a tree before anything can throw or fail; a node that is cut out must be released.
#pragma once

#include "parse/tree.h"

namespace query_audit::parse {

// All throw std::bad_alloc and leave the tree as it was.
[[nodiscard]] Node *copy_of(const Node &node);
[[nodiscard]] Node *make_integer(std::int32_t value);       // a constant in an expression
[[nodiscard]] Node *make_integer_field(std::int32_t value); // a bare number, as in array bounds
[[nodiscard]] Node *make_parameter(std::int32_t number);
[[nodiscard]] Node *make_target(Node *value);                                       // owns value
[[nodiscard]] Node *make_operation(Node *left, std::string_view name, Node *right); // owns both sides

void release(Node *&node) noexcept;
void release_list(Node **&nodes, std::size_t &count) noexcept;

// Inserts before the item at `position`; owns the item.
void insert_item(Node **&nodes, std::size_t &count, std::size_t position, Node *item);

} // namespace query_audit::parse
