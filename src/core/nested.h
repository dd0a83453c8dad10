// NestedRun: the statements that ran inside one statement of the client's, by series.
//
// A backend's slot holds one: of the top-level statement that ran others last. Whatever calls whatever, all levels
// count under the client's statement. The next one that runs others empties it; until then readers judge their copy.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/finding.h"
#include "core/settings.h"
#include "core/unit.h"

namespace query_audit {

constexpr int max_nested_series = 16;

// Executions of one fingerprint on the same relations, with the rights of one role.
struct NestedSeries {
    std::uint64_t key;
    std::uint32_t user;
    std::uint32_t calls;
    std::uint64_t rows;
    std::int64_t execution_ns;
    std::int64_t first_start_ns;
    std::int64_t last_end_ns;
    std::uint64_t parameters[2]; // as DistinctSet::bits
    std::uint32_t trigger_depth; // triggers around it, 0: only functions
    bool judged;                 // it ran often enough, and for the application's sake
    bool values_hidden;          // the language hands its variables over one by one, unseen
    std::uint8_t padding[10];    // a power of two is a short way to a place
    StatementShape shape;

    void add(const StatementEvent &event) noexcept {
        ++calls;
        rows += event.rows;
        execution_ns += event.execution_ns;
        last_end_ns = event.end_ns;
        parameters[event.parameters_hash >> 6 & 1] |= std::uint64_t{1} << (event.parameters_hash & 63);
    }

    [[nodiscard]] std::uint32_t distinct_parameters() const noexcept {
        const std::uint32_t estimate = count_linearly(parameters);
        return estimate < calls ? estimate : calls;
    }
};

struct NestedRun {
    std::uint64_t statement; // which of the client's statements it belongs to; 0: none
    std::uint32_t report_at; // executions from which a series is judged
    std::int32_t count;
    std::uint8_t guess[max_nested_series]; // at a series' place, by key
    NestedSeries series[max_nested_series];
    // Known once a series has run often enough.
    bool judged;
    std::uint8_t padding[3];
    ClientIdentity client;
    std::uint64_t parent_fingerprint; // of the client's statement; 0 for DO, CALL and COMMIT
    std::uint64_t route;
    char tags[tags_bytes];
    std::int64_t seen_us;
};
static_assert(sizeof(NestedSeries) == 128);
static_assert(std::is_trivially_copyable_v<NestedRun> && std::is_standard_layout_v<NestedRun>);

// Empties it for another statement of the client's. Whoever judges does so before.
void begin_nested_run(NestedRun &run, std::uint64_t statement, const Settings &settings) noexcept;

// The place of a series that is not where it was guessed, or is new. Where none is free, one that has not run often
// enough makes room; null when all have.
[[nodiscard]] NestedSeries *seek_nested_series(NestedRun &run, const StatementEvent &event,
                                               std::uint32_t user) noexcept;

// Whether an execution reads or writes a table of the application, for the application's sake.
[[nodiscard]] bool is_of_application(const StatementEvent &event) noexcept;

// Adds one execution, of whatever kind. Returns its series when it has just run often enough; whether it is to be
// judged is then to be noted, and who ran what. Else null.
inline NestedSeries *add_nested(NestedRun &run, const StatementEvent &event, std::uint32_t user) noexcept {
    NestedSeries *series = &run.series[run.guess[event.series % max_nested_series]];
    if (series->key != event.series || series->user != user) {
        series = seek_nested_series(run, event, user);
        if (series == nullptr) return nullptr;
    }
    series->add(event);
    return series->calls == run.report_at ? series : nullptr;
}

// Judges one series alone, in `unit`, which it empties.
void judge_nested_series(const NestedRun &run, const NestedSeries &series, Unit &unit,
                         const Settings &settings) noexcept;

// Lets the rules look at what ran often enough; calls visit(unit) with the findings of each series.
template <typename Visit>
void judge_nested(const NestedRun &run, Unit &unit, const Settings &settings, Visit visit) noexcept {
    if (!run.judged) return;
    for (int i = 0; i < run.count; ++i) {
        if (!run.series[i].judged) continue;
        judge_nested_series(run, run.series[i], unit, settings);
        visit(unit);
    }
}

} // namespace query_audit
