#include "core/parent.h"

#include <algorithm>

#include "core/history.h"

namespace query_audit {
namespace {

constexpr std::uint32_t statements_looked_back = 24;
constexpr std::uint64_t most_calls_a_row = 3;
constexpr std::uint64_t least_children_of_a_fed_list = 3;
constexpr std::uint32_t least_matched_lists = 3;

Explains explains(std::uint64_t rows, std::uint64_t calls, std::uint64_t distinct) noexcept {
    if (rows == 0 || calls > most_calls_a_row * rows) return Explains::nothing;
    // One more is the same look-up for the page itself: the signed-in user among the authors.
    if (calls % rows == 0 || distinct == rows || calls == rows + 1) return Explains::match;
    return calls < rows ? Explains::bound : Explains::loosely;
}

// The parent's latest list is complete, for there is another.
void settle_list(Parent &parent) noexcept {
    const std::uint64_t rows = parent.list_rows;
    const std::uint64_t children = parent.children;
    if (rows < 2) {
        if (children > most_calls_a_row * rows) ++parent.unfed;
    } else if (parent.interrupted != 0) {
        ++parent.unfed;
    } else if (children >= rows && explains(rows, children, 0) == Explains::match) {
        ++parent.matched;
        parent.children_of_matched += parent.children;
    } else if (children >= least_children_of_a_fed_list && 2 * children >= rows &&
               children <= most_calls_a_row * rows) {
        ++parent.fed;
    } else {
        ++parent.unfed;
    }
}

Explains explained_by_lists(Parent parent, std::uint64_t calls, bool over) noexcept {
    // The latest may go on; it says something once all its rows have had their child.
    const bool complete = over || parent.children >= parent.list_rows;
    if (complete) settle_list(parent);
    const std::uint64_t all = std::uint64_t{parent.matched} + parent.fed + parent.unfed;
    if (all == 0) return Explains::loosely;
    if (4 * std::uint64_t{parent.matched} >= 3 * all) {
        return complete || parent.matched > 1 ? Explains::match : Explains::bound; // one alone may be chance
    }
    // The same list is also read where nothing loops over it; the loops are whole none the less.
    if (parent.matched >= least_matched_lists && 4 * std::uint64_t{parent.children_of_matched} >= 3 * calls) {
        return Explains::match;
    }
    return 4 * (std::uint64_t{parent.matched} + parent.fed) >= 3 * all ? Explains::bound : Explains::loosely;
}

// Brings the parent up to date with its series. Where that was forgotten meanwhile, the parent stays as it was.
void update_parent(const Series *lists, Parent &parent) noexcept {
    if (lists == nullptr || lists->calls < parent.lists_earlier + parent.lists) return;
    const std::uint32_t more = lists->calls - parent.lists_earlier - parent.lists;
    if (more > 0) {
        settle_list(parent);
        parent.children = 0;
        parent.interrupted = 0;
    }
    const std::uint64_t rows = lists->rows - parent.rows_earlier;
    // Lists that were not followed by any child.
    if (more > 1 && rows - parent.rows - lists->last_rows >= 2) parent.unfed += more - 1;
    parent.lists += more;
    parent.rows = rows;
    parent.list_rows = lists->last_rows;
}

// A list that is read more rarely than the child is no part of the loop's body: what comes after it is another's.
bool is_list_outside(const Unit &unit, const HistoryEntry &entry, const Series &child) noexcept {
    if (entry.kind != StatementKind::select || entry.rows < 2) return false;
    const Series *list = find_series(unit, entry.key);
    return list == nullptr || 2 * list->calls < child.calls;
}

// The parent, if the statement at this position is one, from there on.
Parent parent_from(const Unit &unit, const HistoryEntry &entry, const Series &child) noexcept {
    bool another_list = false;
    Parent parent{};
    parent.key = entry.key;
    parent.fingerprint = entry.fingerprint;
    parent.position = entry.position;
    for (std::uint32_t position = entry.position; position <= unit.position; ++position) {
        const HistoryEntry *other = history_at(unit, position);
        if (other == nullptr || (other->event_flags & event_flag::failed) != 0) continue;
        if (other->key == entry.key) {
            if (parent.lists > 0) settle_list(parent);
            ++parent.lists;
            parent.rows += other->rows;
            parent.list_rows = other->rows;
            parent.children = 0;
            parent.interrupted = 0;
            another_list = false;
        } else if (other->key == child.key) {
            if (another_list && parent.children > 0) parent.interrupted = 1;
            ++parent.children;
            another_list = false;
        } else {
            another_list = another_list || is_list_outside(unit, *other, child);
        }
    }
    if (const Series *series = find_series(unit, entry.key)) {
        parent.lists_earlier = series->calls - std::min(series->calls, parent.lists);
        parent.rows_earlier = series->rows - std::min(series->rows, parent.rows);
    }
    return parent;
}

// The first page of a list may be written in another way than the ones after it, without OFFSET.
bool are_pages_of_one_list(const HistoryEntry &entry, const StatementShape &shape) noexcept {
    return entry.filter_identity != 0 && entry.filter_identity == shape.filter_identity &&
           entry.relation == shape.relation && (entry.shape_flags & shape.flags & shape_flag::page) != 0;
}

// A list is what a loop runs over: it returned several rows at once. A statement that ran about as often as the series
// is its sibling in a loop's body (or in every request), not its parent.
bool may_be_parent(const Unit &unit, const HistoryEntry &entry, const Series &child) noexcept {
    if (entry.kind != StatementKind::select || entry.key == child.key) return false;
    if ((entry.event_flags & event_flag::failed) != 0 || are_pages_of_one_list(entry, child.shape)) return false;
    const Series *series = find_series(unit, entry.key);
    return (series != nullptr ? series->rows_max : entry.rows) >= 2;
}

// The list whose rows were seen to hold the series' keys.
void adopt_proven_parent(const Unit &unit, const Series &series, Tally &tally) noexcept {
    const HistoryEntry *entry = history_at(unit, series.lineage.position);
    if (entry != nullptr && entry->key == series.lineage.list) tally.parent = parent_from(unit, *entry, series);
}

void seek_parent(Unit &unit, Series &series, Tally &tally) noexcept {
    if (series.lineage.proven && tally.parent.key != series.lineage.list) adopt_proven_parent(unit, series, tally);
    if (tally.parent.key != 0) {
        update_parent(find_series(unit, tally.parent.key), tally.parent);
        return;
    }
    const std::uint32_t first = tally.first_position;
    for (std::uint32_t back = 1; back <= statements_looked_back && back < first; ++back) {
        const HistoryEntry *entry = history_at(unit, first - back);
        if (entry == nullptr) return; // forgotten, and so is all before it
        if (!may_be_parent(unit, *entry, series)) continue;
        const Parent parent = parent_from(unit, *entry, series);
        if (parent.lists > 1 && tally.calls < parent.lists * 3 / 2) continue;
        if (explains(parent.rows, tally.calls, tally.filters.estimate()) == Explains::nothing) continue;
        tally.parent = parent;
        return;
    }
}

} // namespace

void seek_parents(Unit &unit, Series &series) noexcept {
    if (series.in_unit.calls > 0) seek_parent(unit, series, series.in_unit);
    if (series.in_transaction.calls > 0) seek_parent(unit, series, series.in_transaction);
}

void count_children(const Unit &unit, const Series &series, Tally &tally, std::uint32_t executions,
                    std::uint32_t distance) noexcept {
    Parent &parent = tally.parent;
    update_parent(find_series(unit, parent.key), parent);
    for (std::uint32_t back = 1; parent.children > 0 && back < std::min(distance, statements_looked_back); ++back) {
        const HistoryEntry &entry = unit.history[(series.last_position - back) % history_length];
        if (is_list_outside(unit, entry, series)) parent.interrupted = 1;
    }
    parent.children += executions;
}

Explains explains(const Tally &series, bool over) noexcept {
    const Parent &parent = series.parent;
    if (parent.key == 0) return Explains::nothing;
    const Explains by_sums = explains(parent.rows, series.calls, series.filters.estimate());
    if (parent.lists <= 1 || by_sums == Explains::nothing) return by_sums;
    // A loop over the rows of a list meets another value in each row; one value a list is the request's own.
    if (series.filters.estimate() <= parent.lists) return Explains::nothing;
    return explained_by_lists(parent, series.calls, over);
}

void write_chain(const Unit &unit, const Tally &series, bool in_transaction,
                 std::uint64_t (&chain)[max_related]) noexcept {
    std::uint64_t inner_to_outer[max_related] = {};
    int length = 0;
    const Tally *tally = &series;
    while (length < max_related && tally != nullptr && tally->parent.key != 0) {
        inner_to_outer[length++] = tally->parent.fingerprint;
        const Series *parent = find_series(unit, tally->parent.key);
        if (parent == nullptr) break;
        tally = in_transaction && parent->in_transaction.calls > 0 ? &parent->in_transaction : &parent->in_unit;
        // A parent that ran once was in no loop itself.
        if (tally->calls < 2 || explains(*tally) == Explains::nothing) break;
    }
    for (int i = 0; i < max_related; ++i) chain[i] = i < length ? inner_to_outer[length - 1 - i] : 0;
}

} // namespace query_audit
