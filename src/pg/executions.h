// The executions that are under way in this backend, one for each QueryDesc that is watched.
//
// State belongs to a QueryDesc because portals interleave: a cursor is fetched while other statements run, and in the
// extended protocol the end of one statement comes after the start of the next. A fixed number is watched at a time;
// one more is let through and counted.
#pragma once

#include "core/event.h"
#include "core/tags.h"
#include "pg/shapes.h"

#include "pg/pg.h"

namespace query_audit {

struct Execution {
    QueryDesc *query; // identity alone once the transaction has failed
    StatementShape shape;
    uint64 query_id;
    uint64 shape_key;
    ValueHashes values;
    Oid user;              // whose rights it has
    int transaction_depth; // of the (sub)transaction that started it
    int place;             // guess at the place in the slot's statistics
    uint32 position;       // in the unit, 0: none
    uint32 transaction;
    uint32 flags; // event_flag
    int64 statement_time_us;
    int64 start_ns; // 0 until it first runs
    int64 end_ns;
    int64 run_ns;       // when the current run began
    int64 execution_ns; // of all runs
    int64 temp_blocks;  // the backend's counter when the current run began
    int64 temp_bytes;
    uint64 rows;
    uint64 unit;         // number of the unit that it was added to while in progress
    bool ends_at_finish; // its work is done only when ExecutorFinish is: it writes
    bool measured;
    bool recorded;
    bool running; // inside a run or its finish; left set by an error
    bool tagged;
    Tags tags; // where tagged; a copy, because a portal may live on while other texts come
};

// Starts to watch. Null when too many are under way.
[[nodiscard]] Execution *begin_execution(QueryDesc *query);

[[nodiscard]] Execution *find_execution(const QueryDesc *query);

// The outermost execution that is running, which is the client's own; null between statements.
[[nodiscard]] const Execution *outermost_execution();

void end_execution(const QueryDesc *query);

// Calls visit(Execution &) for each that was started in a (sub)transaction at least this deep, newest first, and ends
// it.
void abandon_executions(int transaction_depth, void (*visit)(Execution &));

} // namespace query_audit
