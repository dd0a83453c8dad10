#include "core/count_pair.h"
#include "core/history.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_rows = 0 };
enum { rows_counted, page_rows, page_limit, page_offset, count_us, page_us, count_came_first };

bool is_page(const HistoryEntry &entry) noexcept {
    // One row is a look-up or an existence test, not a page.
    const bool one_row = entry.limit >= 0 && entry.limit <= 1 && entry.offset <= 0;
    return (entry.shape_flags & shape_flag::page) != 0 && (entry.shape_flags & shape_flag::count) == 0 && !one_row;
}

bool is_large_count(const HistoryEntry &entry, const int *thresholds) noexcept {
    return (entry.shape_flags & shape_flag::count) != 0 &&
           entry.rows_read >= static_cast<std::uint64_t>(thresholds[min_rows]);
}

void report(const StatementContext &context, const HistoryEntry &count, const HistoryEntry &page) {
    UnitFinding *finding = report_count_pair(context, count, page);
    if (finding == nullptr) return;
    finding->evidence[rows_counted] = static_cast<std::int64_t>(count.rows_read);
    finding->evidence[page_rows] = static_cast<std::int64_t>(page.rows);
    finding->evidence[page_limit] = page.limit;
    finding->evidence[page_offset] = page.offset;
    finding->evidence[count_us] = count.execution_ns / 1000;
    finding->evidence[page_us] = page.execution_ns / 1000;
    finding->evidence[count_came_first] = count.position < page.position;
}

void on_statement(const StatementContext &context) {
    if (context.position == 0 || context.event.is(event_flag::in_progress) || context.event.is(event_flag::failed)) {
        return;
    }
    Unit &unit = context.unit;
    HistoryEntry &now = unit.history[context.position % history_length];
    const bool counts = is_large_count(now, context.thresholds);
    if (!counts && !is_page(now)) return;
    const std::uint32_t oldest = oldest_position(unit);
    for (std::uint32_t position = context.position; position-- > oldest;) {
        HistoryEntry *then = history_at(unit, position);
        if (then == nullptr || !same_filter(now, *then) || !may_be_of_one_request(unit, now, *then)) continue;
        // A count pairs with one page: the first that follows it, or the last before it.
        const bool other_half = counts ? is_page(*then) : is_large_count(*then, context.thresholds);
        if (other_half && !then->paired) {
            then->paired = now.paired = true;
            return counts ? report(context, now, *then) : report(context, *then, now);
        }
        if (other_half || is_page(*then)) return;
    }
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("Every page first counts all that match: {} rows were read for a number, {} rows for the page. ",
                  finding.evidence[rows_counted], finding.evidence[page_rows]);
    advice.append("Ask for one row more than the page shows to know whether there is a next one; page by key (WHERE "
                  "(sort columns) > (last row's)) instead of OFFSET; keep the total in a cache or show an estimate "
                  "(pg_class.reltuples, or the planner's rows); where both are cheap, count(*) OVER () gives both at "
                  "once.");
}

} // namespace

constinit const RuleDescriptor count_before_paginate_rule = {
    .id = "count_before_paginate",
    .title = "Counting everything to show one page",
    .category = "sequence",
    .severity = Severity::warning,
    .rationale = "A page reads twenty rows; the count beside it reads all that match, on every request, and grows with "
                 "the table.",
    .fires_when =
        "A count and a page (LIMIT, OFFSET or FETCH FIRST) over the same relations, with the same filter and the "
        "same filter values, in one unit of work, in either order, and the count read `min_rows` rows or more. "
        "Both are recognised by their parse trees: through sub-selects around either, DISTINCT, ORDER BY, "
        "count(1), count(pk), and joins that only fetch what the page shows.",
    .silent_for =
        "Another filter or other values; a count of a small table; a lone count; LIMIT n + 1 without a count; "
        "existence tests and LIMIT 1; outside of traces and named units, a count and a page in two transactions of "
        "which one holds more than 3 statements: these may be two requests.",
    .remedy = "LIMIT n + 1 for \"is there more\", keyset paging, a cached or estimated total, or count(*) OVER () when "
              "both are cheap.",
    .thresholds = {{"min_rows", "rows", 1000, 1, 2147483647, "Rows that the count must have read to be reported"}},
    .evidence_names = {"rows_counted", "page_rows", "page_limit", "page_offset", "count_us", "page_us",
                       "count_came_first"},
    .related_name = nullptr,
    .fix = Fix::page_without_count,
    .on_series = nullptr,
    .on_statement = on_statement,
    .advise = advise,
};

} // namespace query_audit
