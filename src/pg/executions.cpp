#include "pg/executions.h"

#include "pg/pg.h"

namespace query_audit {

namespace {

constexpr int capacity = 64;

Execution entries[capacity + 1]; // oldest first, after one that is of no query

} // namespace

QUERY_AUDIT_HOT_DATA ExecutionStack execution_stack{.newest = entries, .none = entries, .running = 0};

Execution *search_execution(const QueryDesc *query) {
    for (Execution *execution = execution_stack.newest; execution != entries; --execution) {
        if (execution->query == query) return execution;
    }
    return nullptr;
}

Execution *begin_execution(QueryDesc *query, LocalShape &local) {
    // An error may have skipped the end of one at the same address.
    if (!none_under_way()) [[unlikely]] {
        if (Execution *stale = find_execution(query)) end_execution(*stale);
    }
    if (execution_stack.newest == entries + capacity) [[unlikely]]
        return nullptr;
    Execution &execution = *++execution_stack.newest;
    // All but the event, which its owner fills, and the tags.
    execution.query = query;
    execution.local = &local;
    execution.position = 0;
    execution.recorded = execution.running = execution.tagged = false;
    ++local.pins;
    return &execution;
}

const Execution *outermost_execution() {
    for (const Execution *execution = entries + 1; execution <= execution_stack.newest; ++execution) {
        if (execution->running) return execution;
    }
    return nullptr;
}

void end_older_execution(Execution &execution) {
    leave_run(execution);
    --execution.local->pins;
    // The others keep their order.
    for (Execution *next = &execution; next != execution_stack.newest; ++next) *next = next[1];
    --execution_stack.newest;
}

void abandon_executions(int transaction_depth, void (*visit)(Execution &)) {
    for (Execution *execution = execution_stack.newest; execution != entries; --execution) {
        if (execution->transaction_depth < transaction_depth) continue;
        visit(*execution);
        end_execution(*execution);
    }
}

void hand_up_executions(int transaction_depth) {
    for (Execution *execution = execution_stack.newest; execution != entries; --execution) {
        int &depth = execution->transaction_depth;
        if (depth >= transaction_depth) depth = transaction_depth - 1;
    }
}

} // namespace query_audit
