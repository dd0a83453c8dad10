#include "core/rules/list.h"
#include "core/write_loops.h"

namespace query_audit {
namespace {

bool writes_in_few_transactions(const Tally &tally, const int *thresholds) {
    return writes_row_by_row(tally, thresholds) && !commits_each(tally);
}

void on_series(const SeriesContext &context) { report_write_loop(context, writes_in_few_transactions); }

void advise(const UnitFinding &finding, TextWriter &advice) {
    const std::int64_t body = finding.evidence[WriteLoops::statements_per_row];
    advice.format("{} rows were written one by one, with a statement for each. ", finding.evidence[WriteLoops::calls]);
    if (body > 1) advice.format("The loop runs {} statements for each row. ", body);
    if ((finding.reasons & reason_bit(Reason::one_round_trip)) != 0) {
        advice.append("They were sent together, so no round trips are lost; one statement for many rows would still be "
                      "planned and run once.");
        return;
    }
    advice.append(
        "Write many rows with one statement: INSERT with many VALUES or unnest, UPDATE ... FROM (VALUES ...), "
        "DELETE ... = ANY, or COPY for very many: bulk_create and bulk_update, insert_all, bulkCreate, "
        "executemany in batches, as your ORM calls it.");
}

} // namespace

constinit const RuleDescriptor write_loop_rule = {
    .id = "write_loop",
    .title = "Rows written one by one",
    .category = "sequence",
    .severity = Severity::warning,
    .rationale =
        "Each row costs a round trip, a plan and an execution of its own, while the transaction holds its locks "
        "all the longer. One statement writes a thousand rows in the time of a few.",
    .fires_when =
        "One INSERT, UPDATE, DELETE or MERGE shape wrote one row (or none) `min_calls` times or more in one "
        "transaction, trace or named unit. A loop of several statements a row is one finding: the evidence lists "
        "its body in order, and a look-up of the very row that is then written is part of it and no "
        "`n_plus_one`.",
    .silent_for =
        "Fewer writes; statements that write several rows, or by a list of keys; writes of separate requests; a "
        "row that is written again when a transaction is tried again; what foreign keys, triggers and functions "
        "write; COPY; workers that take from a queue (SKIP LOCKED). A driver's batch that was sent in one round "
        "trip is `info`. Where each row has a transaction of its own, it is `commit_per_row`.",
    .remedy = "One statement for many rows: INSERT with many VALUES or unnest, UPDATE ... FROM (VALUES ...), "
              "DELETE ... = ANY, or COPY.",
    .thresholds = {{"min_calls", "calls", 10, 2, 1000000, "Single-row writes from which a series is reported"},
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
