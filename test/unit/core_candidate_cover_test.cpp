// Which columns an index holds beside its keys.
#include <gtest/gtest.h>

#include "core_candidate_support.h"

namespace query_audit::test {
namespace {

constexpr ColumnProfile narrow_columns[] = {{column('a'), 0, 8, 0.1F}, {column('b'), 0, 8, 0},
                                            {column('c'), 0, 8, 0},    {column('d'), 0, 8, 0},
                                            {column('e'), 0, 8, 0},    {column('f'), 0, 200, 0}};

// A million rows of 160 bytes, which nobody changes.
IndexedTable quiet_table() {
    IndexedTable table{1e6, 160e6, 0, narrow_columns, 6, nullptr, 0, 0, 0};
    table.visible_share = 1;
    return table;
}

// Finds 2000 rows by a, and takes these columns of them.
ScanNeed taking(std::vector<char> columns, std::int64_t kept = 2000) {
    ScanNeed scan = need({by('a', 500)}, {.read = 1'000'000, .removed = 1'000'000 - kept});
    int count = 0;
    for (const char name : columns) scan.need.columns[count++] = column(name);
    return scan;
}

std::string text_of(const ScanNeed &scan, const IndexedTable &table = quiet_table()) {
    return propose({scan}, table).text();
}

TEST(Cover, HoldsFewNarrowColumnsWhereManyRowsAreVisited) {
    EXPECT_EQ(text_of(taking({'b'})), "(a) INCLUDE (b)");
    EXPECT_EQ(text_of(taking({'b', 'c', 'd'})), "(a) INCLUDE (b, c, d)");
    EXPECT_EQ(text_of(taking({})), "(a)") << "the keys are all it takes";
    EXPECT_EQ(text_of(taking({'b'}, 200)), "(a)") << "few rows";
    EXPECT_EQ(text_of(taking({'b'}, 200'001)), "") << "a large part of the table";
    EXPECT_EQ(text_of(taking({'f'})), "(a)") << "a wide column";
    EXPECT_EQ(text_of(taking({'g'})), "(a)") << "a column that nothing is known of";
    ScanNeed all = taking({});
    all.need.columns[0] = many_columns;
    EXPECT_EQ(text_of(all), "(a)");
}

TEST(Cover, HoldsWhatIsComparedAndIsNoKey) {
    ScanNeed scan = taking({'d'});
    scan.need.keys[scan.need.count++] = range('b');
    scan.need.keys[scan.need.count++] = range('c');
    EXPECT_EQ(text_of(scan), "(a, b) INCLUDE (c, d)");
    scan.need.columns[1] = column('e');
    EXPECT_EQ(text_of(scan), "(a, b) INCLUDE (c, d, e)");
    scan.need.columns[2] = column('g');
    EXPECT_EQ(text_of(scan), "(a, b)");
}

TEST(Cover, LeavesTablesThatChangeAlone) {
    IndexedTable table = quiet_table();
    table.visible_share = 0.89;
    EXPECT_EQ(text_of(taking({'b'}), table), "(a)");
    table = quiet_table();
    table.changes = 50'001;
    EXPECT_EQ(text_of(taking({'b'}), table), "(a)");
    table.changes = 50'000;
    EXPECT_EQ(text_of(taking({'b'}), table), "(a) INCLUDE (b)");
}

TEST(Cover, LeavesRowsThatStandTogetherAndOnesThatALimitEndsAlone) {
    IndexedTable table = quiet_table();
    const ColumnProfile together[] = {{column('a'), 0, 8, 1}, {column('b'), 0, 8, 0}};
    table.columns = together;
    table.column_count = 2;
    EXPECT_EQ(text_of(taking({'b'}), table), "(a)");
    ScanNeed first = taking({'b'});
    first.need.keys[first.need.count++] = sort('c');
    first.need.sort_limited = 1;
    EXPECT_EQ(text_of(first), "(a, c)");
}

TEST(Cover, LeavesAnIndexThatWouldBeLargeBesideItsTableAlone) {
    IndexedTable table = quiet_table();
    table.bytes = 70e6;
    EXPECT_EQ(text_of(taking({'b'}), table), "(a)");
}

TEST(Cover, AnswersScansOfAnIndexWithoutTheColumns) {
    ScanNeed scan = taking({'b'});
    scan.rows_read = 2000 * scan.calls;
    scan.rows_removed = 0;
    ExistingIndex index = existing({held('a')});
    IndexedTable table = quiet_table();
    table.indexes = &index;
    table.index_count = 1;
    const Proposed found = propose({scan}, table);
    EXPECT_EQ(found.text(), "(a) INCLUDE (b)");
    EXPECT_NEAR(found.proposals[0].rows_saved, 20'000, 300) << "visits";
    index.includes[index.include_count++] = column('b');
    EXPECT_EQ(propose({scan}, table).verdicts[0].verdict, Verdict::served);
    index = existing({held('a'), held('b')});
    EXPECT_EQ(propose({scan}, table).verdicts[0].verdict, Verdict::served);
    index = existing({held('a')});
    table.writes = 1001;
    EXPECT_EQ(propose({scan}, table).verdicts[0].verdict, Verdict::not_worth);
}

TEST(Cover, FoldsWithOthersWhereThereIsRoom) {
    ScanNeed other = taking({'c'});
    EXPECT_EQ(propose({taking({'b'}), other}, quiet_table()).text(), "(a) INCLUDE (b, c)");
    ScanNeed wide = need({by('a', 500), range('b')});
    EXPECT_EQ(propose({taking({'b'}), wide}, quiet_table()).text(), "(a, b)") << "a key holds it";
    EXPECT_EQ(propose({taking({'b', 'c'}), taking({'d', 'e'})}, quiet_table()).proposals.size(), 2U);
}

} // namespace
} // namespace query_audit::test
