// What an execution would cost when its tables have 10 and 100 times the rows: an estimate from the shape of its plan.
//
// It says how the time grows, not what else changes on the way: a larger table may no longer fit the memory, and
// another plan may be chosen.
#pragma once

#include <cstdint>

namespace query_audit {

// How the time grows with the rows, n.
enum class Growth : std::uint8_t {
    none,         // nothing is said
    constant,     // reads as many rows however many there are
    logarithmic,  // an index's descent
    linear,       // reads them all
    linearithmic, // n log n: sorts them all
    quadratic,    // reads them all for each of them
};

// What a rule says of a finding: how it grows, and from how many rows on. rows: those of one execution.
struct Scaling {
    Growth growth;
    std::int64_t rows;
};

// Nanoseconds at `factor` times the rows of an execution that took `ns`; the largest number where it is more, 0 for
// Growth::none. REQUIRES: factor >= 1.
[[nodiscard]] std::int64_t projected_ns(const Scaling &scaling, std::int64_t ns, int factor) noexcept;

// "n log n", ...; empty for Growth::none.
[[nodiscard]] const char *growth_name(Growth growth) noexcept;

} // namespace query_audit
