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
              (Pairs{"route=/polls/", "framework=django 4", "db_driver=psycopg2:2.9"}));
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
              (Pairs{"controller=users", "action=show", "application=Shop", "line=/app/a.rb:12:in_b"}));
    // As Rails' own query logs write them, by the legacy format: sorted, with what is called around it, in backticks.
    EXPECT_EQ(kept(parse("SELECT 1 /*action:index,application:My Shop,line:app/models/a.rb:12:in `each',"
                         "namespaced_controller:Admin::UsersController*/")),
              (Pairs{"namespaced_controller=Admin::UsersController", "action=index", "application=My Shop",
                     "line=app/models/a.rb:12:in `each'"}));
    EXPECT_EQ(kept(parse("/* application:Shop,sidekiq_job:Mailer */ SELECT 1")),
              (Pairs{"sidekiq_job=Mailer", "application=Shop"}));
    EXPECT_EQ(kept(parse("SELECT 1 /*application:Shop,controller:,action:show*/")),
              (Pairs{"action=show", "application=Shop"}));
}

TEST(Tags, OfRailsBySqlcommenterAreQuoted) {
    EXPECT_EQ(kept(parse("SELECT 1 /*action='show',application='Shop',controller='it\\'s',"
                         "source_location='app%2Fa.rb%3A12%3Ain%20%60b%60'*/")),
              (Pairs{"controller=it's", "action=show", "application=Shop", "source_location=app/a.rb:12:in `b`"}));
}

TEST(Tags, OfTheSpecificationsExampleAreRead) {
    const Tags tags = parse("SELECT * FROM FOO /*action='%2Fparam*d',controller='index,'framework='spring',\n"
                            "traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01',\n"
                            "tracestate='congo%3Dt61rcWkgMzE%2Crojo%3D00f067aa0ba902b7'*/");
    EXPECT_EQ(kept(tags), (Pairs{"controller=index,", "action=/param*d", "framework=spring"}));
    EXPECT_EQ(tags.trace, parse("SELECT 1 /*trace_id='5bd66ef5095369c7b0d1f8f4bd33716a'*/").trace);
    EXPECT_EQ(kept(parse("SELECT 1 /*route='%2Fpolls%201000',name\\'\\'='DROP%20TABLE%20USERS\\''*/")),
              Pairs{"route=/polls 1000"});
    EXPECT_EQ(kept(parse("SELECT 1 /*route%20parameter='a',framework='b'*/")), Pairs{"framework=b"});
    EXPECT_EQ(kept(parse("SELECT 1 /*route='DROP TABLE FOO; --'*/")), Pairs{"route=DROP TABLE FOO; --"});
}

TEST(Tags, OfDifferentIntegrationsAreKnown) {
    EXPECT_EQ(kept(parse("SELECT 1 /*app_name='polls',controller='vote',db_driver='django.db.backends.postgresql',"
                         "framework='django%3A4.2',route='%5Epolls/%24'*/")),
              (Pairs{"route=^polls/$", "controller=vote", "app_name=polls", "framework=django:4.2",
                     "db_driver=django.db.backends.postgresql"}));
    EXPECT_EQ(kept(parse("SELECT 1 /*db_framework='sqlalchemy%3A1.4',file='app/views.py',line='7'*/")),
              (Pairs{"line=7", "file=app/views.py", "db_framework=sqlalchemy:1.4"}));
}

TEST(Tags, AreNotFoundInProse) {
    Tags tags;
    for (const char *statement :
         {"SELECT 1 /* controller: none of this */", "SELECT 1 /* the route is long */", "SELECT 1 /* action */",
          "SELECT 1 /* see action=show */", "SELECT 1 /* line: 7, file: a */"}) {
        EXPECT_FALSE(parse_tags(statement, tags)) << statement;
    }
}

TEST(Tags, ThatComeTwiceCountOnce) {
    EXPECT_EQ(kept(parse("SELECT 1 /*route='a',route='b'*/")), Pairs{"route=a"});
    const Tags both = parse("/*route='a',framework='x'*/ SELECT 1 /*route='b'*/");
    EXPECT_EQ(kept(both), (Pairs{"route=b", "framework=x"})) << "the last comment is the nearest to the server";
    EXPECT_EQ(both.route, parse("SELECT 1 /*route='b'*/").route);
    EXPECT_EQ(parse("SELECT 1 /*action='b',controller='a'*/").route, parse("SELECT 1 /*controller:a,action:b*/").route);
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
    EXPECT_EQ(parse("SELECT 1 /*traceparent='cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more'*/").trace,
              trace)
        << "a later version may have more";
    EXPECT_EQ(parse(traced).route, 0u);
    EXPECT_EQ(kept(parse(traced)), Pairs{}) << "an id of one request would split every finding";
}

TEST(Tags, OfATraceThatIsNoneDoNotCount) {
    Tags tags;
    for (const char *statement :
         {"SELECT 1 /*traceparent='00-00000000000000000000000000000000-b7ad6b7169203331-01'*/",
          "SELECT 1 /*traceparent='ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/",
          "SELECT 1 /*traceparent='00-0af7651916cd43dd8448eb211c8031zz-b7ad6b7169203331-01'*/",
          "SELECT 1 /*traceparent='00-0af7651916cd43dd8448eb211c80319c0-b7ad6b7169203331-01'*/",
          "SELECT 1 /*traceparent='00-0af7651916cd43dd'*/", "SELECT 1 /*traceparent='none'*/",
          "SELECT 1 /*trace_id='0'*/", "SELECT 1 /*request_id='00000000-0000-0000-0000-000000000000'*/"}) {
        EXPECT_FALSE(parse_tags(statement, tags)) << statement;
        EXPECT_EQ(tags.trace, 0u) << "all requests would be one";
    }
    EXPECT_EQ(parse("SELECT 1 /*traceparent='none',request_id='a'*/").trace,
              parse("SELECT 1 /*request_id='a'*/").trace);
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

TEST(Tags, AreMadeUtf8) {
    EXPECT_EQ(kept(parse("SELECT 1 /*route='a%FFb'*/")), Pairs{"route=a?b"});
    EXPECT_EQ(kept(parse("SELECT 1 /*route='%C3'*/")), Pairs{"route=?"});
    EXPECT_EQ(kept(parse("SELECT 1 /*route='caf\xE9/'*/")), Pairs{"route=caf?/"});
    EXPECT_EQ(kept(parse("SELECT 1 /*route='%C0%AF%ED%A0%80%F5%80%80%80%E0%80%AF'*/")),
              Pairs{"route=" + std::string(12, '?')});
    EXPECT_EQ(kept(parse("SELECT 1 /*route='%E2%82%AC %F0%9F%90%98 é'*/")), Pairs{"route=€ 🐘 é"});
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
    EXPECT_EQ(kept(parse("SELECT 1 /*action='a',route='b*/")), (Pairs{"route=b", "action=a"}));
    EXPECT_EQ(kept(parse("SELECT 1 /*route='b\\*/")), Pairs{"route=b\\"});
    EXPECT_EQ(kept(parse("SELECT 1 /*action='a',route*/")), Pairs{"action=a"});
    EXPECT_EQ(kept(parse("SELECT 1 /*action='a',route=*/")), Pairs{"action=a"});
}

} // namespace
} // namespace query_audit::test
