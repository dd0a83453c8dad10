#include "core/judge.h"

#include "pg/recorder.h"

#include "pg/config.h"
#include "pg/connections.h"
#include "pg/memory.h"
#include "pg/snapshot.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr int most_attempts = 3;
constexpr int most_waits = 100;
constexpr long wait_us = 100;

void *allocate(size_t bytes) { return MemoryContextAllocHuge(CurrentMemoryContext, bytes); }

template <typename Table> Table make_table(uint32 capacity) {
    Table table(allocate(Table::bytes(capacity)));
    table.create(capacity);
    return table;
}

// Copies a table as bytes under its lock.
template <typename Table> Table copy_table(Table table, int lock) {
    const size_t bytes = Table::bytes(table.capacity());
    void *copy = allocate(bytes);
    {
        const LockGuard guard(lock, false);
        memcpy(copy, table.memory(), bytes);
    }
    return Table(copy);
}

// Repeats `read` when a backend moved something from its slot to the tables meanwhile, which could be seen twice.
template <typename Read> auto read_at_one_moment(Read read) {
    for (int attempt = 1;; ++attempt) {
        const uint64 folds = store.header().folds.load(std::memory_order_acquire);
        auto result = read();
        if (attempt == most_attempts || store.header().folds.load(std::memory_order_acquire) == folds) return result;
        CHECK_FOR_INTERRUPTS();
    }
}

// An owner that waits, for a lock or for a processor, may be in the midst of a write.
bool copy_patiently(const BackendSlot &slot, BackendSlot &copy) {
    for (int attempt = 0; attempt < most_waits; ++attempt) {
        if (copy_slot(slot, copy)) return true;
        if (slot_is_free(slot)) return false;
        pg_usleep(wait_us);
    }
    return false;
}

template <typename Visit> void for_each_slot(Visit visit) {
    BackendSlot *copy = static_cast<BackendSlot *>(allocate(sizeof(BackendSlot)));
    const uint32 epoch = store.header().epoch.load(std::memory_order_relaxed);
    for (uint32 i = 0; i < store.header().config.slots; ++i) {
        if (copy_patiently(store.slot(i), *copy) && copy->epoch == epoch) visit(*copy);
    }
    pfree(copy);
}

// How a live unit would be judged if nothing more came.
UnitEnd end_if_idle(const Unit &unit, int64 now) {
    const int64 pause = now - unit.last_ns;
    const bool ended = unit.mark == Mark::burst && !unit.transaction_open && pause > burst_gap_ns(unit, settings);
    return ended ? UnitEnd{.ended = true, .pause_after_ns = pause} : UnitEnd{};
}

template <typename Visit> void for_each_trace_copy(Visit visit) {
    for (int p = 0; p < trace_partitions; ++p) {
        Store::Traces traces = copy_table(store.traces(p), lock_traces + p);
        traces.for_each([&](const TraceKey &, Unit &unit) { visit(unit); });
        pfree(traces.memory());
    }
}

template <typename Visit> void for_each_unit_copy(Visit visit) {
    for_each_slot([&](BackendSlot &copy) {
        if (copy.unit.number != 0) visit(copy.unit, copy.pid);
    });
    for_each_trace_copy([&](Unit &unit) { visit(unit, unit.backend); });
}

void fold_nested_runs(Store::Findings result) {
    Unit *unit = static_cast<Unit *>(palloc0(sizeof(Unit)));
    for_each_slot([&](const BackendSlot &copy) {
        judge_nested(copy.nested, *unit, settings, [&](Unit &judged) { fold_findings(result, judged, Foldable::all); });
    });
    pfree(unit);
}

// Every read with certain values, as if all that waits in slots and all live units were added.
void fold_cacheable(Store::Findings result) {
    const StoreConfig &config = store.header().config;
    auto *unit = static_cast<Unit *>(palloc0(sizeof(Unit)));
    Store::CacheCandidates reads =
        make_table<Store::CacheCandidates>(config.cache_candidates + config.slots * (max_pending_reads + 2));
    Store::CacheCandidates global = copy_table(store.cache_candidates(), lock_units);
    global.for_each([&](const CacheKey &key, const CacheRecord &record) {
        bool inserted = false;
        reads.find_or_insert(key, inserted) = record;
    });
    pfree(global.memory());
    const auto ignore = [](const CacheKey &, CacheRecord &) {};
    for_each_slot([&](BackendSlot &copy) {
        fold_reads(reads, copy.reads, copy.client, ignore);
        if (copy.unit.number == 0 || copy.unit.position == 0) return;
        note_reads(copy.reads, copy.unit);
        fold_reads(reads, copy.reads, copy.client, ignore);
    });
    reads.for_each([&](const CacheKey &key, CacheRecord &record) {
        ClientIdentity client{key.database, key.user, {}};
        memcpy(client.application_name, record.application_name, sizeof(client.application_name));
        begin_unit(*unit, Mark::burst, client);
        judge_cacheable(*unit, key, record, true, settings);
        fold_findings(result, *unit, Foldable::all);
    });
    pfree(reads.memory());
    pfree(unit);
}

} // namespace

Store::Findings snapshot_findings() {
    return read_at_one_moment([] {
        const StoreConfig &config = store.header().config;
        Store::Findings result =
            make_table<Store::Findings>(config.findings + max_unit_findings * (config.slots + config.traces) +
                                        max_nested_series * config.slots + config.cache_candidates);
        const int64 now = now_ns();
        const int64 now_us = GetCurrentTimestamp();
        for_each_unit_copy([&](Unit &unit, int32 pid) {
            evaluate_unit(unit, end_if_idle(unit, now), settings);
            const int64 idle_us = unit.transaction_open ? current_idle_us(pid, now_us) : 0;
            if (idle_us > 0) judge_idle(unit, IdleTransaction{unit.transaction, idle_us, now_us, false}, settings);
            fold_findings(result, unit, Foldable::all);
        });
        fold_nested_runs(result);
        fold_cacheable(result);
        Store::Findings global = copy_table(store.findings(), lock_findings);
        global.for_each([&](const FindingKey &key, FindingRecord &record) {
            bool inserted = false;
            FindingRecord &sum = result.find_or_insert(key, inserted);
            if (inserted) {
                sum = record;
            } else {
                add_finding(sum, record.finding);
            }
        });
        pfree(global.memory());
        return result;
    });
}

FlatTable<StatementKey, StatementRecord> snapshot_statements() {
    const StoreConfig &config = store.header().config;
    auto result =
        make_table<Store::Statements>(config.statements + statement_partitions + slot_statements * config.slots);
    const auto add = [&](const StatementKey &key, const auto &statement) {
        bool inserted = false;
        StatementRecord &sum = result.find_or_insert(key, inserted);
        add_sums(sum.sums, statement.sums);
        sum.histogram.add_all(statement.histogram);
    };
    // While all of them are held nothing moves from a slot to the tables.
    for (int p = 0; p < statement_partitions; ++p) acquire_lock(lock_statements + p, false);
    for_each_slot([&](const BackendSlot &slot) {
        for (int i = 0; i < slot.statement_count; ++i) add(slot.keys[i], slot.statements[i]);
    });
    for (int p = 0; p < statement_partitions; ++p) store.statements(p).for_each(add);
    for (int p = statement_partitions; p-- > 0;) release_lock(lock_statements + p);
    return result;
}

bool find_scan(const ScanKey &key, ScanRecord &copy) {
    const LockGuard guard(lock_scans, false);
    const ScanRecord *found = store.scans().find(key);
    if (found != nullptr) copy = *found;
    return found != nullptr;
}

Store::UnitKinds snapshot_units() {
    return read_at_one_moment([] {
        const StoreConfig &config = store.header().config;
        Store::UnitKinds result =
            make_table<Store::UnitKinds>(config.units + (slot_ended_units + 1) * config.slots + config.traces);
        Store::UnitKinds global = copy_table(store.unit_kinds(), lock_units);
        global.for_each([&](const UnitKindKey &key, const UnitKindRecord &record) {
            bool inserted = false;
            result.find_or_insert(key, inserted) = record;
        });
        pfree(global.memory());
        const int64 now = now_ns();
        const auto add_live = [&](Unit &unit) {
            if (unit.number == 0 || unit.position == 0) return;
            evaluate_unit(unit, end_if_idle(unit, now), settings);
            add_unit(result, end_of_unit(unit));
        };
        for_each_slot([&](BackendSlot &copy) {
            fold_units(result, copy);
            add_live(copy.unit);
        });
        for_each_trace_copy(add_live);
        return result;
    });
}

Store::Connections snapshot_connections() {
    return read_at_one_moment([] {
        const StoreConfig &config = store.header().config;
        Store::Connections result = make_table<Store::Connections>(config.connections + config.slots);
        Store::Connections global = copy_table(store.connections(), lock_connections);
        global.for_each([&](const ConnectionKey &key, const ConnectionRecord &record) {
            bool inserted = false;
            ConnectionRecord &sum = result.find_or_insert(key, inserted);
            sum = record;
            sum.live = 0;
        });
        pfree(global.memory());
        const int64 now_us = GetCurrentTimestamp();
        for_each_slot([&](const BackendSlot &copy) {
            Connection connection = connection_of(copy);
            if (connection.started_us == 0) return;
            connection.idle_in_transaction_us += current_idle_us(copy.pid, now_us);
            bool inserted = false;
            ConnectionRecord &record = result.find_or_insert(connection.key, inserted);
            if (inserted) {
                begin_connection(record, copy.client.application_name, connection.started_us);
                record.live = 0;
            }
            add_live(record, connection, now_us);
        });
        return result;
    });
}

Store::Scans snapshot_scans() { return copy_table(store.scans(), lock_scans); }

void for_each_unit(void (*visit)(const Unit &, int32, void *), void *context) {
    for_each_unit_copy([&](Unit &unit, int32 pid) {
        evaluate_unit(unit, UnitEnd{}, settings);
        visit(unit, pid, context);
    });
}

SlotCounters snapshot_counters() {
    SlotCounters sum{};
    uint64 *sums = reinterpret_cast<uint64 *>(&sum);
    constexpr size_t count = sizeof(SlotCounters) / sizeof(uint64);
    for (size_t i = 0; i < count; ++i) sums[i] = store.header().counters[i].load(std::memory_order_relaxed);
    for_each_slot([&](const BackendSlot &slot) {
        const uint64 *values = reinterpret_cast<const uint64 *>(&slot.counters);
        for (size_t i = 0; i < count; ++i) sums[i] += values[i];
    });
    return sum;
}

} // namespace query_audit
