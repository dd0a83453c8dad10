#include <algorithm>

#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_rows = 0, min_removed_percent = 1, critical_rows = 2 };
enum { rows_read, rows_removed, rows_kept, loops, partitions, nested };

// What one pass over the table read, not what a nested loop's many passes over a small one add up to.
bool is_large_and_wasteful(const ScanFacts &scan, const int *thresholds) noexcept {
    const std::uint64_t passes = std::max<std::uint64_t>(1, scan.loops);
    return scan.rows_read / passes >= static_cast<std::uint64_t>(thresholds[min_rows]) &&
           scan.rows_removed * 100 >= scan.rows_read * static_cast<std::uint64_t>(thresholds[min_removed_percent]);
}

void report(const StatementContext &context, const ScanFacts &scan, bool again) {
    const StatementEvent &event = context.event;
    UnitFinding *finding =
        unit_finding(context.unit, {context.rule, event.shape->fingerprint, scan.relation, 0}, Confidence::high);
    if (finding == nullptr) return;
    finding->text_key = event.shape->text_key();
    const bool critical = scan.rows_read >= static_cast<std::uint64_t>(context.thresholds[critical_rows]);
    finding->severity = std::max(finding->severity, critical ? Severity::critical : Severity::warning);
    finding->confidence = Confidence::high;
    finding->mark = Mark::execution;
    finding->reasons = reason_bit(Reason::measured);
    if (finding->occurrences == 0) finding->first_seen_us = event.statement_time_us;
    finding->last_seen_us = event.statement_time_us;
    // A statement may scan a table in two places.
    if (!again) {
        ++finding->occurrences;
        ++finding->calls;
        finding->rows += event.rows;
        finding->execution_ns += event.execution_ns;
        finding->wall_ns += event.execution_ns;
    }
    const double wasted = static_cast<double>(scan.rows_removed) / static_cast<double>(scan.rows_read);
    if (!again) finding->saved_ns += static_cast<std::int64_t>(wasted * static_cast<double>(event.execution_ns));
    if (static_cast<std::int64_t>(scan.rows_read) > finding->evidence[rows_read]) {
        finding->evidence[rows_read] = static_cast<std::int64_t>(scan.rows_read);
        finding->evidence[rows_removed] = static_cast<std::int64_t>(scan.rows_removed);
        finding->evidence[rows_kept] = static_cast<std::int64_t>(scan.rows_read - scan.rows_removed);
        finding->evidence[loops] = static_cast<std::int64_t>(scan.loops);
        finding->evidence[partitions] = scan.partitions;
        finding->evidence[nested] = event.is(event_flag::nested);
    }
    finding->partitions = scan.partitions;
    assign_text(finding->relation_name, scan.relation_name);
    assign_text(finding->filter, scan.filter);
    assign_text(finding->index_columns, scan.index_exists ? "" : scan.index_columns);
}

void on_statement(const StatementContext &context) {
    const StatementEvent &event = context.event;
    if (event.facts == nullptr || event.is(event_flag::in_progress)) return;
    std::uint32_t reported[max_scan_facts] = {};
    for (int i = 0; i < event.facts->scan_count; ++i) {
        const ScanFacts &scan = event.facts->scans[i];
        if (!is_large_and_wasteful(scan, context.thresholds)) continue;
        report(context, scan, std::find(reported, reported + i, scan.relation) != reported + i);
        reported[i] = scan.relation;
    }
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    const std::int64_t read = finding.evidence[rows_read];
    advice.format("It read {} rows of {} to keep {}", read, finding.relation_name, finding.evidence[rows_kept]);
    if (finding.filter[0] != '\0') advice.format(", with the filter {}", finding.filter);
    if (finding.index_columns[0] != '\0') {
        advice.append(". An index on what it filters by would read only the rows it keeps.");
    } else {
        advice.append(". No plain index would serve this filter, or one that leads with its column was there and was "
                      "not used: look for a function or a cast around the column, for a value of another type, or for "
                      "a pattern that starts with a wildcard.");
    }
}

} // namespace

constinit const RuleDescriptor seq_scan_rule = {
    .id = "seq_scan",
    .title = "A whole table read for a few rows",
    .category = "execution",
    .severity = Severity::warning,
    .rationale = "A sequential scan costs as much as the table is large, whatever it returns: fine in staging, and "
                 "ten times slower when the table has ten times the rows.",
    .fires_when =
        "A sequential scan read `min_rows` rows or more of one table (a partitioned table counts as one), and its "
        "filter threw away `min_removed_percent` of them or more. Rows are counted by the executor, on this very "
        "execution, and only where the plan's cost says that a large table may be read. Statements inside "
        "functions count too.",
    .silent_for =
        "Small tables, also where a nested loop scans one many times; scans that return most of what they read, or "
        "have no filter; a LIMIT that stopped the scan early; COPY, VACUUM, CREATE INDEX, EXPLAIN and other "
        "maintenance.",
    .remedy = "An index on the columns that the filter compares: those compared for equality first, then one range.",
    .thresholds = {{"min_rows", "rows", 10000, 1, 2147483647, "Rows that one scan must have read to be reported"},
                   {"min_removed_percent", "percent", 90, 1, 100,
                    "Share of them that its filter must have thrown away"},
                   {"critical_rows", "rows", 1000000, 1, 2147483647,
                    "Rows read in one execution from which it is critical"}},
    .evidence_names = {"rows_read", "rows_removed", "rows_kept", "loops", "partitions", "nested"},
    .related_name = nullptr,
    .fix = Fix::create_index,
    .on_series = nullptr,
    .on_statement = on_statement,
    .advise = advise,
};

} // namespace query_audit
