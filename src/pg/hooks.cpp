#include "parse/parse.h"

#include "pg/values.h"

#include "pg/config.h"
#include "pg/executions.h"
#include "pg/hooks.h"
#include "pg/key_list.h"
#include "pg/plan_facts.h"
#include "pg/recorder.h"
#include "pg/utility.h"

#include "pg/pg.h"

// C++ and errors: ereport() leaves a function by longjmp, which runs no destructor. So no function here holds an object
// with one across a call into the server, and what an error leaves behind is mended by the transaction callbacks.

namespace query_audit {
namespace {

post_parse_analyze_hook_type previous_post_parse_analyze = nullptr;
planner_hook_type previous_planner = nullptr;
ExecutorStart_hook_type previous_start = nullptr;
ExecutorRun_hook_type previous_run = nullptr;
ExecutorFinish_hook_type previous_finish = nullptr;
ExecutorEnd_hook_type previous_end = nullptr;

// Of the last recorded top-level statement.
TimestampTz last_statement_time = 0;
PgStat_Counter last_busy_time = 0;

int planning_level = 0; // of transactions, where the planner was entered; 0 outside of it
uint32 last_transaction = 0;

bool is_audited(CmdType command) {
    return enabled && command != CMD_UTILITY && command != CMD_UNKNOWN && !IsParallelWorker();
}

void post_parse_analyze(ParseState *state, Query *query, JumbleState *jumble) {
    // Before the hooks behind this one, which may want the query id.
    if (is_audited(query->commandType)) note_analysis(state->p_sourcetext, query);
    if (previous_post_parse_analyze != nullptr) previous_post_parse_analyze(state, query, jumble);
}

// Functions that the planner calls run statements too, and those are nested. At the top level they have no portal, but
// inside EXECUTE or DECLARE CURSOR they do. The outermost planning sets the level; an error takes it back.
PlannedStmt *plan_query(Query *query, const char *text, int cursor_options, ParamListInfo parameters) {
    const bool outermost = planning_level == 0;
    if (outermost) planning_level = GetCurrentTransactionNestLevel();
    PlannedStmt *plan = previous_planner != nullptr ? previous_planner(query, text, cursor_options, parameters)
                                                    : standard_planner(query, text, cursor_options, parameters);
    if (outermost) planning_level = 0;
    return plan;
}

// The server adds to these each time the backend goes idle, so while they stay as they are it has only read messages
// that were there already. (Not kept with track_activities = off.)
PgStat_Counter busy_time() { return pgStatActiveTime + pgStatTransactionIdleTime; }

bool in_same_round_trip() {
    if (last_transaction == 0) return false;
    if (GetCurrentStatementStartTimestamp() == last_statement_time) return true;
    if (!in_explicit_transaction()) return transaction_number() == last_transaction;
    return pgstat_track_activities && busy_time() == last_busy_time;
}

uint32 flags_of_start() {
    uint32 flags = 0;
    // Without a portal of the client's: while a statement is planned, and for triggers that wait for COMMIT.
    const bool nested = execution_stack.running > 0 || planning_level > 0 || nesting_depth() > 0;
    if (nested || ActivePortal == nullptr) flags |= event_flag::nested;
    if (in_maintenance()) flags |= event_flag::maintenance;
    if (in_explicit_transaction()) flags |= event_flag::explicit_transaction;
    if (in_same_round_trip()) flags |= event_flag::same_round_trip;
    return flags;
}

Execution *begin(QueryDesc *query) {
    const uint64 query_id = query_id_of(query);
    LocalShape *local = find_shape(query, query_id);
    Execution *execution = begin_execution(query, *local);
    if (execution == nullptr) {
        count_dropped();
        return nullptr;
    }
    const ValueHashes values = hash_values(*local, query);
    StatementEvent &event = execution->event;
    event.shape = &local->shape;
    event.facts = nullptr;
    event.series = local->series;
    event.query_id = query_id;
    event.parameters_hash = values.parameters;
    event.filter_hash = values.filter;
    event.key_hash = values.keys;
    event.start_ns = event.end_ns = event.execution_ns = 0;
    event.statement_time_us = GetCurrentStatementStartTimestamp();
    event.rows = event.temp_bytes = 0;
    event.limit = event.offset = -1;
    if (local->shape.has(shape_flag::key_list)) event.list_length = length_of_key_list(local->shape, query);
    event.transaction = transaction_number();
    event.flags = flags_of_start();
    if (const Tags *tags = take_tags(*local)) {
        execution->tags = *tags;
        execution->tagged = true;
    }
    execution->user = GetUserId();
    execution->transaction_depth = GetCurrentTransactionNestLevel();
    execution->ends_at_finish = query->operation != CMD_SELECT || query->plannedstmt->hasModifyingCTE;
    execution->measured = wants_measuring(query, local->shape);
    return execution;
}

void executor_start(QueryDesc *query, int eflags) {
    const bool audited = is_audited(query->plannedstmt->commandType) && (eflags & EXEC_FLAG_EXPLAIN_ONLY) == 0;
    const Execution *begun = audited ? begin(query) : nullptr;
    const bool measured = begun != nullptr && begun->measured;
    if (previous_start != nullptr) {
        previous_start(query, eflags);
    } else {
        standard_ExecutorStart(query, eflags);
    }
    if (!measured) return;
    if (const Execution *execution = find_execution(query)) measure_scans(query, *execution->event.shape);
}

void begin_run(Execution &execution) {
    enter_run(execution);
    execution.run_ns = now_ns();
    execution.temp_blocks = pgBufferUsage.temp_blks_written;
    if (execution.event.start_ns == 0) execution.event.start_ns = execution.run_ns;
}

void end_run(Execution &execution) {
    StatementEvent &event = execution.event;
    leave_run(execution);
    event.end_ns = now_ns();
    event.execution_ns += event.end_ns - execution.run_ns;
    event.temp_bytes += static_cast<uint64>(pgBufferUsage.temp_blks_written - execution.temp_blocks) * BLCKSZ;
}

// Hands the execution on, with what was measured while the plan's state is there.
void hand_on(Execution &execution) {
    StatementEvent &event = execution.event;
    if (const QueryDesc *query = execution.query; query->planstate != nullptr) {
        if (execution.measured) event.facts = collect_plan_facts(query);
        if (event.shape->has(shape_flag::page)) {
            const LimitFacts limit = limit_of_plan(query);
            event.limit = limit.limit;
            event.offset = limit.offset;
        }
    }
    record(execution);
    event.facts = nullptr;
    if (!event.is(event_flag::nested)) {
        last_statement_time = event.statement_time_us;
        last_transaction = event.transaction;
        last_busy_time = busy_time();
    }
}

// COMMIT reads a scrollable cursor that is to be held once more from its start.
bool starts_over(const QueryDesc *query) {
    return ActivePortal != nullptr && ActivePortal->holdStore != nullptr && ActivePortal->queryDesc == query &&
           (ActivePortal->cursorOptions & CURSOR_OPT_SCROLL) != 0;
}

// A portal that was fetched in part is part of its unit from then on; what it feeds may run before it ends.
void after_run(Execution &execution, uint64 asked, uint64 processed) {
    StatementEvent &event = execution.event;
    event.rows = starts_over(execution.query) ? processed : event.rows + processed;
    if (execution.ends_at_finish || execution.recorded) {
        leave_run(execution);
        return;
    }
    end_run(execution);
    const bool complete = asked == 0 || processed < asked;
    if (complete) {
        event.flags &= ~event_flag::in_progress;
        hand_on(execution);
    } else if (!event.is(event_flag::nested)) {
        event.flags |= event_flag::in_progress | event_flag::in_parts;
        record(execution);
    }
}

void executor_run(QUERY_AUDIT_RUN_PARAMETERS) {
    if (Execution *execution = find_execution(query)) begin_run(*execution);
    if (previous_run != nullptr) {
        previous_run(QUERY_AUDIT_RUN_ARGUMENTS);
    } else {
        standard_ExecutorRun(QUERY_AUDIT_RUN_ARGUMENTS);
    }
    if (Execution *execution = find_execution(query)) after_run(*execution, count, query->estate->es_processed);
}

void executor_finish(QueryDesc *query) {
    // What has nothing left to do runs no triggers either.
    Execution *execution = find_execution(query);
    if (execution != nullptr && execution->ends_at_finish) enter_run(*execution);
    if (previous_finish != nullptr) {
        previous_finish(query);
    } else {
        standard_ExecutorFinish(query);
    }
    execution = find_execution(query);
    if (execution == nullptr || !execution->ends_at_finish) return;
    const bool ends = !execution->recorded && execution->event.start_ns != 0;
    if (ends) {
        end_run(*execution);
        hand_on(*execution);
    } else {
        leave_run(*execution);
    }
}

void executor_end(QueryDesc *query) {
    if (Execution *execution = find_execution(query)) {
        // A portal that was closed before it was read to its end. One that never ran is no execution.
        if (!execution->recorded && execution->event.start_ns != 0) {
            execution->event.flags &= ~event_flag::in_progress;
            hand_on(*execution);
        }
        end_execution(execution);
    }
    if (previous_end != nullptr) {
        previous_end(query);
    } else {
        standard_ExecutorEnd(query);
    }
}

// An error ends what is running; a cursor that is merely open was read as far as the client wanted.
void record_abandoned(Execution &execution) {
    StatementEvent &event = execution.event;
    if (execution.recorded || event.start_ns == 0) return;
    event.flags &= ~event_flag::in_progress;
    if (execution.running) {
        event.flags |= event_flag::failed;
        end_run(execution);
    }
    record(execution);
}

void on_transaction_event(XactEvent event, void *) {
    switch (event) {
    case XACT_EVENT_ABORT:
        abandon_executions(1, record_abandoned);
        planning_level = 0;
        // Many pools roll back whatever was read; only an error makes a client try again.
        record_transaction_end(!rollback_was_asked_for());
        forget_explicit_transaction();
        break;
    case XACT_EVENT_COMMIT:
    case XACT_EVENT_PREPARE:
        if (execution_stack.count > 0) abandon_executions(1, [](Execution &) {});
        record_transaction_end(false);
        forget_explicit_transaction();
        break;
    default:
        break;
    }
}

void on_subtransaction_event(SubXactEvent event, SubTransactionId, SubTransactionId, void *) {
    const int level = GetCurrentTransactionNestLevel();
    if (event == SUBXACT_EVENT_ABORT_SUB) {
        abandon_executions(level, record_abandoned);
        if (planning_level >= level) planning_level = 0;
    } else if (event == SUBXACT_EVENT_COMMIT_SUB) {
        hand_up_executions(level);
    }
}

} // namespace

void install_hooks() {
    previous_post_parse_analyze = post_parse_analyze_hook;
    post_parse_analyze_hook = post_parse_analyze;
    previous_planner = planner_hook;
    planner_hook = plan_query;
    previous_start = ExecutorStart_hook;
    ExecutorStart_hook = executor_start;
    previous_run = ExecutorRun_hook;
    ExecutorRun_hook = executor_run;
    previous_finish = ExecutorFinish_hook;
    ExecutorFinish_hook = executor_finish;
    previous_end = ExecutorEnd_hook;
    ExecutorEnd_hook = executor_end;
    install_utility_hook();
    RegisterXactCallback(on_transaction_event, nullptr);
    RegisterSubXactCallback(on_subtransaction_event, nullptr);
}

} // namespace query_audit
