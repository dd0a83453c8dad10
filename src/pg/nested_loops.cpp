#include "core/text.h"

#include "pg/nested_loops.h"
#include "pg/utility.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

// Set apart from the times of executions.
constexpr uint64 of_utility = UINT64CONST(1) << 63;
constexpr uint64 of_message = UINT64CONST(1) << 62;

// The client's statement, unless it is a utility statement or a COMMIT.
const Execution *client_execution() {
    const ExecutionStack &stack = execution_stack;
    for (const Execution *execution = stack.none + 1; execution <= stack.newest; ++execution) {
        if (execution->running && !execution->event.is(event_flag::nested)) return execution;
    }
    return nullptr;
}

// Only the statements of foreign keys (ri_triggers.c) run with row security switched off even where a table's owner is
// subject to it. What a cascade's BEFORE triggers run does so too; but it was not written by the server, which names
// every operator's schema.
bool is_of_foreign_key(const QueryDesc *query) {
    return InNoForceRLSOperation() && strstr(query->sourceText, " OPERATOR(") != nullptr;
}

uint32 trigger_depth() {
    LOCAL_FCINFO(call, 0);
    InitFunctionCallInfoData(*call, nullptr, 0, InvalidOid, nullptr, nullptr);
    return static_cast<uint32>(DatumGetInt32(pg_trigger_depth(call)));
}

void note_client(NestedRun &run, int64 statement_time_us) {
    const Execution *outermost = client_execution();
    run.judged = true;
    run.client.database = MyDatabaseId;
    run.client.user = outermost != nullptr ? outermost->user : GetSessionUserId();
    assign_text(run.client.application_name, application_name != nullptr ? application_name : "");
    run.parent_fingerprint = outermost != nullptr ? outermost->event.shape->fingerprint : 0;
    run.seen_us = statement_time_us;
    static const Tags none{};
    const Tags &tags = outermost != nullptr && outermost->tagged ? outermost->tags : none;
    run.route = tags.route;
    memcpy(run.tags, tags.text, sizeof(run.tags));
}

} // namespace

uint64 client_statement() {
    if (const Execution *execution = client_execution()) return static_cast<uint64>(execution->event.start_ns);
    if (nesting_depth() > 0) return outermost_utility() | of_utility;
    // While it is planned, or when triggers run that waited for COMMIT.
    return static_cast<uint64>(GetCurrentStatementStartTimestamp()) | of_message;
}

void note_nested_loop(NestedRun &run, NestedSeries &loop, const Execution &execution) {
    if (!is_of_application(execution.event)) return;
    // An error takes the statement itself away.
    loop.values_hidden = true;
    if (IsTransactionState()) {
        const QueryDesc *query = execution.query;
        if (is_of_foreign_key(query)) return;
        loop.values_hidden = query->params != nullptr && query->params->paramFetch != nullptr;
    }
    loop.judged = true;
    loop.trigger_depth = trigger_depth();
    if (!run.judged) note_client(run, execution.event.statement_time_us);
}

} // namespace query_audit
