#include <algorithm>

#include "core/evidence.h"
#include "core/history.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_aggregates = 0 };
enum { aggregates, different_statements, longest_us, mean_pause_us };

// Aggregates of one table with different filters, close together; newest first.
struct Storm {
    const HistoryEntry *member[history_length];
    int count = 0;
    bool unbounded = false; // it may reach further back than the history does

    [[nodiscard]] const HistoryEntry &first() const noexcept { return *member[count - 1]; }
    [[nodiscard]] const HistoryEntry &last() const noexcept { return *member[0]; }
};

// What is asked of the history: the aggregates of which relations, held together by what.
struct Search {
    const Unit &unit;
    Mark mark;
    bool over; // the unit
    bool runs; // each statement may have many values: those of as many requests
};

bool is_aggregate(const HistoryEntry &entry) noexcept {
    return (entry.shape_flags & shape_flag::aggregate) != 0 && entry.filter_identity != 0 &&
           (entry.event_flags & event_flag::failed) == 0;
}

// n_plus_one's.
bool is_in_loop(const Search &search, const Series &series) noexcept {
    if (search.runs) return explains(series.in_unit, search.over) != Explains::nothing;
    if (search.mark != Mark::transaction) return is_loop_by_key(series.shape, series.in_unit, search.over);
    return is_loop_by_key(series.shape, series.in_transaction, search.over);
}

bool has_filter_of(const Storm &storm, const HistoryEntry &entry) noexcept {
    return std::any_of(storm.member, storm.member + storm.count,
                       [&](const HistoryEntry *member) { return same_filter(*member, entry); });
}

// One in a transaction of its own is as good as none; several are judged by themselves.
bool shares_transaction(const HistoryEntry &a, const HistoryEntry &b) noexcept {
    return (a.event_flags & event_flag::explicit_transaction) != 0 && a.transaction == b.transaction;
}

Storm gather(const Search &search, const HistoryEntry &newest) noexcept {
    Storm storm;
    const Unit &unit = search.unit;
    const Series *own = find_series(unit, newest.key);
    if (own == nullptr) return storm;
    // What was written in between keeps two from being one statement.
    const std::uint32_t oldest = oldest_position(unit);
    const std::uint32_t written = last_write(unit, own->shape.relation_mask);
    const HistoryEntry *before = nullptr;
    for (std::uint32_t position = newest.position; position >= oldest && position > written; --position) {
        if (before != nullptr && before->position - position > longest_period) return storm;
        const HistoryEntry *entry = history_at(unit, position);
        if (entry == nullptr) break;
        if (!is_aggregate(*entry)) continue;
        if (search.mark == Mark::transaction && !shares_transaction(newest, *entry)) return storm;
        const Series *series = find_series(unit, entry->key);
        if (series == nullptr || series->shape.relations != own->shape.relations || is_in_loop(search, *series))
            continue;
        if (search.mark == Mark::burst && before != nullptr && shares_transaction(*before, *entry)) continue;
        before = entry;
        if (!has_filter_of(storm, *entry)) storm.member[storm.count++] = entry;
    }
    storm.unbounded = written < oldest && oldest > 1;
    return storm;
}

int count_statements(const Storm &storm) noexcept {
    int different = 0;
    for (int i = 0; i < storm.count; ++i) {
        const auto is_same = [&](const HistoryEntry *other) { return other->key == storm.member[i]->key; };
        different += std::none_of(storm.member, storm.member + i, is_same);
    }
    return different;
}

bool ran_in_order(const Unit &unit, const Storm &storm, int count, std::uint32_t last_position) noexcept {
    for (int i = 0; i < count; ++i) {
        const HistoryEntry *entry = history_at(unit, last_position - static_cast<std::uint32_t>(i));
        if (entry == nullptr || entry->key != storm.member[i]->key) return false;
    }
    return true;
}

// Cuts the storm down to different statements right after each other that ran in the same order before, each time after
// the same other statement. Requests of one count each come in any order, and nothing tells where one begins.
bool keep_recurring_run(const Unit &unit, Storm &storm, int least) noexcept {
    int length = 1;
    for (; length < storm.count; ++length) {
        const HistoryEntry &next = *storm.member[length];
        if (next.position + 1 != storm.member[length - 1]->position) break;
        const auto is_same = [&](const HistoryEntry *other) { return other->key == next.key; };
        if (std::any_of(storm.member, storm.member + length, is_same)) break;
    }
    if (length < least) return false;
    const std::uint32_t oldest = oldest_position(unit);
    const auto span = static_cast<std::uint32_t>(length);
    const HistoryEntry *before = history_at(unit, storm.member[length - 1]->position - 1);
    if (before == nullptr || before->position == 0 || is_aggregate(*before)) return false;
    for (std::uint32_t last = storm.member[length - 1]->position; last-- > oldest + span;) {
        const HistoryEntry *earlier = history_at(unit, last - span);
        if (earlier == nullptr || earlier->key != before->key || !ran_in_order(unit, storm, length, last)) continue;
        storm.count = length;
        return true;
    }
    return false;
}

struct Pauses {
    std::int64_t mean_ns = 0; // between two aggregates
    std::int64_t longest_ns = 0;
};

Pauses pauses_in(const Unit &unit, const Storm &storm) noexcept {
    Pauses pauses;
    std::int64_t sum_ns = 0;
    const HistoryEntry *before = &storm.first();
    for (std::uint32_t position = before->position + 1; position <= storm.last().position; ++position) {
        const HistoryEntry *entry = history_at(unit, position);
        if (entry == nullptr) continue;
        const std::int64_t between_ns = (entry->statement_time_us - before->statement_time_us) * 1000;
        const std::int64_t pause_ns = std::max<std::int64_t>(0, between_ns - before->execution_ns);
        sum_ns += pause_ns;
        pauses.longest_ns = std::max(pauses.longest_ns, pause_ns);
        before = entry;
    }
    pauses.mean_ns = storm.count > 1 ? sum_ns / (storm.count - 1) : 0;
    return pauses;
}

struct Verdict {
    Confidence confidence;
    std::uint32_t reasons;
};

// One statement with other values may be a loop over keys from elsewhere.
Verdict judge_marked(const Storm &storm) noexcept {
    return {count_statements(storm) > 1 ? Confidence::high : Confidence::medium, 0};
}

// A busy client's requests, each with its count, look the same while they go on.
Verdict judge_burst(const Unit &unit, const Storm &storm, const Pauses &pauses, const UnitEnd &end) noexcept {
    const int different = count_statements(storm);
    const std::uint64_t first = storm.first().key;
    const bool same_again = different == 1 && (end.next_key == first || unit.previous_key == first);
    const bool like_a_page = !storm.unbounded && pauses.mean_ns <= short_pause_ns && !same_again;
    if (like_a_page && is_surrounded_by_quiet(unit, end, pauses.mean_ns, pauses.longest_ns)) {
        return {Confidence::medium, reason_bit(Reason::set_apart)};
    }
    const std::uint32_t reasons = end.ended ? 0 : reason_bit(Reason::still_running);
    return {Confidence::low, like_a_page ? reasons : reasons | reason_bit(Reason::looks_like_requests)};
}

UnitFinding *find_finding(Unit &unit, int rule, std::uint32_t relation) noexcept {
    UnitFinding *const end = unit.findings + unit.finding_count;
    UnitFinding *const found = std::find_if(unit.findings, end, [&](const UnitFinding &finding) {
        return finding.rule == rule && finding.relation == relation;
    });
    return found != end ? found : nullptr;
}

std::uint64_t text_key_of(const HistoryEntry &entry) noexcept {
    return entry.fingerprint ^ (entry.shape_flags & shape_flag::batch);
}

bool names(const UnitFinding &finding, std::uint64_t text_key) noexcept {
    return finding.text_key == text_key ||
           std::find(finding.related, finding.related + max_related, text_key) != finding.related + max_related;
}

// What looked like a few numbers has become a loop.
void withdraw(Unit &unit, int rule, const HistoryEntry &entry) noexcept {
    UnitFinding *finding = find_finding(unit, rule, entry.relation);
    if (finding == nullptr || !names(*finding, text_key_of(entry))) return;
    if ((finding->reasons & reason_bit(Reason::unbroken_run)) != 0) return; // many requests' values
    *finding = unit.findings[--unit.finding_count];
}

void list_statements(const Storm &storm, std::uint64_t (&related)[max_related]) noexcept {
    std::fill_n(related, max_related, 0);
    int listed = 0;
    for (int i = storm.count; i-- > 0 && listed < max_related;) {
        const std::uint64_t key = text_key_of(*storm.member[i]);
        if (std::find(related, related + listed, key) == related + listed) related[listed++] = key;
    }
}

void report(Unit &unit, int rule, const Storm &storm, Mark mark, const Pauses &pauses, const Verdict &verdict) {
    const HistoryEntry &first = storm.first();
    // One finding a table: the largest storm that is as sure.
    const UnitFinding *known = find_finding(unit, rule, first.relation);
    if (known != nullptr && (verdict.confidence < known->confidence ||
                             (verdict.confidence == known->confidence && storm.count < known->evidence[aggregates]))) {
        return;
    }
    const std::uint64_t identity = known != nullptr ? known->fingerprint : first.fingerprint;
    UnitFinding *finding = unit_finding(unit, {rule, identity, first.relation, 0}, verdict.confidence);
    if (finding == nullptr) return;
    std::int64_t execution_ns = 0;
    std::int64_t longest_ns = 0;
    int sent_together = 0;
    finding->rows = 0;
    for (int i = 0; i < storm.count; ++i) {
        const HistoryEntry &entry = *storm.member[i];
        execution_ns += entry.execution_ns;
        longest_ns = std::max(longest_ns, entry.execution_ns);
        finding->rows += entry.rows;
        sent_together += (entry.event_flags & event_flag::same_round_trip) != 0;
    }
    finding->fingerprint = first.fingerprint;
    finding->text_key = text_key_of(first);
    finding->confidence = verdict.confidence;
    finding->mark = mark;
    finding->reasons = verdict.reasons;
    finding->severity = Severity::warning;
    if (2 * sent_together >= storm.count) {
        finding->severity = Severity::info;
        finding->reasons |= reason_bit(Reason::one_round_trip);
    }
    finding->occurrences = 1;
    finding->calls = static_cast<std::uint64_t>(storm.count);
    finding->execution_ns = execution_ns;
    finding->wall_ns = execution_ns + pauses.mean_ns * (storm.count - 1);
    finding->saved_ns = finding->wall_ns - longest_ns;
    finding->first_seen_us = first.statement_time_us;
    finding->last_seen_us = storm.last().statement_time_us;
    finding->evidence[aggregates] = storm.count;
    finding->evidence[different_statements] = count_statements(storm);
    finding->evidence[longest_us] = longest_ns / 1000;
    finding->evidence[mean_pause_us] = pauses.mean_ns / 1000;
    list_statements(storm, finding->related);
}

void judge(Unit &unit, int rule, const HistoryEntry &newest, Mark mark, const UnitEnd &end, const int *thresholds,
           bool &found) {
    const int least = thresholds[min_aggregates];
    if (mark == Mark::burst) {
        Storm run = gather({unit, mark, end.ended, true}, newest);
        if (keep_recurring_run(unit, run, least)) {
            const Verdict sure{Confidence::medium, reason_bit(Reason::unbroken_run)};
            report(unit, rule, run, mark, pauses_in(unit, run), sure);
        }
    }
    const Storm storm = gather({unit, mark, end.ended, false}, newest);
    found = storm.count >= least;
    if (!found) return;
    const Pauses pauses = pauses_in(unit, storm);
    const Verdict verdict = mark == Mark::burst ? judge_burst(unit, storm, pauses, end) : judge_marked(storm);
    report(unit, rule, storm, mark, pauses, verdict);
}

void on_statement(const StatementContext &context) {
    if (context.position == 0 || context.event.is(event_flag::in_progress)) return;
    Unit &unit = context.unit;
    const HistoryEntry *now = history_at(unit, context.position);
    if (now == nullptr || !is_aggregate(*now)) return;
    const bool in_transaction = unit.mark == Mark::burst && context.event.is(event_flag::explicit_transaction);
    const Series *series = find_series(unit, now->key);
    const Search search{unit, in_transaction ? Mark::transaction : unit.mark, false, false};
    if (series != nullptr && is_in_loop(search, *series)) withdraw(unit, context.rule, *now);
    bool found = false;
    if (in_transaction) judge(unit, context.rule, *now, Mark::transaction, UnitEnd{}, context.thresholds, found);
    if (!found) judge(unit, context.rule, *now, unit.mark, UnitEnd{}, context.thresholds, found);
}

// What a burst holds is known better once it has ended.
void on_unit(const UnitContext &context) {
    Unit &unit = context.unit;
    if (unit.mark != Mark::burst || !context.end.ended) return;
    for (int i = 0; i < unit.finding_count; ++i) {
        const UnitFinding &finding = unit.findings[i];
        if (finding.rule != context.rule || finding.mark != Mark::burst) continue;
        for (std::uint32_t position = unit.position; position >= oldest_position(unit); --position) {
            const HistoryEntry *entry = history_at(unit, position);
            if (entry == nullptr || !is_aggregate(*entry) || entry->relation != finding.relation) continue;
            bool found = false;
            judge(unit, context.rule, *entry, Mark::burst, context.end, context.thresholds, found);
            break;
        }
    }
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("{} aggregates of one table, each with another filter, ran one after the other. ",
                  finding.evidence[aggregates]);
    if (finding.evidence[different_statements] == 1) {
        advice.append(
            "They differ in a value alone: one statement with GROUP BY of the column that it is compared with "
            "answers all of them.");
        return;
    }
    advice.append("One statement reads the table once: what the filters have in common stays in WHERE, and each "
                  "aggregate gets the rest as its own FILTER (WHERE ...).");
}

} // namespace

constinit const RuleDescriptor count_storm_rule = {
    .id = "count_storm",
    .title = "Many aggregates of one table, one by one",
    .category = "sequence",
    .severity = Severity::warning,
    .rationale =
        "A dashboard that asks for each of its numbers by a statement of its own pays a round trip for each, and "
        "the table is read as many times.",
    .fires_when =
        "`min_aggregates` or more aggregates without GROUP BY (count, sum, min, max, ...) of the same relations with "
        "different filters, or other values in the same filter, in one unit of work, with at most seven other "
        "statements "
        "between two of them. One statement with up to eight different values, or four ranges, counts; with more, or "
        "with one for each "
        "row of a list before it, it is `n_plus_one`. Outside a transaction, trace or named unit it stays `low` while "
        "it goes on, and becomes `medium` when it has ended and long pauses set it apart, or when the same different "
        "statements ran right after each other before, in the same order and after the same other statement.",
    .silent_for =
        "The same filter and values again (`duplicate_query`); aggregates of different tables; a loop by key "
        "(`n_plus_one`); one count in each request of a busy connection; a write to the table in between; statements "
        "with GROUP BY. Statements sent in one round trip are `info`.",
    .remedy = "One statement with count(*) FILTER (WHERE ...) for each number, or GROUP BY.",
    .thresholds = {{"min_aggregates", "calls", 4, 2, 64,
                    "Aggregates with different filters from which they are reported"}},
    .evidence_names = {"aggregates", "different_statements", "longest_us", "mean_pause_us"},
    .related_name = "statements",
    .fix = Fix::filtered_aggregates,
    .on_series = nullptr,
    .on_statement = on_statement,
    .on_unit = on_unit,
    .advise = advise,
};

} // namespace query_audit
