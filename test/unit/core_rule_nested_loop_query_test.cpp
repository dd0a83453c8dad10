// nested_loop_query: what ran again and again inside one statement of the client's.
#include <gtest/gtest.h>

#include <utility>

#include "core/nested.h"
#include "core_support.h"

namespace query_audit::test {
namespace {

enum { calls, distinct_parameters, rows_per_call, trigger_depth };
constexpr std::uint32_t client = 10;
constexpr std::uint64_t parent = 77;

const StatementShape item_by_id = look_up(1);

// A backend's table of nested statements, and what the recorder does with it.
class Nested {
  public:
    Nested() : run_(std::make_unique<NestedRun>()), unit_(std::make_unique<Unit>()) { begin(1); }

    // The client's next statement.
    void begin(std::uint64_t statement) {
        judge(*run_);
        begin_nested_run(*run_, statement, settings);
    }

    void execute(const StatementShape &shape, const Call &call = {}, std::uint32_t user = client) {
        const StatementEvent event = session_.make_event(shape, call);
        NestedSeries *loop = add_nested(*run_, event, user);
        if (loop == nullptr || !is_of_application(event) || is_of_foreign_key) return;
        loop->judged = run_->judged = true;
        loop->trigger_depth = depth;
        loop->values_hidden = values_hidden;
        run_->client = ClientIdentity{5, client, "shop"};
        run_->parent_fingerprint = parent;
        run_->route = 3;
        run_->seen_us = event.statement_time_us;
    }

    void repeat(int times, const StatementShape &shape, const Call &call = {}, std::uint32_t user = client) {
        for (int i = 0; i < times; ++i) execute(shape, call, user);
    }

    // What a reader sees now.
    std::vector<UnitFinding> findings() {
        const std::vector<UnitFinding> kept = found_;
        judge(*run_);
        return std::exchange(found_, kept);
    }

    [[nodiscard]] const Unit &unit() const { return *unit_; }

    Settings settings = default_settings();
    bool is_of_foreign_key = false;
    bool values_hidden = false;
    std::uint32_t depth = 0;

  private:
    void judge(const NestedRun &run) {
        judge_nested(run, *unit_, settings, [&](Unit &unit) {
            found_.insert(found_.end(), unit.findings, unit.findings + unit.finding_count);
        });
    }

    Session session_;
    std::unique_ptr<NestedRun> run_;
    std::unique_ptr<Unit> unit_;
    std::vector<UnitFinding> found_;
};

TEST(NestedLoopQuery, FiresFromFiftyExecutionsOn) {
    Nested nested;
    nested.repeat(49, item_by_id);
    EXPECT_TRUE(nested.findings().empty());
    nested.execute(item_by_id);
    ASSERT_EQ(nested.findings().size(), 1u);
    nested.repeat(150, item_by_id);
    EXPECT_EQ(nested.findings().at(0).calls, 200u) << "and goes on counting";
}

TEST(NestedLoopQuery, SaysWhatRanInside) {
    Nested nested;
    for (std::uint64_t i = 0; i < 60; ++i) nested.execute(item_by_id, {.value = 7, .rows = 2, .execution_us = 10});
    const UnitFinding finding = nested.findings().at(0);
    EXPECT_EQ(finding.confidence, Confidence::high);
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.mark, Mark::execution);
    EXPECT_EQ(finding.reasons, reason_bit(Reason::one_statement));
    EXPECT_EQ(finding.fingerprint, item_by_id.fingerprint);
    EXPECT_EQ(finding.parent_fingerprint, parent);
    EXPECT_EQ(finding.relation, item_by_id.relation);
    EXPECT_EQ(finding.occurrences, 1u);
    EXPECT_EQ(finding.calls, 60u);
    EXPECT_EQ(finding.rows, 120u);
    EXPECT_EQ(finding.execution_ns, 600'000);
    EXPECT_EQ(finding.saved_ns, 590'000);
    EXPECT_GE(finding.wall_ns, finding.execution_ns);
    EXPECT_EQ(finding.evidence[calls], 60);
    EXPECT_EQ(finding.evidence[distinct_parameters], 1);
    EXPECT_EQ(finding.evidence[rows_per_call], 2);
    EXPECT_EQ(finding.evidence[trigger_depth], 0);
    EXPECT_EQ(nested.unit().route, 3u);
    EXPECT_EQ(nested.unit().client.user, client);
    EXPECT_STREQ(nested.unit().client.application_name, "shop");
}

TEST(NestedLoopQuery, EstimatesTheNumberOfParameters) {
    Nested nested;
    for (std::uint64_t i = 0; i < 100; ++i) nested.execute(item_by_id, {.value = i});
    EXPECT_NEAR(static_cast<double>(nested.findings().at(0).evidence[distinct_parameters]), 100, 25);
}

TEST(NestedLoopQuery, SaysNothingOfParametersThatItCannotSee) {
    Nested nested;
    nested.values_hidden = true;
    nested.repeat(50, item_by_id);
    EXPECT_EQ(nested.findings().at(0).evidence[distinct_parameters], -1);
}

TEST(NestedLoopQuery, SaysWhetherATriggerRanIt) {
    Nested nested;
    nested.depth = 1;
    nested.repeat(50, item_by_id);
    const UnitFinding finding = nested.findings().at(0);
    EXPECT_EQ(finding.evidence[trigger_depth], 1);
    char buffer[1024];
    TextWriter advice(buffer, sizeof buffer);
    rule(rule_index::nested_loop_query).advise(finding, advice);
    EXPECT_NE(advice.view().find("FOR EACH STATEMENT"), std::string_view::npos);
}

TEST(NestedLoopQuery, LeavesForeignKeysAlone) {
    Nested nested;
    nested.is_of_foreign_key = true;
    nested.repeat(500, item_by_id);
    EXPECT_TRUE(nested.findings().empty());
}

TEST(NestedLoopQuery, CountsEachStatementOfTheClientsAlone) {
    Nested nested;
    for (std::uint64_t statement = 2; statement < 20; ++statement) {
        nested.repeat(49, item_by_id);
        nested.begin(statement);
    }
    EXPECT_TRUE(nested.findings().empty());
    nested.repeat(50, item_by_id);
    nested.begin(20);
    EXPECT_EQ(nested.findings().size(), 1u) << "judged when the next one came, and kept";
}

TEST(NestedLoopQuery, CountsStatementsOfTablesAlone) {
    Nested nested;
    StatementShape assignment = look_up(1);
    assignment.flags &= ~shape_flag::relation;
    StatementShape call = look_up(1);
    call.relation = 0;
    nested.repeat(100, assignment);
    nested.repeat(100, call);
    nested.repeat(100, look_up(1, shape_flag::catalog_only));
    nested.repeat(100, item_by_id, {.flags = event_flag::maintenance});
    EXPECT_TRUE(nested.findings().empty());
}

TEST(NestedLoopQuery, TellsTheStatementsOfALoopApart) {
    Nested nested;
    for (int i = 0; i < 60; ++i) {
        for (std::uint64_t id = 1; id <= 8; ++id) nested.execute(look_up(id));
        nested.execute(insert(9));
    }
    EXPECT_EQ(nested.findings().size(), 9u);
    for (const UnitFinding &finding : nested.findings()) EXPECT_EQ(finding.calls, 60u);
}

TEST(NestedLoopQuery, FindsALoopOfMoreStatementsThanThereArePlaces) {
    Nested nested;
    for (int i = 0; i < 100; ++i) {
        for (std::uint64_t id = 1; id <= 40; ++id) nested.execute(look_up(id));
    }
    EXPECT_GE(nested.findings().size(), 1u);
}

TEST(NestedLoopQuery, FindsALoopAfterManyOtherStatements) {
    Nested nested;
    for (std::uint64_t id = 100; id < 200; ++id) nested.execute(look_up(id));
    nested.repeat(50, item_by_id);
    ASSERT_EQ(nested.findings().size(), 1u);
    EXPECT_EQ(nested.findings().at(0).calls, 50u);
}

TEST(NestedLoopQuery, BelongsToTheRoleWhoseRightsItHad) {
    constexpr std::uint32_t owner = 99;
    Nested nested;
    nested.repeat(49, item_by_id, {}, owner);
    nested.repeat(49, item_by_id);
    EXPECT_TRUE(nested.findings().empty()) << "roles are not added up";
    nested.execute(item_by_id, {}, owner);
    const UnitFinding finding = nested.findings().at(0);
    EXPECT_EQ(nested.unit().client.user, owner);
    EXPECT_EQ(finding.parent_fingerprint, 0u) << "which is not shown the statement of the client's role";
}

TEST(NestedLoopQuery, ObeysItsSettings) {
    Nested nested;
    nested.settings.thresholds[rule_index::nested_loop_query][0] = 3;
    nested.settings.thresholds[rule_index::nested_loop_query][1] = 5;
    nested.begin(2);
    nested.repeat(4, item_by_id);
    EXPECT_EQ(nested.findings().at(0).severity, Severity::warning);
    nested.execute(item_by_id);
    EXPECT_EQ(nested.findings().at(0).severity, Severity::critical);
    nested.settings.disabled_rules = std::uint64_t{1} << rule_index::nested_loop_query;
    EXPECT_TRUE(nested.findings().empty());
    nested.begin(3);
    nested.repeat(100, item_by_id);
    EXPECT_TRUE(nested.findings().empty());
}

} // namespace
} // namespace query_audit::test
