// stale_statistics: an estimate that is far off, of a table that has changed since it was analyzed.
#include <gtest/gtest.h>

#include "core_measured_support.h"

namespace query_audit::test {
namespace {

constexpr const char *stale_statistics = "stale_statistics";

ScanFacts surprise(std::uint64_t kept, std::uint64_t estimated, std::int64_t changed, std::int64_t rows) {
    ScanFacts scan = scan_of(100'000, 100'000 - kept);
    scan.method = ScanMethod::index;
    scan.rows_estimated = estimated;
    scan.rows_changed = changed;
    scan.table_rows = rows;
    return scan;
}

TEST(StaleStatistics, NeedsAnEstimateThatIsFarOff) {
    EXPECT_TRUE(is_found(stale_statistics, surprise(10'100, 100, 50'000, 100'000)));
    EXPECT_FALSE(is_found(stale_statistics, surprise(10'100, 102, 50'000, 100'000))) << "99 times";
    EXPECT_FALSE(is_found(stale_statistics, surprise(10'000, 1, 50'000, 100'000))) << "9999 rows";
    EXPECT_TRUE(is_found(stale_statistics, surprise(10'000, 0, 50'000, 100'000)));
    EXPECT_TRUE(is_found(stale_statistics, surprise(10, 50'000, 50'000, 100'000))) << "too many is wrong too";
}

TEST(StaleStatistics, NeedsATableThatHasChanged) {
    EXPECT_TRUE(is_found(stale_statistics, surprise(50'000, 1, 10'000, 100'000)));
    EXPECT_FALSE(is_found(stale_statistics, surprise(50'000, 1, 9'999, 100'000))) << "a value that is frequent";
    EXPECT_TRUE(is_found(stale_statistics, surprise(50'000, 1, 0, -1))) << "never analyzed";
    EXPECT_FALSE(is_found(stale_statistics, surprise(50'000, 1, -1, -1))) << "not asked";
    EXPECT_FALSE(is_found(stale_statistics, surprise(50'000, 1, 0, 0))) << "nothing has changed";
}

TEST(StaleStatistics, ExplainsAScanOfATableThatHasAnIndex) {
    ScanFacts scan = surprise(10, 50'000, 50'000, 100'000);
    scan.method = ScanMethod::sequential;
    EXPECT_TRUE(is_found("seq_scan", scan)) << "without an index no estimate would have helped";
    scan.index_exists = true;
    EXPECT_TRUE(is_found(stale_statistics, scan));
    EXPECT_FALSE(is_found("seq_scan", scan));
}

TEST(StaleStatistics, SaysWhatWasExpected) {
    const std::string known = advice_of(found(stale_statistics, surprise(50'000, 1, 90'000, 100'000)));
    EXPECT_NE(known.find("expected 1 rows of public.events and there were 50000"), std::string::npos) << known;
    const std::string never = advice_of(found(stale_statistics, surprise(50'000, 1, 0, -1)));
    EXPECT_NE(never.find("never been analyzed"), std::string::npos) << never;
}

} // namespace
} // namespace query_audit::test
