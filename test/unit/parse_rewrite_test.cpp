// The statements that the advice writes out.
#include <gtest/gtest.h>

#include "parse_support.h"

namespace query_audit::test {
namespace {

struct Case {
    const char *text;
    const char *rewritten; // or the start of the reason
};

std::string batched(const char *text) {
    const Rewrite rewrite = rewrite_batched(text);
    return (rewrite.done ? "" : "no: ") + rewrite.text;
}

class Batched : public testing::TestWithParam<Case> {};

TEST_P(Batched, IsOneStatementForAllKeys) { EXPECT_EQ(batched(GetParam().text), GetParam().rewritten); }

TEST_P(Batched, IsABatchAndStaysOne) {
    EXPECT_TRUE(parse(GetParam().rewritten).shape.has(shape_flag::batch));
    EXPECT_FALSE(rewrite_batched(GetParam().rewritten).done);
}

INSTANTIATE_TEST_SUITE_P(
    Rewrite, Batched,
    testing::Values(
        Case{"SELECT * FROM t WHERE id = $1", "SELECT * FROM t WHERE id = ANY($1)"},
        Case{"SELECT name FROM t WHERE id = $1", "SELECT name, id FROM t WHERE id = ANY($1)"},
        Case{"SELECT name FROM t WHERE $1 = t.id", "SELECT name, t.id FROM t WHERE t.id = ANY($1)"},
        Case{"SELECT id, name FROM t WHERE t.id = $1", "SELECT id, name FROM t WHERE t.id = ANY($1)"},
        Case{"SELECT t.* FROM t JOIN u ON u.id = t.u WHERE t.k = $1",
             "SELECT t.* FROM t JOIN u ON u.id = t.u WHERE t.k = ANY($1)"},
        Case{"SELECT u.* FROM t JOIN u ON u.id = t.u WHERE t.k = $1",
             "SELECT u.*, t.k FROM t JOIN u ON u.id = t.u WHERE t.k = ANY($1)"},
        Case{"SELECT * FROM t WHERE id = $1::uuid", "SELECT * FROM t WHERE id = ANY($1::uuid[])"},
        Case{"SELECT * FROM t WHERE id = 5", "SELECT * FROM t WHERE id = ANY($1)"},
        Case{"SELECT * FROM t WHERE id = '5'::bigint AND a > $1",
             "SELECT * FROM t WHERE id = ANY($2::bigint[]) AND a > $1\n-- one value for all keys: $1"},
        Case{"SELECT * FROM t WHERE id IN ($1)", "SELECT * FROM t WHERE id = ANY($1)"},
        Case{"SELECT * FROM t WHERE a IS NULL AND k = $1 AND b > $2 ORDER BY c",
             "SELECT * FROM t WHERE a IS NULL AND k = ANY($1) AND b > $2 ORDER BY c\n-- one value for all keys: $2"},
        Case{"SELECT * FROM t WHERE k = $1 AND deleted = false",
             "SELECT * FROM t WHERE k = ANY($1) AND deleted = false"},
        Case{"SELECT count(*) FROM t WHERE k = $1",
             "SELECT k, count(*) FROM t WHERE k = ANY($1) GROUP BY k\n-- A key without rows gives no row here."},
        Case{"SELECT count(*) FROM t WHERE k = $1 LIMIT 1",
             "SELECT k, count(*) FROM t WHERE k = ANY($1) GROUP BY k\n-- A key without rows gives no row here."},
        Case{"SELECT sum(a), max(b) FROM t WHERE t.k = $1", "SELECT t.k, sum(a), max(b) FROM t WHERE t.k = ANY($1) "
                                                            "GROUP BY t.k\n-- A key without rows gives no row here."},
        Case{"SELECT a, count(*) FROM t WHERE k = $1 GROUP BY a",
             "SELECT k, a, count(*) FROM t WHERE k = ANY($1) GROUP BY k, a"},
        Case{"SELECT a, count(*) FROM t WHERE k = $1 GROUP BY 1",
             "SELECT a, count(*), k FROM t WHERE k = ANY($1) GROUP BY k, 1"},
        Case{"SELECT DISTINCT a FROM t WHERE k = $1", "SELECT DISTINCT a, k FROM t WHERE k = ANY($1)"},
        Case{"SELECT * FROM t WHERE k = $1 FOR UPDATE", "SELECT * FROM t WHERE k = ANY($1) FOR UPDATE"}));

TEST(BatchedText, KeepsALimitWithoutAKnownUniqueKey) {
    EXPECT_EQ(batched("SELECT * FROM t WHERE k = $1 LIMIT $2"),
              "no: It returns the first rows of each key; use a LATERAL join to the list of keys.");
    EXPECT_EQ(batched("SELECT * FROM t WHERE k = $1 FETCH FIRST $2 ROWS ONLY"),
              "no: It returns the first rows of each key; use a LATERAL join to the list of keys.");
}

TEST(BatchedText, GivesTheReasonWhereThereIsNone) {
    const std::vector<Case> cases = {
        {"UPDATE t SET a = 1 WHERE id = $1", "It is not a SELECT."},
        {"SELECT * FROM", "It cannot be parsed."},
        {"SELECT * FROM t", "It has no equality"},
        {"SELECT * FROM t WHERE a > $1", "It has no equality"},
        {"SELECT * FROM t WHERE a = $1 OR b > $2", "It has no equality"},
        {"SELECT * FROM t WHERE a = b", "It has no equality"},
        {"SELECT count(*) FROM (SELECT * FROM t WHERE k = $1) x", "It has no equality"},
        {"SELECT * FROM t WHERE id = ANY($1)", "It already looks"},
        {"SELECT * FROM t WHERE id IN ($1, $2)", "It already looks"},
        {"SELECT * FROM t WHERE a = $1 AND b = $2", "It is filtered by equality on several columns"},
        {"SELECT * FROM t WHERE k = $1 OFFSET 5", "It skips rows"},
        {"SELECT a, rank() OVER (ORDER BY b) FROM t WHERE k = $1", "It computes window functions"},
        {"SELECT DISTINCT ON (a) * FROM t WHERE k = $1", "It keeps one row of each group"},
        {"SELECT a, count(*) FROM t WHERE k = $1 GROUP BY a LIMIT 5", "It returns the first groups"},
        {"SELECT * FROM t WHERE k = $1 ORDER BY a LIMIT 1 FOR UPDATE", "It returns the first rows"},
        {"SELECT a, count(*) FROM t WHERE k = $1 GROUP BY ROLLUP (a)", "It groups by several sets"},
        {"SELECT a AS k FROM t WHERE t.k = $1 ORDER BY k", "It sorts by an output column"},
        {"SELECT * FROM t WHERE k = $1 AND lower(a) = $2", "It is filtered by equality in more ways"},
        {"SELECT * FROM t WHERE k = $1 AND a IS NOT DISTINCT FROM $2", "It is filtered by equality in more ways"},
        {"SELECT *, $1 FROM t WHERE k = $1", "It uses its key in more than one place"},
        {"SELECT a FROM t WHERE k = 1 UNION SELECT b FROM u WHERE k = 2", "It has no equality"},
        {"SELECT * FROM t WHERE k = $1::int[]", "Its key is an array"},
    };
    for (const Case &one : cases) {
        const Rewrite rewrite = rewrite_batched(one.text);
        EXPECT_FALSE(rewrite.done) << one.text;
        EXPECT_TRUE(rewrite.text.starts_with(one.rewritten)) << one.text << ": " << rewrite.text;
    }
}

std::string without_parentheses(std::string text) {
    std::erase_if(text, [](char c) { return c == '(' || c == ')'; });
    return text;
}

TEST(Page, AsksForOneRowMore) {
    const std::vector<Case> cases = {
        {"SELECT * FROM t ORDER BY a LIMIT $1", "SELECT * FROM t ORDER BY a LIMIT ($1 + 1)"},
        {"SELECT * FROM t ORDER BY a LIMIT 20 OFFSET 40", "SELECT * FROM t ORDER BY a LIMIT 21 OFFSET 40"},
        {"SELECT * FROM t OFFSET $1 ROWS FETCH NEXT $2 ROWS ONLY", "SELECT * FROM t LIMIT ($2 + 1) OFFSET $1"},
        {"SELECT * FROM t LIMIT $1::int", "SELECT * FROM t LIMIT ($1::int + 1)"},
        {"SELECT x.*, u.a FROM (SELECT * FROM t LIMIT $1) x LEFT JOIN u ON u.t = x.id",
         "SELECT x.*, u.a FROM (SELECT * FROM t LIMIT ($1 + 1)) x LEFT JOIN u ON u.t = x.id"},
    };
    for (const Case &one : cases) {
        const Rewrite rewrite = rewrite_page(one.text);
        EXPECT_TRUE(rewrite.done) << one.text << ": " << rewrite.text;
        // Releases of libpg_query differ in whether they put the sum in parentheses.
        EXPECT_EQ(without_parentheses(rewrite.text), without_parentheses(one.rewritten));
        EXPECT_EQ(parse(rewrite.text).shape.filter_identity, parse(one.text).shape.filter_identity);
    }
    for (const char *text : {"SELECT * FROM t", "SELECT count(*) FROM t LIMIT 1", "SELECT * FROM t OFFSET 5",
                             "DELETE FROM t", "SELECT * FROM t ORDER BY a FETCH FIRST 5 ROWS WITH TIES", "not sql"}) {
        EXPECT_FALSE(rewrite_page(text).done) << text;
        EXPECT_NE(rewrite_page(text).text, "") << text;
    }
}

TEST(Rewrites, FitTheirBuffer) {
    const std::string_view text = "SELECT name FROM t WHERE id = $1";
    char small[30] = "xxxxxxxxx";
    EXPECT_FALSE(query_audit_rewrite_batched(text.data(), text.size(), nullptr, small, sizeof small));
    EXPECT_STREQ(small, "It would be too long to show.") << "cut it would be other SQL";
    EXPECT_FALSE(query_audit_rewrite_page(text.data(), text.size(), small, 0)) << "writes nothing";
    EXPECT_STREQ(small, "It would be too long to show.");
    char tiny[10];
    EXPECT_FALSE(query_audit_rewrite_batched(text.data(), text.size(), nullptr, tiny, sizeof tiny));
    EXPECT_STREQ(tiny, "It would ");
}

} // namespace
} // namespace query_audit::test
