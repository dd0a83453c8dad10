#include "core/evidence.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_calls = 0 };
enum { repeats, calls, distinct_parameters, mean_pause_us };

bool repeats_itself(const Tally &tally, const int *thresholds) {
    return tally.repeats.most() >= static_cast<std::uint32_t>(thresholds[min_calls]);
}

bool gives_the_same_answer(const StatementShape &shape) noexcept {
    constexpr std::uint32_t excluded = shape_flag::volatile_call | shape_flag::locks_rows;
    return shape.kind == StatementKind::select && (shape.flags & excluded) == 0;
}

void on_series(const SeriesContext &context) {
    const Series &series = context.series;
    if (!gives_the_same_answer(series.shape)) return;
    const SequenceEvidence evidence =
        judge_repeats(context.unit, series, context.end, repeats_itself, context.thresholds, false);
    if (evidence.tally == nullptr) return;
    UnitFinding *finding = unit_finding(
        context.unit, {context.rule, series.shape.fingerprint, series.shape.relation, 0}, evidence.confidence);
    if (finding == nullptr) return;

    const Tally &tally = *evidence.tally;
    const std::uint32_t most = tally.repeats.most();
    describe_series(*finding, series, evidence);
    finding->text_key = series.shape.text_key();
    finding->saved_ns = finding->wall_ns / tally.calls * (most - 1);
    finding->severity =
        (evidence.reasons & reason_bit(Reason::one_round_trip)) != 0 ? Severity::info : Severity::warning;
    finding->evidence[repeats] = most;
    finding->evidence[calls] = tally.calls;
    finding->evidence[distinct_parameters] = tally.filters.estimate();
    finding->evidence[mean_pause_us] = tally.pause_ns / 1000 / (tally.calls - 1);
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("The same statement with the same parameters ran {} times, and nothing was written to its tables in "
                  "between. Fetch it once and hand the result on, or keep it for the length of the request.",
                  finding.evidence[repeats]);
}

} // namespace

constinit const RuleDescriptor duplicate_query_rule = {
    .id = "duplicate_query",
    .title = "The same query with the same parameters, again and again",
    .category = "sequence",
    .severity = Severity::warning,
    .rationale = "Each repeat costs a round trip and an execution for an answer that the application already has.",
    .fires_when =
        "One SELECT shape ran `min_calls` times or more with the same parameters in a unit of work, and none of "
        "its tables was written in between. Outside a transaction, trace or named unit the same caution holds "
        "as for `n_plus_one`: `low` until the run has ended and long pauses set it apart.",
    .silent_for =
        "Pings and statements without a table; polling at a steady pace outside a transaction; calls of volatile "
        "functions; statements that lock rows; reading again what was written since.",
    .remedy = "Fetch once and keep the result for the length of the unit of work.",
    .thresholds = {{"min_calls", "calls", 5, 2, 1000000,
                    "Executions with the same parameters from which a series is reported"}},
    .evidence_names = {"repeats", "calls", "distinct_parameters", "mean_pause_us"},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = on_series,
    .on_statement = nullptr,
    .advise = advise,
};

} // namespace query_audit
