// Each lint: what it reports and where, and what it leaves alone.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "lint_support.h"

namespace query_audit::test {
namespace {

void expect(std::string_view id, const std::vector<LintCase> &cases) {
    for (const LintCase &each : cases) EXPECT_EQ(lint(id, each.text), each.at) << each.text;
}

TEST(Lint, LeadingWildcard) {
    expect("leading_wildcard", {
                                   {"SELECT a FROM t WHERE name LIKE '%x' LIMIT 1", {"name"}},
                                   {"SELECT a FROM t WHERE lower(name) ILIKE '%x%'", {"lower"}},
                                   {"SELECT a FROM t WHERE b = 1 OR name LIKE '_x'", {"name"}},
                                   {"SELECT a FROM t WHERE name SIMILAR TO '%(a|b)'", {"name"}},
                                   {"SELECT a FROM t WHERE name LIKE '%' || $1 || '%'", {"name"}},
                                   {"SELECT a FROM t WHERE name LIKE concat('%', $1)", {"name"}},
                                   {"SELECT a FROM t WHERE name::text LIKE '%x'::text", {"name::text"}},
                                   {"SELECT a FROM t JOIN u ON u.name LIKE '%x'", {"u.name"}},
                                   {"SELECT a FROM t WHERE name ~ 'x$'", {"name"}},
                                   {"SELECT a FROM t WHERE name ~* '.*x'", {"name"}},
                                   {"SELECT a FROM t WHERE b IN (SELECT b FROM u WHERE u.name LIKE '%x')", {"u.name"}},
                                   {"DELETE FROM t WHERE name LIKE '%x'", {"name"}},
                                   {"SELECT a FROM t WHERE name LIKE 'x%'", {}},
                                   {"SELECT a FROM t WHERE name LIKE '%'", {}},
                                   {"SELECT a FROM t WHERE name LIKE '\\%x'", {}},
                                   {"SELECT a FROM t WHERE name LIKE $1 || '%'", {}},
                                   {"SELECT a FROM t WHERE name LIKE $1", {}},
                                   {"SELECT a FROM t WHERE name NOT LIKE '%x'", {}},
                                   {"SELECT a FROM t WHERE name ~ '^x'", {}},
                                   {"SELECT a FROM t WHERE name ~ '(^x|^y)'", {}},
                                   {"SELECT name LIKE '%x' FROM t WHERE id = 1", {}},
                                   {"SELECT a FROM t WHERE 'abc' LIKE '%x'", {}},
                               });
}

TEST(Lint, FunctionOnColumn) {
    expect("function_on_column",
           {
               {"SELECT a FROM t WHERE lower(email) = $1", {"lower"}},
               {"SELECT a FROM t WHERE b = 2 AND created_at::date = '2024-01-01'", {"created_at::date"}},
               {"SELECT a FROM t WHERE CAST(created_at AS date) >= $1", {"CAST"}},
               {"SELECT a FROM t WHERE extract(year FROM created_at) = 2024", {"extract"}},
               {"SELECT a FROM t WHERE price * 2 > 10", {"price"}},
               {"SELECT a FROM t WHERE now() - created_at < interval '1 day'", {"now"}},
               {"SELECT a FROM t WHERE $1 = upper(t.code)", {"upper"}},
               {"SELECT a FROM t WHERE coalesce(kind, 'x') = 'y'", {"coalesce"}},
               {"SELECT a FROM t WHERE lower(email) IN ('a', 'b')", {"lower"}},
               {"SELECT a FROM t WHERE date(created_at) BETWEEN $1 AND $2", {"date"}},
               {"SELECT a FROM t WHERE upper(email::text) LIKE upper('x%')", {"upper"}},
               {"UPDATE t SET a = 1 WHERE lower(email) = $1", {"lower"}},
               {"SELECT a FROM t WHERE email = lower($1)", {}},
               {"SELECT a FROM t WHERE email::text = $1", {}},
               {"SELECT a FROM t WHERE created_at > now() - interval '1 day'", {}},
               {"SELECT a FROM t JOIN u ON lower(t.email) = lower(u.email)", {}},
               {"SELECT a FROM t WHERE metadata->>'kind' = 'x'", {}},
               {"SELECT a FROM t WHERE lower(email) <> 'x'", {}},
               {"SELECT a FROM t WHERE (a, b) > (1, 2)", {}},
               {"SELECT a FROM t WHERE tags @> ARRAY['x']", {}},
               {"SELECT a FROM t WHERE NOT lower(email) = 'x'", {}},
               {"SELECT a FROM t WHERE random() < 0.1", {}},
               {"SELECT kind, count(*) FROM t GROUP BY kind HAVING count(*) > 3", {}},
           });
}

TEST(Lint, ComparesWithNull) {
    expect("compares_with_null", {
                                     {"SELECT a FROM t WHERE b = NULL", {"b"}},
                                     {"SELECT a FROM t WHERE b <> NULL", {"b"}},
                                     {"SELECT a FROM t WHERE NULL = b", {"NULL"}},
                                     {"SELECT a FROM t WHERE b = NULL::integer", {"b"}},
                                     {"SELECT a FROM t WHERE b NOT IN (1, NULL)", {"b"}},
                                     {"SELECT a FROM t WHERE b IN (1, NULL)", {"b"}},
                                     {"SELECT CASE WHEN b = NULL THEN 1 END FROM t WHERE id = 1", {"b"}},
                                     {"UPDATE t SET a = NULL WHERE b = NULL", {"b"}},
                                     {"SELECT a FROM t WHERE b IS NULL", {}},
                                     {"SELECT a FROM t WHERE b IS DISTINCT FROM NULL", {}},
                                     {"UPDATE t SET a = NULL WHERE id = 1", {}},
                                     {"SELECT a FROM t WHERE b = $1", {}},
                                     {"SELECT a FROM t WHERE b = coalesce(NULL, 1)", {}},
                                 });
}

TEST(Lint, NotInSubquery) {
    expect("not_in_subquery", {
                                  {"SELECT a FROM t WHERE b NOT IN (SELECT c FROM u)", {"b"}},
                                  {"SELECT a FROM t WHERE x = 1 AND NOT (b IN (SELECT c FROM u))", {"NOT"}},
                                  {"SELECT a FROM t WHERE b <> ALL (SELECT c FROM u)", {"b"}},
                                  {"DELETE FROM t WHERE b NOT IN (SELECT c FROM u UNION SELECT d FROM v)", {"b"}},
                                  {"SELECT a FROM t WHERE b NOT IN (1, 2)", {}},
                                  {"SELECT a FROM t WHERE b IN (SELECT c FROM u)", {}},
                                  {"SELECT a FROM t WHERE b NOT IN (SELECT unnest($1))", {}},
                                  {"SELECT a FROM t WHERE NOT EXISTS (SELECT FROM u WHERE u.c = t.b)", {}},
                                  {"SELECT a FROM t WHERE b <> ALL ($1)", {}},
                              });
}

TEST(Lint, DeepOffset) {
    expect("deep_offset", {
                              {"SELECT a FROM t ORDER BY a LIMIT 10 OFFSET 1000", {"1000"}},
                              {"SELECT a FROM t ORDER BY a OFFSET 99999999999", {"99999999999"}},
                              {"SELECT a FROM (SELECT a FROM t ORDER BY a OFFSET 5000) AS s", {"5000"}},
                              {"SELECT a FROM t ORDER BY a LIMIT 10 OFFSET 999", {}},
                              {"SELECT a FROM t ORDER BY a LIMIT 5000 OFFSET $1", {}},
                          });
}

TEST(Lint, LimitWithoutOrderBy) {
    expect("limit_without_order_by",
           {
               {"SELECT a FROM t WHERE kind = 'x' LIMIT 10", {"10"}},
               {"SELECT a FROM t FETCH FIRST 5 ROWS ONLY", {"5"}},
               {"SELECT a FROM t OFFSET 20", {"20"}},
               {"SELECT a FROM t LIMIT $1", {"$1"}},
               {"SELECT a FROM t LIMIT 1", {"1"}},
               {"SELECT a FROM t UNION SELECT b FROM u LIMIT 3", {"3"}},
               {"SELECT * FROM (SELECT a FROM t LIMIT 3) AS s", {"3"}},
               {"WITH s AS (SELECT a FROM t LIMIT 3) SELECT * FROM s", {"3"}},
               {"SELECT a FROM t ORDER BY a LIMIT 10", {}},
               {"SELECT a FROM t WHERE id = $1 LIMIT 1", {}},
               {"SELECT 1 FROM t WHERE kind > 3 LIMIT 1", {}},
               {"SELECT count(*) FROM t LIMIT 1", {}},
               {"SELECT a FROM t LIMIT 0", {}},
               {"SELECT a FROM t LIMIT ALL", {}},
               {"SELECT a FROM u WHERE EXISTS (SELECT b FROM t LIMIT 1)", {}},
               {"SELECT a FROM t WHERE state = 'new' LIMIT 10 FOR UPDATE SKIP LOCKED", {}},
               {"DELETE FROM t WHERE id IN (SELECT id FROM t WHERE old LIMIT 1000)", {}},
               {"WITH b AS (SELECT id FROM t LIMIT 9) UPDATE t SET a = 1 FROM b WHERE t.id = b.id", {}},
               {"WITH b AS (SELECT id FROM t LIMIT 9), d AS (DELETE FROM t USING b WHERE t.id = b.id) SELECT 1", {}},
               {"SELECT * FROM (SELECT a FROM t ORDER BY a) AS s LIMIT 3", {}},
               {"SELECT generate_series(1, 10) LIMIT 3", {}},
               {"SELECT * FROM generate_series(1, 10) LIMIT 3", {}},
           });
}

TEST(Lint, DistinctOnWithoutOrderBy) {
    expect("distinct_on_without_order_by",
           {
               {"SELECT DISTINCT ON (kind) kind, a FROM t", {"kind"}},
               {"SELECT x FROM (SELECT DISTINCT ON (t.kind) kind, a AS x FROM t) AS s", {"t.kind"}},
               {"SELECT DISTINCT ON (kind) kind, a FROM t ORDER BY kind, a", {}},
               {"SELECT DISTINCT kind FROM t", {}},
           });
}

TEST(Lint, OrderByRandom) {
    expect("order_by_random", {
                                  {"SELECT a FROM t ORDER BY random() LIMIT 1", {"random"}},
                                  {"SELECT a FROM t ORDER BY b, gen_random_uuid()", {"gen_random_uuid"}},
                                  {"SELECT a FROM t ORDER BY a LIMIT 1", {}},
                                  {"SELECT random() FROM t ORDER BY 1 LIMIT 1", {}},
                                  {"SELECT g FROM generate_series(1, 9) AS g ORDER BY random()", {}},
                              });
}

TEST(Lint, CountForExistence) {
    expect("count_for_existence",
           {
               {"SELECT a FROM t WHERE (SELECT count(*) FROM u WHERE u.b = t.b) > 0", {"(SELECT"}},
               {"SELECT a FROM t WHERE 0 = (SELECT count(u.id) FROM u)", {"0"}},
               {"SELECT (SELECT count(*) FROM u) >= 1", {"(SELECT"}},
               {"SELECT count(*) > 0 FROM t WHERE kind = 'x'", {"count"}},
               {"SELECT a FROM t WHERE (SELECT count(*) FROM u) > 5", {}},
               {"SELECT a FROM t WHERE (SELECT count(*) FROM u) >= 0", {}},
               {"SELECT a FROM t WHERE (SELECT max(b) FROM u) > 0", {}},
               {"SELECT kind FROM t GROUP BY kind HAVING count(*) > 0", {}},
               {"SELECT kind, count(*) > 0 FROM t GROUP BY kind", {}},
               {"SELECT a FROM t WHERE EXISTS (SELECT FROM u)", {}},
           });
}

TEST(Lint, SelectWithoutLimit) {
    expect("select_without_limit",
           {
               {"SELECT a FROM t", {"SELECT"}},
               {"SELECT a FROM t ORDER BY a", {"SELECT"}},
               {"SELECT a FROM t JOIN u ON t.id = u.t_id WHERE t.deleted_at IS NULL", {"SELECT"}},
               {"SELECT a FROM t WHERE price > 10", {"SELECT"}},
               {"SELECT a FROM t WHERE kind <> 'x'", {"SELECT"}},
               {"SELECT a FROM t LIMIT 10", {}},
               {"SELECT a FROM t WHERE id = $1", {}},
               {"SELECT a FROM t WHERE id IN (1, 2)", {}},
               {"SELECT a FROM t WHERE id = ANY($1)", {}},
               {"SELECT a FROM t WHERE at >= $1 AND at < $2", {}},
               {"SELECT a FROM t WHERE at BETWEEN $1 AND $2", {}},
               {"SELECT a FROM t WHERE body @@ to_tsquery('x')", {}},
               {"SELECT a FROM t WHERE id IN (SELECT id FROM u)", {}},
               {"SELECT a FROM t WHERE EXISTS (SELECT FROM u WHERE u.id = t.id)", {}},
               {"SELECT a FROM t WHERE x = 1 OR y = 2", {}},
               {"SELECT count(*) FROM t", {}},
               {"SELECT max(a), min(a) FROM t", {}},
               {"SELECT kind, count(*) FROM t GROUP BY kind", {}},
               {"SELECT DISTINCT kind FROM t", {}},
               {"SELECT 1", {}},
               {"SELECT EXISTS (SELECT FROM t)", {}},
               {"INSERT INTO u (a) SELECT a FROM t", {}},
               {"WITH s AS (SELECT a FROM t) SELECT a FROM s", {}},
               {"SELECT a FROM (SELECT a FROM t LIMIT 5) AS s", {}},
               {"SELECT a FROM generate_series(1, 5) AS a", {}},
               {"SELECT relname FROM pg_class", {}},
               {"SELECT relname FROM pg_catalog.pg_class", {}},
               {"WITH d AS (DELETE FROM t WHERE id = 1 RETURNING a) SELECT a FROM d", {}},
           });
}

TEST(Lint, SelectStar) {
    expect("select_star", {
                              {"SELECT * FROM t WHERE id = 1", {"*"}},
                              {"SELECT t.* FROM t JOIN u ON t.id = u.id WHERE u.id = 1", {"t.*"}},
                              {"SELECT u.a, x.* FROM t AS x, u WHERE x.id = u.id", {"x.*"}},
                              {"INSERT INTO u (a, b) SELECT * FROM t", {"*"}},
                              {"SELECT * FROM t UNION ALL SELECT * FROM u", {"*", "*"}},
                              {"SELECT count(*) FROM t", {}},
                              {"SELECT a FROM t WHERE EXISTS (SELECT * FROM u WHERE u.id = t.id)", {}},
                              {"SELECT * FROM (SELECT a, b FROM t) AS s", {}},
                              {"WITH s AS (SELECT a FROM t) SELECT * FROM s", {}},
                              {"SELECT s.* FROM t, (SELECT a FROM u) AS s WHERE s.a = t.a", {}},
                              {"SELECT * FROM generate_series(1, 3)", {}},
                              {"INSERT INTO t (a) VALUES (1) RETURNING *", {}},
                              {"SELECT row_to_json(t.*) FROM t WHERE id = 1", {}},
                          });
}

TEST(Lint, Writes) {
    expect("update_without_where", {
                                       {"UPDATE t SET a = 1", {"t"}},
                                       {"UPDATE ONLY s.t AS x SET a = u.a FROM u", {"s.t"}},
                                       {"WITH x AS (UPDATE t SET a = 1 RETURNING a) SELECT a FROM x", {"t"}},
                                       {"UPDATE t SET a = 1 WHERE id = 1", {}},
                                       {"UPDATE t SET a = 1 WHERE true", {}},
                                       {"INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", {}},
                                   });
    expect("delete_without_where",
           {
               {"DELETE FROM t", {"t"}},
               {"DELETE FROM t USING u", {"t"}},
               {"WITH x AS (DELETE FROM t RETURNING a) INSERT INTO u (a) SELECT a FROM x", {"t"}},
               {"DELETE FROM t WHERE id = 1", {}},
           });
    expect("insert_without_columns", {
                                         {"INSERT INTO t VALUES (1, 2)", {"t"}},
                                         {"INSERT INTO s.t SELECT a, b FROM u", {"s.t"}},
                                         {"INSERT INTO t (a, b) VALUES (1, 2)", {}},
                                         {"INSERT INTO t DEFAULT VALUES", {}},
                                     });
}

TEST(Lint, Joins) {
    expect("cartesian_join",
           {
               {"SELECT a.x FROM a, b", {"b"}},
               {"SELECT a.x FROM a, b, c WHERE a.id = b.id", {"c"}},
               {"SELECT a.x FROM a, b WHERE a.id = 1", {"b"}},
               {"SELECT x FROM u WHERE id IN (SELECT a.id FROM a, b)", {"b"}},
               {"SELECT a.x FROM a, b WHERE a.id = b.id", {}},
               {"SELECT a.x FROM a, b WHERE a.id = 1 AND b.id = 2", {}},
               {"SELECT x FROM a, b WHERE a_id = id", {}},
               {"SELECT a.x FROM a CROSS JOIN b", {}},
               {"SELECT a.x FROM a JOIN b ON true", {}},
               {"SELECT a.x FROM a, (SELECT count(*) FROM b) AS s", {}},
               {"SELECT a.x FROM a, unnest(a.tags) AS tag", {}},
               {"SELECT a.x FROM a, LATERAL (SELECT b.y FROM b WHERE b.id = a.id) AS s", {}},
               {"WITH one AS (SELECT 1 AS y) SELECT a.x FROM a, one", {}},
               {"SELECT a.x FROM a, b WHERE EXISTS (SELECT FROM c WHERE c.id = a.id AND c.z = b.z)", {}},
           });
    expect("natural_join", {
                               {"SELECT x FROM a NATURAL JOIN b", {"b"}},
                               {"SELECT x FROM a JOIN c USING (id) NATURAL LEFT JOIN b", {"b"}},
                               {"SELECT x FROM a JOIN b USING (id)", {}},
                           });
    expect("outer_join_undone",
           {
               {"SELECT a.x FROM a LEFT JOIN b ON b.id = a.id WHERE b.kind = 'x'", {"b.kind"}},
               {"SELECT a.x FROM a LEFT JOIN b AS c ON c.id = a.id WHERE a.id > 1 AND c.n > 3", {"c.n"}},
               {"SELECT a.x FROM a LEFT JOIN b ON b.id = a.id WHERE b.id IS NULL", {}},
               {"SELECT a.x FROM a LEFT JOIN b ON b.id = a.id WHERE a.kind = 'x'", {}},
               {"SELECT a.x FROM a LEFT JOIN b ON b.id = a.id AND b.kind = 'x'", {}},
               {"SELECT a.x FROM a LEFT JOIN b ON b.id = a.id WHERE coalesce(b.n, 0) = 0", {}},
               {"SELECT a.x FROM a LEFT JOIN b ON b.id = a.id WHERE b.n = 1 OR a.n = 1", {}},
               {"SELECT a.x FROM a JOIN b ON b.id = a.id WHERE b.kind = 'x'", {}},
           });
}

TEST(Lint, FindsNothingInStatementsThatAreWellWritten) {
    for (const char *text :
         {"SELECT id, name FROM users WHERE id = $1", "SELECT count(*) FROM orders WHERE state = 'open'",
          "SELECT id FROM orders WHERE (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT 20",
          "INSERT INTO t (a, b) VALUES (1, 2), (3, 4) ON CONFLICT DO NOTHING", "VALUES (1), (2)",
          "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = s.a",
          "WITH RECURSIVE tree AS (SELECT id FROM n WHERE id = $1 UNION ALL SELECT n.id FROM n JOIN tree ON n.parent = "
          "tree.id) SELECT id FROM tree",
          "UPDATE t SET a = a + 1 WHERE id = 5 RETURNING a", "TABLE pg_class"}) {
        EXPECT_EQ(lint(text), std::vector<std::string>()) << text;
    }
}

TEST(Lint, ReportsEachPlaceOnceInTheOrderOfTheText) {
    EXPECT_EQ(lint("SELECT * FROM a, b ORDER BY random() OFFSET 2000"),
              (std::vector<std::string>{"select_without_limit@0", "select_star@7", "cartesian_join@17",
                                        "order_by_random@28", "deep_offset@44"}));
}

TEST(Lint, SaysWhatDoesNotParseAndWhere) {
    static LintedStatement linted;
    const std::string_view wrong = "SELECT a FRM t WHERE";
    EXPECT_EQ(query_audit_lint(wrong.data(), wrong.size(), 1000, &linted), ParseStatus::syntax_error);
    EXPECT_EQ(linted.error_position, 13);
    EXPECT_STREQ(linted.error_message, "syntax error at or near \"t\"");
    EXPECT_EQ(query_audit_lint(wrong.data(), wrong.size(), 10, &linted), ParseStatus::too_large);
    EXPECT_EQ(linted.finding_count, 0);
    EXPECT_EQ(query_audit_lint("VACUUM", 6, 1000, &linted), ParseStatus::not_dml);
}

TEST(Lint, ReportsAsManyAsItHasRoomFor) {
    std::string text = "SELECT a FROM t WHERE id = 1";
    for (int i = 0; i < 300; ++i) text += " AND b = NULL";
    static LintedStatement linted;
    ASSERT_EQ(query_audit_lint(text.data(), text.size(), text.size(), &linted), ParseStatus::ok);
    EXPECT_EQ(linted.finding_count, max_lint_findings);
}

// Every lint has all of its texts, and an id like no other's.
TEST(Lint, IsDescribedInFull) {
    std::set<std::string> ids;
    std::int32_t count = 0;
    for (; const LintDescriptor *lint = query_audit_lint_descriptor(count); ++count) {
        EXPECT_TRUE(ids.insert(lint->id).second) << lint->id;
        for (const char *text : {lint->title, lint->rationale, lint->reports, lint->silent_for, lint->hint}) {
            ASSERT_NE(text, nullptr) << lint->id;
            EXPECT_GT(std::string_view(text).size(), 5u) << lint->id;
        }
        for (const char *sentence : {lint->rationale, lint->reports, lint->silent_for, lint->hint}) {
            EXPECT_EQ(std::string_view(sentence).back(), '.') << sentence;
        }
    }
    EXPECT_GE(count, 18);
    EXPECT_EQ(query_audit_lint_descriptor(-1), nullptr);
    EXPECT_TRUE(ids.count("not_checked"));
}

} // namespace
} // namespace query_audit::test
