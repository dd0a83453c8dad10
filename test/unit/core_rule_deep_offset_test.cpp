// deep_offset: rows that were skipped to reach a page.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *deep_offset = "deep_offset";
enum { rows_skipped, limit, rows_returned, rows_read, nested };

const StatementShape page = list(1, shape_flag::page | shape_flag::limit | shape_flag::offset);

UnitFinding found(const Call &call) {
    Session session;
    session.run(page, call);
    return session.finding(deep_offset, page);
}

TEST(DeepOffset, NeedsAThousandRowsThatWereSkipped) {
    EXPECT_EQ(found({.rows = 20, .limit = 20, .offset = 1000}).confidence, Confidence::high);
    EXPECT_EQ(found({.rows = 20, .limit = 20, .offset = 999}).confidence, Confidence::none);
    EXPECT_EQ(found({.rows = 20, .limit = 20, .offset = -1}).confidence, Confidence::none);
}

TEST(DeepOffset, BelievesAPagePastTheEndOnlyWhatWasRead) {
    EXPECT_EQ(found({.rows = 0, .limit = 20, .offset = 100000}).confidence, Confidence::none);
    EXPECT_EQ(found({.rows = 0, .rows_read = 300, .limit = 20, .offset = 100000}).confidence, Confidence::none);
    const UnitFinding finding = found({.rows = 0, .rows_read = 5000, .limit = 20, .offset = 100000});
    EXPECT_EQ(finding.confidence, Confidence::high);
    EXPECT_EQ(finding.evidence[rows_skipped], 5000);
}

TEST(DeepOffset, SaysWhatItSkippedAndKeepsTheDeepest) {
    Session session;
    session.run(page, {.rows = 10, .execution_us = 1000, .limit = 10, .offset = 90'000});
    session.run(page, {.rows = 10, .execution_us = 100, .limit = 10, .offset = 1000});
    const UnitFinding finding = session.finding(deep_offset, page);
    EXPECT_EQ(finding.occurrences, 2u);
    EXPECT_EQ(finding.calls, 2u);
    EXPECT_EQ(finding.rows, 20u);
    EXPECT_EQ(finding.mark, Mark::execution);
    EXPECT_EQ(finding.evidence[rows_skipped], 90'000);
    EXPECT_EQ(finding.evidence[limit], 10);
    EXPECT_EQ(finding.evidence[rows_returned], 10);
    EXPECT_EQ(finding.evidence[rows_read], -1);
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_NEAR(static_cast<double>(finding.saved_ns), 1e6 * 90'000 / 90'010 + 1e5 * 1000 / 1010, 10);
    const Scaling scaling = rule(find_rule(deep_offset)).scale(finding);
    EXPECT_EQ(scaling.growth, Growth::linear);
}

TEST(DeepOffset, IsCriticalFromAHundredThousandOn) {
    EXPECT_EQ(found({.rows = 1, .offset = 100'000}).severity, Severity::critical);
    EXPECT_EQ(found({.rows = 1, .offset = 99'999}).severity, Severity::warning);
}

TEST(DeepOffset, LeavesFailedOnesAndMaintenanceAlone) {
    EXPECT_EQ(found({.rows = 5, .offset = 5000, .flags = event_flag::failed}).confidence, Confidence::none);
    EXPECT_EQ(found({.rows = 5, .execution_us = 5000, .offset = 5000, .flags = event_flag::maintenance}).confidence,
              Confidence::none);
}

TEST(DeepOffset, CountsInsideFunctionsWhereItTookLong) {
    const UnitFinding finding = found({.rows = 5, .execution_us = 5000, .offset = 5000, .flags = event_flag::nested});
    EXPECT_EQ(finding.confidence, Confidence::high);
    EXPECT_EQ(finding.evidence[nested], 1);
}

} // namespace
} // namespace query_audit::test
