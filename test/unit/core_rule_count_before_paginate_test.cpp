// count_before_paginate: a count and a page that belong together.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *rule_id = "count_before_paginate";
enum { rows_counted, page_rows, page_limit, page_offset, count_us, page_us, count_came_first };

StatementShape with_filter(StatementShape shape, std::uint64_t filter_identity) {
    shape.filter_identity = filter_identity;
    return shape;
}

const StatementShape total = with_filter(look_up(1, shape_flag::count | shape_flag::aggregate), 77);
const StatementShape page = with_filter(look_up(2, shape_flag::page | shape_flag::limit | shape_flag::offset), 77);

const Call counting{.value = 5, .pause_us = 300, .execution_us = 9000, .rows_read = 5000};
const Call paging{.value = 5, .rows = 20, .execution_us = 400, .limit = 20, .offset = 40};

Call with_value(Call run, std::uint64_t value) {
    run.value = value;
    return run;
}

TEST(CountBeforePaginate, IsFoundInEitherOrder) {
    for (const bool count_first : {true, false}) {
        Session session;
        if (count_first) session.run(total, counting);
        session.run(page, paging);
        if (!count_first) session.run(total, counting);
        const UnitFinding finding = session.finding(rule_id, total);
        EXPECT_EQ(finding.confidence, Confidence::high);
        EXPECT_EQ(finding.severity, Severity::warning);
        EXPECT_EQ(finding.parent_fingerprint, page.fingerprint);
        EXPECT_EQ(finding.relation, total.relation);
        EXPECT_TRUE(has_reason(finding, Reason::same_filter_values));
        EXPECT_TRUE(has_reason(finding, Reason::measured));
        EXPECT_EQ(finding.calls, 1u);
        EXPECT_EQ(finding.rows, 20u);
        EXPECT_EQ(finding.saved_ns, 9'000'000);
        EXPECT_EQ(finding.wall_ns, 9'400'000);
        EXPECT_EQ(finding.evidence[rows_counted], 5000);
        EXPECT_EQ(finding.evidence[page_rows], 20);
        EXPECT_EQ(finding.evidence[page_limit], 20);
        EXPECT_EQ(finding.evidence[page_offset], 40);
        EXPECT_EQ(finding.evidence[count_us], 9000);
        EXPECT_EQ(finding.evidence[page_us], 400);
        EXPECT_EQ(finding.evidence[count_came_first], count_first ? 1 : 0);
        EXPECT_LT(finding.first_seen_us, finding.last_seen_us);
    }
}

TEST(CountBeforePaginate, NeedsTheSameFilterAndTheSameValues) {
    Session other_value;
    other_value.run(total, counting);
    other_value.run(page, with_value(paging, 6));
    EXPECT_EQ(other_value.unit().finding_count, 0);
    Session other_filter;
    other_filter.run(total, counting);
    other_filter.run(with_filter(page, 78), paging);
    EXPECT_EQ(other_filter.unit().finding_count, 0);
    Session no_filter_known;
    no_filter_known.run(with_filter(total, 0), counting);
    no_filter_known.run(with_filter(page, 0), paging);
    EXPECT_EQ(no_filter_known.unit().finding_count, 0);
}

TEST(CountBeforePaginate, NeedsACountOfAThousandRows) {
    for (const std::uint64_t rows : {999u, 1000u}) {
        Session session;
        session.run(total, {.value = 5, .rows_read = rows});
        session.run(page, paging);
        EXPECT_EQ(session.unit().finding_count, rows >= 1000 ? 1 : 0) << rows;
    }
    Session unmeasured;
    unmeasured.run(total, {.value = 5});
    unmeasured.run(page, paging);
    EXPECT_EQ(unmeasured.unit().finding_count, 0);
}

TEST(CountBeforePaginate, LeavesALoneCountAndALonePageAlone) {
    Session session;
    session.run(total, counting);
    session.run(total, counting);
    EXPECT_EQ(session.unit().finding_count, 0);
    Session pages;
    pages.run(page, paging);
    pages.run(page, paging);
    EXPECT_EQ(pages.unit().finding_count, 0);
}

TEST(CountBeforePaginate, TakesOneRowForALookUpAndNotForAPage) {
    Call one_row = paging;
    one_row.limit = 1;
    for (const std::int64_t offset : {-1, 0}) {
        one_row.offset = offset;
        Session session;
        session.run(total, counting);
        session.run(page, one_row);
        EXPECT_EQ(session.unit().finding_count, 0);
    }
    one_row.offset = 3;
    Session nth;
    nth.run(total, counting);
    nth.run(page, one_row);
    EXPECT_EQ(nth.unit().finding_count, 1) << "a page of one row";
}

TEST(CountBeforePaginate, TakesALimitedCountForACount) {
    const StatementShape limited =
        with_filter(look_up(3, shape_flag::count | shape_flag::page | shape_flag::limit), 77);
    Session session;
    session.run(limited, counting);
    session.run(limited, counting);
    EXPECT_EQ(session.unit().finding_count, 0);
    session.run(page, paging);
    EXPECT_EQ(session.findings(rule_id, limited).size(), 1u);
}

// Two requests of a busy pool may well page the same list one after the other.
TEST(CountBeforePaginate, TakesALargerTransactionForARequestOfItsOwn) {
    const auto pairs = [](int before, int after) {
        Session session;
        session.begin();
        for (int i = 0; i < before; ++i) session.run(look_up(40 + static_cast<std::uint64_t>(i)));
        session.run(total, counting);
        session.commit();
        session.begin();
        for (int i = 0; i < after; ++i) session.run(look_up(50 + static_cast<std::uint64_t>(i)));
        session.run(page, paging);
        session.commit();
        return session.findings(rule_id, total).size();
    };
    EXPECT_EQ(pairs(0, 0), 1u) << "some drivers wrap each statement in a transaction";
    EXPECT_EQ(pairs(2, 2), 1u);
    EXPECT_EQ(pairs(3, 0), 0u);
    EXPECT_EQ(pairs(0, 3), 0u);
    Session one;
    one.begin();
    for (int i = 0; i < 5; ++i) one.run(look_up(40 + static_cast<std::uint64_t>(i)));
    one.run(total, counting);
    one.run(page, paging);
    one.commit();
    EXPECT_EQ(one.findings(rule_id, total).size(), 1u);
}

TEST(CountBeforePaginate, PairsACountWithOnePage) {
    Session session;
    session.run(total, counting);
    for (int i = 0; i < 5; ++i) session.run(page, paging);
    EXPECT_EQ(session.finding(rule_id, total).calls, 1u);
}

TEST(CountBeforePaginate, PairsEachCountOfAnAlternationOnce) {
    Session session;
    for (int i = 0; i < 3; ++i) {
        session.run(total, counting);
        session.run(page, paging);
    }
    const UnitFinding finding = session.finding(rule_id, total);
    EXPECT_EQ(finding.calls, 3u);
    EXPECT_EQ(finding.saved_ns, 3 * 9'000'000);
}

TEST(CountBeforePaginate, LooksPastOtherStatements) {
    Session session;
    session.run(total, counting);
    for (std::uint64_t id = 100; id < 100 + history_length - 2; ++id) session.run(look_up(id));
    session.run(page, paging);
    EXPECT_EQ(session.unit().finding_count, 1);
    Session forgotten;
    forgotten.run(total, counting);
    for (std::uint64_t id = 100; id < 100 + history_length; ++id) forgotten.run(look_up(id));
    forgotten.run(page, paging);
    EXPECT_EQ(forgotten.unit().finding_count, 0);
}

TEST(CountBeforePaginate, DoesNotReachIntoAnotherBurst) {
    Session session;
    session.run(total, counting);
    session.pause(second_us);
    session.run(page, paging);
    EXPECT_TRUE(session.findings(rule_id, total).empty());
}

TEST(CountBeforePaginate, WaitsForAPageThatIsStillFetched) {
    Session session;
    session.run(total, counting);
    Call partial = paging;
    partial.rows = 5;
    partial.flags = event_flag::in_progress;
    const Added added = session.run(page, partial);
    EXPECT_EQ(session.unit().finding_count, 0);
    session.finish(added, page, paging);
    EXPECT_EQ(session.finding(rule_id, total).evidence[page_rows], 20);
}

TEST(CountBeforePaginate, LeavesFailedStatementsAlone) {
    Session session;
    session.run(total, counting);
    Call failed = paging;
    failed.flags = event_flag::failed;
    session.run(page, failed);
    EXPECT_EQ(session.unit().finding_count, 0);
}

TEST(CountBeforePaginate, IsLessSureWithoutValuesUnlessAMarkHoldsBothTogether) {
    StatementShape all_total = total;
    StatementShape all_page = page;
    all_total.flags &= ~shape_flag::filtered;
    all_page.flags &= ~shape_flag::filtered;
    Session burst;
    burst.run(all_total, counting);
    burst.run(all_page, paging);
    EXPECT_EQ(burst.finding(rule_id, all_total).confidence, Confidence::medium);
    EXPECT_TRUE(has_reason(burst.finding(rule_id, all_total), Reason::no_filter_values));
    Session transaction;
    transaction.begin();
    transaction.run(all_total, counting);
    transaction.run(all_page, paging);
    transaction.commit();
    EXPECT_EQ(transaction.finding(rule_id, all_total).confidence, Confidence::high);
    EXPECT_EQ(transaction.finding(rule_id, all_total).mark, Mark::transaction);
    Session trace(Mark::trace);
    trace.run(all_total, counting);
    trace.run(all_page, paging);
    EXPECT_EQ(trace.finding(rule_id, all_total).confidence, Confidence::high);
    EXPECT_EQ(trace.finding(rule_id, all_total).mark, Mark::trace);
}

TEST(CountBeforePaginate, ObeysItsSettings) {
    const int index = find_rule(rule_id);
    Session strict;
    strict.settings.thresholds[index][0] = 10;
    strict.run(total, {.value = 5, .rows_read = 10});
    strict.run(page, paging);
    EXPECT_EQ(strict.unit().finding_count, 1);
    Session off;
    off.settings.disabled_rules = std::uint64_t{1} << index;
    off.run(total, counting);
    off.run(page, paging);
    EXPECT_EQ(off.unit().finding_count, 0);
}

} // namespace
} // namespace query_audit::test
