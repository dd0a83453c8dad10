// duplicate_query: the same question again, where nothing can have changed the answer.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *duplicate_query = "duplicate_query";
enum { repeats, calls, distinct_parameters, mean_pause_us };

const StatementShape account = look_up(1);

void ask(Session &session, const StatementShape &shape, int times, std::uint64_t value = 7) {
    for (int i = 0; i < times; ++i) session.run(shape, {.value = value});
}

TEST(DuplicateQuery, NeedsFiveWithTheSameParameters) {
    Session four(Mark::named_unit);
    ask(four, account, 4);
    four.end();
    EXPECT_EQ(four.confidence(duplicate_query, account), Confidence::none);
    Session five(Mark::named_unit);
    ask(five, account, 5);
    const UnitFinding finding = five.finding(duplicate_query, account);
    EXPECT_EQ(finding.confidence, Confidence::medium);
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.relation, account.relation);
    EXPECT_EQ(finding.evidence[repeats], 5);
    EXPECT_EQ(finding.evidence[calls], 5);
    EXPECT_EQ(finding.evidence[distinct_parameters], 1);
    EXPECT_EQ(finding.evidence[mean_pause_us], 300);
    EXPECT_EQ(finding.saved_ns, finding.wall_ns / 5 * 4) << "all but the first";
}

TEST(DuplicateQuery, FindsTheRepeatsAmongOtherValues) {
    Session session(Mark::named_unit);
    for (std::uint64_t i = 0; i < 10; ++i) {
        session.run(account, {.value = 7});
        session.run(account, {.value = 100 + i});
    }
    const UnitFinding finding = session.finding(duplicate_query, account);
    EXPECT_GE(finding.evidence[repeats], 5);
    EXPECT_LE(finding.evidence[repeats], 10);
}

TEST(DuplicateQuery, IsNoLoopAndALoopIsNoDuplicate) {
    Session same(Mark::named_unit);
    ask(same, account, 20);
    EXPECT_EQ(same.confidence("n_plus_one", account), Confidence::none);
    Session loop(Mark::named_unit);
    loop.repeat(account, 20);
    EXPECT_EQ(loop.confidence(duplicate_query, account), Confidence::none);
}

TEST(DuplicateQuery, BeginsAgainWhenItsTableWasWritten) {
    Session session(Mark::named_unit);
    for (int i = 0; i < 10; ++i) {
        ask(session, account, 4);
        session.run(insert(1));
    }
    session.end();
    EXPECT_EQ(session.confidence(duplicate_query, account), Confidence::none);
    ask(session, account, 5);
    session.end();
    EXPECT_NE(session.confidence(duplicate_query, account), Confidence::none);
}

TEST(DuplicateQuery, IsNotExcusedByAWriteToAnotherTable) {
    Session session(Mark::named_unit);
    for (int i = 0; i < 5; ++i) {
        ask(session, account, 1);
        session.run(insert(2));
    }
    EXPECT_NE(session.confidence(duplicate_query, account), Confidence::none);
}

TEST(DuplicateQuery, LeavesVolatileCallsLocksAndWritesAlone) {
    for (const StatementShape &shape : {look_up(1, shape_flag::volatile_call), look_up(1, shape_flag::locks_rows),
                                        insert(1), make_shape(StatementKind::update, 1, shape_flag::filtered)}) {
        Session session(Mark::named_unit);
        ask(session, shape, 20);
        session.end();
        EXPECT_EQ(session.confidence(duplicate_query, shape), Confidence::none);
    }
}

TEST(DuplicateQuery, NeedsNoFilter) {
    Session session(Mark::named_unit);
    ask(session, list(3), 5);
    EXPECT_NE(session.confidence(duplicate_query, list(3)), Confidence::none);
}

TEST(DuplicateQuery, LeavesPollingAtASteadyPaceLow) {
    for (const std::int64_t pace_us : {20 * millisecond_us, second_us}) {
        Session session;
        for (int i = 0; i < 100; ++i) session.run(account, {.value = 7, .pause_us = pace_us});
        session.end();
        EXPECT_LE(session.confidence(duplicate_query, account), Confidence::low) << pace_us;
    }
}

TEST(DuplicateQuery, CountsEachTransactionByItself) {
    Session session;
    for (int i = 0; i < 3; ++i) {
        session.begin();
        ask(session, account, 4);
        session.commit();
    }
    session.end();
    EXPECT_EQ(session.confidence(duplicate_query, account), Confidence::none) << "four in each of three";
    session.begin();
    ask(session, account, 5);
    session.commit();
    const UnitFinding finding = session.finding(duplicate_query, account);
    EXPECT_EQ(finding.confidence, Confidence::medium);
    EXPECT_EQ(finding.mark, Mark::transaction);
}

TEST(DuplicateQuery, IsNoRetry) {
    Session session;
    for (int attempt = 0; attempt < 8; ++attempt) {
        session.begin();
        ask(session, account, 1);
        session.run(look_up(2));
        session.commit(attempt < 7);
    }
    session.end();
    EXPECT_EQ(session.confidence(duplicate_query, account), Confidence::none);
}

TEST(DuplicateQuery, OfOneRoundTripIsInformation) {
    Session session(Mark::named_unit);
    for (int i = 0; i < 6; ++i) session.run(account, {.value = 7, .pause_us = 0, .flags = event_flag::same_round_trip});
    EXPECT_EQ(session.finding(duplicate_query, account).severity, Severity::info);
}

TEST(DuplicateQuery, ObeysItsSettings) {
    const int index = find_rule(duplicate_query);
    Session strict(Mark::named_unit);
    strict.settings.thresholds[index][0] = 2;
    ask(strict, account, 2);
    EXPECT_EQ(strict.finding(duplicate_query, account).evidence[repeats], 2);
    Session off(Mark::named_unit);
    off.settings.disabled_rules = std::uint64_t{1} << index;
    ask(off, account, 50);
    off.end();
    EXPECT_EQ(off.unit().finding_count, 0);
}

} // namespace
} // namespace query_audit::test
