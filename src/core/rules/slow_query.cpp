#include "core/execution.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_duration = 0, min_calls = 1, critical_duration = 2 };
enum { longest_ms, mean_ms, runs, rows_returned, rows_read, temp_kb, inner_ms, failed };

constexpr std::int64_t nanoseconds_a_ms = 1'000'000;

// The reported one is among the runs.
std::int64_t runs_of(const StatementEvent &event) noexcept {
    return 1 + (event.around != nullptr ? event.around->earlier_calls : 0);
}

std::int64_t mean_of(const StatementEvent &event) noexcept {
    const std::int64_t earlier_ns = event.around != nullptr ? event.around->earlier_ns : 0;
    return (earlier_ns + event.execution_ns) / runs_of(event);
}

void on_unexplained(const StatementContext &context) {
    const StatementEvent &event = context.event;
    const std::int64_t least_ns = context.thresholds[min_duration] * nanoseconds_a_ms;
    if (event.execution_ns < least_ns || !is_judged_alone(event)) return;
    // The statement inside of it is reported in its place.
    const std::int64_t inner_ns = event.around != nullptr ? event.around->inner_ns : 0;
    if (inner_ns >= least_ns && event.execution_ns - inner_ns < least_ns) return;
    const bool often = runs_of(event) >= context.thresholds[min_calls] && mean_of(event) >= least_ns;
    const bool critical = event.execution_ns >= context.thresholds[critical_duration] * nanoseconds_a_ms;
    UnitFinding *finding = report_execution(context, often ? Confidence::high : Confidence::medium,
                                            critical ? Severity::critical : Severity::warning, 0);
    if (finding == nullptr) return;
    finding->evidence[mean_ms] = mean_of(event) / nanoseconds_a_ms;
    finding->evidence[runs] = runs_of(event);
    if (!is_largest_sample(*finding, event.execution_ns / nanoseconds_a_ms)) return;
    finding->evidence[longest_ms] = event.execution_ns / nanoseconds_a_ms;
    finding->evidence[rows_returned] = static_cast<std::int64_t>(event.rows);
    finding->evidence[rows_read] = measured_rows(event);
    finding->evidence[temp_kb] = static_cast<std::int64_t>(event.temp_bytes) / bytes_a_kb;
    finding->evidence[inner_ms] = inner_ns / nanoseconds_a_ms;
    finding->evidence[failed] = event.is(event_flag::failed);
}

Scaling scale(const UnitFinding &finding) {
    return {finding.evidence[rows_read] > 0 ? Growth::linear : Growth::none, finding.evidence[rows_read]};
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("It took {} ms", finding.evidence[longest_ms]);
    if (finding.evidence[failed] > 0) advice.append(", and then failed or was cancelled");
    advice.append(". ");
    if (finding.evidence[rows_read] > 0) {
        advice.format("Its scans read {} rows for the {} that it returned or changed. ", finding.evidence[rows_read],
                      finding.evidence[rows_returned]);
    }
    if (finding.evidence[temp_kb] > 0) {
        advice.format("It wrote {} kB of temporary files. ", finding.evidence[temp_kb]);
    }
    if (finding.evidence[inner_ms] > 0) {
        advice.format("A statement inside of it took {} ms. ", finding.evidence[inner_ms]);
    }
    if (finding.evidence[rows_read] <= 0 && finding.evidence[temp_kb] <= 0 && finding.evidence[inner_ms] <= 0) {
        advice.append("It neither read a large table nor wrote temporary files, so it computed, read from disk, or "
                      "waited for a lock (log_lock_waits tells). ");
    }
    advice.append("EXPLAIN (ANALYZE, BUFFERS) shows the step that takes the time.");
}

} // namespace

constinit const RuleDescriptor slow_query_rule = {
    .id = "slow_query",
    .title = "A slow statement",
    .category = "execution",
    .severity = Severity::warning,
    .rationale =
        "Somebody waits for it, and meanwhile it holds a connection, its locks and a snapshot that keeps vacuum "
        "from cleaning up.",
    .fires_when = "One execution took `min_duration` or more in the executor, and no other rule of executions explains "
                  "it. It is `medium` for a single run, which may have waited for a lock or for cold disks, and `high` "
                  "when the mean of at least `min_calls` runs in that session is as long. A statement that was "
                  "cancelled or failed counts with the time that it took. Statements inside functions count too, and "
                  "then the one around them only for what it takes besides.",
    .silent_for = "What another rule of executions reports of the same execution; COPY, CREATE INDEX, VACUUM, EXPLAIN "
                  "and other maintenance; statements on catalogs alone; the client's pauses between fetches.",
    .remedy = "Where the time went: rows read, temporary files, rows returned, or neither.",
    .thresholds = {{"min_duration", "ms", 500, 1, 2147483647, "Execution time from which a statement is reported"},
                   {"min_calls", "calls", 5, 2, 1000000, "Runs whose mean makes it sure"},
                   {"critical_duration", "ms", 10000, 1, 2147483647, "Execution time from which it is critical"}},
    .evidence_names = {"longest_ms", "mean_ms", "runs", "rows_returned", "rows_read", "temp_kb", "inner_ms", "failed"},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = nullptr,
    .on_unexplained = on_unexplained,
    .scale = scale,
    .advise = advise,
};

} // namespace query_audit
