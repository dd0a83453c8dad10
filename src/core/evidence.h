// How sure one may be that the repeats of a series are a loop, from what held them together and what explains them.
#pragma once

#include "core/parent.h"
#include "core/unit.h"

namespace query_audit {

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

// Fills what every finding about a series has: confidence, counts, times, and the time that one statement in place of
// the series would save.
void describe_series(UnitFinding &finding, const Series &series, const SequenceEvidence &evidence) noexcept;

} // namespace query_audit
