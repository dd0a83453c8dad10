// Kinds of units of work: what the units of one route, name or application add up to.
//
// A unit that has ended is first kept as it was, in its backend's slot; several are added to the table of kinds at
// once.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/histogram.h"
#include "core/unit.h"

namespace query_audit {

constexpr std::size_t unit_kind_bytes = 64;

// What names a unit's kind: the strongest that is at hand.
enum class NamedBy : std::uint8_t { application, unit, route };

struct UnitKindKey {
    std::uint64_t kind; // hash of name and named_by
    std::uint32_t database;
    std::uint32_t user;
};

struct EndedUnit {
    UnitKindKey key;
    std::int64_t wall_ns;      // from the first statement's start to the last one's end
    std::int64_t execution_ns; // of it, without the client's pauses
    std::int64_t first_seen_us;
    std::int64_t last_seen_us;
    std::uint32_t statements; // that read or write a table
    std::uint16_t findings;   // of more than low confidence
    NamedBy named_by;
    char name[unit_kind_bytes];
    char padding[1];
};

struct UnitKindRecord {
    std::int64_t units;
    std::int64_t statements;
    std::int64_t findings;
    std::int64_t wall_ns;
    std::int64_t execution_ns;
    std::int64_t max_wall_ns;
    std::int64_t first_seen_us;
    std::int64_t last_seen_us;
    std::uint32_t max_statements;
    NamedBy named_by;
    char name[unit_kind_bytes];
    char padding[3];
    BasicHistogram<std::uint16_t> wall;              // of durations
    BasicHistogram<std::uint16_t, 12> of_statements; // of numbers of statements, each taken for so many microseconds
};
static_assert(std::is_trivially_copyable_v<UnitKindRecord> && std::is_standard_layout_v<UnitKindRecord>);

// What is kept of a unit with at least one statement when it ends, or as if it ended now. Judge it first.
[[nodiscard]] EndedUnit end_of_unit(const Unit &unit) noexcept;

// Adds one unit to its kind; an empty record becomes that kind's.
void add_unit(UnitKindRecord &record, const EndedUnit &unit) noexcept;

// The number of statements, or the duration, that the share q of the units does not exceed: within 11.8 %, numbers up
// to 7 exactly.
[[nodiscard]] std::int64_t statements_quantile(const UnitKindRecord &record, double q) noexcept;
[[nodiscard]] double wall_quantile_ns(const UnitKindRecord &record, double q) noexcept;

[[nodiscard]] const char *named_by_name(NamedBy named_by) noexcept;

} // namespace query_audit
