// The unit of work: what belongs together, what it remembers, and what it forgets.
#include <gtest/gtest.h>

#include "core/history.h"
#include "core_support.h"

namespace query_audit::test {
namespace {

const StatementShape child = look_up(1);
const StatementShape other = look_up(2);

TEST(Unit, BeginsEmptyWithTheNextNumber) {
    Session session;
    session.repeat(child, 6);
    Unit &unit = session.unit();
    ASSERT_GT(unit.finding_count, 0);
    const ClientIdentity client{7, 8, {}};
    begin_unit(unit, Mark::named_unit, client);
    EXPECT_EQ(unit.number, 2u);
    EXPECT_EQ(unit.mark, Mark::named_unit);
    EXPECT_EQ(unit.client.user, 8u);
    EXPECT_EQ(unit.position, 0u);
    EXPECT_EQ(unit.series_count, 0);
    EXPECT_EQ(unit.finding_count, 0);
    EXPECT_EQ(find_series(unit, series_key(child)), nullptr);
    for (std::uint32_t i = 0; i <= 2 * history_length; ++i) EXPECT_EQ(history_at(unit, i), nullptr);
}

TEST(Unit, NumbersItsStatementsAndSaysWhichSeriesAreNew) {
    Session session;
    const Added first = session.run(child);
    EXPECT_EQ(first.position, 1u);
    EXPECT_TRUE(first.new_series);
    const Added second = session.run(child);
    EXPECT_EQ(second.position, 2u);
    EXPECT_FALSE(second.new_series);
    EXPECT_TRUE(session.run(other).new_series);
}

TEST(Unit, LeavesOutWhatReadsNoTableOfTheApplication) {
    Session session;
    StatementShape ping = child;
    ping.flags &= ~shape_flag::relation;
    EXPECT_EQ(session.run(ping).position, 0u);
    EXPECT_EQ(session.run(look_up(3, shape_flag::catalog_only)).position, 0u);
    EXPECT_EQ(session.run(child, {.flags = event_flag::maintenance}).position, 0u);
    EXPECT_EQ(session.unit().position, 0u);
    EXPECT_EQ(session.unit().series_count, 0);
}

TEST(Unit, AddsUpItsSeries) {
    Session session;
    session.run(child, {.value = 1, .rows = 3, .execution_us = 100});
    session.run(other);
    session.run(child, {.value = 2, .rows = 4, .pause_us = 700, .execution_us = 50});
    const Series *series = find_series(session.unit(), series_key(child));
    ASSERT_NE(series, nullptr);
    EXPECT_EQ(series->in_unit.calls, 2u);
    EXPECT_EQ(series->in_unit.rows, 7u);
    EXPECT_EQ(series->in_unit.execution_ns, 150'000);
    EXPECT_EQ(series->in_unit.pause_ns, 700'000) << "the pause before the first is not one of its own";
    EXPECT_EQ(series->in_unit.max_pause_ns, 700'000);
    EXPECT_EQ(series->in_unit.filters.estimate(), 2u);
    EXPECT_EQ(series->rows_max, 4u);
    EXPECT_EQ(series->period, 2u);
    EXPECT_EQ(series->run_calls, 2u);
}

TEST(Unit, KeepsTheSameTextInTwoSchemasApart) {
    Session session;
    StatementShape elsewhere = child;
    elsewhere.relations = 99;
    session.repeat(child, 4);
    session.repeat(elsewhere, 4, {}, 5);
    EXPECT_EQ(session.unit().series_count, 2);
    EXPECT_EQ(session.unit().finding_count, 0);
}

TEST(Unit, KeepsABatchApartFromALookUpOfTheSameFingerprint) {
    EXPECT_NE(series_key(look_up(1)), series_key(look_up(1, shape_flag::batch)));
}

TEST(Unit, ForgetsItsOldestStatements) {
    Session session;
    const Added first = session.run(child, {.rows = 1});
    for (int i = 0; i < history_length - 1; ++i) session.run(other);
    session.finish(first, child, {.rows = 10});
    EXPECT_EQ(find_series(session.unit(), series_key(child))->rows, 10u) << "still held";
    session.run(other);
    session.finish(first, child, {.rows = 50});
    EXPECT_EQ(find_series(session.unit(), series_key(child))->rows, 10u) << "its place is another's";
    EXPECT_EQ(session.unit().position, static_cast<std::uint32_t>(history_length) + 1);
}

TEST(Unit, ForgetsItsRarestSeriesFirst) {
    Session session;
    session.run(child);
    session.run(child);
    for (std::uint64_t id = 100; id < 100 + max_series - 1; ++id) session.run(look_up(id));
    EXPECT_EQ(session.unit().series_count, max_series);
    EXPECT_NE(find_series(session.unit(), series_key(look_up(100))), nullptr);
    for (std::uint64_t id = 200; id < 210; ++id) {
        EXPECT_TRUE(session.run(look_up(id)).new_series);
        EXPECT_NE(find_series(session.unit(), series_key(look_up(id))), nullptr);
    }
    EXPECT_EQ(session.unit().series_count, max_series);
    EXPECT_NE(find_series(session.unit(), series_key(child)), nullptr) << "it ran twice";
    for (std::uint64_t id = 100; id < 100 + max_series - 1; ++id) {
        EXPECT_EQ(find_series(session.unit(), series_key(look_up(id))) == nullptr, id < 110)
            << id << ": the oldest of those that ran once";
    }
    EXPECT_EQ(find_series(session.unit(), series_key(child))->calls, 2u);
}

TEST(Unit, JudgesASeriesBeforeItForgetsIt) {
    Session session;
    session.settings.thresholds[find_rule("n_plus_one")][0] = 17; // between the counts at which a series is judged
    for (int i = 0; i < 20; ++i) {
        session.run(child, {.value = static_cast<std::uint64_t>(i)});
    }
    ASSERT_EQ(session.confidence("n_plus_one", child), Confidence::none);
    for (int round = 0; round < 21; ++round) {
        for (std::uint64_t id = 101; id < 100 + max_series; ++id) session.run(insert(id));
    }
    ASSERT_EQ(session.confidence("n_plus_one", child), Confidence::none);
    session.run(insert(99));
    ASSERT_EQ(find_series(session.unit(), series_key(child)), nullptr);
    EXPECT_EQ(session.confidence("n_plus_one", child), Confidence::low);
}

TEST(Unit, CountsTheFindingsThatFoundNoRoom) {
    Session session(Mark::named_unit);
    for (std::uint64_t id = 1; id <= max_unit_findings; ++id) session.repeat(look_up(id), 5);
    EXPECT_EQ(session.unit().finding_count, max_unit_findings);
    EXPECT_EQ(session.unit().dropped_findings, 0u);
    session.repeat(look_up(40), 5);
    EXPECT_EQ(session.unit().finding_count, max_unit_findings);
    EXPECT_EQ(session.unit().dropped_findings, 1u);
    session.repeat(look_up(40), 50, {}, 10);
    EXPECT_EQ(session.unit().dropped_findings, 1u) << "it is the same one at each checkpoint";
    EXPECT_EQ(session.confidence("n_plus_one", look_up(40)), Confidence::none);
    session.repeat(look_up(1), 5, {}, 6);
    EXPECT_EQ(session.finding("n_plus_one", look_up(1)).evidence[0], 10) << "one that it holds goes on";
}

TEST(Unit, GivesTheFindingOfAnIdentity) {
    Session session;
    Unit &unit = session.unit();
    UnitFinding *finding = unit_finding(unit, {1, 42, 7, 0}, Confidence::low);
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->rule, 1);
    EXPECT_EQ(finding->fingerprint, 42u);
    EXPECT_EQ(finding->relation, 7u);
    EXPECT_EQ(finding->occurrences, 0u);
    for (const std::int64_t value : finding->evidence) EXPECT_EQ(value, -1);
    EXPECT_EQ(unit_finding(unit, {1, 42, 7, 0}, Confidence::low), finding);
    EXPECT_EQ(unit_finding(unit, {1, 42, 7, 5}, Confidence::low), finding) << "its parent was not known";
    finding->parent_fingerprint = 5;
    EXPECT_EQ(unit_finding(unit, {1, 42, 7, 0}, Confidence::low), finding) << "its parent is not known any more";
    EXPECT_NE(unit_finding(unit, {1, 42, 7, 6}, Confidence::low), finding);
    EXPECT_NE(unit_finding(unit, {2, 42, 7, 5}, Confidence::low), finding);
    EXPECT_NE(unit_finding(unit, {1, 43, 7, 5}, Confidence::low), finding);
    EXPECT_NE(unit_finding(unit, {1, 42, 8, 5}, Confidence::low), finding);
    finding->confidence = Confidence::high;
    EXPECT_EQ(unit_finding(unit, {1, 42, 7, 5}, Confidence::medium), nullptr) << "what was high stays so";
    EXPECT_EQ(unit_finding(unit, {1, 42, 7, 5}, Confidence::high), finding);
}

TEST(Burst, GoesOnThroughShortPausesAndEndsWithALongOne) {
    Session session;
    session.run(child);
    session.pause(49 * millisecond_us);
    session.run(child);
    EXPECT_EQ(session.ended_units(), 0u);
    session.pause(51 * millisecond_us);
    session.run(child);
    EXPECT_EQ(session.ended_units(), 0u) << "its usual pause is 49 ms by now";
    session.pause(260 * millisecond_us);
    session.run(child);
    EXPECT_EQ(session.ended_units(), 1u);
    EXPECT_EQ(session.unit().number, 2u);
    EXPECT_GE(session.unit().pause_before_ns, 260'000'000);
    EXPECT_EQ(session.unit().previous_key, series_key(child));
}

TEST(Burst, GapIsTenUsualPausesWithinTheConfiguredBounds) {
    Session session;
    Unit &unit = session.unit();
    EXPECT_EQ(burst_gap_ns(unit, session.settings), 50'000'000);
    unit.pauses = 4;
    unit.pause_ns = 4 * 1'000'000;
    EXPECT_EQ(burst_gap_ns(unit, session.settings), 50'000'000);
    unit.pause_ns = 4 * 12'000'000;
    EXPECT_EQ(burst_gap_ns(unit, session.settings), 120'000'000);
    unit.pause_ns = 4 * 40'000'000;
    EXPECT_EQ(burst_gap_ns(unit, session.settings), 250'000'000);
    session.settings.burst_gap_min_ms = 500;
    EXPECT_EQ(burst_gap_ns(unit, session.settings), 500'000'000) << "a floor above the ceiling is the gap";
    session.settings.burst_gap_min_ms = 1;
    session.settings.burst_gap_max_ms = 5;
    EXPECT_EQ(burst_gap_ns(unit, session.settings), 5'000'000);
}

TEST(Burst, CountsNoPausesInsideTransactions) {
    Session session;
    session.begin();
    session.repeat(child, 5, {.pause_us = 40 * millisecond_us});
    session.commit();
    EXPECT_EQ(session.unit().pauses, 0u);
    session.run(child);
    EXPECT_EQ(session.unit().pauses, 1u);
    EXPECT_EQ(session.unit().pause_ns, 300'000);
}

TEST(Unit, DoesNotEndInsideATransactionOrUnderAMarkOfItsOwn) {
    Session session;
    session.begin();
    session.run(child);
    session.pause(10 * second_us);
    session.run(child);
    EXPECT_EQ(session.ended_units(), 0u);
    session.commit();
    session.pause(10 * second_us);
    session.run(child);
    EXPECT_EQ(session.ended_units(), 1u);

    for (const Mark mark : {Mark::named_unit, Mark::trace}) {
        Session marked(mark);
        marked.run(child);
        EXPECT_TRUE(unit_continues(marked.unit(), marked.settings, marked.now_ns() + 3'600'000'000'000, 99));
    }
    Unit none{};
    EXPECT_FALSE(unit_continues(none, session.settings, 0, 0));
}

TEST(Unit, CompletesAStatementThatWasInProgress) {
    Session session;
    const Added added = session.run(child, {.rows = 10, .execution_us = 100, .flags = event_flag::in_progress});
    session.finish(added, child, {.rows = 100, .execution_us = 900});
    const Series *series = find_series(session.unit(), series_key(child));
    EXPECT_EQ(series->calls, 1u);
    EXPECT_EQ(series->rows, 100u);
    EXPECT_EQ(series->in_unit.rows, 100u);
    EXPECT_EQ(series->in_unit.execution_ns, 900'000);
    EXPECT_EQ(series->rows_max, 100u);
    EXPECT_EQ(session.unit().history[1].rows, 100u);
    EXPECT_EQ(session.unit().last_ns, session.now_ns());
}

TEST(Unit, KeepsAFailedStatementOutOfItsSeries) {
    Session session;
    session.run(child, {.flags = event_flag::failed});
    EXPECT_EQ(session.unit().position, 1u);
    EXPECT_EQ(find_series(session.unit(), series_key(child)), nullptr);
}

TEST(Transaction, OfManyStatementsIsNoPartOfTheBurst) {
    Session session;
    session.begin();
    session.repeat(child, 4);
    EXPECT_EQ(find_series(session.unit(), series_key(child))->in_transaction.calls, 4u);
    session.commit();
    const Series *series = find_series(session.unit(), series_key(child));
    EXPECT_EQ(series->in_transaction.calls, 0u);
    EXPECT_EQ(series->in_unit.calls, 0u);
    EXPECT_EQ(series->calls, 4u);
}

TEST(Transaction, OfAFewStatementsCountsAsAutocommitUnlessItFailed) {
    Session session;
    for (int i = 0; i < 4; ++i) {
        session.begin();
        session.run(child, {.value = static_cast<std::uint64_t>(i), .rows = 2});
        session.run(other);
        session.commit(i == 3);
    }
    const Series *series = find_series(session.unit(), series_key(child));
    EXPECT_EQ(series->in_unit.calls, 3u);
    EXPECT_EQ(series->in_unit.rows, 6u);
    EXPECT_EQ(series->in_unit.filters.estimate(), 3u);
    EXPECT_EQ(series->in_unit.first_position, 1u);
    EXPECT_EQ(series->in_unit.pause_ns, 2 * 300'000);
}

TEST(Tally, AddsWhatCameAfter) {
    Tally sum{};
    Tally first{};
    first.calls = 2;
    first.first_position = 3;
    first.first_pause_ns = 50;
    first.pause_ns = 10;
    first.max_pause_ns = 10;
    first.rows = 4;
    Tally second = first;
    second.first_position = 9;
    second.same_round_trip = 1;
    sum.add_all(first);
    EXPECT_EQ(sum.pause_ns, 10) << "the pause before the first is in none";
    sum.add_all(second);
    EXPECT_EQ(sum.calls, 4u);
    EXPECT_EQ(sum.rows, 8u);
    EXPECT_EQ(sum.first_position, 3u);
    EXPECT_EQ(sum.pause_ns, 70);
    EXPECT_EQ(sum.max_pause_ns, 50);
    EXPECT_EQ(sum.same_round_trip, 1u);
}

} // namespace
} // namespace query_audit::test
