#include <algorithm>

#include "core/execution.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_size = 0, critical_size = 1 };
enum { temp_kb, rows_returned, rows_read, nested };

// What the statements inside of it wrote is theirs.
std::int64_t written_by(const StatementEvent &event) noexcept {
    const std::uint64_t inner = event.around != nullptr ? event.around->inner_temp_bytes : 0;
    return static_cast<std::int64_t>(event.temp_bytes > inner ? event.temp_bytes - inner : 0) / bytes_a_kb;
}

void on_statement(const StatementContext &context) {
    const StatementEvent &event = context.event;
    const std::int64_t written_kb = written_by(event);
    if (written_kb < context.thresholds[min_size] || !is_judged_alone(event)) return;
    UnitFinding *finding =
        report_execution(context, Confidence::high,
                         written_kb >= context.thresholds[critical_size] ? Severity::critical : Severity::warning, 0);
    if (finding == nullptr || !is_largest_sample(*finding, written_kb)) return;
    finding->evidence[temp_kb] = written_kb;
    finding->evidence[rows_returned] = static_cast<std::int64_t>(event.rows);
    finding->evidence[rows_read] = measured_rows(event);
    finding->evidence[nested] = event.is(event_flag::nested);
}

// What spills is sorted or hashed, which is no better than sorting once it is on disk.
Scaling scale(const UnitFinding &finding) {
    const std::int64_t rows = std::max(finding.evidence[rows_read], finding.evidence[rows_returned]);
    return {rows > 0 ? Growth::linearithmic : Growth::none, rows};
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format(
        "It wrote {} kB of temporary files, because what it sorts, hashes or keeps does not fit into work_mem. ",
        finding.evidence[temp_kb]);
    advice.append("Give it less to keep: filter and LIMIT before the sort, fewer and narrower columns, an index that "
                  "returns the rows in order. Else raise work_mem for this statement alone (SET LOCAL work_mem), since "
                  "every sort and hash of every session may take that much.");
}

} // namespace

constinit const RuleDescriptor temp_spill_rule = {
    .id = "temp_spill",
    .title = "Temporary files",
    .category = "execution",
    .severity = Severity::warning,
    .rationale =
        "What does not fit into work_mem is written to files and read again: disks are shared by all, and what "
        "fits today spills when the data grow.",
    .fires_when = "One execution wrote `min_size` or more of temporary files. Statements inside functions count too, "
                  "and then their own, not the one around them.",
    .silent_for = "Smaller files; CREATE INDEX, EXPLAIN, CREATE TABLE AS and other maintenance.",
    .remedy = "Less to sort or hash, an index that gives the order, or more work_mem for this statement.",
    .thresholds = {{"min_size", "kB", 16384, 1, 2147483647, "Temporary files from which a statement is reported"},
                   {"critical_size", "kB", 1048576, 1, 2147483647, "Temporary files from which it is critical"}},
    .evidence_names = {"temp_kb", "rows_returned", "rows_read", "nested"},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = on_statement,
    .scale = scale,
    .advise = advise,
};

} // namespace query_audit
