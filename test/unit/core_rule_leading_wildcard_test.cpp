// leading_wildcard: a pattern that may begin with anything.
#include <gtest/gtest.h>

#include "core_measured_support.h"

namespace query_audit::test {
namespace {

constexpr const char *leading_wildcard = "leading_wildcard";

ScanFacts search(std::uint64_t read, std::uint64_t removed) {
    ScanFacts scan = scan_of(read, removed);
    scan.open_pattern = true;
    assign_text(scan.filter, "title ~~ ?");
    assign_text(scan.pattern_index, "USING gin (title gin_trgm_ops)");
    scan.index_columns[0] = '\0';
    return scan;
}

TEST(LeadingWildcard, NeedsAPatternManyRowsAndHalfOfThemThrownAway) {
    EXPECT_TRUE(is_found(leading_wildcard, search(10000, 5000)));
    EXPECT_FALSE(is_found(leading_wildcard, search(9999, 9999)));
    EXPECT_FALSE(is_found(leading_wildcard, search(10000, 4999)));
    EXPECT_FALSE(is_found(leading_wildcard, scan_of(10000, 10000)));
}

TEST(LeadingWildcard, IsReportedInPlaceOfTheScan) {
    EXPECT_FALSE(is_found("seq_scan", search(50'000, 50'000)));
    Session off;
    off.settings.disabled_rules = std::uint64_t{1} << find_rule(leading_wildcard);
    execute(off, {search(50'000, 50'000)});
    EXPECT_EQ(off.findings("seq_scan", measured).size(), 1u) << "unless nobody else reports it";
}

TEST(LeadingWildcard, CountsForScansByAnIndexToo) {
    ScanFacts scan = search(20'000, 19'000);
    scan.method = ScanMethod::bitmap;
    EXPECT_TRUE(is_found(leading_wildcard, scan));
}

TEST(LeadingWildcard, JudgesOnePassAndNotTheSumOfMany) {
    ScanFacts scan = search(90'000, 90'000);
    scan.loops = 10;
    EXPECT_FALSE(is_found(leading_wildcard, scan));
}

TEST(LeadingWildcard, ProposesATrigramIndexUnlessItIsThere) {
    EXPECT_STREQ(found(leading_wildcard, search(50'000, 50'000)).index_columns, "USING gin (title gin_trgm_ops)");
    ScanFacts scan = search(50'000, 50'000);
    scan.pattern_index_exists = true;
    const UnitFinding finding = found(leading_wildcard, scan);
    EXPECT_STREQ(finding.index_columns, "");
    EXPECT_NE(advice_of(finding).find("three letters"), std::string::npos);
}

TEST(LeadingWildcard, LeavesMaintenanceAlone) {
    EXPECT_FALSE(is_found(leading_wildcard, search(50'000, 50'000), {.flags = event_flag::maintenance}));
    EXPECT_FALSE(is_found(leading_wildcard, search(50'000, 50'000), {.flags = event_flag::in_progress}));
}

} // namespace
} // namespace query_audit::test
