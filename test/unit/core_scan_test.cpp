// What a statement is known by, and where its constants are.
#include <iterator>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "core/scan.h"

namespace query_audit::test {
namespace {

StatementScan scan(std::string_view text) {
    StatementScan result;
    scan_statement(text, result);
    return result;
}

std::uint64_t words(std::string_view text) { return scan(text).words; }

TEST(Scan, KnowsAStatementByItsWords) {
    const std::uint64_t known = words("SELECT a FROM t WHERE b = 5");
    for (const char *same : {"select A from T where B = 7", "SELECT  a\nFROM t -- comment\n WHERE b=99",
                             "/* x */ SELECT a FROM t WHERE b = 5", "SELECT a FROM t WHERE b = 5;",
                             "SELECT a FROM t WHERE b = 5.5e3 /*traceparent='00'*/"}) {
        EXPECT_EQ(words(same), known) << same;
    }
    for (const char *other :
         {"SELECT a FROM t WHERE b = '5'", "SELECT a FROM t WHERE b = $1", "SELECT a FROM u WHERE b = 5",
          "SELECT a FROM t WHERE b > 5", "SELECT a FROM t WHERE b = -5", "SELECT a FROM t WHERE b = 5 OR b = 5",
          "SELECT aF ROM t WHERE b = 5", "SELECT \"a\" FROM t WHERE b = 5", "SELECT a FROM t WHERE b = true", ""}) {
        EXPECT_NE(words(other), known) << other;
    }
    EXPECT_NE(words("SELECT \"a\""), words("SELECT \"A\"")) << "case matters in quotes";
    EXPECT_NE(words("SELECT $1, $2"), words("SELECT $2, $1"));
    EXPECT_NE(words("SELECT \xC3\xA9"), words("SELECT \xC3\x89")) << "only ASCII folds";
    EXPECT_NE(words("WHERE a IS NULL"), words("WHERE a IS TRUE"));
}

TEST(Scan, TakesAListOfLiteralsForOneOrSeveral) {
    const std::uint64_t several = words("SELECT a FROM t WHERE b IN (1, 2) AND c = 3");
    EXPECT_EQ(words("SELECT a FROM t WHERE b IN (1,2,3,4,5,6) AND c = 3"), several);
    EXPECT_EQ(words("SELECT a FROM t WHERE b in ( 1 , /* x */ 2, 3) AND c = 3"), several);
    EXPECT_NE(words("SELECT a FROM t WHERE b IN (1) AND c = 3"), several) << "a look-up is no batch";
    EXPECT_NE(words("SELECT a FROM t WHERE b IN ('1', '2') AND c = 3"), several);
    EXPECT_NE(words("SELECT a FROM t WHERE b IN (1, x) AND c = 3"), several);
    EXPECT_NE(words("SELECT f(1, 2)"), words("SELECT f(1, 2, 3)")) << "arguments are no list";
    EXPECT_NE(words("VALUES (1, 2)"), words("VALUES (1, 2, 3)"));
    EXPECT_NE(words("a IN ($1, $2)"), words("a IN ($1, $2, $3)")) << "the number of a parameter says what it is";
    EXPECT_NE(words("a IN (1, 2, b)"), words("a IN (1, 2)"));
    EXPECT_NE(words("a IN (1 + 2, 3)"), words("a IN (1, 2 + 3)"));
}

TEST(Scan, FindsConstantsByTheirPlace) {
    const std::string_view text = "SELECT 'a', -5, true FROM t WHERE b IN (10, 11, 12) AND c = E'x\\'y' LIMIT 7";
    const StatementScan found = scan(text);
    ASSERT_EQ(found.count, 6);
    const auto place_of = [&](std::string_view what) {
        return constant_at(found, text, static_cast<std::int32_t>(text.find(what)));
    };
    EXPECT_EQ(place_of("'a'"), 0);
    EXPECT_EQ(place_of("5, true"), 1);
    EXPECT_EQ(place_of("-5"), 1) << "a parser may give the place of the sign";
    EXPECT_EQ(place_of("true"), 2);
    EXPECT_EQ(place_of("10"), 3);
    EXPECT_EQ(place_of("11"), 3) << "a list is one constant";
    EXPECT_EQ(place_of("12"), 3);
    EXPECT_EQ(place_of("E'x"), 4);
    EXPECT_EQ(place_of("7"), 5);
    EXPECT_EQ(place_of("FROM"), -1);
    EXPECT_EQ(constant_at(found, text, -1), -1);
    EXPECT_EQ(constant_at(found, text, static_cast<std::int32_t>(text.size())), -1);
}

TEST(Scan, HashesEveryConstant) {
    EXPECT_EQ(scan("SELECT a FROM t").constants, 0u);
    EXPECT_EQ(scan("SELECT 5 /* 6 */").constants, scan("SELECT 5 -- 7").constants);
    EXPECT_NE(scan("SELECT 5").constants, scan("SELECT 6").constants);
    EXPECT_NE(scan("SELECT 5, 6").constants, scan("SELECT 6, 5").constants);
    EXPECT_NE(scan("a IN (1, 2, 3)").constants, scan("a IN (1, 2, 4)").constants);
    EXPECT_NE(scan("a IN (1, 2, 3)").constant[0].hash, scan("a IN (1, 2, 4)").constant[0].hash);
    EXPECT_NE(scan("a = true").constants, scan("a = false").constants);
    EXPECT_EQ(scan("a = TRUE").constants, scan("a = true").constants);
}

// Plain elements are read in a loop of their own, others token by token; a comment or an escape makes them others.
TEST(Scan, HashesAListInWhateverWayItIsWritten) {
    std::mt19937 random(7);
    const char *const elements[] = {"1",        "20",  "333", "'a'", "'bc d'", "'it''s'",
                                    "E'a\\'b'", "4.5", "6e7", "''",  "'a\\'"};
    const char *const separators[] = {",", ", ", " ,\n", ",\t\t", "/* x */, ", ", -- y\n"};
    const auto any_of = [&](const auto &choices) { return choices[random() % std::size(choices)]; };
    for (int round = 0; round < 2000; ++round) {
        std::string plain = "WHERE a IN (1";
        std::string other = plain;
        const int more = static_cast<int>(random() % 6) + 1;
        for (int i = 0; i < more; ++i) {
            const char *element = any_of(elements);
            plain.append(",").append(element);
            other.append(any_of(separators)).append(element);
        }
        plain.append(") AND b = 5");
        other.append(" ) AND b = 5");
        const StatementScan a = scan(plain);
        const StatementScan b = scan(other);
        EXPECT_EQ(a.words, b.words) << other;
        EXPECT_EQ(a.constants, b.constants) << other;
        ASSERT_EQ(a.count, 2) << plain;
        EXPECT_EQ(a.constant[0].hash, b.constant[0].hash) << other;
        EXPECT_EQ(plain.substr(a.constant[0].end), ") AND b = 5");
        EXPECT_EQ(a.longest_list, more + 1);
        EXPECT_EQ(b.longest_list, more + 1);
    }
}

TEST(Scan, TellsListsApart) {
    const auto hash = [](std::string_view text) { return scan(text).constants; };
    const std::uint64_t known = hash("a IN (1, 2, 3)");
    for (const char *other : {"a IN (1, 3, 2)", "a IN (12, 3)", "a IN (1, 23)", "a IN (1, 2, '3')", "a IN (1, 2, 3, 3)",
                              "a IN (1, 2) AND b = 3", "a IN (1) AND b IN (2, 3)"}) {
        EXPECT_NE(hash(other), known) << other;
    }
    EXPECT_EQ(scan("a IN (1) AND b = 2").longest_list, 0);
    EXPECT_EQ(scan("a IN (1, 2) AND b IN (3, 4, 5) OR c IN (6, 7)").longest_list, 3);
    EXPECT_EQ(scan("a IN (1, 2").longest_list, 2);
}

TEST(Scan, RemembersTheFirstOfManyConstants) {
    std::string text = "SELECT 0";
    for (int i = 1; i < 500; ++i) text += " + " + std::to_string(i);
    const StatementScan found = scan(text);
    EXPECT_EQ(found.count, remembered_constants);
    EXPECT_NE(found.constants, scan(text.substr(0, text.size() - 1)).constants) << "but hashes all";
    // A list that begins where no place is left adds to no other.
    const StatementScan before = scan(text + " WHERE a IN (1, 2)");
    const StatementScan other = scan(text + " WHERE a IN (1, 3)");
    EXPECT_NE(before.constants, other.constants);
    EXPECT_EQ(before.constant[remembered_constants - 1].end, other.constant[remembered_constants - 1].end);
    EXPECT_EQ(before.constant[remembered_constants - 1].hash, other.constant[remembered_constants - 1].hash);
}

TEST(Scan, EndsWithAnyBytes) {
    std::mt19937 random(7);
    constexpr std::string_view bytes = "in(,1'\"$ -;/*E\\tT\x80";
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (std::size_t i = random() % 24; i > 0; --i) text += bytes[random() % bytes.size()];
        const StatementScan found = scan(text);
        std::uint32_t end = 0;
        for (int i = 0; i < found.count; ++i) {
            ASSERT_LE(end, found.constant[i].start) << text;
            ASSERT_LT(found.constant[i].start, found.constant[i].end) << text;
            end = found.constant[i].end;
            ASSERT_EQ(constant_at(found, text, static_cast<std::int32_t>(found.constant[i].start)), i) << text;
        }
        ASSERT_LE(end, text.size()) << text;
    }
}

// What a word is passed as must not show in what turns out to be none.
TEST(Scan, KnowsAWordInWhateverCaseAndPlace) {
    std::mt19937 random(11);
    constexpr const char *pieces[] = {"Ab", "e'x'", "U&\"y\"", "N",    "in",        "(", "1",
                                      ",",  "b&c",  "x'0'",    "null", "_\xc3\xa9", "$1"};
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        std::string other;
        for (std::size_t i = random() % 12; i > 0; --i) {
            const std::string piece = pieces[random() % std::size(pieces)];
            const bool word = piece == "Ab" || piece == "N" || piece == "in" || piece == "null";
            text += piece + " ";
            for (const char c : piece) other += word ? static_cast<char>(c ^ (c < 'a' ? 0x20 : 0)) : c;
            other += "  ";
        }
        ASSERT_EQ(words(text), words(other)) << text;
        ASSERT_NE(words(text), words("z " + text)) << text;
    }
}

TEST(Scan, IsTheSameWhereItIsRemembered) {
    std::mt19937 random(5);
    static ScanMemo memo;
    for (int round = 0; round < 50000; ++round) {
        std::string text = "SELECT c" + std::to_string(random() % 200);
        if (random() % 4 == 0) text += ", 'x', " + std::to_string(random() % 3);
        if (random() % 8 == 0) text = text.substr(0, random() % 4);
        StatementScan found;
        memo.scan(text, found);
        const StatementScan known = scan(text);
        ASSERT_EQ(found.words, known.words) << text;
        ASSERT_EQ(found.constants, known.constants) << text;
        ASSERT_EQ(found.count, known.count) << text;
        ASSERT_EQ(found.longest_list, known.longest_list) << text;
    }
}

} // namespace
} // namespace query_audit::test
