#include "parse/fingerprint.h"

#include <algorithm>
#include <string_view>

#include "parse/hash.h"
#include "parse/tree.h"

namespace query_audit::parse {
namespace {

constexpr std::uint64_t table_tag = 4001;

// The library takes VALUES lists of any length for the same one, so rows that name the same tables count once.
bool is_list_of_rows(const ProtobufCFieldDescriptor &field) noexcept {
    return std::string_view(field.name) == "values_lists";
}

// Of the tables inside, in the order of the grammar; 0 without any.
std::uint64_t hash_tables(const ProtobufCMessage &message) noexcept {
    if (is_node(message)) {
        const auto &node = reinterpret_cast<const Node &>(message);
        const bool is_set = node.node_case != PG_QUERY__NODE__NODE__NOT_SET && message_of(node) != nullptr;
        return is_set ? hash_tables(*message_of(node)) : 0;
    }
    if (message.descriptor == &pg_query__range_var__descriptor) {
        const auto &table = reinterpret_cast<const PgQuery__RangeVar &>(message);
        const std::uint64_t schema = mix(mix(table_tag, table.catalogname), table.schemaname);
        return mix(schema, table.relname) | 1;
    }
    if (message.descriptor == &pg_query__locking_clause__descriptor) return 0; // what it names are aliases
    std::uint64_t hash = 0;
    std::uint64_t before = 0;
    for_each_field_child(message, [&](const ProtobufCFieldDescriptor &field, const ProtobufCMessage &child) {
        const std::uint64_t inside = hash_tables(child);
        if (inside == 0 || (inside == before && is_list_of_rows(field))) return;
        before = inside;
        hash = hash == 0 ? inside : mix(hash, inside) | 1;
    });
    return hash;
}

} // namespace

std::uint64_t fingerprint(const Tree &tree) noexcept {
    const std::uint64_t shape = tree.library_fingerprint();
    const std::uint64_t tables = hash_tables(tree.statement()->base);
    return tables == 0 ? shape : std::max<std::uint64_t>(mix(shape, tables), 1);
}

} // namespace query_audit::parse
