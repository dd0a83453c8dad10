// What findings about single executions have in common.
#pragma once

#include "core/rules/rule.h"

namespace query_audit {

constexpr std::int64_t bytes_a_kb = 1024;

// Whether the rules of executions judge it: it has ended, is a statement of the application's and none of maintenance.
// Statements without a table count, since a function may do anything; those on catalogs alone do not.
[[nodiscard]] bool is_judged_alone(const StatementEvent &event) noexcept;

// The finding of the context's rule about its statement, with this execution added; null where there is no room. Its
// evidence is that of the execution for which evidence[0] is largest, so the caller overwrites it where
// is_largest_sample(). relation: the table that it is about; 0: the first that the statement names. again: the
// execution was counted for it already, because a statement may scan a table in two places.
[[nodiscard]] UnitFinding *report_execution(const StatementContext &context, Confidence confidence, Severity severity,
                                            std::int64_t saved_ns, std::uint32_t relation = 0,
                                            bool again = false) noexcept;
[[nodiscard]] bool is_largest_sample(const UnitFinding &finding, std::int64_t first_evidence) noexcept;

// Rows that scans read, -1 where they were not measured.
[[nodiscard]] std::int64_t measured_rows(const StatementEvent &event) noexcept;

} // namespace query_audit
