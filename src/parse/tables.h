// What the catalog knows of the columns that a statement names. Private to src/parse.
#pragma once

#include <string_view>
#include <vector>

#include "parse/tree.h"

namespace query_audit::parse {

// The tables that facts are known of. A name of a common table expression is no table.
class Tables {
  public:
    Tables(const RewriteFacts *facts, const Node &statement);

    [[nodiscard]] const TableFacts *find(const PgQuery__RangeVar &relation) const noexcept; // null: nothing known

  private:
    const RewriteFacts *facts_;
    std::vector<std::string_view> ctes_;
};

// The relations that the columns of one level may belong to, and those of the levels around it.
struct Sight {
    struct Item {
        std::string_view name;   // that qualifies its columns; empty where there is none
        const TableFacts *facts; // null: nothing known
    };

    const Sight *outer = nullptr;
    std::vector<Item> items;
};
[[nodiscard]] Sight sight_of(NodeList from, const Tables &tables, const Sight *outer);
void add_relation(Sight &sight, const PgQuery__RangeVar &relation, const Tables &tables);

// Null where it is not sure which column is meant, or nothing is known of it.
[[nodiscard]] const ColumnFacts *find_column(const PgQuery__ColumnRef &column, const Sight &sight) noexcept;
[[nodiscard]] const ColumnFacts *find_column(std::string_view name, const TableFacts &table) noexcept;

// Whether equality on columns for which has(const ColumnFacts &) holds leaves at most one row.
template <typename Has> [[nodiscard]] bool is_unique(const TableFacts &table, Has &&has) {
    for (std::size_t i = 0; i < table.unique_key_count; ++i) {
        const UniqueKey &key = table.unique_keys[i];
        bool covered = key.column_count > 0;
        for (int c = 0; c < key.column_count; ++c) covered = covered && has(table.columns[key.columns[c]]);
        if (covered) return true;
    }
    return false;
}

} // namespace query_audit::parse
