#include <bit>

#include "core/judge.h"
#include "core/text.h"

#include "pg/config.h"
#include "pg/connections.h"
#include "pg/memory.h"
#include "pg/slot.h"

#include "pg/pg.h"

namespace query_audit {

QUERY_AUDIT_HOT_DATA BackendSlot *slot = nullptr;
Unit alone;

ClientIdentity client_as(Oid user) {
    ClientIdentity client = slot->client;
    client.user = user;
    assign_text(client.application_name, application_name != nullptr ? application_name : "");
    return client;
}

void fold_findings(Unit &unit, Foldable which) {
    if (has_findings(unit, which)) {
        const LockGuard guard(lock_findings, true);
        fold_findings(store.findings(), unit, which);
        store.header().folds.fetch_add(1, std::memory_order_relaxed);
    }
    slot->counters.dropped += unit.dropped_findings;
    unit.dropped_findings = 0;
}

void judge_nested_run() {
    judge_nested(slot->nested, alone, settings, [](Unit &unit) { fold_findings(unit, Foldable::all); });
}

namespace {

template <typename Visit> void for_each_bit(uint32 bits, Visit visit) {
    for (; bits != 0; bits &= bits - 1) visit(std::countr_zero(bits));
}

} // namespace

// A reader who holds the locks sees all statements in the slot or all in the tables. So they are taken together, and
// never inside a SlotWrite, during which a slot cannot be read.
void fold_slot_statements() {
    const uint32 partitions = partitions_to_fold(*slot);
    for_each_bit(partitions, [](int partition) { acquire_lock(lock_statements + partition, true); });
    for_each_bit(partitions, [](int partition) { fold_statements(store, *slot, partition); });
    {
        const SlotWrite write;
        clear_slot_statements(*slot);
        fold_counters(store, *slot);
    }
    for_each_bit(partitions, [](int partition) { release_lock(lock_statements + partition); });
}

// The reads' findings go to a unit of their own: that which ends may still hold others.
void fold_slot_units() {
    if (slot->ended_count == 0 && slot->reads.count == 0 && slot->reads.written == 0) return;
    static Unit cacheable;
    begin_unit(cacheable, Mark::burst, slot->client);
    {
        const LockGuard guard(lock_units, true);
        fold_units(store.unit_kinds(), *slot);
        fold_reads(store.cache_candidates(), slot->reads, slot->client, [](const CacheKey &key, CacheRecord &record) {
            // What is another client's waits for one of its own.
            const bool own =
                key.user == slot->client.user && strcmp(record.application_name, slot->client.application_name) == 0;
            if (own) judge_cacheable(cacheable, key, record, false, settings);
        });
        store.header().folds.fetch_add(1, std::memory_order_relaxed);
    }
    fold_findings(cacheable, Foldable::all);
}

void note_end(const Unit &unit) {
    if (unit.position == 0) return;
    if (slot->ended_count == slot_ended_units) fold_slot_units();
    slot->ended[slot->ended_count++] = end_of_unit(unit);
    note_reads(slot->reads, unit);
}

void note_transaction() {
    if (slot->unit.mark != Mark::burst || slot->unit.transaction_statements <= tiny_transaction) return;
    note_transaction_reads(slot->reads, slot->unit);
}

void end_unit(const UnitEnd &end) {
    if (slot->unit.number == 0) return;
    evaluate_unit(slot->unit, end, settings);
    note_end(slot->unit);
    fold_findings(slot->unit, Foldable::all);
}

namespace {

void at_backend_exit(int, Datum) {
    if (slot == nullptr) return;
    attach_slot(); // a reset since the last statement has forgotten what the slot holds
    abandon_idle_transaction();
    {
        const SlotWrite write;
        end_unit(UnitEnd{.ended = true});
        fold_slot_units();
        judge_nested_run();
    }
    fold_slot_statements();
    end_slot_connection();
    {
        const SlotWrite write;
        slot->pid = 0;
    }
    slot = nullptr;
}

} // namespace

void begin_epoch() {
    {
        const SlotWrite write;
        clear_slot_statements(*slot);
        slot->counters = SlotCounters{};
        slot->unit.number = 0;
        slot->unit.finding_count = 0;
        slot->ended_count = 0;
        slot->reads = PendingReads{};
        slot->nested.statement = 0;
        slot->nested.judged = false;
        slot->epoch = store.header().epoch.load(std::memory_order_relaxed);
    }
    begin_slot_connection();
}

void take_slot() {
    const uint32 index = mode == Mode::server ? static_cast<uint32>(backend_number()) : 0;
    slot = &store.slot(index);
    const uint32 change = slot->change.load(std::memory_order_relaxed);
    begin_slot_write(*slot);
    clear_slot(*slot);
    slot->pid = MyProcPid;
    slot->client.database = MyDatabaseId;
    slot->epoch = store.header().epoch.load(std::memory_order_relaxed);
    // An owner that died while it wrote left the count odd.
    slot->change.store((change | 1) + 1, std::memory_order_release);
    before_shmem_exit(at_backend_exit, 0);
    begin_slot_connection();
}

} // namespace query_audit
