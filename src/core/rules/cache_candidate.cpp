#include "core/rules/list.h"

namespace query_audit {
namespace {

enum { min_calls = 0, min_units = 1, max_written = 2 };
enum { calls_with_one_value, units, writes, hit_percent, seconds };

bool is_candidate(const CacheRecord &record, const int *thresholds) noexcept {
    return record.calls >= thresholds[min_calls] && record.units >= thresholds[min_units] &&
           std::int64_t{100} * record.writes <= record.calls * thresholds[max_written];
}

void on_cacheable(const CacheContext &context) {
    CacheRecord &record = context.record;
    const std::int64_t more = record.calls - record.reported_calls;
    if (more <= 0 || !is_candidate(record, context.thresholds)) return;
    if (!context.all && more < context.thresholds[min_calls]) return;
    UnitFinding *finding =
        unit_finding(context.unit, {context.rule, context.key.statement, record.relation, 0}, Confidence::high);
    if (finding == nullptr) return;
    const std::int64_t more_ns = record.execution_ns - record.reported_ns;
    record.reported_calls = record.calls;
    record.reported_ns = record.execution_ns;
    // The first read, and the first after each write.
    const std::int64_t misses = 1 + record.writes;
    finding->text_key = context.key.statement;
    finding->severity = Severity::info;
    finding->confidence = Confidence::medium;
    finding->mark = Mark::execution;
    finding->reasons = reason_bit(Reason::same_filter_values);
    ++finding->occurrences;
    finding->calls += static_cast<std::uint64_t>(more);
    finding->execution_ns += more_ns;
    finding->wall_ns += more_ns;
    finding->saved_ns += more_ns / record.calls * (record.calls - misses);
    if (finding->first_seen_us == 0) finding->first_seen_us = record.first_seen_us;
    finding->last_seen_us = record.last_seen_us;
    if (record.calls <= finding->evidence[calls_with_one_value]) return;
    finding->evidence[calls_with_one_value] = record.calls;
    finding->evidence[units] = record.units;
    finding->evidence[writes] = record.writes;
    finding->evidence[hit_percent] = 100 * (record.calls - misses) / record.calls;
    finding->evidence[seconds] = (record.last_seen_us - record.first_seen_us) / 1'000'000;
}

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format(
        "The same rows were asked for with the same values {} times in {} units of work; writes to their tables "
        "seen meanwhile: {}. ",
        finding.evidence[calls_with_one_value], finding.evidence[units], finding.evidence[writes]);
    advice.format(
        "A cache that is emptied by each write would have answered about {} % of them. Keep the result in the "
        "application for some seconds or until it changes, or in a cache that all processes share.",
        finding.evidence[hit_percent]);
}

} // namespace

constinit const RuleDescriptor cache_candidate_rule = {
    .id = "cache_candidate",
    .title = "The same read in one request after the other",
    .category = "session",
    .severity = Severity::info,
    .rationale =
        "What hardly ever changes and is read by every request (settings, permissions, a tenant, a menu) costs "
        "a round trip and a processor's time for the same answer each time.",
    .fires_when =
        "A SELECT ran `min_calls` times or more with the same values, in `min_units` units of work or more, and at "
        "most `max_written` of a hundred of these times its tables were written to. A unit of work that a transaction, "
        "a trace or a name marks counts once, a burst with all its calls; one that goes on counts anew each minute. Of "
        "each unit the two most repeated reads are counted, so a count is never too high.",
    .silent_for =
        "Other values each time; repeats inside one unit of work (`duplicate_query`); tables that are written "
        "to, also by COPY, TRUNCATE and inside functions; volatile functions; FOR UPDATE; reads of catalogs alone. "
        "Writes that are not audited are not seen.",
    .remedy = "A cache in the application or beside it; its hit rate is estimated from what was seen.",
    .thresholds = {{"min_calls", "calls", 100, 2, 2147483647,
                    "Reads with the same values from which they are reported"},
                   {"min_units", "units", 5, 1, 2147483647, "Units of work that they must be spread over"},
                   {"max_written", "percent", 5, 0, 100, "Writes to their tables for each hundred reads, at most"}},
    .evidence_names = {"calls_with_one_value", "units", "writes", "hit_percent", "seconds"},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = nullptr,
    .on_cacheable = on_cacheable,
    .advise = advise,
};

} // namespace query_audit
