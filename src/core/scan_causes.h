// Which rule explains a scan, so that one cause is reported once, and what all findings about a scan have.
#pragma once

#include <algorithm>

#include "core/index_text.h"
#include "core/rules/rule.h"

namespace query_audit {

// Whether the rule is enabled and reports this scan. Each looks at one pass over the table, not at what a nested loop's
// many passes over a small one add up to.
[[nodiscard]] bool is_wildcard_scan(const ScanFacts &scan, const Settings &settings) noexcept;
[[nodiscard]] bool is_missed_index(const ScanFacts &scan, const Settings &settings) noexcept;
[[nodiscard]] bool has_stale_estimate(const ScanFacts &scan, const Settings &settings) noexcept;

// Whether statistics that were off made the planner read the whole table, though an index is there.
[[nodiscard]] bool is_misled(const ScanFacts &scan, const Settings &settings) noexcept;

// Whether no condition told it where to look.
[[nodiscard]] bool searches_all(const ScanFacts &scan) noexcept;

// Rows that one pass read, and whether so much of them, in percent, was thrown away.
[[nodiscard]] std::uint64_t rows_of_a_pass(const ScanFacts &scan) noexcept;
[[nodiscard]] bool throws_away(const ScanFacts &scan, int percent) noexcept;

// The finding of the context's rule about a scan: counted once for each execution, with the share of its time that is
// wasted, and described by the scan's table and filter; null where there is no room. `again`: the execution was counted
// for this table. larger_sample: `sample` is more than evidence[0] was, which the caller then fills with the rest of
// the evidence.
struct ScanFinding {
    UnitFinding *finding;
    bool larger_sample;
};
[[nodiscard]] ScanFinding report_scan(const StatementContext &context, const ScanFacts &scan, bool again,
                                      Severity severity, double wasted, std::uint64_t sample) noexcept;

// What the finding's remedy makes: all of the bodies, unless they exist.
inline void assign_indexes(UnitFinding &finding, bool exist, const char (&bodies)[index_columns_bytes]) noexcept {
    std::fill_n(finding.index_columns, index_columns_bytes, '\0');
    if (!exist) std::copy_n(bodies, index_columns_bytes, finding.index_columns);
}

[[nodiscard]] inline bool has_several_indexes(const UnitFinding &finding) noexcept {
    return finding.index_columns[0] != '\0' && *next_body(finding.index_columns) != '\0';
}

// Calls report(scan, again) for each scan of a complete execution for which wanted(scan) holds; again: an earlier one
// was of the same table.
template <typename Wanted, typename Report>
void for_each_scan(const StatementContext &context, Wanted wanted, Report report) {
    const StatementEvent &event = context.event;
    if (event.facts == nullptr || event.is(event_flag::in_progress)) return;
    std::uint32_t reported[max_scan_facts] = {};
    for (int i = 0; i < event.facts->scan_count; ++i) {
        const ScanFacts &scan = event.facts->scans[i];
        if (!wanted(scan)) continue;
        report(scan, std::find(reported, reported + i, scan.relation) != reported + i);
        reported[i] = scan.relation;
    }
}

// The share of the rows read that was thrown away.
[[nodiscard]] double wasted_share(const ScanFacts &scan) noexcept;

// Evidence of scans: what kept the index from being used, in words.
[[nodiscard]] const char *missed_name(std::int64_t missed) noexcept;

} // namespace query_audit
