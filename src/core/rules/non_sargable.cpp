#include "core/rules/list.h"
#include "core/scan_causes.h"

namespace query_audit {
namespace {

enum { rows_read, rows_kept, loops, partitions, nested, cause };

void report(const StatementContext &context, const ScanFacts &scan, bool again) {
    const auto [finding, larger] =
        report_scan(context, scan, again, Severity::warning, wasted_share(scan), scan.rows_read);
    if (finding == nullptr) return;
    if (larger) {
        finding->evidence[rows_read] = static_cast<std::int64_t>(scan.rows_read);
        finding->evidence[rows_kept] = static_cast<std::int64_t>(scan.rows_read - scan.rows_removed);
        finding->evidence[loops] = static_cast<std::int64_t>(scan.loops);
        finding->evidence[partitions] = scan.partitions;
        finding->evidence[nested] = context.event.is(event_flag::nested);
        finding->evidence[cause] = static_cast<std::int64_t>(scan.missed);
        assign_text(finding->index_name, scan.missed_index);
    }
    assign_text(finding->index_columns, scan.missed_columns);
}

void on_statement(const StatementContext &context) {
    for_each_scan(
        context, [&context](const ScanFacts &scan) { return is_missed_index(scan, context.settings); },
        [&context](const ScanFacts &scan, bool again) { report(context, scan, again); });
}

const char *name_evidence(int place, std::int64_t value) { return place == cause ? missed_name(value) : nullptr; }

Scaling scale(const UnitFinding &finding) { return {Growth::linear, finding.evidence[rows_read]}; }

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("It read {} rows of {} to keep {}, with the filter {}. The index {} holds the column, and ",
                  finding.evidence[rows_read], finding.relation_name, finding.evidence[rows_kept], finding.filter,
                  finding.index_name);
    switch (static_cast<Missed>(finding.evidence[cause])) {
    case Missed::function:
        return advice.append("cannot answer what a function or an operator makes of it: compare the column itself, or "
                             "index the expression.");
    case Missed::cast:
        return advice.append("cannot answer a cast of it: compare the column in its own type, or index the "
                             "expression.");
    case Missed::parameter_type:
        return advice.append("the value is of another type, to which each row's column is converted first: bind the "
                             "value, or cast it, in the column's own type.");
    case Missed::collation:
        return advice.append("sorts in another order than the comparison needs: index the column with the collation "
                             "or the operator class that is asked for.");
    case Missed::configuration:
        return advice.append(
            "is of a text search configuration that the condition does not name: without one it is the "
            "session's, which may change. Name it as the index does.");
    case Missed::array_element:
        return advice.append("finds what an array contains, while = ANY looks into the array of each row: write column "
                             "@> ARRAY[value] instead of value = ANY (column).");
    case Missed::none:
        break;
    }
    advice.append("was not used.");
}

} // namespace

constinit const RuleDescriptor non_sargable_rule = {
    .id = "non_sargable",
    .title = "An index that the condition keeps from being used",
    .category = "execution",
    .severity = Severity::warning,
    .rationale = "The index is there and is paid for by every write, and the query reads the whole table all the same, "
                 "because it asks about something else than the column.",
    .fires_when =
        "A sequential scan, or one of a whole index, read `min_rows` rows or more, its filter threw away "
        "`min_removed_percent` of them or more, "
        "and it compares a function, a cast or an operator of a column that leads a valid index, a column with a value "
        "of another type that converts the column, a column in an order (collation, LIKE with a fixed beginning) that "
        "the index does not have, asks by = ANY whether a column that has a GIN index contains a value, or searches a "
        "text without naming the text search configuration that an index of it has. The evidence names the index and "
        "the cause.",
    .silent_for = "Expressions that an index holds; columns that lead no index (`seq_scan`); small tables; scans that "
                  "keep most of what they read; comparisons that no index could answer; maintenance.",
    .remedy = "Compare the column itself, in its own type; or an index of the expression.",
    .thresholds = {{"min_rows", "rows", 10000, 1, 2147483647, "Rows that one scan must have read to be reported"},
                   {"min_removed_percent", "percent", 90, 1, 100,
                    "Share of them that its filter must have thrown away"}},
    .evidence_names = {"rows_read", "rows_kept", "loops", "partitions", "nested", "cause"},
    .related_name = nullptr,
    .fix = Fix::create_index,
    .on_series = nullptr,
    .on_statement = on_statement,
    .name_evidence = name_evidence,
    .scale = scale,
    .advise = advise,
};

} // namespace query_audit
