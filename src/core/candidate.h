// Index candidates: the fewest indexes that answer what scans asked of one table, and are worth their upkeep.
//
// A pure function of the scans' needs (core/access.h) and of what catalog and statistics say of the table. Columns are
// attribute numbers; core/index_text.h writes them as SQL. Nothing here is kept: candidates are made when they are
// read.
#pragma once

#include "core/access.h"

namespace query_audit {

enum class AccessMethod : std::uint8_t { btree, gin, brin, gist, hash, other }; // the first three are proposed

enum class OperatorClass : std::uint8_t {
    usual,     // the type's default for the method
    pattern,   // compares byte by byte, for patterns with a fixed beginning
    trigram,   // of pg_trgm
    json_path, // of jsonb, for containment alone
    other,     // any other of an index that exists
};

constexpr int max_index_keys = 5; // of a candidate: more make it larger than they save
constexpr int max_index_conditions = 3;
constexpr int max_index_includes = max_access_columns;

struct IndexKey {
    std::int16_t attribute; // 0: the index's expression
    KeyUse use;             // equality (joins that loop too), join, range or sort; what GIN is asked for
    std::uint8_t flags;     // key_flag of a sort
    OperatorClass operator_class;
    std::uint8_t group; // keys of one group may stand in any order; a group stands before those of higher numbers
    float distinct;     // of AccessKey
};

struct IndexCondition {
    std::int16_t attribute;
    KeyUse use; // is_null, is_not_null, is_true or is_false
};

struct IndexCandidate {
    AccessMethod method;
    std::uint8_t key_count;
    std::uint8_t condition_count;
    IndexKey keys[max_index_keys];
    IndexCondition conditions[max_index_conditions]; // all of them hold for the rows that are in the index
    char expression[access_expression_bytes];        // of AccessNeed; empty when no key is one
    std::uint8_t include_count;
    std::int16_t includes[max_index_includes]; // held beside the keys, so that the table need not be visited
};

// What one statement asked of the table, and what reading it without an index has cost.
struct ScanNeed {
    AccessNeed need;
    std::int64_t calls;
    std::int64_t scans; // calls times loops
    std::int64_t rows_read;
    std::int64_t rows_removed;
    // From split_alternatives(): it is of an OR, of which all parts have the same number; 0: it stands alone.
    int group = 0;
    int parts = 1;
};

// Of pg_statistic.
struct ColumnProfile {
    std::int16_t attribute;
    float null_fraction;
    float width;       // bytes
    float correlation; // of the column's order with the table's, -1 to 1
};

constexpr int max_existing_keys = 8;

// An index that the table has.
struct ExistingIndex {
    AccessMethod method;
    bool usable;            // valid, and all its conditions are among `conditions`
    std::uint8_t key_count; // the first ones, without INCLUDE
    std::uint8_t condition_count;
    std::uint8_t include_count;               // the first ones
    std::int16_t includes[max_existing_keys]; // attribute numbers
    IndexKey keys[max_existing_keys];         // attribute 0: an expression
    IndexCondition conditions[max_index_conditions];
    char expression[access_expression_bytes]; // the one that equals a need's, as the need has it; else empty
};

struct IndexedTable {
    double rows;   // negative: not known
    double bytes;  // on disk, without indexes
    double writes; // rows inserted, changed and deleted while the scans were counted, by estimate
    const ColumnProfile *columns;
    int column_count;
    const ExistingIndex *indexes;
    int index_count;
    double visible_share; // of its pages, those on which all rows are visible to everybody; 0: none, or not known
    double changes;       // rows of `writes` that were changed or deleted
};

// Null where nothing is known of the column.
[[nodiscard]] const ColumnProfile *find_column(const IndexedTable &table, std::int16_t attribute) noexcept;

// What becomes of a need.
enum class Verdict : std::uint8_t {
    proposed,    // an index is, that serves it
    no_key,      // there is nothing in it that an index answers
    small_table, // reading it whole costs nothing
    keeps_most,  // the scan returns most of what it reads
    served,      // an index exists that serves it, and was not used
    not_worth,   // keeping the index up to date costs more than it saves
};

struct NeedVerdict {
    Verdict verdict;
    int place; // proposed: of the proposal; served: of the existing index
};

// Whether the proposal of that place is for the need.
[[nodiscard]] constexpr bool is_served_by(const NeedVerdict &verdict, int place) noexcept {
    return verdict.verdict == Verdict::proposed && verdict.place == place;
}

struct Proposal {
    IndexCandidate index;
    std::int64_t calls;
    double rows_saved; // that need not have been read, or visited where the index covers what is asked of them
    double bytes;      // of the index, by estimate
};

// Rows at which those that a key leaves are few: another key would find hardly fewer.
constexpr double few_rows = 10;
// A share of the table that is better found by the equality keys alone than by GIN's key or an OR beside them.
constexpr double selective_share = 0.01;

// Different values of a key, where they are not known a guess.
[[nodiscard]] constexpr double distinct_values(float distinct) noexcept {
    return distinct > 0 ? static_cast<double>(distinct) : 10;
}

// Rows of the table; where they are not known those that one scan read.
[[nodiscard]] double rows_of_table(const ScanNeed &need, const IndexedTable &table) noexcept;

// Of these, how many have the values that the need compares columns with, by estimate.
[[nodiscard]] double rows_by_equality(const ScanNeed &need, const IndexedTable &table) noexcept;

// One need for each part of an OR of several columns: each takes an index of its own, and the scan is spared where all
// of them are there. One need, without what stands in an OR, where there is none, or another index is better: what is
// compared beside it finds few rows, or a sort's LIMIT ends the scan sooner. `parts` has room for max_alternatives;
// `group` is not 0. Returns how many there are.
[[nodiscard]] int split_alternatives(const ScanNeed &need, const IndexedTable &table, int group,
                                     ScanNeed *parts) noexcept;

// The index that would answer the need best, with all keys that may. Returns false where none would.
[[nodiscard]] bool form_candidate(const ScanNeed &need, const IndexedTable &table, IndexCandidate &candidate) noexcept;

// Adds the columns that the need takes from the table, where that pays: many rows to visit, few and narrow columns, and
// rows that hardly change.
void cover_candidate(const ScanNeed &need, const IndexedTable &table, IndexCandidate &candidate) noexcept;

// Pages that one scan need not visit for the rows it keeps where the index has all columns.
[[nodiscard]] double visits_spared(const ScanNeed &need, const IndexedTable &table,
                                   const IndexCandidate &candidate) noexcept;

// Adds the columns that `narrow` holds beside its keys. False, and `wide` is as it was, where there is no room.
[[nodiscard]] bool join_includes(const IndexCandidate &narrow, IndexCandidate &wide) noexcept;

// Whether the index holds what the candidate does beside its keys.
[[nodiscard]] bool index_covers(const ExistingIndex &index, const IndexCandidate &candidate) noexcept;

// Makes `wide` serve what `narrow` serves as well, where that takes no further key. Returns whether it does.
bool fold_candidate(const IndexCandidate &narrow, IndexCandidate &wide) noexcept;

// The most selective first, where the order is free, and joins last.
void order_keys(IndexCandidate &candidate) noexcept;

// Takes the keys away that come after few rows are left.
void trim_candidate(IndexCandidate &candidate, double rows) noexcept;

// Whether the index answers what the candidate would.
[[nodiscard]] bool index_serves(const ExistingIndex &index, const IndexCandidate &candidate) noexcept;

// The same of the need that it was formed of, or whether the index finds so few rows by some of what the need compares
// that no other need be there. `rows`: of the table.
[[nodiscard]] bool index_answers(const ExistingIndex &index, const ScanNeed &need, const IndexCandidate &candidate,
                                 double rows) noexcept;

// Rows that the index would have spared this need, of an OR its part of them.
[[nodiscard]] double rows_saved(const ScanNeed &need) noexcept;

[[nodiscard]] double estimated_bytes(const IndexCandidate &candidate, const IndexedTable &table) noexcept;

// Whether what it saves is more than what the table's writes cost it.
[[nodiscard]] bool is_worth_keeping(const Proposal &proposal, const IndexedTable &table) noexcept;

// Proposals for all needs of one table, those that save most first. `proposals` and `verdicts` have room for `count`.
// Returns how many proposals there are.
[[nodiscard]] int propose_indexes(const ScanNeed *needs, int count, const IndexedTable &table, Proposal *proposals,
                                  NeedVerdict *verdicts) noexcept;

} // namespace query_audit
