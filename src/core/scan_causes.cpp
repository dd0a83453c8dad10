#include "core/scan_causes.h"

#include "core/execution.h"
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

bool searches_all(const ScanFacts &scan) noexcept {
    return scan.method == ScanMethod::sequential || scan.method == ScanMethod::whole_index;
}

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
    const bool missed = scan.missed != Missed::none && scan.missed_index[0] != '\0';
    return settings.enabled(rule) && searches_all(scan) && missed && is_wasteful(scan, settings.thresholds[rule]);
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

ScanFinding report_scan(const StatementContext &context, const ScanFacts &scan, bool again, Severity severity,
                        double wasted, std::uint64_t sample) noexcept {
    const auto saved_ns = static_cast<std::int64_t>(wasted * static_cast<double>(context.event.execution_ns));
    UnitFinding *finding = report_execution(context, Confidence::high, severity, saved_ns, scan.relation, again);
    if (finding == nullptr) return {nullptr, false};
    finding->partitions = scan.partitions;
    assign_text(finding->relation_name, scan.relation_name);
    assign_text(finding->filter, scan.filter);
    return {finding, is_largest_sample(*finding, static_cast<std::int64_t>(sample))};
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
    case Missed::configuration:
        return "configuration";
    case Missed::array_element:
        return "array element";
    case Missed::none:
        break;
    }
    return "none";
}

} // namespace query_audit
