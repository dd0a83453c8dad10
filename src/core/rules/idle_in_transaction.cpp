#include <algorithm>

#include "core/history.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_duration = 0, critical_duration = 1 };
enum { idle_ms, longest_pause_ms, statements, still_open };

struct LongestPause {
    std::int64_t pause_us = 0;
    const HistoryEntry *after = nullptr;
};

std::int64_t end_of(const HistoryEntry &entry) noexcept { return entry.statement_time_us + entry.execution_ns / 1000; }

LongestPause longest_pause(const Unit &unit, const IdleTransaction &idle) noexcept {
    LongestPause longest;
    std::int64_t next_us = idle.end_us;
    for (std::uint32_t position = unit.position; position >= oldest_position(unit) && position > 0; --position) {
        const HistoryEntry *entry = history_at(unit, position);
        if (entry == nullptr || entry->transaction != idle.transaction) break;
        const std::int64_t pause_us = next_us - end_of(*entry);
        if (pause_us > longest.pause_us) longest = {pause_us, entry};
        next_us = entry->statement_time_us;
    }
    return longest;
}

void on_idle(const IdleContext &context) {
    const IdleTransaction &idle = context.idle;
    if (idle.idle_us < std::int64_t{1000} * context.thresholds[min_duration]) return;
    UnitFinding *finding = unit_finding(context.unit, {context.rule, 0, 0, 0}, Confidence::high);
    if (finding == nullptr) return;
    const bool critical = idle.idle_us >= std::int64_t{1000} * context.thresholds[critical_duration];
    const LongestPause longest = longest_pause(context.unit, idle);
    if (finding->occurrences == 0) finding->first_seen_us = idle.end_us - idle.idle_us;
    finding->severity = std::max(finding->severity, critical ? Severity::critical : Severity::warning);
    finding->confidence = Confidence::high;
    finding->mark = Mark::transaction;
    finding->reasons = reason_bit(Reason::measured);
    ++finding->occurrences;
    finding->calls += context.unit.transaction == idle.transaction ? context.unit.transaction_statements : 0;
    finding->wall_ns += idle.idle_us * 1000;
    finding->saved_ns += idle.idle_us * 1000;
    finding->last_seen_us = idle.end_us;
    if (idle.idle_us / 1000 <= finding->evidence[idle_ms]) return;
    finding->evidence[idle_ms] = idle.idle_us / 1000;
    if (longest.after != nullptr) {
        finding->text_key = longest.after->fingerprint ^ (longest.after->shape_flags & shape_flag::batch);
        finding->evidence[longest_pause_ms] = std::min(longest.pause_us, idle.idle_us) / 1000;
        finding->evidence[statements] = context.unit.transaction_statements;
    }
    finding->evidence[still_open] = !idle.ended;
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("A transaction sat idle for {} ms in all while its client did something else",
                  finding.evidence[idle_ms]);
    if (finding.text_key != 0) {
        advice.format(", for {} ms after the statement shown", finding.evidence[longest_pause_ms]);
    }
    advice.append(". Commit before calling other services, rendering or waiting for people, and begin again after it; "
                  "read what is needed first. idle_in_transaction_session_timeout ends those that are forgotten.");
}

} // namespace

constinit const RuleDescriptor idle_in_transaction_rule = {
    .id = "idle_in_transaction",
    .title = "A transaction left open while its client does something else",
    .category = "session",
    .severity = Severity::warning,
    .rationale = "An open transaction keeps its locks, its connection and a snapshot: others wait for its rows, a pool "
                 "runs dry, and vacuum cannot clean up what anybody has changed since.",
    .fires_when = "The server counted `min_duration` or more of idle time in one transaction, all of its pauses "
                  "together; of one that is still open, the pause that goes on counts. It is one finding for each "
                  "role, application and route, and shows the statement before the longest pause.",
    .silent_for = "Time in which the server works or waits for a lock; pauses outside of transactions; everything with "
                  "track_activities = off.",
    .remedy = "Commit before other work.",
    .thresholds = {{"min_duration", "ms", 5000, 1, 2147483647,
                    "Idle time in one transaction from which it is reported"},
                   {"critical_duration", "ms", 60000, 1, 2147483647, "Idle time from which it is critical"}},
    .evidence_names = {"idle_ms", "longest_pause_ms", "statements", "still_open"},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = nullptr,
    .on_idle = on_idle,
    .advise = advise,
};

} // namespace query_audit
