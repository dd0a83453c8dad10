// StatementShape: what can be said of every execution of a statement, from its text and its parse tree alone.
//
// One shape belongs to one server query id. It is made once, when a backend first meets the query id, and is then
// only read. It is trivially copyable and holds no pointer, so it may live in shared memory and be copied freely.
#pragma once

#include <cstdint>
#include <type_traits>

namespace query_audit {

enum class StatementKind : std::uint8_t { unknown = 0, select = 1, insert = 2, update = 3, delete_ = 4, merge = 5 };

// Flags of StatementShape::flags. The parser sets those up to parse_flags_end, the server adapter the others.
namespace shape_flag {
constexpr std::uint32_t parsed = 1u << 0;    // understood by the parser; else the fingerprint is the query id
constexpr std::uint32_t relation = 1u << 1;  // reads or writes at least one relation named in the text
constexpr std::uint32_t count = 1u << 2;     // its whole output is one count(...), seen through wrappers
constexpr std::uint32_t aggregate = 1u << 3; // its output is aggregates only, with no GROUP BY
constexpr std::uint32_t page = 1u << 4;      // rows (not constants) under LIMIT, OFFSET or FETCH FIRST
constexpr std::uint32_t limit = 1u << 5;     // has LIMIT or FETCH FIRST anywhere that shapes the output
constexpr std::uint32_t offset = 1u << 6;    // has OFFSET there
constexpr std::uint32_t batch = 1u << 7;     // looks rows up by a list: = ANY, IN of two or more, join to VALUES/unnest
constexpr std::uint32_t keyset = 1u << 8;    // ordered, limited, and bounded by a range on the leading sort column
constexpr std::uint32_t locks_rows = 1u << 9;    // FOR UPDATE, FOR SHARE, ...
constexpr std::uint32_t skips_locked = 1u << 10; // ... SKIP LOCKED
constexpr std::uint32_t filtered = 1u << 11;     // its filter compares with at least one value (parameter or literal)
constexpr std::uint32_t grouped = 1u << 12;  // GROUP BY, HAVING or a set operation at the level that shapes the output
constexpr std::uint32_t keyed = 1u << 13;    // its filter compares with values that are more than bounds of a range
constexpr std::uint32_t whole = 1u << 14;    // shows or counts all that its filter keeps of the first relation
constexpr std::uint32_t distinct = 1u << 15; // each of these once, or counts different values
constexpr std::uint32_t keys = 1u << 16;     // its output is one column, with at most what it is sorted by
constexpr std::uint32_t key_list = 1u << 17; // shows the rows whose column is in one list of values
constexpr std::uint32_t ranged = 1u << 18;   // an aggregate whose filter compares with bounds of ranges alone
constexpr std::uint32_t parse_flags_end = 1u << 22;
constexpr std::uint32_t volatile_call = 1u << 22; // calls a volatile function (the server's catalog says so)
constexpr std::uint32_t catalog_only = 1u << 23;  // every relation is a system catalog or this extension's own
constexpr std::uint32_t has_literals = 1u << 24;  // the server found constants in the text
constexpr std::uint32_t any_value_filters = 1u
                                            << 25; // all values count as its filter's: not parsed, or a function call
} // namespace shape_flag

struct StatementShape {
    std::uint64_t fingerprint;     // of the text; the statement's key when not parsed; never 0
    std::uint64_t filter_identity; // relations, joins and WHERE without wrappers, order or limit; 0: none
    std::uint32_t flags;           // shape_flag
    std::uint32_t relation;        // OID of the first relation that the text names, 0 without one
    std::uint64_t relations;       // hash of the resolved relations' OIDs, so equal texts in two schemas differ
    std::uint64_t relation_mask;   // one bit of 64 for each relation, by hash of its OID
    StatementKind kind;
    std::uint8_t list_parameter; // with key_list: the number of the parameter that is the list; 0: it is in the text
    std::uint8_t padding[2];
    std::uint32_t row_key; // hash of the column that keys and key_list mean, or of DISTINCT's; 0: none, or not known

    // What its text is kept under. libpg_query gives a look-up by one value and one by a list the same fingerprint, and
    // only one of the two is a loop's child.
    [[nodiscard]] std::uint64_t text_key() const noexcept { return fingerprint ^ (flags & shape_flag::batch); }

    [[nodiscard]] bool has(std::uint32_t wanted) const noexcept { return (flags & wanted) == wanted; }
};
static_assert(std::is_trivially_copyable_v<StatementShape> && std::is_standard_layout_v<StatementShape>);
static_assert(sizeof(StatementShape) == 48);

// A value that a statement's filter compares with: a bound parameter, or a literal at a byte position of the text.
struct FilterValue {
    std::int32_t parameter; // the N of $N, or 0 for a literal
    std::int32_t location;  // byte offset of the literal in the parsed text, or -1
};

constexpr int max_filter_values = 64;

} // namespace query_audit
