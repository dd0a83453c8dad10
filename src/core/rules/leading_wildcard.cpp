#include "core/rules/list.h"
#include "core/scan_causes.h"

namespace query_audit {
namespace {

enum { rows_read, rows_kept, loops, partitions, nested, trigram_index };

void report(const StatementContext &context, const ScanFacts &scan, bool again) {
    const auto [finding, larger] =
        report_scan(context, scan, again, Severity::warning, wasted_share(scan), scan.rows_read);
    if (finding == nullptr) return;
    if (larger) {
        finding->evidence[rows_read] = static_cast<std::int64_t>(scan.rows_read);
        finding->evidence[rows_kept] = static_cast<std::int64_t>(scan.rows_read - scan.rows_removed);
        finding->evidence[loops] = static_cast<std::int64_t>(scan.loops);
        finding->evidence[partitions] = scan.partitions;
        finding->evidence[nested] = context.event.is(event_flag::nested);
        finding->evidence[trigram_index] = scan.pattern_index_exists;
    }
    assign_indexes(*finding, scan.pattern_index_exists, scan.pattern_index);
}

void on_statement(const StatementContext &context) {
    for_each_scan(
        context, [&context](const ScanFacts &scan) { return is_wildcard_scan(scan, context.settings); },
        [&context](const ScanFacts &scan, bool again) { report(context, scan, again); });
}

Scaling scale(const UnitFinding &finding) { return {Growth::linear, finding.evidence[rows_read]}; }

void advise(const UnitFinding &finding, TextWriter &advice) {
    advice.format("It compared {} rows of {} with a pattern that may begin with anything, to keep {}",
                  finding.evidence[rows_read], finding.relation_name, finding.evidence[rows_kept]);
    if (finding.filter[0] != '\0') advice.format(" (filter {})", finding.filter);
    if (finding.evidence[trigram_index] > 0) {
        advice.append(". A trigram index is there and was not used: it needs three letters or digits in a row in the "
                      "pattern, so ask for longer ones.");
    } else {
        advice.append(". A btree is of no use for that. A trigram index (pg_trgm) answers such patterns, full-text "
                      "search answers words; a pattern that begins with text needs neither.");
        if (has_several_indexes(finding)) advice.append(" Each part of the OR takes an index of its own.");
    }
}

} // namespace

constinit const RuleDescriptor leading_wildcard_rule = {
    .id = "leading_wildcard",
    .title = "A pattern that begins with a wildcard",
    .category = "execution",
    .severity = Severity::warning,
    .rationale = "LIKE '%word%' cannot use a btree: every row is read and compared, and a search box sends it at each "
                 "key that is pressed.",
    .fires_when =
        "A scan read `min_rows` rows or more of one table, filtered them by LIKE, ILIKE or a regular expression whose "
        "pattern begins with a wildcard or is not anchored, or by an OR of such, and threw `min_removed_percent` of "
        "them "
        "or more away. The pattern is looked at whether it stands in the text, is bound, or is put together by || or "
        "concat().",
    .silent_for = "Patterns that begin with text; small tables; patterns that keep most of the rows; scans that a "
                  "trigram index answers; NOT LIKE, which no index answers; maintenance.",
    .remedy = "A GIN index with gin_trgm_ops (extension pg_trgm), or full-text search.",
    .thresholds = {{"min_rows", "rows", 10000, 1, 2147483647, "Rows that one scan must have read to be reported"},
                   {"min_removed_percent", "percent", 50, 1, 100,
                    "Share of them that its filter must have thrown away"}},
    .evidence_names = {"rows_read", "rows_kept", "loops", "partitions", "nested", "trigram_index"},
    .related_name = nullptr,
    .fix = Fix::create_index,
    .on_series = nullptr,
    .on_statement = on_statement,
    .name_evidence = nullptr,
    .scale = scale,
    .advise = advise,
};

} // namespace query_audit
