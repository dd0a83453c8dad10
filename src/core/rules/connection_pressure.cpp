#include <algorithm>

#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { max_used = 0, critical_used = 1 };
enum { in_use, max_connections, own_connections, busy_permille, suggested_pool };

constexpr std::int64_t a_minute_us = 60'000'000;
constexpr double headroom = 2; // requests do not come one after the other

// Once a minute, and whenever it has grown worse.
bool is_news(const ConnectionRecord &record, const ConnectionMoment &moment) noexcept {
    return moment.now_us - record.pressed_us >= a_minute_us || moment.in_use > record.pressed_in_use;
}

void on_connection(const ConnectionContext &context) {
    const ConnectionMoment &moment = context.moment;
    ConnectionRecord &record = context.record;
    const std::int64_t used = moment.in_use * 100;
    if (moment.max_connections <= 0 || used <= moment.max_connections * context.thresholds[max_used]) return;
    if (!is_news(record, moment)) return;
    UnitFinding *finding = unit_finding(context.unit, {context.rule, 0, 0, 0}, Confidence::high);
    if (finding == nullptr) return;
    record.pressed_us = moment.now_us;
    record.pressed_in_use = moment.in_use;
    finding->severity =
        used > moment.max_connections * context.thresholds[critical_used] ? Severity::critical : Severity::warning;
    finding->confidence = Confidence::high;
    finding->mark = Mark::execution;
    finding->reasons = reason_bit(Reason::measured);
    finding->occurrences = 1;
    finding->calls = 1;
    finding->first_seen_us = finding->last_seen_us = moment.now_us;
    finding->evidence[in_use] = moment.in_use;
    finding->evidence[max_connections] = moment.max_connections;
    finding->evidence[own_connections] = record.live;
    // How many of them were busy at a time, on average: busy time over wall time.
    const std::int64_t wall_us = moment.now_us - record.first_seen_us;
    if (wall_us < a_minute_us / 60) return;
    const double busy = static_cast<double>(moment.busy_ns) / 1000.0 / static_cast<double>(wall_us);
    const auto pool = static_cast<std::int64_t>(headroom * busy) + 1;
    finding->evidence[busy_permille] = static_cast<std::int64_t>(busy * 1000);
    finding->evidence[suggested_pool] = std::min(pool, std::max<std::int64_t>(1, record.live));
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("{} of {} connections were in use, {} of them by this role and application. ",
                  finding.evidence[in_use], finding.evidence[max_connections], finding.evidence[own_connections]);
    if (finding.evidence[suggested_pool] > 0) {
        advice.format(
            "On average {}.{:03} of these were busy at a time (busy time over wall time), so a pool of {} would "
            "serve them, twice that and one. ",
            finding.evidence[busy_permille] / 1000, static_cast<std::uint64_t>(finding.evidence[busy_permille]) % 1000,
            finding.evidence[suggested_pool]);
    }
    advice.append(
        "Bound the pools of all processes together, or put pgbouncer between them and the server, rather than "
        "raise max_connections: more sessions than processors only wait for each other.");
}

} // namespace

constinit const RuleDescriptor connection_pressure_rule = {
    .id = "connection_pressure",
    .title = "Nearly all connections in use",
    .category = "session",
    .severity = Severity::warning,
    .rationale = "When max_connections is reached nobody gets in, and long before that the server spends its time on "
                 "switching between sessions and on snapshots of all of them.",
    .fires_when = "When a connection ran its first statement, or ended without one, more than `max_used` of "
                  "max_connections were in use. It is reported for the role and application of that connection, once a "
                  "minute at most unless it gets worse.",
    .silent_for = "Fewer connections; background workers, replication, and sessions that are not audited. Session mode "
                  "does not know the others.",
    .remedy = "A bounded pool, of the size that the measured busy time asks for.",
    .thresholds = {{"max_used", "percent", 80, 1, 100, "Share of max_connections from which it is reported"},
                   {"critical_used", "percent", 95, 1, 100, "Share of max_connections from which it is critical"}},
    .evidence_names = {"in_use", "max_connections", "own_connections", "busy_permille", "suggested_pool"},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = nullptr,
    .on_connection = on_connection,
    .advise = advise,
};

} // namespace query_audit
