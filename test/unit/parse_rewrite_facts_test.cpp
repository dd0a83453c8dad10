// Statements that are written with what the catalog says of their tables. That they do the same is shown on a server,
// by test/property; here it is what they look like, and why there is none.
#include <gtest/gtest.h>

#include "parse_support.h"

namespace query_audit::test {
namespace {

struct Case {
    const char *text;
    const char *rewritten; // or the start of the reason
};

const ColumnFacts columns_of_t[] = {{"id", "integer", true}, {"a", "integer", false}, {"b", "text", false},
                                    {"c", "bpchar", true},   {"d", "numeric", true},  {"e", nullptr, true}};
const UniqueKey keys_of_t[] = {{{0}, 1, true}};
const ColumnFacts columns_of_pair[] = {{"x", "integer", true}, {"y", "text", true}, {"v", "integer", false}};
const UniqueKey keys_of_pair[] = {{{0, 1}, 2, true}};
const TableFacts tables[] = {{"", "t", columns_of_t, 6, keys_of_t, 1},
                             {"", "pair", columns_of_pair, 3, keys_of_pair, 1}};
const RewriteFacts facts = {tables, 2};

using Rewriter = bool (*)(const char *, std::size_t, const RewriteFacts *, char *, std::size_t) noexcept;

std::string rewritten(Rewriter rewriter, std::string_view text) {
    std::string out(default_max_parse_bytes, '\0');
    const bool done = rewriter(text.data(), text.size(), &facts, out.data(), out.size());
    return (done ? "" : "no: ") + std::string(out.c_str());
}

void expect(Rewriter rewriter, const std::vector<Case> &cases) {
    for (const Case &one : cases) EXPECT_EQ(rewritten(rewriter, one.text), one.rewritten);
}

void expect_none(Rewriter rewriter, const std::vector<Case> &cases) {
    for (const Case &one : cases) {
        const std::string reason = rewritten(rewriter, one.text);
        EXPECT_TRUE(reason.starts_with(std::string("no: ") + one.rewritten)) << one.text << ": " << reason;
    }
}

TEST(BatchedWithFacts, SeveralKeysAreTuples) {
    expect(query_audit_rewrite_batched,
           {{"SELECT b FROM t WHERE a = $1 AND c = $2 AND d > $3",
             "SELECT b, a, c FROM t WHERE (a, c) IN (SELECT * FROM unnest($1::int[], $2::bpchar[])) AND d > $3\n"
             "-- one value for all keys: $3"},
            {"SELECT * FROM t WHERE e = $1::uuid AND $2 = t.a",
             "SELECT * FROM t WHERE (e, t.a) IN (SELECT * FROM unnest($1::uuid[], $2::int[]))"},
            {"SELECT b, count(*) FROM t WHERE a = $1 AND c = $2 GROUP BY b",
             "SELECT a, c, b, count(*) FROM t WHERE (a, c) IN (SELECT * FROM unnest($1::int[], $2::bpchar[])) GROUP BY "
             "a, c, b"}});
}

TEST(BatchedWithFacts, AUniqueKeyNeedsNoLimit) {
    expect(query_audit_rewrite_batched,
           {{"SELECT * FROM t WHERE id = $1 LIMIT $2", "SELECT * FROM t WHERE id = ANY($1)"},
            {"SELECT v FROM pair WHERE x = $2 AND y = $3 ORDER BY v LIMIT $1",
             "SELECT v, x, y FROM pair WHERE (x, y) IN (SELECT * FROM unnest($1::int[], $2::text[])) ORDER BY v"}});
}

TEST(BatchedWithFacts, WhatDependsOnAllRowsOfAKeyIsJoinedLaterally) {
    expect(
        query_audit_rewrite_batched,
        {{"SELECT count(*) FROM t WHERE a = $1",
          "SELECT keys.a, found.* FROM unnest($1::int[]) keys(a) CROSS JOIN LATERAL "
          "(SELECT count(*) FROM t WHERE a = keys.a) found"},
         {"SELECT b FROM t WHERE a = $1 ORDER BY d DESC LIMIT $2",
          "SELECT found.*, keys.a FROM unnest($1::int[]) keys(a) CROSS JOIN LATERAL (SELECT b FROM t WHERE a = keys.a "
          "ORDER BY d DESC LIMIT $2) found"},
         {"SELECT a FROM t WHERE a = $1::bigint OFFSET $2", "SELECT found.* FROM unnest($1::bigint[]) keys(a) CROSS "
                                                            "JOIN LATERAL (SELECT a FROM t WHERE a = keys.a OFFSET "
                                                            "$2) found"},
         {"SELECT EXISTS (SELECT 1 FROM t AS keys WHERE keys.a = $1)",
          "SELECT keys_.a, found.* FROM unnest($1::int[]) keys_(a) CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM t "
          "keys WHERE keys.a = keys_.a)) found"},
         {"SELECT * FROM t WHERE b IS NOT DISTINCT FROM $1",
          "SELECT found.* FROM unnest($1::text[]) keys(b) CROSS JOIN LATERAL (SELECT * FROM t WHERE b IS NOT DISTINCT "
          "FROM keys.b) found"},
         {"SELECT id FROM t WHERE a = $1 OR id = $1", "SELECT found.*, keys.a FROM unnest($1::int[]) keys(a) CROSS "
                                                      "JOIN LATERAL (SELECT id FROM t WHERE a = keys.a OR "
                                                      "id = keys.a) found"}});
}

TEST(BatchedWithFacts, IsABatch) {
    const std::string text = rewritten(query_audit_rewrite_batched, "SELECT count(*) FROM t WHERE a = $1");
    EXPECT_TRUE(parse(text).shape.has(shape_flag::batch));
}

TEST(BatchedWithFacts, NeedsTheTypeOfItsKey) {
    expect_none(query_audit_rewrite_batched,
                {{"SELECT count(*) FROM t WHERE e = $1", "The type of its key is not known"},
                 {"SELECT count(*) FROM elsewhere WHERE a = $1", "The type of its key is not known"},
                 {"SELECT count(*) FROM t, elsewhere WHERE a = $1", "The type of its key is not known"},
                 {"WITH t AS (SELECT 1 AS a) SELECT count(*) FROM t WHERE a = $1", "The type of its key is not known"},
                 {"SELECT * FROM t WHERE a = $1 AND lower(b) = $2", "The type of its key is not known"},
                 {"SELECT b FROM t WHERE a = $1 ORDER BY b LIMIT $1", "It limits its rows by its key"},
                 {"WITH gone AS (DELETE FROM t RETURNING a) SELECT count(*) FROM t WHERE a = $1", "It writes a table"},
                 {"SELECT * FROM t WHERE a > $1", "It has no equality"}});
}

TEST(Insert, TakesItsRowsFromArrays) {
    expect(
        query_audit_rewrite_write,
        {{"INSERT INTO t (a, b) VALUES ($1, $2)", "INSERT INTO t (a, b) SELECT * FROM unnest($1::int[], $2::text[])"},
         {"INSERT INTO t VALUES ($1, DEFAULT, $2) RETURNING id",
          "INSERT INTO t (id, b) SELECT * FROM unnest($1::int[], $2::text[]) RETURNING id"},
         {"INSERT INTO t (a, b, d) VALUES ($1, upper($2::text), now())",
          "INSERT INTO t (a, b, d) SELECT added.a, upper(added.value), now() FROM unnest($1::int[], $2::text[]) "
          "added(a, value)"},
         {"INSERT INTO t (a) VALUES ($1) ON CONFLICT DO NOTHING",
          "INSERT INTO t (a) SELECT * FROM unnest($1::int[]) ON CONFLICT DO NOTHING"}});
}

TEST(Insert, IsAListOfValuesWhereATypeIsNotKnown) {
    expect(query_audit_rewrite_write, {{"INSERT INTO elsewhere (a, b) VALUES ($1, $2)",
                                        "INSERT INTO elsewhere (a, b) VALUES ($1, $2), ($3, $4)\n"
                                        "-- for two rows; each further row is one more list of values"},
                                       {"INSERT INTO t (a, b) VALUES ($1, lower($2))",
                                        "INSERT INTO t (a, b) VALUES ($1, lower($2)), ($3, lower($4))\n"
                                        "-- for two rows; each further row is one more list of values"}});
}

TEST(Insert, OfSeveralRowsThatReplaceEachOtherTheLastStays) {
    expect(
        query_audit_rewrite_write,
        {{"INSERT INTO pair (x, y, v) VALUES ($1, $2, $3) ON CONFLICT (x, y) DO UPDATE SET v = excluded.v",
          "INSERT INTO pair (x, y, v) SELECT DISTINCT ON (added.x, added.y) added.x, added.y, added.v FROM "
          "unnest($1::int[], $2::text[], $3::int[]) WITH ORDINALITY added(x, y, v, number) ORDER BY added.x, added.y, "
          "added.number DESC ON CONFLICT (x, y) DO UPDATE SET v = excluded.v"},
         {"INSERT INTO pair (x, y) VALUES ($1, $2) ON CONFLICT (x, y) DO UPDATE SET v = pair.v + 1",
          "INSERT INTO pair (x, y) SELECT * FROM unnest($1::int[], $2::text[]) ON CONFLICT (x, y) DO UPDATE SET v = "
          "pair.v + 1\n-- each key once: one that comes twice in a statement is an error"}});
}

TEST(Insert, GivesTheReasonWhereThereIsNone) {
    expect_none(query_audit_rewrite_write,
                {{"INSERT INTO t (a) VALUES ($1), ($2)", "It already inserts several rows"},
                 {"INSERT INTO t (a) SELECT a FROM t WHERE id = $1", "It inserts what a SELECT finds"},
                 {"INSERT INTO t DEFAULT VALUES", "It gives no value"},
                 {"INSERT INTO t (a) VALUES (DEFAULT)", "It has no parameter"},
                 {"INSERT INTO t (a, b) VALUES ((SELECT max(a) FROM t), $1)", "It computes a value from a table"},
                 {"INSERT INTO pair (x, y) VALUES ($1, $2) ON CONFLICT (x, y) DO UPDATE SET v = $3", "Its DO UPDATE"},
                 {"WITH n AS (SELECT 1) INSERT INTO t (a) VALUES ($1)", "It has a WITH clause"},
                 {"SELECT 1", "It is no INSERT"}});
}

TEST(Update, TakesTheLastValuesOfEachKey) {
    expect(
        query_audit_rewrite_write,
        {{"UPDATE t SET b = $1 WHERE id = $2",
          "UPDATE t SET b = changes.b FROM (SELECT DISTINCT ON (id) * FROM unnest($1::text[], $2::int[]) WITH "
          "ORDINALITY changes(b, id, number) ORDER BY id, number DESC) changes WHERE t.id = changes.id"},
         {"UPDATE t x SET a = d + $1::int, b = DEFAULT WHERE id = $2 AND c = $3 RETURNING *",
          "UPDATE t x SET a = x.d + changes.a, b = DEFAULT FROM (SELECT DISTINCT ON (id, c) * FROM unnest($1::int[], "
          "$2::int[], $3::bpchar[]) WITH ORDINALITY changes(a, id, c, number) ORDER BY id, c, number DESC) changes "
          "WHERE x.id = changes.id AND x.c = changes.c RETURNING x.*"},
         {"UPDATE t SET d = now() WHERE id = $1", "UPDATE t SET d = now() WHERE id = ANY($1)"}});
}

TEST(Update, GivesTheReasonWhereThereIsNone) {
    expect_none(query_audit_rewrite_write,
                {{"UPDATE t SET a = a + $1 WHERE id = $2", "It computes a value from the row's own"},
                 {"UPDATE t SET id = $1 WHERE id = $2", "It changes a column that it is filtered by"},
                 {"UPDATE t SET b = $1 WHERE id = $2 AND b <> $3", "It changes a column that it is filtered by"},
                 {"UPDATE t SET b = $1 FROM pair WHERE t.id = $2", "It joins other tables"},
                 {"UPDATE t SET b = (SELECT max(y) FROM pair) WHERE id = $1", "It reads a table"},
                 {"UPDATE t SET (a, b) = ($1, $2) WHERE id = $3", "It sets several columns at once"},
                 {"UPDATE t SET e = $1 WHERE id = $2", "The type of a value is not known"},
                 {"UPDATE t SET b = lower($1) WHERE id = $2", "The type of a value is not known"},
                 {"UPDATE t SET b = $1", "It has no equality"}});
}

TEST(Delete, TakesAListOfKeys) {
    expect(query_audit_rewrite_write,
           {{"DELETE FROM t WHERE id = $1", "DELETE FROM t WHERE id = ANY($1)"},
            {"DELETE FROM t WHERE a = $1 AND c = $2 RETURNING b",
             "DELETE FROM t WHERE (a, c) IN (SELECT * FROM unnest($1::int[], $2::bpchar[])) RETURNING b, a, c"},
            {"DELETE FROM t WHERE id = $1 AND d < $2",
             "DELETE FROM t WHERE id = ANY($1) AND d < $2\n-- one value for all keys: $2"}});
    expect_none(query_audit_rewrite_write,
                {{"DELETE FROM t USING pair WHERE t.id = $1", "It joins other tables"},
                 {"DELETE FROM t WHERE id = $1 AND NOT EXISTS (SELECT FROM pair)", "It reads a table"},
                 {"DELETE FROM t WHERE id = $1 AND lower(b) = $2", "It is filtered by equality in more ways"}});
}

std::string aggregates(const std::vector<std::string_view> &texts) {
    std::vector<TextSpan> spans;
    for (const std::string_view text : texts) spans.push_back({text.data(), text.size()});
    std::string out(default_max_parse_bytes, '\0');
    const bool done = query_audit_rewrite_aggregates(spans.data(), spans.size(), out.data(), out.size());
    return (done ? "" : "no: ") + std::string(out.c_str());
}

TEST(Aggregates, AreFilteredByTheirOwnConditions) {
    EXPECT_EQ(aggregates({"SELECT count(*) FROM t WHERE a = $1", "SELECT count(*) FROM t WHERE b > $1"}),
              "SELECT count(*) FILTER (WHERE a = $1) AS count_1, count(*) FILTER (WHERE b > $2) AS count_2 FROM t");
    EXPECT_EQ(
        aggregates({"SELECT count(*) AS n, max(d) FROM t WHERE b IS NULL AND a = $1",
                    "SELECT coalesce(sum(d), $2) FROM t WHERE a = $1 AND b IS NULL AND id > $3"}),
        "SELECT count(*) FILTER (WHERE a = $1) AS n_1, max(d) FILTER (WHERE a = $1) AS max_1, COALESCE(sum(d) FILTER "
        "(WHERE a = $2 AND id > $4), $3) AS sum_2 FROM t WHERE b IS NULL AND a IN ($1, $2)");
    EXPECT_EQ(aggregates({"SELECT count(*) FROM t", "SELECT count(*) FILTER (WHERE a = 1) FROM t WHERE c = $1"}),
              "SELECT count(*) AS count_1, count(*) FILTER (WHERE a = 1 AND c = $1) AS count_2 FROM t");
}

TEST(Aggregates, GiveTheReasonWhereThereIsNone) {
    EXPECT_TRUE(aggregates({"SELECT count(*) FROM t"}).starts_with("no: Not all"));
    EXPECT_TRUE(aggregates({}).starts_with("no: Not all"));
    for (const auto &[other, reason] : std::vector<std::pair<std::string_view, std::string>>{
             {"SELECT count(*) FROM pair", "no: They read different"},
             {"SELECT count(*) FROM t JOIN pair ON x = a", "no: They read different"},
             {"SELECT a FROM t", "no: One of them returns more"},
             {"SELECT count(*) FROM t GROUP BY a", "no: One of them groups"},
             {"SELECT count(*) FROM t UNION SELECT 1", "no: One of them combines"},
             {"WITH n AS (SELECT 1) SELECT count(*) FROM t", "no: One of them has a WITH"},
             {"SELECT count(*) FROM t OFFSET 1", "no: One of them is more"},
             {"UPDATE t SET a = 1", "no: One of them is not a SELECT"},
             {"SELECT count(", "no: One of them cannot be parsed"}}) {
        EXPECT_TRUE(aggregates({"SELECT count(*) FROM t", other}).starts_with(reason)) << other;
    }
}

TEST(KeysetPage, ComparesTheSortColumnsAndTheKey) {
    expect(query_audit_rewrite_keyset,
           {{"SELECT b FROM t WHERE a = $1 ORDER BY d DESC LIMIT $2 OFFSET $3",
             "SELECT b, d, id FROM t WHERE a = $1 AND (d, id) < ($3, $4) ORDER BY d DESC, id DESC LIMIT $2"},
            {"SELECT * FROM t ORDER BY d, c DESC LIMIT $1 OFFSET $2",
             "SELECT * FROM t WHERE d >= $2 AND (d > $2 OR (c, id) < ($3, $4)) ORDER BY d, c DESC, id DESC LIMIT $1"},
            {"SELECT id AS number, b FROM t ORDER BY 1 OFFSET $1 FETCH FIRST $2 ROWS ONLY",
             "SELECT id AS number, b FROM t WHERE id > $2 ORDER BY 1 LIMIT $1"},
            {"SELECT * FROM pair ORDER BY y, x DESC LIMIT $1",
             "SELECT * FROM pair WHERE y >= $2 AND (y > $2 OR x < $3) ORDER BY y, x DESC LIMIT $1"}});
}

TEST(KeysetPage, GivesTheReasonWhereThereIsNone) {
    expect_none(query_audit_rewrite_keyset,
                {{"SELECT * FROM t LIMIT $1 OFFSET $2", "It has no ORDER BY"},
                 {"SELECT * FROM t ORDER BY id", "It has no LIMIT"},
                 {"SELECT * FROM t ORDER BY a LIMIT $1", "It sorts by a column that may be NULL"},
                 {"SELECT * FROM t ORDER BY lower(b) LIMIT $1", "It sorts by an expression"},
                 {"SELECT lower(c) AS d FROM t ORDER BY d LIMIT $1", "It sorts by an expression"},
                 {"SELECT * FROM t JOIN pair ON x = a ORDER BY t.id LIMIT $1", "It reads more than one table"},
                 {"SELECT DISTINCT d FROM t ORDER BY d LIMIT $1", "Its rows are not those of a table"},
                 {"SELECT id, rank() OVER (ORDER BY id) FROM t ORDER BY id LIMIT $1", "Its window functions"},
                 {"SELECT id FROM t ORDER BY id FETCH FIRST 5 ROWS WITH TIES", "FETCH FIRST"},
                 {"SELECT id FROM elsewhere ORDER BY id LIMIT $1", "The key of its table is not known"},
                 {"SELECT c AS id FROM t ORDER BY d LIMIT $1", "It has an output column"},
                 {"SELECT count(*) FROM t LIMIT 1", "Its output is not a page"}});
}

TEST(NamedTables, AreThoseOfTheText) {
    NamedTable named[4] = {};
    const std::string_view text = "WITH w AS (SELECT * FROM a) SELECT * FROM w, s.b WHERE EXISTS (SELECT FROM a, c)";
    ASSERT_EQ(query_audit_named_tables(text.data(), text.size(), named, 4), 3u);
    std::string names;
    for (int i = 0; i < 3; ++i) names += std::string(named[i].schema) + "." + named[i].name + " ";
    for (const char *name : {".a ", "s.b ", ".c "}) EXPECT_NE(names.find(name), std::string::npos) << names;
    EXPECT_EQ(query_audit_named_tables(text.data(), text.size(), named, 1), 1u);
}

constexpr const char *again = "\n-- Again and again, each time with the largest key that the batch before returned "
                              "(the first time with one below "
                              "all), and a COMMIT after each, until it changes no row.";

void expect_batches(const std::vector<Case> &cases) {
    for (const Case &one : cases) {
        EXPECT_EQ(rewritten(query_audit_rewrite_batches, one.text), std::string(one.rewritten) + again);
    }
}

TEST(Batches, TakeSomeRowsInTheOrderOfTheKey) {
    expect_batches(
        {{"UPDATE t SET a = $1 WHERE b = $2",
          "UPDATE t SET a = $1 WHERE t.id IN (SELECT t.id FROM t WHERE b = $2 AND t.id > $3 ORDER BY t.id LIMIT 5000 "
          "FOR UPDATE) RETURNING t.id"},
         {"UPDATE t AS x SET a = x.a + 1",
          "UPDATE t x SET a = x.a + 1 WHERE x.id IN (SELECT x.id FROM t x WHERE x.id > $1 ORDER BY x.id LIMIT 5000 FOR "
          "UPDATE) RETURNING x.id"},
         {"DELETE FROM pair WHERE v < $1 OR v IS NULL",
          "DELETE FROM pair WHERE (pair.x, pair.y) IN (SELECT pair.x, pair.y FROM pair WHERE (v < $1 OR v IS NULL) AND "
          "(pair.x, pair.y) > ($2, $3) ORDER BY pair.x, pair.y LIMIT 5000 FOR UPDATE) RETURNING pair.x, pair.y"},
         {"DELETE FROM t WHERE a IN (SELECT id FROM u WHERE old) RETURNING b",
          "DELETE FROM t WHERE t.id IN (SELECT t.id FROM t WHERE a IN (SELECT id FROM u WHERE old) AND t.id > $1 ORDER "
          "BY t.id LIMIT 5000 FOR UPDATE) RETURNING b, t.id"},
         {"DELETE FROM t RETURNING *", "DELETE FROM t WHERE t.id IN (SELECT t.id FROM t WHERE t.id > $1 ORDER BY t.id "
                                       "LIMIT 5000 FOR UPDATE) RETURNING *"}});
}

TEST(Batches, AreNotWrittenWhereTheyCouldDiffer) {
    expect_none(query_audit_rewrite_batches,
                {{"UPDATE t SET id = id + 1", "It changes the key"},
                 {"DELETE FROM t WHERE d < (SELECT avg(d) FROM t)", "It reads a table"},
                 {"UPDATE t SET a = (SELECT max(x.a) FROM t AS x)", "It reads a table"},
                 {"WITH w AS (SELECT 1) DELETE FROM t WHERE a IN (TABLE w)", "It reads a table"},
                 {"DELETE FROM t USING u WHERE u.id = t.a", "It joins"},
                 {"UPDATE t SET a = 1 FROM u WHERE u.id = t.a", "It joins"},
                 {"DELETE FROM unknown", "The key of its table"},
                 {"INSERT INTO t (a) VALUES (1)", "It is no UPDATE or DELETE"},
                 {"SELECT 1", "It is no UPDATE or DELETE"},
                 {"DELETE FROM", "It cannot be parsed"}});
}

} // namespace
} // namespace query_audit::test
