// DistinctSet and Repeats: how far their few bytes may be trusted.
#include <cmath>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "core/hash.h"
#include "core/tally.h"

namespace query_audit::test {
namespace {

TEST(DistinctSet, IsExactUpToEight) {
    for (std::uint32_t values = 0; values <= 8; ++values) {
        DistinctSet set{};
        for (std::uint64_t i = 0; i < 200; ++i) {
            if (values > 0) set.add(hash_mix(i % values + 1));
        }
        EXPECT_EQ(set.estimate(), values);
    }
}

TEST(DistinctSet, NeverSaysEightForMore) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        DistinctSet set{};
        for (std::uint64_t i = 0; i < 9; ++i) set.add(hash_combine(seed, i));
        ASSERT_GE(set.estimate(), 9u);
    }
}

TEST(DistinctSet, EstimatesWithinAQuarterUpToAHundred) {
    int within = 0;
    int all = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        DistinctSet set{};
        for (std::uint32_t values = 1; values <= 100; ++values) {
            set.add(hash_combine(seed, values));
            set.add(hash_combine(seed, 1 + values / 2)); // one that it knows
            ++all;
            within += std::fabs(set.estimate() - static_cast<double>(values)) <= 0.25 * values;
        }
    }
    EXPECT_GT(within, all * 0.99);
}

TEST(DistinctSet, SaysManyWhenItIsFull) {
    DistinctSet set{};
    for (std::uint64_t i = 0; i < 100000; ++i) set.add(hash_mix(i));
    EXPECT_EQ(set.estimate(), 1000u);
}

TEST(DistinctSet, AddedToAnotherIsTheSetOfBoth) {
    for (std::uint64_t split = 0; split <= 20; ++split) {
        for (std::uint64_t values = split; values <= 20; ++values) {
            DistinctSet whole{};
            DistinctSet first{};
            DistinctSet second{};
            for (std::uint64_t i = 0; i < values; ++i) {
                whole.add(hash_mix(i + 1));
                (i < split ? first : second).add(hash_mix(i + 1));
            }
            if (split > 0) second.add(hash_mix(1)); // in both
            first.add_all(second);
            ASSERT_EQ(first.estimate(), whole.estimate()) << split << " of " << values;
        }
    }
}

TEST(Repeats, CountsExactlyWhileThereAreEightValues) {
    Repeats repeats{};
    EXPECT_EQ(repeats.most(), 0u);
    for (std::uint64_t i = 0; i < 80; ++i) repeats.add(hash_mix(i % 8 + 1));
    EXPECT_EQ(repeats.most(), 10u);
}

TEST(Repeats, NeverCountsTooManyAndKeepsWhatIsMoreThanANinth) {
    std::mt19937_64 random(5);
    for (int round = 0; round < 2000; ++round) {
        Repeats repeats{};
        Repeats later{};
        const bool in_two_parts = round % 2 == 0;
        std::map<std::uint64_t, std::uint32_t> model;
        const std::uint64_t values = 1 + random() % 40;
        const std::uint32_t length = 1 + static_cast<std::uint32_t>(random() % 300);
        std::uint32_t most = 0;
        for (std::uint32_t i = 0; i < length; ++i) {
            // A few values are frequent.
            const std::uint64_t value =
                hash_mix(1 + (random() % 3 == 0 ? random() % values : random() % (1 + values / 8)));
            (in_two_parts && i > length / 2 ? later : repeats).add(value);
            most = std::max(most, ++model[value]);
        }
        repeats.add_all(later);
        for (int i = 0; i < 8; ++i) {
            if (repeats.count[i] == 0) continue;
            std::uint32_t seen = 0;
            for (const auto &[value, count] : model) {
                if (static_cast<std::uint32_t>(value >> 32) == repeats.value[i]) seen += count;
            }
            ASSERT_LE(repeats.count[i], seen);
        }
        ASSERT_LE(repeats.most(), most);
        ASSERT_GE(repeats.most() + length / 9, most) << "it is off by a ninth at most";
    }
}

} // namespace
} // namespace query_audit::test
