// BasicHistogram: how long executions took, in buckets that grow with the duration.
//
// Four buckets to a doubling (at 1, 1.25, 1.5 and 1.75 times a power of two), from 1.024 microseconds to 68.7 seconds;
// shorter and longer ones fall into the first and the last. A quantile is the geometric middle of its bucket, so within
// the range it is off by at most a factor of sqrt(1.25): 11.8 %.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace query_audit {

template <typename Counter, int doublings = 26> struct BasicHistogram {
    static constexpr int buckets_per_doubling = 4;
    static constexpr int bucket_count = doublings * buckets_per_doubling;

    Counter buckets[bucket_count];

    [[nodiscard]] static int bucket_of(std::int64_t duration_ns) noexcept {
        // In units of 256 ns the two bits below the leading one choose among an octave's four buckets.
        const auto units = static_cast<std::uint64_t>(duration_ns < 0 ? 0 : duration_ns) >> 8;
        if (units < 4) return 0;
        const int octave = std::bit_width(units) - 1;
        const int bucket = (octave - 2) * buckets_per_doubling + static_cast<int>((units >> (octave - 2)) & 3);
        return bucket < bucket_count ? bucket : bucket_count - 1;
    }

    void add(std::int64_t duration_ns) noexcept {
        Counter &counter = buckets[bucket_of(duration_ns)];
        if (static_cast<Counter>(counter + 1) != 0) ++counter;
    }

    // The same, but where that counter is full all are halved: of very many, the later ones weigh more.
    void add_fading(std::int64_t duration_ns) noexcept {
        if (static_cast<Counter>(buckets[bucket_of(duration_ns)] + 1) == 0) {
            for (Counter &counter : buckets) counter /= 2;
        }
        add(duration_ns);
    }

    template <typename Other> void add_all(const BasicHistogram<Other> &other) noexcept {
        for (int i = 0; i < bucket_count; ++i) buckets[i] += other.buckets[i];
    }

    // The duration in nanoseconds below which the share q of the executions lies; 0 when there are none.
    [[nodiscard]] double quantile_ns(double q) const noexcept {
        std::uint64_t total = 0;
        for (const Counter counter : buckets) total += counter;
        if (total == 0) return 0;
        auto wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(total)));
        if (wanted < 1) wanted = 1;
        std::uint64_t seen = 0;
        for (int i = 0; i < bucket_count; ++i) {
            seen += buckets[i];
            if (seen >= wanted) return std::sqrt(lower_bound_ns(i) * lower_bound_ns(i + 1));
        }
        return lower_bound_ns(bucket_count);
    }

    [[nodiscard]] static double lower_bound_ns(int bucket) noexcept {
        const int octave = bucket / buckets_per_doubling;
        const double step = 1.0 + (bucket % buckets_per_doubling) / static_cast<double>(buckets_per_doubling);
        return std::ldexp(1024.0 * step, octave);
    }
};

} // namespace query_audit
