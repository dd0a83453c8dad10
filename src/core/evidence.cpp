#include "core/evidence.h"

#include <algorithm>

namespace query_audit {
namespace {

// Bounds on a run that nothing but time marks. A loop over rows at hand pauses for a round trip and a little work; it
// has an end; and what surrounds it is much longer than its own pauses. A stream of requests fails at least one.
constexpr std::int64_t brisk_pause_ns = 1'000'000;
constexpr std::int64_t unhurried_pause_ns = 15'000'000;
constexpr std::int64_t slow_pause_ns = 50'000'000;
constexpr std::int64_t least_pause_around_ns = 100'000'000;
constexpr std::uint32_t longest_bounded_run = 1000;
constexpr int usual_pauses_around = 20;
constexpr int longest_pauses_around = 4;
constexpr std::uint32_t many_repeats = 10;

// Between two executions of the series, and not only before each: a stream of requests pauses between its requests,
// wherever in them the series stands.
std::int64_t mean_idle_ns(const Tally &tally) noexcept {
    return tally.calls > 1 ? tally.idle_ns / (tally.calls - 1) : 0;
}

bool is_unbroken(const Series &series, const Tally &tally) noexcept { return series.run_calls >= tally.calls; }

// Whether a statement of this series is part of what repeats.
bool repeats_with(const Unit &unit, const Series &series, std::uint64_t key) noexcept {
    const Series *other = find_series(unit, key);
    return other != nullptr && 2 * std::uint64_t{other->calls} >= series.calls;
}

// What comes after the pause, or came before it, is not the same again.
bool is_set_apart(const Unit &unit, const Series &series, const Tally &tally, const UnitEnd &end) noexcept {
    return is_surrounded_by_quiet(unit, end, mean_idle_ns(tally), tally.max_idle_ns) &&
           !repeats_with(unit, series, end.next_key) && !repeats_with(unit, series, unit.previous_key);
}

// Nothing but time marks the run, and no parent explains it.
void judge_bare_run(const Unit &unit, const Series &series, const UnitEnd &end, SequenceEvidence &evidence) noexcept {
    const Tally &tally = *evidence.tally;
    evidence.confidence = Confidence::low;
    if (!end.ended) evidence.reasons |= reason_bit(Reason::still_running);
    const bool like_a_loop = is_unbroken(series, tally) && tally.calls <= longest_bounded_run &&
                             mean_idle_ns(tally) <= short_pause_ns && series.resets_at_last == tally.resets_at_first;
    if (!like_a_loop) {
        evidence.reasons |= reason_bit(Reason::looks_like_requests);
    } else if (is_set_apart(unit, series, tally, end)) {
        evidence.reasons |= reason_bit(Reason::set_apart);
        evidence.confidence = Confidence::medium;
    }
}

bool is_over(const Unit &unit, const Series &series, const UnitEnd &end) noexcept {
    return end.ended || end.run_over || unit.position > series.last_position + std::max(series.period, 1u);
}

// In a stream of requests any look-up passes, sooner or later, the number of rows that some list returned. A loop
// begins right after its list, keeps its period, and stops with the rows. Where the list was read in a loop itself, the
// rows of each list tell.
void judge_burst(const Unit &unit, const Series &series, const UnitEnd &end, SequenceEvidence &evidence) noexcept {
    const Tally &tally = *evidence.tally;
    const bool one_list = tally.parent.lists <= 1;
    if (evidence.explained == Explains::match && one_list && !is_over(unit, series, end)) {
        evidence.explained = Explains::bound;
        evidence.reasons |= reason_bit(Reason::still_running);
    }
    const bool follows =
        tally.first_position - tally.parent.position <= longest_period && (!one_list || is_unbroken(series, tally));
    const bool hurried = mean_idle_ns(tally) <= unhurried_pause_ns;
    // Two or three executions a row: a stream of requests passes twice and three times a number, too.
    const bool several_a_row = one_list && tally.calls > tally.parent.rows + 1;
    const bool slow = mean_idle_ns(tally) > slow_pause_ns; // as somebody who opens one row after the other
    if (evidence.explained == Explains::match && follows && !several_a_row && !slow) {
        evidence.confidence = hurried ? Confidence::high : Confidence::medium;
    } else if (evidence.explained == Explains::match && follows && hurried) {
        evidence.confidence = mean_idle_ns(tally) <= brisk_pause_ns ? Confidence::high : Confidence::medium;
    } else if (evidence.explained == Explains::bound && follows && hurried) {
        evidence.confidence = Confidence::medium;
    } else {
        judge_bare_run(unit, series, end, evidence);
    }
}

void judge_marked(const Series &series, SequenceEvidence &evidence) noexcept {
    const bool explained = evidence.explained == Explains::match || evidence.explained == Explains::bound;
    const bool long_run = evidence.tally->calls >= many_repeats && is_unbroken(series, *evidence.tally);
    evidence.confidence = explained || long_run ? Confidence::high : Confidence::medium;
}

// The values come from the parent's rows, one after the other. Where nothing but time holds the statements together,
// somebody may still open the rows of a list one by one.
bool is_fed_by_parent(const Series &series, const SequenceEvidence &evidence) noexcept {
    const Tally &tally = *evidence.tally;
    if (!series.lineage.proven || tally.parent.key != series.lineage.list) return false;
    if (evidence.mark != Mark::burst) return true;
    return is_unbroken(series, tally) && tally.first_position - tally.parent.position <= longest_period &&
           mean_idle_ns(tally) <= unhurried_pause_ns;
}

void prove(SequenceEvidence &evidence) noexcept {
    evidence.confidence = Confidence::proven;
    evidence.reasons &= ~(reason_bit(Reason::looks_like_requests) | reason_bit(Reason::set_apart));
    evidence.reasons |= reason_bit(Reason::parent_feeds_keys);
    if (evidence.explained != Explains::match) evidence.explained = Explains::bound;
}

} // namespace

bool is_surrounded_by_quiet(const Unit &unit, const UnitEnd &end, std::int64_t mean_pause_ns,
                            std::int64_t longest_pause_ns) noexcept {
    const std::int64_t around_ns = std::max(
        {least_pause_around_ns, usual_pauses_around * mean_pause_ns, longest_pauses_around * longest_pause_ns});
    return end.ended && end.pause_after_ns >= around_ns && unit.pause_before_ns >= around_ns;
}

bool is_loop_by_key(const StatementShape &shape, const Tally &tally, bool over) noexcept {
    const std::uint32_t distinct = tally.filters.estimate();
    const bool ranged = shape.has(shape_flag::ranged);
    if (distinct > (ranged ? most_ranges_of_a_dashboard : most_values_of_a_dashboard)) return true;
    if (explains(tally, over) != Explains::match) return false;
    // Twice or three times a row is chance where the values are few.
    const std::uint64_t rows = tally.parent.rows;
    return tally.parent.lists > 1 || distinct == rows || tally.calls == rows || tally.calls == rows + 1;
}

SequenceEvidence judge_repeats(const Unit &unit, const Series &series, const UnitEnd &end, Shows shows,
                               const int *thresholds, bool seeks_parent) noexcept {
    SequenceEvidence evidence{nullptr, Mark::burst, Confidence::none, 0, Explains::nothing};
    if (unit.mark != Mark::burst && shows(series.in_unit, thresholds)) {
        evidence.tally = &series.in_unit;
        evidence.mark = unit.mark;
    } else if (shows(series.in_transaction, thresholds)) {
        evidence.tally = &series.in_transaction;
        evidence.mark = Mark::transaction;
    } else if (shows(series.in_unit, thresholds)) {
        evidence.tally = &series.in_unit;
    } else {
        return evidence;
    }

    if (seeks_parent) evidence.explained = explains(*evidence.tally, end.ended);
    if (is_unbroken(series, *evidence.tally)) evidence.reasons |= reason_bit(Reason::unbroken_run);
    if (evidence.mark == Mark::burst) {
        judge_burst(unit, series, end, evidence);
    } else {
        judge_marked(series, evidence);
    }
    if (seeks_parent) {
        if (is_fed_by_parent(series, evidence)) prove(evidence);
        if (evidence.explained == Explains::match) evidence.reasons |= reason_bit(Reason::parent_rows_match);
        if (evidence.explained == Explains::bound) evidence.reasons |= reason_bit(Reason::parent_rows_bound);
        if (evidence.explained == Explains::nothing) evidence.reasons |= reason_bit(Reason::no_parent);
    }
    if (2 * evidence.tally->same_round_trip >= evidence.tally->calls) {
        evidence.reasons |= reason_bit(Reason::one_round_trip);
    }
    return evidence;
}

Severity severity_of(const SequenceEvidence &evidence, int critical_calls) noexcept {
    if ((evidence.reasons & reason_bit(Reason::one_round_trip)) != 0) return Severity::info;
    // A run that quiet alone sets apart may still be a busy client's requests.
    const bool only_set_apart = (evidence.reasons & reason_bit(Reason::set_apart)) != 0;
    const bool many = evidence.tally->calls >= static_cast<std::uint32_t>(critical_calls);
    return many && evidence.confidence > Confidence::low && !only_set_apart ? Severity::critical : Severity::warning;
}

void describe_series(UnitFinding &finding, const Series &series, const SequenceEvidence &evidence) noexcept {
    const Tally &tally = *evidence.tally;
    // The finding may hold what was seen of a shorter series.
    std::fill_n(finding.evidence, max_evidence, -1);
    std::fill_n(finding.related, max_related, 0);
    finding.confidence = evidence.confidence;
    finding.mark = evidence.mark;
    finding.reasons = evidence.reasons;
    finding.occurrences = 1;
    finding.calls = tally.calls;
    finding.rows = tally.rows;
    finding.execution_ns = tally.execution_ns;
    finding.wall_ns = tally.execution_ns + tally.pause_ns;
    finding.saved_ns = finding.wall_ns - finding.wall_ns / tally.calls;
    finding.first_seen_us = tally.first_seen_us;
    finding.last_seen_us = series.last_seen_us;
    const bool fed = (evidence.reasons & reason_bit(Reason::parent_feeds_keys)) != 0;
    finding.lineage = fed ? series.lineage.from : ColumnOrigin{};
    finding.lineage_key = fed ? series.lineage.key : 0;
}

} // namespace query_audit
