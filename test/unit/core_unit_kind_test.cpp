// Kinds of units of work: what names them, and what their units add up to.
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "core/store.h"
#include "core/tags.h"
#include "core_support.h"

namespace query_audit::test {
namespace {

struct Ended {
    std::unique_ptr<Unit> unit = std::make_unique<Unit>();

    explicit Ended(Mark mark = Mark::burst) {
        ClientIdentity client{5, 10, {}};
        assign_text(client.application_name, "shop");
        begin_unit(*unit, mark, client);
        unit->position = 1;
    }
    Ended &tagged(const std::string &comment) {
        Tags tags;
        (void)parse_tags("SELECT 1 /*" + comment + "*/", tags);
        unit->route = tags.route;
        std::memcpy(unit->tags, tags.text, sizeof(unit->tags));
        return *this;
    }
    Ended &named(const char *name) {
        assign_text(unit->name, name);
        return *this;
    }
    [[nodiscard]] EndedUnit end() const { return end_of_unit(*unit); }
};

std::string name_of(const Ended &ended) {
    const EndedUnit end = ended.end();
    return std::string(named_by_name(end.named_by)) + " " + end.name;
}

TEST(UnitKind, IsNamedByTheStrongestThatIsAtHand) {
    EXPECT_EQ(name_of(Ended()), "application shop");
    EXPECT_EQ(name_of(Ended(Mark::trace)), "application shop");
    EXPECT_EQ(name_of(Ended(Mark::named_unit).named("checkout")), "unit checkout");
    EXPECT_EQ(name_of(Ended(Mark::named_unit).named("checkout").tagged("route='/a'")), "route /a");
    EXPECT_EQ(name_of(Ended().tagged("controller='users',action='show'")), "route users#show");
    EXPECT_EQ(name_of(Ended().tagged("controller:users,namespaced_controller:Admin::UsersController,action:show")),
              "route Admin::UsersController#show");
    EXPECT_EQ(name_of(Ended().tagged("controller='users',action='show',route='/users/:id'")), "route /users/:id");
    EXPECT_EQ(name_of(Ended().tagged("controller='vote'")), "route vote");
    EXPECT_EQ(name_of(Ended().tagged("sidekiq_job='Mailer'")), "route Mailer");
    EXPECT_EQ(name_of(Ended().tagged("framework='django'")), "application shop");
}

TEST(UnitKind, HasTheSameKeyForTheSameNameAlone) {
    const UnitKindKey key = Ended().tagged("route='/a'").end().key;
    EXPECT_EQ(key.database, 5u);
    EXPECT_EQ(key.user, 10u);
    EXPECT_EQ(Ended(Mark::trace).tagged("route='/a',framework='x',line='7'").end().key.kind, key.kind);
    EXPECT_NE(Ended().tagged("route='/b'").end().key.kind, key.kind);
    EXPECT_NE(Ended(Mark::named_unit).named("/a").end().key.kind, key.kind);
    EXPECT_NE(Ended(Mark::named_unit).named("shop").end().key.kind, Ended().end().key.kind);
}

TEST(UnitKind, CutsALongName) {
    const std::string half(60, 'x');
    EXPECT_EQ(std::string(Ended().tagged("route='" + half + half + "'").end().name), half + "xxx");
    const EndedUnit end = Ended().tagged("controller='" + half + "',action='show'").end();
    EXPECT_EQ(std::string(end.name), half + "#sh");
}

TEST(UnitKind, CountsStatementsTimeAndFindings) {
    Ended ended;
    Unit &unit = *ended.unit;
    unit.position = 7;
    unit.first_ns = 1'000'000;
    unit.last_ns = 9'000'000;
    unit.idle_ns = 5'000'000;
    unit.first_seen_us = 11;
    unit.last_seen_us = 22;
    unit.folded_findings = 2;
    unit.finding_count = 3;
    unit.findings[0].confidence = Confidence::low;
    unit.findings[1].confidence = Confidence::medium;
    unit.findings[2].confidence = Confidence::high;
    const EndedUnit end = ended.end();
    EXPECT_EQ(end.statements, 7u);
    EXPECT_EQ(end.wall_ns, 8'000'000);
    EXPECT_EQ(end.execution_ns, 3'000'000);
    EXPECT_EQ(end.findings, 4u) << "one of low confidence may be none";
    EXPECT_EQ(end.first_seen_us, 11);
    EXPECT_EQ(end.last_seen_us, 22);
}

TEST(UnitKind, AddsItsUnitsUp) {
    UnitKindRecord record{};
    Ended ended;
    for (const std::uint32_t statements : {1, 1, 1, 1, 1, 1, 1, 1, 1, 40}) {
        ended.unit->position = statements;
        ended.unit->last_ns = statements * 1'000'000;
        ended.unit->first_seen_us = 100 - statements;
        ended.unit->last_seen_us = 100 + statements;
        add_unit(record, ended.end());
    }
    EXPECT_EQ(record.units, 10);
    EXPECT_EQ(record.statements, 49);
    EXPECT_EQ(record.max_statements, 40u);
    EXPECT_EQ(statements_quantile(record, 0.5), 1);
    EXPECT_EQ(statements_quantile(record, 0.95), 40) << "not above the largest";
    EXPECT_EQ(record.wall_ns, 49'000'000);
    EXPECT_EQ(record.max_wall_ns, 40'000'000);
    EXPECT_NEAR(wall_quantile_ns(record, 0.5), 1e6, 0.12e6);
    EXPECT_LE(wall_quantile_ns(record, 0.95), 40e6);
    EXPECT_EQ(record.first_seen_us, 60);
    EXPECT_EQ(record.last_seen_us, 140);
    EXPECT_STREQ(record.name, "shop");
}

TEST(UnitKind, HasQuantilesThatAreExactForSmallNumbers) {
    for (std::uint32_t statements = 1; statements <= 4096; statements += 1 + statements / 8) {
        UnitKindRecord record{};
        Ended ended;
        ended.unit->position = statements;
        add_unit(record, ended.end());
        ended.unit->position = 5000; // so that the largest does not bound it
        add_unit(record, ended.end());
        const auto found = static_cast<double>(statements_quantile(record, 0.5));
        EXPECT_NEAR(found, statements, statements <= 7 ? 0 : 0.12 * statements + 0.5);
    }
    EXPECT_EQ(statements_quantile(UnitKindRecord{}, 0.5), 0);
}

TEST(UnitKind, OfVeryManyUnitsWeighsTheLaterOnesMore) {
    UnitKindRecord record{};
    Ended ended;
    const auto add = [&](int units, std::uint32_t statements) {
        ended.unit->position = statements;
        const EndedUnit end = ended.end();
        for (int i = 0; i < units; ++i) add_unit(record, end);
    };
    add(1'000'000, 2);
    EXPECT_EQ(statements_quantile(record, 0.5), 2);
    EXPECT_EQ(record.units, 1'000'000);
    add(70'000, 5);
    EXPECT_EQ(statements_quantile(record, 0.5), 5);
}

TEST(UnitKind, OfASlotIsMovedToTheTable) {
    const StoreConfig config = {1, 100, 20, 20, 50, 16, 8192, 3, 4, 16};
    const Memory memory(store_bytes(config));
    Store store(memory.get());
    store.create(config, 0);
    BackendSlot &slot = store.slot(0);
    for (int i = 0; i < slot_ended_units; ++i) {
        slot.ended[slot.ended_count++] = Ended().tagged("route='" + std::to_string(i % 2) + "'").end();
    }
    fold_units(store.unit_kinds(), slot);
    EXPECT_EQ(slot.ended_count, 0u);
    EXPECT_EQ(store.unit_kinds().count(), 2u);
    store.unit_kinds().for_each(
        [](const UnitKindKey &, UnitKindRecord &record) { EXPECT_EQ(record.units, slot_ended_units / 2); });
    for (int i = 0; i < slot_ended_units; ++i)
        add_unit(store.unit_kinds(), Ended().tagged("route='" + std::to_string(i) + "'").end());
    EXPECT_EQ(store.unit_kinds().count(), 3u);
    EXPECT_GT(store.unit_kinds().evictions(), 0u) << "full is no error";
}

} // namespace
} // namespace query_audit::test
