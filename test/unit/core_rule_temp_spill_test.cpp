// temp_spill: temporary files that one execution wrote.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *temp_spill = "temp_spill";
constexpr std::uint64_t mib = 1024 * 1024;
enum { temp_kb, rows_returned, rows_read, nested };

UnitFinding found(std::uint64_t temp_bytes, std::uint64_t inner_bytes = 0, std::uint32_t flags = 0) {
    Session session;
    const StatementShape sort = list(1);
    const Surroundings around{0, 0, 1000, inner_bytes};
    StatementEvent event = session.make_event(sort, {.rows = 7, .execution_us = 9000, .flags = flags});
    event.temp_bytes = temp_bytes;
    event.around = &around;
    note_worth(event, session.settings);
    add_execution(session.unit(), event, session.settings);
    return session.finding(temp_spill, sort);
}

TEST(TempSpill, NeedsSixteenMebibytes) {
    EXPECT_EQ(found(16 * mib).confidence, Confidence::high);
    EXPECT_EQ(found(16 * mib - 1024).confidence, Confidence::none);
    EXPECT_EQ(found(0).confidence, Confidence::none);
}

TEST(TempSpill, NamesItsSize) {
    const UnitFinding finding = found(20 * mib, 0, event_flag::nested);
    EXPECT_EQ(finding.evidence[temp_kb], 20 * 1024);
    EXPECT_EQ(finding.evidence[rows_returned], 7);
    EXPECT_EQ(finding.evidence[rows_read], -1);
    EXPECT_EQ(finding.evidence[nested], 1);
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(found(1024 * mib).severity, Severity::critical);
}

TEST(TempSpill, LeavesToTheStatementInsideWhatItWrote) {
    EXPECT_EQ(found(40 * mib, 30 * mib).confidence, Confidence::none);
    EXPECT_EQ(found(40 * mib, 24 * mib).evidence[temp_kb], 16 * 1024);
    EXPECT_EQ(found(20 * mib, 40 * mib).confidence, Confidence::none);
}

TEST(TempSpill, LeavesMaintenanceAlone) {
    EXPECT_EQ(found(64 * mib, 0, event_flag::maintenance).confidence, Confidence::none);
}

} // namespace
} // namespace query_audit::test
