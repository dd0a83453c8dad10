#include "core/execution.h"

#include <algorithm>

namespace query_audit {

bool is_judged_alone(const StatementEvent &event) noexcept {
    return (event.flags & (event_flag::maintenance | event_flag::in_progress)) == 0 &&
           !event.shape->has(shape_flag::catalog_only);
}

UnitFinding *report_execution(const StatementContext &context, Confidence confidence, Severity severity,
                              std::int64_t saved_ns, std::uint32_t relation, bool again) noexcept {
    const StatementEvent &event = context.event;
    const StatementShape &shape = *event.shape;
    // One that is less sure than those before it counts too.
    const Confidence enough = std::max(confidence, Confidence::high);
    const std::uint32_t table = relation != 0 ? relation : shape.relation;
    UnitFinding *finding = unit_finding(context.unit, {context.rule, shape.fingerprint, table, 0}, enough);
    if (finding == nullptr) return nullptr;
    if (finding->occurrences == 0) finding->first_seen_us = event.statement_time_us;
    finding->text_key = shape.text_key();
    finding->mark = Mark::execution;
    finding->confidence = std::max(finding->confidence, confidence);
    finding->severity = std::max(finding->severity, severity);
    finding->reasons |= reason_bit(Reason::measured);
    finding->last_seen_us = event.statement_time_us;
    if (again) return finding;
    ++finding->occurrences;
    ++finding->calls;
    finding->rows += event.rows;
    finding->execution_ns += event.execution_ns;
    finding->wall_ns += event.execution_ns;
    finding->saved_ns += saved_ns;
    return finding;
}

bool is_largest_sample(const UnitFinding &finding, std::int64_t first_evidence) noexcept {
    return first_evidence > finding.evidence[0];
}

std::int64_t measured_rows(const StatementEvent &event) noexcept {
    return event.facts != nullptr && event.facts->rows_read > 0 ? static_cast<std::int64_t>(event.facts->rows_read)
                                                                : -1;
}

} // namespace query_audit
