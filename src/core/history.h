// Reading the history of a unit: what rules about statements that belong together ask of it.
#pragma once

#include <algorithm>
#include <bit>

#include "core/unit.h"

namespace query_audit {

// The oldest position that may still be remembered.
[[nodiscard]] inline std::uint32_t oldest_position(const Unit &unit) noexcept {
    return unit.position >= history_length ? unit.position - history_length + 1 : 1;
}

// Null where it is forgotten or no position of this unit: what stands there may be of an earlier one.
// The unit may be const, and then the entry is.
template <typename SomeUnit> [[nodiscard]] auto *history_at(SomeUnit &unit, std::uint32_t position) noexcept {
    auto &entry = unit.history[position % history_length];
    return entry.position == position && position - 1 < unit.position ? &entry : nullptr;
}

[[nodiscard]] inline bool same_filter(const HistoryEntry &a, const HistoryEntry &b) noexcept {
    return a.filter_identity != 0 && a.filter_identity == b.filter_identity && a.filter_hash == b.filter_hash;
}

// What holds two statements of the unit together.
[[nodiscard]] inline Mark mark_of(const Unit &unit, const HistoryEntry &a, const HistoryEntry &b) noexcept {
    const bool same_transaction = unit.mark != Mark::trace && a.transaction == b.transaction &&
                                  (a.event_flags & event_flag::explicit_transaction) != 0;
    return same_transaction ? Mark::transaction : unit.mark;
}

// Whether the entry's explicit transaction holds more statements than one that counts as autocommit.
[[nodiscard]] inline bool is_in_large_transaction(const Unit &unit, const HistoryEntry &entry) noexcept {
    if ((entry.event_flags & event_flag::explicit_transaction) == 0) return false;
    std::uint32_t statements = 0;
    for (std::uint32_t position = oldest_position(unit); position <= unit.position; ++position) {
        if (unit.history[position % history_length].transaction == entry.transaction) ++statements;
    }
    return statements > tiny_transaction;
}

// Whether two statements may be of one request. In a burst a larger transaction is taken for a request of its own.
[[nodiscard]] inline bool may_be_of_one_request(const Unit &unit, const HistoryEntry &a,
                                                const HistoryEntry &b) noexcept {
    if (unit.mark != Mark::burst || a.transaction == b.transaction) return true;
    return !is_in_large_transaction(unit, a) && !is_in_large_transaction(unit, b);
}

// The position of the last write to any of these relations; 0 without one.
[[nodiscard]] inline std::uint32_t last_write(const Unit &unit, std::uint64_t relation_mask) noexcept {
    std::uint32_t last = 0;
    for (std::uint64_t mask = relation_mask; mask != 0; mask &= mask - 1) {
        last = std::max(last, unit.written_at[std::countr_zero(mask)]);
    }
    return last;
}

} // namespace query_audit
