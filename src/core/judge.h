// Letting the rules look at one execution, one transaction or one connection.
#pragma once

#include "core/rules/list.h"
#include "core/unit.h"

namespace query_audit {

// Whether the rules of single executions have anything to look at where nothing was measured: many rows, returned,
// changed or skipped, temporary files, or a long time. Compares with the first threshold of the rules about these, of
// which the least is 1 row skipped.
[[nodiscard]] inline bool is_large(const StatementEvent &event, const Settings &settings) noexcept {
    constexpr std::int64_t nanoseconds_a_ms = 1'000'000;
    const auto returned = static_cast<std::uint64_t>(settings.thresholds[rule_index::unbounded_result][0]);
    const auto changed = static_cast<std::uint64_t>(settings.thresholds[rule_index::mass_write][0]);
    return event.rows >= returned || event.rows >= changed || event.temp_bytes != 0 ||
           (event.offset > 0 && event.offset >= settings.thresholds[rule_index::deep_offset][0]) ||
           event.execution_ns >= settings.thresholds[rule_index::slow_query][0] * nanoseconds_a_ms;
}

// Sets event_flag::noteworthy where there is something to look at. To be called before the event is added to a unit.
inline void note_worth(StatementEvent &event, const Settings &settings) noexcept {
    if (event.facts != nullptr || is_large(event, settings)) [[unlikely]]
        event.flags |= event_flag::noteworthy;
}

// position: in the unit, 0 for an execution that belongs to no sequence.
void judge_statement(Unit &unit, const StatementEvent &event, std::uint32_t position,
                     const Settings &settings) noexcept;

void judge_idle(Unit &unit, const IdleTransaction &idle, const Settings &settings) noexcept;

// record is that of the connection's kind, in which it is counted.
void judge_connection(Unit &unit, ConnectionRecord &record, const ConnectionMoment &moment,
                      const Settings &settings) noexcept;

void judge_cacheable(Unit &unit, const CacheKey &key, CacheRecord &record, bool all, const Settings &settings) noexcept;

} // namespace query_audit
