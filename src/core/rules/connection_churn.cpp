#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_connections = 0, short_lifetime = 1, few_statements = 2 };
enum { connections_in_a_minute, mean_lifetime_ms, statements_per_connection, connections_at_once };

void on_connection(const ConnectionContext &context) {
    const ConnectionMoment &moment = context.moment;
    if (!moment.ended) return;
    const bool brief = moment.lifetime_us < std::int64_t{1000} * context.thresholds[short_lifetime] ||
                       moment.statements <= static_cast<std::uint64_t>(context.thresholds[few_statements]);
    if (!brief) return;
    ConnectionRecord &record = context.record;
    ++record.brief;
    record.brief_lately.add(moment.now_us);
    const std::uint32_t lately = record.brief_lately.sum(moment.now_us);
    if (lately < static_cast<std::uint32_t>(context.thresholds[min_connections])) return;
    UnitFinding *finding = unit_finding(context.unit, {context.rule, 0, 0, 0}, Confidence::high);
    if (finding == nullptr) return;
    // Each occurrence has connections of its own.
    record.brief_lately.clear();
    finding->severity = Severity::warning;
    finding->confidence = Confidence::high;
    finding->mark = Mark::execution;
    finding->reasons = reason_bit(Reason::measured);
    ++finding->occurrences;
    finding->calls += lately;
    finding->first_seen_us = finding->last_seen_us = moment.now_us;
    finding->evidence[connections_in_a_minute] = lately;
    if (record.ended > 0) {
        finding->evidence[mean_lifetime_ms] = record.lifetime_us / record.ended / 1000;
        finding->evidence[statements_per_connection] = record.statements / record.ended;
    }
    finding->evidence[connections_at_once] = record.peak;
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("{} connections within a minute ended after less than a second or after a few statements each. To "
                  "connect costs a process, a login and cold caches every time. ",
                  finding.evidence[connections_in_a_minute]);
    advice.append("Keep connections in a pool: the driver's or the framework's own (with a maximal age instead of one "
                  "connection a request), or pgbouncer between many processes and the server.");
}

} // namespace

constinit const RuleDescriptor connection_churn_rule = {
    .id = "connection_churn",
    .title = "Connections that hardly live",
    .category = "session",
    .severity = Severity::warning,
    .rationale = "Each connection is a process of the server's, with a login and catalog caches to fill: for a few "
                 "statements that is most of the work, and a burst of them uses up max_connections.",
    .fires_when = "Within a minute, to five seconds, `min_connections` or more connections of one role and application "
                  "ended that had lived less than `short_lifetime` or had run at most `few_statements` statements. "
                  "Each as many again are another occurrence.",
    .silent_for = "Fewer connections; those of a pool, which live and work; background workers, replication, and "
                  "sessions that are not audited; failed logins. Session mode sees one connection and reports none.",
    .remedy = "A connection pool.",
    .thresholds = {{"min_connections", "connections", 60, 2, 65535,
                    "Brief connections within a minute from which they are reported"},
                   {"short_lifetime", "ms", 1000, 0, 2147483647, "A connection that lived less is brief"},
                   {"few_statements", "statements", 3, 0, 1000000, "A connection that ran no more is brief"}},
    .evidence_names = {"connections_in_a_minute", "mean_lifetime_ms", "statements_per_connection",
                       "connections_at_once"},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = nullptr,
    .on_connection = on_connection,
    .advise = advise,
};

} // namespace query_audit
