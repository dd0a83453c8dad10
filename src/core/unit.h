// The unit of work: the statements that belong together, kept as an ordered history and a table of series.
//
// A unit lives in its backend's slot; one that a trace id marks lives in the table of traces, where several backends
// add to it. Everything is of fixed size: the history forgets its oldest statements, the table of series its least
// frequent ones. Functions take a unit that their caller may write to, allocate nothing and throw nothing.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/event.h"
#include "core/finding.h"
#include "core/lineage.h"
#include "core/settings.h"
#include "core/tally.h"

namespace query_audit {

constexpr int max_series = 28;
constexpr int history_length = 64;
constexpr int max_unit_findings = 12;
constexpr std::size_t unit_name_bytes = 64;
constexpr std::uint32_t longest_period = 8;   // statements in the body of a loop
constexpr std::uint32_t tiny_transaction = 3; // statements, at most

struct HistoryEntry {
    std::uint64_t key;       // of the series
    std::uint64_t rows_read; // where it was measured, else 0
    std::uint64_t fingerprint;
    std::uint64_t filter_identity;
    std::uint32_t shape_flags;
    std::uint32_t relation; // the first that the text names
    std::uint64_t filter_hash;
    std::int64_t statement_time_us;
    std::int64_t limit;
    std::int64_t offset;
    std::uint64_t rows;
    std::int64_t execution_ns;
    std::uint32_t transaction;
    std::uint32_t event_flags;
    std::uint32_t position; // 0: empty
    StatementKind kind;
    bool paired; // a count with its page, or a page with its count
    std::uint8_t padding[2];
};

// Executions of one fingerprint on the same relations.
struct Series {
    std::uint64_t key;
    StatementShape shape;
    std::uint64_t query_id;
    std::uint32_t transaction; // that in_transaction belongs to
    std::uint32_t last_position;
    std::uint32_t period;         // positions between the last two executions, 0: more than longest_period
    std::uint32_t run_calls;      // executions at that period without a break
    std::uint32_t calls;          // all of the unit's, with rows and time
    std::uint32_t resets_at_last; // the unit's resets at the last execution
    std::uint32_t written_in;     // the transaction of the last execution, of a write alone
    std::uint64_t rows;
    std::int64_t execution_ns;
    std::uint64_t rows_max;  // of one execution
    std::uint64_t last_rows; // of the last one
    std::int64_t last_seen_us;
    std::int64_t idle_at_last_ns; // the unit's idle_ns at the last execution
    Lineage lineage;
    Tally in_unit;        // without what in_transaction holds or held, unless that transaction was tiny
    Tally in_transaction; // of the open explicit transaction, in a burst
};

// A statement without a table that runs between others, such as one that takes a sequence's value. The latest is kept.
struct Aside {
    std::uint64_t text_key; // 0: none
    std::uint32_t calls;    // each after another statement of the unit than the one before
    std::uint32_t position; // of the statement that the latest came after
};

struct Unit {
    // What every statement reads and writes comes first, in as few cache lines as it takes.
    std::uint64_t number; // of this backend's units, from 1; 0: no unit has begun
    Mark mark;            // burst, named_unit or trace
    bool transaction_open;
    std::uint8_t padding[2];
    std::uint32_t position;               // of the last statement that reads or writes a table
    std::uint32_t transaction;            // serial number of the last statement's transaction
    std::uint32_t transaction_statements; // of the open explicit one
    std::int64_t last_ns;                 // end of the last statement
    std::int64_t last_seen_us;
    std::int64_t pause_ns; // all pauses inside, outside of explicit transactions
    std::int64_t idle_ns;  // all pauses inside
    std::uint32_t pauses;
    std::uint32_t resets;       // DISCARD ALL, RESET ALL
    std::uint32_t judged_flags; // of shapes that a rule of single statements asks for
    std::int32_t backend;       // process that added last
    std::int32_t series_count;
    std::int32_t finding_count;
    std::uint32_t sample_serial;    // of the latest sample
    std::uint32_t dropped_findings; // for want of a place
    std::uint32_t last_write;       // position of the last write, whatever it wrote to
    std::uint32_t hot_padding;
    Aside aside;
    std::uint8_t series_index[64]; // a guess at the series' place, by key
    std::uint32_t written_at[64];  // position of the last write, by relation_mask bit

    std::int64_t first_ns; // start of the first statement
    std::int64_t first_seen_us;
    std::int64_t pause_before_ns;  // before the first statement; the largest value at a connection's start
    std::uint64_t previous_key;    // series of the last statement of the unit before, 0: not known
    std::uint64_t dropped_mask;    // of the identities of dropped findings, so that each is counted once
    std::uint64_t trace;           // hash of the trace id
    std::uint64_t route;           // hash of the route tag
    std::uint32_t folded_findings; // of those folded already, the ones of more than low confidence
    std::uint32_t findings_padding;
    ClientIdentity client;
    char name[unit_name_bytes];
    char tags[tags_bytes];

    // As good as empty where the counts above are 0. Of the history, what stands outside of the last positions of this
    // unit is of an earlier one.
    Series series[max_series];
    HistoryEntry history[history_length];
    UnitFinding findings[max_unit_findings];
    KeptSample samples[kept_samples]; // by serial number modulo kept_samples
};
static_assert(std::is_trivially_copyable_v<Unit> && std::is_standard_layout_v<Unit>);

// Identity of the series an execution belongs to.
[[nodiscard]] std::uint64_t series_key(const StatementShape &shape) noexcept;

// Empties the unit and starts its next one.
void begin_unit(Unit &unit, Mark mark, const ClientIdentity &client) noexcept;

// The pause that ends a burst: ten times this client's usual pause in the unit, within the configured bounds.
[[nodiscard]] std::int64_t burst_gap_ns(const Unit &unit, const Settings &settings) noexcept;

// Whether a statement that starts at start_ns still belongs to the unit, as far as time and transaction say.
[[nodiscard]] bool unit_continues(const Unit &unit, const Settings &settings, std::int64_t start_ns,
                                  std::uint32_t transaction) noexcept;

// Whether a statement is one of the client's own that reads or writes a table of the application.
[[nodiscard]] bool takes_part_in_sequences(const StatementEvent &event) noexcept;

struct Added {
    std::uint32_t position;
    bool new_series; // the first execution of its series in this unit
};

// Adds one execution and lets the rules look at it. REQUIRES: it takes part in sequences, and note_worth() saw it.
Added add_statement(Unit &unit, const StatementEvent &event, const Settings &settings) noexcept;

// Completes a statement that was added as in progress; `event` holds its final rows, times and facts.
void finish_statement(Unit &unit, std::uint32_t position, const StatementEvent &event,
                      const Settings &settings) noexcept;

// A write that is no statement of the unit's own, but happened inside of its next one or beside it.
void note_other_write(Unit &unit, std::uint64_t relation_mask) noexcept;

// Lets the execution rules alone look at a statement that takes no part in sequences. REQUIRES: it is noteworthy.
void add_execution(Unit &unit, const StatementEvent &event, const Settings &settings) noexcept;

// Judges the series of an explicit transaction for the last time. What a tiny one did belongs to the burst around it,
// as if it had run in autocommit, unless an error ended it (failed): it will be tried again.
void end_transaction(Unit &unit, std::uint32_t transaction, bool failed, const Settings &settings) noexcept;

// What is known of how a unit ended, or the run of one series, when its series are judged. As it stands, both go on.
struct UnitEnd {
    bool ended = false;
    std::int64_t pause_after_ns = 0; // 0: not known, or the client went away
    std::uint64_t next_key = 0;      // series of the statement that came after, 0: none came
    bool run_over = false;           // the execution that is about to be added does not continue the series' run
};

// Lets the rules look at every series. At the end of a unit, and on a reader's copy of a unit that still runs.
void evaluate_unit(Unit &unit, const UnitEnd &end, const Settings &settings) noexcept;

// The series with this key, or null.
[[nodiscard]] const Series *find_series(const Unit &unit, std::uint64_t key) noexcept;

// What tells the findings of one unit apart.
struct FindingIdentity {
    int rule;
    std::uint64_t fingerprint;
    std::uint32_t relation;
    std::uint64_t parent_fingerprint; // 0: none, or not known yet
};

// The finding with this identity, new and zeroed but for it when it is not there. A finding whose parent was not known,
// and one whose parent is not known any more, are the same. Null when the unit holds as many findings as it can, which
// is counted, and when `confidence` would take back what better evidence has settled: a finding that was high stays so.
[[nodiscard]] UnitFinding *unit_finding(Unit &unit, const FindingIdentity &identity, Confidence confidence) noexcept;

} // namespace query_audit
