// The rules about connections, and what connections add up to.
#include <gtest/gtest.h>

#include "core/connection.h"
#include "core/judge.h"
#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *churn = "connection_churn";
constexpr const char *pressure = "connection_pressure";
constexpr std::int64_t start_us = 800'000'000'000'000; // some day

// The connections of one kind.
class Kind {
  public:
    Kind() { assign_text(client_.application_name, "shop"); }

    Settings settings = default_settings();
    std::int64_t now_us = start_us;
    std::int64_t in_use = 10;

    void begin(std::int64_t busy_ns = 0) {
        begin_connection(record_, client_.application_name, now_us);
        judge(ConnectionMoment{false, now_us, 0, 0, in_use, 100, busy_ns});
    }

    void end(std::int64_t lifetime_us, std::uint64_t statements, std::int64_t busy_ns = 0) {
        const Connection connection{connection_key(5, 10, client_.application_name), now_us - lifetime_us, statements,
                                    busy_ns, 0};
        end_connection(record_, connection, now_us);
        judge(ConnectionMoment{true, now_us, lifetime_us, statements, in_use, 100, record_.busy_ns});
    }

    // Connections that live for a while, one after the other, this far apart.
    void come_and_go(int times, std::int64_t apart_us, std::int64_t lifetime_us, std::uint64_t statements) {
        for (int i = 0; i < times; ++i) {
            begin();
            end(lifetime_us, statements);
            now_us += apart_us;
        }
    }

    [[nodiscard]] std::vector<UnitFinding> findings(std::string_view id) const {
        std::vector<UnitFinding> all = found_;
        std::erase_if(all, [&](const UnitFinding &finding) { return id != rule(finding.rule).id; });
        return all;
    }
    [[nodiscard]] const ConnectionRecord &record() const { return record_; }

  private:
    void judge(const ConnectionMoment &moment) {
        begin_unit(*unit_, Mark::burst, client_);
        judge_connection(*unit_, record_, moment, settings);
        found_.insert(found_.end(), unit_->findings, unit_->findings + unit_->finding_count);
    }

    ClientIdentity client_{5, 10, {}};
    ConnectionRecord record_{};
    std::unique_ptr<Unit> unit_ = std::make_unique<Unit>();
    std::vector<UnitFinding> found_;
};

TEST(Connections, AddUp) {
    Kind kind;
    kind.begin();
    kind.begin();
    kind.begin();
    EXPECT_EQ(kind.record().live, 3);
    kind.now_us += 10 * second_us;
    kind.end(10 * second_us, 100, 3000);
    kind.end(4 * second_us, 50, 1000);
    kind.begin();
    const ConnectionRecord &record = kind.record();
    EXPECT_EQ(record.connections, 4);
    EXPECT_EQ(record.live, 2);
    EXPECT_EQ(record.peak, 3);
    EXPECT_EQ(record.ended, 2);
    EXPECT_EQ(record.statements, 150);
    EXPECT_EQ(record.lifetime_us, 14 * second_us);
    EXPECT_EQ(record.max_lifetime_us, 10 * second_us);
    EXPECT_EQ(record.busy_ns, 4000);
    EXPECT_EQ(record.first_seen_us, start_us);
    EXPECT_EQ(record.last_seen_us, start_us + 10 * second_us);
    EXPECT_STREQ(record.application_name, "shop");
}

TEST(Connections, LiveOnesAreAddedForReaders) {
    ConnectionRecord record{};
    record.peak = 1;
    add_live(record, Connection{{}, start_us, 5, 100, 7}, start_us + second_us);
    add_live(record, Connection{{}, start_us, 5, 100, 7}, start_us + second_us);
    EXPECT_EQ(record.live, 2);
    EXPECT_EQ(record.peak, 2);
    EXPECT_EQ(record.lifetime_us, 2 * second_us);
    EXPECT_EQ(record.statements, 10);
    EXPECT_EQ(record.idle_in_transaction_us, 14);
}

TEST(MinuteCount, ForgetsWhatIsOlderThanAMinute) {
    MinuteCount count{};
    for (int i = 0; i < 120; ++i) count.add(start_us + i * second_us);
    const std::int64_t last_us = start_us + 119 * second_us;
    EXPECT_GE(count.sum(last_us), 55u);
    EXPECT_LE(count.sum(last_us), 60u);
    EXPECT_LE(count.sum(last_us + 30 * second_us), 30u);
    EXPECT_EQ(count.sum(last_us + 65 * second_us), 0u);
    EXPECT_EQ(count.sum(last_us), count.sum(last_us)) << "looking changes nothing";
    count.add(last_us - 1000 * second_us);
    EXPECT_GE(count.sum(last_us), 55u) << "a clock that was set back does no harm";
}

TEST(ConnectionChurn, NeedsSixtyBriefConnectionsInAMinute) {
    Kind kind;
    kind.come_and_go(59, 900 * millisecond_us, 100 * millisecond_us, 50);
    EXPECT_TRUE(kind.findings(churn).empty());
    kind.come_and_go(1, 0, 100 * millisecond_us, 50);
    ASSERT_EQ(kind.findings(churn).size(), 1u);
    const UnitFinding finding = kind.findings(churn)[0];
    EXPECT_EQ(finding.confidence, Confidence::high);
    EXPECT_EQ(finding.calls, 60u);
    EXPECT_EQ(finding.fingerprint, 0u);
    EXPECT_EQ(finding.evidence[0], 60);
    EXPECT_EQ(finding.evidence[1], 100);
    EXPECT_EQ(finding.evidence[2], 50);
}

TEST(ConnectionChurn, CountsEachConnectionInOneOccurrence) {
    Kind kind;
    kind.come_and_go(200, 10 * millisecond_us, millisecond_us, 1);
    EXPECT_EQ(kind.findings(churn).size(), 3u);
    EXPECT_EQ(kind.record().brief, 200);
}

TEST(ConnectionChurn, CallsBriefWhatRanAFewStatementsHoweverLongItLived) {
    Kind few;
    few.come_and_go(60, millisecond_us, 10 * second_us, 3);
    EXPECT_EQ(few.findings(churn).size(), 1u);
    Kind more;
    more.come_and_go(100, millisecond_us, 10 * second_us, 4);
    EXPECT_TRUE(more.findings(churn).empty());
    EXPECT_EQ(more.record().brief, 0);
}

TEST(ConnectionChurn, LeavesSlowComingAndGoingAlone) {
    Kind kind;
    kind.come_and_go(500, 1200 * millisecond_us, 100 * millisecond_us, 1);
    EXPECT_TRUE(kind.findings(churn).empty());
}

TEST(ConnectionPressure, NeedsMoreThanEightyPercent) {
    Kind kind;
    kind.in_use = 80;
    kind.begin();
    EXPECT_TRUE(kind.findings(pressure).empty());
    kind.in_use = 81;
    kind.begin();
    ASSERT_EQ(kind.findings(pressure).size(), 1u);
    const UnitFinding finding = kind.findings(pressure)[0];
    EXPECT_EQ(finding.evidence[0], 81);
    EXPECT_EQ(finding.evidence[1], 100);
    EXPECT_EQ(finding.evidence[2], 2);
    EXPECT_EQ(finding.severity, Severity::warning);
}

TEST(ConnectionPressure, IsReportedOnceAMinuteUnlessItGetsWorse) {
    Kind kind;
    kind.in_use = 90;
    for (int i = 0; i < 50; ++i) kind.begin();
    EXPECT_EQ(kind.findings(pressure).size(), 1u);
    kind.in_use = 96;
    kind.begin();
    ASSERT_EQ(kind.findings(pressure).size(), 2u);
    EXPECT_EQ(kind.findings(pressure)[1].severity, Severity::critical);
    kind.now_us += 61 * second_us;
    kind.in_use = 85;
    kind.begin();
    EXPECT_EQ(kind.findings(pressure).size(), 3u);
}

TEST(ConnectionPressure, SuggestsAPoolFromBusyTimeOverWallTime) {
    Kind kind;
    for (int i = 0; i < 40; ++i) kind.begin();
    kind.now_us += 100 * second_us;
    kind.in_use = 90;
    kind.begin(250 * second_us * 1000); // two and a half at a time
    ASSERT_EQ(kind.findings(pressure).size(), 1u);
    EXPECT_EQ(kind.findings(pressure)[0].evidence[3], 2500);
    EXPECT_EQ(kind.findings(pressure)[0].evidence[4], 6);
}

TEST(ConnectionPressure, KnowsNothingWithoutALimit) {
    Kind kind;
    const ConnectionMoment moment{false, start_us, 0, 0, 50, 0, 0};
    auto unit = std::make_unique<Unit>();
    ConnectionRecord record{};
    judge_connection(*unit, record, moment, kind.settings);
    EXPECT_EQ(unit->finding_count, 0);
}

} // namespace
} // namespace query_audit::test
