#include "core/rules/list.h"
#include "core/scan_causes.h"

namespace query_audit {
namespace {

enum { min_rows = 0 };
enum { rows_sorted, rows_read, limited, partitions, nested };

void report(const StatementContext &context, const ScanFacts &scan, bool again) {
    // What an index would save: with a LIMIT all but the rows that are wanted, else about the sort.
    const double shown = static_cast<double>(context.event.rows) / static_cast<double>(scan.rows_sorted);
    const double wasted = scan.sort_limited ? 1 - std::min(1.0, shown) : 0.5;
    const auto [finding, larger] = report_scan(context, scan, again, Severity::warning, wasted, scan.rows_sorted);
    if (finding == nullptr) return;
    if (larger) {
        finding->evidence[rows_sorted] = static_cast<std::int64_t>(scan.rows_sorted);
        finding->evidence[rows_read] = static_cast<std::int64_t>(scan.rows_read);
        finding->evidence[limited] = scan.sort_limited;
        finding->evidence[partitions] = scan.partitions;
        finding->evidence[nested] = context.event.is(event_flag::nested);
    }
    assign_text(finding->index_columns, scan.sort_columns);
}

void on_statement(const StatementContext &context) {
    const auto wanted = [&context](const ScanFacts &scan) {
        return scan.rows_sorted >= static_cast<std::uint64_t>(context.thresholds[min_rows]);
    };
    for_each_scan(context, wanted, [&context](const ScanFacts &scan, bool again) { report(context, scan, again); });
}

// The first rows alone are kept in order; else all are.
Scaling scale(const UnitFinding &finding) {
    return {finding.evidence[limited] > 0 ? Growth::linear : Growth::linearithmic, finding.evidence[rows_sorted]};
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("It sorted {} rows of {}", finding.evidence[rows_sorted], finding.relation_name);
    advice.append(finding.evidence[limited] > 0 ? " to keep the first few for its LIMIT"
                                                : " for the order that it asks for or needs");
    if (finding.filter[0] != '\0') advice.format(" (filter {})", finding.filter);
    advice.append(". An index on the columns compared for equality, then on those of the sort in its directions, "
                  "gives them in order");
    advice.append(finding.evidence[limited] > 0 ? " and stops at the last row wanted." : " without a sort.");
}

} // namespace

constinit const RuleDescriptor unindexed_sort_rule = {
    .id = "unindexed_sort",
    .title = "Sorting what an index could give in order",
    .category = "execution",
    .severity = Severity::warning,
    .rationale = "To show the first page of a list, every row of it is read and sorted; with more rows the same page "
                 "takes longer, and the sort may go to disk.",
    .fires_when =
        "The sort for a statement's ORDER BY (whole, incremental, or top-N for a LIMIT) took `min_rows` rows or more, "
        "and all its keys are columns of one table, or expressions of them. With joins, where a LIMIT ends it and "
        "the table's rows are all kept in order by them. A sort inside (of a subquery or CTE, for DISTINCT ON, "
        "grouping, "
        "a window, a merge join, or of partitions) where a LIMIT above it could stop it early, where the rows are "
        "found "
        "by equality, or where its keys are all that is taken of the table.",
    .silent_for =
        "Sorts of aggregates and of unions; those inside that take a whole table and all of its rows; keys of several "
        "tables; sorts of few rows at a time; an order that an index of the table has, which the planner passed over; "
        "maintenance.",
    .remedy = "An index on the columns compared for equality, then those of the sort, with direction.",
    .thresholds = {{"min_rows", "rows", 10000, 1, 2147483647, "Rows that one sort must have taken to be reported"}},
    .evidence_names = {"rows_sorted", "rows_read", "limited", "partitions", "nested"},
    .related_name = nullptr,
    .fix = Fix::create_index,
    .on_series = nullptr,
    .on_statement = on_statement,
    .name_evidence = nullptr,
    .scale = scale,
    .advise = advise,
};

} // namespace query_audit
