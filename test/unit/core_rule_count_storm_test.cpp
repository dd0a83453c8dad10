// count_storm: aggregates of one table with different filters, one by one.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *rule_id = "count_storm";
enum { aggregates, different_statements, longest_us, mean_pause_us };

// A count of table 1 with a filter of its own.
StatementShape number(std::uint64_t filter, std::uint64_t table = 1) {
    StatementShape shape = look_up(table, shape_flag::count | shape_flag::aggregate);
    shape.fingerprint += filter;
    shape.filter_identity = 100 + filter;
    return shape;
}

void run_numbers(Session &session, std::uint64_t count, std::uint64_t value = 1) {
    for (std::uint64_t i = 1; i <= count; ++i) session.run(number(i), {.value = value});
}

std::vector<UnitFinding> storms(const Session &session) {
    std::vector<UnitFinding> found;
    for (std::uint64_t i = 1; i <= 64; ++i) {
        for (const UnitFinding &finding : session.findings(rule_id, number(i))) found.push_back(finding);
    }
    return found;
}

Confidence surest(const Session &session) {
    Confidence best = Confidence::none;
    for (const UnitFinding &finding : storms(session)) best = std::max(best, finding.confidence);
    return best;
}

TEST(CountStorm, IsFoundInATransaction) {
    Session session;
    session.begin();
    run_numbers(session, 5);
    session.commit();
    ASSERT_EQ(storms(session).size(), 1u);
    const UnitFinding finding = storms(session)[0];
    EXPECT_EQ(finding.confidence, Confidence::high);
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.mark, Mark::transaction);
    EXPECT_EQ(finding.relation, 1u);
    EXPECT_EQ(finding.fingerprint, number(1).fingerprint);
    EXPECT_EQ(finding.calls, 5u);
    EXPECT_EQ(finding.evidence[aggregates], 5);
    EXPECT_EQ(finding.evidence[different_statements], 5);
    EXPECT_EQ(finding.evidence[mean_pause_us], 300);
    EXPECT_EQ(finding.wall_ns, 5 * 200'000 + 4 * 300'000);
    EXPECT_EQ(finding.saved_ns, finding.wall_ns - 200'000);
    for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(finding.related[i], number(i + 1).text_key()) << i;
    EXPECT_EQ(finding.related[5], 0u);
}

TEST(CountStorm, NamesEightStatements) {
    Session session(Mark::trace);
    run_numbers(session, 12);
    const UnitFinding finding = session.finding(rule_id, number(1));
    EXPECT_EQ(finding.evidence[aggregates], 12);
    EXPECT_EQ(finding.related[7], number(8).text_key());
}

TEST(CountStorm, NeedsFour) {
    for (const std::uint64_t count : {3u, 4u}) {
        Session session(Mark::trace);
        run_numbers(session, count);
        EXPECT_EQ(storms(session).size(), count == 4 ? 1u : 0u);
    }
}

TEST(CountStorm, NeedsDifferentFilters) {
    Session session(Mark::trace);
    for (int i = 0; i < 8; ++i) run_numbers(session, 3);
    EXPECT_TRUE(storms(session).empty());
    session.run(number(4), {.value = 1});
    EXPECT_EQ(session.finding(rule_id, number(1)).evidence[aggregates], 4);
}

TEST(CountStorm, TakesOtherValuesForAnotherFilter) {
    Session session(Mark::trace);
    session.repeat(number(1), 6);
    const UnitFinding finding = session.finding(rule_id, number(1));
    EXPECT_EQ(finding.confidence, Confidence::medium) << "it may be a loop over keys from elsewhere";
    EXPECT_EQ(finding.evidence[aggregates], 6);
    EXPECT_EQ(finding.evidence[different_statements], 1);
    EXPECT_TRUE(session.findings("n_plus_one", number(1)).empty());
}

TEST(CountStorm, LeavesManyValuesOfOneStatementToNPlusOne) {
    Session session(Mark::trace);
    session.repeat(number(1), 9);
    EXPECT_TRUE(storms(session).empty());
    EXPECT_EQ(session.findings("n_plus_one", number(1)).size(), 1u);
}

TEST(CountStorm, LeavesMoreThanFourRangesOfOneStatementToNPlusOne) {
    StatementShape shape = number(1);
    shape.flags |= shape_flag::ranged;
    for (const int ranges : {4, 5}) {
        Session session(Mark::trace);
        session.repeat(shape, ranges);
        EXPECT_EQ(storms(session).size(), ranges == 4 ? 1u : 0u);
        EXPECT_EQ(session.findings("n_plus_one", shape).size(), ranges == 4 ? 0u : 1u);
    }
}

TEST(CountStorm, LeavesACountForEachRowOfAListToNPlusOne) {
    for (const std::uint64_t rows : {4u, 6u, 20u}) {
        Session session;
        session.begin();
        session.run(list(2), {.rows = rows});
        session.repeat(number(1), static_cast<int>(rows));
        session.commit();
        EXPECT_TRUE(storms(session).empty()) << rows;
        EXPECT_EQ(session.findings("n_plus_one", number(1)).size(), rows > 4 ? 1u : 0u) << rows;
    }
}

TEST(CountStorm, LeavesTwoCountsForEachRowOfAListAlone) {
    for (const std::uint64_t rows : {4u, 20u}) {
        Session session;
        session.begin();
        session.run(list(2), {.rows = rows});
        for (std::uint64_t row = 1; row <= rows; ++row) {
            session.run(number(1), {.value = row});
            session.run(number(2), {.value = row});
        }
        session.commit();
        EXPECT_TRUE(storms(session).empty()) << rows;
    }
}

TEST(CountStorm, IsFoundBesideAList) {
    Session session;
    session.begin();
    session.run(list(2), {.rows = 20});
    session.repeat(number(1), 6);
    session.commit();
    EXPECT_EQ(storms(session).size(), 1u);
    EXPECT_TRUE(session.findings("n_plus_one", number(1)).empty()) << "six of twenty rows";
}

TEST(CountStorm, LeavesOtherTablesAlone) {
    Session session(Mark::trace);
    for (std::uint64_t table = 1; table <= 6; ++table) session.run(number(table, table));
    EXPECT_TRUE(storms(session).empty());
    EXPECT_EQ(session.unit().finding_count, 0);
}

TEST(CountStorm, LeavesGroupsAndRowsAlone) {
    Session session(Mark::trace);
    for (std::uint64_t i = 1; i <= 6; ++i) {
        StatementShape shape = number(i);
        shape.flags &= ~(shape_flag::count | shape_flag::aggregate);
        session.run(shape);
    }
    EXPECT_EQ(session.unit().finding_count, 0);
}

TEST(CountStorm, LeavesWhatIsFarApartAlone) {
    for (const int between : {7, 8}) {
        Session session(Mark::trace);
        for (std::uint64_t i = 1; i <= 5; ++i) {
            session.run(number(i));
            for (int other = 0; other < between; ++other) session.run(look_up(static_cast<std::uint64_t>(20 + other)));
        }
        EXPECT_EQ(storms(session).size(), between == 7 ? 1u : 0u);
    }
}

TEST(CountStorm, EndsAtAWriteToTheTable) {
    Session session(Mark::trace);
    run_numbers(session, 3);
    session.run(insert(1));
    for (std::uint64_t i = 4; i <= 6; ++i) session.run(number(i));
    EXPECT_TRUE(storms(session).empty());
    session.run(insert(9));
    session.run(number(7));
    EXPECT_EQ(storms(session).size(), 1u);
}

TEST(CountStorm, LeavesFailedStatementsAlone) {
    Session session(Mark::trace);
    run_numbers(session, 3);
    session.run(number(4), {.flags = event_flag::failed});
    EXPECT_TRUE(storms(session).empty());
}

TEST(CountStorm, IsOneFindingATable) {
    Session session(Mark::trace);
    run_numbers(session, 6);
    session.repeat(look_up(5), 20);
    for (std::uint64_t i = 11; i <= 15; ++i) session.run(number(i));
    ASSERT_EQ(storms(session).size(), 1u);
    EXPECT_EQ(storms(session)[0].evidence[aggregates], 6) << "the larger one";
}

TEST(CountStorm, InABurstWaitsForItsEnd) {
    Session session;
    session.run(look_up(5));
    run_numbers(session, 5);
    session.look();
    EXPECT_EQ(surest(session), Confidence::low);
    EXPECT_TRUE(has_reason(storms(session)[0], Reason::still_running));
    session.end(second_us);
    EXPECT_EQ(surest(session), Confidence::medium);
    EXPECT_TRUE(has_reason(storms(session)[0], Reason::set_apart));
    EXPECT_FALSE(has_reason(storms(session)[0], Reason::still_running));
}

TEST(CountStorm, InABurstNeedsQuietAroundAndShortPausesInside) {
    Session soon;
    run_numbers(soon, 5);
    soon.end(60 * millisecond_us);
    EXPECT_EQ(surest(soon), Confidence::low);
    Session slow;
    for (std::uint64_t i = 1; i <= 5; ++i) slow.run(number(i), {.pause_us = 20 * millisecond_us});
    slow.end(second_us);
    EXPECT_EQ(surest(slow), Confidence::low);
    EXPECT_TRUE(has_reason(storms(slow)[0], Reason::looks_like_requests));
}

TEST(CountStorm, StaysLowInABusyPool) {
    // Each request is one count of the same table: of one kind, or of several in no order.
    const std::uint64_t kinds_in_turn[] = {1, 3, 2, 2, 4, 1, 3, 3, 2, 5, 1, 4, 4, 2, 5, 3, 1};
    for (const std::uint64_t kinds : {1u, 2u, 5u}) {
        for (const std::int64_t pause_us : {300, 4000, 30000}) {
            Session session;
            for (std::uint64_t request = 1; request <= 500; ++request) {
                const std::uint64_t kind = 1 + kinds_in_turn[request % 17] % kinds;
                session.run(number(kind), {.value = request, .pause_us = pause_us});
            }
            session.look();
            EXPECT_LE(surest(session), Confidence::low) << kinds << " kinds, " << pause_us;
            session.end(second_us);
            EXPECT_LE(surest(session), Confidence::low) << kinds << " kinds, " << pause_us;
        }
    }
}

TEST(CountStorm, StaysLowInABusyPoolOfRequestsInNoOrder) {
    Session session;
    std::uint64_t random = 7;
    for (std::uint64_t request = 1; request <= 2000; ++request) {
        random = hash_mix(random);
        const std::uint64_t kind = random % 6;
        if (kind == 0) {
            session.run(look_up(7), {.value = request, .pause_us = 2000});
        } else {
            session.run(number(kind), {.value = request, .pause_us = 2000});
        }
        session.look();
        ASSERT_LE(surest(session), Confidence::low) << request;
    }
}

TEST(CountStorm, StaysLowInABusyPoolOfOtherStatementsToo) {
    Session session;
    const std::uint64_t kinds_in_turn[] = {1, 3, 2, 2, 4, 1, 3, 3, 2, 5, 1, 4, 4, 2, 5, 3, 1};
    for (std::uint64_t request = 1; request <= 300; ++request) {
        session.run(look_up(7), {.value = request, .pause_us = 2000});
        session.run(number(kinds_in_turn[request % 17]), {.value = request});
        if (request % 3 == 0) session.run(list(8), {.rows = 20});
    }
    session.end(second_us);
    EXPECT_LE(surest(session), Confidence::low);
}

TEST(CountStorm, StaysLowInTransactionsOfOneCountEach) {
    Session session;
    const std::uint64_t kinds_in_turn[] = {1, 3, 2, 2, 4, 1, 3, 3, 2, 5, 1, 4, 4, 2, 5, 3, 1};
    for (std::uint64_t request = 1; request <= 200; ++request) {
        session.begin();
        session.run(look_up(7), {.value = request, .pause_us = 2000});
        session.run(number(kinds_in_turn[request % 17]), {.value = request});
        session.commit();
    }
    session.end(second_us);
    EXPECT_LE(surest(session), Confidence::low);
}

TEST(CountStorm, IsSeenInABusyPoolWhereEachRequestAsksTheSameInTheSameOrder) {
    for (const std::uint64_t requests : {2u, 6u, 40u}) {
        Session session;
        for (std::uint64_t request = 1; request <= requests; ++request) {
            session.run(look_up(7), {.value = request, .pause_us = 30 * millisecond_us});
            run_numbers(session, 5, request);
        }
        EXPECT_EQ(surest(session), Confidence::medium) << requests;
        ASSERT_EQ(storms(session).size(), 1u) << requests;
        EXPECT_EQ(storms(session)[0].evidence[aggregates], 5) << requests;
    }
}

TEST(CountStorm, LeavesManyCountsForEachRowOfAListAlone) {
    Session session;
    session.run(list(2), {.rows = 20});
    for (std::uint64_t row = 1; row <= 20; ++row) run_numbers(session, 4, row);
    session.end(second_us);
    EXPECT_EQ(surest(session), Confidence::none);
    EXPECT_EQ(session.confidence("n_plus_one", number(1)), Confidence::high);
}

TEST(CountStorm, TakesATransactionForEachStatementForNone) {
    Session session;
    for (std::uint64_t i = 1; i <= 5; ++i) {
        session.begin();
        session.run(number(i));
        session.commit();
    }
    session.end(second_us);
    EXPECT_EQ(surest(session), Confidence::medium);
    EXPECT_EQ(storms(session)[0].mark, Mark::burst);
}

TEST(CountStorm, DoesNotCountATransactionTwice) {
    Session session;
    session.begin();
    run_numbers(session, 5);
    session.commit();
    session.run(number(9));
    session.end(second_us);
    EXPECT_EQ(storms(session).size(), 1u);
}

TEST(CountStorm, IsInformationInOneRoundTrip) {
    Session session(Mark::trace);
    for (std::uint64_t i = 1; i <= 5; ++i) session.run(number(i), {.flags = event_flag::same_round_trip});
    EXPECT_EQ(storms(session)[0].severity, Severity::info);
}

TEST(CountStorm, ObeysItsSettings) {
    const int index = find_rule(rule_id);
    Session strict(Mark::trace);
    strict.settings.thresholds[index][0] = 2;
    run_numbers(strict, 2);
    EXPECT_EQ(storms(strict).size(), 1u);
    Session off(Mark::trace);
    off.settings.disabled_rules = std::uint64_t{1} << index;
    off.repeat(number(1), 6);
    EXPECT_TRUE(storms(off).empty());
    EXPECT_EQ(off.findings("n_plus_one", number(1)).size(), 1u) << "what the rule would report is not lost";
}

} // namespace
} // namespace query_audit::test
