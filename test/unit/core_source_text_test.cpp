// Splitting a text into statements, and positions as people count them.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/source_text.h"

namespace query_audit::test {
namespace {

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> statements;
    StatementSplitter splitter(text);
    SourceStatement statement{};
    while (splitter.next(statement)) {
        const std::string_view each = text.substr(statement.start, statement.length);
        statements.push_back((statement.is_utility ? "utility: " : "") + std::string(each));
    }
    return statements;
}

using Texts = std::vector<std::string>;

TEST(StatementSplitter, SplitsAtSemicolons) {
    EXPECT_EQ(split("SELECT 1; SELECT 2 ;\n  SELECT 3"), (Texts{"SELECT 1", "SELECT 2", "SELECT 3"}));
    EXPECT_EQ(split(""), Texts());
    EXPECT_EQ(split(" ;; -- nothing\n ; /* ; */ "), Texts());
    EXPECT_EQ(split("-- first\nSELECT 1 -- one\n; /* a */ SELECT /* ; */ 2"), (Texts{"SELECT 1", "SELECT /* ; */ 2"}));
}

TEST(StatementSplitter, SeesNoSemicolonInQuotes) {
    EXPECT_EQ(split("SELECT ';'; SELECT \"a;b\" FROM t"), (Texts{"SELECT ';'", "SELECT \"a;b\" FROM t"}));
    EXPECT_EQ(split("DO $x$ BEGIN; END $x$; SELECT E'\\';'; SELECT $$;$$"),
              (Texts{"utility: DO $x$ BEGIN; END $x$", "SELECT E'\\';'", "SELECT $$;$$"}));
}

TEST(StatementSplitter, LeavesBodiesOfFunctionsWhole) {
    const std::string function = "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC "
                                 "SELECT CASE WHEN a = 1 THEN 2 END; SELECT 3; END";
    EXPECT_EQ(split(function + "; SELECT 1"), (Texts{"utility: " + function, "SELECT 1"}));
    const std::string procedure = "create procedure p() begin atomic delete from t; end";
    EXPECT_EQ(split(procedure + ";BEGIN; DELETE FROM t; END;"),
              (Texts{"utility: " + procedure, "utility: BEGIN", "DELETE FROM t", "utility: END"}));
    const std::string rule = "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b)";
    EXPECT_EQ(split(rule + ";"), (Texts{"utility: " + rule}));
}

TEST(StatementSplitter, TellsUtilityStatementsByTheirFirstWord) {
    EXPECT_EQ(split("create table t (a int); (SELECT 1); WITH x AS (SELECT 1) SELECT 1; VALUES (1); SELEC 1; \"do\""),
              (Texts{"utility: create table t (a int)", "(SELECT 1)", "WITH x AS (SELECT 1) SELECT 1", "VALUES (1)",
                     "SELEC 1", "\"do\""}));
}

TEST(StatementSplitter, EndsOnTextsThatAreNotClosed) {
    EXPECT_EQ(split("SELECT ((1; SELECT 2"), (Texts{"SELECT ((1; SELECT 2"}));
    EXPECT_EQ(split("SELECT 'a; SELECT 2"), (Texts{"SELECT 'a; SELECT 2"}));
    EXPECT_EQ(split("SELECT 1) ; SELECT 2"), (Texts{"SELECT 1)", "SELECT 2"}));
}

TEST(PositionFinder, CountsCharactersLinesAndColumnsFromOne) {
    const std::string_view text = "aé€x\nßy\r\nz";
    PositionFinder finder(text);
    const auto expect = [&](std::size_t byte, std::int32_t position, std::int32_t line, std::int32_t column) {
        const SourcePosition found = finder.find(byte);
        EXPECT_EQ(found.position, position) << byte;
        EXPECT_EQ(found.line, line) << byte;
        EXPECT_EQ(found.column, column) << byte;
    };
    expect(0, 1, 1, 1);
    expect(1, 2, 1, 2);
    expect(3, 3, 1, 3);
    expect(6, 4, 1, 4); // x
    expect(7, 5, 1, 5); // the end of the line
    expect(8, 6, 2, 1);
    expect(10, 7, 2, 2);
    expect(13, 10, 3, 1);
    expect(13, 10, 3, 1);
    expect(1000, 11, 3, 2);
}

TEST(Snippet, IsWhatStandsThereInWholeTokens) {
    EXPECT_EQ(snippet_at("SELECT a FROM t", 7), "a FROM t");
    EXPECT_EQ(snippet_at("(SELECT a) x", 8), "a");
    EXPECT_EQ(snippet_at("f(a, g(b)) = 1; x", 0), "f(a, g(b)) = 1");
    EXPECT_EQ(snippet_at("a\nb", 0), "a");
    EXPECT_EQ(snippet_at("a -- b", 0), "a");
    EXPECT_EQ(snippet_at("a", 1), "");
    EXPECT_EQ(snippet_at("a", 9), "");
    const std::string words = "select " + std::string(70, 'x') + " yyyyyyyyyy";
    EXPECT_EQ(snippet_at(words, 0), words.substr(0, 77));
    EXPECT_EQ(snippet_at("'" + std::string(200, 'x') + "'", 0), "'" + std::string(snippet_bytes - 1, 'x'));
}

} // namespace
} // namespace query_audit::test
