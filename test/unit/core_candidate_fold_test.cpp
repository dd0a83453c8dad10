// The fewest indexes for several statements of a table, and whether they are worth their upkeep.
#include <algorithm>

#include <gtest/gtest.h>

#include "core_candidate_support.h"

namespace query_audit::test {
namespace {

TEST(Fold, OneIndexServesPrefixes) {
    const Proposed found = propose({need({by('a', 50)}), need({by('a', 50), by('b', 10)}),
                                    need({by('a', 50), by('b', 10), sort_down('c')}, {.limited = true})});
    EXPECT_EQ(found.text(), "(a, b, c DESC)");
    EXPECT_EQ(found.proposals[0].calls, 30);
    for (const NeedVerdict &verdict : found.verdicts) EXPECT_EQ(verdict.place, 0);
}

TEST(Fold, OrdersKeysSoThatTheNarrowOnesLead) {
    EXPECT_EQ(propose({need({by('a', 5)}), need({by('a', 5), by('b', 500)})}).text(), "(a, b)");
    EXPECT_EQ(propose({need({by('a', 5), by('b', 500)})}).text(), "(b, a)") << "with nobody to serve first";
    EXPECT_EQ(propose({need({by('a', 5), range('c')}), need({by('a', 5), by('b', 50), by('c', 90)})}).text(),
              "(a, c, b)");
}

TEST(Fold, LetsASelectiveKeyStandBehindOneThatAnotherStatementNeeds) {
    EXPECT_EQ(propose({need({by('a', 200), by('b', 90'000)})}).text(), "(b)");
    EXPECT_EQ(propose({need({by('a', 200), by('b', 90'000)}), need({by('a', 200)})}).text(), "(a, b)");
}

TEST(Fold, ServesASortByAColumnThatAnotherComparesForEquality) {
    EXPECT_EQ(propose({need({by('a', 5), sort_down('b')}, {.limited = true}), need({by('a', 5), by('b', 50)})}).text(),
              "(a, b DESC)");
}

TEST(Fold, ReadsASortBothWays) {
    const auto limited = [](std::vector<AccessKey> keys) { return need(std::move(keys), {.limited = true}); };
    EXPECT_EQ(propose({limited({sort('a'), sort('b')}), limited({sort_down('a'), sort_down('b')})}).text(), "(a, b)");
    EXPECT_EQ(propose({limited({sort('a'), sort('b')}), limited({sort('a'), sort_down('b')})}).proposals.size(), 2U);
}

TEST(Fold, KeepsApartWhatNoOrderServes) {
    EXPECT_EQ(propose({need({by('a', 5)}), need({by('b', 5)})}).proposals.size(), 2U);
    EXPECT_EQ(propose({need({by('a', 5), range('b')}), need({by('a', 5), range('c')})}).proposals.size(), 2U);
    EXPECT_EQ(propose({need({by('a', 5), by('b', 5)}), need({by('b', 5), by('c', 5)})}).proposals.size(), 2U);
    EXPECT_EQ(propose({need({key('a', KeyUse::pattern)}), need({by('a', 500)})}).proposals.size(), 2U);
}

TEST(Fold, KeepsTheConditionsThatAllHave) {
    const AccessKey alive = key('d', KeyUse::is_null);
    EXPECT_EQ(propose({need({by('a'), alive}), need({by('a'), by('b', 5), alive})}).text(), "(a, b) WHERE d IS NULL");
    EXPECT_EQ(propose({need({by('a'), alive}), need({by('a')})}).text(), "(a)");
    EXPECT_EQ(propose({need({by('a'), alive}), need({by('a'), key('d', KeyUse::is_not_null)})}).text(), "(a)");
}

TEST(Fold, TellsExpressionsApart) {
    const AccessKey expression{0, KeyUse::equality, key_flag::expression, 0};
    const ScanNeed lower = need({expression}, {.expression = "lower(a)"});
    const ScanNeed upper = need({expression}, {.expression = "upper(a)"});
    EXPECT_EQ(propose({lower, upper}).proposals.size(), 2U);
    EXPECT_EQ(propose({lower, lower}).proposals.size(), 1U);
}

TEST(Fold, MakesTheSameOfAnyOrderOfStatements) {
    std::vector<ScanNeed> needs{need({by('a', 5)}), need({by('a', 5), by('b', 50), range('c')}),
                                need({by('d', 70), sort('c')}, {.limited = true}), need({by('d', 70)}, {.calls = 30}),
                                need({key('e', KeyUse::pattern)})};
    std::vector<int> order{0, 1, 2, 3, 4};
    const std::string first = propose(needs).text();
    while (std::next_permutation(order.begin(), order.end())) {
        std::vector<ScanNeed> other;
        for (const int i : order) other.push_back(needs[static_cast<std::size_t>(i)]);
        const Proposed found = propose(other);
        ASSERT_EQ(found.proposals.size(), 3U);
        EXPECT_EQ(body_of(found.proposals[0].index), "(d, c)");
    }
    EXPECT_TRUE(first.starts_with("(d, c); ")) << first;
}

TEST(Proposals, LeaveOutWhatAnExistingIndexServes) {
    const auto verdict = [](const ExistingIndex &index, const ScanNeed &scan) {
        return propose({scan}, table_with(index)).verdicts[0].verdict;
    };
    const ExistingIndex ab = existing({held('a'), held('b')});
    EXPECT_EQ(verdict(ab, need({by('a', 5)})), Verdict::served);
    EXPECT_EQ(verdict(ab, need({by('a', 5), by('b', 90)})), Verdict::served) << "the order of equality is free";
    EXPECT_EQ(verdict(ab, need({by('a', 5), sort_down('b')}, {.limited = true})), Verdict::served);
    EXPECT_EQ(verdict(ab, need({sort('a'), sort_down('b')}, {.limited = true})), Verdict::proposed);
    EXPECT_EQ(verdict(ab, need({by('b', 5)})), Verdict::proposed);
    EXPECT_EQ(verdict(ab, need({by('a', 500), by('b', 90'000), by('c', 5)})), Verdict::served) << "few rows are left";
    EXPECT_EQ(verdict(ab, need({by('a', 5), by('b', 5), by('c', 5)})), Verdict::proposed);
    EXPECT_EQ(verdict(ab, need({key('a', KeyUse::pattern)})), Verdict::proposed);
    EXPECT_EQ(verdict(existing({held('a')}, AccessMethod::hash), need({by('a')})), Verdict::served);
    EXPECT_EQ(verdict(existing({held('a')}, AccessMethod::hash), need({range('a')})), Verdict::proposed);
    EXPECT_EQ(verdict(existing({held('b'), held('a', 0, OperatorClass::trigram)}, AccessMethod::gin),
                      need({key('a', KeyUse::pattern)})),
              Verdict::served);
    EXPECT_EQ(verdict(existing({held('a', 0, OperatorClass::pattern)}), need({range('a')})), Verdict::proposed);
}

TEST(Proposals, ServedOnlyByAnIndexThatIsValidAndOfAllTheirRows) {
    ExistingIndex index = existing({held('a')});
    const ScanNeed scan = need({by('a'), key('b', KeyUse::is_null)});
    index.conditions[index.condition_count++] = {column('b'), KeyUse::is_null};
    EXPECT_EQ(propose({scan}, table_with(index)).verdicts[0].verdict, Verdict::served);
    EXPECT_EQ(propose({need({by('a')})}, table_with(index)).text(), "(a)");
    index.usable = false;
    EXPECT_EQ(propose({scan}, table_with(index)).text(), "(a) WHERE b IS NULL");
}

TEST(Proposals, LeaveSmallTablesAndUnselectiveScansAlone) {
    IndexedTable small = plain_table();
    small.rows = 1999;
    EXPECT_EQ(propose({need({by('a')})}, small).verdicts[0].verdict, Verdict::small_table);
    small.rows = 2000;
    EXPECT_EQ(propose({need({by('a')})}, small).verdicts[0].verdict, Verdict::proposed);
    EXPECT_EQ(propose({need({by('a')}, {.removed = 79'999})}).verdicts[0].verdict, Verdict::keeps_most);
    EXPECT_EQ(propose({need({by('a')}, {.removed = 80'000})}).verdicts[0].verdict, Verdict::proposed);
    EXPECT_EQ(propose({need({sort('a')}, {.limited = true, .removed = 0})}).verdicts[0].verdict, Verdict::proposed);
    EXPECT_EQ(propose({need({})}).verdicts[0].verdict, Verdict::no_key);
}

TEST(Proposals, JudgeATableThatWasNeverAnalysedByWhatWasRead) {
    IndexedTable table = plain_table();
    table.rows = -1;
    EXPECT_EQ(propose({need({by('a')}, {.loops = 100, .read = 100'000, .removed = 99'000})}, table).verdicts[0].verdict,
              Verdict::small_table);
    EXPECT_EQ(propose({need({by('a')})}, table).verdicts[0].verdict, Verdict::proposed);
}

TEST(Proposals, MustSaveMoreThanWritesCost) {
    IndexedTable table = plain_table();
    const ScanNeed rare = need({by('a')}, {.calls = 1});
    table.writes = 99'000.0 / 20 - 1;
    EXPECT_EQ(propose({rare}, table).verdicts[0].verdict, Verdict::proposed);
    table.writes = 99'000.0 / 20;
    EXPECT_EQ(propose({rare}, table).verdicts[0].verdict, Verdict::not_worth);
    EXPECT_EQ(propose({need({by('a')}, {.calls = 2})}, table).verdicts[0].verdict, Verdict::proposed);
    EXPECT_EQ(propose({need({key('a', KeyUse::pattern)}, {.calls = 4})}, table).verdicts[0].verdict, Verdict::not_worth)
        << "GIN costs more to keep";
}

TEST(Proposals, WeighTheirStatementsTogether) {
    IndexedTable table = plain_table();
    table.writes = 99'000.0 / 20;
    const Proposed found = propose({need({by('a')}, {.calls = 1}), need({by('a')}, {.calls = 1})}, table);
    EXPECT_EQ(found.text(), "(a)");
    EXPECT_EQ(found.proposals[0].rows_saved, 198'000);
}

TEST(Proposals, ComeInTheOrderOfWhatTheySave) {
    const Proposed found = propose({need({by('a')}, {.calls = 1}), need({by('b'), by('c')}, {.calls = 5}),
                                    need({by('d')}, {.calls = 3}), need({}, {.calls = 9})});
    EXPECT_EQ(found.text(), "(b, c); (d); (a)");
    EXPECT_EQ(found.verdicts[0].place, 2);
    EXPECT_EQ(found.verdicts[1].place, 0);
    EXPECT_EQ(found.verdicts[2].place, 1);
    EXPECT_EQ(found.verdicts[3].verdict, Verdict::no_key);
}

TEST(Proposals, EstimateTheirSize) {
    const ColumnProfile columns[] = {{column('a'), 0, 4, 0}, {column('b'), 0.9F, 100, 0}};
    IndexedTable table{1e6, 1e9, 0, columns, 2, nullptr, 0, 0, 0};
    const auto bytes = [&](const ScanNeed &scan) { return propose({scan}, table).proposals[0].bytes; };
    EXPECT_NEAR(bytes(need({by('a')})), 24e6, 1e6);
    EXPECT_NEAR(bytes(need({by('a', 5), by('b', 5)})), 124e6, 1e6);
    EXPECT_NEAR(bytes(need({by('a'), key('b', KeyUse::is_not_null)})), 2.4e6, 1e5);
    EXPECT_GT(bytes(need({key('b', KeyUse::pattern)})), 100e6);
}

} // namespace
} // namespace query_audit::test
