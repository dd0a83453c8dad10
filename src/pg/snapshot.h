// What readers see: the global tables and the live slots together, copied at one moment.
//
// A reader holds each lock only while it copies bytes, never while it calls into the server, and never waits for a
// slot's owner. Units that still run are judged on the copy, so a finding shows as soon as its evidence is there.
#pragma once

#include "core/store.h"

#include "pg/pg.h"

namespace query_audit {

// Findings, with those of live units added. In the current memory context.
[[nodiscard]] Store::Findings snapshot_findings();

[[nodiscard]] FlatTable<StatementKey, StatementRecord> snapshot_statements();

// Kinds of units of work, with those in the slots and the live ones added.
[[nodiscard]] Store::UnitKinds snapshot_units();

// Kinds of connections, with those that live added.
[[nodiscard]] Store::Connections snapshot_connections();

// Copies of the table scans.
[[nodiscard]] Store::Scans snapshot_scans();

// Copies one of them. Returns false where there is none.
bool find_scan(const ScanKey &key, ScanRecord &copy);

// Calls visit for a copy of each live unit (of backends and of traces) that has begun.
void for_each_unit(void (*visit)(const Unit &unit, int32 pid, void *context), void *context);

// Counters of all backends, gone and live.
[[nodiscard]] SlotCounters snapshot_counters();

} // namespace query_audit
