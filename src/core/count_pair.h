// What the rules about a count beside its rows have in common.
#pragma once

#include "core/rules/rule.h"

namespace query_audit {

// Claims the finding of a count and the statement that reads the rows it counted, and adds the pair to it; the evidence
// is the rule's own. Null when the unit holds as many findings as it can.
[[nodiscard]] UnitFinding *report_count_pair(const StatementContext &context, const HistoryEntry &count,
                                             const HistoryEntry &rows) noexcept;

} // namespace query_audit
