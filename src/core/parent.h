// The parent of a series: the statement before it whose rows explain how often it ran.
#pragma once

#include "core/unit.h"

namespace query_audit {

// How well a parent's rows explain the length of a series.
enum class Explains : std::uint8_t {
    nothing,
    loosely, // up to three executions a row
    bound,   // fewer executions than rows: a loop that still runs, stopped early, or skipped what it knew
    match,   // as many executions, or different values, as rows (or two or three executions a row)
};

// Looks for the parents of both of the series' tallies among the statements before it, and brings those already found
// up to date.
void seek_parents(Unit &unit, Series &series) noexcept;

// Says that the tally's series ran so many times more, `distance` statements after it ran before. REQUIRES: the tally's
// parent is known.
void count_children(const Unit &unit, const Series &series, Tally &tally, std::uint32_t executions,
                    std::uint32_t distance) noexcept;

// Where the parent ran several times, each list must have had its own children: that sums agree may be chance. over:
// the latest list will have no more of them.
[[nodiscard]] Explains explains(const Tally &series, bool over = false) noexcept;

// Writes the fingerprints of the parent's ancestors and the parent itself, outermost first, 0 after the last.
void write_chain(const Unit &unit, const Tally &series, bool in_transaction,
                 std::uint64_t (&chain)[max_related]) noexcept;

} // namespace query_audit
