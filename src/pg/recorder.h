// The recorder: puts events into this backend's slot, decides which unit of work they belong to, and folds what is full
// or finished into the global tables.
#pragma once

#include "core/store.h"
#include "core/tags.h"
#include "parse/parse.h"
#include "pg/executions.h"

#include "pg/pg.h"

namespace query_audit {

// Nanoseconds of the monotonic clock.
[[nodiscard]] int64 now_ns();

// Records an execution that has ended, or (in_progress) one that was fetched in part and goes on.
void record(Execution &execution);

// A transaction has ended; an error ended it when `failed`.
void record_transaction_end(bool failed);

// The serial number of this backend's current transaction.
[[nodiscard]] uint32 transaction_number();

// A write that no statement of the client's own did: a function's, or a utility statement's, which is given by its
// tables' bits (relation_bit()).
void record_other_write(uint64 relation_mask);

// Settings may have changed more than once since the last statement, application_name among them.
void note_settings_changed();

// DISCARD ALL or RESET ALL: what a pool does between two clients.
void record_reset();

void count_parse(ParseStatus status);
void count_dropped();

// Something went wrong inside the module, which the statement does not learn.
void count_fault();

// Units that the client names. The name is cut to unit_name_bytes. Each returns false, with nothing changed, when a
// named unit is open already, or none is.
bool open_named_unit(const char *name);
bool close_named_unit();

// Server mode, when the server shuts down: folds what is left in slots and traces.
void fold_everything();

// Forgets everything that was recorded, in all backends.
void reset_store();

} // namespace query_audit
