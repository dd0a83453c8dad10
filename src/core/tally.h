// Tally: what the executions of one series add up to, in a fixed number of bytes.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace query_audit {

// How many different values were seen: exact up to 8, then estimated by linear counting in 128 bits.
struct DistinctSet {
    static constexpr std::uint32_t exactly_counted = 8;

    std::uint32_t known[exactly_counted];
    std::uint64_t bits[2];
    std::uint32_t known_count;
    std::uint32_t padding;

    void add(std::uint64_t hash) noexcept {
        bits[hash >> 6 & 1] |= std::uint64_t{1} << (hash & 63);
        const auto value = static_cast<std::uint32_t>(hash >> 32);
        if (known_count > exactly_counted) return;
        for (std::uint32_t i = 0; i < known_count; ++i) {
            if (known[i] == value) return;
        }
        if (known_count < exactly_counted) known[known_count] = value;
        ++known_count; // one more than exactly_counted says that there are more
    }

    [[nodiscard]] std::uint32_t estimate() const noexcept {
        if (known_count <= exactly_counted) return known_count;
        const int zeros = 128 - std::popcount(bits[0]) - std::popcount(bits[1]);
        if (zeros == 0) return 1000;
        const auto counted = static_cast<std::uint32_t>(std::lround(-128.0 * std::log(zeros / 128.0)));
        return counted > exactly_counted ? counted : exactly_counted + 1;
    }
};

// The values that were seen most often (Misra and Gries): a count is never too high, and a value that makes up more
// than a ninth of all is always among them.
struct Repeats {
    std::uint32_t value[8];
    std::uint32_t count[8];

    void add(std::uint64_t hash) noexcept {
        const auto wanted = static_cast<std::uint32_t>(hash >> 32);
        int free = -1;
        for (int i = 0; i < 8; ++i) {
            if (count[i] == 0) {
                free = i;
            } else if (value[i] == wanted) {
                ++count[i];
                return;
            }
        }
        if (free >= 0) {
            value[free] = wanted;
            count[free] = 1;
            return;
        }
        for (std::uint32_t &c : count) --c;
    }

    [[nodiscard]] std::uint32_t most() const noexcept {
        std::uint32_t most = 0;
        for (const std::uint32_t c : count) most = c > most ? c : most;
        return most;
    }
};

// The statement before a series whose rows may explain its length.
struct Parent {
    std::uint64_t key;         // of the parent's series; 0: none found
    std::uint64_t fingerprint;
    std::uint64_t rows;        // of all its executions since the first that counts
    std::uint32_t calls;
    std::uint32_t position;    // of its last execution before the series began
};

struct Tally {
    std::uint32_t calls;
    std::uint32_t aborted;         // of these, in transactions that were rolled back
    std::uint32_t same_round_trip; // of these, sent together with the statement before
    std::uint32_t first_position;
    std::uint64_t rows;
    std::int64_t execution_ns;
    std::int64_t pause_ns;     // from the end of the statement before to the start of each repeat
    std::int64_t max_pause_ns; // the first execution's pause is in neither
    std::int64_t first_seen_us;
    DistinctSet filters;
    Repeats repeats;
    Parent parent;
    bool parent_sought;
    std::uint8_t padding[7];

    [[nodiscard]] std::uint32_t counted_calls() const noexcept { return calls - aborted; }
};

} // namespace query_audit
