// mass_write: one UPDATE or DELETE of very many rows.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *mass_write = "mass_write";
enum { rows_changed, filtered, nested };

UnitFinding found(const StatementShape &shape, std::uint64_t rows, std::uint32_t flags = 0) {
    Session session;
    session.run(shape, {.rows = rows, .execution_us = 20'000, .flags = flags});
    return session.finding(mass_write, shape);
}

TEST(MassWrite, NeedsTenThousandRowsOfOneUpdateOrDelete) {
    EXPECT_EQ(found(update(1), 10'000).confidence, Confidence::high);
    EXPECT_EQ(found(update(1), 9999).confidence, Confidence::none);
    EXPECT_EQ(found(remove(1), 10'000).confidence, Confidence::high);
    EXPECT_EQ(found(insert(1), 50'000).confidence, Confidence::none);
    EXPECT_EQ(found(list(1), 50'000).confidence, Confidence::none);
    EXPECT_EQ(found(make_shape(StatementKind::merge, 1, 0), 50'000).confidence, Confidence::none);
}

TEST(MassWrite, CountsInsideFunctionsAndLeavesFailedOnesAndMaintenanceAlone) {
    const UnitFinding finding = found(remove(1), 20'000, event_flag::nested);
    EXPECT_EQ(finding.evidence[nested], 1);
    EXPECT_EQ(finding.evidence[rows_changed], 20'000);
    EXPECT_EQ(finding.evidence[filtered], 1);
    EXPECT_EQ(found(remove(1), 20'000, event_flag::failed).confidence, Confidence::none);
    EXPECT_EQ(found(remove(1), 20'000, event_flag::maintenance).confidence, Confidence::none);
}

TEST(MassWrite, IsCriticalFromAMillionOn) {
    EXPECT_EQ(found(update(1), 999'999).severity, Severity::warning);
    EXPECT_EQ(found(update(1), 1'000'000).severity, Severity::critical);
}

} // namespace
} // namespace query_audit::test
