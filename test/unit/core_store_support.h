// Shared by the tests of the store: its memory, its locks, and a backend that fills its slot as src/pg/recorder.cpp
// does.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "core/store.h"
#include "core_support.h"

namespace query_audit::test {

constexpr StoreConfig small = {4, 100, 20, 20, 50, 16, 8192, 12, 8, 16};

struct OwnedStore {
    explicit OwnedStore(const StoreConfig &config = small) : memory(store_bytes(config)), store(memory.get()) {
        store.create(config, 1234);
    }
    Memory memory;
    Store store;
};

// The StoreLocks of one store.
using Locks = std::array<std::shared_mutex, store_lock_count>;
using Exclusive = std::lock_guard<std::shared_mutex>;
using Shared = std::shared_lock<std::shared_mutex>;

// What every execution of a statement returns, so that a sum shows whether its parts belong together.
inline std::uint64_t rows_of(std::uint64_t fingerprint) { return fingerprint % 7 + 1; }
inline std::string text_of(std::uint64_t fingerprint) {
    return std::string(fingerprint % 40 + 1, static_cast<char>('a' + fingerprint % 26));
}

// One backend. Its clock, its transactions and what it sends are its own; the store and the locks are everybody's.
class Backend {
  public:
    Backend(const Store &store, Locks &locks, std::uint32_t index, const ClientIdentity &client)
        : store_(store), locks_(locks), slot_(store.slot(index)), client_(client) {
        attach();
    }

    std::atomic<std::uint64_t> started{0}; // executions that are being recorded or are
    std::atomic<std::uint64_t> done{0};    // those that are

    void attach() {
        const std::uint32_t change = slot_.change.load(std::memory_order_relaxed);
        begin_slot_write(slot_);
        clear_slot(slot_);
        slot_.pid = static_cast<std::int32_t>(client_.user);
        slot_.client = client_;
        slot_.epoch = store_.header().epoch.load(std::memory_order_relaxed);
        slot_.change.store((change | 1) + 1, std::memory_order_release);
    }

    void detach() {
        begin_slot_write(slot_);
        end_unit(UnitEnd{.ended = true});
        end_slot_write(slot_);
        fold();
        begin_slot_write(slot_);
        slot_.pid = 0;
        end_slot_write(slot_);
    }

    // One execution, with the scan that it made of its table when call.rows_read says so.
    void record(const StatementShape &shape, Call call, std::uint64_t trace = 0) {
        call.rows = rows_of(shape.fingerprint);
        StatementEvent event = session_.make_event(shape, call);
        PlanFacts facts{};
        if (call.rows_read > 0) {
            facts.rows_read = call.rows_read;
            facts.scan_count = 1;
            facts.scans[0].relation = shape.relation;
            facts.scans[0].loops = 1;
            facts.scans[0].rows_read = call.rows_read;
            facts.scans[0].rows_removed = call.rows_read - 1;
            event.facts = &facts;
        }
        started.fetch_add(1);
        make_place(shape);
        begin_slot_write(slot_);
        const bool new_in_unit = trace != 0 ? add_to_trace(event, trace) : add_to_unit(event);
        ++slot_.counters.statements;
        add_execution(*slot_statement(slot_, key_of(shape), places_[shape.fingerprint]), event, new_in_unit);
        end_slot_write(slot_);
        if (event.facts != nullptr) {
            const Exclusive guard(locks_[lock_scans]);
            add_scans(store_, client_, event);
        }
        if (!in_transaction_) session_.commit();
        done.fetch_add(1);
    }

    void begin() {
        in_transaction_ = true;
        session_.begin();
    }
    void commit() {
        in_transaction_ = false;
        session_.commit();
        if (!slot_.unit.transaction_open) return;
        begin_slot_write(slot_);
        end_transaction(slot_.unit, slot_.unit.transaction, false, settings_);
        fold_findings(Foldable::of_transactions);
        end_slot_write(slot_);
    }

    void publish(std::uint64_t fingerprint) {
        {
            const Shared guard(locks_[lock_texts]);
            if (store_.texts().contains(fingerprint)) return;
        }
        const Exclusive guard(locks_[lock_texts]);
        store_.texts().publish(fingerprint, text_of(fingerprint));
    }

    // Gives up what was seen before somebody emptied the store.
    void follow_epoch() {
        const std::uint32_t epoch = store_.header().epoch.load(std::memory_order_relaxed);
        if (slot_.epoch == epoch) return;
        begin_slot_write(slot_);
        clear_slot_statements(slot_);
        slot_.counters = SlotCounters{};
        slot_.unit.number = 0;
        slot_.unit.finding_count = 0;
        slot_.epoch = epoch;
        end_slot_write(slot_);
    }

  private:
    [[nodiscard]] StatementKey key_of(const StatementShape &shape) const {
        return {shape.fingerprint, client_.database, 10}; // one role for all, so that backends add to one record
    }

    void fold_findings(Foldable which) {
        if (has_findings(slot_.unit, which)) {
            const Exclusive guard(locks_[lock_findings]);
            query_audit::fold_findings(store_.findings(), slot_.unit, which);
            store_.header().folds.fetch_add(1, std::memory_order_relaxed);
        }
        slot_.counters.dropped += slot_.unit.dropped_findings;
        slot_.unit.dropped_findings = 0;
    }

    void end_unit(const UnitEnd &end) {
        if (slot_.unit.number == 0) return;
        evaluate_unit(slot_.unit, end, settings_);
        fold_findings(Foldable::all);
    }

    bool add_to_unit(const StatementEvent &event) {
        Unit &unit = slot_.unit;
        if (!unit_continues(unit, settings_, event.start_ns, event.transaction)) {
            const std::int64_t pause_ns = event.start_ns - unit.last_ns;
            end_unit(UnitEnd{.ended = true, .pause_after_ns = pause_ns, .next_key = event.series});
            begin_unit(unit, Mark::burst, client_);
            unit.pause_before_ns = pause_ns;
            unit.backend = slot_.pid;
        }
        return add_statement(unit, event, settings_).new_series;
    }

    bool add_to_trace(const StatementEvent &event, std::uint64_t trace) {
        const TraceKey key{hash_mix(trace), client_.database, 10};
        const Exclusive guard(locks_[lock_traces + Store::partition_of(key)]);
        bool inserted = false;
        Unit &unit = trace_unit(store_, key, inserted, [](Unit &) noexcept {});
        if (inserted) {
            begin_unit(unit, Mark::trace, client_);
            unit.trace = key.trace;
        }
        return add_statement(unit, event, settings_).new_series;
    }

    void make_place(const StatementShape &shape) {
        if (slot_.statement_count < slot_statements) return;
        if (slot_statement(slot_, key_of(shape), places_[shape.fingerprint]) == nullptr) fold();
    }

    void fold() {
        const std::uint32_t partitions = partitions_to_fold(slot_);
        const auto each = [partitions](auto visit) {
            for (std::uint32_t left = partitions; left != 0; left &= left - 1) visit(std::countr_zero(left));
        };
        each([this](int partition) { locks_[lock_statements + partition].lock(); });
        each([this](int partition) { fold_statements(store_, slot_, partition); });
        begin_slot_write(slot_);
        clear_slot_statements(slot_);
        fold_counters(store_, slot_);
        end_slot_write(slot_);
        each([this](int partition) { locks_[lock_statements + partition].unlock(); });
    }

    Store store_;
    Locks &locks_;
    BackendSlot &slot_;
    ClientIdentity client_;
    Session session_; // for its clock
    Settings settings_ = default_settings();
    std::map<std::uint64_t, StatementPlace> places_; // by fingerprint
    bool in_transaction_ = false;
};

// Every statement that the store holds, in slots and in tables. Nothing moves from one to the other meanwhile.
template <typename VisitSlot, typename VisitRecord>
void visit_statements(const Store &store, Locks &locks, VisitSlot visit_slot, VisitRecord visit_record) {
    for (int p = 0; p < statement_partitions; ++p) locks[lock_statements + p].lock_shared();
    auto copy = std::make_unique<BackendSlot>();
    for (std::uint32_t i = 0; i < store.header().config.slots; ++i) {
        bool copied = false;
        while (!(copied = copy_slot(store.slot(i), *copy)) && !slot_is_free(store.slot(i))) std::this_thread::yield();
        if (copied) visit_slot(*copy);
    }
    for (int p = 0; p < statement_partitions; ++p) {
        store.statements(p).for_each(visit_record);
    }
    for (int p = statement_partitions; p-- > 0;) locks[lock_statements + p].unlock_shared();
}

} // namespace query_audit::test
