// commit_per_row: a transaction for every row written, and the writes of separate requests that look like it.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *commit_per_row = "commit_per_row";
constexpr const char *write_loop = "write_loop";
constexpr const char *n_plus_one = "n_plus_one";
enum { calls, distinct_parameters, transactions, statements_per_row, parent_rows, parent_calls, mean_pause_us };

const StatementShape orders = list(1);
const StatementShape order = look_up(2);
const StatementShape change = update(2);
const StatementShape add = insert(3);
const StatementShape author = look_up(4);
const StatementShape log_entry = insert(5);

// `rounds` transactions of all of the shapes, each with the number of the round as its value.
void run_transactions(Session &session, const std::vector<StatementShape> &shapes, int rounds, Call each = {}) {
    for (std::uint64_t round = 1; round <= static_cast<std::uint64_t>(rounds); ++round) {
        session.begin();
        for (const StatementShape &shape : shapes) {
            each.value = round;
            session.run(shape, each);
        }
        session.commit();
    }
}

TEST(CommitPerRow, NeedsTenTransactionsSetApart) {
    for (const StatementShape &shape : {add, change, remove(2)}) {
        for (const int times : {9, 10, 11, 12, 30}) {
            Session autocommit;
            autocommit.repeat(shape, times);
            autocommit.end();
            EXPECT_EQ(autocommit.confidence(commit_per_row, shape), times < 10 ? Confidence::none : Confidence::medium);
            EXPECT_EQ(autocommit.confidence(write_loop, shape), Confidence::none);
            Session with_begin;
            run_transactions(with_begin, {shape}, times);
            with_begin.end();
            EXPECT_EQ(with_begin.confidence(commit_per_row, shape), times < 10 ? Confidence::none : Confidence::medium);
            EXPECT_EQ(with_begin.confidence(write_loop, shape), Confidence::none);
        }
    }
}

TEST(CommitPerRow, IsLowWhileItGoesOn) {
    Session session;
    session.repeat(add, 20);
    session.look();
    const UnitFinding finding = session.finding(commit_per_row, add);
    EXPECT_EQ(finding.confidence, Confidence::low);
    EXPECT_TRUE(has_reason(finding, Reason::still_running));
    EXPECT_EQ(finding.evidence[transactions], 20);
}

TEST(CommitPerRow, IsHighInANamedUnitOrTrace) {
    for (const Mark mark : {Mark::named_unit, Mark::trace}) {
        for (const bool with_begin : {false, true}) {
            Session session(mark);
            if (with_begin) {
                run_transactions(session, {add}, 12);
            } else {
                session.repeat(add, 12);
            }
            session.end();
            const UnitFinding finding = session.finding(commit_per_row, add);
            EXPECT_EQ(finding.confidence, Confidence::high);
            EXPECT_EQ(finding.mark, mark);
            EXPECT_EQ(finding.evidence[calls], 12);
            EXPECT_EQ(finding.evidence[transactions], 12);
            EXPECT_EQ(session.confidence(write_loop, add), Confidence::none);
        }
    }
}

TEST(CommitPerRow, IsExplainedByTheListBeforeIt) {
    Session session;
    session.run(orders, {.rows = 12});
    session.repeat(change, 12);
    session.run(author);
    session.run(author);
    session.look();
    const UnitFinding finding = session.finding(commit_per_row, change);
    EXPECT_EQ(finding.confidence, Confidence::high);
    EXPECT_EQ(finding.parent_fingerprint, orders.fingerprint);
    EXPECT_TRUE(has_reason(finding, Reason::parent_rows_match));
}

TEST(CommitPerRow, OfInsertsIsExplainedByTheListBeforeItAndClosedWhenTheyRunElsewhere) {
    Session session;
    session.run(orders, {.rows = 12});
    session.repeat(add, 12);
    session.repeat(author, 9);
    session.run(add, {.value = 99});
    session.end();
    EXPECT_EQ(session.finding(commit_per_row, add).confidence, Confidence::high);
    EXPECT_EQ(session.finding(commit_per_row, add).evidence[calls], 12);
}

TEST(CommitPerRow, TakesTheReReadOfTheRowInto) {
    Session session;
    session.run(orders, {.rows = 12});
    run_transactions(session, {order, change}, 12);
    session.end();
    const UnitFinding finding = session.finding(commit_per_row, change);
    EXPECT_EQ(finding.confidence, Confidence::high);
    EXPECT_EQ(finding.evidence[statements_per_row], 2);
    EXPECT_EQ(finding.related[0], order.text_key());
    EXPECT_EQ(finding.related[1], change.text_key());
    EXPECT_EQ(session.confidence(n_plus_one, order), Confidence::none);
}

TEST(CommitPerRow, TakesTheReReadOfABareRunInto) {
    Session session;
    run_transactions(session, {order, change}, 40);
    session.end();
    EXPECT_EQ(session.confidence(commit_per_row, change), Confidence::medium);
    EXPECT_EQ(session.confidence(n_plus_one, order), Confidence::none);
}

TEST(CommitPerRow, OfThreeStatementsIsOneFinding) {
    Session session;
    run_transactions(session, {order, change, log_entry}, 12);
    session.end();
    EXPECT_EQ(session.confidence(commit_per_row, change), Confidence::medium);
    EXPECT_EQ(session.confidence(commit_per_row, log_entry), Confidence::none);
    EXPECT_EQ(session.finding(commit_per_row, change).evidence[statements_per_row], 3);
    EXPECT_EQ(session.confidence(n_plus_one, order), Confidence::none);
}

TEST(CommitPerRow, LeavesABenchmarksTransactionsAlone) {
    // pgbench: five statements a transaction, or three with -N, without pauses, then the client goes away.
    for (const bool ends_set_apart : {false, true}) {
        Session tpcb;
        const std::vector<StatementShape> script = {update(11), look_up(11), update(12), update(13), insert(14)};
        run_transactions(tpcb, script, 2000, {.pause_us = 50});
        tpcb.end(ends_set_apart ? second_us : 0);
        Session simple;
        const std::vector<StatementShape> simple_script = {update(11), look_up(11), insert(14)};
        run_transactions(simple, simple_script, 2000, {.pause_us = 50});
        simple.end(ends_set_apart ? second_us : 0);
        for (const StatementShape &shape : script) {
            EXPECT_EQ(tpcb.confidence(commit_per_row, shape), Confidence::none);
            EXPECT_LE(simple.confidence(commit_per_row, shape), Confidence::low);
            EXPECT_EQ(simple.confidence(write_loop, shape), Confidence::none);
        }
    }
}

TEST(CommitPerRow, LeavesABusyPoolAlone) {
    Session session;
    for (std::uint64_t request = 0; request < 400; ++request) {
        // Of different clients, with no pause to speak of: some read, some write, all log.
        if (request % 3 != 0) session.run(order, {.value = request});
        if (request % 2 == 0) session.run(change, {.value = request});
        session.run(log_entry, {.value = request});
    }
    session.end();
    for (const StatementShape &shape : {change, log_entry}) {
        EXPECT_LE(session.confidence(commit_per_row, shape), Confidence::low);
    }
}

TEST(CommitPerRow, LeavesAnAuditLogEntryARequestAlone) {
    Session session;
    for (std::uint64_t request = 0; request < 100; ++request) {
        session.run(log_entry, {.value = request});
        session.pause(28 * millisecond_us);
    }
    session.end();
    EXPECT_LE(session.confidence(commit_per_row, log_entry), Confidence::low);
}

TEST(CommitPerRow, LeavesBurstsOfRequestsAlone) {
    // Clumps of requests on a pooled connection: what comes after each is the same again.
    for (const bool reads_first : {false, true}) {
        Session session;
        for (std::uint64_t clump = 0; clump < 6; ++clump) {
            for (std::uint64_t request = 0; request < 15; ++request) {
                if (reads_first) session.run(author, {.value = request});
                session.run(change, {.value = clump * 100 + request});
            }
            session.pause(400 * millisecond_us);
        }
        session.end(0);
        EXPECT_GE(session.ended_units(), 5u);
        EXPECT_LE(session.confidence(commit_per_row, change), Confidence::low) << reads_first;
    }
}

TEST(CommitPerRow, LeavesCountersAndHeartbeatsAlone) {
    for (const Mark mark : {Mark::burst, Mark::named_unit}) {
        Session session(mark);
        for (int i = 0; i < 40; ++i) {
            session.run(change, {.value = 7});
            session.run(add, {.value = static_cast<std::uint64_t>(i % 4)});
        }
        session.end();
        EXPECT_EQ(session.confidence(commit_per_row, change), Confidence::none);
        EXPECT_EQ(session.confidence(commit_per_row, add), Confidence::none);
    }
}

TEST(CommitPerRow, LeavesAQueuesWorkerAlone) {
    const StatementShape next_job =
        make_shape(StatementKind::select, 2, shape_flag::locks_rows | shape_flag::skips_locked | shape_flag::page);
    Session session;
    for (std::uint64_t job = 0; job < 20; ++job) {
        session.begin();
        session.run(next_job, {.value = 1});
        session.run(change, {.value = job});
        session.commit();
    }
    session.end();
    EXPECT_EQ(session.confidence(commit_per_row, change), Confidence::none);

    const StatementShape first_job =
        make_shape(StatementKind::select, 2, shape_flag::locks_rows | shape_flag::page | shape_flag::filtered);
    Session older;
    for (std::uint64_t job = 0; job < 20; ++job) {
        older.begin();
        older.run(first_job, {.value = 1});
        older.run(change, {.value = job});
        older.commit();
    }
    older.end();
    EXPECT_EQ(older.confidence(commit_per_row, change), Confidence::none);

    Session locked_by_key; // get(pk) asks for a few rows to see that there is one
    run_transactions(locked_by_key, {look_up(2, shape_flag::locks_rows | shape_flag::page), change}, 20);
    locked_by_key.end();
    EXPECT_EQ(locked_by_key.confidence(commit_per_row, change), Confidence::medium);

    const StatementShape claim = update(2, shape_flag::locks_rows | shape_flag::skips_locked);
    Session one_statement;
    one_statement.repeat(claim, 40);
    one_statement.end();
    EXPECT_EQ(one_statement.confidence(commit_per_row, claim), Confidence::none);
}

TEST(CommitPerRow, LeavesLargerTransactionsAndSeveralRowsAlone) {
    Session larger;
    run_transactions(larger, {order, change, author, log_entry}, 30);
    larger.end();
    EXPECT_EQ(larger.confidence(commit_per_row, change), Confidence::none);
    Session several;
    several.repeat(add, 30, {.rows = 100});
    several.end();
    EXPECT_EQ(several.confidence(commit_per_row, add), Confidence::none);
}

TEST(CommitPerRow, LeavesTransactionsThatFailAndAreTriedAgainAlone) {
    Session session;
    for (int attempt = 0; attempt < 30; ++attempt) {
        session.begin();
        session.run(change, {.value = static_cast<std::uint64_t>(attempt)});
        session.commit(attempt < 29);
    }
    session.end();
    EXPECT_EQ(session.confidence(commit_per_row, change), Confidence::none);
}

TEST(CommitPerRow, IsOneFindingOrTheOtherInOneUnit) {
    Session session(Mark::named_unit);
    session.begin();
    session.repeat(add, 12);
    session.commit();
    session.look();
    EXPECT_EQ(session.confidence(write_loop, add), Confidence::high);
    session.repeat(add, 60, {}, 100);
    session.end();
    EXPECT_EQ(session.confidence(write_loop, add), Confidence::none);
    EXPECT_EQ(session.confidence(commit_per_row, add), Confidence::high);
}

TEST(CommitPerRow, IsFoundForALoopOutsideAndOneInsideATransaction) {
    Session session;
    session.begin();
    session.repeat(add, 12);
    session.commit();
    session.repeat(add, 12, {}, 100);
    session.end();
    EXPECT_EQ(session.confidence(write_loop, add), Confidence::high);
    EXPECT_EQ(session.finding(commit_per_row, add).evidence[calls], 12);
}

TEST(CommitPerRow, IsNeverCriticalWhereOnlyQuietSetsItApart) {
    Session bare;
    bare.repeat(add, 300);
    bare.end();
    EXPECT_EQ(bare.finding(commit_per_row, add).confidence, Confidence::medium);
    EXPECT_EQ(bare.finding(commit_per_row, add).severity, Severity::warning);
    Session named(Mark::named_unit);
    named.repeat(add, 300);
    named.end();
    EXPECT_EQ(named.finding(commit_per_row, add).severity, Severity::critical);
}

TEST(CommitPerRow, CountsTheTimeAtCommitAmongThePauses) {
    Session session(Mark::named_unit);
    session.repeat(add, 11, {.pause_us = 3000, .execution_us = 200});
    session.end();
    const UnitFinding finding = session.finding(commit_per_row, add);
    EXPECT_EQ(finding.evidence[mean_pause_us], 3000);
    EXPECT_EQ(finding.wall_ns, 11 * 200'000 + 10 * 3'000'000);
    EXPECT_NEAR(finding.saved_ns, 10 * 3'000'000 / 11 * 10, 11);
}

} // namespace
} // namespace query_audit::test
