#include "core/rules/list.h"
#include "core/scan_causes.h"

namespace query_audit {
namespace {

enum { min_rows = 0, min_removed_percent = 1, critical_rows = 2 };
enum { rows_read, rows_removed, rows_kept, loops, partitions, nested, cause };

// One cause is reported once.
bool is_explained(const ScanFacts &scan, const Settings &settings) noexcept {
    return is_wildcard_scan(scan, settings) || is_missed_index(scan, settings) || is_misled(scan, settings);
}

void report(const StatementContext &context, const ScanFacts &scan, bool again) {
    const bool critical = scan.rows_read >= static_cast<std::uint64_t>(context.thresholds[critical_rows]);
    const auto [finding, larger] = report_scan(context, scan, again, critical ? Severity::critical : Severity::warning,
                                               wasted_share(scan), scan.rows_read);
    if (finding == nullptr) return;
    if (larger) {
        finding->evidence[rows_read] = static_cast<std::int64_t>(scan.rows_read);
        finding->evidence[rows_removed] = static_cast<std::int64_t>(scan.rows_removed);
        finding->evidence[rows_kept] = static_cast<std::int64_t>(scan.rows_read - scan.rows_removed);
        finding->evidence[loops] = static_cast<std::int64_t>(scan.loops);
        finding->evidence[partitions] = scan.partitions;
        finding->evidence[nested] = context.event.is(event_flag::nested);
        finding->evidence[cause] = scan.missed == Missed::none ? -1 : static_cast<std::int64_t>(scan.missed);
    }
    assign_indexes(*finding, scan.index_exists, scan.index_columns);
    assign_text(finding->index_name, scan.missed_index);
}

void on_statement(const StatementContext &context) {
    const auto wanted = [&context](const ScanFacts &scan) {
        return searches_all(scan) && rows_of_a_pass(scan) >= static_cast<std::uint64_t>(context.thresholds[min_rows]) &&
               throws_away(scan, context.thresholds[min_removed_percent]) && !is_explained(scan, context.settings);
    };
    for_each_scan(context, wanted, [&context](const ScanFacts &scan, bool again) { report(context, scan, again); });
}

const char *name_evidence(int place, std::int64_t value) { return place == cause ? missed_name(value) : nullptr; }

Scaling scale(const UnitFinding &finding) { return {Growth::linear, finding.evidence[rows_read]}; }

void advise(const UnitFinding &finding, TextWriter &advice) {
    const std::int64_t read = finding.evidence[rows_read];
    advice.format("It read {} rows of {} to keep {}", read, finding.relation_name, finding.evidence[rows_kept]);
    if (finding.filter[0] != '\0') advice.format(", with the filter {}", finding.filter);
    if (has_several_indexes(finding)) {
        advice.append(". Each part of its OR takes an index of its own: with all of them the server reads only the "
                      "rows it keeps, and with one missing still the whole table.");
    } else if (finding.index_columns[0] != '\0') {
        advice.append(". An index on what it filters by would read only the rows it keeps.");
    } else if (finding.index_name[0] != '\0') {
        advice.format(". The index {} was there and could not be used: {}.", finding.index_name,
                      missed_name(finding.evidence[cause]));
    } else if (finding.evidence[cause] == static_cast<std::int64_t>(Missed::configuration)) {
        advice.append(". It searches a text by the session's text search configuration, which may change, so no index "
                      "can hold what is searched: name the configuration, as in to_tsvector('english', ...), in the "
                      "statement and in a GIN index of that expression.");
    } else if (finding.evidence[cause] == static_cast<std::int64_t>(Missed::array_element)) {
        advice.append(". It looks into the array of each row by = ANY (column), which no index answers: write column "
                      "@> ARRAY[value], which a GIN index on the column does.");
    } else {
        advice.append(". No plain index would serve this filter, or one that leads with its column was there and was "
                      "not used: look for a function or a cast around the column, for a value of another type, for a "
                      "pattern that starts with a wildcard, or for an OR with a part that no index answers.");
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
        "A sequential scan, or one of an index without a condition that says where to look in it, read `min_rows` rows "
        "or more of one table (a partitioned table counts as one), and its filter threw away `min_removed_percent` of "
        "them or more, or a hash or merge join did that it was read for without a filter, and that had no more than a "
        "hundredth of as many other rows. Rows are counted by the executor, on this very "
        "execution, and only where the plan's cost says that a large table may be read. Statements inside "
        "functions count too.",
    .silent_for =
        "Small tables, also where a nested loop scans one many times; scans that return most of what they read, or "
        "have neither a filter nor such a join; a LIMIT that stopped the scan early; COPY, VACUUM, CREATE INDEX, "
        "EXPLAIN and other "
        "maintenance; what `leading_wildcard`, `non_sargable` or `stale_statistics` explains.",
    .remedy = "An index on the columns that the filter compares: those compared for equality first, then one range.",
    .thresholds = {{"min_rows", "rows", 10000, 1, 2147483647, "Rows that one scan must have read to be reported"},
                   {"min_removed_percent", "percent", 90, 1, 100,
                    "Share of them that its filter must have thrown away"},
                   {"critical_rows", "rows", 1000000, 1, 2147483647,
                    "Rows read in one execution from which it is critical"}},
    .evidence_names = {"rows_read", "rows_removed", "rows_kept", "loops", "partitions", "nested", "cause"},
    .related_name = nullptr,
    .fix = Fix::create_index,
    .on_series = nullptr,
    .on_statement = on_statement,
    .name_evidence = name_evidence,
    .scale = scale,
    .advise = advise,
};

} // namespace query_audit
