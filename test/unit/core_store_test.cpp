// The store's layout, what is folded into it, and slots.
#include <bit>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "core/store.h"
#include "core_store_support.h"

namespace query_audit::test {
namespace {

constexpr StoreConfig server_defaults = {122, 5000,        1000, 1000, 5000,
                                         64,  1536 * 1024, 128,  64,   96}; // max_connections = 100

StatementKey key_of(std::uint64_t fingerprint) { return {hash_mix(fingerprint), 5, 10}; }

StatementEvent plain_event(const StatementShape &shape) {
    StatementEvent event{};
    event.shape = &shape;
    event.series = series_key(shape);
    event.execution_ns = 5000;
    event.statement_time_us = 77;
    event.rows = 3;
    return event;
}

TEST(Store, OfTheDefaultSizesTakesAtMost16MiB) {
    EXPECT_LE(store_bytes(server_defaults), 16u << 20);
    EXPECT_LE(sizeof(BackendSlot), 256u << 10);
}

TEST(Store, BeginsEmpty) {
    const OwnedStore owned;
    const Store &store = owned.store;
    EXPECT_TRUE(store.attached());
    EXPECT_FALSE(Store().attached());
    EXPECT_EQ(store.header().total_bytes, store_bytes(small));
    EXPECT_EQ(store.header().since_us, 1234);
    for (int p = 0; p < statement_partitions; ++p) EXPECT_EQ(store.statements(p).count(), 0u);
    for (int p = 0; p < trace_partitions; ++p) EXPECT_EQ(store.traces(p).count(), 0u);
    EXPECT_EQ(store.findings().count() + store.scans().count() + store.texts().count() + store.shapes().count() +
                  store.unit_kinds().count(),
              0u);
    for (std::uint32_t i = 0; i < small.slots; ++i) EXPECT_EQ(store.slot(i).pid, 0);
}

TEST(Store, LaysItsTablesOutWithoutOverlap) {
    const OwnedStore owned;
    const Store &store = owned.store;
    struct Region {
        std::uint64_t start;
        std::uint64_t bytes;
    };
    std::vector<Region> regions = {{0, sizeof(StoreHeader)}};
    const auto offset = [&](const void *at) {
        return static_cast<std::uint64_t>(static_cast<const char *>(at) - owned.memory.get());
    };
    for (int p = 0; p < statement_partitions; ++p) {
        const Store::Statements table = store.statements(p);
        regions.push_back({offset(table.memory()), Store::Statements::bytes(table.capacity())});
    }
    regions.push_back({store.header().findings, Store::Findings::bytes(small.findings)});
    regions.push_back({store.header().scans, Store::Scans::bytes(small.scans)});
    regions.push_back({store.header().unit_kinds, Store::UnitKinds::bytes(small.units)});
    regions.push_back({store.header().texts, TextRing::bytes(small.statements, small.text_bytes)});
    regions.push_back({store.header().shapes, Store::Shapes::bytes(small.shapes)});
    for (int p = 0; p < trace_partitions; ++p) {
        const Store::Traces table = store.traces(p);
        regions.push_back({offset(table.memory()), Store::Traces::bytes(table.capacity())});
    }
    for (std::uint32_t i = 0; i < small.slots; ++i) regions.push_back({offset(&store.slot(i)), sizeof(BackendSlot)});
    for (std::size_t i = 0; i < regions.size(); ++i) {
        EXPECT_EQ(regions[i].start % 64, 0u);
        const std::uint64_t next = i + 1 < regions.size() ? regions[i + 1].start : store.header().total_bytes;
        EXPECT_LE(regions[i].start + regions[i].bytes, next) << i;
    }
}

TEST(Store, KeepsEveryTableWholeWhenAllAreFull) {
    const OwnedStore owned;
    const Store &store = owned.store;
    bool inserted = false;
    const std::uint64_t marks[] = {11, 22, 33, 44, 55, 66};
    for (std::uint64_t n = 1; n <= 300; ++n) {
        const StatementKey key = key_of(n);
        store.statements(Store::partition_of(key)).find_or_insert(key, inserted).sums.rows = marks[0];
        store.findings().find_or_insert(FindingKey{n, 0, 0, 0, 0, 0, 0, 0}, inserted).finding.calls = marks[1];
        store.scans().find_or_insert(ScanKey{n, 1, 1, 1, 0}, inserted).rows_read = marks[2];
        store.unit_kinds().find_or_insert(UnitKindKey{n, 1, 1}, inserted).units = marks[5];
        store.shapes().find_or_insert(ShapeKey{n, 1}, inserted).shape.fingerprint = marks[3];
        store.texts().publish(n, "text");
        trace_unit(store, TraceKey{hash_mix(n), 1, 1}, inserted, [](Unit &) {}).trace = marks[4];
    }
    for (std::uint32_t i = 0; i < small.slots; ++i) {
        std::memset(static_cast<void *>(&store.slot(i)), 0xFF, sizeof(BackendSlot));
    }
    for (int p = 0; p < statement_partitions; ++p) {
        EXPECT_EQ(store.statements(p).count(), store.statements(p).capacity());
        store.statements(p).for_each(
            [&](const StatementKey &, StatementRecord &record) { ASSERT_EQ(record.sums.rows, 11); });
    }
    for (int p = 0; p < trace_partitions; ++p) {
        store.traces(p).for_each([&](const TraceKey &, Unit &unit) { ASSERT_EQ(unit.trace, 55u); });
    }
    store.findings().for_each([&](const FindingKey &, FindingRecord &record) { ASSERT_EQ(record.finding.calls, 22u); });
    store.scans().for_each([&](const ScanKey &, ScanRecord &record) { ASSERT_EQ(record.rows_read, 33); });
    store.unit_kinds().for_each([&](const UnitKindKey &, UnitKindRecord &kind) { ASSERT_EQ(kind.units, 66); });
    store.shapes().for_each([&](const ShapeKey &, SharedShape &shape) { ASSERT_EQ(shape.shape.fingerprint, 44u); });
    EXPECT_EQ(store.findings().count(), small.findings);
    EXPECT_EQ(store.texts().find(300), "text");
    EXPECT_EQ(store.header().total_bytes, store_bytes(small));
}

TEST(Store, ClearBeginsAnEpoch) {
    OwnedStore owned;
    Store &store = owned.store;
    bool inserted = false;
    store.findings().find_or_insert(FindingKey{1, 0, 0, 0, 0, 0, 0, 0}, inserted);
    store.texts().publish(1, "text");
    store.unit_kinds().find_or_insert(UnitKindKey{1, 1, 1}, inserted);
    store.header().counters[0] = 7;
    store.slot(1).pid = 99;
    store.clear(5678);
    EXPECT_EQ(store.findings().count(), 0u);
    EXPECT_EQ(store.texts().count(), 0u);
    EXPECT_EQ(store.unit_kinds().count(), 0u);
    EXPECT_EQ(store.header().counters[0], 0u);
    EXPECT_EQ(store.header().since_us, 5678);
    EXPECT_EQ(store.header().epoch, 1u);
    EXPECT_EQ(store.slot(1).pid, 99) << "slots are their owners' business";
}

TEST(Store, AcceptsASavedOneOfTheSameLayoutWithAnyNumberOfSlots) {
    const OwnedStore owned;
    StoreConfig other = small;
    other.slots = 9;
    EXPECT_TRUE(owned.store.accepts(OwnedStore(other).store.header()));
    for (std::uint32_t StoreConfig::*size :
         {&StoreConfig::statements, &StoreConfig::findings, &StoreConfig::scans, &StoreConfig::shapes,
          &StoreConfig::traces, &StoreConfig::text_bytes, &StoreConfig::units, &StoreConfig::connections,
          &StoreConfig::cache_candidates, &StoreConfig::server}) {
        StoreConfig changed = small;
        changed.*size += 64;
        EXPECT_FALSE(owned.store.accepts(OwnedStore(changed).store.header()));
    }
    OwnedStore wrong;
    wrong.store.header().magic ^= 1;
    EXPECT_FALSE(owned.store.accepts(wrong.store.header()));
    wrong.store.header().magic ^= 1;
    EXPECT_TRUE(owned.store.accepts(wrong.store.header()));
    wrong.store.header().layout ^= 1;
    EXPECT_FALSE(owned.store.accepts(wrong.store.header()));
}

TEST(Slot, HoldsItsStatementsUntilItIsFull) {
    const OwnedStore owned;
    BackendSlot &slot = owned.store.slot(0);
    std::vector<StatementPlace> places(slot_statements);
    for (std::uint64_t n = 0; n < slot_statements; ++n) {
        SlotStatement *statement = slot_statement(slot, key_of(n), places[n]);
        ASSERT_NE(statement, nullptr);
        EXPECT_EQ(statement->sums.calls, 0);
        statement->sums.calls = static_cast<std::int64_t>(n) + 1;
        EXPECT_EQ(statement, &slot.statements[n]);
    }
    StatementPlace unknown{};
    EXPECT_EQ(slot_statement(slot, key_of(1000), unknown), nullptr);
    EXPECT_EQ(slot_statement(slot, key_of(1000), unknown), nullptr);
    EXPECT_EQ(slot_statement(slot, key_of(3), places[3])->sums.calls, 4);
    EXPECT_EQ(slot_statement(slot, key_of(5), unknown)->sums.calls, 6);
    clear_slot_statements(slot);
    SlotStatement *statement = slot_statement(slot, key_of(5), places[5]);
    EXPECT_EQ(statement->sums.calls, 0);
    EXPECT_EQ(statement, &slot.statements[0]);
    EXPECT_EQ(slot.statement_count, 1);
}

TEST(Slot, CountsTheRolesOfOneStatementApart) {
    const OwnedStore owned;
    BackendSlot &slot = owned.store.slot(0);
    StatementPlace place{};
    for (std::uint32_t user = 1; user <= 4; ++user) {
        slot_statement(slot, {7, 5, user % 2 + 10}, place)->sums.calls += user;
    }
    EXPECT_EQ(slot.statement_count, 2);
    EXPECT_EQ(slot_statement(slot, {7, 5, 10}, place)->sums.calls, 2 + 4);
    EXPECT_EQ(slot_statement(slot, {7, 5, 11}, place)->sums.calls, 1 + 3);
}

TEST(Slot, IsFoldedPartitionByPartitionWithNothingLost) {
    const OwnedStore owned;
    BackendSlot &slot = owned.store.slot(0);
    const StatementShape shape = look_up(1);
    constexpr auto all = static_cast<std::uint64_t>(slot_statements);
    std::vector<StatementPlace> places(slot_statements + 1);
    for (int fold = 1; fold <= 3; ++fold) {
        for (std::uint64_t n = 1; n <= all; ++n) {
            for (std::uint64_t i = 0; i < n; ++i) {
                add_execution(*slot_statement(slot, key_of(n), places[n]), plain_event(shape), i == 0);
            }
        }
        std::uint32_t expected = 0;
        for (std::uint64_t n = 1; n <= all; ++n) expected |= 1u << Store::partition_of(key_of(n));
        EXPECT_EQ(partitions_to_fold(slot), expected);
        for (std::uint32_t left = partitions_to_fold(slot); left != 0; left &= left - 1) {
            fold_statements(owned.store, slot, std::countr_zero(left));
        }
        clear_slot_statements(slot);
        EXPECT_EQ(partitions_to_fold(slot), 0u);
    }
    for (std::uint64_t n = 1; n <= all; ++n) {
        const StatementKey key = key_of(n);
        const StatementRecord *record = owned.store.statements(Store::partition_of(key)).find(key);
        ASSERT_NE(record, nullptr);
        EXPECT_EQ(record->sums.calls, static_cast<std::int64_t>(3 * n));
        EXPECT_EQ(record->sums.units, 3);
        EXPECT_EQ(record->histogram.buckets[BasicHistogram<std::uint32_t>::bucket_of(5000)], 3 * n);
    }
}

TEST(Slot, GivesItsCountersOnce) {
    const OwnedStore owned;
    BackendSlot &slot = owned.store.slot(0);
    slot.counters = SlotCounters{1, 2, 3, 4, 5, 6, 7, 8};
    EXPECT_EQ(connection_of(slot).statements, 1u);
    fold_counters(owned.store, slot);
    fold_counters(owned.store, slot);
    for (std::uint64_t i = 0; i < 8; ++i) EXPECT_EQ(owned.store.header().counters[i], i + 1);
    EXPECT_EQ(connection_of(slot).statements, 1u) << "and keeps those of its connection";
    EXPECT_EQ(connection_of(slot).busy_ns, 2);
}

TEST(Store, AddsFindingsUnderTheirKeyWithTheLastTags) {
    const OwnedStore owned;
    auto unit = std::make_unique<Unit>();
    ClientIdentity client{5, 10, {}};
    assign_text(client.application_name, "shop");
    for (const char *tag : {"route=a", "route=b"}) {
        begin_unit(*unit, Mark::burst, client);
        assign_text(unit->tags, tag);
        UnitFinding *finding = unit_finding(*unit, {0, 42, 0, 0}, Confidence::high);
        finding->occurrences = 1;
        finding->calls = 10;
        finding->confidence = Confidence::high;
        EXPECT_FALSE(has_findings(*unit, Foldable::of_transactions));
        EXPECT_TRUE(has_findings(*unit, Foldable::all));
        fold_findings(owned.store.findings(), *unit, Foldable::of_transactions);
        EXPECT_EQ(unit->finding_count, 1);
        fold_findings(owned.store.findings(), *unit, Foldable::all);
        EXPECT_EQ(unit->finding_count, 0);
    }
    EXPECT_EQ(owned.store.findings().count(), 1u);
    owned.store.findings().for_each([&](const FindingKey &key, FindingRecord &record) {
        EXPECT_EQ(key.application, hash_text("shop"));
        EXPECT_STREQ(record.client.application_name, "shop");
        EXPECT_STREQ(record.tags, "route=b");
        EXPECT_EQ(record.finding.calls, 20u);
        EXPECT_EQ(record.finding.occurrences, 2u);
    });
}

TEST(Store, LetsNoFindingOfLowConfidencePushABetterOneOut) {
    const OwnedStore owned;
    Store::Findings table = owned.store.findings();
    auto unit = std::make_unique<Unit>();
    begin_unit(*unit, Mark::burst, ClientIdentity{5, 10, {}});
    const auto fold = [&](std::uint64_t fingerprint, Confidence confidence) {
        UnitFinding *finding = unit_finding(*unit, {0, fingerprint, 0, 0}, confidence);
        finding->occurrences = 1;
        finding->confidence = confidence;
        fold_findings(table, *unit, Foldable::all);
    };
    const std::uint32_t capacity = table.capacity();
    fold(1, Confidence::high);
    for (std::uint64_t n = 2; n <= 10 * capacity; ++n) fold(n, Confidence::low);
    EXPECT_EQ(table.count(), capacity);
    EXPECT_EQ(unit->dropped_findings, 0u) << "low ones make room for each other";
    const auto held = [&](Confidence confidence) {
        std::uint32_t count = 0;
        table.for_each([&](const FindingKey &, FindingRecord &record) {
            if (record.finding.confidence == confidence) ++count;
        });
        return count;
    };
    EXPECT_EQ(held(Confidence::high), 1u);
    for (std::uint64_t n = 1; n <= capacity; ++n) fold(100 * capacity + n, Confidence::medium);
    EXPECT_EQ(held(Confidence::low), 0u);
    EXPECT_EQ(unit->dropped_findings, 0u);
    fold(7, Confidence::low);
    EXPECT_EQ(unit->dropped_findings, 1u) << "the table is full of better ones";
    EXPECT_EQ(held(Confidence::low), 0u);
    fold(8, Confidence::medium);
    EXPECT_EQ(table.count(), capacity);
}

TEST(Store, AddsScansByStatementRoleAndTable) {
    const OwnedStore owned;
    const StatementShape shape = look_up(1);
    PlanFacts facts{};
    facts.scan_count = 2;
    facts.scans[0].relation = 100;
    facts.scans[0].loops = 2;
    facts.scans[0].rows_read = 1000;
    facts.scans[0].rows_removed = 900;
    assign_text(facts.scans[0].relation_name, "public.t");
    facts.scans[1].relation = 101;
    StatementEvent event = plain_event(shape);
    add_scans(owned.store, ClientIdentity{5, 10, {}}, event);
    EXPECT_EQ(owned.store.scans().count(), 0u) << "nothing was measured";
    event.facts = &facts;
    add_scans(owned.store, ClientIdentity{5, 10, {}}, event);
    add_scans(owned.store, ClientIdentity{5, 10, {}}, event);
    add_scans(owned.store, ClientIdentity{5, 11, {}}, event);
    EXPECT_EQ(owned.store.scans().count(), 4u) << "two tables, two roles";
    const ScanRecord *record = owned.store.scans().find(ScanKey{shape.fingerprint, 5, 10, 100, 0});
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->executions, 2);
    EXPECT_EQ(record->scans, 4);
    EXPECT_EQ(record->rows_read, 2000);
    EXPECT_EQ(record->rows_removed, 1800);
    EXPECT_STREQ(record->relation_name, "public.t");
}

TEST(Store, KeepsWhatTheLatestLargeScanAskedFor) {
    OwnedStore owned;
    PlanFacts facts{};
    facts.scan_count = 1;
    ScanFacts &scan = facts.scans[0];
    scan.relation = 77;
    const StatementShape shape = look_up(1);
    StatementEvent event{};
    event.shape = &shape;
    event.facts = &facts;
    const auto add = [&](std::uint64_t rows, std::int16_t attribute) {
        scan.rows_read = rows;
        scan.need = {};
        scan.need.count = attribute > 0;
        scan.need.keys[0] = {attribute, KeyUse::equality, 0, 5};
        add_scans(owned.store, ClientIdentity{5, 10, {}}, event);
        return owned.store.scans().find(ScanKey{shape.fingerprint, 5, 10, 77, 0})->need.keys[0].attribute;
    };
    EXPECT_EQ(add(50'000, 1), 1);
    EXPECT_EQ(add(60'000, 2), 2) << "the latest";
    EXPECT_EQ(add(20'000, 3), 3) << "also where it is somewhat smaller";
    EXPECT_EQ(add(500'000, 4), 4);
    EXPECT_EQ(add(49'999, 5), 4) << "one of less than a tenth of the rows";
    EXPECT_EQ(add(500'000, 0), 4) << "and one that asked for nothing that is known";
}

TEST(Store, GivesTheUnitOfAnEvictedTraceAway) {
    const OwnedStore owned;
    std::set<std::uint64_t> evicted;
    bool inserted = false;
    for (std::uint64_t n = 1; n <= 100; ++n) {
        Unit &unit = trace_unit(owned.store, TraceKey{hash_mix(n), 1, 1}, inserted,
                                [&](Unit &old) { EXPECT_TRUE(evicted.insert(old.trace).second); });
        EXPECT_TRUE(inserted);
        unit.trace = n;
    }
    std::uint32_t held = 0;
    for (int p = 0; p < trace_partitions; ++p) held += owned.store.traces(p).count();
    EXPECT_EQ(evicted.size() + held, 100u);
    const TraceKey last_key{hash_mix(100), 1, 1};
    const auto refuse = [](Unit &) { FAIL(); };
    const Unit &last = trace_unit(owned.store, last_key, inserted, refuse);
    EXPECT_FALSE(inserted);
    EXPECT_EQ(last.trace, 100u);
}

TEST(Store, TearsNoTraceApartThatGoesOn) {
    const OwnedStore owned;
    const TraceKey going_on{hash_mix(1000), 1, 1};
    bool inserted = false;
    const auto none = [](Unit &) {};
    trace_unit(owned.store, going_on, inserted, none).trace = 1000;
    for (std::uint64_t n = 1; n <= 200; ++n) {
        Unit &other = trace_unit(owned.store, TraceKey{hash_mix(n), 1, 1}, inserted, none);
        other.last_ns = static_cast<std::int64_t>(2 * n);
        Unit &unit = trace_unit(owned.store, going_on, inserted, none);
        EXPECT_FALSE(inserted) << "after " << n << " others";
        unit.last_ns = static_cast<std::int64_t>(2 * n + 1);
    }
}

TEST(CopySlot, RefusesAFreeSlotAndOneWhoseOwnerStoppedInTheMiddle) {
    const OwnedStore owned;
    auto copy = std::make_unique<BackendSlot>();
    BackendSlot &slot = owned.store.slot(0);
    EXPECT_FALSE(copy_slot(slot, *copy));
    slot.pid = 7;
    slot.unit.number = 3;
    EXPECT_TRUE(copy_slot(slot, *copy));
    EXPECT_EQ(copy->unit.number, 3u);
    begin_slot_write(slot);
    EXPECT_FALSE(copy_slot(slot, *copy));
    end_slot_write(slot);
    EXPECT_TRUE(copy_slot(slot, *copy));
}

} // namespace
} // namespace query_audit::test
