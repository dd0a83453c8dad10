#include "core/rules/list.h"
#include "core/write_loops.h"

namespace query_audit {
namespace {

bool writes_in_a_transaction_each(const Tally &tally, const int *thresholds) {
    return writes_row_by_row(tally, thresholds) && commits_each(tally);
}

void on_series(const SeriesContext &context) { report_write_loop(context, writes_in_a_transaction_each); }

void advise(const UnitFinding &finding, TextWriter &advice) {
    const std::int64_t body = finding.evidence[WriteLoops::statements_per_row];
    advice.format("{} rows were written one by one in {} transactions", finding.evidence[WriteLoops::calls],
                  finding.evidence[WriteLoops::transactions]);
    if (body > 1) advice.format(", with {} statements for each row", body);
    advice.append(
        ". Each commit waits until its log is on disk. Put a transaction around the loop, or around every few "
        "hundred rows of a long one; better, write the rows with one statement: INSERT with many VALUES or "
        "unnest, UPDATE ... FROM (VALUES ...), DELETE ... = ANY.");
}

} // namespace

constinit const RuleDescriptor commit_per_row_rule = {
    .id = "commit_per_row",
    .title = "A transaction for every row written",
    .category = "sequence",
    .severity = Severity::warning,
    .rationale =
        "Every commit writes the log to disk and waits for it, as well as for a synchronous replica: a thousand "
        "rows cost a thousand waits where one would do, and a failure halfway leaves half of them written.",
    .fires_when =
        "`min_calls` transactions or more in a row each wrote one row by the same INSERT, UPDATE, DELETE or "
        "MERGE shape, each time another row: in autocommit, or in transactions of at most 3 statements that also "
        "hold the rest of the loop's body, which the evidence lists. Within a trace or named unit the "
        "transactions may be longer. Outside of these the caution of `n_plus_one` holds: without a list before "
        "them whose rows explain their number, the writes stay `low` while they go on, and become `medium` only "
        "when they have ended, are bounded, and long pauses set them apart.",
    .silent_for =
        "Fewer transactions; writes of separate requests, which differ in their traces or pause between them; a "
        "stream that does not end; a counter or heartbeat, which is the same row each time; workers that take "
        "from a queue (SKIP LOCKED, or a locked first row); larger transactions. Many writes in one transaction "
        "are `write_loop`.",
    .remedy = "One transaction around the loop, and one statement for many rows.",
    .thresholds = {{"min_calls", "calls", 10, 2, 1000000, "Single-row transactions from which a series is reported"},
                   {"critical_calls", "calls", 100, 2, 1000000, "Writes in one unit from which it is critical"}},
    .evidence_names = {"calls", "distinct_parameters", "transactions", "statements_per_row", "parent_rows",
                       "parent_calls", "mean_pause_us", "max_pause_us"},
    .related_name = "body",
    .fix = Fix::batch_write,
    .on_series = on_series,
    .on_statement = nullptr,
    .advise = advise,
};

} // namespace query_audit
