// Which texts are one shape.
#include <gtest/gtest.h>

#include "parse_support.h"

namespace query_audit::test {
namespace {

std::uint64_t fingerprint(const char *text) { return parse(text).shape.fingerprint; }

TEST(Fingerprint, FoldsWhatDiffersFromCallToCall) {
    const std::vector<std::pair<const char *, const char *>> same = {
        {"SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = $1"},
        {"SELECT a FROM t WHERE b = 'x'", "SELECT a FROM t WHERE b = 'y y'"},
        {"SELECT a FROM t WHERE b = -1", "SELECT a FROM t WHERE b = NULL"},
        {"SELECT a FROM t WHERE b IN (1)", "SELECT a FROM t WHERE b IN ($1, $2, $3)"},
        {"SELECT a FROM t WHERE b IN ('a'::uuid)", "SELECT a FROM t WHERE b IN ($1::uuid, $2::uuid)"},
        {"SELECT a FROM t WHERE b = ANY(ARRAY[1])", "SELECT a FROM t WHERE b = ANY(ARRAY[1, 2, 3])"},
        {"SELECT a FROM t WHERE (b, c) IN ((1, 2))", "SELECT a FROM t WHERE (b, c) IN ((1, 2), (3, 4))"},
        {"INSERT INTO t VALUES (1, 2)", "INSERT INTO t VALUES ($1, $2), ($3, $4)"},
        {"SELECT a FROM t WHERE b = 1", "/* route='x' */ select a\n  from t -- here\n where b=1 ;"},
        {"SELECT a AS x FROM t", "SELECT a AS y FROM t"},
        {"SELECT a FROM t LIMIT 10", "SELECT a FROM t LIMIT $1"},
        {"INSERT INTO t VALUES ((SELECT a FROM u WHERE b = 1))",
         "INSERT INTO t VALUES ((SELECT a FROM u WHERE b = 2)), ((SELECT a FROM u WHERE b = 3))"},
    };
    for (const auto &[one, other] : same) {
        EXPECT_NE(fingerprint(one), 0u);
        EXPECT_EQ(fingerprint(one), fingerprint(other)) << one << " / " << other;
    }
}

TEST(Fingerprint, IsTheSameWithCommentsBetweenWordsThatBelongTogether) {
    const std::vector<std::pair<const char *, const char *>> same = {
        {"SELECT a FROM t WHERE b NOT IN (1)", "SELECT a FROM t WHERE b NOT /* é */ IN (1)"},
        {"SELECT a FROM t WHERE b NOT LIKE 'x'", "SELECT a FROM t WHERE b NOT -- a\n LIKE 'x'"},
        {"SELECT a FROM t WHERE b NOT BETWEEN 1 AND 2", "SELECT a FROM t WHERE b NOT/**/BETWEEN 1 AND 2"},
        {"SELECT a FROM t ORDER BY a NULLS FIRST", "SELECT a FROM t ORDER BY a NULLS /* b */ FIRST"},
        {"SELECT * FROM unnest($1) WITH ORDINALITY", "SELECT * FROM unnest($1) WITH /* c */ ORDINALITY"},
        {"SELECT a::timestamp with time zone FROM t", "SELECT a::timestamp with /* d */ time zone FROM t"},
    };
    for (const auto &[one, other] : same) {
        EXPECT_EQ(parse(other).status, ParseStatus::ok) << other;
        EXPECT_EQ(fingerprint(one), fingerprint(other)) << one << " / " << other;
        EXPECT_EQ(normalize(one), normalize(other));
    }
}

TEST(Fingerprint, IsNoneOfATextWhoseCommentIsNotClosed) {
    for (const char *text : {"SELECT 1 /* a", "SELECT 1 /* a /* b */", "/* SELECT 1"}) {
        EXPECT_NE(parse(text).status, ParseStatus::ok) << text;
    }
}

TEST(Fingerprint, TellsShapesApart) {
    const std::vector<std::pair<const char *, const char *>> different = {
        {"SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE c = 1"},
        {"SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b > 1"},
        {"SELECT a FROM x.t", "SELECT a FROM y.t"},
        {"SELECT a FROM x.t", "SELECT a FROM t"},
        {"SELECT a FROM t", "SELECT b FROM t"},
        {"SELECT a FROM t", "SELECT a FROM t LIMIT 1"},
        {"SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a DESC"},
        {"SELECT a FROM t", "SELECT a FROM t FOR UPDATE"},
        {"SELECT a FROM t JOIN u ON b = c", "SELECT a FROM t LEFT JOIN u ON b = c"},
        {"UPDATE t SET a = 1 WHERE b = 2", "DELETE FROM t WHERE b = 2"},
    };
    for (const auto &[one, other] : different) EXPECT_NE(fingerprint(one), fingerprint(other)) << one << " / " << other;
}

TEST(Fingerprint, TellsTablesApartWhateverTheirAliases) {
    const std::vector<std::pair<const char *, const char *>> different = {
        {"SELECT x.a FROM users x WHERE x.a = 1", "SELECT x.a FROM units x WHERE x.a = 1"},
        {"SELECT x.a FROM one.t x WHERE x.a = 1", "SELECT x.a FROM two.t x WHERE x.a = 1"},
        {"SELECT a FROM part_10", "SELECT a FROM part_11"},
        {"SELECT x.a FROM t1 x JOIN t2 y ON x.a = y.a", "SELECT x.a FROM t2 x JOIN t1 y ON x.a = y.a"},
        {"SELECT 1 WHERE EXISTS (SELECT 1 FROM users x)", "SELECT 1 WHERE EXISTS (SELECT 1 FROM units x)"},
        {"SELECT a FROM t x WHERE EXISTS (SELECT 1 FROM u x)", "SELECT a FROM u x WHERE EXISTS (SELECT 1 FROM t x)"},
        {"SELECT (SELECT max(a) FROM users x)", "SELECT (SELECT max(a) FROM units x)"},
        {"WITH c AS (SELECT a FROM users x) SELECT a FROM c", "WITH c AS (SELECT a FROM units x) SELECT a FROM c"},
        {"SELECT a FROM users x UNION SELECT a FROM units x", "SELECT a FROM units x UNION SELECT a FROM users x"},
        {"UPDATE users x SET a = 1", "UPDATE units x SET a = 1"},
        {"DELETE FROM t x USING users y", "DELETE FROM t x USING units y"},
        {"INSERT INTO users AS x VALUES (1)", "INSERT INTO units AS x VALUES (1)"},
        {"INSERT INTO t SELECT a FROM users x", "INSERT INTO t SELECT a FROM units x"},
    };
    for (const auto &[one, other] : different) EXPECT_NE(fingerprint(one), fingerprint(other)) << one << " / " << other;
}

TEST(Shape, DoesNotDependOnHowTheTextIsLaidOut) {
    const ParsedStatement plain =
        parse("SELECT d.id FROM docs d JOIN u ON u.id = d.u WHERE u.a = $1 AND d.b IN ($2) LIMIT $3");
    for (const char *text :
         {"select d.id from docs d join u on u.id=d.u where u.a=$1 and d.b in($2)limit $3",
          "SELECT d.id /* a */ FROM docs AS d\n\tINNER JOIN u ON (u.id = d.u)\nWHERE (u.a = 'x' AND (d.b IN ('y'))) "
          "LIMIT 3;",
          "SELECT \"d\".\"id\" FROM \"docs\" \"d\" JOIN \"u\" ON \"u\".\"id\" = \"d\".\"u\" WHERE \"u\".\"a\" = 1 AND "
          "\"d\".\"b\" IN (2) LIMIT 3"}) {
        const ParsedStatement other = parse(text);
        EXPECT_EQ(other.shape.fingerprint, plain.shape.fingerprint) << text;
        EXPECT_EQ(other.shape.filter_identity, plain.shape.filter_identity) << text;
        EXPECT_EQ(other.shape.flags, plain.shape.flags) << text;
        EXPECT_EQ(other.filter_value_count, plain.filter_value_count) << text;
    }
}

} // namespace
} // namespace query_audit::test
