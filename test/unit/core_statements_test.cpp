// Counters of a statement: by execution, and added up.
#include <cmath>

#include <gtest/gtest.h>

#include "core/statements.h"
#include "core_support.h"

namespace query_audit::test {
namespace {

StatementEvent event_of(std::int64_t execution_us, std::uint64_t rows, std::int64_t at_us, std::uint64_t query_id = 9) {
    StatementEvent event{};
    event.query_id = query_id;
    event.execution_ns = execution_us * 1000;
    event.rows = rows;
    event.statement_time_us = at_us;
    return event;
}

TEST(Statements, AddAnExecution) {
    SlotStatement statement{};
    add_execution(statement, event_of(300, 2, 1000), true);
    add_execution(statement, event_of(100, 5, 2000), false);
    const StatementSums &sums = statement.sums;
    EXPECT_EQ(sums.calls, 2);
    EXPECT_EQ(sums.rows, 7);
    EXPECT_EQ(sums.units, 1);
    EXPECT_EQ(sums.execution_ns, 400'000);
    EXPECT_EQ(sums.min_ns, 100'000);
    EXPECT_EQ(sums.max_ns, 300'000);
    EXPECT_DOUBLE_EQ(sums.execution_us_squared, 100'000);
    EXPECT_EQ(sums.first_seen_us, 1000);
    EXPECT_EQ(sums.last_seen_us, 2000);
    EXPECT_EQ(sums.errors, 0);
}

TEST(Statements, CountAFailureAndNothingElseOfIt) {
    SlotStatement statement{};
    StatementEvent failed = event_of(300, 2, 1000);
    failed.flags = event_flag::failed;
    add_execution(statement, failed, true);
    EXPECT_EQ(statement.sums.errors, 1);
    EXPECT_EQ(statement.sums.calls, 0);
    EXPECT_EQ(statement.sums.rows, 0);
    EXPECT_EQ(statement.sums.execution_ns, 0);
    EXPECT_EQ(statement.histogram.quantile_ns(0.5), 0);
    add_execution(statement, event_of(200, 1, 2000), true);
    EXPECT_EQ(statement.sums.min_ns, 200'000) << "the failure's zero is no minimum";
    EXPECT_EQ(statement.sums.first_seen_us, 1000);
}

TEST(Statements, AddWhatWasMeasured) {
    PlanFacts facts{};
    facts.rows_read = 500;
    facts.scan_count = 2;
    facts.scans[0].loops = 3;
    facts.scans[1].loops = 1;
    StatementEvent event = event_of(1, 1, 1);
    event.facts = &facts;
    event.temp_bytes = 8192;
    SlotStatement statement{};
    add_execution(statement, event, true);
    EXPECT_EQ(statement.sums.rows_read, 500);
    EXPECT_EQ(statement.sums.seq_scans, 4);
    EXPECT_EQ(statement.sums.temp_bytes, 8192);
}

TEST(Statements, KeepTheFirstFourQueryIdsOnce) {
    SlotStatement statement{};
    for (const std::uint64_t query_id : {0, 1, 2, 2, 1, 3, 4, 5, 0})
        add_execution(statement, event_of(1, 1, 1, query_id), false);
    EXPECT_EQ(std::vector<std::uint64_t>(statement.sums.query_ids, statement.sums.query_ids + max_query_ids),
              (std::vector<std::uint64_t>{1, 2, 3, 4}));
}

TEST(Statements, AddUpAsIfAllHadRunInOnePlace) {
    SlotStatement parts[3]{};
    SlotStatement whole{};
    std::int64_t time_us = 0;
    for (const std::int64_t execution_us : {50, 700, 20, 9000, 3, 3, 120, 40, 41}) {
        StatementEvent event =
            event_of(execution_us, static_cast<std::uint64_t>(execution_us) % 7, ++time_us, 1 + execution_us % 3);
        if (execution_us == 9000) event.flags = event_flag::failed;
        add_execution(parts[time_us % 3], event, time_us % 2 == 0);
        add_execution(whole, event, time_us % 2 == 0);
    }
    StatementSums sum{};
    for (const int part : {2, 0, 1}) add_sums(sum, parts[part].sums);
    EXPECT_EQ(sum.calls, whole.sums.calls);
    EXPECT_EQ(sum.errors, 1);
    EXPECT_EQ(sum.rows, whole.sums.rows);
    EXPECT_EQ(sum.units, whole.sums.units);
    EXPECT_EQ(sum.execution_ns, whole.sums.execution_ns);
    EXPECT_EQ(sum.min_ns, 3000);
    EXPECT_EQ(sum.max_ns, 700'000);
    EXPECT_EQ(sum.first_seen_us, 1);
    EXPECT_EQ(sum.last_seen_us, 9);
    EXPECT_NEAR(stddev_ns(sum), stddev_ns(whole.sums), 1e-3);
    for (const std::uint64_t query_id : {1u, 2u, 3u}) {
        EXPECT_EQ(std::count(sum.query_ids, sum.query_ids + max_query_ids, query_id), 1) << query_id;
    }
}

TEST(Statements, DoNotTakeTheMinimumOfFailures) {
    StatementSums failures{};
    failures.errors = 1;
    failures.first_seen_us = 1;
    StatementSums runs{};
    runs.calls = 1;
    runs.min_ns = runs.max_ns = runs.execution_ns = 500;
    runs.first_seen_us = 2;
    StatementSums sum = failures;
    add_sums(sum, runs);
    EXPECT_EQ(sum.min_ns, 500);
    sum = runs;
    add_sums(sum, failures);
    EXPECT_EQ(sum.min_ns, 500);
    EXPECT_EQ(sum.first_seen_us, 1);
}

TEST(Statements, StandardDeviationIsThePopulations) {
    SlotStatement statement{};
    EXPECT_EQ(stddev_ns(statement.sums), 0);
    for (const std::int64_t execution_us : {2, 4, 4, 4, 5, 5, 7, 9})
        add_execution(statement, event_of(execution_us, 0, 1), false);
    EXPECT_NEAR(stddev_ns(statement.sums), 2000, 1e-6);
}

} // namespace
} // namespace query_audit::test
