#include "parse/tables.h"

#include <algorithm>
#include <cstring>

#include "parse/level.h"
#include "parse/text.h"

namespace query_audit::parse {
namespace {

void collect_ctes(const ProtobufCMessage &message, std::vector<std::string_view> &names) {
    if (message.descriptor == &pg_query__common_table_expr__descriptor) {
        names.emplace_back(reinterpret_cast<const PgQuery__CommonTableExpr &>(message).ctename);
    }
    for_each_child(message, [&](const ProtobufCMessage &child) { collect_ctes(child, names); });
}

std::string_view qualifier_of(const PgQuery__RangeVar &relation) noexcept {
    return relation.alias != nullptr ? relation.alias->aliasname : relation.relname;
}

// Those of one level: true where it decides, with the column or null.
bool find_here(const PgQuery__ColumnRef &column, const Sight &sight, const ColumnFacts *&found) noexcept {
    const std::string_view name = string_of(column.fields[column.n_fields - 1]);
    if (column.n_fields >= 2) {
        const std::string_view qualifier = string_of(column.fields[column.n_fields - 2]);
        for (const Sight::Item &item : sight.items) {
            if (item.name != qualifier) continue;
            found = item.facts != nullptr ? find_column(name, *item.facts) : nullptr;
            return true;
        }
        return false;
    }
    bool decided = false;
    for (const Sight::Item &item : sight.items) {
        if (item.facts == nullptr) { // may have it
            found = nullptr;
            return true;
        }
        const ColumnFacts *here = find_column(name, *item.facts);
        if (here == nullptr) continue;
        // Two may have it where USING made them one.
        const bool same = !decided || (found != nullptr && found->type != nullptr && here->type != nullptr &&
                                       std::strcmp(found->type, here->type) == 0);
        found = same ? here : nullptr;
        decided = true;
    }
    return decided;
}

struct Naming {
    NamedTable *tables;
    std::size_t capacity;
    std::size_t count;
    std::vector<std::string_view> ctes;
};

void collect_tables(const ProtobufCMessage &message, Naming &naming) {
    if (message.descriptor == &pg_query__range_var__descriptor && naming.count < naming.capacity) {
        const auto &relation = reinterpret_cast<const PgQuery__RangeVar &>(message);
        const std::string_view schema = relation.schemaname;
        const std::string_view name = relation.relname;
        const bool cte = schema.empty() && std::find(naming.ctes.begin(), naming.ctes.end(), name) != naming.ctes.end();
        const NamedTable *end = naming.tables + naming.count;
        const bool known = std::any_of(static_cast<const NamedTable *>(naming.tables), end,
                                       [&](const NamedTable &one) { return one.schema == schema && one.name == name; });
        if (!cte && !known && schema.size() < name_bytes && name.size() < name_bytes) {
            NamedTable &table = naming.tables[naming.count++];
            copy_text(schema, table.schema, name_bytes);
            copy_text(name, table.name, name_bytes);
        }
    }
    for_each_child(message, [&](const ProtobufCMessage &child) { collect_tables(child, naming); });
}

} // namespace

Tables::Tables(const RewriteFacts *facts, const Node &statement) : facts_(facts) {
    if (facts != nullptr) collect_ctes(statement.base, ctes_);
}

const TableFacts *Tables::find(const PgQuery__RangeVar &relation) const noexcept {
    if (facts_ == nullptr || relation.catalogname[0] != '\0') return nullptr;
    const std::string_view schema = relation.schemaname;
    const std::string_view name = relation.relname;
    if (schema.empty() && std::find(ctes_.begin(), ctes_.end(), name) != ctes_.end()) return nullptr;
    for (std::size_t i = 0; i < facts_->table_count; ++i) {
        const TableFacts &table = facts_->tables[i];
        if (table.schema == schema && table.name == name) return &table;
    }
    return nullptr;
}

void add_relation(Sight &sight, const PgQuery__RangeVar &relation, const Tables &tables) {
    const bool renamed = relation.alias != nullptr && relation.alias->n_colnames > 0;
    sight.items.push_back({qualifier_of(relation), renamed ? nullptr : tables.find(relation)});
}

Sight sight_of(NodeList from, const Tables &tables, const Sight *outer) {
    Sight sight;
    sight.outer = outer;
    for (Node *item : from) {
        // An alias of a whole join hides the names inside.
        if (item->node_case == PG_QUERY__NODE__NODE_JOIN_EXPR && item->join_expr->alias != nullptr) {
            sight.items.push_back({});
            continue;
        }
        for_each_leaf(item, [&](const Node *leaf) {
            if (leaf->node_case == PG_QUERY__NODE__NODE_RANGE_VAR) {
                add_relation(sight, *leaf->range_var, tables);
                return;
            }
            const bool subselect = leaf->node_case == PG_QUERY__NODE__NODE_RANGE_SUBSELECT;
            const PgQuery__Alias *alias = subselect ? leaf->range_subselect->alias : nullptr;
            sight.items.push_back({alias != nullptr ? alias->aliasname : std::string_view(), nullptr});
        });
    }
    return sight;
}

const ColumnFacts *find_column(std::string_view name, const TableFacts &table) noexcept {
    for (std::size_t i = 0; i < table.column_count; ++i) {
        if (table.columns[i].name == name) return &table.columns[i];
    }
    return nullptr;
}

const ColumnFacts *find_column(const PgQuery__ColumnRef &column, const Sight &sight) noexcept {
    const ColumnFacts *found = nullptr;
    if (column.n_fields == 0) return nullptr;
    for (const Sight *level = &sight; level != nullptr; level = level->outer) {
        if (find_here(column, *level, found)) return found;
    }
    return nullptr;
}

} // namespace query_audit::parse

namespace query_audit {

extern "C" std::size_t query_audit_named_tables(const char *text, std::size_t length, NamedTable *tables,
                                                std::size_t capacity) noexcept {
    try {
        parse::Tree tree;
        if (tree.parse({text, length}, default_max_parse_bytes, nullptr) != ParseStatus::ok) return 0;
        parse::Naming naming{tables, capacity, 0, {}};
        parse::collect_ctes(tree.statement()->base, naming.ctes);
        parse::collect_tables(tree.statement()->base, naming);
        return naming.count;
    } catch (...) {
        return 0;
    }
}

} // namespace query_audit
