// What the names in a filter mean: the FROM items of one select, and how each of them is joined. Private to src/parse.
//
// Aliases differ from ORM to ORM and from count to page, so a column is known by its relation, never by its alias.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/shape.h"
#include "parse/level.h"

namespace query_audit::parse {

struct Value {
    FilterValue value;
    bool is_bound; // of a range, so that it is no key
};
using Values = std::vector<Value>;

// Where a statement's filter is: of a SELECT's level, or of the UPDATE, DELETE or MERGE itself.
struct FilterSource {
    PgQuery__RangeVar *target = nullptr; // the relation written, or null
    NodeList from;
    Node *where = nullptr;
    Node *having = nullptr;
    bool grouped = false; // by more than the rows themselves
    bool by_row = false;  // grouped by the rows themselves
    Ctes ctes;
};
[[nodiscard]] FilterSource source_of(const Level &level);

// One leaf of FROM. `join` is the JoinExpr whose right side begins with it, or null.
struct FromItem {
    Node *node;
    const PgQuery__RangeVar *relation; // of a base relation's item, or null
    const PgQuery__JoinExpr *join;
    int leader;    // index of the item that begins the parenthesised join which this one is inside of, or -1
    bool optional; // on the nullable side of a LEFT JOIN, so it filters nothing by itself
    std::string_view name;
    std::uint64_t identity;   // of what it reads: relation, sub-select or function
    std::uint32_t occurrence; // of the same identity before it in this FROM
    Values values;            // of the sub-select's own filter
    bool referenced;          // by a qualified column that was hashed
};

struct Scope {
    std::vector<FromItem> items;
    std::size_t anchor = 0; // the first base relation, else the first item; an unqualified column is taken as its
    Scope *outer = nullptr;
    bool by_row = false; // see FilterSource

    [[nodiscard]] FromItem *find(std::string_view qualifier) noexcept; // here only
};

// Lists FROM's leaves with their names; identities are not set yet.
[[nodiscard]] Scope open_scope(const FilterSource &source, Scope *outer);

// Whether an item that no filter refers to can be left out of the filter's identity: ORMs join what they show, and do
// not join it to count. Where rows are grouped, an inner join finds many for each, and so may find none.
[[nodiscard]] bool is_prunable(const FromItem &item, const Scope &scope) noexcept;

} // namespace query_audit::parse
