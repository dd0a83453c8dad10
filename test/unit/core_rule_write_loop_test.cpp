// write_loop: rows written one by one in one unit of work, what belongs to the loop, and what must be left alone.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *write_loop = "write_loop";
constexpr const char *commit_per_row = "commit_per_row";
constexpr const char *n_plus_one = "n_plus_one";
constexpr const char *duplicate_query = "duplicate_query";
enum { calls, distinct_parameters, transactions, statements_per_row, parent_rows, parent_calls, mean_pause_us };

const StatementShape orders = list(1);
const StatementShape order = look_up(2);
const StatementShape order_for_update = look_up(2, shape_flag::locks_rows);
const StatementShape change = update(2);
const StatementShape add = insert(3);
const StatementShape author = look_up(4);
const StatementShape log_entry = insert(5);

std::vector<std::uint64_t> body_of(const UnitFinding &finding) {
    std::vector<std::uint64_t> body(finding.related, finding.related + max_related);
    std::erase(body, 0u);
    return body;
}

std::vector<std::uint64_t> texts(const std::vector<StatementShape> &shapes) {
    std::vector<std::uint64_t> keys;
    for (const StatementShape &shape : shapes) keys.push_back(shape.text_key());
    return keys;
}

// `rounds` times all of the shapes, each with the number of the round as its value.
void run_rounds(Session &session, const std::vector<StatementShape> &shapes, int rounds, std::uint64_t first = 1) {
    for (std::uint64_t round = first; round < first + static_cast<std::uint64_t>(rounds); ++round) {
        for (const StatementShape &shape : shapes) session.run(shape, {.value = round});
    }
}

TEST(WriteLoop, NeedsTenSingleRowWritesInOneTransaction) {
    for (const StatementShape &shape : {add, change, remove(2)}) {
        for (const int times : {9, 10}) {
            Session session;
            session.begin();
            session.repeat(shape, times);
            session.commit();
            EXPECT_EQ(session.confidence(write_loop, shape), times < 10 ? Confidence::none : Confidence::high);
            EXPECT_EQ(session.confidence(commit_per_row, shape), Confidence::none);
            EXPECT_EQ(session.confidence(n_plus_one, shape), Confidence::none);
        }
    }
}

TEST(WriteLoop, IsThereWhileTheTransactionRuns) {
    Session session;
    session.begin();
    session.repeat(add, 10);
    EXPECT_EQ(session.confidence(write_loop, add), Confidence::high);
    session.repeat(add, 10, {}, 11);
    session.look();
    const UnitFinding finding = session.finding(write_loop, add);
    EXPECT_EQ(finding.evidence[calls], 20);
    EXPECT_EQ(finding.evidence[transactions], 1);
    EXPECT_EQ(finding.evidence[statements_per_row], 1);
    EXPECT_EQ(finding.mark, Mark::transaction);
    EXPECT_TRUE(has_reason(finding, Reason::unbroken_run));
    EXPECT_TRUE(body_of(finding).empty()) << "a body of one statement is the statement";
}

TEST(WriteLoop, CountsWritesThatMatchedNoRow) {
    Session session;
    session.begin();
    session.repeat(change, 12, {.rows = 0});
    session.commit();
    EXPECT_EQ(session.confidence(write_loop, change), Confidence::high);
}

TEST(WriteLoop, LeavesStatementsThatWriteManyRowsAlone) {
    Session session;
    session.begin();
    session.repeat(add, 50, {.rows = 100});
    session.repeat(remove(2), 50, {.rows = 2});
    session.repeat(update(6, shape_flag::batch), 50);
    session.commit();
    EXPECT_EQ(session.confidence(write_loop, add), Confidence::none);
    EXPECT_EQ(session.confidence(write_loop, remove(2)), Confidence::none);
    EXPECT_EQ(session.confidence(write_loop, update(6, shape_flag::batch)), Confidence::none);
}

TEST(WriteLoop, CountsTheSingleRowsAmongFewLargerOnes) {
    const auto confidence_with = [](int single, int larger) {
        Session session;
        session.begin();
        session.repeat(add, larger, {.rows = 5});
        session.repeat(add, single);
        session.commit();
        return session.confidence(write_loop, add);
    };
    EXPECT_EQ(confidence_with(10, 2), Confidence::high);
    EXPECT_EQ(confidence_with(9, 2), Confidence::none) << "too few of a single row";
    EXPECT_EQ(confidence_with(12, 5), Confidence::none) << "too many larger ones";
}

TEST(WriteLoop, IsMediumInATransactionWhereTheRunIsBroken) {
    Session session;
    session.begin();
    for (std::uint64_t row = 0; row < 14; ++row) {
        session.run(add, {.value = row});
        if (row % 3 == 0) session.run(author, {.value = 1});
    }
    session.commit();
    EXPECT_EQ(session.confidence(write_loop, add), Confidence::medium);
}

TEST(WriteLoop, HoldsAlsoForTheSameRowOverAndOverInOneTransaction) {
    Session session;
    session.begin();
    for (int i = 0; i < 12; ++i) session.run(change, {.value = 7});
    session.commit();
    EXPECT_EQ(session.confidence(write_loop, change), Confidence::high);
}

TEST(WriteLoop, IsExplainedByTheListBeforeIt) {
    Session session;
    session.begin();
    session.run(orders, {.rows = 12});
    session.repeat(change, 12);
    session.commit();
    const UnitFinding finding = session.finding(write_loop, change);
    EXPECT_EQ(finding.confidence, Confidence::high);
    EXPECT_EQ(finding.parent_fingerprint, orders.fingerprint);
    EXPECT_EQ(finding.evidence[parent_rows], 12);
    EXPECT_EQ(finding.evidence[parent_calls], 1);
}

TEST(WriteLoop, InANamedUnitOrTraceSpansTransactions) {
    for (const Mark mark : {Mark::named_unit, Mark::trace}) {
        Session session(mark);
        for (int chunk = 0; chunk < 3; ++chunk) {
            session.begin();
            session.repeat(add, 4, {}, static_cast<std::uint64_t>(chunk) * 4 + 1);
            session.commit();
        }
        session.end();
        const UnitFinding finding = session.finding(write_loop, add);
        EXPECT_EQ(finding.confidence, Confidence::high);
        EXPECT_EQ(finding.mark, mark);
        EXPECT_EQ(finding.evidence[transactions], 3);
        EXPECT_EQ(session.confidence(commit_per_row, add), Confidence::none);
    }
}

TEST(WriteLoop, LeavesATransactionThatIsTriedAgainAlone) {
    for (const Mark mark : {Mark::burst, Mark::named_unit}) {
        Session session(mark);
        for (int attempt = 0; attempt < 3; ++attempt) {
            session.begin();
            session.repeat(add, 4);
            session.repeat(change, 4);
            session.commit(attempt < 2);
        }
        session.end();
        EXPECT_EQ(session.confidence(write_loop, add), Confidence::none);
        EXPECT_EQ(session.confidence(write_loop, change), Confidence::none);
    }
}

TEST(WriteLoop, DoesNotCountWritesThatFailed) {
    Session session;
    session.begin();
    session.repeat(add, 9);
    session.repeat(add, 9, {.rows = 0, .flags = event_flag::failed}, 10);
    session.commit();
    EXPECT_EQ(session.confidence(write_loop, add), Confidence::none);
}

TEST(WriteLoop, LeavesWhatFunctionsAndTriggersWriteAlone) {
    Session session;
    session.begin();
    session.repeat(add, 50, {.flags = event_flag::nested});
    session.repeat(log_entry, 50, {.flags = event_flag::maintenance});
    session.commit();
    EXPECT_EQ(session.confidence(write_loop, add), Confidence::none);
    EXPECT_EQ(session.confidence(write_loop, log_entry), Confidence::none);
}

TEST(WriteLoop, LeavesWritesOfSeparateTransactionsAlone) {
    Session session;
    for (std::uint64_t request = 0; request < 30; ++request) {
        session.begin();
        session.run(order, {.value = request});
        session.run(change, {.value = request});
        session.run(log_entry, {.value = request});
        session.run(author, {.value = request});
        session.run(add, {.value = request});
        session.commit();
        session.pause(28 * millisecond_us);
    }
    session.end();
    for (const StatementShape &shape : {change, log_entry, add}) {
        EXPECT_EQ(session.confidence(write_loop, shape), Confidence::none);
        EXPECT_EQ(session.confidence(commit_per_row, shape), Confidence::none);
    }
}

TEST(WriteLoop, SentInOneRoundTripIsInfo) {
    Session batch;
    batch.begin();
    batch.repeat(add, 20, {.pause_us = 1, .flags = event_flag::same_round_trip});
    batch.commit();
    EXPECT_EQ(batch.finding(write_loop, add).severity, Severity::info);
    Session without_begin;
    without_begin.pipeline(add, 20);
    without_begin.end();
    EXPECT_EQ(without_begin.finding(write_loop, add).severity, Severity::info);
    EXPECT_EQ(without_begin.finding(write_loop, add).confidence, Confidence::high);
    EXPECT_EQ(without_begin.confidence(commit_per_row, add), Confidence::none);
    Session small_ones;
    for (std::uint64_t i = 0; i < 10; ++i) small_ones.pipeline(add, 3, 3 * i + 1);
    EXPECT_EQ(small_ones.confidence(write_loop, add), Confidence::low) << "each may be a request";
}

TEST(WriteLoop, IsCriticalFromAHundred) {
    for (const int times : {99, 100}) {
        Session session;
        session.begin();
        session.repeat(add, times);
        session.commit();
        EXPECT_EQ(session.finding(write_loop, add).severity, times < 100 ? Severity::warning : Severity::critical);
    }
}

// The body

TEST(WriteLoopBody, HoldsTheReReadOfTheRowInPlaceOfAnNPlusOne) {
    for (const StatementShape &read : {order, order_for_update}) {
        Session session;
        session.begin();
        session.run(orders, {.rows = 12});
        run_rounds(session, {read, change}, 12);
        session.look();
        EXPECT_EQ(session.confidence(n_plus_one, read), Confidence::none) << "while it runs";
        session.commit();
        const UnitFinding finding = session.finding(write_loop, change);
        EXPECT_EQ(finding.confidence, Confidence::high);
        EXPECT_EQ(body_of(finding), texts({read, change}));
        EXPECT_EQ(finding.evidence[statements_per_row], 2);
        EXPECT_EQ(finding.parent_fingerprint, orders.fingerprint);
        EXPECT_EQ(session.confidence(n_plus_one, read), Confidence::none);
        EXPECT_EQ(session.confidence(duplicate_query, read), Confidence::none);
    }
}

TEST(WriteLoopBody, StaysAnNPlusOneWhileTheLoopIsShort) {
    Session session;
    session.begin();
    run_rounds(session, {order, change}, 9);
    session.commit();
    EXPECT_EQ(session.confidence(write_loop, change), Confidence::none);
    EXPECT_EQ(session.confidence(n_plus_one, order), Confidence::medium);
}

TEST(WriteLoopBody, HoldsLoopsOfAnyLength) {
    for (const int rounds : {10, 11, 16, 17, 31, 33, 40, 100, 1000}) {
        for (const bool read_first : {true, false}) {
            Session session;
            session.begin();
            run_rounds(session, read_first ? std::vector{order, change} : std::vector{change, order}, rounds);
            session.commit();
            EXPECT_EQ(session.finding(write_loop, change).evidence[calls], rounds);
            EXPECT_EQ(session.confidence(n_plus_one, order), Confidence::none) << rounds << read_first;
        }
    }
}

TEST(WriteLoopBody, StaysAnNPlusOneWhereMostLookUpsAreNotFollowedByAWrite) {
    Session session;
    session.begin();
    for (std::uint64_t row = 0; row < 60; ++row) {
        session.run(order, {.value = row});
        if (row % 3 == 0) session.run(change, {.value = row});
    }
    session.commit();
    EXPECT_EQ(session.confidence(write_loop, change), Confidence::high);
    EXPECT_EQ(session.confidence(n_plus_one, order), Confidence::medium);
    Session mixed;
    mixed.begin();
    for (std::uint64_t row = 0; row < 60; ++row) {
        mixed.run(order, {.value = row});
        if (row % 7 == 0 || row % 3 == 1) mixed.run(change, {.value = row});
    }
    mixed.commit();
    EXPECT_EQ(mixed.confidence(write_loop, change), Confidence::medium);
    EXPECT_GE(mixed.confidence(n_plus_one, order), Confidence::medium);
}

TEST(WriteLoopBody, HoldsLookUpsThatAreNearlyAlwaysFollowedByAWrite) {
    Session session;
    session.begin();
    for (std::uint64_t row = 0; row < 40; ++row) {
        session.run(order, {.value = row});
        if (row % 8 != 3) session.run(change, {.value = row});
    }
    session.commit();
    EXPECT_EQ(body_of(session.finding(write_loop, change)), texts({order, change}));
    EXPECT_EQ(session.confidence(n_plus_one, order), Confidence::none);
}

TEST(WriteLoopBody, StaysAnNPlusOneWhereTheLookUpAlsoRunsElsewhere) {
    Session session;
    session.begin();
    run_rounds(session, {order, change}, 12);
    session.repeat(order, 40, {}, 100);
    session.commit();
    EXPECT_EQ(session.confidence(write_loop, change), Confidence::high);
    EXPECT_EQ(session.finding(n_plus_one, order).evidence[calls], 52);
}

TEST(WriteLoopBody, ListsLookUpsOfOtherTablesWhichKeepTheirOwnFinding) {
    Session session;
    session.begin();
    run_rounds(session, {order, author, change}, 12);
    session.commit();
    EXPECT_EQ(body_of(session.finding(write_loop, change)), texts({order, author, change}));
    EXPECT_EQ(session.confidence(n_plus_one, order), Confidence::none);
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::high);
}

TEST(WriteLoopBody, OfTwoInsertsARowIsOneFinding) {
    Session session;
    session.begin();
    run_rounds(session, {add, log_entry}, 25);
    session.look();
    session.commit();
    const UnitFinding finding = session.finding(write_loop, add);
    EXPECT_EQ(body_of(finding), texts({add, log_entry}));
    EXPECT_EQ(finding.evidence[calls], 25);
    EXPECT_EQ(session.confidence(write_loop, log_entry), Confidence::none);
}

TEST(WriteLoopBody, OfTwoInsertsIsOneFindingWhicheverIsSeenFirst) {
    Session session;
    session.begin();
    session.repeat(log_entry, 2, {}, 100);
    run_rounds(session, {add, log_entry}, 25);
    session.commit();
    EXPECT_EQ(session.findings(write_loop, add).size() + session.findings(write_loop, log_entry).size(), 1u);
}

TEST(WriteLoopBody, GivesAWriteThatGoesOnWithoutTheRestItsOwnFinding) {
    Session session;
    session.begin();
    run_rounds(session, {add, log_entry}, 12);
    session.repeat(log_entry, 50, {}, 100);
    session.commit();
    EXPECT_NE(session.confidence(write_loop, add), Confidence::none);
    EXPECT_EQ(session.finding(write_loop, log_entry).evidence[calls], 62);
}

TEST(WriteLoopBody, OfTwoLoopsOneAfterTheOtherIsTwoFindings) {
    Session session;
    session.begin();
    session.repeat(add, 12);
    session.repeat(change, 12);
    session.commit();
    EXPECT_EQ(session.confidence(write_loop, add), Confidence::high);
    EXPECT_EQ(session.confidence(write_loop, change), Confidence::high);
    EXPECT_TRUE(body_of(session.finding(write_loop, change)).empty());
}

TEST(WriteLoopBody, OfAnUpdateThatFindsNothingAndItsInsertIsTheInserts) {
    Session session;
    session.begin();
    for (std::uint64_t row = 0; row < 12; ++row) {
        session.run(update(3), {.value = row, .rows = 0});
        session.run(add, {.value = row});
    }
    session.commit();
    EXPECT_EQ(body_of(session.finding(write_loop, add)), texts({update(3), add}));
    EXPECT_EQ(session.confidence(write_loop, update(3)), Confidence::none);
}

TEST(WriteLoopBody, IsToldInALoopThatIsInterleavedWithAnother) {
    Session session;
    session.begin();
    for (std::uint64_t row = 0; row < 24; ++row) {
        session.run(order, {.value = row});
        if (row % 2 == 0) session.run(author, {.value = row});
        session.run(change, {.value = row});
    }
    session.commit();
    EXPECT_EQ(body_of(session.finding(write_loop, change)), texts({order, change}));
    EXPECT_EQ(session.confidence(n_plus_one, order), Confidence::none);
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::high) << "it comes with every second row";
}

TEST(WriteLoopBody, OfALoopWithAnInnerLoopIsTwoFindings) {
    Session session;
    session.begin();
    for (std::uint64_t row = 0; row < 12; ++row) {
        session.run(add, {.value = row});
        session.repeat(log_entry, 3, {}, row * 3);
    }
    session.commit();
    EXPECT_EQ(session.finding(write_loop, add).evidence[calls], 12);
    EXPECT_NE(session.confidence(write_loop, add), Confidence::none);
}

TEST(WriteLoopBody, ReadsTheRowAgainBeforeAndAfter) {
    Session session;
    session.begin();
    run_rounds(session, {order, change, order}, 12);
    session.commit();
    EXPECT_EQ(session.confidence(n_plus_one, order), Confidence::none);
}

TEST(WriteLoopBody, WhereTheRuleIsDisabledTheLookUpIsAnNPlusOne) {
    Session session;
    session.settings.disabled_rules = std::uint64_t{1} << find_rule(write_loop);
    session.begin();
    run_rounds(session, {order, change}, 20);
    session.commit();
    EXPECT_EQ(session.confidence(n_plus_one, order), Confidence::high);
}

TEST(WriteLoopBody, OfAQueuesWorkerIsNone) {
    Session session;
    session.begin();
    run_rounds(session, {look_up(2, shape_flag::locks_rows | shape_flag::skips_locked | shape_flag::page), change}, 20);
    session.commit();
    EXPECT_EQ(session.confidence(write_loop, change), Confidence::none);
}

// SELECT nextval(...)
StatementShape next_value() {
    StatementShape shape = make_shape(StatementKind::select, 30, shape_flag::volatile_call);
    shape.flags &= ~shape_flag::relation;
    return shape;
}

TEST(WriteLoopBody, HoldsTheStatementThatTakesASequencesValue) {
    Session session;
    session.begin();
    run_rounds(session, {next_value(), add}, 12);
    session.commit();
    EXPECT_EQ(body_of(session.finding(write_loop, add)), texts({next_value(), add}));
    EXPECT_EQ(session.finding(write_loop, add).evidence[statements_per_row], 2);
    Session longer;
    longer.begin();
    run_rounds(longer, {order, next_value(), add, change}, 20);
    longer.commit();
    EXPECT_EQ(body_of(longer.finding(write_loop, add)), texts({order, next_value(), add, change}));
}

TEST(WriteLoopBody, HoldsNoCallThatDoesNotComeWithEachWrite) {
    Session before;
    before.begin();
    for (int i = 0; i < 50; ++i) before.run(next_value());
    before.repeat(add, 12);
    before.commit();
    EXPECT_TRUE(body_of(before.finding(write_loop, add)).empty());
    Session now_and_then;
    now_and_then.begin();
    for (std::uint64_t row = 0; row < 12; ++row) {
        if (row % 3 == 0) now_and_then.run(next_value());
        now_and_then.run(add, {.value = row});
    }
    now_and_then.commit();
    EXPECT_TRUE(body_of(now_and_then.finding(write_loop, add)).empty());
}

// The times

TEST(WriteLoopTimes, AreThoseOfTheWholeBody) {
    Session session;
    session.begin();
    for (std::uint64_t row = 0; row < 11; ++row) {
        session.run(order, {.value = row, .pause_us = 300, .execution_us = 100});
        session.run(change, {.value = row, .pause_us = 200, .execution_us = 400});
    }
    session.commit();
    const UnitFinding finding = session.finding(write_loop, change);
    EXPECT_EQ(finding.execution_ns, 11 * 500'000);
    EXPECT_EQ(finding.wall_ns, 11 * 500'000 + 10 * 500'000) << "all pauses from the first write to the last";
    EXPECT_NEAR(finding.saved_ns, (10 * 500'000 + 11 * 100'000) * 10 / 11, 11) << "not what the writes themselves take";
    EXPECT_EQ(finding.evidence[mean_pause_us], 500);
    EXPECT_EQ(finding.rows, 11u);
}

TEST(WriteLoopTimes, TakeOfALookUpThatRanElsewhereItsShare) {
    Session session;
    session.begin();
    session.repeat(order, 40, {.execution_us = 100}, 100);
    for (std::uint64_t row = 0; row < 10; ++row) {
        session.run(order, {.value = row, .execution_us = 100});
        session.run(change, {.value = row, .execution_us = 400});
    }
    session.commit();
    EXPECT_EQ(session.finding(write_loop, change).execution_ns, 10 * 500'000);
}

} // namespace
} // namespace query_audit::test
