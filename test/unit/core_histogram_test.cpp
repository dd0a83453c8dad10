// BasicHistogram: what a quantile may be off by.
#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/histogram.h"

namespace query_audit::test {
namespace {

using Histogram = BasicHistogram<std::uint32_t>;

TEST(Histogram, PutsEachDurationBetweenItsBucketsBounds) {
    std::mt19937_64 random(3);
    for (int i = 0; i < 100000; ++i) {
        const auto duration =
            static_cast<std::int64_t>(std::exp2(10.0 + 26.0 * static_cast<double>(random() % 1000000) / 1e6));
        const int bucket = Histogram::bucket_of(duration);
        ASSERT_GE(bucket, 0);
        ASSERT_LT(bucket, Histogram::bucket_count);
        ASSERT_GE(static_cast<double>(duration), Histogram::lower_bound_ns(bucket));
        ASSERT_LT(static_cast<double>(duration), Histogram::lower_bound_ns(bucket + 1));
    }
}

TEST(Histogram, TakesShortAndLongDurationsIntoTheFirstAndTheLastBucket) {
    for (const std::int64_t duration : {std::int64_t{-5}, std::int64_t{0}, std::int64_t{1}, std::int64_t{1279}}) {
        EXPECT_EQ(Histogram::bucket_of(duration), 0) << duration;
    }
    EXPECT_EQ(Histogram::bucket_of(1280), 1);
    EXPECT_EQ(Histogram::bucket_of(68'719'476'735), Histogram::bucket_count - 1);
    EXPECT_EQ(Histogram::bucket_of(68'719'476'736), Histogram::bucket_count - 1);
    EXPECT_EQ(Histogram::bucket_of(INT64_MAX), Histogram::bucket_count - 1);
    EXPECT_DOUBLE_EQ(Histogram::lower_bound_ns(0), 1024);
    EXPECT_DOUBLE_EQ(Histogram::lower_bound_ns(Histogram::bucket_count), 68'719'476'736.0);
}

TEST(Histogram, QuantilesAreWithinTheBoundOfTheTrueOnes) {
    const double bound = std::sqrt(1.25) + 1e-9;
    std::mt19937_64 random(4);
    for (int round = 0; round < 200; ++round) {
        std::lognormal_distribution<double> durations_ns(std::log(1e6), 0.2 + round / 100.0);
        Histogram histogram{};
        std::vector<std::int64_t> durations(1 + random() % 500);
        for (std::int64_t &duration : durations) {
            duration = std::clamp(static_cast<std::int64_t>(durations_ns(random)), std::int64_t{1024},
                                  std::int64_t{68'719'476'735});
            histogram.add(duration);
        }
        std::sort(durations.begin(), durations.end());
        for (const double q : {0.0, 0.01, 0.5, 0.9, 0.95, 0.99, 1.0}) {
            const auto rank = std::max<std::size_t>(
                1, static_cast<std::size_t>(std::ceil(q * static_cast<double>(durations.size()))));
            const double ratio = histogram.quantile_ns(q) / static_cast<double>(durations[rank - 1]);
            ASSERT_LE(ratio, bound) << q;
            ASSERT_GE(ratio, 1 / bound) << q;
        }
    }
}

TEST(Histogram, OfNothingHasNoQuantile) { EXPECT_EQ(Histogram{}.quantile_ns(0.5), 0); }

TEST(Histogram, SmallCountersStopWhenTheyAreFull) {
    BasicHistogram<std::uint8_t> small{};
    for (int i = 0; i < 1000; ++i) small.add(5000);
    EXPECT_EQ(small.buckets[Histogram::bucket_of(5000)], 255);
}

TEST(Histogram, AddsUp) {
    BasicHistogram<std::uint16_t> slot{};
    slot.add(2000);
    slot.add(3'000'000);
    Histogram sum{};
    sum.add(3'000'000);
    sum.add_all(slot);
    EXPECT_EQ(sum.buckets[Histogram::bucket_of(2000)], 1u);
    EXPECT_EQ(sum.buckets[Histogram::bucket_of(3'000'000)], 2u);
}

} // namespace
} // namespace query_audit::test
