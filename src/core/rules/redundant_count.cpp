#include <algorithm>

#include "core/count_pair.h"
#include "core/history.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_rows = 0 };
enum { rows_counted, rows_fetched, count_us, fetch_us, count_came_first };

constexpr std::uint32_t not_complete = event_flag::failed | event_flag::in_progress;

bool is_large_count(const HistoryEntry &entry, const int *thresholds) noexcept {
    constexpr std::uint32_t wanted = shape_flag::count | shape_flag::whole;
    return (entry.shape_flags & wanted) == wanted && (entry.event_flags & not_complete) == 0 &&
           entry.rows_read >= static_cast<std::uint64_t>(thresholds[min_rows]);
}

// All rows at once. A client that reads them in parts may want to know their number before it has read them all.
bool is_fetch(const HistoryEntry &entry) noexcept {
    return (entry.shape_flags & (shape_flag::whole | shape_flag::count)) == shape_flag::whole &&
           (entry.event_flags & (not_complete | event_flag::in_parts)) == 0;
}

std::uint32_t row_key_of(const Unit &unit, const HistoryEntry &entry) noexcept {
    const Series *series = find_series(unit, entry.key);
    return series != nullptr ? series->shape.row_key : 0;
}

// Whether the number can be told from the rows: SELECT DISTINCT drops rows that count(*) counts.
bool holds_the_number(const Unit &unit, const HistoryEntry &fetch, const HistoryEntry &count) noexcept {
    if ((fetch.shape_flags & shape_flag::distinct) == 0) return true;
    const std::uint32_t key = row_key_of(unit, fetch);
    return (count.shape_flags & shape_flag::distinct) != 0 && key != 0 && key == row_key_of(unit, count);
}

void report(const StatementContext &context, const HistoryEntry &count, const HistoryEntry &fetch) {
    UnitFinding *finding = report_count_pair(context, count, fetch);
    if (finding == nullptr) return;
    finding->evidence[rows_counted] = static_cast<std::int64_t>(count.rows_read);
    finding->evidence[rows_fetched] = static_cast<std::int64_t>(fetch.rows);
    finding->evidence[count_us] = count.execution_ns / 1000;
    finding->evidence[fetch_us] = fetch.execution_ns / 1000;
    finding->evidence[count_came_first] = count.position < fetch.position;
}

void on_statement(const StatementContext &context) {
    if (context.position == 0) return;
    Unit &unit = context.unit;
    HistoryEntry &now = unit.history[context.position % history_length];
    const bool counts = is_large_count(now, context.thresholds);
    if (now.paired || (!counts && !is_fetch(now))) return;
    // What was written in between may have changed the number.
    const std::uint32_t oldest =
        std::max(oldest_position(unit), last_write(unit, context.event.shape->relation_mask) + 1);
    for (std::uint32_t position = context.position; position-- > oldest;) {
        HistoryEntry *then = history_at(unit, position);
        if (then == nullptr || !same_filter(now, *then) || !may_be_of_one_request(unit, now, *then)) continue;
        const bool other_half = counts ? is_fetch(*then) : is_large_count(*then, context.thresholds);
        if (!other_half || !holds_the_number(unit, counts ? *then : now, counts ? now : *then)) continue;
        // The nearest is the one that belongs to it; a count that has its rows, or its page, needs no others.
        if (then->paired) return;
        then->paired = now.paired = true;
        return counts ? report(context, now, *then) : report(context, *then, now);
    }
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format(
        "The rows were counted and fetched with the same filter: {} rows were read for a number that the {} "
        "rows fetched hold as well. Fetch first and take the length of the result; count in the database only "
        "where the rows themselves are not needed.",
        finding.evidence[rows_counted], finding.evidence[rows_fetched]);
}

} // namespace

constinit const RuleDescriptor redundant_count_rule = {
    .id = "redundant_count",
    .title = "Counting rows that are fetched anyway",
    .category = "sequence",
    .severity = Severity::warning,
    .rationale = "The database reads all matching rows twice, once for their number and once for themselves, and the "
                 "client waits for one more round trip.",
    .fires_when =
        "A count and a fetch of all rows (no LIMIT, no OFFSET) over the same relations, with the same filter and the "
        "same filter values, in one unit of work, in either order, and the count read `min_rows` rows or more, however "
        "few of them matched. Both are recognised by their parse trees: through sub-selects around either, "
        "DISTINCT, ORDER BY, count(1), count(pk), and joins that only fetch what is shown.",
    .silent_for =
        "Another filter or other values; a count that read few rows; a lone count; a page (`count_before_paginate`); a "
        "fetch that is itself an aggregate, an existence test or one row by LIMIT; rows of another table that a join "
        "finds; SELECT DISTINCT beside a count of all rows; a write to one of the tables in between; rows that a "
        "cursor reads in parts, where the number may be wanted first; outside of traces and named units, two "
        "transactions of which one holds more than 3 statements: these may be two requests.",
    .remedy = "Count the rows already fetched.",
    .thresholds = {{"min_rows", "rows", 1000, 1, 2147483647, "Rows that the count must have read to be reported"}},
    .evidence_names = {"rows_counted", "rows_fetched", "count_us", "fetch_us", "count_came_first"},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = on_statement,
    .advise = advise,
};

} // namespace query_audit
