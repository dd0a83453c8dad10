// idle_in_transaction: a transaction that waits for its client.
#include <gtest/gtest.h>

#include "core/judge.h"
#include "core_support.h"

namespace query_audit::test {
namespace {

enum { idle_ms, longest_pause_ms, statements, still_open };

UnitFinding finding_of(const Unit &unit) {
    for (int i = 0; i < unit.finding_count; ++i) {
        if (unit.findings[i].rule == rule_index::idle_in_transaction) return unit.findings[i];
    }
    return {};
}

UnitFinding found(std::int64_t idle_us, std::uint32_t transaction = 7) {
    Session session;
    judge_idle(session.unit(), {transaction, idle_us, 1'000'000'000, true}, session.settings);
    return finding_of(session.unit());
}

TEST(IdleInTransaction, NeedsFiveSecondsInAll) {
    EXPECT_EQ(found(5 * second_us).confidence, Confidence::high);
    EXPECT_EQ(found(5 * second_us - 1).confidence, Confidence::none);
    EXPECT_EQ(found(59 * second_us).severity, Severity::warning);
    EXPECT_EQ(found(60 * second_us).severity, Severity::critical);
}

TEST(IdleInTransaction, ShowsTheStatementBeforeTheLongestPause) {
    Session session;
    session.begin();
    session.run(look_up(1));
    session.run(update(2), {.pause_us = 2 * second_us});
    session.run(look_up(3), {.pause_us = 4 * second_us});
    const std::int64_t end_us = session.now_ns() / 1000 + second_us;
    judge_idle(session.unit(), {session.unit().transaction, 7 * second_us, end_us, true}, session.settings);
    const UnitFinding finding = finding_of(session.unit());
    EXPECT_EQ(finding.text_key, update(2).text_key());
    EXPECT_EQ(finding.fingerprint, 0u) << "one finding, whatever the statement";
    EXPECT_EQ(finding.mark, Mark::transaction);
    EXPECT_EQ(finding.calls, 3u);
    EXPECT_EQ(finding.evidence[idle_ms], 7000);
    EXPECT_NEAR(static_cast<double>(finding.evidence[longest_pause_ms]), 4000, 1);
    EXPECT_EQ(finding.evidence[statements], 3);
    EXPECT_EQ(finding.evidence[still_open], 0);
    EXPECT_EQ(finding.saved_ns, 7 * second_us * 1000);
}

TEST(IdleInTransaction, CountsThePauseBeforeTheEnd) {
    Session session;
    session.run(look_up(9));
    session.begin();
    session.run(look_up(1));
    session.run(look_up(2));
    const std::int64_t now_us = session.now_ns() / 1000 + 9 * second_us;
    judge_idle(session.unit(), {session.unit().transaction, 9 * second_us, now_us, false}, session.settings);
    const UnitFinding finding = finding_of(session.unit());
    EXPECT_EQ(finding.text_key, look_up(2).text_key());
    EXPECT_EQ(finding.evidence[still_open], 1);
}

TEST(IdleInTransaction, KnowsNoStatementOfATransactionThatRanNone) {
    Session session;
    session.run(look_up(9));
    judge_idle(session.unit(), {session.unit().transaction + 5, 9 * second_us, 1'000'000'000, true}, session.settings);
    EXPECT_EQ(finding_of(session.unit()).text_key, 0u);
    EXPECT_EQ(finding_of(session.unit()).calls, 0u);
}

TEST(IdleInTransaction, AddsUpOverTheTransactionsOfAUnit) {
    Session session;
    judge_idle(session.unit(), {1, 6 * second_us, 1'000'000'000, true}, session.settings);
    judge_idle(session.unit(), {2, 9 * second_us, 1'020'000'000, true}, session.settings);
    judge_idle(session.unit(), {3, 5 * second_us, 1'040'000'000, true}, session.settings);
    const UnitFinding finding = finding_of(session.unit());
    EXPECT_EQ(finding.occurrences, 3u);
    EXPECT_EQ(finding.evidence[idle_ms], 9000);
    EXPECT_EQ(finding.wall_ns, 20 * second_us * 1000);
}

} // namespace
} // namespace query_audit::test
