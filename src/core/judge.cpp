#include "core/judge.h"

#include <algorithm>

namespace query_audit {
namespace {

// Whether a rule of single executions has just reported this one.
bool is_explained(const Unit &unit, const StatementEvent &event) noexcept {
    return std::any_of(unit.findings, unit.findings + unit.finding_count,
                       [&event](const UnitFinding &finding) noexcept {
                           return finding.mark == Mark::execution && finding.fingerprint == event.shape->fingerprint &&
                                  finding.last_seen_us == event.statement_time_us;
                       });
}

} // namespace

void judge_statement(Unit &unit, const StatementEvent &event, std::uint32_t position,
                     const Settings &settings) noexcept {
    // All rows matter only beside their count.
    if (event.shape->has(shape_flag::count)) unit.judged_flags |= shape_flag::whole;
    for (int r = 0; r < rule_count(); ++r) {
        if (rule(r).on_statement == nullptr || !settings.enabled(r)) continue;
        rule(r).on_statement(StatementContext{unit, event, position, settings, r, settings.thresholds[r]});
    }
    if (!is_large(event, settings) || is_explained(unit, event)) return;
    for (int r = 0; r < rule_count(); ++r) {
        if (rule(r).on_unexplained == nullptr || !settings.enabled(r)) continue;
        rule(r).on_unexplained(StatementContext{unit, event, position, settings, r, settings.thresholds[r]});
    }
}

void judge_idle(Unit &unit, const IdleTransaction &idle, const Settings &settings) noexcept {
    for (int r = 0; r < rule_count(); ++r) {
        if (rule(r).on_idle == nullptr || !settings.enabled(r)) continue;
        rule(r).on_idle(IdleContext{unit, idle, r, settings.thresholds[r]});
    }
}

void judge_connection(Unit &unit, ConnectionRecord &record, const ConnectionMoment &moment,
                      const Settings &settings) noexcept {
    for (int r = 0; r < rule_count(); ++r) {
        if (rule(r).on_connection == nullptr || !settings.enabled(r)) continue;
        rule(r).on_connection(ConnectionContext{unit, record, moment, r, settings.thresholds[r]});
    }
}

void judge_cacheable(Unit &unit, const CacheKey &key, CacheRecord &record, bool all,
                     const Settings &settings) noexcept {
    for (int r = 0; r < rule_count(); ++r) {
        if (rule(r).on_cacheable == nullptr || !settings.enabled(r)) continue;
        rule(r).on_cacheable(CacheContext{unit, key, record, all, r, settings.thresholds[r]});
    }
}

} // namespace query_audit
