// slow_query: what took long and no other rule explains.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *slow_query = "slow_query";
constexpr std::int64_t ms = 1'000'000;
enum { longest_ms, mean_ms, runs, rows_returned, rows_read, temp_kb, inner_ms, failed };

const StatementShape report = list(1);

UnitFinding found(std::int64_t execution_ms, const Surroundings &around = {}, std::uint32_t flags = 0) {
    Session session;
    StatementEvent event = session.make_event(report, {.execution_us = execution_ms * 1000, .flags = flags});
    event.around = &around;
    note_worth(event, session.settings);
    if (!event.is(event_flag::noteworthy)) return {};
    add_execution(session.unit(), event, session.settings);
    return session.finding(slow_query, report);
}

TEST(SlowQuery, NeedsHalfASecond) {
    EXPECT_EQ(found(500).confidence, Confidence::medium);
    EXPECT_EQ(found(499).confidence, Confidence::none);
    EXPECT_EQ(found(500).severity, Severity::warning);
    EXPECT_EQ(found(10'000).severity, Severity::critical);
}

TEST(SlowQuery, IsSureWhenTheMeanOfFiveIsSlowToo) {
    EXPECT_EQ(found(600, {4, 4 * 600 * ms, 0, 0}).confidence, Confidence::high);
    EXPECT_EQ(found(600, {3, 3 * 600 * ms, 0, 0}).confidence, Confidence::medium);
    const UnitFinding once = found(2000, {99, 99 * ms, 0, 0});
    EXPECT_EQ(once.confidence, Confidence::medium) << "one among many fast ones";
    EXPECT_EQ(once.evidence[mean_ms], 20);
    EXPECT_EQ(once.evidence[runs], 100);
    EXPECT_EQ(once.evidence[longest_ms], 2000);
}

TEST(SlowQuery, LeavesToTheStatementInsideWhatItTook) {
    EXPECT_EQ(found(1000, {0, 0, 900 * ms, 0}).confidence, Confidence::none);
    EXPECT_EQ(found(2000, {0, 0, 900 * ms, 0}).evidence[inner_ms], 900);
    EXPECT_EQ(found(600, {0, 0, 400 * ms, 0}).confidence, Confidence::medium) << "which is not slow itself";
}

TEST(SlowQuery, CountsWhatWasCancelledAndLeavesMaintenanceAndCatalogsAlone) {
    EXPECT_EQ(found(800, {}, event_flag::failed).evidence[failed], 1);
    EXPECT_EQ(found(800, {}, event_flag::maintenance).confidence, Confidence::none);
    Session session;
    const StatementShape catalog = list(1, shape_flag::catalog_only);
    session.run(catalog, {.execution_us = 800'000});
    EXPECT_EQ(session.finding(slow_query, catalog).confidence, Confidence::none);
}

TEST(SlowQuery, IsSilentWhereAnotherRuleExplainsTheVeryExecution) {
    Session session;
    session.run(report, {.rows = 50'000, .execution_us = 800'000});
    EXPECT_EQ(session.finding("unbounded_result", report).confidence, Confidence::high);
    EXPECT_EQ(session.finding(slow_query, report).confidence, Confidence::none);
    session.run(report, {.rows = 5, .execution_us = 800'000});
    EXPECT_EQ(session.finding(slow_query, report).calls, 1u) << "the next one is not explained";
    session.settings.disabled_rules = std::uint64_t{1} << find_rule("unbounded_result");
    session.run(report, {.rows = 50'000, .execution_us = 800'000});
    EXPECT_EQ(session.finding(slow_query, report).calls, 2u);
}

TEST(SlowQuery, AddsUpAndKeepsTheLongest) {
    Session session;
    session.run(report, {.rows = 1, .execution_us = 700'000});
    session.run(report, {.rows = 2, .execution_us = 900'000});
    session.run(report, {.rows = 3, .execution_us = 600'000});
    const UnitFinding finding = session.finding(slow_query, report);
    EXPECT_EQ(finding.calls, 3u);
    EXPECT_EQ(finding.rows, 6u);
    EXPECT_EQ(finding.execution_ns, 2200 * ms);
    EXPECT_EQ(finding.evidence[longest_ms], 900);
    EXPECT_EQ(finding.evidence[rows_returned], 2);
}

} // namespace
} // namespace query_audit::test
