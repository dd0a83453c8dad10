// Tally: what the executions of one series add up to, in a fixed number of bytes.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace query_audit {

// By how many of 128 bits are zero: how many different values set the others, if each set one by chance, which is
// 128 ln(128 / zeros). Rules ask at every few executions, and the library's logarithm is slow.
struct LinearCounts {
    std::uint16_t of_zeros[129];

    constexpr LinearCounts() noexcept : of_zeros{1000} {
        double sum = 0; // of ln((i + 1) / i), which is 2 artanh(1 / (2 i + 1))
        for (int zeros = 127; zeros >= 1; --zeros) {
            const double t = 1.0 / (2 * zeros + 1);
            double power = t;
            for (int n = 1; n < 60; n += 2, power *= t * t) sum += 2 * power / n;
            const auto whole = static_cast<std::uint16_t>(128 * sum);
            of_zeros[zeros] = static_cast<std::uint16_t>(128 * sum - whole < 0.5 ? whole : whole + 1);
        }
    }
};

// How many different values set a bit each of 128: about, and exactly when it is one.
[[nodiscard]] inline std::uint32_t count_linearly(const std::uint64_t (&bits)[2]) noexcept {
    static constexpr LinearCounts counts;
    return counts.of_zeros[128 - std::popcount(bits[0]) - std::popcount(bits[1])];
}

// How many different values were seen: exact up to 8, then estimated by linear counting in 128 bits.
struct DistinctSet {
    static constexpr std::uint32_t exactly_counted = 8;

    std::uint32_t known[exactly_counted];
    std::uint64_t bits[2];
    std::uint32_t known_count;
    std::uint32_t padding;

    void add(std::uint64_t hash) noexcept {
        bits[hash >> 6 & 1] |= std::uint64_t{1} << (hash & 63);
        add_known(static_cast<std::uint32_t>(hash >> 32));
    }

    void add_all(const DistinctSet &other) noexcept {
        bits[0] |= other.bits[0];
        bits[1] |= other.bits[1];
        const std::uint32_t held = other.known_count < exactly_counted ? other.known_count : exactly_counted;
        for (std::uint32_t i = 0; i < held; ++i) add_known(other.known[i]);
        if (other.known_count > exactly_counted) known_count = exactly_counted + 1;
    }

    [[nodiscard]] std::uint32_t estimate() const noexcept {
        if (known_count <= exactly_counted) return known_count;
        const std::uint32_t counted = count_linearly(bits);
        return counted > exactly_counted ? counted : exactly_counted + 1;
    }

  private:
    void add_known(std::uint32_t value) noexcept {
        if (known_count > exactly_counted) return;
        for (std::uint32_t i = 0; i < known_count; ++i) {
            if (known[i] == value) return;
        }
        if (known_count < exactly_counted) known[known_count] = value;
        ++known_count; // one more than exactly_counted says that there are more
    }
};

// The values that were seen most often (Misra and Gries): a count is never too high, and a value that makes up more
// than a ninth of all is always among them. A byte of each value's hash stands in one word, so that all places are
// looked at in one step.
struct Repeats {
    std::uint64_t tags; // the low bit of each byte in use is set; 0: the place is free
    std::uint32_t value[8];
    std::uint32_t count[8];

    void add(std::uint64_t hash) noexcept { add(static_cast<std::uint32_t>(hash >> 32), 1); }

    void add_all(const Repeats &other) noexcept {
        for (int i = 0; i < 8; ++i) {
            if (other.count[i] > 0) add(other.value[i], other.count[i]);
        }
    }

    [[nodiscard]] std::uint32_t most() const noexcept {
        std::uint32_t most = 0;
        for (const std::uint32_t c : count) most = c > most ? c : most;
        return most;
    }

  private:
    static constexpr std::uint64_t each_byte = 0x0101010101010101;

    // The high bit of the lowest byte that is 0, and maybe of some above it.
    [[nodiscard]] static std::uint64_t zero_bytes(std::uint64_t word) noexcept {
        return (word - each_byte) & ~word & (each_byte << 7);
    }

    [[nodiscard]] static std::uint64_t tag_of(std::uint32_t wanted) noexcept { return (wanted & 0xFF) | 1; }

    void add(std::uint32_t wanted, std::uint32_t times) noexcept {
        const std::uint64_t tag = tag_of(wanted);
        for (std::uint64_t like = zero_bytes(tags ^ tag * each_byte); like != 0; like &= like - 1) {
            const int i = std::countr_zero(like) / 8;
            if (count[i] > 0 && value[i] == wanted) {
                count[i] += times;
                return;
            }
        }
        // A newcomer takes a free place, or wears down all that are there.
        if (zero_bytes(tags) == 0) times -= wear_down(times);
        if (times == 0) return;
        const int place = std::countr_zero(zero_bytes(tags)) / 8;
        tags |= tag << 8 * place;
        value[place] = wanted;
        count[place] = times;
    }

    // By the smallest count or `times`, whichever is less; returns by how much.
    std::uint32_t wear_down(std::uint32_t times) noexcept {
        for (const std::uint32_t c : count) times = c < times ? c : times;
        for (int i = 0; i < 8; ++i) {
            count[i] -= times;
            if (count[i] == 0) tags &= ~(std::uint64_t{0xFF} << 8 * i);
        }
        return times;
    }
};

// The statement before a series whose rows may explain its length, from its last execution before the series began on.
// One execution is a list: a loop's children are one for each of its rows.
struct Parent {
    std::uint64_t key; // of the parent's series; 0: none found
    std::uint64_t fingerprint;
    std::uint64_t rows;         // of all lists
    std::uint64_t rows_earlier; // in the unit, before the first list
    std::uint64_t list_rows;    // of the latest list
    std::uint32_t lists;
    std::uint32_t lists_earlier;
    std::uint32_t position; // of the first list
    std::uint32_t children; // executions of the series since the latest list
    // Of the lists before the latest: those with as many children as rows, with children for most of their rows, and
    // those of several rows with few children or none. Lists of one row say nothing.
    std::uint32_t matched;
    std::uint32_t fed;
    std::uint32_t unfed;
    std::uint32_t interrupted;         // another list came between the latest list's children
    std::uint32_t children_of_matched; // all of them
    std::uint32_t padding;
};

struct Tally {
    std::uint32_t calls;
    std::uint32_t same_round_trip; // of these, sent together with the statement before
    std::uint32_t first_position;
    std::uint32_t resets_at_first; // the unit's resets at the first execution
    std::uint32_t transactions;    // that the executions were in; of writes alone, like the next
    std::uint32_t several_rows;    // executions that wrote more than one row
    std::uint64_t rows;
    std::int64_t execution_ns;
    std::int64_t pause_ns; // from the end of the statement before to the start of each repeat
    std::int64_t max_pause_ns;
    std::int64_t first_pause_ns; // before the first execution, and in neither of the two
    // The client's idle time between one execution of the series and the next, whatever ran in between.
    std::int64_t idle_ns;
    std::int64_t max_idle_ns;
    std::int64_t first_idle_ns;
    std::int64_t first_seen_us;
    DistinctSet filters;
    Repeats repeats;
    Parent parent;

    // Adds what came after.
    void add_all(const Tally &later) noexcept {
        if (calls == 0) {
            *this = later;
            return;
        }
        calls += later.calls;
        same_round_trip += later.same_round_trip;
        transactions += later.transactions;
        several_rows += later.several_rows;
        rows += later.rows;
        execution_ns += later.execution_ns;
        pause_ns += later.pause_ns + later.first_pause_ns;
        max_pause_ns = std::max({max_pause_ns, later.max_pause_ns, later.first_pause_ns});
        idle_ns += later.idle_ns + later.first_idle_ns;
        max_idle_ns = std::max({max_idle_ns, later.max_idle_ns, later.first_idle_ns});
        filters.add_all(later.filters);
        repeats.add_all(later.repeats);
    }
};

} // namespace query_audit
