#include "core/finding.h"

#include <algorithm>
#include <string_view>

#include "core/hash.h"
#include "core/unit.h"

namespace query_audit {
namespace {

// What an OID stands for by the hash of its name, where there is one: tables are made anew, each with an OID of its
// own.
std::uint64_t name_or(std::uint64_t number, std::string_view name) noexcept {
    return name.empty() ? number : hash_text(name);
}

} // namespace

FindingKey finding_key(const ClientIdentity &client, std::uint64_t route, const UnitFinding &finding) noexcept {
    FindingKey key{};
    key.fingerprint = finding.fingerprint;
    key.parent_or_relation =
        finding.parent_fingerprint != 0 ? finding.parent_fingerprint : name_or(finding.relation, finding.relation_name);
    key.application = hash_text(std::string_view(client.application_name));
    key.route = route;
    key.database = client.database;
    key.user = client.user;
    key.rule = finding.rule;
    return key;
}

std::uint64_t finding_id(const FindingKey &key, const FindingNames &names) noexcept {
    const std::uint64_t words[] = {name_or(key.rule, names.rule),
                                   key.fingerprint,
                                   name_or(key.parent_or_relation, names.relation),
                                   key.application,
                                   key.route,
                                   name_or(key.database, names.database),
                                   name_or(key.user, names.user)};
    return hash_bytes(words, sizeof(words)) >> 1;
}

void add_finding(FindingRecord &record, const UnitFinding &seen) noexcept {
    UnitFinding &sum = record.finding;
    const bool better_evidence = sum.confidence <= Confidence::low && seen.confidence > Confidence::low;
    if (sum.occurrences == 0 || better_evidence) {
        const std::int64_t first_seen_us = sum.occurrences == 0 ? seen.first_seen_us : sum.first_seen_us;
        sum = seen;
        sum.first_seen_us = first_seen_us;
        return;
    }
    if (seen.last_seen_us >= sum.last_seen_us) {
        // The plan, and with it what would help, may be another than when it was first seen; so may the table.
        sum.relation = seen.relation;
        std::copy_n(seen.relation_name, relation_name_bytes, sum.relation_name);
        std::copy_n(seen.filter, filter_bytes, sum.filter);
        std::copy_n(seen.index_columns, index_columns_bytes, sum.index_columns);
        sum.last_seen_us = seen.last_seen_us;
    }
    if (seen.confidence <= Confidence::low && sum.confidence > Confidence::low) return;

    const bool larger_sample = seen.evidence[0] > sum.evidence[0];
    if (seen.confidence > sum.confidence || (seen.confidence == sum.confidence && larger_sample)) {
        sum.mark = seen.mark;
        sum.reasons = seen.reasons;
        std::copy_n(seen.evidence, max_evidence, sum.evidence);
        // What is no finding about one statement shows the statement of its sample.
        if (sum.fingerprint == 0) sum.text_key = seen.text_key;
        std::copy_n(seen.related, max_related, sum.related);
        sum.lineage = seen.lineage;
        sum.lineage_key = seen.lineage_key;
    }
    sum.confidence = std::max(sum.confidence, seen.confidence);
    sum.severity = std::max(sum.severity, seen.severity);
    sum.occurrences += seen.occurrences;
    sum.calls += seen.calls;
    sum.rows += seen.rows;
    sum.execution_ns += seen.execution_ns;
    sum.wall_ns += seen.wall_ns;
    sum.saved_ns += seen.saved_ns;
    sum.first_seen_us = std::min(sum.first_seen_us, seen.first_seen_us);
}

const char *severity_name(Severity severity) noexcept {
    switch (severity) {
    case Severity::info:
        return "info";
    case Severity::warning:
        return "warning";
    case Severity::critical:
        return "critical";
    }
    return "unknown";
}

const char *confidence_name(Confidence confidence) noexcept {
    switch (confidence) {
    case Confidence::none:
        return "none";
    case Confidence::low:
        return "low";
    case Confidence::medium:
        return "medium";
    case Confidence::high:
        return "high";
    case Confidence::proven:
        return "proven";
    }
    return "unknown";
}

const char *mark_name(Mark mark) noexcept {
    switch (mark) {
    case Mark::execution:
        return "execution";
    case Mark::burst:
        return "burst";
    case Mark::transaction:
        return "transaction";
    case Mark::named_unit:
        return "named unit";
    case Mark::trace:
        return "trace";
    }
    return "unknown";
}

const char *reason_name(Reason reason) noexcept {
    switch (reason) {
    case Reason::parent_feeds_keys:
        return "the keys are values that the parent returned, in the order of its rows";
    case Reason::parent_rows_match:
        return "the parent's rows match the repeats";
    case Reason::parent_rows_bound:
        return "the parent returned at least as many rows";
    case Reason::no_parent:
        return "no statement before it explains the repeats";
    case Reason::unbroken_run:
        return "the repeats come in an unbroken or periodic run";
    case Reason::set_apart:
        return "the run has ended and long pauses set it apart";
    case Reason::still_running:
        return "the run may still be going on";
    case Reason::looks_like_requests:
        return "it may be a stream of separate requests";
    case Reason::one_round_trip:
        return "the statements were sent together";
    case Reason::measured:
        return "rows were measured";
    case Reason::same_filter_values:
        return "both compared with the same values";
    case Reason::no_filter_values:
        return "there was no value to compare";
    case Reason::one_statement:
        return "they ran inside one statement";
    case Reason::list_as_long:
        return "the list is as long as the keys before it";
    case Reason::count_:
        break;
    }
    return "unknown";
}

UnitFinding *unit_finding(Unit &unit, const FindingIdentity &identity, Confidence confidence) noexcept {
    UnitFinding *found = nullptr;
    for (int i = 0; i < unit.finding_count; ++i) {
        UnitFinding &finding = unit.findings[i];
        if (finding.rule != identity.rule || finding.fingerprint != identity.fingerprint ||
            finding.relation != identity.relation) {
            continue;
        }
        const bool same_parent = finding.parent_fingerprint == identity.parent_fingerprint;
        const bool unknown = finding.parent_fingerprint == 0 || identity.parent_fingerprint == 0;
        if (same_parent || (unknown && found == nullptr)) found = &finding;
        if (same_parent) break;
    }
    if (found != nullptr) {
        return found->confidence >= Confidence::high && confidence < found->confidence ? nullptr : found;
    }
    if (unit.finding_count == max_unit_findings) {
        // It may come again at each checkpoint.
        const std::uint64_t bit = std::uint64_t{1} << (hash_combine(identity.fingerprint, identity.rule) & 63);
        if ((unit.dropped_mask & bit) == 0) ++unit.dropped_findings;
        unit.dropped_mask |= bit;
        return nullptr;
    }
    UnitFinding &finding = unit.findings[unit.finding_count++];
    finding = UnitFinding{};
    finding.rule = static_cast<std::uint8_t>(identity.rule);
    finding.fingerprint = identity.fingerprint;
    finding.relation = identity.relation;
    finding.parent_fingerprint = identity.parent_fingerprint;
    std::fill_n(finding.evidence, max_evidence, -1);
    return &finding;
}

} // namespace query_audit
