// Which of a filter's values are keys that rows are looked up by, and which only bound a range.
#include <gtest/gtest.h>

#include "parse_support.h"

namespace query_audit::test {
namespace {

using Strings = std::vector<std::string>;

Strings keys(const std::string &text) {
    Strings values = filter_values(text);
    const ParsedStatement parsed = parse(text);
    values.resize(static_cast<std::size_t>(parsed.key_value_count));
    EXPECT_EQ(parsed.shape.has(shape_flag::keyed), parsed.shape.has(shape_flag::filtered) && !values.empty()) << text;
    return values;
}

struct Case {
    const char *where;
    Strings keys;
};

TEST(KeyValues, AreThoseThatAreComparedByMoreThanOrder) {
    const std::vector<Case> cases = {
        {"a = $1", {"$1"}},
        {"$1 = a", {"$1"}},
        {"a IN ($1)", {"$1"}},
        {"a = ANY($1)", {"$1"}},
        {"a IS NOT DISTINCT FROM $1", {"$1"}},
        {"a LIKE $1", {"$1"}},
        {"data @> $1", {"$1"}},
        {"data ->> 'kind' = $1", {"'kind'", "$1"}},
        {"lower(a) = lower($1)", {"$1"}},
        {"(a, b) = ($1, $2)", {"$1", "$2"}},
        {"a = $1 OR b = $2", {"$1", "$2"}},
        {"EXISTS (SELECT FROM u WHERE u.t = t.id AND u.a = $1)", {"$1"}},
        {"a > $1", {}},
        {"$1 <= a", {}},
        {"a >= $1 AND a < $2", {}},
        {"a BETWEEN $1 AND $2", {}},
        {"a NOT BETWEEN $1 AND $2", {}},
        {"a BETWEEN SYMMETRIC $1 AND $2", {}},
        {"a::date >= $1::date AND a < $1::date + 7", {}},
        {"a > now() - $1::interval", {}},
        {"(a, b) > ($1, $2)", {}},
        {"ROW(a, b) <= ROW($1, $2)", {}},
        {"NOT (a > $1)", {}},
        {"k = $1 AND a > $2", {"$1"}},
        {"a > $1 AND a <= $2 AND k = $3", {"$3"}},
    };
    for (const Case &one : cases)
        EXPECT_EQ(keys(std::string("SELECT * FROM t WHERE ") + one.where), one.keys) << one.where;
}

TEST(KeyValues, AreNotThoseThatOnlyContinueABound) {
    const std::vector<Case> cases = {
        {"a > $1 OR (a = $2 AND id > $3)", {}},
        {"k = $4 AND (a > $1 OR (a = $2 AND id > $3))", {"$4"}},
        {"a > $1 OR (a = $1 AND (b > $2 OR (b = $2 AND id > $3)))", {}},
        {"a >= $1 AND (a > $1 OR id > $2)", {}},
        {"a <= $1 AND NOT (a = $2 AND id >= $3)", {}},
        {"a < $1 OR ($2 = t.a AND id < $3)", {}},
        {"at < (SELECT at FROM t WHERE id = $1)", {}},
        {"at < (SELECT max(at) FROM (SELECT at FROM t WHERE id = $1) x)", {}},
        {"$1::int IS NULL OR id > $1", {}},
        // These do not.
        {"$1::text IS NULL OR status = $1", {"$1"}},
        {"a = $1 AND a > $2", {"$1"}},
        {"a = $1 OR b > $2", {"$1"}},
        {"(SELECT count(*) FROM u WHERE u.t = t.id AND u.kind = $1) > $2", {"$1"}},
    };
    for (const Case &one : cases)
        EXPECT_EQ(keys(std::string("SELECT * FROM t WHERE ") + one.where), one.keys) << one.where;
}

TEST(KeyValues, HoldAValueBetweenTwoColumns) {
    for (const char *where : {"low <= $1 AND high >= $1", "$1 >= low AND $1 < high", "low <= 7 AND high >= 7",
                              "low <= '10.0.0.1'::inet AND high >= '10.0.0.1'", "low <= 1.5 AND high > 1.5"}) {
        EXPECT_EQ(keys(std::string("SELECT * FROM t WHERE ") + where).size(), 2u) << where;
    }
    EXPECT_EQ(keys("SELECT * FROM t WHERE $1 BETWEEN low AND high"), Strings{"$1"});
    for (const char *where : {"low <= $1 AND high >= $2", "low <= 7 AND high >= 8", "low <= $1 AND low >= $1",
                              "low <= $1 AND high <= $1", "low <= $1 OR high >= $1"}) {
        EXPECT_EQ(keys(std::string("SELECT * FROM t WHERE ") + where), Strings{}) << where;
    }
}

TEST(KeyValues, AreAllWhereOnlyANumberIsAskedFor) {
    for (const char *text :
         {"SELECT count(*) FROM t WHERE at >= $1 AND at < $2",
          "SELECT sum(a), max(b) FROM t WHERE at >= $1 AND at < $2",
          "SELECT EXISTS (SELECT 1 FROM t WHERE at >= $1 AND at < $2)", "SELECT 1 FROM t WHERE at BETWEEN $1 AND $2"}) {
        EXPECT_EQ(keys(text).size(), 2u) << text;
    }
    EXPECT_EQ(keys("SELECT a, count(*) FROM t WHERE at >= $1 AND at < $2 GROUP BY a"), Strings{});
    EXPECT_EQ(keys("DELETE FROM t WHERE id > $1 AND id <= $2"), Strings{});
}

TEST(KeyValues, ComeFirstInAnOrderThatCountAndPageShare) {
    const Strings page = filter_values("SELECT * FROM t WHERE a > $1 AND b = $2 AND c < $3 AND d = $4 LIMIT 20");
    EXPECT_EQ(filter_values("SELECT count(*) FROM t WHERE d = $4 AND c < $3 AND b = $2 AND a > $1"), page);
    ASSERT_EQ(page.size(), 4u);
    EXPECT_TRUE((page[0] == "$2" && page[1] == "$4") || (page[0] == "$4" && page[1] == "$2"));
}

TEST(KeyValues, OfAKeysetPageAreThoseBesideItsBounds) {
    const std::string latest = "SELECT * FROM t WHERE device_id = $1 AND at < $2 ORDER BY at DESC LIMIT 1";
    EXPECT_TRUE(parse(latest).shape.has(shape_flag::keyset | shape_flag::keyed));
    EXPECT_EQ(keys(latest), Strings{"$1"});
    const ParsedStatement next = parse("SELECT * FROM t WHERE id > $1 ORDER BY id LIMIT 100");
    EXPECT_TRUE(next.shape.has(shape_flag::keyset | shape_flag::filtered));
    EXPECT_FALSE(next.shape.has(shape_flag::keyed));
}

} // namespace
} // namespace query_audit::test
