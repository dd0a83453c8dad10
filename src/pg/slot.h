// This backend's slot of the store: who takes it, what is written to it, and when it is folded into the global tables.
#pragma once

#include "core/store.h"

#include "pg/memory.h"

#include "pg/pg.h"

namespace query_audit {

extern BackendSlot *slot; // null until the first statement
extern Unit alone;        // for what belongs to no sequence; in the backend's own memory

// Brackets the owner's writes. Nothing that raises an error stands inside.
class SlotWrite {
  public:
    SlotWrite() noexcept { begin_slot_write(*slot); }
    ~SlotWrite() noexcept { end_slot_write(*slot); }
    SlotWrite(const SlotWrite &) = delete;
    SlotWrite &operator=(const SlotWrite &) = delete;
};

void take_slot();

// The session's client, as this role and by the application's name as it is set now.
[[nodiscard]] ClientIdentity client_as(Oid user);

// Forgets what the slot holds, after a reset: it is of another time.
void begin_epoch();

// Before anything is written.
inline void attach_slot() {
    if (slot == nullptr) [[unlikely]]
        return take_slot();
    if (slot->epoch != store.header().epoch.load(std::memory_order_relaxed)) [[unlikely]]
        begin_epoch();
}

// The functions below are for the slot's owner. Those of units and findings take locks of the store for a moment, and
// may stand inside a SlotWrite.

// Judges the slot's unit for the last time and folds its findings.
void end_unit(const UnitEnd &end);

// Keeps what a unit was, once it has been judged.
void note_end(const Unit &unit);
void fold_slot_units();

// Keeps what the unit's open transaction read, before it ends.
void note_transaction();

void fold_findings(Unit &unit, Foldable which);

// Judges what ran inside the client's statement before, which is complete.
void judge_nested_run();

// Never inside a SlotWrite.
void fold_slot_statements();

} // namespace query_audit
