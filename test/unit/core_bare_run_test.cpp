// Runs that nothing but time marks: a loop over rows at hand, or a pool that serves one request after the other.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *n_plus_one = "n_plus_one";
const StatementShape author = look_up(2);
const StatementShape publisher = look_up(3);

TEST(BareRun, IsLowWhileItGoesOnAndMediumWhenItHasEndedSetApart) {
    Session session;
    session.repeat(author, 20);
    UnitFinding finding = session.finding(n_plus_one, author);
    EXPECT_EQ(finding.confidence, Confidence::low);
    EXPECT_TRUE(has_reason(finding, Reason::still_running));
    EXPECT_TRUE(has_reason(finding, Reason::no_parent));
    session.look();
    EXPECT_EQ(session.finding(n_plus_one, author).confidence, Confidence::low);
    session.end();
    finding = session.finding(n_plus_one, author);
    EXPECT_EQ(finding.confidence, Confidence::medium);
    EXPECT_TRUE(has_reason(finding, Reason::set_apart));
    EXPECT_FALSE(has_reason(finding, Reason::still_running));
}

TEST(BareRun, IsMediumAlsoWhenItIsPeriodic) {
    Session session;
    for (std::uint64_t row = 0; row < 10; ++row) {
        session.run(author, {.value = row});
        session.run(publisher, {.value = row});
    }
    session.end();
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::medium);
    EXPECT_EQ(session.confidence(n_plus_one, publisher), Confidence::medium);
}

TEST(BareRun, IsSetApartByPausesAroundItAlone) {
    const auto confidence_with = [](std::int64_t before_us, std::int64_t after_us) {
        Session session;
        session.unit().pause_before_ns = before_us * 1000;
        session.repeat(author, 10);
        session.end(after_us);
        return session.confidence(n_plus_one, author);
    };
    EXPECT_EQ(confidence_with(100 * millisecond_us, 100 * millisecond_us), Confidence::medium);
    EXPECT_EQ(confidence_with(99 * millisecond_us, second_us), Confidence::low);
    EXPECT_EQ(confidence_with(second_us, 99 * millisecond_us), Confidence::low);
    EXPECT_EQ(confidence_with(second_us, 0), Confidence::low) << "how it ended is not known";
}

TEST(BareRun, IsSetApartByMuchMoreThanItsOwnPauses) {
    const auto confidence_with = [](std::int64_t own_us, std::int64_t longest_us, std::int64_t around_us) {
        Session session;
        session.unit().pause_before_ns = around_us * 1000;
        session.repeat(author, 9, {.pause_us = own_us});
        session.run(author, {.value = 99, .pause_us = longest_us});
        session.end(around_us);
        return session.confidence(n_plus_one, author);
    };
    EXPECT_EQ(confidence_with(5000, 5000, 101 * millisecond_us), Confidence::medium) << "twenty usual pauses";
    EXPECT_EQ(confidence_with(5000, 5000, 99 * millisecond_us), Confidence::low);
    EXPECT_EQ(confidence_with(300, 40000, 161 * millisecond_us), Confidence::medium) << "four longest ones";
    EXPECT_EQ(confidence_with(300, 40000, 159 * millisecond_us), Confidence::low);
}

TEST(BareRun, StaysLowWhereTheSameStatementComesNextOrCameBefore) {
    Session next;
    next.repeat(author, 10);
    next.end(second_us, &author);
    EXPECT_EQ(next.confidence(n_plus_one, author), Confidence::low);
    Session other;
    other.repeat(author, 10);
    other.end(second_us, &publisher);
    EXPECT_EQ(other.confidence(n_plus_one, author), Confidence::medium);
    Session before;
    before.unit().previous_key = series_key(author);
    before.repeat(author, 10);
    before.end();
    EXPECT_EQ(before.confidence(n_plus_one, author), Confidence::low);
}

TEST(BareRun, StaysLowWhereAnotherStatementOfItsBodyComesNextOrCameBefore) {
    const auto confidence_with_neighbours = [](const StatementShape *next, std::uint64_t previous_key) {
        Session session;
        session.unit().previous_key = previous_key;
        for (std::uint64_t i = 0; i < 10; ++i) {
            session.run(author, {.value = i});
            session.run(publisher, {.value = i});
        }
        session.end(second_us, next);
        return session.confidence(n_plus_one, author);
    };
    const StatementShape other = look_up(77);
    EXPECT_EQ(confidence_with_neighbours(&other, series_key(other)), Confidence::medium);
    EXPECT_EQ(confidence_with_neighbours(&publisher, 0), Confidence::low);
    EXPECT_EQ(confidence_with_neighbours(nullptr, series_key(publisher)), Confidence::low);
}

TEST(BareRun, StaysLowWhenItIsLongAsAStream) {
    const auto confidence_of = [](int length) {
        Session session;
        session.repeat(author, length);
        session.end();
        return session.finding(n_plus_one, author);
    };
    EXPECT_EQ(confidence_of(1000).confidence, Confidence::medium);
    EXPECT_EQ(confidence_of(1001).confidence, Confidence::low);
    EXPECT_TRUE(has_reason(confidence_of(1001), Reason::looks_like_requests));
}

TEST(BareRun, StaysLowWithPausesLikeRequests) {
    Session session;
    session.repeat(author, 20, {.pause_us = 6 * millisecond_us});
    session.end();
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::low);
    EXPECT_TRUE(has_reason(session.finding(n_plus_one, author), Reason::looks_like_requests));
}

TEST(BareRun, StaysLowWhenThePoolResetsTheConnection) {
    Session session;
    session.repeat(author, 5);
    ++session.unit().resets;
    session.repeat(author, 5, {}, 6);
    session.end();
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::low);
}

TEST(BareRun, IsNotToldByAResetBeforeOrAfterIt) {
    Session session;
    session.run(publisher);
    ++session.unit().resets;
    session.repeat(author, 10);
    ++session.unit().resets;
    session.run(publisher);
    session.end();
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::medium);
}

TEST(BareRun, StaysLowWhenItIsBroken) {
    Session session;
    for (std::uint64_t row = 0; row < 20; ++row) {
        session.run(author, {.value = row});
        if (row % 3 == 0) session.run(publisher, {.value = 1});
    }
    session.end();
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::low);
    EXPECT_FALSE(has_reason(session.finding(n_plus_one, author), Reason::unbroken_run));
}

TEST(BareRun, OfPeriodsUpToEightIsUnbroken) {
    for (const std::uint64_t period : {1u, 8u, 9u}) {
        Session session;
        for (std::uint64_t row = 0; row < 8; ++row) {
            session.run(author, {.value = row});
            for (std::uint64_t i = 1; i < period; ++i) session.run(insert(40 + i));
        }
        session.end();
        EXPECT_EQ(session.confidence(n_plus_one, author), period <= 8 ? Confidence::medium : Confidence::low) << period;
    }
}

TEST(BareRun, OfIdenticalLookUpsIsNoLoop) {
    Session session;
    for (int i = 0; i < 20; ++i) session.run(author, {.value = 1});
    session.end();
    EXPECT_EQ(session.confidence(n_plus_one, author), Confidence::none);
}

struct Requests {
    const char *name;
    std::int64_t pause_us; // between two requests
};

void PrintTo(const Requests &requests, std::ostream *out) { *out << requests.name; }

class Pool : public testing::TestWithParam<Requests> {};

TEST_P(Pool, WithOneLookUpARequestStaysLow) {
    Session session;
    for (std::uint64_t request = 0; request < 300; ++request) {
        session.run(author, {.value = request, .pause_us = GetParam().pause_us});
    }
    session.pause(10 * second_us);
    session.run(author, {.value = 1000});
    EXPECT_LE(session.confidence(n_plus_one, author), Confidence::low);
}

// One look-up and one list a request, in the given order.
Confidence after_requests(bool list_first, std::int64_t pause_us) {
    const StatementShape posts = list(1);
    Session session;
    for (std::uint64_t request = 0; request < 300; ++request) {
        session.pause(pause_us);
        if (list_first) session.run(posts, {.value = request, .rows = 20});
        session.run(author, {.value = request});
        if (!list_first) session.run(posts, {.value = request, .rows = 20});
    }
    session.pause(10 * second_us);
    session.run(posts, {.rows = 20});
    return session.confidence(n_plus_one, author);
}

TEST_P(Pool, WithALookUpAndThenAListARequestStaysLow) {
    EXPECT_LE(after_requests(false, GetParam().pause_us), Confidence::low);
}

TEST_P(Pool, WithAListAndThenALookUpARequestStaysLow) {
    EXPECT_LE(after_requests(true, GetParam().pause_us), Confidence::low);
}

INSTANTIATE_TEST_SUITE_P(Pauses, Pool,
                         testing::Values(Requests{"six_ms", 6 * millisecond_us},
                                         Requests{"twenty_ms", 20 * millisecond_us},
                                         Requests{"fifty_ms", 50 * millisecond_us},
                                         Requests{"half_a_second", 500 * millisecond_us}),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(Pool, WithALookUpInATinyTransactionARequestStaysLow) {
    Session session;
    for (std::uint64_t request = 0; request < 100; ++request) {
        session.pause(8 * millisecond_us);
        session.begin();
        session.run(author, {.value = request});
        session.commit();
    }
    session.end();
    EXPECT_LE(session.confidence(n_plus_one, author), Confidence::low);
}

} // namespace
} // namespace query_audit::test
