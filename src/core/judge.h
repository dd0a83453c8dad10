// Letting the rules look at one execution, one transaction or one connection.
#pragma once

#include "core/rules/rule.h"
#include "core/unit.h"

namespace query_audit {

// position: in the unit, 0 for an execution that belongs to no sequence.
void judge_statement(Unit &unit, const StatementEvent &event, std::uint32_t position,
                     const Settings &settings) noexcept;

void judge_idle(Unit &unit, const IdleTransaction &idle, const Settings &settings) noexcept;

// record is that of the connection's kind, in which it is counted.
void judge_connection(Unit &unit, ConnectionRecord &record, const ConnectionMoment &moment,
                      const Settings &settings) noexcept;

void judge_cacheable(Unit &unit, const CacheKey &key, CacheRecord &record, bool all, const Settings &settings) noexcept;

} // namespace query_audit
