// Letting the rules look at one execution.
#pragma once

#include "core/unit.h"

namespace query_audit {

// position: in the unit, 0 for an execution that belongs to no sequence.
void judge_statement(Unit &unit, const StatementEvent &event, std::uint32_t position,
                     const Settings &settings) noexcept;

} // namespace query_audit
