// Tokens as PostgreSQL sees them, for any bytes.
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/lexer.h"

namespace query_audit::test {
namespace {

// Tokens as "k:text" with one letter a kind.
std::vector<std::string> tokens_of(std::string_view text) {
    constexpr std::string_view letters = "ecwisnpo,";
    std::vector<std::string> tokens;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        tokens.push_back(std::string{letters[static_cast<std::size_t>(token.kind)], ':'} +
                         std::string(lexer.text_of(token)));
    }
    return tokens;
}

using Tokens = std::vector<std::string>;

TEST(Lexer, TellsEveryKindOfTokenApart) {
    EXPECT_EQ(tokens_of("SELECT a1_$x, \"q\" FROM t WHERE n>=1.5 AND s<>'v' AND p=$12::int -- end"),
              (Tokens{"w:SELECT", "w:a1_$x", ",:,",   "i:\"q\"", "w:FROM", "w:t",   "w:WHERE",
                      "w:n",      "o:>=",    "n:1.5", "w:AND",   "w:s",    "o:<>",  "s:'v'",
                      "w:AND",    "w:p",     "o:=",   "p:$12",   "o:::",   "w:int", "c:-- end"}));
    EXPECT_EQ(tokens_of("a[1:2];(b.c)"),
              (Tokens{"w:a", ",:[", "n:1", ",::", "n:2", ",:]", ",:;", ",:(", "w:b", ",:.", "w:c", ",:)"}));
    EXPECT_EQ(tokens_of(""), Tokens{});
    EXPECT_EQ(tokens_of(" \t\r\n\v\f"), Tokens{});
}

TEST(Lexer, ReadsNumbersWithPointExponentBaseAndUnderscore) {
    for (const char *number : {"1", "1.5", ".5", "1.", "1e10", "1E+10", "1.5e-3", "0xFF", "0b10", "1_000"}) {
        EXPECT_EQ(tokens_of(number), Tokens{std::string("n:") + number});
    }
    EXPECT_EQ(tokens_of("1-2"), (Tokens{"n:1", "o:-", "n:2"}));
    EXPECT_EQ(tokens_of("1..2"), (Tokens{"n:1", ",:.", "n:.2"}));
    EXPECT_EQ(tokens_of("1e+"), (Tokens{"n:1e", "o:+"}));
    EXPECT_EQ(tokens_of("0xFE+1"), (Tokens{"n:0xFE", "o:+", "n:1"}));
}

TEST(Lexer, ReadsStringsWithDoubledQuotesAndPrefixes) {
    for (const char *string : {"''", "'a'", "'it''s'", "'-- no comment'", "'a\\'", "E'a\\'b'", "e'\\\\'", "B'01'",
                               "X'ff'", "N'a'", "U&'\\0041'", "$$a'b$$", "$tag$ $$ $x$ $tag$", "$t1$a$t1$"}) {
        EXPECT_EQ(tokens_of(string), Tokens{std::string("s:") + string});
    }
    EXPECT_EQ(tokens_of("'a\\'b"), (Tokens{"s:'a\\'", "w:b"})) << "a backslash escapes in E strings alone";
    EXPECT_EQ(tokens_of("xe'a'"), (Tokens{"w:xe", "s:'a'"}));
    EXPECT_EQ(tokens_of("u&1"), (Tokens{"w:u", "o:&", "n:1"}));
}

TEST(Lexer, JoinsStringsThatALineBreakSeparates) {
    EXPECT_EQ(tokens_of("'a'\n 'b' c"), (Tokens{"s:'a'\n 'b'", "w:c"}));
    EXPECT_EQ(tokens_of("'a' -- x\n'b'"), Tokens{"s:'a' -- x\n'b'"});
    EXPECT_EQ(tokens_of("E'a'\n'b\\'c'"), Tokens{"s:E'a'\n'b\\'c'"}) << "the escapes go on";
    EXPECT_EQ(tokens_of("'a' 'b'"), (Tokens{"s:'a'", "s:'b'"})) << "not without a line break";
    EXPECT_EQ(tokens_of("'a'\nb"), (Tokens{"s:'a'", "w:b"}));
    EXPECT_EQ(tokens_of("\"a\"\n\"b\""), (Tokens{"i:\"a\"", "i:\"b\""}));
}

TEST(Lexer, ReadsQuotedIdentifiers) {
    for (const char *identifier : {"\"a\"", "\"a\"\"b\"", "\"a'b\"", "U&\"d\\0061t\"", "\"-- a\"", "\"a\\\""}) {
        EXPECT_EQ(tokens_of(identifier), Tokens{std::string("i:") + identifier});
    }
}

TEST(Lexer, TakesBytesAboveAsciiForLetters) { EXPECT_EQ(tokens_of("größe=1"), (Tokens{"w:größe", "o:=", "n:1"})); }

TEST(Lexer, ReadsCommentsAndTheirNesting) {
    EXPECT_EQ(tokens_of("a -- b\nc"), (Tokens{"w:a", "c:-- b", "w:c"}));
    EXPECT_EQ(tokens_of("a -- b\rc"), (Tokens{"w:a", "c:-- b", "w:c"}));
    EXPECT_EQ(tokens_of("/* a /* b */ c */ d"), (Tokens{"c:/* a /* b */ c */", "w:d"}));
    EXPECT_EQ(tokens_of("/*/ a */b"), (Tokens{"c:/*/ a */", "w:b"}));
    EXPECT_EQ(tokens_of("/**/b"), (Tokens{"c:/**/", "w:b"}));
}

TEST(Lexer, EndsAnOperatorWhereACommentStarts) {
    EXPECT_EQ(tokens_of("1+--x"), (Tokens{"n:1", "o:+", "c:--x"}));
    EXPECT_EQ(tokens_of("1*/*x*/2"), (Tokens{"n:1", "o:*", "c:/*x*/", "n:2"}));
    EXPECT_EQ(tokens_of("a @> b"), (Tokens{"w:a", "o:@>", "w:b"}));
    EXPECT_EQ(tokens_of("a->>'b'"), (Tokens{"w:a", "o:->>", "s:'b'"}));
}

TEST(Lexer, TellsParametersFromDollarQuotes) {
    EXPECT_EQ(tokens_of("$1$2"), (Tokens{"p:$1", "p:$2"}));
    EXPECT_EQ(tokens_of("a$b$c"), Tokens{"w:a$b$c"});
    EXPECT_EQ(tokens_of("$ a"), (Tokens{",:$", "w:a"}));
    EXPECT_EQ(tokens_of("$a b$"), (Tokens{",:$", "w:a", "w:b$"}));
}

TEST(Lexer, LetsWhatIsNotClosedReachTheEnd) {
    for (const char *text : {"'a; b", "E'a\\", "E'a\\'", "$$ a; b", "$x$ a $y$", "B'1", "U&'a"}) {
        EXPECT_EQ(tokens_of(text), Tokens{std::string("s:") + text});
    }
    for (const char *text : {"\"a; b", "U&\"a b"}) EXPECT_EQ(tokens_of(text), Tokens{std::string("i:") + text});
    for (const char *text : {"/* a; b", "/* a /* b */", "/*", "-- a"}) {
        EXPECT_EQ(tokens_of(text), Tokens{std::string("c:") + text});
    }
    EXPECT_EQ(tokens_of("$"), Tokens{",:$"});
}

TEST(Lexer, AdvancesOverAnyBytesAndLeavesOutOnlyWhiteSpace) {
    std::mt19937 random(1);
    constexpr std::string_view alphabet("'\"$/*-eEuU&\\ \n\r;aA1.(:\0\xC3\xA9", 25);
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (auto length = random() % 24; length > 0; --length) text += alphabet[random() % alphabet.size()];
        std::size_t at = 0;
        Lexer lexer(text);
        for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
            ASSERT_GT(token.length, 0u) << text;
            ASSERT_EQ(text.substr(at, token.start - at).find_first_not_of(" \t\r\n\v\f"), std::string::npos) << text;
            at = token.start + token.length;
            ASSERT_LE(at, text.size()) << text;
        }
        ASSERT_EQ(text.substr(at).find_first_not_of(" \t\r\n\v\f"), std::string::npos) << text;
        ASSERT_EQ(lexer.next().kind, TokenKind::end) << "it stays at the end";
    }
}

TEST(Complexity, IsTheDeepestNestingAndTheNumberOfOperators) {
    const auto measure = [](std::string_view text) {
        const Complexity complexity = measure_complexity(text);
        return std::pair(complexity.depth, complexity.operators);
    };
    EXPECT_EQ(measure(""), std::pair(0u, 0u));
    EXPECT_EQ(measure("SELECT ((a)), (b[1])"), std::pair(2u, 0u));
    EXPECT_EQ(measure("(a) (b) (c)"), std::pair(1u, 0u));
    EXPECT_EQ(measure("))(("), std::pair(2u, 0u)) << "closing what is not open does not count down";
    EXPECT_EQ(measure("a + b * c = d::int"), std::pair(0u, 4u));
    EXPECT_EQ(measure("NOT not CASE WHEN a THEN b END"), std::pair(0u, 3u));
    EXPECT_EQ(measure("'((' /* (( */ \"((\" $$((++$$ -- (("), std::pair(0u, 0u));
}

TEST(Keyword, IsComparedWithoutRegardToAsciiCase) {
    EXPECT_TRUE(equals_keyword("SeLeCt", "select"));
    EXPECT_FALSE(equals_keyword("selects", "select"));
    EXPECT_FALSE(equals_keyword("selec", "select"));
    EXPECT_FALSE(equals_keyword("@", "`")) << "only letters have case";
}

} // namespace
} // namespace query_audit::test
