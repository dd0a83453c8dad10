// The text that may be kept: no value of the user's, no comment, one line.
#include <gtest/gtest.h>

#include "core/lexer.h"
#include "parse_support.h"

namespace query_audit::test {
namespace {

struct Case {
    const char *text;
    const char *normal;
};

class Normalize : public testing::TestWithParam<Case> {};

TEST_P(Normalize, MasksEveryLiteral) { EXPECT_EQ(normalize(GetParam().text), GetParam().normal); }

TEST_P(Normalize, GivesTheSameForATextThatWasParsedBefore) {
    const std::string_view text = GetParam().text;
    const ParsedStatement parsed = parse(text);
    ASSERT_EQ(parsed.status, ParseStatus::ok);
    char out[512];
    EXPECT_EQ(query_audit_normalize(text.data(), text.size(), 0, &parsed, out, sizeof out), ParseStatus::ok);
    EXPECT_STREQ(out, GetParam().normal);
}

TEST_P(Normalize, IsIdempotent) { EXPECT_EQ(normalize(GetParam().normal), GetParam().normal); }

TEST_P(Normalize, KeepsTheShape) {
    const ParsedStatement raw = parse(GetParam().text);
    const ParsedStatement normal = parse(GetParam().normal);
    EXPECT_EQ(raw.shape.fingerprint, normal.shape.fingerprint);
    EXPECT_EQ(raw.shape.filter_identity, normal.shape.filter_identity);
    EXPECT_EQ(raw.shape.flags, normal.shape.flags);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Normalize,
    testing::Values(
        Case{"SELECT a FROM t WHERE b = -5 AND c = 'x' AND d", "SELECT a FROM t WHERE b = $1 AND c = $2 AND d"},
        Case{"SELECT a FROM t WHERE b = $1 AND c = 7", "SELECT a FROM t WHERE b = $1 AND c = $2"},
        Case{"SELECT a /* 'secret' */ FROM t -- secret\nWHERE b = 1", "SELECT a FROM t WHERE b = $1"},
        Case{"SELECT/**/a/* x */FROM/**/t", "SELECT a FROM t"},
        Case{"  SELECT\n\ta\r\n  FROM   t ; ", "SELECT a FROM t"},
        Case{"SELECT E'a\\'b', $$c$$, $q$d$q$, B'1', X'F', U&'\\0061', N'n'", "SELECT $1, $2, $3, $4, $5, $6, $7"},
        Case{"SELECT a FROM t WHERE b > now() - interval '1 day'", "SELECT a FROM t WHERE b > now() - interval $1"},
        Case{"SELECT a FROM t WHERE b = date '2020-01-01'", "SELECT a FROM t WHERE b = date $1"},
        Case{"SELECT 'a'\n  'b'", "SELECT $1"},
        Case{"SELECT \"a  b\", \"c--d\" FROM t", "SELECT \"a  b\", \"c--d\" FROM t"},
        Case{"SELECT a::numeric(10, 2) FROM t GROUP BY 1 ORDER BY 1, 2 DESC",
             "SELECT a::numeric(10, 2) FROM t GROUP BY 1 ORDER BY 1, 2 DESC"},
        Case{"SELECT a + 1, 2 FROM t GROUP BY a + 1", "SELECT a + $1, $2 FROM t GROUP BY a + $1"},
        Case{"SELECT a + 1, a + 1, 2 FROM t", "SELECT a + $1, a + $2, $3 FROM t"},
        Case{"INSERT INTO t (a) VALUES (1), ('x'), (NULL), (DEFAULT)",
             "INSERT INTO t (a) VALUES ($1), ($2), ($3), (DEFAULT)"},
        Case{"SELECT a FROM t OFFSET 5 ROWS FETCH NEXT 10 ROWS ONLY",
             "SELECT a FROM t OFFSET $1 ROWS FETCH NEXT $2 ROWS ONLY"},
        Case{"SELECT a->>'k' FROM t WHERE b @> '{\"a\": 1}'", "SELECT a->>$1 FROM t WHERE b @> $2"}));

TEST(NormalizeText, LeavesNoLiteralBehind) {
    for (const char *text :
         {"SELECT extract('year' from a), a AT TIME ZONE 'UTC', substring(a from 2 for 3), a LIKE 'x' ESCAPE '!' FROM "
          "t",
          "SELECT xmlelement(name foo, xmlattributes('a' as b), 'c')",
          "SELECT interval(3) '1 s', time '10:00', point '(1,2)', 1e5, .5, 5., 'a' COLLATE \"C\"",
          "SELECT * FROM t TABLESAMPLE system (10) REPEATABLE (5) WHERE a BETWEEN 1 AND 2 ORDER BY a + 1, 'x' LIMIT 5",
          "SELECT * FROM json_to_recordset('[]') AS x(a int) WHERE (y).a[1:2] = '{1}' AND z ~ 'a' OR w NOT LIKE 'b'",
          "MERGE INTO t USING u ON t.a = u.a AND u.b = 5 WHEN MATCHED AND t.c = 'x' THEN UPDATE SET c = 'y' "
          "WHEN NOT MATCHED THEN INSERT VALUES (1, 'z')",
          "INSERT INTO t VALUES (1) ON CONFLICT (a) WHERE b = 2 DO UPDATE SET c = 'x' WHERE t.d > 3 RETURNING 'q'",
          "SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING) FROM t",
          "WITH x AS (SELECT 'a' AS b) SELECT CASE WHEN b = 'c' THEN 1 ELSE 2 END FROM x FETCH FIRST 3 ROWS ONLY"}) {
        const std::string normal = normalize(text);
        ASSERT_NE(normal, "") << text;
        Lexer lexer(normal);
        std::string_view before;
        for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
            EXPECT_NE(token.kind, TokenKind::string) << normal;
            EXPECT_NE(token.kind, TokenKind::comment) << normal;
            EXPECT_TRUE(token.kind != TokenKind::number || before == "(") << normal;
            before = lexer.text_of(token);
        }
    }
}

TEST(NormalizeText, IsCutAtAWholeCharacter) {
    const std::string_view text = "SELECT \"äöü\" FROM t";
    for (std::size_t capacity = 0; capacity < 24; ++capacity) {
        std::string out(32, '#');
        EXPECT_EQ(query_audit_normalize(text.data(), text.size(), 1000, nullptr, out.data(), capacity),
                  ParseStatus::ok);
        EXPECT_EQ(out[capacity], '#') << "nothing is written past the capacity";
        if (capacity == 0) continue;
        const std::string_view written = out.c_str();
        EXPECT_LT(written.size(), capacity);
        EXPECT_EQ(text.substr(0, written.size()), written);
        EXPECT_NE(static_cast<unsigned char>(text.data()[written.size()]) & 0xC0, 0x80) << "cut inside a character";
    }
}

} // namespace
} // namespace query_audit::test
