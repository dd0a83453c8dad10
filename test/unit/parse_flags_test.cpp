// What a statement is said to be, one line a case.
#include <gtest/gtest.h>

#include "parse_support.h"

namespace query_audit::test {
namespace {

using namespace shape_flag;

struct Case {
    const char *text;
    std::uint32_t set;
    std::uint32_t clear;
};

class Flags : public testing::TestWithParam<Case> {};

TEST_P(Flags, AreSetAndClear) {
    const ParsedStatement parsed = parse(GetParam().text);
    ASSERT_EQ(parsed.status, ParseStatus::ok) << GetParam().text << ": " << parsed.error_message;
    EXPECT_EQ(parsed.shape.flags & GetParam().set, GetParam().set) << GetParam().text;
    EXPECT_EQ(parsed.shape.flags & GetParam().clear, 0u) << GetParam().text;
    EXPECT_TRUE(parsed.shape.has(shape_flag::parsed));
}

INSTANTIATE_TEST_SUITE_P(
    Output, Flags,
    testing::Values(
        Case{"SELECT count(*) FROM t LIMIT 1", count | aggregate | limit, page},
        Case{"SELECT count(*), sum(a) FROM t", aggregate, count | page},
        Case{"SELECT sum(a)::int FROM t", aggregate, count},
        Case{"SELECT count(*) FILTER (WHERE a = 1) FROM t", aggregate, count},
        Case{"SELECT count(CASE WHEN a THEN 1 END) FROM t", aggregate, count},
        Case{"SELECT count(*) + 1 FROM t", aggregate, count},
        Case{"SELECT count(*) OVER () FROM t LIMIT 5", page, count | aggregate},
        Case{"SELECT id, count(*) OVER () FROM t LIMIT 5", page, count | aggregate},
        Case{"SELECT a, count(*) FROM t GROUP BY a", grouped, count | aggregate | page},
        Case{"SELECT count(*) FROM t GROUP BY a", grouped, count | aggregate},
        Case{"SELECT count(*) FROM (SELECT a FROM t GROUP BY a) x", count | aggregate | grouped, page},
        Case{"SELECT c FROM (SELECT count(*) AS c FROM t) x", count, page},
        Case{"SELECT EXISTS (SELECT 1 FROM t WHERE a = 1)", relation, count | aggregate | page | limit},
        Case{"SELECT EXISTS (SELECT 1 FROM t WHERE a = 1 LIMIT 1) LIMIT 1", relation, page | aggregate},
        Case{"SELECT 1 AS one FROM t WHERE a = $1 LIMIT 1", relation | limit | filtered, page},
        Case{"SELECT (1) AS \"a\" FROM t WHERE a = $1 LIMIT 1", limit, page},
        Case{"SELECT 1", 0, relation | page | count | aggregate | filtered},
        Case{"SELECT max(a) FROM t ORDER BY 1 LIMIT 1", aggregate | limit, page | count},
        Case{"SELECT a FROM t UNION SELECT b FROM u LIMIT 5", page | limit | grouped, count},
        Case{"SELECT a FROM t OFFSET 5", page | offset, limit}, Case{"SELECT a FROM t LIMIT ALL", 0, page | limit},
        Case{"SELECT a FROM t LIMIT NULL OFFSET NULL", 0, page | limit | offset},
        Case{"SELECT a FROM t FETCH FIRST ROW ONLY", page | limit, offset},
        Case{"SELECT a FROM t OFFSET 5 ROWS FETCH NEXT 10 ROWS ONLY", page | limit | offset, 0},
        Case{"SELECT * FROM a LEFT JOIN LATERAL (SELECT * FROM b WHERE b.a = a.id LIMIT 3) x ON true", relation,
             page | limit},
        Case{"SELECT * FROM a JOIN (SELECT max(id) AS m FROM b LIMIT 1) x ON x.m = a.id", relation, page | limit},
        Case{"SELECT * FROM (SELECT * FROM a LIMIT 3) x JOIN b ON b.a = x.id WHERE b.c = 1", page | limit, offset},
        Case{"SELECT x.a, count(*) FROM (SELECT * FROM t LIMIT 3) x GROUP BY x.a", page | limit | grouped, count},
        Case{"INSERT INTO t SELECT * FROM u LIMIT 5", relation, page | limit | count}));

INSTANTIATE_TEST_SUITE_P(
    Filter, Flags,
    testing::Values(Case{"SELECT * FROM t WHERE a = 1", filtered, 0}, Case{"SELECT * FROM t WHERE a = b", 0, filtered},
                    Case{"SELECT * FROM t WHERE 1 = 1", 0, filtered}, Case{"SELECT * FROM t WHERE true", 0, filtered},
                    Case{"SELECT * FROM t WHERE a IS NULL", 0, filtered}, Case{"SELECT * FROM t", relation, filtered},
                    Case{"SELECT * FROM t JOIN u ON u.a = t.a AND u.b = 1", filtered, 0},
                    Case{"SELECT coalesce((SELECT b FROM t WHERE a = $1), 'x')", filtered | keyed, count | page},
                    Case{"SELECT COALESCE((SELECT b FROM t WHERE a = $1)::text, $2, 'x')::int", filtered | keyed, page},
                    Case{"SELECT coalesce((SELECT count(*) FROM t WHERE a = $1), 0)", count | keyed, page},
                    Case{"SELECT coalesce((SELECT b FROM t WHERE a = 1), (SELECT c FROM u WHERE a = 1))", 0, page},
                    Case{"DELETE FROM t WHERE a = $1", filtered, page}, Case{"UPDATE t SET a = 1", relation, filtered},
                    Case{"SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.t = t.id AND u.a = 5)", filtered, 0}));

INSTANTIATE_TEST_SUITE_P(
    Batch, Flags,
    testing::Values(Case{"SELECT * FROM t WHERE id = ANY($1)", batch, 0},
                    Case{"SELECT * FROM t WHERE id = ANY($1::int[])", batch, 0},
                    Case{"SELECT * FROM t WHERE id = ANY('{1,2}')", batch, 0},
                    Case{"SELECT * FROM t WHERE id = ANY(ARRAY[1])", batch, 0},
                    Case{"SELECT * FROM t WHERE id = ANY(string_to_array($1, ',')::int[])", batch, 0},
                    Case{"SELECT * FROM t WHERE id IN ($1, $2) AND a = 1", batch, 0},
                    Case{"SELECT * FROM t WHERE a = 1 OR id IN (1, 2)", batch, 0},
                    Case{"SELECT * FROM t WHERE (a, b) IN ((1, 2), (3, 4))", batch, 0},
                    Case{"SELECT * FROM t WHERE id IN (VALUES (1), (2))", batch, 0},
                    Case{"SELECT * FROM t WHERE id IN (SELECT unnest($1::int[]))", batch, 0},
                    Case{"SELECT * FROM t JOIN unnest($1::int[]) AS k(id) ON k.id = t.id", batch, 0},
                    Case{"SELECT * FROM t JOIN unnest($1, $2) WITH ORDINALITY AS k(a, b, n) ON k.a = t.a", batch, 0},
                    Case{"SELECT * FROM t, (VALUES (1), (2)) AS k(id) WHERE k.id = t.id", batch, 0},
                    Case{"WITH k(id) AS (VALUES (1), (2)) SELECT * FROM t JOIN k ON k.id = t.id", batch, 0},
                    Case{"SELECT * FROM t JOIN json_to_recordset($1) AS k(id int) ON k.id = t.id", batch, 0},
                    Case{"UPDATE t SET a = v.a FROM (VALUES (1, 2), (3, 4)) AS v(id, a) WHERE v.id = t.id", batch, 0},
                    Case{"DELETE FROM t WHERE id = ANY($1)", batch, 0},
                    Case{"DELETE FROM t USING unnest($1::int[]) AS k(id) WHERE k.id = t.id", batch, 0},
                    Case{"SELECT count(*) FROM (SELECT * FROM t WHERE id IN (1, 2)) x", batch | count, 0},
                    Case{"SELECT * FROM t WHERE id IN ($1)", 0, batch}, Case{"SELECT * FROM t WHERE id = $1", 0, batch},
                    Case{"SELECT * FROM t WHERE id NOT IN (1, 2)", 0, batch},
                    Case{"SELECT * FROM t WHERE NOT (id = ANY($1))", 0, batch},
                    Case{"SELECT * FROM t WHERE $1 = ANY(tags)", 0, batch},
                    Case{"SELECT * FROM t WHERE id <> ALL($1)", 0, batch},
                    Case{"SELECT * FROM t WHERE id IN (SELECT id FROM u WHERE a = 1)", 0, batch},
                    Case{"SELECT * FROM unnest($1::int[]) AS k", 0, batch},
                    Case{"SELECT * FROM t, unnest(t.tags) AS k WHERE k = 'a'", 0, batch},
                    Case{"INSERT INTO t VALUES (1), (2)", 0, batch}));

INSTANTIATE_TEST_SUITE_P(
    Keyset, Flags,
    testing::Values(Case{"SELECT * FROM t WHERE id > $1 ORDER BY id LIMIT 10", keyset, 0},
                    Case{"SELECT * FROM t x WHERE $1 > x.id AND a = 2 ORDER BY x.id DESC LIMIT 10", keyset, 0},
                    Case{"SELECT * FROM t WHERE (a, id) < ($1, $2) ORDER BY a DESC, id DESC LIMIT 10", keyset, 0},
                    Case{"SELECT * FROM t WHERE a > $1 OR (a = $1 AND id > $2) ORDER BY a, id LIMIT 10", keyset, 0},
                    Case{"SELECT * FROM t WHERE a >= $1 AND (a > $1 OR id > $2) ORDER BY a, id LIMIT 10", keyset, 0},
                    Case{"SELECT id AS k FROM t WHERE id > 5 ORDER BY k FETCH FIRST 10 ROWS ONLY", keyset, 0},
                    Case{"SELECT id FROM t WHERE id > 5 ORDER BY 1 LIMIT 10", keyset, 0},
                    Case{"SELECT * FROM t WHERE at < $1::timestamptz ORDER BY at DESC LIMIT 10", keyset, 0},
                    Case{"SELECT * FROM t WHERE at < (SELECT at FROM t WHERE id = $1) ORDER BY at LIMIT 10", keyset, 0},
                    Case{"SELECT * FROM (SELECT * FROM t WHERE t.id > 3) x ORDER BY x.id LIMIT 10", keyset, 0},
                    Case{"SELECT * FROM t WHERE id > $1 ORDER BY id", 0, keyset},
                    Case{"SELECT * FROM t WHERE id > $1 LIMIT 10", 0, keyset},
                    Case{"SELECT * FROM t WHERE id = $1 ORDER BY id LIMIT 10", 0, keyset},
                    Case{"SELECT * FROM t WHERE b > $1 ORDER BY a, b LIMIT 10", 0, keyset},
                    Case{"SELECT * FROM t WHERE a > $1 OR b > 3 ORDER BY a LIMIT 10", 0, keyset},
                    Case{"SELECT * FROM t WHERE a > b ORDER BY a LIMIT 10", 0, keyset},
                    Case{"SELECT * FROM t JOIN u ON u.t = t.id WHERE u.id > 3 ORDER BY t.id LIMIT 10", 0, keyset}));

INSTANTIATE_TEST_SUITE_P(
    Locks, Flags,
    testing::Values(Case{"SELECT * FROM t WHERE id = 1 FOR UPDATE", locks_rows, skips_locked},
                    Case{"SELECT * FROM t FOR NO KEY UPDATE OF t NOWAIT", locks_rows, skips_locked},
                    Case{"SELECT * FROM t LIMIT 1 FOR UPDATE SKIP LOCKED", locks_rows | skips_locked | page, 0},
                    Case{"UPDATE t SET a = 1 WHERE id = (SELECT id FROM t FOR UPDATE SKIP LOCKED LIMIT 1)",
                         locks_rows | skips_locked, page},
                    Case{"WITH j AS (SELECT id FROM t FOR UPDATE SKIP LOCKED LIMIT 1) DELETE FROM t USING j "
                         "WHERE j.id = t.id",
                         locks_rows | skips_locked, 0},
                    Case{"SELECT * FROM t", relation, locks_rows | skips_locked}));

TEST(Kind, IsTheStatements) {
    EXPECT_EQ(parse("SELECT 1").shape.kind, StatementKind::select);
    EXPECT_EQ(parse("TABLE t").shape.kind, StatementKind::select);
    EXPECT_EQ(parse("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x").shape.kind, StatementKind::select);
    EXPECT_EQ(parse("INSERT INTO t DEFAULT VALUES").shape.kind, StatementKind::insert);
    EXPECT_EQ(parse("UPDATE t SET a = 1").shape.kind, StatementKind::update);
    EXPECT_EQ(parse("DELETE FROM t").shape.kind, StatementKind::delete_);
    EXPECT_EQ(parse("MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE").shape.kind, StatementKind::merge);
}

} // namespace
} // namespace query_audit::test
