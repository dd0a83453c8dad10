// Statements without their values.
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "core/lexer.h"
#include "core/mask.h"

namespace query_audit::test {
namespace {

std::string mask(std::string_view text, bool ascii_only = false, std::size_t capacity = 4096) {
    std::string out(capacity, '#');
    mask_literals(text, ascii_only, out.data(), capacity);
    return out.c_str();
}

TEST(Mask, PutsAParameterForEveryLiteral) {
    EXPECT_EQ(mask("SELECT * FROM t WHERE a = 'x' AND b = 5 AND c = -1.5e3 LIMIT 10"),
              "SELECT * FROM t WHERE a = $1 AND b = $2 AND c = -$3 LIMIT $4");
    EXPECT_EQ(mask("a IN ('x','y',E'z\\'',B'0',$$d$$)"), "a IN ($1,$2,$3,$4,$5)");
}

TEST(Mask, NumbersAfterTheParametersThatAreThere) {
    EXPECT_EQ(mask("a = $2 AND b = 'x' AND c = $1 AND d = 7"), "a = $2 AND b = $3 AND c = $1 AND d = $4");
    EXPECT_EQ(mask("a = $99999999999999999999 AND b = 1"), "a = $99999999999999999999 AND b = $1");
}

TEST(Mask, LeavesNamesThatHoldDigitsAlone) { EXPECT_EQ(mask("t1.\"c 2\" = x2$3"), "t1.\"c 2\" = x2$3"); }

TEST(Mask, DropsCommentsAndFoldsWhiteSpace) {
    EXPECT_EQ(mask("  /* secret */ SELECT\n\t a --secret\n , b/* x */FROM t /* secret */"), "SELECT a , b FROM t");
    EXPECT_EQ(mask("/* only */"), "");
}

TEST(Mask, KeepsAParameterApartFromTheWordBeforeIt) {
    EXPECT_EQ(mask("date'2020-01-01'"), "date $1");
    EXPECT_EQ(mask("$'a'"), "$ $1");
    EXPECT_EQ(mask("'a'::text"), "$1::text");
}

TEST(Mask, LeavesNoLiteralAndChangesNothingTheSecondTime) {
    const std::string_view pieces[] = {
        "SELECT", " ",      "\n",         "'it''s 4711'", "E'4711\\''", "$q$4711$q$", "4711",  "-4711",   "0x4711",
        "4711.5", "\"id\"", "/* 4711 */", "-- 4711\n",    "(",          ")",          ",",     "=",       ".",
        "::",     "t",      "e",          "U&'4711'",     "$1",         "$",          "'4711", "x'4711'", "?",
        "\"u"};
    std::mt19937 random(2);
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (auto count = random() % 12; count > 0; --count) text += pieces[random() % std::size(pieces)];
        const std::string masked = mask(text);
        Lexer lexer(masked);
        for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
            ASSERT_NE(token.kind, TokenKind::string) << text << "\n" << masked;
            ASSERT_NE(token.kind, TokenKind::number) << text << "\n" << masked;
            ASSERT_NE(token.kind, TokenKind::comment) << text << "\n" << masked;
        }
        ASSERT_EQ(mask(masked), masked) << text;
    }
}

TEST(Mask, LeavesNothingOfAnUnclosedLiteral) {
    EXPECT_EQ(mask("a = 'secret"), "a = $1");
    EXPECT_EQ(mask("a = E'secret\\'"), "a = $1");
    EXPECT_EQ(mask("a = $x$secret $y$"), "a = $1");
    EXPECT_EQ(mask("a = E'x'\n'secret\\'secret'"), "a = $1");
}

TEST(Mask, ReplacesForeignBytesOnlyWhenAsked) {
    EXPECT_EQ(mask("SELECT größe", false), "SELECT größe");
    EXPECT_EQ(mask("SELECT größe", true), "SELECT gr????e");
    EXPECT_EQ(mask("SELECT 'ö'", true), "SELECT $1");
}

TEST(Mask, IsCutToFitAtAWholeCharacter) {
    EXPECT_EQ(mask("SELECT abc", false, 9), "SELECT a");
    EXPECT_EQ(mask("aéé", false, 5), "aé");
    EXPECT_EQ(mask("aéé", false, 4), "aé");
    EXPECT_EQ(mask("aéé", false, 3), "a");
    EXPECT_EQ(mask("abc", false, 1), "");
    for (std::size_t capacity = 1; capacity < 40; ++capacity) {
        std::string guarded(64, '#');
        mask_literals("SELECT a FROM \"té\" WHERE b = 'c' AND d = 5", false, guarded.data(), capacity);
        EXPECT_LT(guarded.find('\0'), capacity);
        EXPECT_EQ(guarded.substr(capacity), std::string(64 - capacity, '#'));
    }
}

} // namespace
} // namespace query_audit::test
