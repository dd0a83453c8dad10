#include "pg/executions.h"

#include "pg/pg.h"

namespace query_audit {

ExecutionStack execution_stack;

namespace {

void remove(int place) {
    ExecutionStack &stack = execution_stack;
    leave_run(stack.entries[place]);
    --stack.entries[place].local->pins;
    --stack.count;
    // The newest ends first nearly always; the others keep their order.
    for (int i = place; i < stack.count; ++i) stack.entries[i] = stack.entries[i + 1];
}

} // namespace

Execution *search_execution(const QueryDesc *query) {
    for (int i = execution_stack.count - 1; i >= 0; --i) {
        if (execution_stack.entries[i].query == query) return &execution_stack.entries[i];
    }
    return nullptr;
}

Execution *begin_execution(QueryDesc *query, LocalShape &local) {
    // An error may have skipped the end of one at the same address.
    if (Execution *stale = find_execution(query)) end_execution(stale);
    if (execution_stack.count == ExecutionStack::capacity) return nullptr;
    Execution &execution = execution_stack.entries[execution_stack.count++];
    // All but the event, which its owner fills, and the tags.
    execution.query = query;
    execution.local = &local;
    execution.unit = 0;
    execution.position = 0;
    execution.recorded = execution.running = execution.tagged = false;
    ++local.pins;
    return &execution;
}

const Execution *outermost_execution() {
    for (int i = 0; i < execution_stack.count; ++i) {
        if (execution_stack.entries[i].running) return &execution_stack.entries[i];
    }
    return nullptr;
}

void end_execution(Execution *execution) { remove(static_cast<int>(execution - execution_stack.entries)); }

void abandon_executions(int transaction_depth, void (*visit)(Execution &)) {
    for (int i = execution_stack.count - 1; i >= 0; --i) {
        if (execution_stack.entries[i].transaction_depth < transaction_depth) continue;
        visit(execution_stack.entries[i]);
        remove(i);
    }
}

void hand_up_executions(int transaction_depth) {
    for (int i = 0; i < execution_stack.count; ++i) {
        int &depth = execution_stack.entries[i].transaction_depth;
        if (depth >= transaction_depth) depth = transaction_depth - 1;
    }
}

} // namespace query_audit
