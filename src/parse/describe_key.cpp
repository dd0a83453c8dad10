#include <algorithm>
#include <string>

#include "parse/describe.h"
#include "parse/parse.h"
#include "parse/pg_query_box.h"
#include "parse/rewrite.h"
#include "parse/text.h"

namespace query_audit {
namespace {

using namespace parse;

bool is_that_value(const Node *node, const FilterValue &wanted) noexcept {
    const Node *value = strip_casts(node);
    if (value == nullptr) return false;
    if (value->node_case == PG_QUERY__NODE__NODE_PARAM_REF) return value->param_ref->number == wanted.parameter;
    return value->node_case == PG_QUERY__NODE__NODE_A_CONST && wanted.parameter == 0 &&
           value->a_const->location == wanted.location;
}

// A comparison of a column with the value, and the relations that the statement names.
struct Search {
    FilterValue wanted{};
    const PgQuery__ColumnRef *column = nullptr;
    std::string_view operation;
    std::string_view alias; // of the column, empty without
    std::string_view relation;
    std::size_t relations = 0;
};

void note_comparison(const PgQuery__AExpr &expression, Search &search) noexcept {
    const Node *sides[] = {expression.lexpr, expression.rexpr};
    for (int i = 0; i < 2 && search.column == nullptr; ++i) {
        const Node *value = sides[1 - i];
        const NodeList items = as_list(value);
        if (items.size() == 1) value = items[0];
        const PgQuery__ColumnRef *column = as_column(strip_casts(sides[i]));
        if (column == nullptr || !is_that_value(value, search.wanted)) continue;
        search.column = column;
        search.operation = last_name(list(expression.name, expression.n_name));
        if (column->n_fields >= 2) search.alias = string_of(column->fields[column->n_fields - 2]);
    }
}

void find_comparison(const ProtobufCMessage &message, Search &search) noexcept {
    if (message.descriptor == &pg_query__a__expr__descriptor) {
        note_comparison(reinterpret_cast<const PgQuery__AExpr &>(message), search);
    }
    for_each_child(message, [&](const ProtobufCMessage &child) { find_comparison(child, search); });
}

void find_relation(const ProtobufCMessage &message, Search &search) noexcept {
    if (message.descriptor == &pg_query__range_var__descriptor) {
        const auto &relation = reinterpret_cast<const PgQuery__RangeVar &>(message);
        const std::string_view name = relation.relname;
        const std::string_view called = relation.alias != nullptr ? relation.alias->aliasname : name;
        ++search.relations;
        if (search.alias.empty() || called == search.alias) search.relation = name;
    }
    for_each_child(message, [&](const ProtobufCMessage &child) { find_relation(child, search); });
}

bool is_plain(std::string_view name) noexcept {
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

// For people: a keyword is left as it is.
void append_name(std::string &out, std::string_view name) {
    is_plain(name) ? out.append(name) : out.append(quoted(name));
}

std::string describe_key_of(std::string_view text, std::size_t key) {
    Tree tree;
    if (tree.parse(text, default_max_parse_bytes, nullptr) != ParseStatus::ok) return {};
    const Description description = describe(tree.statement());
    if (key >= description.key_value_count) return {};
    Search search;
    search.wanted = description.filter_values[key];
    find_comparison(*message_of(*tree.statement()), search);
    if (search.column == nullptr) return {};
    find_relation(*message_of(*tree.statement()), search);

    std::string out;
    const bool known = !search.alias.empty() || search.relations == 1;
    if (known && !search.relation.empty()) {
        append_name(out, search.relation);
        out.push_back('.');
    }
    append_name(out, last_name(list(search.column->fields, search.column->n_fields)));
    out.append(" ").append(search.operation).append(" ");
    const std::int32_t parameter = search.wanted.parameter;
    return parameter > 0 ? out + "$" + std::to_string(parameter) : out + "a constant";
}

} // namespace

extern "C" void query_audit_describe_key(const char *text, std::size_t length, std::int32_t key, char *out,
                                         std::size_t capacity) noexcept {
    try {
        copy_text(key < 0 ? std::string() : describe_key_of({text, length}, static_cast<std::size_t>(key)), out,
                  capacity);
    } catch (...) {
        copy_text({}, out, capacity);
    }
}

} // namespace query_audit
