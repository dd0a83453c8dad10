// Statements inside the client's own: which of the client's it is, and what is noted of one that ran often.
#pragma once

#include "core/nested.h"
#include "pg/executions.h"

#include "pg/pg.h"

namespace query_audit {

// The same number as long as the client's statement is, and another for the next one.
[[nodiscard]] uint64 client_statement();

// Whether that is still the client's statement. Nearly always its execution is the oldest.
[[nodiscard]] inline bool runs_in(uint64 statement) {
    const Execution &oldest = execution_stack.none[1];
    return (oldest.running && statement == static_cast<uint64>(oldest.event.start_ns)) ||
           statement == client_statement();
}

// Notes who ran what, when an execution is the one that makes its series a loop. Never raises an error.
void note_nested_loop(NestedRun &run, NestedSeries &loop, const Execution &execution);

} // namespace query_audit
