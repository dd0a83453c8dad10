// Lineage: which column of a list holds the keys that a series looks up.
//
// While the rows of a statement go to the client, the values of the first few are kept by column, as hashes of 32 bits.
// Where the keys of the executions after it are found in one column, in the order of the rows, it is proven that the
// statement feeds the loop: no count of rows needs to match.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/event.h"

namespace query_audit {

constexpr int sampled_rows = 12;
constexpr int sampled_columns = 12;
constexpr int kept_samples = 3; // of a unit, the latest
constexpr int followed_keys = 2;

// The first rows of one execution: of each column that may hold a key, a hash for each row, 0 for NULL and for what
// cannot be told.
struct RowSample {
    std::uint32_t rows;
    std::uint32_t columns;
    ColumnOrigin origin[sampled_columns];
    std::uint32_t value[sampled_columns][sampled_rows];
};

// The first keys that an execution's filter compares with. A literal may be of one type or of another, so each key has
// two hashes; 0: none.
struct KeyValues {
    std::uint32_t hash[followed_keys][2];
};

// A sample as its unit keeps it.
struct KeptSample {
    std::uint64_t key;    // of the list's series
    std::uint32_t serial; // of the unit's samples, from 1; 0: none is kept here
    std::uint32_t position;
    std::uint64_t fingerprint;
    bool partial; // there were more rows
    std::uint8_t padding[7];
    RowSample rows;
};

// How far the keys of a series were followed through a list's columns.
struct Lineage {
    std::uint64_t list;   // series whose rows held the keys so far; 0: none
    std::uint32_t sample; // serial number of the sample that is followed
    std::uint32_t last_value;
    std::uint16_t columns;             // one bit for each that held all keys so far, in the order of its rows
    std::uint8_t key;                  // which of the statement's keys
    std::uint8_t found;                // different values that were found
    std::uint8_t row[sampled_columns]; // where the latest was found
    std::uint32_t position;            // of the list
    std::uint8_t attempts;             // executions whose keys were looked for
    bool settled;                      // no more are asked for
    bool proven;
    std::uint8_t padding;
    ColumnOrigin from; // where it is proven
};

struct Unit;

// Hashes of values for samples and keys, never 0.
[[nodiscard]] std::uint32_t hash_sampled_integer(std::int64_t value) noexcept;
[[nodiscard]] std::uint32_t hash_sampled_bytes(std::string_view bytes) noexcept;

// Hashes of a literal as it is written: a number, or a string in plain quotes as text and as the number or UUID that it
// may stand for. Zeros for what cannot be told.
void hash_sampled_literal(std::string_view literal, std::uint32_t (&hash)[2]) noexcept;

// Keeps the event's sample. REQUIRES: event.sample is not null.
void keep_sample(Unit &unit, const StatementEvent &event, std::uint32_t position) noexcept;

// Whether the keys of such an event would be of use.
[[nodiscard]] bool wants_key_values(const Unit &unit, const StatementEvent &event) noexcept;

// Follows one execution's keys through the unit's samples.
void follow_keys(const Unit &unit, Lineage &lineage, const KeyValues &keys) noexcept;

} // namespace query_audit
