#include <algorithm>
#include <bit>
#include <limits>

#include "core/judge.h"
#include "core/loop_body.h"
#include "core/text.h"
#include "parse/parse.h"

#include "pg/config.h"
#include "pg/memory.h"
#include "pg/values.h"

#include "pg/connections.h"
#include "pg/nested_loops.h"
#include "pg/recorder.h"
#include "pg/server.h"
#include "pg/slot.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

QUERY_AUDIT_HOT_DATA uint32 current_transaction = 1;
uint64 seen_text_evictions = 0;
// The setting when it was compared last; null: it may be another.
QUERY_AUDIT_HOT_DATA const char *seen_application_name = nullptr;

pg_noinline bool remember_client(Oid user) {
    const char *name = application_name != nullptr ? application_name : "";
    ClientIdentity &client = slot->client;
    seen_application_name = application_name;
    if (client.user == user && strncmp(client.application_name, name, application_name_bytes - 1) == 0) return false;
    client.user = user;
    assign_text(client.application_name, name);
    return true;
}

// Whether the client is another than the one the slot remembers; remembers it. A setting's new value never takes the
// memory of the one before it, and where it may have changed more than once, the name itself is compared.
bool client_changed(Oid user) {
    const bool same = slot->client.user == user && *server.application_name == seen_application_name;
    if (same) [[likely]]
        return false;
    return remember_client(user);
}

bool is_other_route(const Unit &unit, const Tags &tags) {
    return unit.mark == Mark::burst && tags.route != 0 && unit.route != 0 && tags.route != unit.route;
}

pg_noinline void begin_next_unit(Unit &unit, const StatementEvent &event) {
    const int64 pause_ns = unit.number != 0 ? event.start_ns - unit.last_ns : std::numeric_limits<int64>::max() / 4;
    const uint64 last_key = unit.position > 0 ? unit.history[unit.position % history_length].key : 0;
    end_unit(UnitEnd{.ended = true, .pause_after_ns = pause_ns, .next_key = event.series});
    // Another role takes part in a named unit under its own name, and with its own rights to see it.
    const bool named = unit.number != 0 && unit.mark == Mark::named_unit;
    char name[unit_name_bytes];
    memcpy(name, unit.name, sizeof(name));
    begin_unit(unit, named ? Mark::named_unit : Mark::burst, slot->client);
    if (named) memcpy(unit.name, name, sizeof(name));
    unit.pause_before_ns = pause_ns;
    unit.previous_key = last_key;
    unit.backend = MyProcPid;
}

Unit &local_unit(const Execution &execution, const StatementEvent &event) {
    Unit &unit = slot->unit;
    const bool changed = client_changed(execution.user) || (execution.tagged && is_other_route(unit, execution.tags));
    if (!changed && unit_continues(unit, settings, event.start_ns, event.transaction)) [[likely]]
        return unit;
    (void)remember_client(execution.user);
    begin_next_unit(unit, event);
    return unit;
}

// Where the event's route is known and the unit has none yet, the unit takes it.
void adopt_tags(Unit &unit, const Tags &tags) {
    if (unit.route != 0) return;
    unit.route = tags.route;
    memcpy(unit.tags, tags.text, sizeof(unit.tags));
}

// Adds the event to a unit, or completes it there. Says whether the unit had none of its series before.
bool add_to_unit(Unit &unit, Execution &execution, const StatementEvent &event) {
    if (execution.tagged) [[unlikely]]
        adopt_tags(unit, execution.tags);
    if (execution.position != 0 && execution.unit == unit.number) [[unlikely]] {
        finish_statement(unit, execution.position, event, settings);
        return false;
    }
    static KeyValues keys;
    if (unit.sample_serial != 0 && execution.query != nullptr && wants_key_values(unit, event)) [[unlikely]] {
        collect_keys(*execution.local, execution.query, keys);
        execution.event.keys = &keys;
    }
    const Added added = add_statement(unit, event, settings);
    execution.event.keys = nullptr;
    execution.unit = unit.number;
    execution.position = added.position;
    return added.new_series;
}

TraceKey trace_of(const Execution &execution) { return {execution.tags.trace, MyDatabaseId, execution.user}; }

// The unit of the execution's trace, its partition locked.
pg_noinline Unit &lock_trace(const Execution &execution) {
    const TraceKey key = trace_of(execution);
    acquire_lock(lock_traces + Store::partition_of(key), true);
    bool inserted = false;
    Unit &unit = trace_unit(store, key, inserted, [](Unit &evicted) noexcept {
        evaluate_unit(evicted, UnitEnd{.ended = true}, settings);
        note_end(evicted);
        store.header().folds.fetch_add(1, std::memory_order_relaxed);
        fold_findings(evicted, Foldable::all);
    });
    if (inserted) {
        (void)client_changed(execution.user);
        begin_unit(unit, Mark::trace, slot->client);
        unit.trace = key.trace;
    }
    unit.backend = MyProcPid;
    return unit;
}

pg_noinline void unlock_trace(const Execution &execution) {
    release_lock(lock_traces + Store::partition_of(trace_of(execution)));
}

ClientIdentity client_of(const Execution &execution) { return client_as(execution.user); }

pg_noinline void end_slot_transaction(uint32 ended, bool failed) {
    const SlotWrite write;
    if (!failed) note_transaction();
    end_transaction(slot->unit, ended, failed, settings);
    fold_findings(slot->unit, Foldable::of_transactions);
}

// An execution that belongs to no sequence, perhaps of another role than the client's: a function's.
pg_noinline void judge_alone(const Execution &execution, const StatementEvent &event) {
    begin_unit(alone, Mark::burst, client_of(execution));
    const Execution *outermost = outermost_execution();
    if (outermost != nullptr && outermost->tagged) adopt_tags(alone, outermost->tags);
    add_execution(alone, event, settings);
    fold_findings(alone, Foldable::all);
}

void note_other_write(uint64 relation_mask) {
    note_other_write(slot->unit, relation_mask);
    slot->reads.written |= relation_mask;
}

void add_nested_execution(const Execution &execution, const StatementEvent &event) {
    if (event.shape->kind != StatementKind::select) note_other_write(event.shape->relation_mask);
    if (event.is(event_flag::noteworthy)) judge_alone(execution, event);
    note_settings_changed(); // by set_config(), perhaps
    NestedRun &run = slot->nested;
    if (!runs_in(run.statement)) {
        judge_nested_run();
        begin_nested_run(run, client_statement(), settings);
    }
    NestedSeries *loop = add_nested(run, event, execution.user);
    if (loop != nullptr) note_nested_loop(run, *loop, execution);
}

bool add_to_sequences(Execution &execution, const StatementEvent &event) {
    if (!takes_part_in_sequences(event)) [[unlikely]] {
        note_aside(slot->unit, event);
        if (event.is(event_flag::noteworthy)) judge_alone(execution, event);
        note_settings_changed(); // by set_config(), perhaps
        return false;
    }
    const bool traced = execution.tagged && execution.tags.trace != 0;
    Unit &unit = traced ? lock_trace(execution) : local_unit(execution, event);
    const bool new_in_unit = add_to_unit(unit, execution, event);
    if (traced) [[unlikely]] {
        unlock_trace(execution);
        note_traced_transaction(trace_of(execution), event.transaction);
    }
    return new_in_unit;
}

StatementKey key_of(const Execution &execution) {
    return StatementKey{execution.event.shape->fingerprint, slot->client.database, execution.user};
}

// What is known around a noteworthy execution, before it is added itself. Statements inside of it have ended before it.
pg_noinline const Surroundings *look_around(const Execution &execution) {
    static Surroundings around;
    static struct {
        int64 start_ns;
        int64 execution_ns;
        uint64 temp_bytes;
    } longest; // of the nested ones in the client's statement
    const StatementEvent &event = execution.event;
    const StatementSums &sums = slot_statement(*slot, key_of(execution), execution.local->place)->sums;
    const bool inside = longest.start_ns >= event.start_ns;
    around = {sums.calls, sums.execution_ns, inside ? longest.execution_ns : 0, inside ? longest.temp_bytes : 0};
    const Execution *outermost = outermost_execution();
    const bool other_statement = outermost == nullptr || longest.start_ns < outermost->event.start_ns;
    if (event.is(event_flag::nested) && (other_statement || event.execution_ns > longest.execution_ns)) {
        longest = {event.start_ns, event.execution_ns, event.temp_bytes};
    }
    return &around;
}

void offer_texts_again() {
    const uint64 evictions = store.texts().evictions();
    if (evictions == seen_text_evictions) return;
    seen_text_evictions = evictions;
    republish_texts();
}

// Folds when the slot, which holds as many as it can, is full of other statements.
pg_noinline void make_place(const Execution &execution) {
    if (slot_statement(*slot, key_of(execution), execution.local->place) != nullptr) return;
    fold_slot_statements();
    offer_texts_again();
}

// Whether statistics are kept of a statement that was let pass: of one whose execution was worth it.
pg_noinline bool is_worth_keeping(Execution &execution) {
    if (!execution.event.is(event_flag::noteworthy)) return false;
    if (execution.query != nullptr) understand(*execution.local, execution.query, execution.event);
    return true;
}

} // namespace

int64 now_ns() {
    instr_time now;
    INSTR_TIME_SET_CURRENT(now);
#if PG_VERSION_NUM >= 160000
    return INSTR_TIME_GET_NANOSEC(now);
#else
    return static_cast<int64>(now.tv_sec) * 1000000000 + now.tv_nsec;
#endif
}

[[gnu::hot]] void record(Execution &execution) {
    attach_slot();
    note_worth(execution.event, settings);
    const StatementEvent &event = execution.event;
    const bool complete = !event.is(event_flag::in_progress);
    const bool kept = !execution.local->one_off || is_worth_keeping(execution);
    if (complete && kept && slot->statement_count == slot_statements) [[unlikely]]
        make_place(execution);
    bool full = false;
    {
        const SlotWrite write;
        bool new_in_unit = false;
        execution.event.around = complete && event.is(event_flag::noteworthy) ? look_around(execution) : nullptr;
        if (event.is(event_flag::nested)) [[unlikely]] {
            add_nested_execution(execution, event);
            ++slot->counters.nested;
        } else {
            new_in_unit = add_to_sequences(execution, event);
            if (!complete) [[unlikely]]
                return;
            ++slot->counters.statements;
            slot->counters.busy_ns += static_cast<uint64>(event.execution_ns);
        }
        if (kept) [[likely]] {
            SlotStatement &statement = *slot_statement(*slot, key_of(execution), execution.local->place);
            add_execution(statement, event, new_in_unit);
            full = statement.sums.calls == most_slot_calls;
        } else {
            ++slot->counters.let_pass;
        }
    }
    if (full) [[unlikely]]
        fold_slot_statements();
    execution.recorded = true;
    if (event.facts != nullptr && event.facts->scan_count > 0 && !event.is(event_flag::maintenance)) [[unlikely]] {
        const LockGuard guard(lock_scans, true);
        add_scans(store, client_of(execution), event);
    }
}

[[gnu::hot]] void record_transaction_end(bool failed) {
    const uint32 ended = current_transaction++;
    judge_ended_transaction(ended);
    if (slot == nullptr || !slot->unit.transaction_open || slot->unit.transaction != ended) return;
    end_slot_transaction(ended, failed);
}

void record_other_write(uint64 relation_mask) {
    attach_slot();
    const SlotWrite write;
    note_other_write(relation_mask);
}

void note_settings_changed() { seen_application_name = nullptr; }

uint32 transaction_number() { return current_transaction; }

void record_reset() {
    if (slot == nullptr) return;
    // The pool hands the connection to another client, who did not name this unit.
    (void)close_named_unit();
    const SlotWrite write;
    ++slot->unit.resets;
}

void count_parse(ParseStatus status) {
    attach_slot();
    const SlotWrite write;
    ++slot->counters.parsed;
    if (status != ParseStatus::ok) ++slot->counters.unparsed;
    if (status == ParseStatus::out_of_memory) ++slot->counters.faults;
}

void count_fault() {
    attach_slot();
    const SlotWrite write;
    ++slot->counters.faults;
}

void count_dropped() {
    attach_slot();
    const SlotWrite write;
    ++slot->counters.dropped;
}

bool open_named_unit(const char *name) {
    attach_slot();
    if (slot->unit.number != 0 && slot->unit.mark == Mark::named_unit) return false;
    const SlotWrite write;
    (void)client_changed(GetUserId());
    end_unit(UnitEnd{.ended = true});
    begin_unit(slot->unit, Mark::named_unit, slot->client);
    assign_text(slot->unit.name, name);
    slot->unit.backend = MyProcPid;
    return true;
}

bool close_named_unit() {
    if (slot == nullptr || slot->unit.number == 0 || slot->unit.mark != Mark::named_unit) return false;
    const SlotWrite write;
    end_unit(UnitEnd{.ended = true});
    begin_unit(slot->unit, Mark::burst, slot->client);
    slot->unit.backend = MyProcPid;
    slot->unit.last_ns = now_ns();
    return true;
}

void fold_everything() {
    for (uint32 i = 0; i < store.header().config.slots; ++i) {
        BackendSlot &other = store.slot(i);
        if (other.pid == 0) continue;
        slot = &other;
        end_unit(UnitEnd{.ended = true});
        fold_slot_units();
        judge_nested_run();
        fold_slot_statements();
    }
    for (int p = 0; p < trace_partitions; ++p) {
        store.traces(p).for_each([](const TraceKey &, Unit &unit) {
            evaluate_unit(unit, UnitEnd{.ended = true}, settings);
            if (unit.position > 0) add_unit(store.unit_kinds(), end_of_unit(unit));
            fold_findings(store.findings(), unit, Foldable::all);
        });
        store.traces(p).clear();
    }
    slot = nullptr;
}

void reset_store() {
    // In the order of their numbers, which is the only order in which several are ever taken.
    for (int lock = 0; lock < store_lock_count; ++lock) acquire_lock(lock, true);
    store.clear(GetCurrentTimestamp());
    for (int lock = store_lock_count; lock-- > 0;) release_lock(lock);
    if (slot != nullptr) begin_epoch();
}

} // namespace query_audit
