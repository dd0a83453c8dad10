// The executions that are under way in this backend, one for each QueryDesc that is watched.
//
// State belongs to a QueryDesc because portals interleave: a cursor is fetched while other statements run, and in the
// extended protocol the end of one statement comes after the start of the next. A fixed number is watched at a time;
// one more is let through and counted. An error takes away those of its (sub)transaction, so what is running is right
// without a PG_TRY around every statement.
#pragma once

#include "core/event.h"
#include "core/prefetch.h"
#include "core/tags.h"
#include "pg/shapes.h"

#include "pg/pg.h"

namespace query_audit {

// On as few cache lines as it takes.
struct alignas(cache_line_bytes) Execution {
    QueryDesc *query;      // null when it was abandoned with its transaction
    LocalShape *local;     // pinned in the cache
    StatementEvent event;  // what is known of it by now; complete when it has ended
    Oid user;              // whose rights it has
    int transaction_depth; // of the (sub)transaction that started it, or that took over from that one
    int64 run_ns;          // when the current run began
    int64 temp_blocks;     // the backend's counter when the current run began
    uint64 unit;           // number of the unit that it was added to while in progress
    uint32 position;       // there, 0: none
    bool ends_at_finish;   // its work is done only when ExecutorFinish is: it writes
    bool measured;
    bool sampled; // its first rows are read as they pass
    bool wide;    // and hold values that are stored out of line
    bool recorded;
    bool running; // inside a run or its finish; left set by an error
    bool tagged;
    Tags tags; // where tagged; a copy, because a portal may live on while other texts come
};

struct ExecutionStack {
    Execution *newest;
    Execution *none; // of no query and never running; the newest when none is under way, and before the oldest
    int running;
};

extern ExecutionStack execution_stack;

// Starts to watch, with the shape pinned, nothing recorded and nothing running; the rest is the caller's to fill. Null
// when too many are under way.
[[nodiscard]] Execution *begin_execution(QueryDesc *query, LocalShape &local);

[[nodiscard]] Execution *search_execution(const QueryDesc *query);

// The newest is asked for nearly always.
[[nodiscard]] inline Execution *find_execution(const QueryDesc *query) {
    Execution *newest = execution_stack.newest;
    if (newest->query == query) [[likely]]
        return newest;
    return search_execution(query);
}

// Around a run and a finish: what starts meanwhile is nested.
inline void enter_run(Execution &execution) {
    if (execution.running) [[unlikely]]
        return;
    execution.running = true;
    ++execution_stack.running;
}

inline void leave_run(Execution &execution) {
    if (!execution.running) [[unlikely]]
        return;
    execution.running = false;
    --execution_stack.running;
}

[[nodiscard]] inline bool none_under_way() { return execution_stack.newest == execution_stack.none; }

// The outermost execution that is running, which is the client's own; null between statements.
[[nodiscard]] const Execution *outermost_execution();

void end_older_execution(Execution &execution);

// The newest ends first nearly always.
inline void end_execution(Execution &execution) {
    if (&execution != execution_stack.newest) [[unlikely]]
        return end_older_execution(execution);
    leave_run(execution);
    --execution.local->pins;
    --execution_stack.newest;
}

// Calls visit(Execution &) for each that was started in a (sub)transaction at least this deep, newest first, and ends
// it.
void abandon_executions(int transaction_depth, void (*visit)(Execution &));

// A subtransaction of this depth was released: its executions live on in the one around it.
void hand_up_executions(int transaction_depth);

} // namespace query_audit
