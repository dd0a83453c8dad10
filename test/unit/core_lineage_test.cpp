#include "core/lineage.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "core_support.h"

namespace query_audit::test {
namespace {

// Rows of two columns: their number, and `key` of it.
template <typename Key> RowSample sample_of(std::uint32_t rows, Key key) {
    RowSample sample{};
    sample.rows = rows < sampled_rows ? rows : sampled_rows;
    sample.columns = 2;
    sample.origin[0] = {100, 1, 1};
    sample.origin[1] = {100, 7, 4};
    for (std::uint32_t row = 0; row < sample.rows; ++row) {
        sample.value[0][row] = hash_sampled_integer(static_cast<std::int64_t>(row) + 1000);
        sample.value[1][row] = hash_sampled_integer(key(row));
    }
    return sample;
}

// A unit that is told of lists and of the keys that follow.
class Following : public ::testing::Test {
  protected:
    void SetUp() override { begin_unit(*unit_, Mark::transaction, ClientIdentity{}); }

    void keep(const RowSample &sample, std::uint64_t rows, std::uint64_t id = 1) {
        const StatementShape shape = list(id);
        StatementEvent event{};
        event.shape = &shape;
        event.series = series_key(shape);
        event.rows = rows;
        event.sample = &sample;
        keep_sample(*unit_, event, ++position_);
    }

    void key(std::int64_t value) {
        KeyValues keys{};
        keys.hash[0][0] = hash_sampled_integer(value);
        follow_keys(*unit_, lineage, keys);
    }

    Lineage lineage{};
    std::unique_ptr<Unit> unit_ = std::make_unique<Unit>();

  private:
    std::uint32_t position_ = 0;
};

TEST_F(Following, ProvesAfterFiveValuesInTheOrderOfTheRows) {
    keep(sample_of(20, [](auto row) { return 50 - row; }), 20);
    for (int i = 0; i < 4; ++i) key(50 - i);
    EXPECT_FALSE(lineage.proven);
    key(46);
    EXPECT_TRUE(lineage.proven);
    EXPECT_EQ(lineage.from.relation, 100u);
    EXPECT_EQ(lineage.from.attribute, 7);
    EXPECT_EQ(lineage.from.number, 4);
    EXPECT_EQ(lineage.list, series_key(list(1)));
}

TEST_F(Following, SkipsRowsThatFeedNothingAndValuesThatComeAgain) {
    keep(sample_of(10, [](auto row) { return row; }), 10);
    for (const int value : {0, 2, 2, 3, 3, 7, 9}) key(value);
    EXPECT_TRUE(lineage.proven);
}

TEST_F(Following, ProvesNothingInAnotherOrder) {
    keep(sample_of(6, [](auto row) { return row; }), 6);
    for (const int value : {5, 4, 3, 2, 1, 0}) key(value);
    EXPECT_FALSE(lineage.proven);
}

TEST_F(Following, ProvesNothingByValuesOfNoRow) {
    keep(sample_of(6, [](auto row) { return row; }), 6);
    for (int value = 6; value < 20; ++value) key(value);
    EXPECT_FALSE(lineage.proven);
    EXPECT_EQ(lineage.list, 0u);
}

TEST_F(Following, BeginsAgainWhereAValueIsOfNoRow) {
    keep(sample_of(8, [](auto row) { return row; }), 8);
    for (const int value : {0, 1, 99, 2, 3, 4, 5}) key(value);
    EXPECT_FALSE(lineage.proven);
    key(6);
    EXPECT_TRUE(lineage.proven);
}

TEST_F(Following, ThreeValuesDoWhereTheSampleEndsBeforeTheLoop) {
    // The list's twelve sampled rows have three different values; later ones come from rows beyond.
    keep(sample_of(40, [](auto row) { return row / 4; }), 40);
    for (const int value : {0, 1, 2, 3, 4}) key(value);
    EXPECT_TRUE(lineage.proven);
}

TEST_F(Following, TwoValuesDoNotWhereTheSampleEndsBeforeTheLoop) {
    keep(sample_of(40, [](auto row) { return row / 6; }), 40);
    for (const int value : {0, 1, 2, 3, 4}) key(value);
    EXPECT_FALSE(lineage.proven);
}

TEST_F(Following, GoesOnInTheNextRowsOfTheSameList) {
    keep(sample_of(3, [](auto row) { return row; }), 3);
    for (const int value : {0, 1, 2}) key(value);
    keep(sample_of(3, [](auto row) { return 10 + row; }), 3);
    for (const int value : {10, 11}) key(value);
    EXPECT_TRUE(lineage.proven);
}

TEST_F(Following, FindsTheListAmongTheLatestThree) {
    keep(sample_of(6, [](auto row) { return row; }), 6, 1);
    keep(sample_of(6, [](auto row) { return 100 + row; }), 6, 2);
    keep(sample_of(6, [](auto row) { return 200 + row; }), 6, 3);
    for (int value = 0; value < 5; ++value) key(value);
    EXPECT_TRUE(lineage.proven);
    EXPECT_EQ(lineage.list, series_key(list(1)));
    keep(sample_of(6, [](auto row) { return 300 + row; }), 6, 4);
    lineage = Lineage{};
    for (int value = 0; value < 5; ++value) key(value);
    EXPECT_FALSE(lineage.proven) << "a fourth list takes the first one's place";
}

TEST_F(Following, StopsAfterThirtyTwoAttempts) {
    keep(sample_of(6, [](auto row) { return row; }), 6);
    for (int value = 0; value < 40; ++value) key(1000 + 2 * value + 20);
    for (int value = 0; value < 6; ++value) key(value);
    EXPECT_FALSE(lineage.proven);
}

TEST_F(Following, ForgetsItsSamplesWithTheUnit) {
    keep(sample_of(6, [](auto row) { return row; }), 6);
    begin_unit(*unit_, Mark::burst, ClientIdentity{});
    for (int value = 0; value < 6; ++value) key(value);
    EXPECT_FALSE(lineage.proven);
}

TEST(SampledValues, AreNeverZeroAndDiffer) {
    std::set<std::uint32_t> seen;
    for (std::int64_t value = -500; value < 500; ++value) seen.insert(hash_sampled_integer(value));
    EXPECT_EQ(seen.size(), 1000u);
    EXPECT_EQ(seen.count(0), 0u);
    EXPECT_NE(hash_sampled_bytes(""), 0u);
}

void expect_literal(std::string_view literal, std::uint32_t first, std::uint32_t second) {
    std::uint32_t hash[2] = {1, 1};
    hash_sampled_literal(literal, hash);
    EXPECT_EQ(hash[0], first) << literal;
    EXPECT_EQ(hash[1], second) << literal;
}

TEST(SampledValues, OfLiteralsAreThoseOfWhatTheyStandFor) {
    expect_literal("42", hash_sampled_integer(42), 0);
    expect_literal("'42'", hash_sampled_bytes("42"), hash_sampled_integer(42));
    expect_literal("'abc'", hash_sampled_bytes("abc"), 0);
    expect_literal("''", hash_sampled_bytes(""), 0);
    const std::string_view uuid("\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef", 16);
    const std::string_view written = "01234567-89ab-cdef-0123-456789ABCDEF";
    expect_literal("'01234567-89ab-cdef-0123-456789ABCDEF'", hash_sampled_bytes(written), hash_sampled_bytes(uuid));
}

TEST(SampledValues, OfLiteralsThatCannotBeToldAreZero) {
    expect_literal("1.5", 0, 0);
    expect_literal("99999999999999999999", 0, 0);
    expect_literal("'it''s'", 0, 0);
    expect_literal("E'\\n'", 0, 0);
    expect_literal("'", 0, 0);
    expect_literal("", 0, 0);
}

void loop(Session &session, int times, std::int64_t pause_us) {
    const RowSample sample = sample_of(40, [](auto row) { return row; });
    session.run(list(1), {.rows = 40, .sample = &sample});
    for (int value = 0; value < times; ++value) {
        KeyValues keys{};
        keys.hash[0][0] = hash_sampled_integer(value);
        session.run(look_up(2), {.value = static_cast<std::uint64_t>(value), .pause_us = pause_us, .keys = &keys});
    }
    session.end();
}

TEST(Lineage, MakesALoopThatStopsHalfWayProven) {
    for (const Mark mark : {Mark::burst, Mark::named_unit, Mark::trace}) {
        Session session(mark);
        loop(session, 6, 300);
        const UnitFinding finding = session.finding("n_plus_one", look_up(2));
        EXPECT_EQ(finding.confidence, Confidence::proven);
        EXPECT_EQ(finding.lineage.number, 4);
        EXPECT_EQ(finding.parent_fingerprint, list(1).fingerprint);
    }
}

// SELECT ... FROM child WHERE parent = $1: each of its rows holds the key.
TEST(Lineage, DoesNotTakeALookUpsOwnRowsForItsList) {
    for (const Mark mark : {Mark::burst, Mark::named_unit, Mark::trace}) {
        Session session(mark);
        session.run(list(1), {.rows = 12});
        for (int value = 0; value < 12; ++value) {
            KeyValues keys{};
            keys.hash[0][0] = hash_sampled_integer(value);
            const RowSample sample = sample_of(9, [value](auto) { return value; });
            session.run(look_up(2),
                        {.value = static_cast<std::uint64_t>(value), .rows = 9, .sample = &sample, .keys = &keys});
        }
        session.end();
        const UnitFinding finding = session.finding("n_plus_one", look_up(2));
        EXPECT_EQ(finding.confidence, Confidence::high);
        EXPECT_EQ(finding.parent_fingerprint, list(1).fingerprint);
    }
}

TEST(Lineage, DoesNotMakeALoopOfSlowRequestsProven) {
    Session session;
    loop(session, 12, 40 * millisecond_us);
    EXPECT_LT(session.confidence("n_plus_one", look_up(2)), Confidence::high);
}

} // namespace
} // namespace query_audit::test
