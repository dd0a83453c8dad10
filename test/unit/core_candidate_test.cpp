// Which index answers a scan's need.
#include <gtest/gtest.h>

#include "core_candidate_support.h"

namespace query_audit::test {
namespace {

TEST(Candidate, PutsEqualityFirstTheMostSelectiveFirstOfAll) {
    EXPECT_EQ(candidate_of(need({by('a', 5), by('b', 50), by('c', 20)})), "(b, c, a)");
}

TEST(Candidate, StopsAtAKeyThatLeavesFewRows) {
    EXPECT_EQ(candidate_of(need({by('a', 5), by('b', 100'000)})), "(b)");
    EXPECT_EQ(candidate_of(need({by('a', 5), by('b', 10'000), range('c')})), "(b)");
    EXPECT_EQ(candidate_of(need({by('a', 5), by('b', 9'000), range('c')})), "(b, a)");
}

TEST(Candidate, KeepsTheSortBehindFewRowsButNotBehindOne) {
    EXPECT_EQ(candidate_of(need({by('a', 20'000), by('b', 5), sort('c')}, {.limited = true})), "(a, c)");
    EXPECT_EQ(candidate_of(need({by('a', 100'000), sort('c')}, {.limited = true})), "(a)");
}

TEST(Candidate, PutsOneRangeBehindEquality) {
    EXPECT_EQ(candidate_of(need({range('c'), by('a', 5), range('d')})), "(a, c)");
    EXPECT_EQ(candidate_of(need({range('c')})), "(c)");
}

TEST(Candidate, PutsTheSortBehindEqualityWithItsDirections) {
    EXPECT_EQ(candidate_of(need({by('a', 5), sort_down('b'), sort('c')}, {.limited = true})), "(a, b DESC, c)");
    EXPECT_EQ(candidate_of(need({sort('b', key_flag::descending)}, {.limited = true})), "(b DESC NULLS LAST)");
    EXPECT_EQ(candidate_of(need({sort('b', key_flag::nulls_first)}, {.limited = true})), "(b NULLS FIRST)");
}

TEST(Candidate, PrefersTheSortToARangeOnlyWhereALimitMakesItStop) {
    EXPECT_EQ(candidate_of(need({by('a', 5), range('b'), sort('c')}, {.limited = true})), "(a, c)");
    EXPECT_EQ(candidate_of(need({by('a', 5), range('b'), sort('c')})), "(a, b)");
    EXPECT_EQ(candidate_of(need({by('a', 5), range('b'), sort_down('b'), sort('c')})), "(a, b DESC, c)");
}

TEST(Candidate, SortsNoWholeTable) { EXPECT_EQ(candidate_of(need({sort('a')})), ""); }

TEST(Candidate, LeavesASortedColumnOutThatIsComparedForEquality) {
    EXPECT_EQ(candidate_of(need({by('a', 5), sort('a'), sort('b')}, {.limited = true})), "(a, b)");
}

TEST(Candidate, TakesAJoinForEquality) {
    const AccessKey join = key('b', KeyUse::join, 1000);
    EXPECT_EQ(candidate_of(need({by('a', 5), join}, {.loops = 20})), "(b, a)");
    EXPECT_EQ(candidate_of(need({join})), "(b)");
    EXPECT_EQ(candidate_of(need({join, range('c')}, {.loops = 20})), "(b, c)");
    EXPECT_EQ(candidate_of(need({join, range('c')})), "(c)") << "hashed, the join's key is compared with no value";
}

TEST(Candidate, PutsAJoinThatDoesNotLoopBehindWhatIsComparedWithAValue) {
    const AccessKey join = key('b', KeyUse::join, 100'000);
    EXPECT_EQ(candidate_of(need({join, by('a', 5)})), "(a, b)");
    EXPECT_EQ(candidate_of(need({join, by('a', 50'000)})), "(a)") << "as few rows as the other key would leave";
    EXPECT_EQ(propose({need({join, by('a', 5)}), need({by('b', 100'000)})}).text(), "(b)") << "one for both";
}

TEST(Candidate, IsPartialWhereAConditionIsConstant) {
    EXPECT_EQ(candidate_of(need({by('a'), key('b', KeyUse::is_null)})), "(a) WHERE b IS NULL");
    EXPECT_EQ(candidate_of(need({by('a'), key('b', KeyUse::is_true), key('c', KeyUse::is_false)})),
              "(a) WHERE b AND NOT c");
    EXPECT_EQ(candidate_of(need({key('b', KeyUse::is_false), sort('a')}, {.limited = true})), "(a) WHERE NOT b");
}

TEST(Candidate, OfAConditionAloneHoldsTheRowsThatMeetIt) {
    EXPECT_EQ(candidate_of(need({key('b', KeyUse::is_null)})), "(b) WHERE b IS NULL");
}

TEST(Candidate, LeavesNotNullOutWhereMostRowsMeetIt) {
    const ScanNeed scan = need({by('a'), key('b', KeyUse::is_not_null)});
    EXPECT_EQ(candidate_of(scan), "(a)");
    IndexedTable table = plain_table();
    const ColumnProfile column_b{column('b'), 0.9F, 4, 0};
    table.columns = &column_b;
    table.column_count = 1;
    EXPECT_EQ(candidate_of(scan, table), "(a) WHERE b IS NOT NULL");
}

TEST(Candidate, IndexesAnExpression) {
    const AccessKey expression{0, KeyUse::equality, key_flag::expression, 0};
    EXPECT_EQ(candidate_of(need({expression}, {.expression = "lower(a)"})), "(lower(a))");
    EXPECT_EQ(candidate_of(need({expression, by('b', 5), sort_down('c')},
                                {.limited = true, .expression = "(metadata ->> 'strategy'::text)"})),
              "(b, (metadata ->> 'strategy'::text), c DESC)");
}

TEST(Candidate, ForPatternsIsATrigramIndexUnlessItsNeighboursAreSelective) {
    const AccessKey pattern = key('a', KeyUse::pattern);
    EXPECT_EQ(candidate_of(need({pattern})), "USING gin (a gin_trgm_ops)");
    EXPECT_EQ(candidate_of(need({by('b', 5), pattern})), "USING gin (a gin_trgm_ops)");
    EXPECT_EQ(candidate_of(need({by('b', 5000), pattern})), "(b)");
    EXPECT_EQ(candidate_of(need({key('a', KeyUse::range, 100, key_flag::pattern_order)})), "(a text_pattern_ops)");
}

TEST(Candidate, ForContainmentAndFullTextIsGin) {
    EXPECT_EQ(candidate_of(need({key('a', KeyUse::containment)})), "USING gin (a)");
    EXPECT_EQ(candidate_of(need({key('a', KeyUse::containment, 0, key_flag::path_operators)})),
              "USING gin (a jsonb_path_ops)");
    EXPECT_EQ(candidate_of(need({key('a', KeyUse::full_text)})), "USING gin (a)");
    const AccessKey expression{0, KeyUse::full_text, key_flag::expression, 0};
    EXPECT_EQ(candidate_of(need({expression}, {.expression = "to_tsvector('english'::regconfig, body)"})),
              "USING gin (to_tsvector('english'::regconfig, body))");
}

TEST(Candidate, IsBrinForARangeThatFollowsTheOrderOfALargeTable) {
    const ColumnProfile follows{column('a'), 0, 8, 0.999F};
    const ColumnProfile backwards{column('a'), 0, 8, -0.999F};
    const ColumnProfile scattered{column('a'), 0, 8, 0.3F};
    IndexedTable table{1e8, 1e10, 0, &follows, 1, nullptr, 0, 0, 0};
    EXPECT_EQ(candidate_of(need({range('a')}), table), "USING brin (a)");
    EXPECT_EQ(candidate_of(need({range('a'), by('b', 50)}), table), "(b, a)");
    EXPECT_EQ(candidate_of(need({range('a'), sort('a')}, {.limited = true}), table), "(a)");
    table.columns = &backwards;
    EXPECT_EQ(candidate_of(need({range('a')}), table), "USING brin (a)");
    table.columns = &scattered;
    EXPECT_EQ(candidate_of(need({range('a')}), table), "(a)");
    table.columns = &follows;
    table.bytes = 1e6;
    EXPECT_EQ(candidate_of(need({range('a')}), table), "(a)");
}

TEST(Candidate, ThereIsNoneWithoutAKey) { EXPECT_EQ(candidate_of(need({})), ""); }

TEST(Candidate, HasNoMoreKeysThanItMay) {
    const std::vector<AccessKey> many{by('a', 2), by('b', 2), by('c', 2), by('d', 2),
                                      by('e', 2), by('f', 2), range('g')};
    EXPECT_EQ(candidate_of(need(many)), "(a, b, c, d, g)");
}

} // namespace
} // namespace query_audit::test
