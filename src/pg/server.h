// What every statement asks of the server, by addresses that share one cache line. The linker keeps a module's
// addresses of other modules in one table, in an order of its own: there, each of these stood on a line of its own,
// which a statement had to fetch.
#pragma once

#include "core/prefetch.h"

#include "pg/pg.h"

namespace query_audit {

struct alignas(cache_line_bytes) Server {
    Oid (*user_id)();                 // GetUserId()
    int (*transaction_depth)();       // GetCurrentTransactionNestLevel()
    TimestampTz (*statement_time)();  // GetCurrentStatementStartTimestamp()
    char **application_name;          // the setting's value
    Portal *active_portal;            // ActivePortal
    int *parallel_worker;             // ParallelWorkerNumber, below 0 in what is none
    const int64 *temp_blocks_written; // of pgBufferUsage
    const double *cost_of_row;        // cpu_tuple_cost
};
static_assert(sizeof(Server) == cache_line_bytes);

extern Server server; // filled when the hooks are installed, which is before any is called

} // namespace query_audit
