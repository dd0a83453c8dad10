// cache_candidate: the same read in one unit of work after the other.
#include <gtest/gtest.h>

#include "core/judge.h"
#include "core_store_support.h"

namespace query_audit::test {
namespace {

enum { calls_with_one_value, units, writes, hit_percent, seconds };

// Units that end, as a slot hands them to the table.
class Cache {
  public:
    Settings settings = default_settings();

    // One unit: what run() does in a session of its own.
    template <typename Run> void unit(Run run, Mark mark = Mark::burst, std::uint32_t user = 10) {
        Session session(mark);
        session.unit().client.user = user;
        session.pause(next_us_++);
        run(session);
        note_reads(pending_, session.unit());
        fold();
    }

    void fold() {
        ClientIdentity client{5, 10, {}};
        assign_text(client.application_name, "shop");
        begin_unit(*found_, Mark::burst, client);
        fold_reads(owned_.store.cache_candidates(), pending_, client, [&](const CacheKey &key, CacheRecord &record) {
            judge_cacheable(*found_, key, record, false, settings);
        });
        findings.insert(findings.end(), found_->findings, found_->findings + found_->finding_count);
    }

    // What a reader finds besides.
    [[nodiscard]] std::uint64_t rest() {
        std::uint64_t calls = 0;
        owned_.store.cache_candidates().for_each([&](const CacheKey &key, CacheRecord &record) {
            CacheRecord copy = record;
            begin_unit(*found_, Mark::burst, {});
            judge_cacheable(*found_, key, copy, true, settings);
            if (found_->finding_count > 0) calls += found_->findings[0].calls;
        });
        return calls;
    }

    [[nodiscard]] PendingReads &pending() { return pending_; }
    std::vector<UnitFinding> findings;

  private:
    OwnedStore owned_;
    PendingReads pending_{};
    std::unique_ptr<Unit> found_ = std::make_unique<Unit>();
    std::int64_t next_us_ = 1;
};

const StatementShape setting = look_up(1);

void read_setting(Session &session) { session.run(setting, {.value = 7}); }

TEST(CacheCandidate, NeedsAHundredReadsWithOneValue) {
    Cache cache;
    for (int i = 0; i < 99; ++i) cache.unit(read_setting);
    EXPECT_TRUE(cache.findings.empty());
    EXPECT_EQ(cache.rest(), 0u);
    cache.unit(read_setting);
    ASSERT_EQ(cache.findings.size(), 1u);
    const UnitFinding &finding = cache.findings[0];
    EXPECT_EQ(finding.rule, rule_index::cache_candidate);
    EXPECT_EQ(finding.fingerprint, setting.text_key());
    EXPECT_EQ(finding.calls, 100u);
    EXPECT_EQ(finding.evidence[calls_with_one_value], 100);
    EXPECT_EQ(finding.evidence[units], 100);
    EXPECT_EQ(finding.evidence[hit_percent], 99);
    for (int i = 0; i < 50; ++i) cache.unit(read_setting);
    EXPECT_EQ(cache.findings.size(), 1u) << "the next hundred is reported together";
    EXPECT_EQ(cache.rest(), 50u) << "but a reader sees all";
}

TEST(CacheCandidate, IsNoneWhereValuesDiffer) {
    Cache cache;
    for (std::uint64_t i = 0; i < 500; ++i) cache.unit([i](Session &session) { session.run(setting, {.value = i}); });
    EXPECT_TRUE(cache.findings.empty());
}

TEST(CacheCandidate, IsNoneOfOneUnit) {
    Cache cache;
    cache.unit([](Session &session) {
        for (int i = 0; i < 500; ++i) read_setting(session);
    });
    EXPECT_TRUE(cache.findings.empty()) << "that is a duplicate";
    EXPECT_EQ(cache.rest(), 0u);
}

TEST(CacheCandidate, CountsAMarkedUnitOnce) {
    Cache cache;
    const auto thrice = [](Session &session) {
        for (int i = 0; i < 3; ++i) read_setting(session);
    };
    for (int i = 0; i < 99; ++i) cache.unit(thrice, Mark::trace);
    EXPECT_TRUE(cache.findings.empty());
    cache.unit(thrice, Mark::trace);
    EXPECT_EQ(cache.findings.size(), 1u);
}

TEST(CacheCandidate, CountsTransactionsOfSeveralStatements) {
    Session session;
    PendingReads pending{};
    session.begin();
    for (std::uint64_t i = 0; i < 4; ++i) session.run(setting, {.value = 7});
    note_transaction_reads(pending, session.unit());
    ASSERT_EQ(pending.count, 1u);
    EXPECT_EQ(pending.reads[0].calls, 1u);
}

TEST(CacheCandidate, KeepsTheMostRepeatedOfManyReads) {
    Cache cache;
    Session session;
    for (std::uint64_t table = 10; table < 20; ++table) session.run(look_up(table), {.value = 1});
    for (int i = 0; i < 3; ++i) read_setting(session);
    note_reads(cache.pending(), session.unit());
    ASSERT_EQ(cache.pending().count, static_cast<std::uint32_t>(reads_of_a_unit));
    const RepeatedRead *reads = cache.pending().reads;
    EXPECT_TRUE(reads[0].statement == setting.text_key() || reads[1].statement == setting.text_key());
}

TEST(CacheCandidate, IsNoneOfTablesThatAreWrittenTo) {
    Cache cache;
    for (int i = 0; i < 300; ++i) {
        cache.unit(read_setting);
        if (i % 10 == 0) cache.unit([](Session &session) { session.run(update(1), {.value = 3}); });
    }
    EXPECT_TRUE(cache.findings.empty());
    Cache seldom;
    for (int i = 0; i < 300; ++i) {
        seldom.unit(read_setting);
        if (i % 60 == 0) seldom.unit([](Session &session) { session.run(update(1), {.value = 3}); });
        seldom.unit([](Session &session) { session.run(update(2), {.value = 3}); });
    }
    ASSERT_FALSE(seldom.findings.empty());
    EXPECT_EQ(seldom.findings[0].evidence[writes], 2);
    EXPECT_EQ(seldom.findings[0].evidence[hit_percent], 97);
}

TEST(CacheCandidate, LeavesWhatMustBeReadAlone) {
    Cache cache;
    for (const std::uint32_t flag : {shape_flag::locks_rows, shape_flag::volatile_call, shape_flag::catalog_only}) {
        const StatementShape shape = look_up(3, flag);
        for (int i = 0; i < 150; ++i) cache.unit([&](Session &session) { session.run(shape, {.value = 7}); });
    }
    EXPECT_TRUE(cache.findings.empty());
}

TEST(CacheCandidate, KeepsRolesApart) {
    Cache cache;
    for (int i = 0; i < 99; ++i) {
        cache.unit(read_setting, Mark::burst, 10);
        cache.unit(read_setting, Mark::burst, 11);
    }
    EXPECT_TRUE(cache.findings.empty());
}

TEST(CacheCandidate, OutlivesAStreamOfOthers) {
    Cache cache;
    for (std::uint64_t i = 0; i < 120; ++i) {
        cache.unit(read_setting);
        for (std::uint64_t other = 0; other < 3; ++other) {
            cache.unit([&](Session &session) { session.run(look_up(2), {.value = 100 * i + other}); });
        }
    }
    EXPECT_EQ(cache.findings.size(), 1u) << "in a table of sixteen, which it may lose at first";
}

} // namespace
} // namespace query_audit::test
