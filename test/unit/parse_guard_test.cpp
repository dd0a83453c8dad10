// What the box refuses, and that it refuses it before libpg_query could be hurt.
#include <gtest/gtest.h>

#include "parse_support.h"

namespace query_audit::test {
namespace {

std::string repeat(std::string_view unit, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += unit;
    return text;
}

TEST(Guard, RefusesTextsOverTheCap) {
    const std::string text = "SELECT '" + std::string(default_max_parse_bytes, 'x') + "'";
    EXPECT_EQ(parse(text).status, ParseStatus::too_large);
    EXPECT_EQ(parse(text, text.size()).status, ParseStatus::ok);
    EXPECT_EQ(parse("SELECT 1", 7).status, ParseStatus::too_large);
}

TEST(Guard, RefusesDeepNesting) {
    const std::vector<std::string> texts = {
        "SELECT " + repeat("(", 10000) + "1" + repeat(")", 10000),
        "SELECT " + repeat("(", 10000),
        "SELECT " + repeat("ARRAY[", 3000) + "1" + repeat("]", 3000),
        "SELECT " + repeat("(SELECT ", 201) + "1" + repeat(")", 201),
        "SELECT 1" + repeat("+1", 64000),
        "SELECT 1" + repeat(" isnull", 4000),
        "SELECT 1" + repeat(" is null", 2000),
        "SELECT " + repeat("NOT ", 4000) + "true",
        "SELECT " + repeat("- ", 4000) + "a",
        "SELECT " + repeat("@-", 600) + "a",
        "SELECT a" + repeat("::int", 4000),
        "SELECT a" + repeat(" collate b", 2000),
        "SELECT a" + repeat(" at time zone b", 2000),
        "SELECT a" + repeat(" operator(+) b", 2000),
        "SELECT 1" + repeat(" union select 1", 2000),
        "SELECT 1,1" + repeat(" union select 1,1", 1500),
        "SELECT 1 FROM a" + repeat(" cross join a", 2000),
        "SELECT " + repeat("case when ", 1000) + "a" + repeat(" then 1 end", 1000),
        "SELECT " + repeat("case when a or ", 1000) + "a" + repeat(" then 1 end", 1000),
        "SELECT a" + repeat(" is null between b and c", 1000),
    };
    for (const std::string &text : texts) {
        EXPECT_EQ(parse(text, 1 << 20).status, ParseStatus::too_large) << text.substr(0, 60);
        EXPECT_EQ(normalize(text), "") << text.substr(0, 60);
        EXPECT_FALSE(rewrite_batched(text).done);
        EXPECT_FALSE(rewrite_page(text).done);
    }
}

TEST(Guard, LetsLongFlatTextsPass) {
    const std::vector<std::string> texts = {
        "SELECT * FROM t WHERE a IN (1" + repeat(",-2", 1900) + ")",
        "INSERT INTO t VALUES (1, 'a'::text)" + repeat(", (-1, 'b'::text)", 900),
        "SELECT * FROM t WHERE a = 1" + repeat(" OR a = 2", 900),
        "SELECT * FROM t WHERE a IS NULL" + repeat(" AND b IS NOT NULL", 900),
        "SELECT " + repeat("CASE WHEN a = 1 THEN 2 ELSE 3 END, ", 500) + "1",
        "SELECT " + repeat("(", 199) + "1" + repeat(")", 199),
    };
    for (const std::string &text : texts) EXPECT_EQ(parse(text).status, ParseStatus::ok) << text.substr(0, 60);
}

TEST(Guard, RefusesWhatIsNotOneDmlStatement) {
    for (const char *text : {"",
                             "   ",
                             ";",
                             "-- nothing",
                             "/* nothing */",
                             "SELECT 1; SELECT 2",
                             "CREATE TABLE t (a int)",
                             "COPY t FROM STDIN",
                             "COPY (SELECT 1) TO STDOUT",
                             "SET a = 1",
                             "BEGIN",
                             "EXPLAIN SELECT 1",
                             "VACUUM t",
                             "DO $$BEGIN END$$",
                             "CALL p(1)",
                             "PREPARE p AS SELECT 1",
                             "EXECUTE p(1)",
                             "DECLARE c CURSOR FOR SELECT 1",
                             "FETCH 10 FROM c",
                             "TRUNCATE t",
                             "CREATE TABLE u AS SELECT 1",
                             "CREATE USER u PASSWORD 'secret'"}) {
        EXPECT_EQ(parse(text).status, ParseStatus::not_dml) << text;
        EXPECT_EQ(normalize(text), "") << text;
    }
    EXPECT_EQ(parse("SELECT 1;").status, ParseStatus::ok);
    EXPECT_EQ(parse("SELECT 1 ; -- done").status, ParseStatus::ok);
}

TEST(Guard, SaysWhereASyntaxErrorIs) {
    const ParsedStatement parsed = parse("SELECT * FROM WHERE a = 1");
    EXPECT_EQ(parsed.status, ParseStatus::syntax_error);
    EXPECT_EQ(parsed.error_position, 14);
    EXPECT_STREQ(parsed.error_message, "syntax error at or near \"WHERE\"");
    EXPECT_EQ(parse("SELECT 'äöü' FROM WHERE").error_position, 21) << "counted in bytes";
    EXPECT_EQ(parse("SELECT (").status, ParseStatus::syntax_error);
    EXPECT_EQ(parse("SELECT 'open").status, ParseStatus::syntax_error);
    EXPECT_EQ(parse("\xff\xfe\x80").status, ParseStatus::syntax_error);
}

TEST(Guard, RefusesNulBytes) {
    const ParsedStatement parsed = parse(std::string_view("SELECT 1\0, 2", 12));
    EXPECT_EQ(parsed.status, ParseStatus::syntax_error);
    EXPECT_EQ(parsed.error_position, 8);
}

TEST(Guard, NeedsNoNulAtTheEnd) {
    const std::string text = "SELECT a FROM t WHERE b = 1 garbage garbage";
    EXPECT_EQ(parse(std::string_view(text).substr(0, 27)).status, ParseStatus::ok);
}

} // namespace
} // namespace query_audit::test
