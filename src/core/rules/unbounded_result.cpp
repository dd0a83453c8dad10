#include "core/execution.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_rows = 0, critical_rows = 1 };
enum { rows_returned, filtered, rows_read };

// A list of keys bounds what it finds.
bool is_bounded_by_list(const StatementEvent &event) noexcept {
    return event.list_length > 0 && event.shape->has(shape_flag::key_list) &&
           event.rows <= static_cast<std::uint64_t>(event.list_length);
}

bool returns_all_to_client(const StatementEvent &event) noexcept {
    constexpr std::uint32_t bounded = shape_flag::limit | shape_flag::aggregate;
    constexpr std::uint32_t otherwise = event_flag::nested | event_flag::in_parts | event_flag::failed;
    const StatementShape &shape = *event.shape;
    return shape.kind == StatementKind::select && shape.has(shape_flag::parsed) && (shape.flags & bounded) == 0 &&
           (event.flags & otherwise) == 0 && !is_bounded_by_list(event);
}

void on_statement(const StatementContext &context) {
    const StatementEvent &event = context.event;
    const auto rows = static_cast<std::int64_t>(event.rows);
    if (rows < context.thresholds[min_rows] || !is_judged_alone(event) || !returns_all_to_client(event)) return;
    UnitFinding *finding =
        report_execution(context, Confidence::high,
                         rows >= context.thresholds[critical_rows] ? Severity::critical : Severity::warning, 0);
    if (finding == nullptr || !is_largest_sample(*finding, rows)) return;
    finding->evidence[rows_returned] = rows;
    finding->evidence[filtered] = event.shape->has(shape_flag::filtered);
    finding->evidence[rows_read] = measured_rows(event);
}

Scaling scale(const UnitFinding &finding) { return {Growth::linear, finding.evidence[rows_returned]}; }

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("It returned {} rows at once and has no LIMIT, ", finding.evidence[rows_returned]);
    advice.append(finding.evidence[filtered] > 0
                      ? "so it grows with what its filter finds. "
                      : "nor a filter that compares with a value, so it grows with the table. ");
    advice.append(
        "To show rows, give it a LIMIT and page by key; to work through all of them, fetch them in parts with "
        "a cursor; to add them up, aggregate in SQL.");
}

} // namespace

constinit const RuleDescriptor unbounded_result_rule = {
    .id = "unbounded_result",
    .title = "A result without a bound",
    .category = "execution",
    .severity = Severity::warning,
    .rationale =
        "What a statement without LIMIT returns grows with the data: the server, the network and above all the "
        "memory of the client pay for every row, and one day it does not fit.",
    .fires_when = "A SELECT without LIMIT or FETCH FIRST returned `min_rows` rows or more to the client at once.",
    .silent_for =
        "Cursors that are fetched in parts, also by the driver (fetch size), and those held for later; "
        "aggregates without GROUP BY; look-ups by a list of keys that returned at most one row for each; COPY; "
        "statements inside functions; statements on catalogs alone; maintenance.",
    .remedy = "A LIMIT with paging by key, a cursor that is fetched in parts, or an aggregate in SQL.",
    .thresholds = {{"min_rows", "rows", 10000, 1, 2147483647, "Rows returned from which a result is reported"},
                   {"critical_rows", "rows", 100000, 1, 2147483647, "Rows returned from which it is critical"}},
    .evidence_names = {"rows_returned", "filtered", "rows_read"},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = on_statement,
    .scale = scale,
    .advise = advise,
};

} // namespace query_audit
