// Tags in comments: another party's text.
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/tags.h"

namespace query_audit::test {
namespace {

// "key=value" of each tag that is kept.
std::vector<std::string> kept(const Tags &tags) {
    std::vector<std::string> pairs;
    for (const char *at = tags.text; *at != '\0'; at += pairs.back().size() + 1) pairs.emplace_back(at);
    return pairs;
}

Tags parse(std::string_view statement) {
    Tags tags;
    std::memset(&tags, 0xA5, sizeof tags);
    (void)parse_tags(statement, tags);
    return tags;
}

using Pairs = std::vector<std::string>;

constexpr const char *traced = "SELECT 1 /*traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/";

TEST(Tags, AreReadAtTheEndAndAtTheBeginning) {
    for (const char *statement : {"SELECT 1 /*framework='rails'*/", "SELECT 1; /*framework='rails'*/ ;\n",
                                  "/*framework='rails'*/ SELECT 1", "SELECT 1 /* other */ /*framework='rails'*/",
                                  "/* other */ /*framework='rails'*/ SELECT 1", "/*framework='rails'*/"}) {
        EXPECT_EQ(kept(parse(statement)), Pairs{"framework=rails"}) << statement;
    }
}

TEST(Tags, AreLookedForInCommentsAlone) {
    Tags tags;
    for (const char *statement : {"SELECT 'route=''x'''", "SELECT '/*route=''x''*/'", "SELECT $$ /*route='x'*/ $$",
                                  "SELECT 1 /* a */ + 2", "", "/*", "*/", "/*/", "/**/", "SELECT 1 /*route='x'"}) {
        EXPECT_FALSE(parse_tags(statement, tags)) << statement;
        EXPECT_EQ(tags.trace, 0u);
        EXPECT_EQ(tags.route, 0u);
        EXPECT_EQ(std::string_view(tags.text, tags_bytes), std::string(tags_bytes, '\0'));
    }
}

TEST(Tags, OfSqlcommenterAreUrlDecoded) {
    EXPECT_EQ(kept(parse("SELECT 1 /*db_driver='psycopg2%3A2.9',framework='django%204',route='%2Fpolls%2f'*/")),
              (Pairs{"db_driver=psycopg2:2.9", "framework=django 4", "route=/polls/"}));
    EXPECT_EQ(kept(parse("SELECT 1 /*route='%2Fa%%2Fb'*/")), Pairs{"route=/a/b"}) << "a doubled percent sign is one";
    EXPECT_EQ(kept(parse("SELECT 1 /*route='100%'*/")), Pairs{"route=100%"});
    EXPECT_EQ(kept(parse("SELECT 1 /*route='%zz%2'*/")), Pairs{"route=%zz%2"});
}

TEST(Tags, MayHoldEscapedQuotes) {
    EXPECT_EQ(kept(parse("SELECT 1 /*route='it\\'s, here',action='b'*/")), (Pairs{"route=it's, here", "action=b"}));
    EXPECT_EQ(kept(parse("SELECT 1 /*route='a\\\\',action='b'*/")), (Pairs{"route=a\\", "action=b"}));
}

TEST(Tags, OfMarginaliaAreKeyColonValue) {
    EXPECT_EQ(kept(parse("SELECT 1 /*application:Shop,controller:users,action:show,line:/app/a.rb:12:in_b*/")),
              (Pairs{"application=Shop", "controller=users", "action=show", "line=/app/a.rb:12:in_b"}));
}

TEST(Tags, WithUnknownKeysAreIgnored) {
    Tags tags;
    EXPECT_FALSE(parse_tags("SELECT 1 /*password='x',Route='y',sroute='z',note: hello*/", tags));
    EXPECT_EQ(kept(parse("SELECT 1 /*password='route=x',action='b'*/")), Pairs{"action=b"});
    EXPECT_FALSE(parse_tags("SELECT 1 /*route='',action:,job=x*/", tags)) << "nor are those without a value";
}

TEST(Tags, OfATraceCountByTheirTraceIdAlone) {
    const std::uint64_t trace = parse(traced).trace;
    EXPECT_NE(trace, 0u);
    EXPECT_EQ(parse("/*traceparent='00-0af7651916cd43dd8448eb211c80319c-0000000000000001-00'*/ SELECT 2").trace, trace);
    EXPECT_EQ(parse("SELECT 1 /*traceparent='00-0af7651916cd43dd8448eb211c80319c'*/").trace, trace);
    EXPECT_EQ(parse("SELECT 1 /*trace_id='0af7651916cd43dd8448eb211c80319c'*/").trace, trace);
    EXPECT_NE(parse("SELECT 1 /*traceparent='00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/").trace, trace);
    EXPECT_EQ(parse(traced).route, 0u);
    EXPECT_EQ(kept(parse(traced)), Pairs{}) << "an id of one request would split every finding";
}

TEST(Tags, OfARequestCountWhereThereIsNoTrace) {
    const std::uint64_t request = parse("SELECT 1 /*request_id='a'*/").trace;
    EXPECT_NE(request, 0u);
    EXPECT_NE(request, parse("SELECT 1 /*request_id='b'*/").trace);
    EXPECT_NE(request, parse("SELECT 1 /*trace_id='a'*/").trace);
    EXPECT_EQ(parse("SELECT 1 /*trace_id='t',request_id='a'*/").trace, parse("SELECT 1 /*trace_id='t'*/").trace);
    EXPECT_EQ(parse("SELECT 1 /*request_id='a',trace_id='t'*/").trace, parse("SELECT 1 /*trace_id='t'*/").trace);
}

TEST(Tags, OfARouteSetItsHash) {
    const std::uint64_t route = parse("SELECT 1 /*route='/a'*/").route;
    EXPECT_NE(route, 0u);
    EXPECT_EQ(parse("SELECT 2 /*route='%2Fa',framework='x'*/").route, route);
    EXPECT_NE(parse("SELECT 1 /*route='/b'*/").route, route);
    EXPECT_NE(parse("SELECT 1 /*job='/a'*/").route, route);
    EXPECT_NE(parse("SELECT 1 /*controller:a,action:b*/").route, parse("SELECT 1 /*controller:a,action:c*/").route);
    EXPECT_EQ(parse("SELECT 1 /*framework='x'*/").route, 0u);
}

TEST(Tags, LoseTheirControlCharacters) {
    EXPECT_EQ(kept(parse("SELECT 1 /*route='a\nb%00c%1bd\x7f'*/")), Pairs{"route=a b c d "});
    EXPECT_EQ(kept(parse(std::string_view("SELECT 1 /*route='a\0b'*/", 24))), Pairs{"route=a b"});
}

TEST(Tags, AreCutToAWholeCharacter) {
    EXPECT_EQ(kept(parse("SELECT 1 /*route='" + std::string(300, 'x') + "'*/")),
              Pairs{"route=" + std::string(95, 'x')});
    EXPECT_EQ(kept(parse("SELECT 1 /*route='" + std::string(94, 'x') + "%C3%A9'*/")),
              Pairs{"route=" + std::string(94, 'x')});
    EXPECT_EQ(kept(parse("SELECT 1 /*route='" + std::string(93, 'x') + "%C3%A9'*/")),
              Pairs{"route=" + std::string(93, 'x') + "é"});
}

TEST(Tags, ThatDoNotFitAreLeftOutWhole) {
    const std::string long_value(90, 'x');
    const Tags tags =
        parse("SELECT 1 /*route='" + long_value + "',action='" + long_value + "',job='" + long_value + "',line='7'*/");
    // 96 and 97 bytes with their ends leave none for the NUL after the last.
    EXPECT_EQ(kept(tags), (Pairs{"route=" + long_value, "line=7"}));
    EXPECT_EQ(tags.text[tags_bytes - 1], '\0');
}

TEST(Tags, ThatAreNotClosedEndWithTheirComment) {
    EXPECT_EQ(kept(parse("SELECT 1 /*action='a',route='b*/")), (Pairs{"action=a", "route=b"}));
    EXPECT_EQ(kept(parse("SELECT 1 /*route='b\\*/")), Pairs{"route=b\\"});
    EXPECT_EQ(kept(parse("SELECT 1 /*action='a',route*/")), Pairs{"action=a"});
    EXPECT_EQ(kept(parse("SELECT 1 /*action='a',route=*/")), Pairs{"action=a"});
}

} // namespace
} // namespace query_audit::test
