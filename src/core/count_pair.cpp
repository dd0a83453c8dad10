#include "core/count_pair.h"

#include <algorithm>

#include "core/history.h"

namespace query_audit {

UnitFinding *report_count_pair(const StatementContext &context, const HistoryEntry &count,
                               const HistoryEntry &rows) noexcept {
    Unit &unit = context.unit;
    UnitFinding *finding =
        unit_finding(unit, {context.rule, count.fingerprint, count.relation, rows.fingerprint}, Confidence::high);
    if (finding == nullptr) return nullptr;
    finding->severity = Severity::warning;
    finding->text_key = count.fingerprint ^ (count.shape_flags & shape_flag::batch);
    finding->parent_fingerprint = rows.fingerprint;
    finding->mark = mark_of(unit, count, rows);
    const bool filtered = (count.shape_flags & shape_flag::filtered) != 0;
    finding->confidence = filtered || finding->mark != Mark::burst ? Confidence::high : Confidence::medium;
    finding->reasons =
        reason_bit(filtered ? Reason::same_filter_values : Reason::no_filter_values) | reason_bit(Reason::measured);
    if (finding->occurrences == 0) finding->first_seen_us = std::min(count.statement_time_us, rows.statement_time_us);
    finding->last_seen_us = std::max(count.statement_time_us, rows.statement_time_us);
    finding->occurrences = 1;
    finding->calls += 1;
    finding->rows += rows.rows;
    finding->execution_ns += count.execution_ns + rows.execution_ns;
    finding->wall_ns += count.execution_ns + rows.execution_ns;
    finding->saved_ns += count.execution_ns;
    return finding;
}

} // namespace query_audit
