// fetch_ids_then_rows: keys of a table, then its rows by these keys.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *rule_id = "fetch_ids_then_rows";
enum { keys_fetched, keys_listed, rows_fetched, keys_us, rows_us, keys_limit };

StatementShape of_key(StatementShape shape, std::uint32_t row_key) {
    shape.row_key = row_key;
    return shape;
}

const StatementShape ids = of_key(look_up(1, shape_flag::whole | shape_flag::keys), 11);

// Of the same relation, with another fingerprint.
StatementShape make_rows() {
    StatementShape shape = of_key(look_up(1, shape_flag::batch | shape_flag::key_list), 11);
    shape.fingerprint += 1;
    return shape;
}
const StatementShape rows = make_rows();

Call fetching(std::uint64_t count) { return {.value = 1, .rows = count}; }
Call by_list(std::int32_t length, std::uint64_t found) { return {.value = 2, .rows = found, .list_length = length}; }

Session in_transaction(const StatementShape &first, const Call &one, const StatementShape &second, const Call &two) {
    Session session;
    session.begin();
    session.run(first, one);
    session.run(second, two);
    session.commit();
    return session;
}

TEST(FetchIdsThenRows, IsFound) {
    const Session session = in_transaction(ids, fetching(20), rows, by_list(20, 20));
    const UnitFinding finding = session.finding(rule_id, rows);
    EXPECT_EQ(finding.confidence, Confidence::high);
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.mark, Mark::transaction);
    EXPECT_EQ(finding.parent_fingerprint, ids.fingerprint);
    EXPECT_EQ(finding.text_key, rows.text_key());
    EXPECT_TRUE(has_reason(finding, Reason::list_as_long));
    EXPECT_EQ(finding.calls, 1u);
    EXPECT_EQ(finding.rows, 20u);
    EXPECT_EQ(finding.evidence[keys_fetched], 20);
    EXPECT_EQ(finding.evidence[keys_listed], 20);
    EXPECT_EQ(finding.evidence[rows_fetched], 20);
    EXPECT_EQ(finding.evidence[keys_limit], -1);
    EXPECT_EQ(finding.saved_ns, 300'000) << "the pause between";
}

TEST(FetchIdsThenRows, NeedsAListAboutAsLongAsTheKeys) {
    struct {
        std::uint64_t keys;
        std::int32_t length;
        Confidence confidence;
    } const cases[] = {{20, 20, Confidence::high}, {20, 18, Confidence::medium}, {20, 17, Confidence::none},
                       {20, 21, Confidence::none}, {20, 32, Confidence::medium}, {20, 64, Confidence::none},
                       {4, 4, Confidence::none},   {5, 5, Confidence::high},     {500, 50, Confidence::none}};
    for (const auto &one : cases) {
        const Session session = in_transaction(ids, fetching(one.keys), rows, by_list(one.length, 4));
        EXPECT_EQ(session.confidence(rule_id, rows), one.confidence) << one.keys << " and " << one.length;
    }
}

TEST(FetchIdsThenRows, LeavesKeysOfAnotherColumnOrTableAlone) {
    const StatementShape others[] = {of_key(look_up(1, shape_flag::keys), 12), of_key(look_up(9, shape_flag::keys), 11),
                                     of_key(look_up(1), 11)};
    for (const StatementShape &other : others) {
        const Session session = in_transaction(other, fetching(20), rows, by_list(20, 20));
        EXPECT_TRUE(session.findings(rule_id, rows).empty());
    }
}

TEST(FetchIdsThenRows, LeavesAColumnThatIsNoKeyAlone) {
    const Session session = in_transaction(ids, fetching(20), rows, by_list(20, 300));
    EXPECT_TRUE(session.findings(rule_id, rows).empty());
    StatementShape joined = rows;
    joined.relation_mask |= 1;
    const Session collections = in_transaction(ids, fetching(20), joined, by_list(20, 300));
    EXPECT_EQ(collections.confidence(rule_id, joined), Confidence::high) << "a join makes more rows of one key";
}

TEST(FetchIdsThenRows, NeedsTheKeysFirst) {
    const Session session = in_transaction(rows, by_list(20, 20), ids, fetching(20));
    EXPECT_EQ(session.findings(rule_id, rows).size(), 0u);
}

TEST(FetchIdsThenRows, IsInformationWhereAListIsPagedWithItsCollections) {
    StatementShape page = ids;
    page.flags |= shape_flag::page | shape_flag::limit;
    StatementShape joined = rows;
    joined.relation_mask |= 1;
    Call first = fetching(20);
    first.limit = 20;
    const Session session = in_transaction(page, first, joined, by_list(20, 90));
    EXPECT_EQ(session.finding(rule_id, joined).severity, Severity::info);
    EXPECT_EQ(session.finding(rule_id, joined).evidence[keys_limit], 20);
    const Session plain = in_transaction(page, first, rows, by_list(20, 20));
    EXPECT_EQ(plain.finding(rule_id, rows).severity, Severity::warning);
}

TEST(FetchIdsThenRows, InABurstNeedsTheOneRightAfterTheOther) {
    Session adjacent;
    adjacent.run(ids, fetching(20));
    adjacent.run(rows, by_list(20, 20));
    EXPECT_EQ(adjacent.confidence(rule_id, rows), Confidence::medium);
    Session apart;
    apart.run(ids, fetching(20));
    apart.run(look_up(5));
    apart.run(rows, by_list(20, 20));
    EXPECT_EQ(apart.confidence(rule_id, rows), Confidence::low);
    Session trace(Mark::trace);
    trace.run(ids, fetching(20));
    trace.run(look_up(5));
    trace.run(rows, by_list(20, 20));
    EXPECT_EQ(trace.confidence(rule_id, rows), Confidence::high);
}

TEST(FetchIdsThenRows, LooksPastOtherStatementsButNotFar) {
    for (const int between : {22, 24}) {
        Session session(Mark::trace);
        session.run(ids, fetching(20));
        session.repeat(look_up(5), between);
        session.run(rows, by_list(20, 20));
        EXPECT_EQ(session.findings(rule_id, rows).size(), between == 22 ? 1u : 0u);
    }
}

TEST(FetchIdsThenRows, LeavesFailedStatementsAlone) {
    Call failed = fetching(20);
    failed.flags = event_flag::failed;
    EXPECT_TRUE(in_transaction(ids, failed, rows, by_list(20, 20)).findings(rule_id, rows).empty());
    Call failed_rows = by_list(20, 20);
    failed_rows.flags = event_flag::failed;
    EXPECT_TRUE(in_transaction(ids, fetching(20), rows, failed_rows).findings(rule_id, rows).empty());
}

} // namespace
} // namespace query_audit::test
