// Which statement before a series explains it: the list that a loop runs over, and not one that only came before.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *n_plus_one = "n_plus_one";
constexpr std::int64_t a_request_us = 2 * millisecond_us;

const StatementShape posts = list(1);
const StatementShape author = look_up(2);
const StatementShape tags = list(3);
const StatementShape signed_in_user = look_up(4);

TEST(Parent, IsNoOtherPageOfTheSameList) {
    const auto confidence_of = [](std::uint64_t first_filter, std::uint64_t second_filter) {
        StatementShape first = look_up(7, shape_flag::page);
        StatementShape next = look_up(7, shape_flag::page | shape_flag::offset);
        next.fingerprint += 1;
        first.filter_identity = first_filter;
        next.filter_identity = second_filter;
        Session session;
        session.run(first, {.rows = 6});
        session.repeat(next, 6, {.rows = 6, .pause_us = 6 * millisecond_us});
        session.end();
        return session.confidence(n_plus_one, next);
    };
    EXPECT_EQ(confidence_of(70, 70), Confidence::low);
    EXPECT_EQ(confidence_of(70, 71), Confidence::high) << "the children of each node of a tree";
}

TEST(Parent, IsNoListWhoseLookUpsAnotherListInterrupts) {
    // Requests: the look-ups between two lists of tags are as many as its rows, but a list of posts comes among them.
    Session session;
    std::uint64_t value = 0;
    for (int round = 0; round < 5; ++round) {
        session.run(tags, {.rows = 5, .pause_us = a_request_us});
        session.repeat(author, 2, {.pause_us = a_request_us}, value += 10);
        session.run(posts, {.rows = 4, .pause_us = a_request_us});
        session.repeat(author, 3, {.pause_us = a_request_us}, value += 10);
    }
    session.end(0);
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::low);
}

TEST(Parent, IsInterruptedByNoListOfTheLoopsOwnBody) {
    Session session;
    std::uint64_t value = 0;
    for (int page = 0; page < 4; ++page) {
        session.run(posts, {.rows = 6, .pause_us = a_request_us});
        for (int row = 0; row < 6; ++row) {
            session.run(author, {.value = ++value});
            session.run(tags, {.rows = 3});
        }
    }
    session.end();
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::high);
    EXPECT_EQ(session.finding(n_plus_one, author).parent_fingerprint, posts.fingerprint);
}

TEST(Parent, OfOneCompleteListAndAnOpenOneIsNotYetSure) {
    Session session;
    session.run(posts, {.rows = 5, .pause_us = a_request_us});
    session.repeat(author, 5, {.pause_us = a_request_us});
    session.run(signed_in_user, {.pause_us = a_request_us});
    session.run(posts, {.rows = 5, .pause_us = a_request_us});
    session.repeat(author, 2, {.pause_us = a_request_us}, 10);
    session.look();
    EXPECT_LE(session.confidence(n_plus_one, author), Confidence::medium);
    session.end(0);
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::low);
}

TEST(Parent, MayAlsoBeReadWhereNothingLoopsOverIt) {
    const auto confidence_with = [](int looping_pages) {
        Session session;
        std::uint64_t value = 0;
        for (int round = 0; round < 5; ++round) {
            session.run(posts, {.rows = 9, .pause_us = a_request_us}); // a page without a loop
            session.run(signed_in_user, {.value = 1, .pause_us = a_request_us});
            session.repeat(author, 1, {.pause_us = a_request_us}, value += 20);
            session.run(signed_in_user, {.value = 1, .pause_us = a_request_us});
            if (round >= looping_pages) continue;
            session.run(posts, {.rows = 9});
            session.repeat(author, 9, {}, value += 20);
        }
        session.end(0);
        return session.confidence(n_plus_one, author);
    };
    EXPECT_EQ(confidence_with(5), Confidence::high);
    EXPECT_EQ(confidence_with(0), Confidence::low);
}

TEST(Parent, OfSeveralExecutionsARowIsSureOnlyWhereTheyHurry) {
    const auto confidence_with = [](int times, std::int64_t pause_us) {
        Session session;
        session.run(signed_in_user);
        session.run(posts, {.rows = 15, .pause_us = 40 * millisecond_us}); // so that the burst bears longer pauses
        session.repeat(author, times, {.pause_us = pause_us});
        session.run(insert(60));
        session.end(0);
        return session.confidence(n_plus_one, author);
    };
    EXPECT_EQ(confidence_with(30, 300), Confidence::high);
    EXPECT_EQ(confidence_with(30, a_request_us), Confidence::medium) << "or a stream that passed twice the rows";
    EXPECT_EQ(confidence_with(30, 20 * millisecond_us), Confidence::low);
    EXPECT_EQ(confidence_with(15, a_request_us), Confidence::high);
    EXPECT_EQ(confidence_with(15, 20 * millisecond_us), Confidence::medium);
    EXPECT_EQ(confidence_with(15, 60 * millisecond_us), Confidence::low) << "somebody opens one row after the other";
}

TEST(Parent, MayBeOfATransactionThatHasEnded) {
    // What a commit expired is read again, row by row.
    Session session;
    session.begin();
    session.run(posts, {.rows = 15});
    session.run(make_shape(StatementKind::update, 1, 0));
    session.commit();
    session.repeat(author, 15, {.pause_us = 6 * millisecond_us});
    session.end(0);
    EXPECT_EQ(session.finding(n_plus_one, author).confidence, Confidence::high);
    EXPECT_EQ(session.finding(n_plus_one, author).parent_fingerprint, posts.fingerprint);
}

} // namespace
} // namespace query_audit::test
