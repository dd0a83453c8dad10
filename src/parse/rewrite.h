// What the rewrites share: keys that become arrays, and parameters. Private to src/parse.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "parse/tables.h"
#include "parse/text.h"
#include "parse/tree_edit.h"

namespace query_audit::parse {

using Reason = const char *; // why there is no such statement; null: there is one

// An entry point's frame around write(std::string &) -> Reason.
template <typename Write> bool answer(char *out, std::size_t capacity, Write &&write) noexcept {
    try {
        std::string rewritten;
        Reason reason = write(rewritten);
        // Cut it would be other SQL, or none.
        if (reason == nullptr && rewritten.size() >= capacity) reason = "It would be too long to show.";
        copy_text(reason != nullptr ? std::string_view(reason) : rewritten, out, capacity);
        return reason == nullptr;
    } catch (...) {
        copy_text("There was not enough memory.", out, capacity);
        return false;
    }
}

// Calls visit(Node &) for each node inside, outer ones first; false: not what is inside of it.
template <typename Visit> void for_each_node(const ProtobufCMessage &message, Visit &visit) {
    for_each_child(message, [&](const ProtobufCMessage &child) {
        if (is_node(child) && !visit(*reinterpret_cast<Node *>(const_cast<ProtobufCMessage *>(&child)))) return;
        for_each_node(child, visit);
    });
}

[[nodiscard]] std::int32_t parameter_of(const Node *value) noexcept; // of a parameter, perhaps cast, else 0
[[nodiscard]] std::int32_t highest_parameter(const ProtobufCMessage &message) noexcept;
[[nodiscard]] int uses_of_parameter(const ProtobufCMessage &message, std::int32_t number) noexcept;
[[nodiscard]] bool holds_sublinks(const ProtobufCMessage &message) noexcept;

[[nodiscard]] bool has_windows(const ProtobufCMessage &message) noexcept;
void shift_parameters(const ProtobufCMessage &message, std::int32_t by);

// The server wants to know the type of every parameter up to the last, so none may be left out. Keeps their order.
void close_gaps(const ProtobufCMessage &statement);

// Trees that nodes are taken from, made from texts; they must outlive the tree that takes them.
class Fragments {
  public:
    [[nodiscard]] Node *statement(const std::string &text); // throws where it cannot be parsed
    [[nodiscard]] SelectStmt *select(const std::string &text) { return as_select(statement(text)); }
    [[nodiscard]] PgQuery__TypeName *type(std::string_view name); // null where it cannot
    [[nodiscard]] Arena &arena() noexcept { return trees_.back().arena(); }

  private:
    std::deque<Tree> trees_;
};

// A parameter of the statement whose values for many calls are one array.
struct Key {
    std::int32_t parameter;
    PgQuery__TypeName *type; // of one value; null: not known
    std::string name;        // of its column in the list of keys
};

[[nodiscard]] PgQuery__TypeName *array_of(const PgQuery__TypeName &type, Arena &arena);
[[nodiscard]] bool is_array(const PgQuery__TypeName &type) noexcept;
[[nodiscard]] std::string quoted(std::string_view identifier);
[[nodiscard]] std::string free_name(std::string_view wanted, std::string_view text); // one that is not in the text

// The type that a value has where it is compared with, or assigned to, the column: that of its own cast, else the
// column's. Null where it is not known, or has no array.
[[nodiscard]] PgQuery__TypeName *type_of(const Node *value, const ColumnFacts *column, Fragments &fragments);

// unnest($1::integer[], ...), without an alias.
[[nodiscard]] std::string unnest_text(const std::vector<Key> &keys);
[[nodiscard]] std::string names_of(const std::vector<Key> &keys, std::string_view prefix); // separated by commas
// Puts the types of the keys into the text's unnest() that was parsed.
void set_types(PgQuery__RangeFunction &unnest, const std::vector<Key> &keys, Arena &arena);

// Makes each key, with its cast, the column of that name in `relation`.
void replace_by_columns(const ProtobufCMessage &statement, const std::vector<Key> &keys, const std::string &relation,
                        Arena &arena);

// Whether a list of output columns shows the column; one_relation: there is but one that a * can stand for.
[[nodiscard]] bool shows(NodeList targets, const PgQuery__ColumnRef &column, bool one_relation) noexcept;
// The name of an output column that is not a *, given or made from its value; empty where it has no name to be found
// by.
[[nodiscard]] std::string_view output_name(const PgQuery__ResTarget &target) noexcept;
[[nodiscard]] bool same_column(const PgQuery__ColumnRef &column, const PgQuery__ColumnRef &other) noexcept;

// RETURNING's columns. A field of its own name up to version 17 of the library, inside of a clause from 18 on.
struct Returning {
    Node ***columns = nullptr; // null: there is none
    std::size_t *count = nullptr;

    [[nodiscard]] NodeList nodes() const noexcept { return columns != nullptr ? list(*columns, *count) : NodeList(); }
};
[[nodiscard]] Returning returning_of(ProtobufCMessage &statement) noexcept;

// WHERE's conditions, of which all must hold.
[[nodiscard]] std::vector<Node *> conjuncts_of(Node *where);

// The parameters that are compared for equality with what holds a column, wherever in the statement.
[[nodiscard]] std::set<std::int32_t> equality_parameters(const ProtobufCMessage &statement);

// Names the parameters that stay what they are: one value for what were many calls. Those of LIMIT and OFFSET are not
// worth a word.
[[nodiscard]] std::string note_on_fixed(const ProtobufCMessage &statement);

// Writes the statement once for each key, in a LATERAL join with unnest() of the keys. An empty reason: it has no key.
[[nodiscard]] Reason batch_by_join(Tree &tree, SelectStmt &select, const Tables &tables, std::string &out);

[[nodiscard]] Reason batch_insert(Tree &tree, const Tables &tables, std::string &out);
[[nodiscard]] Reason batch_update(Tree &tree, const Tables &tables, std::string &out);
[[nodiscard]] Reason batch_delete(Tree &tree, const Tables &tables, std::string &out);

} // namespace query_audit::parse
