#include <algorithm>

#include "core/execution.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_rows = 0, critical_rows = 1 };
enum { rows_skipped, limit, rows_returned, rows_read, nested };

// A page past the end skipped what there was, which is not known unless it was measured.
std::int64_t skipped_by(const StatementEvent &event) noexcept {
    if (event.rows > 0) return event.offset;
    return event.facts != nullptr ? std::min(event.offset, measured_rows(event)) : 0;
}

void on_statement(const StatementContext &context) {
    const StatementEvent &event = context.event;
    if (event.offset < context.thresholds[min_rows] || !event.shape->has(shape_flag::page)) return;
    if (!is_judged_alone(event) || event.is(event_flag::failed)) return;
    const std::int64_t skipped = skipped_by(event);
    if (skipped < context.thresholds[min_rows]) return;
    const double wasted =
        static_cast<double>(skipped) / (static_cast<double>(skipped) + static_cast<double>(event.rows));
    UnitFinding *finding =
        report_execution(context, Confidence::high,
                         skipped >= context.thresholds[critical_rows] ? Severity::critical : Severity::warning,
                         static_cast<std::int64_t>(wasted * static_cast<double>(event.execution_ns)));
    if (finding == nullptr || !is_largest_sample(*finding, skipped)) return;
    finding->evidence[rows_skipped] = skipped;
    finding->evidence[limit] = event.limit;
    finding->evidence[rows_returned] = static_cast<std::int64_t>(event.rows);
    finding->evidence[rows_read] = measured_rows(event);
    finding->evidence[nested] = event.is(event_flag::nested);
}

// The last pages are as far from the start as there are rows.
Scaling scale(const UnitFinding &finding) { return {Growth::linear, finding.evidence[rows_skipped]}; }

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("It computed {} rows and threw them away to return {}, and each page costs more than the one before. "
                  "Page by key: WHERE (sort columns) > (those of the last row shown) ORDER BY them LIMIT n costs the "
                  "same for every page.",
                  finding.evidence[rows_skipped], finding.evidence[rows_returned]);
}

} // namespace

constinit const RuleDescriptor deep_offset_rule = {
    .id = "deep_offset",
    .title = "Rows skipped to reach a page",
    .category = "execution",
    .severity = Severity::warning,
    .rationale = "OFFSET computes every row before the page and throws it away, so a walk through all pages costs the "
                 "square of their number; and rows that come or go meanwhile are shown twice or not at all.",
    .fires_when = "OFFSET skipped `min_rows` rows or more in one execution: the value that it had, where the page "
                  "returned a row; where it returned none, the rows that were read, where they were measured. "
                  "Statements inside functions count too.",
    .silent_for = "A smaller OFFSET; a page past the end of a table whose reading was not worth measuring; statements "
                  "that failed; maintenance.",
    .remedy = "Page by key: a condition on the sort columns in place of OFFSET.",
    .thresholds = {{"min_rows", "rows", 1000, 1, 2147483647, "Rows that OFFSET must have skipped to be reported"},
                   {"critical_rows", "rows", 100000, 1, 2147483647, "Rows skipped from which it is critical"}},
    .evidence_names = {"rows_skipped", "limit", "rows_returned", "rows_read", "nested"},
    .related_name = nullptr,
    .fix = Fix::keyset_page,
    .on_series = nullptr,
    .on_statement = on_statement,
    .scale = scale,
    .advise = advise,
};

} // namespace query_audit
