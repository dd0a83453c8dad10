#include <algorithm>
#include <bit>

#include "core/history.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_keys = 0 };
enum { keys_fetched, keys_listed, rows_fetched, keys_us, rows_us, keys_limit };

constexpr std::uint32_t statements_looked_back = 24;

bool looks_up_by_list(const StatementContext &context) noexcept {
    const StatementEvent &event = context.event;
    return context.position != 0 && event.shape->kind == StatementKind::select &&
           event.shape->has(shape_flag::key_list) &&
           (event.flags & (event_flag::failed | event_flag::in_progress)) == 0 &&
           event.list_length >= context.thresholds[min_keys];
}

// Keys that are not there or come twice shorten a list a little; some drivers fill it up to a power of two.
bool is_list_of(std::uint64_t keys, std::uint64_t length) noexcept {
    return (length <= keys && 10 * length >= 9 * keys) || (length > keys && length == std::bit_ceil(keys));
}

bool joins(const StatementShape &shape) noexcept { return std::popcount(shape.relation_mask) > 1; }

// A column of other than keys finds several rows for one of its values.
bool finds_by_key(const StatementEvent &event) noexcept {
    return joins(*event.shape) || event.rows <= static_cast<std::uint64_t>(event.list_length);
}

bool feeds(const Unit &unit, const HistoryEntry &keys, const StatementEvent &event) noexcept {
    if (keys.kind != StatementKind::select || (keys.shape_flags & shape_flag::keys) == 0 ||
        (keys.event_flags & event_flag::failed) != 0 ||
        !is_list_of(keys.rows, static_cast<std::uint64_t>(event.list_length))) {
        return false;
    }
    const Series *series = find_series(unit, keys.key);
    return series != nullptr && series->shape.row_key == event.shape->row_key &&
           (series->shape.relation_mask & event.shape->relation_mask) != 0;
}

// Where nothing but time holds the two together, another client's list may be as long by chance.
Confidence confidence_of(const UnitFinding &finding, const HistoryEntry &keys, const HistoryEntry &rows,
                         std::int32_t length) noexcept {
    const bool same_length = keys.rows == static_cast<std::uint64_t>(length);
    if (finding.mark != Mark::burst) return same_length ? Confidence::high : Confidence::medium;
    return same_length && rows.position == keys.position + 1 ? Confidence::medium : Confidence::low;
}

void report(const StatementContext &context, const HistoryEntry &keys, const HistoryEntry &rows) {
    Unit &unit = context.unit;
    const StatementEvent &event = context.event;
    UnitFinding seen{};
    seen.mark = mark_of(unit, keys, rows);
    const Confidence confidence = confidence_of(seen, keys, rows, event.list_length);
    UnitFinding *finding =
        unit_finding(unit, {context.rule, rows.fingerprint, rows.relation, keys.fingerprint}, confidence);
    if (finding == nullptr) return;
    const bool is_page = (keys.shape_flags & shape_flag::page) != 0;
    // To page a list with its collections, the page has to be taken by keys.
    finding->severity = is_page && joins(*event.shape) ? Severity::info : Severity::warning;
    finding->text_key = event.shape->text_key();
    finding->parent_fingerprint = keys.fingerprint;
    finding->mark = seen.mark;
    finding->confidence = confidence;
    finding->reasons = 0;
    if (keys.rows == static_cast<std::uint64_t>(event.list_length))
        finding->reasons |= reason_bit(Reason::list_as_long);
    const std::int64_t wall_ns = (rows.statement_time_us - keys.statement_time_us) * 1000 + rows.execution_ns;
    const std::int64_t execution_ns = keys.execution_ns + rows.execution_ns;
    if (finding->occurrences == 0) finding->first_seen_us = keys.statement_time_us;
    finding->last_seen_us = rows.statement_time_us;
    finding->occurrences = 1;
    finding->calls += 1;
    finding->rows += rows.rows;
    finding->execution_ns += execution_ns;
    finding->wall_ns += std::max(wall_ns, execution_ns);
    finding->saved_ns += std::max<std::int64_t>(0, wall_ns - execution_ns);
    finding->evidence[keys_fetched] = static_cast<std::int64_t>(keys.rows);
    finding->evidence[keys_listed] = event.list_length;
    finding->evidence[rows_fetched] = static_cast<std::int64_t>(rows.rows);
    finding->evidence[keys_us] = keys.execution_ns / 1000;
    finding->evidence[rows_us] = rows.execution_ns / 1000;
    finding->evidence[keys_limit] = keys.limit;
}

void on_statement(const StatementContext &context) {
    if (!looks_up_by_list(context) || !finds_by_key(context.event)) return;
    const Unit &unit = context.unit;
    const HistoryEntry *rows = history_at(unit, context.position);
    if (rows == nullptr) return;
    for (std::uint32_t back = 1; back <= statements_looked_back && back < context.position; ++back) {
        const HistoryEntry *keys = history_at(unit, context.position - back);
        if (keys == nullptr) return;
        if (!may_be_of_one_request(unit, *keys, *rows)) continue;
        if (feeds(unit, *keys, context.event)) return report(context, *keys, *rows);
    }
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("One statement fetched {} keys, and the next looked the rows of the same table up by them. ",
                  finding.evidence[keys_fetched]);
    if (finding.severity == Severity::info) {
        advice.append(
            "To page a list together with its collections this is a sound way; where the second round trip "
            "matters, put the first statement, LIMIT and all, into the second: WHERE key IN (SELECT key ...).");
        return;
    }
    advice.append(
        "Fetch the rows with the first statement's filter at once, or put it into the second as a sub-select: "
        "WHERE key IN (SELECT key ...). That spares a round trip and the list of keys, which is sent twice.");
}

} // namespace

constinit const RuleDescriptor fetch_ids_then_rows_rule = {
    .id = "fetch_ids_then_rows",
    .title = "Fetching keys, then the rows by these keys",
    .category = "sequence",
    .severity = Severity::warning,
    .rationale = "The keys travel to the client and back for nothing, and the server finds the same rows twice.",
    .fires_when =
        "A SELECT whose output is one column of a table (with at most what it is sorted by), and after it, in the same "
        "unit of work, a SELECT of the same table by a list of `min_keys` values of that column or more, as long as "
        "the "
        "first had rows (a tenth shorter at most, or filled up to a power of two). Where the first is a page and the "
        "second joins, as ORMs page a list with its collections, the finding is `info`. Outside a transaction, trace "
        "or named unit it is `low` unless one follows right after the other.",
    .silent_for =
        "Keys of another table or another column (an eager load by IN); a list of other length; keys that no statement "
        "of the unit fetched; statements that failed.",
    .remedy = "One statement: the first one's filter on the rows themselves, or WHERE key IN (SELECT key ...).",
    .thresholds = {{"min_keys", "keys", 5, 2, 2147483647, "Elements of the list from which the pair is reported"}},
    .evidence_names = {"keys_fetched", "keys_listed", "rows_fetched", "keys_us", "rows_us", "keys_limit"},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = on_statement,
    .advise = advise,
};

} // namespace query_audit
