// What a rule is: one constexpr descriptor with pure functions that look at a unit of work and write findings.
//
// Everything else about a rule (its settings, rules() in SQL, docs/rules.md, the parameterised test) is made from the
// descriptor. A rule asks the server nothing and keeps no state of its own.
#pragma once

#include <string_view>

#include "core/connection.h"
#include "core/projection.h"
#include "core/repeated.h"
#include "core/text.h"
#include "core/unit.h"

namespace query_audit {

struct Threshold {
    const char *name; // of the setting, after pg_query_audit.<rule>_
    const char *unit; // "rows", "calls", "percent", ...
    int default_value;
    int minimum;
    int maximum;
    const char *description;
};

// The kind of SQL that mends it; the server adapter knows how to write each.
enum class Fix : std::uint8_t {
    none,
    batch_child,         // the query, for many keys at once
    batch_write,         // the INSERT, UPDATE or DELETE, for many rows at once
    filtered_aggregates, // one aggregate for all related statements (UnitFinding::related)
    page_without_count,  // the parent's page with one row more, and by key
    keyset_page,         // the query's page by key
    write_in_batches,    // the UPDATE or DELETE, some rows at a time in the order of their key
    create_index,
    analyze, // the finding's relation
};

struct SeriesContext {
    Unit &unit;
    Series &series;
    const UnitEnd &end;
    const Settings &settings;
    int rule; // index of the rule that is asked
    const int *thresholds;
};

struct StatementContext {
    Unit &unit;
    const StatementEvent &event;
    std::uint32_t position; // in the unit, 0 for a nested statement
    const Settings &settings;
    int rule;
    const int *thresholds;
};

struct NestedRun;
struct NestedSeries;

struct NestedContext {
    Unit &unit; // takes the findings
    const NestedRun &run;
    const NestedSeries &series;
    int rule;
    const int *thresholds;
};

// How long a transaction sat idle between its client's statements.
struct IdleTransaction {
    std::uint32_t transaction; // serial number
    std::int64_t idle_us;      // as the server counted it; of an open one the pause that goes on
    std::int64_t end_us;       // when it ended, or now
    bool ended;
};

struct IdleContext {
    Unit &unit; // takes the findings, and may hold the transaction's statements
    const IdleTransaction &idle;
    int rule;
    const int *thresholds;
};

struct ConnectionContext {
    Unit &unit; // takes the findings
    ConnectionRecord &record;
    const ConnectionMoment &moment;
    int rule;
    const int *thresholds;
};

struct CacheContext {
    Unit &unit; // takes the findings
    const CacheKey &key;
    CacheRecord &record;
    bool all; // for a reader: however little was added since it was reported last
    int rule;
    const int *thresholds;
};

struct UnitContext {
    Unit &unit;
    const UnitEnd &end;
    const Settings &settings;
    int rule;
    const int *thresholds;
};

struct RuleDescriptor {
    const char *id;
    const char *title;
    const char *category;   // sequence, execution, session, schema
    Severity severity;      // the usual one; a finding's own may differ
    const char *rationale;  // why it hurts
    const char *fires_when; // for docs/rules.md: what is reported, and
    const char *silent_for; // what looks like it and is not
    const char *remedy;
    Threshold thresholds[max_thresholds];
    const char *evidence_names[max_evidence];
    const char *related_name; // under which evidence lists the related statements, where there are two or more; or null
    Fix fix;
    // Called for a series when its length crosses a threshold and when the unit ends; null: not a rule of series.
    void (*on_series)(const SeriesContext &context);
    // Called for a statement that aggregates, pages, looks up by a list, fetches all rows after a count, was measured,
    // or is noteworthy; null: not a rule of single statements.
    void (*on_statement)(const StatementContext &context);
    // Called for a noteworthy statement that no rule of single executions has reported.
    void (*on_unexplained)(const StatementContext &context) = nullptr;
    // Called for what ran often enough inside one statement of the client's; null: not a rule of nested statements.
    void (*on_nested)(const NestedContext &context) = nullptr;
    // Called when a unit that has findings ends; null: nothing that the rule found depends on the end.
    void (*on_unit)(const UnitContext &context) = nullptr;
    // Names for a number of the evidence that is none in itself; null, for one: it is a number. null: all are.
    const char *(*name_evidence)(int place, std::int64_t value) = nullptr;
    // Called when an explicit transaction that sat idle has ended, and for readers while it goes on.
    void (*on_idle)(const IdleContext &context) = nullptr;
    // Called when a connection runs its first statement, and when it has ended and was added to its record.
    void (*on_connection)(const ConnectionContext &context) = nullptr;
    // Called for a read with certain values that a unit of work was added to.
    void (*on_cacheable)(const CacheContext &context) = nullptr;
    // How the time of one execution grows with the rows, which the evidence then names; null: not said.
    Scaling (*scale)(const UnitFinding &finding) = nullptr;
    // Writes what to do, in a sentence or two. Null for a schema rule: its findings are rows that SQL makes of the
    // catalog.
    void (*advise)(const UnitFinding &finding, TextWriter &advice);
};

// All rules, in the order of their indexes. The only list of rules there is.
[[nodiscard]] int rule_count() noexcept;
[[nodiscard]] const RuleDescriptor &rule(int index) noexcept;

// The index of the rule with this id, or -1.
[[nodiscard]] int find_rule(std::string_view id) noexcept;

} // namespace query_audit
