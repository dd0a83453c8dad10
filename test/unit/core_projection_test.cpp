// What an execution would cost with more rows.
#include <limits>

#include <gtest/gtest.h>

#include "core/projection.h"

namespace query_audit::test {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::int64_t projected(Growth growth, std::int64_t rows, int factor) {
    return projected_ns({growth, rows}, second_ns, factor);
}

TEST(Projection, GrowsAsThePlanDoes) {
    EXPECT_EQ(projected(Growth::constant, 10'000, 100), second_ns);
    EXPECT_EQ(projected(Growth::linear, 10'000, 10), 10 * second_ns);
    EXPECT_EQ(projected(Growth::linear, 10'000, 100), 100 * second_ns);
    EXPECT_EQ(projected(Growth::quadratic, 10'000, 10), 100 * second_ns);
    // 10,000 to 100,000 rows: five digits in place of four.
    EXPECT_NEAR(static_cast<double>(projected(Growth::logarithmic, 10'000, 10)), 1.25e9, 10);
    EXPECT_NEAR(static_cast<double>(projected(Growth::linearithmic, 10'000, 10)), 12.5e9, 100);
    EXPECT_NEAR(static_cast<double>(projected(Growth::linearithmic, 10'000, 100)), 150e9, 1000);
}

TEST(Projection, OfNothingIsNothing) {
    EXPECT_EQ(projected(Growth::none, 10'000, 10), 0);
    EXPECT_EQ(projected_ns({Growth::linear, 10'000}, 0, 100), 0);
    EXPECT_EQ(projected_ns({Growth::linear, 10'000}, -5, 100), 0) << "a clock that was set back";
    EXPECT_STREQ(growth_name(Growth::none), "");
}

TEST(Projection, HoldsForFewRowsAndForMoreTimeThanThereIs) {
    for (const std::int64_t rows : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, std::int64_t{2}}) {
        EXPECT_GT(projected(Growth::linearithmic, rows, 10), 10 * second_ns);
        EXPECT_LT(projected(Growth::linearithmic, rows, 10), 100 * second_ns);
    }
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(projected_ns({Growth::linear, 1}, most / 2, 100), most);
    EXPECT_EQ(projected_ns({Growth::quadratic, 1}, most, 100), most);
}

TEST(Projection, NamesEachGrowth) {
    EXPECT_STREQ(growth_name(Growth::linear), "linear");
    EXPECT_STREQ(growth_name(Growth::linearithmic), "n log n");
}

} // namespace
} // namespace query_audit::test
