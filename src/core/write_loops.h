// What write_loop and commit_per_row have in common: single-row writes of one shape, and the loop that they run in.
#pragma once

#include "core/evidence.h"
#include "core/rules/rule.h"

namespace query_audit {

// Thresholds and evidence of both rules.
struct WriteLoops {
    enum { min_calls = 0, critical_calls = 1 };
    enum {
        calls,
        distinct_parameters,
        transactions,
        statements_per_row,
        parent_rows,
        parent_calls,
        mean_pause_us,
        max_pause_us
    };
};

// Whether enough of the executions wrote a single row, each time another one where they may have been tried again.
[[nodiscard]] bool writes_row_by_row(const Tally &tally, const int *thresholds) noexcept;

// Whether the executions were in a transaction each, alone or with the rest of the loop's body.
[[nodiscard]] bool commits_each(const Tally &tally) noexcept;

// Reports the series as a loop, once with its whole body, if it writes and `shows` holds for one of its tallies.
void report_write_loop(const SeriesContext &context, Shows shows);

// Whether the look-ups that the evidence counts read the rows that a reported loop is about to write.
[[nodiscard]] bool reads_for_write_loop(const Unit &unit, const Series &series,
                                        const SequenceEvidence &evidence) noexcept;

} // namespace query_audit
