// AccessNeed: what a scan asked of its table, as an index would have to answer it.
//
// Filled from the executed plan, for scans that are worth a look; kept with the table's scans; turned into index
// candidates when they are read. Columns are attribute numbers of the table that the statement names (of the root when
// it is partitioned), so that they survive renaming. No value is in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace query_audit {

constexpr int max_access_keys = 8;
constexpr int max_access_columns = 3;
constexpr int max_alternatives = 4; // parts of an OR
constexpr std::int16_t many_columns = -1;
constexpr std::size_t access_expression_bytes = 96;

// What the statement does with a key.
enum class KeyUse : std::uint8_t {
    none,
    equality,    // =, IN, = ANY: with a value
    range,       // <, <=, >=, >, BETWEEN; also a pattern with a fixed beginning, where the collation allows it
    join,        // = with another table's column
    sort,        // ORDER BY, in the order of the keys; with LIMIT or without
    is_null,     // IS NULL: a partial index's condition
    is_not_null, // IS NOT NULL
    is_true,     // a boolean column by itself
    is_false,    // NOT a boolean column
    pattern,     // LIKE, ILIKE or a regular expression that no btree can answer: trigrams
    containment, // what the type's usual GIN index answers: @>, ?, @? of jsonb; @>, <@, && of arrays
    full_text,   // @@ of tsvector
};

namespace key_flag {
constexpr std::uint8_t descending = 1u << 0;     // of a sort
constexpr std::uint8_t nulls_first = 1u << 1;    // of a sort
constexpr std::uint8_t expression = 1u << 2;     // the need's expression, not a column
constexpr std::uint8_t pattern_order = 1u << 3;  // a range that needs text_pattern_ops under the column's collation
constexpr std::uint8_t path_operators = 1u << 4; // containment of jsonb by operators that jsonb_path_ops knows
} // namespace key_flag

struct AccessKey {
    std::int16_t attribute; // 0: an expression
    KeyUse use;
    std::uint8_t flags;           // key_flag
    float distinct;               // different values, by estimate; 0: not known
    std::uint8_t alternative = 0; // from 1: the part of an OR that it stands in, each of which has a key; 0: none
};

struct AccessNeed {
    AccessKey keys[max_access_keys]; // conditions in any order, then the sort's in its order
    std::uint8_t count;
    std::uint8_t sort_limited; // 1: the sort kept the first rows alone, for a LIMIT
    // What else the statement takes from the table, 0 where there is no more; the first is many_columns where they are
    // more than fit, or not known.
    std::int16_t columns[max_access_columns];
    // Of the one key that is an expression, as CREATE INDEX takes it, in parentheses where it needs them; names are
    // those of the time. Empty: none. Where it is the whole need's, no part of an OR has another.
    char expression[access_expression_bytes];
    char alternative_expressions[max_alternatives][access_expression_bytes];
};
static_assert(std::is_trivially_copyable_v<AccessNeed> && std::is_standard_layout_v<AccessNeed>);

} // namespace query_audit
