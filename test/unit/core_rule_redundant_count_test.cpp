// redundant_count: a count beside all the rows that it counts.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *rule_id = "redundant_count";
enum { rows_counted, rows_fetched, count_us, fetch_us, count_came_first };

StatementShape with_filter(StatementShape shape, std::uint64_t filter_identity) {
    shape.filter_identity = filter_identity;
    return shape;
}

const StatementShape total = with_filter(look_up(1, shape_flag::count | shape_flag::aggregate | shape_flag::whole), 77);
const StatementShape fetch = with_filter(look_up(2, shape_flag::whole), 77);
const StatementShape page = with_filter(look_up(3, shape_flag::page | shape_flag::limit), 77);

const Call counting{.value = 5, .execution_us = 9000, .rows_read = 5000};
const Call fetching{.value = 5, .rows = 40, .execution_us = 400};

Call with_value(Call run, std::uint64_t value) {
    run.value = value;
    return run;
}

Call with_flags(Call run, std::uint32_t flags) {
    run.flags = flags;
    return run;
}

StatementShape of_distinct(StatementShape shape, std::uint32_t row_key) {
    shape.flags |= shape_flag::distinct;
    shape.row_key = row_key;
    return shape;
}

TEST(RedundantCount, IsFoundInEitherOrder) {
    for (const bool count_first : {true, false}) {
        Session session;
        if (count_first) session.run(total, counting);
        session.run(fetch, fetching);
        if (!count_first) session.run(total, counting);
        const UnitFinding finding = session.finding(rule_id, total);
        EXPECT_EQ(finding.confidence, Confidence::high);
        EXPECT_EQ(finding.severity, Severity::warning);
        EXPECT_EQ(finding.parent_fingerprint, fetch.fingerprint);
        EXPECT_TRUE(has_reason(finding, Reason::same_filter_values));
        EXPECT_EQ(finding.calls, 1u);
        EXPECT_EQ(finding.rows, 40u);
        EXPECT_EQ(finding.saved_ns, 9'000'000);
        EXPECT_EQ(finding.evidence[rows_counted], 5000);
        EXPECT_EQ(finding.evidence[rows_fetched], 40);
        EXPECT_EQ(finding.evidence[count_us], 9000);
        EXPECT_EQ(finding.evidence[fetch_us], 400);
        EXPECT_EQ(finding.evidence[count_came_first], count_first ? 1 : 0);
        EXPECT_EQ(session.unit().finding_count, 1);
    }
}

TEST(RedundantCount, NeedsTheSameFilterAndTheSameValues) {
    Session other_value;
    other_value.run(total, counting);
    other_value.run(fetch, with_value(fetching, 6));
    EXPECT_EQ(other_value.unit().finding_count, 0);
    Session other_filter;
    other_filter.run(total, counting);
    other_filter.run(with_filter(fetch, 78), fetching);
    EXPECT_EQ(other_filter.unit().finding_count, 0);
}

TEST(RedundantCount, GoesByTheRowsThatWereReadAndNotByThoseThatMatched) {
    for (const std::uint64_t rows : {999u, 1000u}) {
        Session session;
        session.run(total, {.value = 5, .rows_read = rows});
        session.run(fetch, {.value = 5, .rows = 0});
        EXPECT_EQ(session.unit().finding_count, rows >= 1000 ? 1 : 0) << rows;
    }
}

TEST(RedundantCount, LeavesPagesAggregatesAndExistenceTestsAlone) {
    Session session;
    session.run(total, counting);
    session.run(with_filter(look_up(3, shape_flag::aggregate), 77), fetching);
    session.run(with_filter(look_up(4), 77), fetching);
    session.run(page, {.value = 5, .rows = 1, .limit = 1});
    session.run(total, counting);
    EXPECT_TRUE(session.findings(rule_id, total).empty());
}

TEST(RedundantCount, LeavesACountThatHasItsPageAlone) {
    Session session;
    session.run(total, counting);
    session.run(page, {.value = 5, .rows = 20, .limit = 20});
    session.run(fetch, fetching);
    EXPECT_EQ(session.findings("count_before_paginate", total).size(), 1u);
    EXPECT_TRUE(session.findings(rule_id, total).empty());
    Session reversed;
    reversed.run(total, counting);
    reversed.run(fetch, fetching);
    reversed.run(page, {.value = 5, .rows = 20, .limit = 20});
    EXPECT_EQ(reversed.findings(rule_id, total).size(), 1u);
    EXPECT_TRUE(reversed.findings("count_before_paginate", total).empty());
}

TEST(RedundantCount, PairsACountWithOneFetch) {
    Session session;
    session.run(total, counting);
    for (int i = 0; i < 5; ++i) session.run(fetch, fetching);
    EXPECT_EQ(session.finding(rule_id, total).calls, 1u);
    session.run(total, counting);
    session.run(fetch, fetching);
    EXPECT_EQ(session.finding(rule_id, total).calls, 2u);
}

TEST(RedundantCount, LeavesWhatWasWrittenInBetweenAlone) {
    Session session;
    session.run(fetch, fetching);
    session.run(insert(1));
    session.run(total, counting);
    EXPECT_TRUE(session.findings(rule_id, total).empty());
    session.run(insert(9));
    session.run(fetch, fetching);
    EXPECT_EQ(session.unit().finding_count, 1) << "a write to another table changes nothing";
}

TEST(RedundantCount, LeavesRowsReadInPartsAlone) {
    Session session;
    session.run(total, counting);
    constexpr std::uint32_t in_parts = event_flag::in_parts;
    const Added added = session.run(fetch, with_flags(fetching, in_parts | event_flag::in_progress));
    session.finish(added, fetch, with_flags(fetching, in_parts));
    EXPECT_EQ(session.unit().finding_count, 0);
}

TEST(RedundantCount, LeavesFailedStatementsAlone) {
    Session session;
    session.run(total, counting);
    session.run(fetch, with_flags(fetching, event_flag::failed));
    EXPECT_EQ(session.unit().finding_count, 0);
}

TEST(RedundantCount, NeedsACountOfTheSameDistinctRows) {
    Session dropped;
    dropped.run(total, counting);
    dropped.run(of_distinct(fetch, 11), fetching);
    EXPECT_EQ(dropped.unit().finding_count, 0) << "SELECT DISTINCT has fewer rows than are counted";
    Session other;
    other.run(of_distinct(total, 12), counting);
    other.run(of_distinct(fetch, 11), fetching);
    EXPECT_EQ(other.unit().finding_count, 0);
    Session same;
    same.run(of_distinct(total, 11), counting);
    same.run(of_distinct(fetch, 11), fetching);
    EXPECT_EQ(same.unit().finding_count, 1);
    Session of_all;
    of_all.run(of_distinct(total, 11), counting);
    of_all.run(fetch, fetching);
    EXPECT_EQ(of_all.unit().finding_count, 1) << "all rows hold the different ones";
}

TEST(RedundantCount, DoesNotReachIntoAnotherBurst) {
    Session session;
    session.run(total, counting);
    session.pause(second_us);
    session.run(fetch, fetching);
    EXPECT_TRUE(session.findings(rule_id, total).empty());
}

TEST(RedundantCount, IsLessSureWithoutValuesUnlessAMarkHoldsBothTogether) {
    StatementShape all_total = total;
    StatementShape all_fetch = fetch;
    all_total.flags &= ~shape_flag::filtered;
    all_fetch.flags &= ~shape_flag::filtered;
    Session burst;
    burst.run(all_total, counting);
    burst.run(all_fetch, fetching);
    EXPECT_EQ(burst.finding(rule_id, all_total).confidence, Confidence::medium);
    Session transaction;
    transaction.begin();
    transaction.run(all_total, counting);
    transaction.run(all_fetch, fetching);
    transaction.commit();
    EXPECT_EQ(transaction.finding(rule_id, all_total).confidence, Confidence::high);
    EXPECT_EQ(transaction.finding(rule_id, all_total).mark, Mark::transaction);
}

} // namespace
} // namespace query_audit::test
