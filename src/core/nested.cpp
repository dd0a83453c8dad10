#include "core/nested.h"

#include "core/rules/list.h"

namespace query_audit {
namespace {

NestedSeries *find_series(NestedRun &run, std::uint64_t key, std::uint32_t user) noexcept {
    for (int i = 0; i < run.count; ++i) {
        if (run.series[i].key == key && run.series[i].user == user) return &run.series[i];
    }
    return nullptr;
}

// Of more series than there are places each has one that it may take, so that a loop of many statements cannot push out
// all of its own before they come again.
NestedSeries *claim_place(NestedRun &run, std::uint64_t key) noexcept {
    if (run.count < max_nested_series) return &run.series[run.count++];
    NestedSeries &place = run.series[key % max_nested_series];
    return place.judged ? nullptr : &place;
}

} // namespace

bool is_of_application(const StatementEvent &event) noexcept {
    constexpr std::uint32_t asked = shape_flag::relation | shape_flag::catalog_only;
    const bool of_table = (event.shape->flags & asked) == shape_flag::relation && event.shape->relation != 0;
    return of_table && !event.is(event_flag::maintenance);
}

void begin_nested_run(NestedRun &run, std::uint64_t statement, const Settings &settings) noexcept {
    constexpr int rule = rule_index::nested_loop_query;
    for (int i = 0; i < run.count; ++i) run.series[i].key = 0;
    run.statement = statement;
    run.report_at = settings.enabled(rule) ? static_cast<std::uint32_t>(settings.thresholds[rule][0]) : 0;
    run.count = 0;
    run.judged = false;
}

NestedSeries *seek_nested_series(NestedRun &run, const StatementEvent &event, std::uint32_t user) noexcept {
    NestedSeries *series = find_series(run, event.series, user);
    if (series == nullptr) {
        series = claim_place(run, event.series);
        if (series == nullptr) return nullptr;
        *series = NestedSeries{};
        series->key = event.series;
        series->user = user;
        series->first_start_ns = event.start_ns;
        series->shape = *event.shape;
    }
    run.guess[event.series % max_nested_series] = static_cast<std::uint8_t>(series - run.series);
    return series;
}

void judge_nested_series(const NestedRun &run, const NestedSeries &series, Unit &unit,
                         const Settings &settings) noexcept {
    ClientIdentity client = run.client;
    client.user = series.user;
    begin_unit(unit, Mark::execution, client);
    unit.route = run.route;
    std::memcpy(unit.tags, run.tags, sizeof(unit.tags));
    for (int r = 0; r < rule_count(); ++r) {
        if (rule(r).on_nested == nullptr || !settings.enabled(r)) continue;
        rule(r).on_nested(NestedContext{unit, run, series, r, settings.thresholds[r]});
    }
}

} // namespace query_audit
