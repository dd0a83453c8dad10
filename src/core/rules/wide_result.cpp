#include "core/execution.h"
#include "core/lineage.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_rows = 0 };
enum { rows, wide_columns, other_columns, row_kb, limited, nested };
constexpr std::uint32_t fewest_other_columns = 2; // one is the key of a row whose wide column is wanted

void on_statement(const StatementContext &context) {
    const StatementEvent &event = context.event;
    if (event.facts == nullptr || (event.flags & (event_flag::in_progress | event_flag::in_parts)) != 0) return;
    const WideFacts &wide = event.facts->wide;
    if (wide.relation == 0 || wide.other_columns < fewest_other_columns ||
        event.rows < static_cast<std::uint64_t>(context.thresholds[min_rows])) {
        return;
    }
    UnitFinding *finding = report_execution(context, Confidence::high, Severity::warning, 0, wide.relation);
    if (finding == nullptr) return;
    if (is_largest_sample(*finding, static_cast<std::int64_t>(event.rows))) {
        finding->evidence[rows] = static_cast<std::int64_t>(event.rows);
        finding->evidence[wide_columns] = wide.columns;
        finding->evidence[other_columns] = wide.other_columns;
        finding->evidence[row_kb] = static_cast<std::int64_t>((wide.row_bytes + bytes_a_kb - 1) / bytes_a_kb);
        finding->evidence[limited] = event.shape->has(shape_flag::limit);
        finding->evidence[nested] = event.is(event_flag::nested);
    }
    assign_text(finding->relation_name, wide.relation_name);
    assign_text(finding->index_columns, wide.column_names);
}

Scaling scale(const UnitFinding &finding) {
    return {finding.evidence[limited] > 0 ? Growth::constant : Growth::linear, finding.evidence[rows]};
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("It returned {} rows of {} together with what is stored out of line, about {} KiB for each row. Name "
                  "the columns that are needed, without {}, and fetch the rest for single rows; an ORM has a name for "
                  "it (defer, only, load_only, select).",
                  finding.evidence[rows], finding.relation_name, finding.evidence[row_kb],
                  finding.index_columns[0] != '\0' ? finding.index_columns : "the wide ones");
}

} // namespace

constinit const RuleDescriptor wide_result_rule = {
    .id = "wide_result",
    .title = "Large columns fetched with every row of a list",
    .category = "execution",
    .severity = Severity::warning,
    .rationale = "Values above two kilobytes are stored apart. A list that names all columns reads and sends them with "
                 "each row, though a list seldom shows them.",
    .fires_when = "A statement returned `min_rows` rows or more at once, and of the last four of its first twelve rows "
                  "at least two held values that are stored out of line, with two or more other columns of the same "
                  "table beside them. The rows themselves are looked at as they pass, not the types of their columns.",
    .silent_for = "Wide columns fetched alone or beside a key; values that are short, or compressed in their row; few "
                  "rows; cursors read in parts; COPY and other maintenance.",
    .remedy = "Name the columns, without the wide ones.",
    .thresholds = {{"min_rows", "rows", 1000, sampled_rows, 2147483647,
                    "Rows that must have been returned to be reported"}},
    .evidence_names = {"rows", "wide_columns", "other_columns", "row_kb", "limited", "nested"},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = on_statement,
    .name_evidence = nullptr,
    .scale = scale,
    .advise = advise,
};

} // namespace query_audit
