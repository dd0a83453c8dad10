#include "core/rules/list.h"
#include "core/scan_causes.h"

namespace query_audit {
namespace {

enum { rows_kept, rows_estimated, rows_changed, table_rows, partitions, nested };

void report(const StatementContext &context, const ScanFacts &scan, bool again) {
    const std::uint64_t kept = scan.rows_read - scan.rows_removed;
    const auto [finding, larger] = report_scan(context, scan, again, Severity::warning, 0, kept);
    if (finding == nullptr || !larger) return;
    finding->evidence[rows_kept] = static_cast<std::int64_t>(kept);
    finding->evidence[rows_estimated] = static_cast<std::int64_t>(scan.rows_estimated);
    finding->evidence[rows_changed] = scan.rows_changed;
    finding->evidence[table_rows] = scan.table_rows;
    finding->evidence[partitions] = scan.partitions;
    finding->evidence[nested] = context.event.is(event_flag::nested);
}

void on_statement(const StatementContext &context) {
    for_each_scan(
        context, [&context](const ScanFacts &scan) { return has_stale_estimate(scan, context.settings); },
        [&context](const ScanFacts &scan, bool again) { report(context, scan, again); });
}

Scaling scale(const UnitFinding &finding) { return {Growth::linear, finding.evidence[rows_kept]}; }

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("The planner expected {} rows of {} and there were {}", finding.evidence[rows_estimated],
                  finding.relation_name, finding.evidence[rows_kept]);
    if (finding.evidence[table_rows] < 0) {
        advice.append("; the table has never been analyzed");
    } else {
        advice.format("; {} rows have changed since the last ANALYZE, which saw {}", finding.evidence[rows_changed],
                      finding.evidence[table_rows]);
    }
    advice.append(". Joins and their order are chosen by that number. ANALYZE the table, after each bulk load too, and "
                  "let autovacuum do it sooner; where columns depend on each other, CREATE STATISTICS on them.");
}

} // namespace

constinit const RuleDescriptor stale_statistics_rule = {
    .id = "stale_statistics",
    .title = "An estimate that outdated statistics made wrong",
    .category = "execution",
    .severity = Severity::warning,
    .rationale = "The planner chooses scans and joins by the number of rows it expects. A hundred times too few makes "
                 "nested loops out of what should be one hash join.",
    .fires_when =
        "A scan kept `min_factor` times as many rows as the planner expected of what it read, or as few, they differ "
        "by `min_rows` or more, and `min_changed_percent` of the table has changed since the last ANALYZE, or there "
        "was none.",
    .silent_for =
        "Estimates that are wrong for tables that have hardly changed: values that are rarer or more frequent "
        "than others, columns that depend on each other; scans that a LIMIT stopped early; small "
        "differences; maintenance; what had changed before, where stats_fetch_consistency is snapshot.",
    .remedy = "ANALYZE, and extended statistics for columns that depend on each other.",
    .thresholds = {{"min_rows", "rows", 10000, 1, 2147483647, "Rows by which the estimate must be off"},
                   {"min_factor", "times", 100, 2, 1000000, "How many times too few or too many"},
                   {"min_changed_percent", "percent", 10, 1, 100000,
                    "Rows changed since the last ANALYZE, of those that it saw"}},
    .evidence_names = {"rows_kept", "rows_estimated", "rows_changed", "table_rows", "partitions", "nested"},
    .related_name = nullptr,
    .fix = Fix::analyze,
    .on_series = nullptr,
    .on_statement = on_statement,
    .name_evidence = nullptr,
    .scale = scale,
    .advise = advise,
};

} // namespace query_audit
