#include "core/nested.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_calls = 0, critical_calls = 1 };
enum { calls, distinct_parameters, rows_per_call, trigger_depth };

void on_nested(const NestedContext &context) {
    const NestedSeries &series = context.series;
    // The client's statement may be another role's, who did not show it to the one whose rights the function has.
    const std::uint64_t parent = series.user == context.run.client.user ? context.run.parent_fingerprint : 0;
    UnitFinding *finding = unit_finding(
        context.unit, {context.rule, series.shape.fingerprint, series.shape.relation, parent}, Confidence::high);
    if (finding == nullptr) return;
    finding->text_key = series.shape.text_key();
    finding->severity = series.calls >= static_cast<std::uint32_t>(context.thresholds[critical_calls])
                            ? Severity::critical
                            : Severity::warning;
    finding->confidence = Confidence::high;
    finding->mark = Mark::execution;
    finding->reasons = reason_bit(Reason::one_statement);
    finding->occurrences = 1;
    finding->calls = series.calls;
    finding->rows = series.rows;
    finding->execution_ns = series.execution_ns;
    finding->wall_ns = series.last_end_ns - series.first_start_ns;
    finding->saved_ns = series.execution_ns - series.execution_ns / series.calls;
    finding->first_seen_us = finding->last_seen_us = context.run.seen_us;
    finding->evidence[calls] = series.calls;
    if (!series.values_hidden) finding->evidence[distinct_parameters] = series.distinct_parameters();
    finding->evidence[rows_per_call] = static_cast<std::int64_t>(series.rows / series.calls);
    finding->evidence[trigger_depth] = series.trigger_depth;
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    const char *around =
        finding.parent_fingerprint != 0 ? "one execution of the client's statement" : "one statement of the client's";
    if (finding.evidence[trigger_depth] > 0) {
        advice.format("A trigger ran this statement {} times inside {}. Let a trigger FOR EACH STATEMENT do it once "
                      "for all rows: REFERENCING NEW TABLE (or OLD TABLE) gives it the rows to join with.",
                      finding.evidence[calls], around);
    } else {
        advice.format("A function ran this statement {} times inside {}. Do it once for all rows: join with the table "
                      "instead of looking up each row in a loop or calling the function for each row; write with "
                      "INSERT ... SELECT, UPDATE ... FROM or DELETE ... USING.",
                      finding.evidence[calls], around);
    }
}

} // namespace

constinit const RuleDescriptor nested_loop_query_rule = {
    .id = "nested_loop_query",
    .title = "A loop of queries inside one statement",
    .category = "execution",
    .severity = Severity::warning,
    .rationale = "A function that looks up row by row, or a trigger that works on each row of a bulk write, hides the "
                 "loop from the client but not its cost: every execution starts, looks up and ends on its own, where "
                 "one join would read the table once.",
    .fires_when =
        "A statement that reads or writes a table ran `min_calls` times or more inside one statement of the client's: "
        "in a function of any language, a trigger, a DO block or a procedure, on all levels together. For triggers "
        "that wait for COMMIT, that is the statement.",
    .silent_for = "Fewer executions, also where the client calls the function in a loop of its own; the server's own "
                  "checks and actions of foreign keys; statements without a table, or on catalogs alone; COPY, CREATE "
                  "INDEX, CREATE TABLE AS, extension scripts, EXPLAIN and other maintenance.",
    .remedy = "One statement for all rows: a join instead of a function for each row, and a trigger for each statement "
              "with transition tables instead of one for each row.",
    .thresholds = {{"min_calls", "calls", 50, 2, 1000000,
                    "Executions inside one statement from which a nested one is reported"},
                   {"critical_calls", "calls", 10000, 2, 1000000,
                    "Executions inside one statement from which it is "
                    "critical"}},
    .evidence_names = {"calls", "distinct_parameters", "rows_per_call", "trigger_depth"},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = nullptr,
    .on_nested = on_nested,
    .advise = advise,
};

} // namespace query_audit
