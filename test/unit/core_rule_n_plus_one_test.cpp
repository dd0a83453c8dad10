// n_plus_one: what it reports, how sure it is, and what it must leave alone.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *n_plus_one = "n_plus_one";
enum { calls, distinct_parameters, parent_rows, parent_calls, mean_pause_us, max_pause_us, rows_per_call };

const StatementShape posts = list(1);
const StatementShape author = look_up(2);
const StatementShape publisher = look_up(3);
const StatementShape comments = look_up(4);

// What a reader sees after `times` look-ups of a list of `rows` rows and something else.
UnitFinding after_loop(std::uint64_t rows, int times, Call each = {}) {
    Session session;
    session.run(posts, {.rows = rows});
    session.repeat(author, times, each);
    session.run(insert(60));
    session.run(insert(61));
    session.look();
    return session.finding(n_plus_one, author);
}

TEST(NPlusOne, NeedsFiveExecutionsWithFiveValues) {
    EXPECT_EQ(after_loop(4, 4).confidence, Confidence::none);
    EXPECT_EQ(after_loop(5, 5).confidence, Confidence::high);
    Session session(Mark::named_unit);
    for (int i = 0; i < 40; ++i) session.run(author, {.value = static_cast<std::uint64_t>(i % 4)});
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::none) << "forty with four values";
    session.run(author, {.value = 4});
    session.end();
    EXPECT_NE(session.confidence(n_plus_one, author), Confidence::none);
}

TEST(NPlusOne, IsNotSureOfAStreamThatPassesTheNumberOfSomeListsRows) {
    Session session;
    session.run(posts, {.rows = 6});
    for (std::uint64_t i = 0; i < 6; ++i) {
        // Requests of different lengths, each with the look-up somewhere in it.
        session.repeat(publisher, static_cast<int>(i % 3));
        session.run(author, {.value = i});
        session.repeat(comments, static_cast<int>(i % 2));
    }
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::low);
}

TEST(NPlusOne, IsSureOfAMatchOnceTheLoopIsOver) {
    Session session;
    session.run(posts, {.rows = 20});
    session.repeat(author, 20);
    session.look();
    EXPECT_EQ(session.finding(n_plus_one, author).confidence, Confidence::medium);
    EXPECT_TRUE(has_reason(session.finding(n_plus_one, author), Reason::still_running));
    session.run(insert(60));
    session.repeat(author, 1, {}, 500);
    EXPECT_EQ(session.finding(n_plus_one, author).confidence, Confidence::high) << "the look-up runs elsewhere";
    EXPECT_EQ(session.finding(n_plus_one, author).calls, 20u);
    session.repeat(author, 300, {}, 600);
    session.end();
    EXPECT_EQ(session.finding(n_plus_one, author).calls, 20u) << "and what it does there is not the loop's";
}

TEST(NPlusOne, IsSureOfAMatchThatTheUnitEndsWith) {
    Session session;
    session.run(posts, {.rows = 20});
    session.repeat(author, 20);
    session.end();
    EXPECT_EQ(session.finding(n_plus_one, author).confidence, Confidence::high);
}

TEST(NPlusOne, IsNotSureOfAStreamThatBeginsAfterAList) {
    // Unbroken, with nothing but the look-up in it.
    for (const int length : {21, 22, 100, 250}) {
        Session session;
        session.run(posts, {.rows = 20});
        session.repeat(author, length, {.pause_us = 6 * millisecond_us});
        session.end();
        const bool signed_in_user = length == 21; // one more than rows is still a loop
        EXPECT_EQ(session.confidence(n_plus_one, author), signed_in_user ? Confidence::high : Confidence::low)
            << length;
    }
    // As many different values as rows, by chance.
    Session session;
    session.run(posts, {.rows = 6});
    for (std::uint64_t i = 0; i < 120; ++i) session.run(author, {.value = i % 6, .pause_us = 6 * millisecond_us});
    session.end();
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::low);
}

TEST(NPlusOne, WantsEachListToHaveItsOwnChildren) {
    // Requests: two lists of three rows and two of none have six rows, and there are six look-ups, none of them a
    // loop's.
    Session requests;
    std::uint64_t value = 0;
    for (int request = 0; request < 12; ++request) {
        requests.run(posts, {.rows = request % 2 == 0 ? 2u : 0u});
        requests.run(author, {.value = ++value, .pause_us = 6 * millisecond_us});
        requests.run(publisher, {.value = 1});
    }
    requests.end();
    EXPECT_LE(requests.confidence(n_plus_one, author), Confidence::low);
    // Pages of lists of different lengths, each with its loop.
    Session pages;
    for (const int rows : {7, 0, 3, 1, 12}) {
        pages.run(posts, {.rows = static_cast<std::uint64_t>(rows)});
        pages.repeat(author, rows, {}, ++value * 100);
    }
    pages.end();
    const UnitFinding finding = pages.finding(n_plus_one, author);
    EXPECT_EQ(finding.confidence, Confidence::high);
    EXPECT_EQ(finding.evidence[calls], 23);
    EXPECT_EQ(finding.evidence[parent_rows], 23);
    EXPECT_EQ(finding.evidence[parent_calls], 5);
    // Loops that skip what they know already.
    Session cached;
    for (int page = 0; page < 4; ++page) {
        cached.run(posts, {.rows = 10});
        cached.repeat(author, 6 + page, {}, ++value * 100);
    }
    cached.end();
    EXPECT_EQ(cached.confidence(n_plus_one, author), Confidence::medium);
}

TEST(NPlusOne, TakesAListInATransactionOfItsOwnForWhatItWas) {
    Session session;
    for (int i = 0; i < 3; ++i) { // larger than tiny, so it is no part of the burst
        session.begin();
        session.run(posts, {.rows = 5});
        session.repeat(publisher, 4, {}, 10 * static_cast<std::uint64_t>(i));
        session.commit();
    }
    session.repeat(author, 5, {.pause_us = 6 * millisecond_us});
    session.run(insert(60));
    session.end();
    EXPECT_LE(session.confidence(n_plus_one, author), Confidence::high);
    EXPECT_EQ(session.finding(n_plus_one, author).evidence[parent_calls], 1) << "the last one alone";
}

TEST(NPlusOne, NamesTheParentWhoseRowsMatch) {
    const UnitFinding finding = after_loop(20, 20, {.rows = 2, .pause_us = 400, .execution_us = 100});
    EXPECT_EQ(finding.confidence, Confidence::high);
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.mark, Mark::burst);
    EXPECT_EQ(finding.parent_fingerprint, posts.fingerprint);
    EXPECT_EQ(finding.related[0], posts.fingerprint);
    EXPECT_EQ(finding.related[1], 0u);
    EXPECT_EQ(finding.relation, author.relation);
    EXPECT_TRUE(has_reason(finding, Reason::parent_rows_match));
    EXPECT_TRUE(has_reason(finding, Reason::unbroken_run));
    EXPECT_FALSE(has_reason(finding, Reason::no_parent));
    EXPECT_EQ(finding.calls, 20u);
    EXPECT_EQ(finding.rows, 40u);
    EXPECT_EQ(finding.occurrences, 1u);
    EXPECT_EQ(finding.execution_ns, 20 * 100'000);
    EXPECT_EQ(finding.wall_ns, 20 * 100'000 + 19 * 400'000);
    EXPECT_EQ(finding.saved_ns, finding.wall_ns - finding.wall_ns / 20);
    EXPECT_EQ(finding.evidence[calls], 20);
    EXPECT_NEAR(static_cast<double>(finding.evidence[distinct_parameters]), 20, 5);
    EXPECT_EQ(finding.evidence[parent_rows], 20);
    EXPECT_EQ(finding.evidence[parent_calls], 1);
    EXPECT_EQ(finding.evidence[mean_pause_us], 400);
    EXPECT_EQ(finding.evidence[max_pause_us], 400);
    EXPECT_EQ(finding.evidence[rows_per_call], 2);
}

TEST(NPlusOne, TakesTwoOrThreeExecutionsARowForAMatch) {
    EXPECT_EQ(after_loop(5, 10).confidence, Confidence::high);
    EXPECT_EQ(after_loop(5, 15).confidence, Confidence::high);
}

TEST(NPlusOne, IsLessSureWhereTheParentHadMoreRows) {
    const UnitFinding finding = after_loop(50, 7);
    EXPECT_EQ(finding.confidence, Confidence::medium);
    EXPECT_TRUE(has_reason(finding, Reason::parent_rows_bound));
    EXPECT_FALSE(has_reason(finding, Reason::parent_rows_match));
    EXPECT_EQ(finding.parent_fingerprint, posts.fingerprint);
}

TEST(NPlusOne, CountsChildrenWithoutRowsAndWithMany) {
    EXPECT_EQ(after_loop(10, 10, {.rows = 0}).confidence, Confidence::high);
    EXPECT_EQ(after_loop(10, 10, {.rows = 500}).confidence, Confidence::high);
}

TEST(NPlusOne, TakesNoSingleRowAndNoOtherKindOfStatementForAParent) {
    const UnitFinding single = after_loop(1, 6);
    EXPECT_EQ(single.confidence, Confidence::low);
    EXPECT_EQ(single.parent_fingerprint, 0u);
    EXPECT_TRUE(has_reason(single, Reason::no_parent));
    EXPECT_EQ(single.evidence[parent_rows], -1);
    Session session;
    session.run(insert(9), {.rows = 6});
    session.repeat(author, 6);
    EXPECT_EQ(session.finding(n_plus_one, author).parent_fingerprint, 0u);
    Session failed;
    failed.run(posts, {.rows = 6, .flags = event_flag::failed});
    failed.repeat(author, 6);
    EXPECT_EQ(failed.finding(n_plus_one, author).parent_fingerprint, 0u);
}

TEST(NPlusOne, ReportsEachLookUpOfALoopsBody) {
    Session session;
    session.run(posts, {.rows = 12});
    for (std::uint64_t row = 0; row < 12; ++row) {
        session.run(author, {.value = row});
        session.run(publisher, {.value = row});
    }
    session.end();
    for (const StatementShape &shape : {author, publisher}) {
        const UnitFinding finding = session.finding(n_plus_one, shape);
        EXPECT_EQ(finding.confidence, Confidence::high);
        EXPECT_EQ(finding.parent_fingerprint, posts.fingerprint) << "not its sibling";
        EXPECT_TRUE(has_reason(finding, Reason::unbroken_run)) << "A B A B is unbroken";
    }
}

TEST(NPlusOne, NamesTheChainOfNestedLoops) {
    Session session;
    session.run(posts, {.rows = 6});
    std::uint64_t value = 0;
    for (std::uint64_t row = 0; row < 6; ++row) {
        session.run(comments, {.value = row, .rows = 3});
        for (int i = 0; i < 3; ++i) session.run(author, {.value = ++value});
    }
    session.end();
    const UnitFinding inner = session.finding(n_plus_one, author);
    EXPECT_EQ(inner.confidence, Confidence::high);
    EXPECT_EQ(inner.evidence[parent_rows], 18);
    EXPECT_EQ(inner.evidence[parent_calls], 6);
    EXPECT_EQ(inner.parent_fingerprint, comments.fingerprint);
    EXPECT_EQ(inner.related[0], posts.fingerprint);
    EXPECT_EQ(inner.related[1], comments.fingerprint);
    EXPECT_EQ(inner.related[2], 0u);
    const UnitFinding outer = session.finding(n_plus_one, comments);
    EXPECT_EQ(outer.confidence, Confidence::high);
    EXPECT_EQ(outer.parent_fingerprint, posts.fingerprint);
}

TEST(NPlusOne, TellsTheLoopsOfTwoListsApart) {
    Session session;
    session.run(posts, {.rows = 6});
    session.repeat(author, 6);
    session.run(list(20), {.rows = 8});
    session.repeat(author, 8, {}, 100);
    session.end();
    const std::vector<UnitFinding> findings = session.findings(n_plus_one, author);
    ASSERT_EQ(findings.size(), 2u);
    EXPECT_EQ(findings[0].parent_fingerprint, posts.fingerprint);
    EXPECT_EQ(findings[0].calls, 6u);
    EXPECT_EQ(findings[1].parent_fingerprint, list(20).fingerprint);
    EXPECT_EQ(findings[1].calls, 8u);
}

TEST(NPlusOne, IsNotBrokenByPingsAndSettings) {
    Session session;
    session.run(posts, {.rows = 8});
    StatementShape ping = look_up(30);
    ping.flags &= ~shape_flag::relation;
    for (std::uint64_t row = 0; row < 8; ++row) {
        session.run(author, {.value = row});
        session.run(ping);
    }
    EXPECT_TRUE(has_reason(session.finding(n_plus_one, author), Reason::unbroken_run));
}

TEST(NPlusOne, KnowsAParentThatIsStillFetched) {
    Session session;
    const Added cursor = session.run(posts, {.rows = 2, .flags = event_flag::in_progress});
    session.repeat(author, 12);
    session.finish(cursor, posts, {.rows = 12});
    session.end();
    const UnitFinding finding = session.finding(n_plus_one, author);
    EXPECT_EQ(finding.confidence, Confidence::high);
    EXPECT_EQ(finding.parent_fingerprint, posts.fingerprint);
    EXPECT_EQ(finding.evidence[parent_rows], 12);
}

TEST(NPlusOne, IsHeldTogetherByATransaction) {
    Session session;
    session.begin();
    session.repeat(author, 4);
    session.commit();
    session.begin();
    session.repeat(author, 4, {}, 5);
    session.commit();
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::none) << "four in each of two";
    session.begin();
    session.repeat(author, 5, {}, 9);
    session.commit();
    const UnitFinding finding = session.finding(n_plus_one, author);
    EXPECT_EQ(finding.confidence, Confidence::medium);
    EXPECT_EQ(finding.mark, Mark::transaction);
    EXPECT_EQ(finding.calls, 5u);
    session.begin();
    session.repeat(author, 10, {}, 20);
    session.commit();
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::high) << "ten without a break";
    EXPECT_EQ(session.findings(n_plus_one, author).size(), 2u) << "each transaction is one of its own";
}

TEST(NPlusOne, FindsTheParentInTheTransaction) {
    Session session;
    session.begin();
    session.run(posts, {.rows = 5});
    session.repeat(author, 5, {.pause_us = 30 * millisecond_us});
    session.commit();
    const UnitFinding finding = session.finding(n_plus_one, author);
    EXPECT_EQ(finding.confidence, Confidence::high) << "pauses inside a transaction do not matter";
    EXPECT_EQ(finding.mark, Mark::transaction);
    EXPECT_EQ(finding.parent_fingerprint, posts.fingerprint);
}

TEST(NPlusOne, IsHeldTogetherByANamedUnitAndByATrace) {
    for (const Mark mark : {Mark::named_unit, Mark::trace}) {
        Session session(mark);
        session.repeat(author, 5, {.pause_us = 2 * second_us});
        const UnitFinding finding = session.finding(n_plus_one, author);
        EXPECT_EQ(finding.confidence, Confidence::medium);
        EXPECT_EQ(finding.mark, mark);
    }
}

TEST(NPlusOne, SeesThroughATransactionAStatement) {
    Session session;
    session.run(posts, {.rows = 8});
    for (std::uint64_t row = 0; row < 8; ++row) {
        session.begin();
        session.run(author, {.value = row});
        session.commit();
    }
    session.end();
    const UnitFinding finding = session.finding(n_plus_one, author);
    EXPECT_EQ(finding.confidence, Confidence::high);
    EXPECT_EQ(finding.mark, Mark::burst);
    EXPECT_EQ(finding.parent_fingerprint, posts.fingerprint);
}

TEST(NPlusOne, DoesNotCountTinyTransactionsThatFailed) {
    Session session;
    for (std::uint64_t attempt = 0; attempt < 8; ++attempt) {
        session.begin();
        session.run(author, {.value = attempt});
        session.commit(attempt < 4);
    }
    session.end();
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::none);
}

TEST(NPlusOne, DoesNotCountFailedExecutions) {
    Session session(Mark::named_unit);
    session.repeat(author, 4);
    session.repeat(author, 4, {.flags = event_flag::failed}, 10);
    session.end();
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::none);
}

TEST(NPlusOne, OfOneRoundTripIsInformation) {
    Session session;
    session.run(posts, {.rows = 8});
    session.repeat(author, 8, {.pause_us = 0, .flags = event_flag::same_round_trip});
    const UnitFinding finding = session.finding(n_plus_one, author);
    EXPECT_EQ(finding.severity, Severity::info);
    EXPECT_TRUE(has_reason(finding, Reason::one_round_trip));
}

TEST(NPlusOne, IsCriticalFromAHundredOn) {
    EXPECT_EQ(after_loop(99, 99).severity, Severity::warning);
    Session session;
    session.run(posts, {.rows = 100});
    session.repeat(author, 100);
    session.look();
    EXPECT_EQ(session.finding(n_plus_one, author).severity, Severity::critical) << "as soon as the rows are through";
    Session bare;
    bare.repeat(author, 200);
    bare.end();
    EXPECT_EQ(bare.finding(n_plus_one, author).confidence, Confidence::medium);
    EXPECT_EQ(bare.finding(n_plus_one, author).severity, Severity::warning) << "quiet around it proves too little";
}

TEST(NPlusOne, ObeysItsSettings) {
    const int index = find_rule(n_plus_one);
    Session strict;
    strict.settings.thresholds[index][0] = 2;
    strict.settings.thresholds[index][1] = 3;
    strict.run(posts, {.rows = 3});
    strict.repeat(author, 3);
    EXPECT_EQ(strict.finding(n_plus_one, author).severity, Severity::critical);
    Session lenient(Mark::named_unit);
    lenient.settings.thresholds[index][0] = 20;
    lenient.repeat(author, 19);
    lenient.look();
    EXPECT_EQ(lenient.confidence(n_plus_one, author), Confidence::none);
    lenient.repeat(author, 20, {}, 20); // twice as many, for different values are estimated
    lenient.look();
    EXPECT_NE(lenient.confidence(n_plus_one, author), Confidence::none);
    Session off(Mark::named_unit);
    off.settings.disabled_rules = std::uint64_t{1} << index;
    off.repeat(author, 50);
    off.end();
    EXPECT_EQ(off.unit().finding_count, 0);
}

TEST(NPlusOne, GoesByKeysAndNotByTheBoundsOfRanges) {
    const StatementShape latest = look_up(6, shape_flag::keyset);
    Session session;
    session.run(posts, {.rows = 8});
    for (std::uint64_t key = 1; key <= 8; ++key) session.run(latest, {.value = 100 - key, .key = key});
    session.end();
    EXPECT_EQ(session.confidence(n_plus_one, latest), Confidence::high) << "the latest of each";

    Session batches(Mark::named_unit);
    batches.run(posts, {.rows = 40});
    for (std::uint64_t start = 1; start <= 40; ++start) batches.run(author, {.value = start, .key = 7});
    batches.end();
    EXPECT_EQ(batches.confidence(n_plus_one, author), Confidence::none) << "batches of one tenant's rows";
}

TEST(NPlusOne, LeavesOtherStatementsAlone) {
    for (const StatementShape &shape : {look_up(5, shape_flag::batch),
                                        make_shape(StatementKind::select, 5, shape_flag::filtered | shape_flag::keyset),
                                        make_shape(StatementKind::select, 5, shape_flag::filtered),
                                        look_up(5, shape_flag::locks_rows | shape_flag::skips_locked), list(5),
                                        insert(5), make_shape(StatementKind::update, 5, shape_flag::filtered),
                                        make_shape(StatementKind::delete_, 5, shape_flag::filtered)}) {
        Session session(Mark::named_unit);
        session.run(posts, {.rows = 20});
        session.repeat(shape, 20);
        session.end();
        EXPECT_EQ(session.confidence(n_plus_one, shape), Confidence::none) << shape.flags;
    }
}

} // namespace
} // namespace query_audit::test
