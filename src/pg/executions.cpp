#include "pg/executions.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr int most_executions = 64;

Execution executions[most_executions];
int execution_count = 0;

void remove(int place) {
    // The newest ends first nearly always; the others keep their order.
    for (int i = place; i + 1 < execution_count; ++i) executions[i] = executions[i + 1];
    --execution_count;
}

int place_of(const QueryDesc *query) {
    for (int i = execution_count - 1; i >= 0; --i) {
        if (executions[i].query == query) return i;
    }
    return -1;
}

} // namespace

Execution *begin_execution(QueryDesc *query) {
    // An error may have skipped the end of one at the same address.
    if (const int stale = place_of(query); stale >= 0) remove(stale);
    if (execution_count == most_executions) return nullptr;
    Execution &execution = executions[execution_count++];
    memset(static_cast<void *>(&execution), 0, offsetof(Execution, tags));
    execution.query = query;
    return &execution;
}

Execution *find_execution(const QueryDesc *query) {
    const int place = place_of(query);
    return place >= 0 ? &executions[place] : nullptr;
}

const Execution *outermost_execution() {
    for (int i = 0; i < execution_count; ++i) {
        if (executions[i].running) return &executions[i];
    }
    return nullptr;
}

void end_execution(const QueryDesc *query) {
    if (const int place = place_of(query); place >= 0) remove(place);
}

void abandon_executions(int transaction_depth, void (*visit)(Execution &)) {
    for (int i = execution_count - 1; i >= 0; --i) {
        if (executions[i].transaction_depth < transaction_depth) continue;
        visit(executions[i]);
        remove(i);
    }
}

} // namespace query_audit
