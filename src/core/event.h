// StatementEvent: one execution of one statement, as the hooks hand it to the unit of work.
//
// Plain data, valid for the call it is passed to. Times are nanoseconds of the monotonic clock unless the name says
// otherwise; rows are rows returned to the caller or changed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/access.h"
#include "core/shape.h"

namespace query_audit {

constexpr std::size_t relation_name_bytes = 132; // schema.table, quoted, cut
constexpr std::size_t filter_bytes = 160;
constexpr std::size_t index_columns_bytes = 128;
constexpr std::size_t index_name_bytes = 64;

// whole_index: all of an index, for its order or its columns, or up to where a LIMIT ended it.
enum class ScanMethod : std::uint8_t { sequential, whole_index, index, bitmap };

// What kept an index whose first column a condition names from answering it.
enum class Missed : std::uint8_t {
    none,
    function,
    cast,
    parameter_type,
    collation,
    // Not to be had of any index, whether one is missed or not:
    configuration, // of text search, which is the session's
    array_element, // value = ANY (column)
};

// What scans of one table (a partitioned table counts as one) did in one execution, and what becomes of their rows.
struct ScanFacts {
    std::uint32_t relation;       // OID of the table, of the root when it is a partition
    std::uint32_t partitions;     // scanned, 0 for a plain table
    std::uint64_t loops;          // times it was scanned from the start
    std::uint64_t rows_read;      // all loops
    std::uint64_t rows_removed;   // by the filter, all loops
    std::uint64_t rows_estimated; // that the planner expected to be kept of as many
    std::uint64_t rows_sorted;    // for the statement's ORDER BY, by this table's columns alone; else 0
    std::int64_t rows_changed;    // since the last ANALYZE; -1: not asked, as the estimate was right
    std::int64_t table_rows;      // by the statistics; -1: there are none. Asked with rows_changed
    ScanMethod method;
    Missed missed;
    bool index_exists;                       // a valid index already serves what that of index_columns would
    bool open_pattern;                       // the filter has a pattern that may begin with anything
    bool pattern_index_exists;               // and there is an index that answers some of these
    bool sort_limited;                       // the sort kept the first rows alone, for a LIMIT
    char relation_name[relation_name_bytes]; // schema-qualified and quoted
    char filter[filter_bytes];               // with ? for each value; empty when it could not be written
    // What follows the table in CREATE INDEX, as core/index_text.h writes it; empty when none would serve. Several,
    // each ended by a zero byte, where an OR takes one for each of its parts.
    char index_columns[index_columns_bytes];
    char missed_columns[index_columns_bytes]; // for the condition that the missed index did not answer
    char pattern_index[index_columns_bytes];  // for the open pattern; several as index_columns
    char sort_columns[index_columns_bytes];   // for the sort, after the columns compared for equality
    char missed_index[index_name_bytes];
    AccessNeed need;
};

constexpr int max_scan_facts = 4;

// Columns that are stored out of line, of one relation, in the first rows of a result.
struct WideFacts {
    std::uint32_t relation;                  // OID; 0: none
    std::uint32_t columns;                   // out of line
    std::uint32_t other_columns;             // of the same relation, shown beside them
    std::uint64_t row_bytes;                 // out of line, of one row
    char relation_name[relation_name_bytes]; // schema-qualified and quoted
    char column_names[index_columns_bytes];  // of those out of line, cut where they are many
};

struct PlanFacts {
    std::uint64_t rows_read; // by every scan that was measured
    std::int32_t scan_count;
    ScanFacts scans[max_scan_facts]; // those that a rule may report, largest first
    WideFacts wide;
};

namespace event_flag {
constexpr std::uint32_t explicit_transaction = 1u << 0;
constexpr std::uint32_t same_round_trip =
    1u << 1; // came with the statement before it, in a pipeline or a multi-statement string
constexpr std::uint32_t failed = 1u << 2;      // an error or a cancel ended it
constexpr std::uint32_t nested = 1u << 3;      // ran inside a function, a trigger or a utility statement
constexpr std::uint32_t maintenance = 1u << 4; // ran inside COPY, EXPLAIN, CREATE TABLE AS, REFRESH, ...
constexpr std::uint32_t in_progress = 1u << 5; // fetched in part; finish_statement() will be called when it has ended
constexpr std::uint32_t in_parts = 1u << 6;    // ... and was fetched in more than one part, or is held for such fetches
constexpr std::uint32_t noteworthy = 1u << 7;  // the rules of single executions look at it (see note_worth())
} // namespace event_flag

// Where an output column comes from. relation is 0 for an expression.
struct ColumnOrigin {
    std::uint32_t relation; // OID
    std::int16_t attribute; // number of its column
    std::uint16_t number;   // of the output column, from 1
};

struct RowSample;
struct KeyValues;

// What else is known around a noteworthy execution.
struct Surroundings {
    std::int64_t earlier_calls;     // of the statement in this backend, since its statistics were folded last
    std::int64_t earlier_ns;        // that these took
    std::int64_t inner_ns;          // the longest statement that ran inside of it took, 0 without a noteworthy one
    std::uint64_t inner_temp_bytes; // that one wrote
};

struct StatementEvent {
    const StatementShape *shape;
    const PlanFacts *facts;  // null when nothing was measured
    const RowSample *sample; // of its first rows, null when none was taken
    const KeyValues *keys;   // where the unit wants them, else null
    std::uint64_t series;    // series_key(*shape)
    std::uint64_t query_id;
    std::uint64_t parameters_hash; // of every bound value and literal
    std::uint64_t key_hash;        // of those that the filter compares with, but for what only bounds a range
    // From here to flags in the order of HistoryEntry, so that a few wide moves copy them.
    std::uint64_t filter_hash;      // of all that the filter compares with
    std::int64_t statement_time_us; // when the client's message arrived, microseconds since 2000-01-01 UTC
    std::int64_t limit;             // the values of LIMIT and OFFSET, or -1
    std::int64_t offset;
    std::uint64_t rows;
    std::int64_t execution_ns; // inside the executor; pauses between fetches are not in it
    std::uint32_t transaction; // serial number of the backend's transaction
    std::uint32_t flags;       // event_flag
    std::int64_t start_ns;
    std::int64_t end_ns;
    std::uint64_t temp_bytes;   // temporary files written
    std::int32_t list_length;   // elements of the list, 0 where not known; set for shape_flag::key_list alone
    const Surroundings *around; // null where not known, as of what is not noteworthy

    [[nodiscard]] bool is(std::uint32_t wanted) const noexcept { return (flags & wanted) == wanted; }
};

} // namespace query_audit
