// What is asked by an OR of several columns.
#include <gtest/gtest.h>

#include "core_candidate_support.h"

namespace query_audit::test {
namespace {

AccessKey in(AccessKey key, std::uint8_t part) {
    key.alternative = part;
    return key;
}

// The candidates of a need's parts, one after the other.
std::string parts_of(const ScanNeed &scan, const IndexedTable &table = plain_table()) {
    ScanNeed parts[max_alternatives];
    const int count = split_alternatives(scan, table, 1, parts);
    std::string all;
    for (int i = 0; i < count; ++i) all += (i > 0 ? "; " : "") + candidate_of(parts[i], table);
    return all;
}

Proposed propose_split(const std::vector<ScanNeed> &needs, const IndexedTable &table = plain_table()) {
    std::vector<ScanNeed> all;
    for (const ScanNeed &one : needs) {
        ScanNeed parts[max_alternatives];
        const int count = split_alternatives(one, table, static_cast<int>(all.size()) + 1, parts);
        all.insert(all.end(), parts, parts + count);
    }
    return propose(all, table);
}

ScanNeed either(const NeedOptions &options = {}) { return need({in(by('a', 5000), 1), in(by('b', 5000), 2)}, options); }

TEST(Split, GivesEachPartItsIndex) {
    EXPECT_EQ(parts_of(either()), "(a); (b)");
    EXPECT_EQ(parts_of(need({in(by('a'), 1), in(range('c'), 1), in(by('b'), 2), in(range('d'), 3)})),
              "(a, c); (b); (d)");
    EXPECT_EQ(parts_of(need({in(key('a', KeyUse::pattern), 1), in(key('b', KeyUse::pattern), 2)})),
              "USING gin (a gin_trgm_ops); USING gin (b gin_trgm_ops)");
}

TEST(Split, GivesEachPartItsExpression) {
    AccessKey expression = key('a', KeyUse::equality, 0);
    expression.attribute = 0;
    ScanNeed scan = need({in(expression, 1), in(expression, 2), in(by('b'), 3)});
    assign_text(scan.need.alternative_expressions[0], "lower(a)");
    assign_text(scan.need.alternative_expressions[1], "upper(c)");
    EXPECT_EQ(parts_of(scan), "(lower(a)); (upper(c)); (b)");
    ScanNeed beside = need({in(by('a'), 1), in(by('b'), 2), expression}, {.expression = "lower(c)"});
    EXPECT_EQ(parts_of(beside), "(a, lower(c)); (b, lower(c))");
}

TEST(Split, LeavesTheColumnsOfTheOrToTheTable) {
    ScanNeed parts[max_alternatives];
    ASSERT_EQ(split_alternatives(need({by('c', 100'000), in(by('a'), 1), in(by('b'), 2)}), plain_table(), 1, parts), 1);
    EXPECT_EQ(parts[0].need.columns[0], many_columns) << "an index of c alone does not hold them";
}

TEST(Split, PutsWhatAllRowsAreAskedForIntoEachIndex) {
    EXPECT_EQ(parts_of(need({by('c', 20), in(by('a', 500), 1), in(by('b', 500), 2)})), "(a, c); (b, c)");
    EXPECT_EQ(parts_of(need({key('c', KeyUse::is_null, 0), in(by('a'), 1), in(by('b'), 2)})),
              "(a) WHERE c IS NULL; (b) WHERE c IS NULL");
}

TEST(Split, LeavesTheOrAloneWhereTheRestFindsFewRows) {
    EXPECT_EQ(parts_of(need({by('c', 100), in(by('a'), 1), in(by('b'), 2)})), "(c)");
    EXPECT_EQ(parts_of(need({by('c', 90), in(by('a', 500), 1), in(by('b', 500), 2)})), "(a, c); (b, c)");
}

TEST(Split, PrefersTheSortOfALimitWhereManyRowsMeetTheOr) {
    const auto sorted = [](std::int64_t kept, std::vector<AccessKey> keys) {
        keys.push_back(sort_down('d'));
        return parts_of(need(std::move(keys), {.limited = true, .removed = 100'000 - kept}));
    };
    EXPECT_EQ(sorted(1000, {in(by('a'), 1), in(by('b'), 2)}), "(a); (b)") << "few rows are sorted in no time";
    EXPECT_EQ(sorted(1001, {in(by('a'), 1), in(by('b'), 2)}), "(d DESC)");
    EXPECT_EQ(sorted(10, {by('c', 20), in(by('a'), 1), in(by('b'), 2)}), "(c, d DESC)");
}

TEST(Split, DividesWhatIsSaved) {
    const Proposed both = propose_split({either({.calls = 10, .read = 100'000, .removed = 99'990})});
    ASSERT_EQ(both.text(), "(a); (b)");
    EXPECT_EQ(both.proposals[0].rows_saved, 499'950);
    EXPECT_EQ(both.proposals[1].rows_saved, 499'950);
    EXPECT_EQ(both.proposals[0].calls, 10);
}

TEST(Split, ProposesAllOrNone) {
    EXPECT_EQ(propose_split({either()}).text(), "(a); (b)");
    const ScanNeed open = need({in(by('a'), 1), in(key('b', KeyUse::none), 2)});
    EXPECT_EQ(propose_split({open}).text(), "") << "the other part has no key";
    EXPECT_EQ(propose_split({open}).verdicts[0].verdict, Verdict::no_key);
    EXPECT_EQ(propose_split({open, need({by('a')})}).text(), "(a)") << "for the other need";
    EXPECT_EQ(propose_split({either({.removed = 70'000})}).text(), "") << "the scan keeps most";
}

TEST(Split, ProposesWhatIsMissingBesideWhatIsThere) {
    const ExistingIndex index = existing({held('b')});
    const Proposed proposed = propose_split({either()}, table_with(index));
    EXPECT_EQ(proposed.text(), "(a)");
    EXPECT_EQ(proposed.verdicts[0].verdict, Verdict::proposed);
    EXPECT_EQ(proposed.verdicts[1].verdict, Verdict::served);
}

TEST(Split, GivesUpTogetherWhereOneIsNotWorthItsUpkeep) {
    IndexedTable table = plain_table();
    // Half of what the OR saves is 9,900,000 rows for each: enough for one index with another need's help.
    table.writes = 600'000;
    const ScanNeed scan = either({.calls = 200});
    EXPECT_EQ(propose_split({scan}, table).text(), "");
    const ScanNeed other = need({by('a', 5000)}, {.calls = 100});
    EXPECT_EQ(propose_split({scan, other}, table).text(), "") << "the other need alone is not worth it";
    const ScanNeed frequent = need({by('a', 5000)}, {.calls = 200});
    const Proposed proposed = propose_split({scan, frequent}, table);
    EXPECT_EQ(proposed.text(), "(a)");
    EXPECT_EQ(proposed.proposals[0].rows_saved, 200 * 99'000) << "nothing of the OR";
    EXPECT_EQ(proposed.verdicts[0].verdict, Verdict::not_worth);
    EXPECT_EQ(proposed.verdicts[2].verdict, Verdict::proposed);
}

TEST(Split, SharesAnIndexWithOthers) {
    const Proposed proposed = propose_split({either(), need({by('a', 5000), range('c')})});
    EXPECT_EQ(proposed.text(), "(a, c); (b)");
}

} // namespace
} // namespace query_audit::test
