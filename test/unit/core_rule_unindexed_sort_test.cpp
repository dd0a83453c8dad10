// unindexed_sort: what was sorted, and whether an index could have given it in order.
#include <gtest/gtest.h>

#include "core_measured_support.h"

namespace query_audit::test {
namespace {

constexpr const char *unindexed_sort = "unindexed_sort";

ScanFacts sorted(std::uint64_t rows, bool limited = true) {
    ScanFacts scan = scan_of(rows, 0);
    scan.rows_sorted = rows;
    scan.sort_limited = limited;
    scan.filter[0] = '\0';
    assign_text(scan.sort_columns, "created DESC");
    return scan;
}

TEST(UnindexedSort, NeedsManyRows) {
    EXPECT_TRUE(is_found(unindexed_sort, sorted(10000)));
    EXPECT_FALSE(is_found(unindexed_sort, sorted(9999)));
    EXPECT_FALSE(is_found(unindexed_sort, scan_of(50'000, 0))) << "no sort";
}

TEST(UnindexedSort, ProposesTheColumnsOfTheSort) {
    EXPECT_STREQ(found(unindexed_sort, sorted(20'000)).index_columns, "created DESC");
    EXPECT_STREQ(found(unindexed_sort, sorted(20'000)).relation_name, "public.events");
}

TEST(UnindexedSort, StandsBesideTheScanThatFilters) {
    ScanFacts scan = scan_of(500'000, 480'000);
    scan.rows_sorted = 20'000;
    Session session;
    execute(session, {scan});
    EXPECT_EQ(session.findings(unindexed_sort, measured).size(), 1u);
    EXPECT_EQ(session.findings("seq_scan", measured).size(), 1u);
}

TEST(UnindexedSort, GrowsWithTheRowsAndWithoutALimitFaster) {
    const RuleDescriptor &descriptor = rule(find_rule(unindexed_sort));
    EXPECT_EQ(descriptor.scale(found(unindexed_sort, sorted(20'000, true))).growth, Growth::linear);
    EXPECT_EQ(descriptor.scale(found(unindexed_sort, sorted(20'000, false))).growth, Growth::linearithmic);
    EXPECT_EQ(descriptor.scale(found(unindexed_sort, sorted(20'000, false))).rows, 20'000);
}

TEST(UnindexedSort, SavesAllButTheRowsWanted) {
    const UnitFinding finding = found(unindexed_sort, sorted(20'000), {.rows = 20, .execution_us = 1000});
    EXPECT_NEAR(static_cast<double>(finding.saved_ns), 1e6 * 0.999, 10);
}

} // namespace
} // namespace query_audit::test
