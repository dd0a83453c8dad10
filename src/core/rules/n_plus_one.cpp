#include "core/evidence.h"
#include "core/rules/list.h"
#include "core/write_loops.h"

namespace query_audit {
namespace {

enum { min_calls = 0, critical_calls = 1 };
enum { calls, distinct_parameters, parent_rows, parent_calls, mean_pause_us, max_pause_us, rows_per_call };

bool is_look_up(const StatementShape &shape) noexcept {
    constexpr std::uint32_t excluded = shape_flag::batch | shape_flag::skips_locked;
    return shape.kind == StatementKind::select && shape.has(shape_flag::keyed) && (shape.flags & excluded) == 0;
}

// A few numbers of one page are count_storm's, where that would report them.
bool is_storm(const SeriesContext &context, const Tally &tally) noexcept {
    if (!context.series.shape.has(shape_flag::aggregate)) return false;
    const int storm = find_rule("count_storm");
    return context.settings.enabled(storm) &&
           tally.filters.estimate() >= static_cast<std::uint32_t>(context.settings.thresholds[storm][0]) &&
           !is_loop_by_key(context.series.shape, tally, context.end.ended);
}

bool repeats_with_other_values(const Tally &tally, const int *thresholds) {
    const auto least = static_cast<std::uint32_t>(thresholds[min_calls]);
    return tally.calls >= least && tally.filters.estimate() >= least;
}

void on_series(const SeriesContext &context) {
    const Series &series = context.series;
    if (!is_look_up(series.shape)) return;
    const SequenceEvidence evidence =
        judge_repeats(context.unit, series, context.end, repeats_with_other_values, context.thresholds, true);
    if (evidence.tally == nullptr || reads_for_write_loop(context.unit, series, evidence)) return;
    if (is_storm(context, *evidence.tally)) return;
    const Tally &tally = *evidence.tally;
    const bool has_parent = evidence.explained != Explains::nothing;
    const std::uint64_t parent = has_parent ? tally.parent.fingerprint : 0;
    UnitFinding *finding = unit_finding(
        context.unit, {context.rule, series.shape.fingerprint, series.shape.relation, parent}, evidence.confidence);
    if (finding == nullptr) return;

    describe_series(*finding, series, evidence);
    finding->text_key = series.shape.text_key();
    finding->severity = severity_of(evidence, context.thresholds[critical_calls]);
    finding->parent_fingerprint = parent;
    if (has_parent) write_chain(context.unit, tally, evidence.mark == Mark::transaction, finding->related);
    finding->evidence[calls] = tally.calls;
    finding->evidence[distinct_parameters] = tally.filters.estimate();
    if (has_parent) {
        finding->evidence[parent_rows] = static_cast<std::int64_t>(tally.parent.rows);
        finding->evidence[parent_calls] = tally.parent.lists;
    }
    finding->evidence[mean_pause_us] = tally.pause_ns / 1000 / (tally.calls - 1);
    finding->evidence[max_pause_us] = tally.max_pause_ns / 1000;
    finding->evidence[rows_per_call] = static_cast<std::int64_t>(tally.rows / tally.calls);
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    const std::int64_t repeats = finding.evidence[calls];
    if (finding.parent_fingerprint != 0) {
        advice.format("One statement returned {} rows, and this one then ran {} times, once for each. ",
                      finding.evidence[parent_rows], repeats);
    } else {
        advice.format("This statement ran {} times, each time with another value. ", repeats);
    }
    if ((finding.reasons & reason_bit(Reason::one_round_trip)) != 0) {
        advice.append(
            "They were sent together, so no round trips are lost; one statement would still be planned once.");
        return;
    }
    advice.append(
        "Collect the keys and run it once (= ANY), or join it with the statement that feeds it: eager loading, "
        "include, preload, select_related or prefetch_related, as your ORM calls it.");
}

} // namespace

constinit const RuleDescriptor n_plus_one_rule = {
    .id = "n_plus_one",
    .title = "One query per row (N+1)",
    .category = "sequence",
    .severity = Severity::warning,
    .rationale = "A look-up that runs once for every row of a list costs a round trip each time. The page that takes "
                 "20 ms with ten rows takes seconds with a thousand, and holds its connection all the while.",
    .fires_when =
        "One SELECT shape ran `min_calls` times or more in a unit of work, with as many different keys (values that "
        "its filter compares with, but not the bounds of a range: `device_id = $1 AND at < $2` looks up by device), "
        "and something holds the repeats together: a statement before them whose rows explain their number, "
        "one transaction, trace or named unit, or a run with short pauses and a constant period of at most 8 "
        "statements. Children without rows count, and so does a count per row or per range. Where loops nest, the "
        "evidence names the chain. A bare run outside all of these stays `low` while it goes on, and becomes "
        "`medium` only when it has ended, is short, and long pauses set it apart.",
    .silent_for =
        "Fewer repeats; the same look-up once a request on a pooled connection; foreign-key checks; fetches from "
        "a cursor; keyset batches (`id > $1 ORDER BY id LIMIT n`), batches by range (`BETWEEN $1 AND $2`) and OFFSET "
        "batches; `= ANY` and IN lists; queue polling with SKIP LOCKED; catalog queries; a transaction that is tried "
        "again after an error; pings; up to eight values of one aggregate that are no list's (`count_storm`). "
        "Statements sent in one round trip are `info`.",
    .remedy = "Fetch all children in one statement: = ANY with the list of keys, or a join with the parent.",
    .thresholds = {{"min_calls", "calls", 5, 2, 1000000,
                    "Executions, with as many different keys, from which a series is reported"},
                   {"critical_calls", "calls", 100, 2, 1000000, "Executions in one unit from which it is critical"}},
    .evidence_names = {"calls", "distinct_parameters", "parent_rows", "parent_calls", "mean_pause_us", "max_pause_us",
                       "rows_per_call"},
    .related_name = "chain",
    .fix = Fix::batch_child,
    .on_series = on_series,
    .on_statement = nullptr,
    .advise = advise,
};

} // namespace query_audit
