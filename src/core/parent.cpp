#include "core/parent.h"

#include <algorithm>

namespace query_audit {
namespace {

constexpr std::uint32_t statements_looked_back = 24;
constexpr std::uint64_t most_calls_a_row = 3;

struct Executions {
    std::uint64_t rows;
    std::uint32_t calls;
};

// What a candidate returned in the same unit or, for a tally of one transaction, since that transaction began.
Executions executions_of(const Unit &unit, std::uint64_t key, const Executions &remembered, const Series &child,
                         bool in_transaction) noexcept {
    const Series *series = find_series(unit, key);
    if (series == nullptr) return remembered;
    if (!in_transaction) {
        // One that ran inside a transaction of its own is in no tally of the burst.
        return series->in_unit.calls > 0 ? Executions{series->in_unit.rows, series->in_unit.calls} : remembered;
    }
    const bool same = series->transaction == child.transaction && series->in_transaction.calls > 0;
    return same ? Executions{series->in_transaction.rows, series->in_transaction.calls} : remembered;
}

Explains explains(std::uint64_t rows, std::uint32_t calls, std::uint32_t distinct) noexcept {
    if (rows == 0) return Explains::nothing;
    if (calls == rows || calls == 2 * rows || calls == 3 * rows || distinct == rows) return Explains::match;
    if (calls < rows) return Explains::bound;
    return calls <= most_calls_a_row * rows ? Explains::loosely : Explains::nothing;
}

// A list is what a loop runs over: it returned several rows at once. A statement that ran about as often as the series
// is its sibling in a loop's body (or in every request), not its parent.
bool may_be_parent(const Unit &unit, const HistoryEntry &entry, std::uint64_t child_key, const Executions &done,
                   const Tally &tally) noexcept {
    if (entry.kind != StatementKind::select || entry.key == child_key) return false;
    if ((entry.event_flags & event_flag::failed) != 0) return false;
    const Series *series = find_series(unit, entry.key);
    const std::uint64_t rows_at_once = series != nullptr ? series->rows_max : entry.rows;
    if (rows_at_once < 2) return false;
    return done.calls == 1 || tally.calls >= done.calls * 3 / 2;
}

void seek_parent(Unit &unit, Series &series, Tally &tally, bool in_transaction) noexcept {
    const std::uint64_t child_key = series_key(series.shape);
    if (Parent &parent = tally.parent; parent.key != 0) {
        const Executions done =
            executions_of(unit, parent.key, Executions{parent.rows, parent.calls}, series, in_transaction);
        parent.rows = std::max(parent.rows, done.rows);
        parent.calls = std::max(parent.calls, done.calls);
        return;
    }
    const std::uint32_t first = tally.first_position;
    for (std::uint32_t back = 1; back <= statements_looked_back && back < first; ++back) {
        const std::uint32_t position = first - back;
        const HistoryEntry &entry = unit.history[position % history_length];
        if (entry.position != position) return; // forgotten, and so is all before it
        const Executions done = executions_of(unit, entry.key, Executions{entry.rows, 1}, series, in_transaction);
        if (!may_be_parent(unit, entry, child_key, done, tally)) continue;
        if (explains(done.rows, tally.calls, tally.filters.estimate()) == Explains::nothing) continue;
        tally.parent = Parent{entry.key, entry.fingerprint, done.rows, done.calls, position};
        return;
    }
}

} // namespace

void seek_parents(Unit &unit, Series &series) noexcept {
    seek_parent(unit, series, series.in_unit, false);
    if (series.in_transaction.calls > 0) seek_parent(unit, series, series.in_transaction, true);
}

Explains explains(const Tally &series) noexcept {
    if (series.parent.key == 0) return Explains::nothing;
    // A loop over the rows of a list meets another value in each row; one value a list is the request's own.
    if (series.parent.calls > 1 && series.filters.estimate() <= series.parent.calls) return Explains::nothing;
    return explains(series.parent.rows, series.calls, series.filters.estimate());
}

void write_chain(const Unit &unit, const Tally &series, bool in_transaction,
                 std::uint64_t (&chain)[max_chain]) noexcept {
    std::uint64_t inner_to_outer[max_chain] = {};
    int length = 0;
    const Tally *tally = &series;
    while (length < max_chain && tally != nullptr && tally->parent.key != 0) {
        inner_to_outer[length++] = tally->parent.fingerprint;
        const Series *parent = find_series(unit, tally->parent.key);
        if (parent == nullptr) break;
        tally = in_transaction && parent->in_transaction.calls > 0 ? &parent->in_transaction : &parent->in_unit;
        // A parent that ran once was in no loop itself.
        if (tally->calls < 2 || explains(*tally) == Explains::nothing) break;
    }
    for (int i = 0; i < max_chain; ++i) chain[i] = i < length ? inner_to_outer[length - 1 - i] : 0;
}

} // namespace query_audit
