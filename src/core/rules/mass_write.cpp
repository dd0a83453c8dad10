#include "core/execution.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_rows = 0, critical_rows = 1 };
enum { rows_changed, filtered, nested };

void on_statement(const StatementContext &context) {
    const StatementEvent &event = context.event;
    const auto rows = static_cast<std::int64_t>(event.rows);
    const StatementKind kind = event.shape->kind;
    if (rows < context.thresholds[min_rows] || !is_judged_alone(event) || event.is(event_flag::failed)) return;
    if (kind != StatementKind::update && kind != StatementKind::delete_) return;
    UnitFinding *finding =
        report_execution(context, Confidence::high,
                         rows >= context.thresholds[critical_rows] ? Severity::critical : Severity::warning, 0);
    if (finding == nullptr || !is_largest_sample(*finding, rows)) return;
    finding->evidence[rows_changed] = rows;
    finding->evidence[filtered] = event.shape->has(shape_flag::filtered);
    finding->evidence[nested] = event.is(event_flag::nested);
}

Scaling scale(const UnitFinding &finding) { return {Growth::linear, finding.evidence[rows_changed]}; }

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format(
        "One statement changed {} rows: all of them stay locked until it commits, its dead rows cannot be "
        "cleaned up meanwhile, and standbys and replication slots fall behind. Change some thousand rows at a "
        "time, in the order of the key, with a COMMIT after each batch. ",
        finding.evidence[rows_changed]);
    advice.append("To delete what is old again and again, partition by time and drop partitions.");
}

} // namespace

constinit const RuleDescriptor mass_write_rule = {
    .id = "mass_write",
    .title = "One statement that changes very many rows",
    .category = "execution",
    .severity = Severity::warning,
    .rationale = "A statement that changes a large part of a table holds its row locks to the end, so that every other "
                 "writer of these rows waits; it doubles the table until vacuum has been there, and is written again "
                 "as a whole when it fails on its last row.",
    .fires_when =
        "One UPDATE or DELETE changed `min_rows` rows or more. Statements inside functions and triggers count "
        "too.",
    .silent_for = "INSERT, MERGE and COPY; TRUNCATE and DROP of a partition; many statements of a few rows each "
                  "(`write_loop`); statements that failed; maintenance.",
    .remedy = "Batches by key, each in a transaction of its own; partitions for what is deleted by time.",
    .thresholds = {{"min_rows", "rows", 10000, 1, 2147483647, "Rows changed from which a statement is reported"},
                   {"critical_rows", "rows", 1000000, 1, 2147483647, "Rows changed from which it is critical"}},
    .evidence_names = {"rows_changed", "filtered", "nested"},
    .related_name = nullptr,
    .fix = Fix::write_in_batches,
    .on_series = nullptr,
    .on_statement = on_statement,
    .scale = scale,
    .advise = advise,
};

} // namespace query_audit
