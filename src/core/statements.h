// Statement statistics: counters of one fingerprint for one database and role.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/event.h"
#include "core/histogram.h"

namespace query_audit {

struct StatementKey {
    std::uint64_t fingerprint;
    std::uint32_t database;
    std::uint32_t user;

    [[nodiscard]] bool operator==(const StatementKey &other) const noexcept {
        return std::memcmp(this, &other, sizeof(StatementKey)) == 0;
    }
};

constexpr int max_query_ids = 4;

// Everything but the histogram. Durations in nanoseconds, sum of squares in microseconds squared.
struct StatementSums {
    std::int64_t calls;
    std::int64_t errors; // failed or cancelled executions; their times and rows are in no other field
    std::int64_t rows;
    std::int64_t units; // units of work that it ran in
    std::int64_t execution_ns;
    std::int64_t min_ns;
    std::int64_t max_ns;
    double execution_us_squared;
    std::int64_t rows_read; // by scans, where they were measured
    std::int64_t seq_scans; // sequential scans that were measured
    std::int64_t temp_bytes;
    std::int64_t first_seen_us;
    std::int64_t last_seen_us;
    std::uint64_t query_ids[max_query_ids]; // the first few of the server's query ids that share the fingerprint
};

template <typename Counter> struct BasicStatement {
    StatementSums sums;
    BasicHistogram<Counter> histogram;
};

using SlotStatement = BasicStatement<std::uint16_t>; // a slot is folded long before a counter can be full
using StatementRecord = BasicStatement<std::uint32_t>;

static_assert(std::is_trivially_copyable_v<StatementRecord> && std::is_standard_layout_v<StatementRecord>);

void add_execution(SlotStatement &statement, const StatementEvent &event, bool new_in_unit) noexcept;

// Adds `other` to `sum`; an empty sum becomes `other`.
void add_sums(StatementSums &sum, const StatementSums &other) noexcept;

// Population standard deviation of the execution time in nanoseconds.
[[nodiscard]] double stddev_ns(const StatementSums &sums) noexcept;

} // namespace query_audit
