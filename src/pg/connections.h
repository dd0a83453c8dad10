// Connections as they come and go, and transactions that sit idle: what the session rules are about.
#pragma once

#include "core/store.h"

#include "pg/pg.h"

namespace query_audit {

// Server mode: counts the clients' connections from their login on, whether they run a statement or not.
void count_logins();

// The slot's connection, at its first statement and at the backend's end. Never inside a SlotWrite.
void begin_slot_connection();
void end_slot_connection();

// At BEGIN, once the transaction is there; with AND CHAIN, of the next one.
void watch_idle_transaction(bool next);

// At the end of every transaction; one that nobody watches pays a comparison.
void end_idle_transaction(uint32 transaction);
extern bool idle_transaction_watched;
inline void judge_ended_transaction(uint32 transaction) {
    if (idle_transaction_watched) end_idle_transaction(transaction);
}

// At the backend's end: a transaction whose client has gone is judged as it stands.
void abandon_idle_transaction();

// The pause of a backend that sits idle in a transaction, for readers; 0 when it does not.
[[nodiscard]] int64 current_idle_us(int32 pid, int64 now_us);

// Note which trace the transaction's statements belong to.
void note_traced_transaction(const TraceKey &key, uint32 transaction);

} // namespace query_audit
