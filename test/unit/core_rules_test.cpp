// What holds for every rule, made from the table of rules.
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

bool is_snake_case(std::string_view text) {
    return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos &&
           text.front() >= 'a' && text.front() <= 'z' && text.back() != '_' &&
           text.find("__") == std::string_view::npos;
}

class EveryRule : public testing::TestWithParam<int> {
  protected:
    [[nodiscard]] static const RuleDescriptor &descriptor() { return rule(GetParam()); }
    [[nodiscard]] static bool is_schema_rule() { return std::string_view(descriptor().category) == "schema"; }
};

TEST_P(EveryRule, HasAnIdOfItsOwnThatFindsIt) {
    EXPECT_TRUE(is_snake_case(descriptor().id)) << descriptor().id;
    EXPECT_EQ(find_rule(descriptor().id), GetParam());
    EXPECT_EQ(find_rule(std::string(descriptor().id) + "x"), -1);
}

TEST_P(EveryRule, SaysWhatItIsAbout) {
    for (const char *text : {descriptor().title, descriptor().rationale, descriptor().remedy, descriptor().fires_when,
                             descriptor().silent_for}) {
        ASSERT_NE(text, nullptr);
        EXPECT_GT(std::string_view(text).size(), 10u);
    }
    EXPECT_NE(std::string_view(descriptor().title).back(), '.') << "a title is no sentence";
    for (const char *text : {descriptor().rationale, descriptor().remedy}) {
        EXPECT_EQ(std::string_view(text).back(), '.') << text;
    }
}

TEST_P(EveryRule, HasAKnownCategory) {
    const std::set<std::string> categories = {"sequence", "execution", "session", "schema"};
    EXPECT_EQ(categories.count(descriptor().category), 1u) << descriptor().category;
}

TEST_P(EveryRule, HasThresholdsWhoseDefaultsAreInBounds) {
    std::set<std::string> names;
    const Settings settings = default_settings();
    bool ended = false;
    for (int t = 0; t < max_thresholds; ++t) {
        const Threshold &threshold = descriptor().thresholds[t];
        ended = ended || threshold.name == nullptr;
        if (ended) {
            EXPECT_EQ(threshold.name, nullptr) << "no gap between thresholds";
            continue;
        }
        EXPECT_TRUE(is_snake_case(threshold.name)) << threshold.name;
        EXPECT_TRUE(names.insert(threshold.name).second) << threshold.name;
        ASSERT_NE(threshold.unit, nullptr);
        ASSERT_NE(threshold.description, nullptr);
        EXPECT_NE(threshold.unit[0], '\0');
        EXPECT_NE(threshold.description[0], '\0');
        EXPECT_LT(threshold.minimum, threshold.maximum);
        EXPECT_LE(threshold.minimum, threshold.default_value);
        EXPECT_LE(threshold.default_value, threshold.maximum);
        EXPECT_EQ(settings.thresholds[GetParam()][t], threshold.default_value);
        // The name of its setting is an identifier of the server.
        EXPECT_LE(std::string("pg_query_audit..").size() + std::string(descriptor().id).size() +
                      std::string(threshold.name).size(),
                  63u);
    }
    EXPECT_TRUE(settings.enabled(GetParam()));
}

TEST_P(EveryRule, NamesItsEvidence) {
    std::set<std::string> names;
    bool ended = false;
    for (const char *name : descriptor().evidence_names) {
        ended = ended || name == nullptr;
        if (ended) {
            EXPECT_EQ(name, nullptr) << "no gap between names";
            continue;
        }
        EXPECT_TRUE(is_snake_case(name)) << name;
        EXPECT_TRUE(names.insert(name).second) << name;
    }
    EXPECT_EQ(names.empty(), is_schema_rule());
}

TEST_P(EveryRule, LooksAtSomethingAndAdvisesUnlessSqlDoes) {
    // query_audit.schema_findings makes the findings of a schema rule; nothing of it runs beside the traffic.
    if (is_schema_rule()) {
        EXPECT_EQ(descriptor().on_series, nullptr);
        EXPECT_EQ(descriptor().on_statement, nullptr);
        EXPECT_EQ(descriptor().on_nested, nullptr);
        EXPECT_EQ(descriptor().on_unit, nullptr);
        EXPECT_EQ(descriptor().on_unexplained, nullptr);
        EXPECT_EQ(descriptor().on_idle, nullptr);
        EXPECT_EQ(descriptor().on_connection, nullptr);
        EXPECT_EQ(descriptor().on_cacheable, nullptr);
        EXPECT_EQ(descriptor().scale, nullptr);
        EXPECT_EQ(descriptor().advise, nullptr);
        EXPECT_EQ(descriptor().fix, Fix::none);
        return;
    }
    if (std::string_view(descriptor().category) == "sequence" ||
        std::string_view(descriptor().category) == "execution") {
        EXPECT_TRUE(descriptor().on_series != nullptr || descriptor().on_statement != nullptr ||
                    descriptor().on_nested != nullptr || descriptor().on_unexplained != nullptr);
    } else if (std::string_view(descriptor().category) == "session") {
        EXPECT_TRUE(descriptor().on_idle != nullptr || descriptor().on_cacheable != nullptr ||
                    descriptor().on_connection != nullptr);
    }
    EXPECT_NE(descriptor().advise, nullptr);
}

UnitFinding filled(std::int64_t evidence, std::uint32_t reasons) {
    UnitFinding finding{};
    std::fill_n(finding.evidence, max_evidence, evidence);
    finding.reasons = reasons;
    finding.parent_fingerprint = 1;
    std::fill_n(finding.relation_name, relation_name_bytes - 1, 'r');
    std::fill_n(finding.filter, filter_bytes - 1, 'f');
    std::fill_n(finding.index_columns, index_columns_bytes - 1, 'c');
    return finding;
}

TEST_P(EveryRule, AdvisesForAnEmptyFindingAndForAFullOneWithinTheViewsRoom) {
    if (is_schema_rule()) return;
    UnitFinding unknown{};
    std::fill_n(unknown.evidence, max_evidence, -1);
    for (const UnitFinding &finding :
         {UnitFinding{}, unknown, filled(INT64_MAX, 0), filled(INT64_MIN, 0), filled(7, ~0u)}) {
        char buffer[1024];
        TextWriter advice(buffer, sizeof buffer);
        descriptor().advise(finding, advice);
        EXPECT_GT(advice.view().size(), 20u);
        EXPECT_FALSE(advice.truncated()) << advice.view();
        EXPECT_EQ(advice.view().back(), '.') << advice.view();
    }
}

TEST_P(EveryRule, AdviceIsCutToAnyRoom) {
    if (is_schema_rule()) return;
    for (std::size_t capacity = 1; capacity < 200; ++capacity) {
        char buffer[256];
        std::fill(std::begin(buffer), std::end(buffer), '#');
        TextWriter advice(buffer, capacity);
        descriptor().advise(filled(INT64_MAX, 0), advice);
        ASSERT_LT(std::string_view(buffer).size(), capacity);
        ASSERT_EQ(buffer[capacity], '#') << capacity;
    }
}

INSTANTIATE_TEST_SUITE_P(Rules, EveryRule, testing::Range(0, rule_count()),
                         [](const auto &info) { return std::string(rule(info.param).id); });

TEST(Rules, HaveDifferentIdsAndTitles) {
    std::set<std::string> ids;
    std::set<std::string> titles;
    for (int r = 0; r < rule_count(); ++r) {
        EXPECT_TRUE(ids.insert(rule(r).id).second) << rule(r).id;
        EXPECT_TRUE(titles.insert(rule(r).title).second) << rule(r).title;
    }
}

TEST(Rules, AreNotFoundByOtherNames) {
    for (const char *name : {"", "no_such_rule", "N_PLUS_ONE", " n_plus_one", "n_plus"}) EXPECT_EQ(find_rule(name), -1);
}

TEST(Settings, CanDisableEachRuleAlone) {
    for (int r = 0; r < rule_count(); ++r) {
        Settings settings = default_settings();
        settings.disabled_rules = std::uint64_t{1} << r;
        for (int other = 0; other < rule_count(); ++other) EXPECT_EQ(settings.enabled(other), other != r);
    }
}

} // namespace
} // namespace query_audit::test
