// How sure one may be that the repeats of a series are a loop, from what held them together and what explains them.
#pragma once

#include "core/parent.h"
#include "core/unit.h"

namespace query_audit {

// A run of statements that nothing but time marks is a loop's, or one page's, only where it pauses for no longer.
constexpr std::int64_t short_pause_ns = 5'000'000;

// Whether the unit has ended with pauses around it that are much longer than those inside.
[[nodiscard]] bool is_surrounded_by_quiet(const Unit &unit, const UnitEnd &end, std::int64_t mean_pause_ns,
                                          std::int64_t longest_pause_ns) noexcept;

struct SequenceEvidence {
    const Tally *tally; // the tally that shows the repeats; null when none does
    Mark mark;          // what held its statements together
    Confidence confidence;
    std::uint32_t reasons; // bits by Reason
    Explains explained;
};

// The strongest tally of the series for which `shows` holds, judged. `repeats_need_parent` is for series whose repeats
// may be explained by a parent's rows.
using Shows = bool (*)(const Tally &tally, const int *thresholds);
[[nodiscard]] SequenceEvidence judge_repeats(const Unit &unit, const Series &series, const UnitEnd &end, Shows shows,
                                             const int *thresholds, bool seeks_parent) noexcept;

// How bad a loop is that holds its client up at each repeat: critical from so many calls on, where it is sure to be
// one.
[[nodiscard]] Severity severity_of(const SequenceEvidence &evidence, int critical_calls) noexcept;

// Fills what every finding about a series has: confidence, counts, times, and the time that one statement in place of
// the series would save.
void describe_series(UnitFinding &finding, const Series &series, const SequenceEvidence &evidence) noexcept;

// The values of an aggregate that one dashboard asks for, at most; more are a loop's.
constexpr std::uint32_t most_values_of_a_dashboard = DistinctSet::exactly_counted;
constexpr std::uint32_t most_ranges_of_a_dashboard = 4; // today, this week, this month, this year

// Whether the executions of an aggregate are a loop over keys: many different ones, or one for each row of a list. Else
// they are a few numbers of one page.
[[nodiscard]] bool is_loop_by_key(const StatementShape &shape, const Tally &tally, bool over) noexcept;

} // namespace query_audit
