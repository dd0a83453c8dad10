// Finding: a pattern that a rule saw, with its evidence, as plain data.
//
// UnitFinding is a finding inside one unit of work; FindingRecord is the same finding added up over units, under a key
// that says who ran what where. Literal values are in neither.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "core/event.h"
#include "core/severity.h"

namespace query_audit {

// low is kept and shown, and does not count for a gate.
enum class Confidence : std::uint8_t { none = 0, low = 1, medium = 2, high = 3, proven = 4 };

// What held the statements of a sequence together, strongest last.
enum class Mark : std::uint8_t { execution = 0, burst = 1, transaction = 2, named_unit = 3, trace = 4 };

// Why a finding has its confidence; a finding names all that hold.
enum class Reason : std::uint8_t {
    parent_feeds_keys,   // the keys are values that the parent returned, in the order of its rows
    parent_rows_match,   // the parent returned as many rows as there were repeats (or half or a third as many)
    parent_rows_bound,   // the parent returned at least as many rows
    no_parent,           // no statement before the series explains it
    unbroken_run,        // the repeats come at a constant period of at most 8 statements
    set_apart,           // the run has ended, is bounded, and long pauses surround it
    still_running,       // it may yet grow
    looks_like_requests, // pauses or length are those of a stream of requests rather than of a loop
    one_round_trip,      // sent together, in a pipeline or one string
    measured,            // rows were counted by the executor, not estimated
    same_filter_values,  // both statements compared with the same values
    no_filter_values,    // there was no value to compare
    one_statement,       // they ran inside one statement of the client's
    list_as_long,        // the list of keys has as many as the statement before it returned rows
    count_
};

[[nodiscard]] constexpr std::uint32_t reason_bit(Reason reason) noexcept { return 1u << static_cast<int>(reason); }

constexpr int max_evidence = 8;
constexpr int max_related = 8;

struct UnitFinding {
    std::uint8_t rule; // index in rules()
    Severity severity;
    Confidence confidence;
    Mark mark;
    std::uint32_t reasons;    // bits by Reason
    std::uint32_t relation;   // OID of the table scanned, or of the first that the statement names
    std::uint32_t partitions; // of the relation, that took part
    std::uint64_t fingerprint;
    std::uint64_t parent_fingerprint; // 0: none or not known
    std::uint64_t text_key;           // what the statement's text is kept under
    std::uint64_t occurrences;        // units for a sequence rule, executions for an execution rule
    std::uint64_t calls;
    std::uint64_t rows;
    std::int64_t execution_ns;
    std::int64_t wall_ns;  // time from the first to the last statement of the pattern, the client's pauses included
    std::int64_t saved_ns; // what the remedy would save of it, by estimate
    std::int64_t first_seen_us; // microseconds since 2000-01-01 UTC
    std::int64_t last_seen_us;
    std::int64_t evidence[max_evidence]; // as the rule's evidence_names name them; -1 where not known
    union {
        // What the texts of the other statements of the pattern are kept under, in the order that the rule gives them;
        // 0 ends the list.
        std::uint64_t related[max_related];
        char index_name[index_name_bytes]; // of an execution rule: the index that was there and was not used
    };
    ColumnOrigin lineage;      // the parent's column that feeds the statement; number 0: not seen
    std::uint32_t lineage_key; // which of the statement's keys it feeds, from 0
    std::uint32_t lineage_padding;
    char relation_name[relation_name_bytes]; // of a scan; other findings' is looked up when they are read
    char filter[filter_bytes];
    char index_columns[index_columns_bytes];
};
static_assert(std::is_trivially_copyable_v<UnitFinding> && std::is_standard_layout_v<UnitFinding>);

constexpr std::size_t application_name_bytes = 64;
constexpr std::size_t tags_bytes = 192;

// Who ran a unit of work.
struct ClientIdentity {
    std::uint32_t database; // OID
    std::uint32_t user;     // OID
    char application_name[application_name_bytes];
};

struct FindingKey {
    std::uint64_t fingerprint;
    std::uint64_t parent_or_relation;
    std::uint64_t application; // hash of application_name
    std::uint64_t route;       // hash of the route tag, 0 without one
    std::uint32_t database;
    std::uint32_t user;
    std::uint32_t rule;
    std::uint32_t padding;
};

struct FindingRecord {
    ClientIdentity client;
    UnitFinding finding;
    char tags[tags_bytes]; // key=value, separated by NUL, as parse_tags() writes them
};

[[nodiscard]] FindingKey finding_key(const ClientIdentity &client, std::uint64_t route,
                                     const UnitFinding &finding) noexcept;

// What a finding's numbers are called: rule and OIDs. Empty where that is not known, as of what has been dropped.
struct FindingNames {
    std::string_view rule;
    std::string_view database;
    std::string_view user;
    std::string_view relation; // empty, too, where the finding has a parent
};

// The public id of a finding, positive as a signed 64-bit integer: what is called the same has the same id in every run
// and every cluster, whatever its OIDs, so that it can be kept outside of the server.
[[nodiscard]] std::uint64_t finding_id(const FindingKey &key, const FindingNames &names) noexcept;

// Adds `seen` to what `record` already counts. A finding of low confidence does not add to one that better evidence
// has shown; the first better one replaces the low ones' counts. The sample of evidence is that of the largest.
void add_finding(FindingRecord &record, const UnitFinding &seen) noexcept;

[[nodiscard]] const char *confidence_name(Confidence confidence) noexcept;
[[nodiscard]] const char *mark_name(Mark mark) noexcept;
[[nodiscard]] const char *reason_name(Reason reason) noexcept;

} // namespace query_audit
