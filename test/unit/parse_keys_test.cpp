// Which rows a SELECT returns: all that its filter keeps, keys, or those of a list of keys.
#include <gtest/gtest.h>

#include "parse_support.h"

namespace query_audit::test {
namespace {

using namespace shape_flag;

constexpr std::uint32_t all = whole | distinct | keys | key_list;

struct Case {
    const char *text;
    std::uint32_t flags; // of these four
};

class RowFlags : public testing::TestWithParam<Case> {};

TEST_P(RowFlags, AreThese) {
    const ParsedStatement parsed = parse(GetParam().text);
    ASSERT_EQ(parsed.status, ParseStatus::ok) << GetParam().text << ": " << parsed.error_message;
    EXPECT_EQ(parsed.shape.flags & all, GetParam().flags) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Whole, RowFlags,
    testing::Values(Case{"SELECT * FROM t WHERE a = $1", whole}, Case{"SELECT id, b FROM t", whole},
                    Case{"SELECT id, b, c FROM t ORDER BY b", whole},
                    Case{"SELECT t.* FROM t JOIN u ON u.id = t.u WHERE u.a = 1", whole},
                    Case{"SELECT t.id, t.b, u.c FROM t LEFT JOIN u ON u.id = t.u", whole},
                    Case{"SELECT x.id, x.b FROM (SELECT * FROM t WHERE a = 1 ORDER BY b) x", whole},
                    Case{"WITH x AS (SELECT id, b FROM t WHERE a = 1) SELECT * FROM x", whole},
                    Case{"SELECT t.id, t.b, count(u.id) FROM t LEFT JOIN u ON u.t = t.id GROUP BY t.id", whole},
                    Case{"SELECT a, b FROM t UNION ALL SELECT a, b FROM u", whole},
                    Case{"SELECT count(*) FROM t WHERE a = 1", whole}, Case{"SELECT count(1) FROM t LIMIT 1", whole},
                    Case{"SELECT count(id) FROM t", whole},
                    Case{"SELECT count(*) FROM (SELECT id FROM t WHERE a = 1 ORDER BY b) x", whole},
                    Case{"SELECT count(c) FROM (SELECT 1 AS c FROM t) x", whole},
                    Case{"SELECT (SELECT count(*) FROM t WHERE a = 1) AS n", whole},
                    Case{"SELECT count(t.id) FROM t LEFT JOIN u ON u.t = t.id", whole}));

INSTANTIATE_TEST_SUITE_P(NotWhole, RowFlags,
                         testing::Values(Case{"SELECT * FROM t LIMIT 5", 0}, Case{"SELECT * FROM t OFFSET 5", 0},
                                         Case{"SELECT * FROM (SELECT * FROM t LIMIT 5) x", 0},
                                         Case{"SELECT count(*) FROM (SELECT id, a FROM t LIMIT 1000) x", 0},
                                         Case{"SELECT 1 FROM t WHERE a = 1", 0},
                                         Case{"SELECT EXISTS (SELECT 1 FROM t WHERE a = 1)", 0},
                                         Case{"SELECT a, count(*) FROM t GROUP BY a", 0},
                                         Case{"SELECT sum(a) FROM t", 0}, Case{"SELECT max(a), count(*) FROM t", 0},
                                         Case{"SELECT u.id, u.a FROM t JOIN u ON u.t = t.id WHERE t.a = 1", 0},
                                         Case{"SELECT count(u.id) FROM t JOIN u ON u.t = t.id WHERE t.a = 1", 0},
                                         Case{"SELECT count(*) FROM (SELECT a FROM t GROUP BY a) x", 0},
                                         Case{"SELECT 1", 0}, Case{"INSERT INTO t SELECT * FROM u", 0},
                                         Case{"UPDATE t SET a = 1 WHERE id IN (1, 2)", 0}));

INSTANTIATE_TEST_SUITE_P(
    Distinct, RowFlags,
    testing::Values(Case{"SELECT DISTINCT id, a FROM t", whole | distinct},
                    Case{"SELECT DISTINCT ON (a) id, b FROM t", whole | distinct},
                    Case{"SELECT x.id, x.a FROM (SELECT DISTINCT id, a FROM t) x", whole | distinct},
                    Case{"SELECT a, b FROM t UNION SELECT a, b FROM u", whole | distinct},
                    Case{"SELECT count(*) FROM (SELECT DISTINCT id, a FROM t) x", whole | distinct},
                    Case{"SELECT count(*) FROM (SELECT DISTINCT u.a FROM t JOIN u ON u.t = t.id) x", distinct},
                    Case{"SELECT count(DISTINCT id) FROM t", whole | distinct},
                    Case{"SELECT count(DISTINCT u.id) FROM t JOIN u ON u.t = t.id", distinct}));

INSTANTIATE_TEST_SUITE_P(
    Keys, RowFlags,
    testing::Values(
        Case{"SELECT id FROM t WHERE a = 1", whole | keys}, Case{"SELECT t.id AS t_id FROM t", whole | keys},
        Case{"SELECT id, a FROM t ORDER BY a", whole | keys}, Case{"SELECT id FROM t ORDER BY a LIMIT 10", keys},
        Case{"SELECT id::text FROM t", whole | keys}, Case{"SELECT id, a FROM t", whole},
        Case{"SELECT a, id, b, c FROM t ORDER BY id, b, c", whole}, Case{"SELECT id + 1 FROM t", 0},
        Case{"SELECT lower(a) FROM t", 0}, Case{"SELECT u.t FROM t JOIN u ON u.t = t.id", keys},
        Case{"SELECT DISTINCT x.t_id AS ids FROM (SELECT t.id AS t_id, t.a FROM t) x ORDER BY t_id LIMIT 10",
             keys | distinct},
        Case{"SELECT id FROM (SELECT * FROM t) x", whole | keys}, Case{"SELECT n FROM f(1) AS g(n)", 0},
        Case{"SELECT n FROM (SELECT id FROM t) AS x(n)", whole}));

INSTANTIATE_TEST_SUITE_P(
    KeyLists, RowFlags,
    testing::Values(Case{"SELECT * FROM t WHERE id IN (1, 2)", whole | key_list},
                    Case{"SELECT * FROM t WHERE id = ANY($1)", whole | key_list},
                    Case{"SELECT * FROM t WHERE t.id = ANY(ARRAY[$1, $2]) AND a = $3", whole | key_list},
                    Case{"SELECT t.*, u.* FROM t LEFT JOIN u ON u.t = t.id WHERE t.id IN (1, 2) LIMIT 9", key_list},
                    Case{"SELECT x.a, x.b FROM (SELECT a, b FROM t WHERE id IN (1, 2)) x", whole | key_list},
                    Case{"SELECT * FROM t WHERE id IN (1)", whole},
                    Case{"SELECT * FROM t WHERE id NOT IN (1, 2)", whole},
                    Case{"SELECT * FROM t WHERE id IN (1, 2) AND a IN (3, 4)", whole},
                    Case{"SELECT * FROM t WHERE id IN (1, 2) OR a = 1", whole},
                    Case{"SELECT * FROM t WHERE id IN (SELECT id FROM u)", whole},
                    Case{"SELECT * FROM t WHERE lower(a) IN ('a', 'b')", whole},
                    Case{"SELECT count(*) FROM t WHERE id IN (1, 2)", whole},
                    Case{"SELECT id FROM t WHERE id IN (1, 2)", whole | keys}));

TEST(Ranged, AreAggregatesWithBoundsAlone) {
    const auto is_ranged = [](std::string_view text) { return parse(text).shape.has(ranged); };
    EXPECT_TRUE(is_ranged("SELECT count(*) FROM t WHERE a > $1 AND a <= $2"));
    EXPECT_TRUE(is_ranged("SELECT sum(b) FROM t WHERE a BETWEEN $1 AND $2"));
    EXPECT_FALSE(is_ranged("SELECT count(*) FROM t WHERE a > $1 AND b = $2"));
    EXPECT_FALSE(is_ranged("SELECT count(*) FROM t"));
    EXPECT_FALSE(is_ranged("SELECT * FROM t WHERE a > $1"));
}

std::uint32_t row_key(std::string_view text) { return parse(text).shape.row_key; }

TEST(RowKey, IsTheSameForKeysAndTheirList) {
    const std::uint32_t key = row_key("SELECT id FROM t WHERE a = 1");
    EXPECT_NE(key, 0u);
    for (const char *text :
         {"SELECT x.id AS y FROM t AS x", "SELECT * FROM t WHERE id IN (1, 2)",
          "SELECT * FROM t AS x WHERE x.id = ANY($1)",
          "SELECT DISTINCT d.t_id AS ids FROM (SELECT x.id AS t_id, x.a AS t_a FROM t x LEFT JOIN u ON u.t = x.id) d "
          "ORDER BY t_id LIMIT 10",
          "SELECT id_0 FROM (SELECT DISTINCT id_0, a_1 FROM (SELECT t0.id AS id_0, t0.a AS a_1 FROM t t0) p ORDER BY "
          "a_1) q "
          "LIMIT 5",
          "WITH w AS (SELECT * FROM t) SELECT w.id FROM w",
          "SELECT x.id, u.a FROM t x LEFT JOIN u ON u.t = x.id WHERE x.id IN ($1, $2, $3)"}) {
        EXPECT_EQ(row_key(text), key) << text;
    }
}

TEST(RowKey, DiffersByColumnRelationAndSchema) {
    const std::uint32_t key = row_key("SELECT id FROM t");
    for (const char *text : {"SELECT a FROM t", "SELECT id FROM u", "SELECT id FROM s.t",
                             "SELECT * FROM u WHERE t_id IN (1, 2)", "SELECT * FROM t WHERE parent_id IN (1, 2)"}) {
        EXPECT_NE(row_key(text), key) << text;
        EXPECT_NE(row_key(text), 0u) << text;
    }
}

TEST(RowKey, OfDistinctIsThatOfItsColumnsInAnyOrder) {
    const std::uint32_t key = row_key("SELECT DISTINCT id, a FROM t WHERE b = 1");
    EXPECT_EQ(row_key("SELECT count(*) FROM (SELECT DISTINCT x.a AS col2, x.id AS col1 FROM t x) y"), key);
    EXPECT_NE(row_key("SELECT DISTINCT id, b FROM t"), key);
    EXPECT_EQ(row_key("SELECT DISTINCT a FROM t"), row_key("SELECT count(DISTINCT a) FROM t"));
    EXPECT_NE(row_key("SELECT DISTINCT a FROM t"), row_key("SELECT count(DISTINCT b) FROM t"));
}

TEST(ListParameter, IsThatOfAny) {
    EXPECT_EQ(parse("SELECT * FROM t WHERE a = $1 AND id = ANY($2)").shape.list_parameter, 2);
    EXPECT_EQ(parse("SELECT * FROM t WHERE id = ANY($1::int[])").shape.list_parameter, 1);
    EXPECT_EQ(parse("SELECT * FROM t WHERE id = ANY(ARRAY[$1, $2])").shape.list_parameter, 0);
    EXPECT_EQ(parse("SELECT * FROM t WHERE id IN ($1, $2)").shape.list_parameter, 0);
}

} // namespace
} // namespace query_audit::test
