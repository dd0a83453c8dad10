#include "core/unit.h"

#include <algorithm>
#include <bit>

#include "core/hash.h"
#include "core/history.h"
#include "core/judge.h"
#include "core/loop_body.h"
#include "core/parent.h"
#include "core/rules/rule.h"

namespace query_audit {
namespace {

constexpr std::uint32_t first_checkpoint = 2; // the smallest length any rule's threshold may be set to
constexpr std::int64_t gap_in_usual_pauses = 10;
constexpr std::int64_t nanoseconds_a_millisecond = 1'000'000;

// Series are judged often while they are short and ever more rarely as they grow, so that a long loop costs little.
bool is_checkpoint(std::uint32_t calls) noexcept {
    return calls <= 16 ? calls >= first_checkpoint : (calls & (calls - 1)) == 0;
}

int place_of_series(const Unit &unit, std::uint64_t key) noexcept {
    const int guess = unit.series_index[key & 63];
    if (guess < unit.series_count && unit.series[guess].key == key) [[likely]]
        return guess;
    for (int i = 0; i < unit.series_count; ++i) {
        if (unit.series[i].key == key) return i;
    }
    return -1;
}

void judge_series(Unit &unit, Series &series, const UnitEnd &end, const Settings &settings) noexcept {
    seek_parents(unit, series);
    for (int r = 0; r < rule_count(); ++r) {
        if (rule(r).on_series == nullptr || !settings.enabled(r)) continue;
        rule(r).on_series(SeriesContext{unit, series, end, settings, r, settings.thresholds[r]});
    }
}

// Most statements are neither measured nor an aggregate, a page or a look-up by a list, and no rule asks for those
// alone.
constexpr std::uint32_t always_judged =
    shape_flag::count | shape_flag::aggregate | shape_flag::page | shape_flag::key_list;

bool concerns_a_rule(const Unit &unit, const StatementEvent &event) noexcept {
    return event.is(event_flag::noteworthy) || (event.shape->flags & unit.judged_flags) != 0;
}

// A place for a new series: a free one, or that of the least frequent and least recent.
int claim_series(Unit &unit, const Settings &settings) noexcept {
    if (unit.series_count < max_series) return unit.series_count++;
    int victim = 0;
    for (int i = 1; i < max_series; ++i) {
        const Series &a = unit.series[i];
        const Series &b = unit.series[victim];
        if (a.calls < b.calls || (a.calls == b.calls && a.last_position < b.last_position)) victim = i;
    }
    if (unit.series[victim].calls > 1) judge_series(unit, unit.series[victim], UnitEnd{}, settings);
    return victim;
}

void note_write(Unit &unit, std::uint64_t relation_mask, std::uint32_t position) noexcept {
    unit.last_write = position;
    for (std::uint64_t mask = relation_mask; mask != 0; mask &= mask - 1) {
        unit.written_at[std::countr_zero(mask)] = position;
    }
}

bool written_since(const Unit &unit, std::uint64_t relation_mask, std::uint32_t position) noexcept {
    if (unit.last_write <= position) [[likely]]
        return false;
    for (std::uint64_t mask = relation_mask; mask != 0; mask &= mask - 1) {
        if (unit.written_at[std::countr_zero(mask)] > position) return true;
    }
    return false;
}

void add_to_tally(Tally &tally, const StatementEvent &event, std::uint32_t position, std::int64_t pause_ns,
                  std::int64_t idle_ns, std::uint32_t resets) noexcept {
    if (tally.calls == 0) [[unlikely]] {
        tally.first_position = position;
        tally.first_seen_us = event.statement_time_us;
        tally.first_pause_ns = pause_ns;
        tally.first_idle_ns = idle_ns;
        tally.resets_at_first = resets;
    } else {
        tally.pause_ns += pause_ns;
        tally.max_pause_ns = std::max(tally.max_pause_ns, pause_ns);
        tally.idle_ns += idle_ns;
        tally.max_idle_ns = std::max(tally.max_idle_ns, idle_ns);
        if (event.is(event_flag::same_round_trip)) [[unlikely]]
            ++tally.same_round_trip;
    }
    ++tally.calls;
    tally.rows += event.rows;
    tally.execution_ns += event.execution_ns;
    tally.filters.add(event.key_hash);
    tally.repeats.add(event.parameters_hash);
}

void count_write(Series &series, Tally &tally, const StatementEvent &event) noexcept {
    if (tally.calls == 1 || series.written_in != event.transaction) ++tally.transactions;
    if (event.rows > 1) ++tally.several_rows;
    series.written_in = event.transaction;
}

// Whether the loop that the tally counts is complete and the statement just before is a list that may feed the next
// one. REQUIRES: the tally has a parent.
bool begins_another_loop(const Unit &unit, const Series &series, const Tally &tally) noexcept {
    if (tally.calls < first_checkpoint || tally.parent.rows == 0 || tally.calls % tally.parent.rows != 0) return false;
    const HistoryEntry *before = history_at(unit, unit.position - 1);
    return before != nullptr && before->kind == StatementKind::select && before->rows >= 2 &&
           before->key != tally.parent.key && before->key != series.key;
}

// A loop in a burst is judged as soon as its look-up runs again outside of it: with what comes now the number of its
// executions would explain nothing any more.
void close_completed_loop(Unit &unit, Series &series, std::uint32_t distance, const Settings &settings) noexcept {
    Tally &tally = series.in_unit;
    if (unit.mark != Mark::burst || distance == series.period || tally.parent.lists != 1) [[likely]]
        return;
    const Series *list = find_series(unit, tally.parent.key);
    const bool list_ran_again = list != nullptr && list->last_position > series.last_position;
    if (list_ran_again || tally.filters.estimate() < 2 || explains(tally) != Explains::match) return;
    judge_series(unit, series, UnitEnd{.run_over = true}, settings);
    tally = Tally{};
    series.lineage = Lineage{};
}

// Counts an execution of the series. A function of its own, so that the series' place is worked out once.
[[gnu::hot, gnu::noinline]] void count_execution(Unit &unit, Series &series, const StatementEvent &event,
                                                 std::int64_t pause_ns, const Settings &settings) noexcept {
    const bool is_new = series.calls == 0;
    // To read again what was written since is no repetition.
    if (!is_new && written_since(unit, event.shape->relation_mask, series.last_position)) [[unlikely]] {
        series.in_unit.repeats = Repeats{};
        series.in_transaction.repeats = Repeats{};
    }
    const std::uint32_t distance = is_new ? 0 : unit.position - series.last_position;
    if (!is_new) close_completed_loop(unit, series, distance, settings);
    if (distance > 0 && distance <= longest_period && (series.period == distance || series.run_calls == 1)) {
        ++series.run_calls;
    } else {
        series.run_calls = 1;
    }
    series.period = distance <= longest_period ? distance : 0;

    ++series.calls;
    series.rows += event.rows;
    series.execution_ns += event.execution_ns;
    series.rows_max = std::max(series.rows_max, event.rows);
    series.last_rows = event.rows;
    series.last_position = unit.position;
    series.last_seen_us = event.statement_time_us;

    // In a unit with a mark of its own, transactions make no difference.
    const bool in_transaction = unit.mark == Mark::burst && event.is(event_flag::explicit_transaction);
    if (in_transaction && series.transaction != event.transaction) {
        series.transaction = event.transaction;
        series.in_transaction = Tally{};
        if (!series.lineage.proven) series.lineage = Lineage{};
    }
    Tally &tally = in_transaction ? series.in_transaction : series.in_unit;
    if (tally.parent.key != 0 && begins_another_loop(unit, series, tally)) [[unlikely]] {
        judge_series(unit, series, UnitEnd{}, settings);
        tally = Tally{};
    }
    add_to_tally(tally, event, unit.position, pause_ns, unit.idle_ns - series.idle_at_last_ns, unit.resets);
    if (event.keys != nullptr) [[unlikely]]
        follow_keys(unit, series.lineage, *event.keys);
    if (event.shape->kind != StatementKind::select) count_write(series, tally, event);
    series.resets_at_last = unit.resets;
    series.idle_at_last_ns = unit.idle_ns;
    if (tally.parent.key != 0) [[unlikely]]
        count_children(unit, series, tally, 1, distance);
    if (is_checkpoint(tally.calls)) [[unlikely]]
        judge_series(unit, series, UnitEnd{}, settings);
}

[[gnu::noinline]] Series &new_series(Unit &unit, const StatementEvent &event, const Settings &settings) noexcept {
    const int place = claim_series(unit, settings);
    Series &series = unit.series[place];
    series = Series{};
    series.key = event.series;
    series.shape = *event.shape;
    series.query_id = event.query_id;
    unit.series_index[series.key & 63] = static_cast<std::uint8_t>(place);
    return series;
}

// Adds the execution to its series; says whether it is the unit's first of it.
bool add_to_series(Unit &unit, const StatementEvent &event, std::int64_t pause_ns, const Settings &settings) noexcept {
    const int place = place_of_series(unit, event.series);
    Series &series = place >= 0 ? unit.series[place] : new_series(unit, event, settings);
    count_execution(unit, series, event, pause_ns, settings);
    return place < 0;
}

// What a shape and an event have in common with their entry in the history stands in one order in both.
constexpr std::size_t shape_bytes = offsetof(StatementShape, relations);
constexpr std::size_t shape_start = offsetof(HistoryEntry, fingerprint);
static_assert(shape_start + shape_bytes == offsetof(HistoryEntry, filter_hash));
static_assert(offsetof(StatementShape, filter_identity) == offsetof(HistoryEntry, filter_identity) - shape_start);
static_assert(offsetof(StatementShape, flags) == offsetof(HistoryEntry, shape_flags) - shape_start);
static_assert(offsetof(StatementShape, relation) == offsetof(HistoryEntry, relation) - shape_start);
constexpr std::size_t common_start = offsetof(StatementEvent, filter_hash);
constexpr std::size_t common_bytes = offsetof(StatementEvent, start_ns) - common_start;
constexpr std::size_t entry_start = offsetof(HistoryEntry, filter_hash);
static_assert(entry_start + common_bytes == offsetof(HistoryEntry, position));
static_assert(offsetof(StatementEvent, limit) - common_start == offsetof(HistoryEntry, limit) - entry_start);
static_assert(offsetof(StatementEvent, rows) - common_start == offsetof(HistoryEntry, rows) - entry_start);
static_assert(offsetof(StatementEvent, flags) - common_start == offsetof(HistoryEntry, event_flags) - entry_start);

[[gnu::always_inline]] inline void fill_history(Unit &unit, const StatementEvent &event,
                                                std::uint32_t position) noexcept {
    const StatementShape &shape = *event.shape;
    HistoryEntry &entry = unit.history[position % history_length];
    std::memcpy(reinterpret_cast<char *>(&entry) + shape_start, &shape, shape_bytes);
    std::memcpy(reinterpret_cast<char *>(&entry) + entry_start, reinterpret_cast<const char *>(&event) + common_start,
                common_bytes);
    entry.key = event.series;
    entry.rows_read = 0;
    if (event.facts != nullptr) [[unlikely]]
        entry.rows_read = event.facts->rows_read;
    entry.position = position;
    entry.kind = shape.kind;
    entry.paired = false;
}

} // namespace

bool takes_part_in_sequences(const StatementEvent &event) noexcept {
    const StatementShape &shape = *event.shape;
    constexpr std::uint32_t deciding = shape_flag::relation | shape_flag::catalog_only;
    return (shape.flags & deciding) == shape_flag::relation &&
           (event.flags & (event_flag::nested | event_flag::maintenance)) == 0;
}

std::uint64_t series_key(const StatementShape &shape) noexcept {
    // IN with one element and IN with many share a fingerprint, and only one of the two is a batch.
    return shape.fingerprint ^ hash_mix(shape.relations) ^ (shape.flags & shape_flag::batch);
}

void begin_unit(Unit &unit, Mark mark, const ClientIdentity &client) noexcept {
    const std::uint64_t number = unit.number + 1;
    std::memset(static_cast<void *>(&unit), 0, offsetof(Unit, series));
    for (KeptSample &sample : unit.samples) sample.serial = 0;
    unit.number = number;
    unit.mark = mark;
    unit.client = client;
    unit.judged_flags = always_judged;
}

std::int64_t burst_gap_ns(const Unit &unit, const Settings &settings) noexcept {
    const std::int64_t floor_ns = settings.burst_gap_min_ms * nanoseconds_a_millisecond;
    const std::int64_t ceiling_ns = settings.burst_gap_max_ms * nanoseconds_a_millisecond;
    const std::int64_t usual_ns = unit.pauses > 0 ? unit.pause_ns / unit.pauses : 0;
    return std::clamp(gap_in_usual_pauses * usual_ns, floor_ns, std::max(floor_ns, ceiling_ns));
}

bool unit_continues(const Unit &unit, const Settings &settings, std::int64_t start_ns,
                    std::uint32_t transaction) noexcept {
    if (unit.number == 0) [[unlikely]]
        return false;
    if (unit.mark != Mark::burst) [[unlikely]]
        return true;
    if (unit.transaction_open && unit.transaction == transaction) return true;
    const std::int64_t pause_ns = start_ns - unit.last_ns;
    // No gap is shorter than the least.
    if (pause_ns <= settings.burst_gap_min_ms * nanoseconds_a_millisecond) [[likely]]
        return true;
    return pause_ns <= burst_gap_ns(unit, settings);
}

Added add_statement(Unit &unit, const StatementEvent &event, const Settings &settings) noexcept {
    const std::int64_t pause_ns = unit.position > 0 ? std::max<std::int64_t>(0, event.start_ns - unit.last_ns) : 0;
    if (unit.position == 0) [[unlikely]] {
        unit.first_seen_us = event.statement_time_us;
        unit.first_ns = event.start_ns;
    } else if (!(unit.transaction_open && unit.transaction == event.transaction)) {
        ++unit.pauses;
        unit.pause_ns += pause_ns;
    }
    unit.idle_ns += pause_ns;
    ++unit.position;
    unit.last_ns = std::max(unit.last_ns, event.end_ns);
    unit.last_seen_us = event.statement_time_us;
    if (unit.transaction != event.transaction) unit.transaction_statements = 0;
    ++unit.transaction_statements;
    unit.transaction = event.transaction;
    unit.transaction_open = event.is(event_flag::explicit_transaction);

    bool new_series = false;
    fill_history(unit, event, unit.position);
    if (!event.is(event_flag::failed)) [[likely]]
        new_series = add_to_series(unit, event, pause_ns, settings);
    // Not sooner: the rows of a look-up hold the very key that it asked for.
    if (event.sample != nullptr) [[unlikely]]
        keep_sample(unit, event, unit.position);
    if (event.shape->kind != StatementKind::select) note_write(unit, event.shape->relation_mask, unit.position);
    if (concerns_a_rule(unit, event)) [[unlikely]]
        judge_statement(unit, event, unit.position, settings);
    return {unit.position, new_series};
}

void finish_statement(Unit &unit, std::uint32_t position, const StatementEvent &event,
                      const Settings &settings) noexcept {
    const HistoryEntry *entry = history_at(unit, position);
    if (entry == nullptr) return;
    const std::uint64_t more_rows = event.rows > entry->rows ? event.rows - entry->rows : 0;
    const std::int64_t more_ns = std::max<std::int64_t>(0, event.execution_ns - entry->execution_ns);
    if (const int place = place_of_series(unit, entry->key); place >= 0) {
        Series &series = unit.series[place];
        Tally &tally = series.in_transaction.calls > 0 ? series.in_transaction : series.in_unit;
        series.rows_max = std::max(series.rows_max, event.rows);
        if (series.last_position == position) series.last_rows = event.rows;
        series.rows += more_rows;
        series.execution_ns += more_ns;
        tally.rows += more_rows;
        tally.execution_ns += more_ns;
    }
    fill_history(unit, event, position);
    unit.last_ns = std::max(unit.last_ns, event.end_ns);
    if (!event.is(event_flag::in_progress) && concerns_a_rule(unit, event))
        judge_statement(unit, event, position, settings);
}

void note_other_write(Unit &unit, std::uint64_t relation_mask) noexcept {
    note_write(unit, relation_mask, unit.position + 1);
}

void add_execution(Unit &unit, const StatementEvent &event, const Settings &settings) noexcept {
    if (!event.is(event_flag::maintenance)) judge_statement(unit, event, 0, settings);
}

void end_transaction(Unit &unit, std::uint32_t transaction, bool failed, const Settings &settings) noexcept {
    if (unit.transaction != transaction || !unit.transaction_open) return;
    const bool tiny = unit.transaction_statements <= tiny_transaction;
    unit.transaction_open = false;
    // All are judged before any is emptied: a child's parent is another of them.
    for (int i = 0; i < unit.series_count; ++i) {
        Series &series = unit.series[i];
        if (series.transaction != transaction || series.in_transaction.calls < first_checkpoint) continue;
        judge_series(unit, series, UnitEnd{}, settings);
    }
    for (int i = 0; i < unit.series_count; ++i) {
        Series &series = unit.series[i];
        if (series.transaction != transaction || series.in_transaction.calls == 0) continue;
        if (tiny && !failed) {
            if (series.in_unit.calls > 0) count_children(unit, series, series.in_unit, series.in_transaction.calls, 0);
            series.in_unit.add_all(series.in_transaction);
        }
        series.in_transaction = Tally{};
        if (tiny && !failed && is_checkpoint(series.in_unit.calls)) judge_series(unit, series, UnitEnd{}, settings);
    }
}

void evaluate_unit(Unit &unit, const UnitEnd &end, const Settings &settings) noexcept {
    for (int i = 0; i < unit.series_count; ++i) {
        Series &series = unit.series[i];
        if (std::max(series.in_unit.calls, series.in_transaction.calls) < first_checkpoint) continue;
        judge_series(unit, series, end, settings);
    }
    if (unit.finding_count == 0) return;
    for (int r = 0; r < rule_count(); ++r) {
        if (rule(r).on_unit == nullptr || !settings.enabled(r)) continue;
        rule(r).on_unit(UnitContext{unit, end, settings, r, settings.thresholds[r]});
    }
}

const Series *find_series(const Unit &unit, std::uint64_t key) noexcept {
    const int place = place_of_series(unit, key);
    return place >= 0 ? &unit.series[place] : nullptr;
}

} // namespace query_audit
