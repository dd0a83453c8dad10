#include "core/scan_causes.h"

#include "core/rules/list.h"

namespace query_audit {
namespace {

// As the rules' thresholds stand in their descriptors.
enum { min_rows = 0, min_removed_percent = 1 };
enum { stale_min_rows = 0, stale_min_factor = 1, stale_min_changed_percent = 2 };

bool is_wasteful(const ScanFacts &scan, const int *thresholds) noexcept {
    return rows_of_a_pass(scan) >= static_cast<std::uint64_t>(thresholds[min_rows]) &&
           throws_away(scan, thresholds[min_removed_percent]);
}

} // namespace

std::uint64_t rows_of_a_pass(const ScanFacts &scan) noexcept {
    return scan.rows_read / std::max<std::uint64_t>(1, scan.loops);
}

bool throws_away(const ScanFacts &scan, int percent) noexcept {
    return scan.rows_removed > 0 && scan.rows_removed * 100 >= scan.rows_read * static_cast<std::uint64_t>(percent);
}

double wasted_share(const ScanFacts &scan) noexcept {
    return scan.rows_read > 0 ? static_cast<double>(scan.rows_removed) / static_cast<double>(scan.rows_read) : 0;
}

bool is_wildcard_scan(const ScanFacts &scan, const Settings &settings) noexcept {
    constexpr int rule = rule_index::leading_wildcard;
    return settings.enabled(rule) && scan.open_pattern && is_wasteful(scan, settings.thresholds[rule]);
}

bool is_missed_index(const ScanFacts &scan, const Settings &settings) noexcept {
    constexpr int rule = rule_index::non_sargable;
    return settings.enabled(rule) && scan.method == ScanMethod::sequential && scan.missed != Missed::none &&
           is_wasteful(scan, settings.thresholds[rule]);
}

bool has_stale_estimate(const ScanFacts &scan, const Settings &settings) noexcept {
    constexpr int rule = rule_index::stale_statistics;
    if (!settings.enabled(rule) || scan.rows_changed < 0) return false;
    const int *thresholds = settings.thresholds[rule];
    const std::uint64_t kept = scan.rows_read - scan.rows_removed;
    const std::uint64_t more = std::max(kept, scan.rows_estimated);
    const std::uint64_t less = std::min(kept, scan.rows_estimated);
    const bool off =
        more - less >= static_cast<std::uint64_t>(thresholds[stale_min_rows]) &&
        more / std::max<std::uint64_t>(1, less) >= static_cast<std::uint64_t>(thresholds[stale_min_factor]);
    if (!off) return false;
    const double share = thresholds[stale_min_changed_percent] / 100.0;
    return scan.table_rows < 0 || (scan.rows_changed > 0 && static_cast<double>(scan.rows_changed) >=
                                                                share * static_cast<double>(scan.table_rows));
}

bool is_misled(const ScanFacts &scan, const Settings &settings) noexcept {
    return scan.index_exists && scan.missed == Missed::none &&
           scan.rows_estimated > scan.rows_read - scan.rows_removed && has_stale_estimate(scan, settings);
}

ExecutionFinding report_execution(const StatementContext &context, std::uint32_t relation, bool again,
                                  Severity severity, double wasted, std::uint64_t sample) noexcept {
    const StatementEvent &event = context.event;
    UnitFinding *finding =
        unit_finding(context.unit, {context.rule, event.shape->fingerprint, relation, 0}, Confidence::high);
    if (finding == nullptr) return {nullptr, false};
    const bool first = finding->occurrences == 0;
    finding->text_key = event.shape->text_key();
    finding->severity = std::max(finding->severity, severity);
    finding->confidence = Confidence::high;
    finding->mark = Mark::execution;
    finding->reasons = reason_bit(Reason::measured);
    if (first) finding->first_seen_us = event.statement_time_us;
    finding->last_seen_us = event.statement_time_us;
    // A statement may scan a table in two places.
    if (!again) {
        ++finding->occurrences;
        ++finding->calls;
        finding->rows += event.rows;
        finding->execution_ns += event.execution_ns;
        finding->wall_ns += event.execution_ns;
        finding->saved_ns += static_cast<std::int64_t>(wasted * static_cast<double>(event.execution_ns));
    }
    return {finding, first || static_cast<std::int64_t>(sample) > finding->evidence[0]};
}

ExecutionFinding report_scan(const StatementContext &context, const ScanFacts &scan, bool again, Severity severity,
                             double wasted, std::uint64_t sample) noexcept {
    const ExecutionFinding report = report_execution(context, scan.relation, again, severity, wasted, sample);
    if (report.finding == nullptr) return report;
    report.finding->partitions = scan.partitions;
    assign_text(report.finding->relation_name, scan.relation_name);
    assign_text(report.finding->filter, scan.filter);
    return report;
}

const char *missed_name(std::int64_t missed) noexcept {
    switch (static_cast<Missed>(missed)) {
    case Missed::function:
        return "function";
    case Missed::cast:
        return "cast";
    case Missed::parameter_type:
        return "parameter type";
    case Missed::collation:
        return "collation";
    case Missed::none:
        break;
    }
    return "none";
}

} // namespace query_audit
