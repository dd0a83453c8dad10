// The body of a loop that writes: the statements that run once for each of its writes.
#pragma once

#include "core/unit.h"

namespace query_audit {

struct LoopBody {
    const Series *statements[max_related]; // in the loop's order, with the write itself
    int count;
    int aside_place;     // the statement before which the aside runs
    std::uint64_t aside; // what the text of a statement without a table is kept under, 0: none
    // One of them takes the next row of a queue, so that each round is a piece of work of its own.
    bool takes_from_queue;
};

// Remembers the statement if it is one that may be part of a loop's body although it reads no table.
void note_aside(Unit &unit, const StatementEvent &event) noexcept;

[[nodiscard]] inline const Tally &tally_of(const Series &series, bool in_transaction) noexcept {
    return in_transaction ? series.in_transaction : series.in_unit;
}

// The body of the loop that the write's tally counts, as far as the unit's history tells; at least the write.
[[nodiscard]] LoopBody find_loop_body(const Unit &unit, const Series &write, bool in_transaction) noexcept;

// Whether the other statement ran about as often as the write's loop went round, so not much elsewhere.
[[nodiscard]] bool runs_with(const Series &write, const Series &other, bool in_transaction) noexcept;

} // namespace query_audit
