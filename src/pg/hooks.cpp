#include "pg/recorder.h"

#include "pg/config.h"
#include "pg/executions.h"
#include "pg/hooks.h"
#include "pg/plan_facts.h"
#include "pg/utility.h"

#include "pg/pg.h"

// C++ and errors: ereport() leaves a function by longjmp, which runs no destructor. So no function here holds an object
// with one across a call into the server, and depths go down in PG_FINALLY.

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
uint32 last_transaction = 0;

bool is_audited(CmdType command) {
    return enabled && command != CMD_UTILITY && command != CMD_UNKNOWN && !IsParallelWorker();
}

void post_parse_analyze(ParseState *state, Query *query, JumbleState *jumble) {
    // Before the hooks behind this one: some sort the recorded constants in place.
    if (query->queryId != 0 && is_audited(query->commandType)) {
        note_analysis(state->p_sourcetext, query, jumble);
    }
    if (previous_post_parse_analyze != nullptr) previous_post_parse_analyze(state, query, jumble);
}

// Functions that the planner calls run statements too. At the top level they have no portal, and inside a statement
// they are nested anyway; inside EXECUTE or DECLARE CURSOR only the depth tells, which those restore after an error.
PlannedStmt *plan_query(Query *query, const char *text, int cursor_options, ParamListInfo parameters) {
    const bool counts = in_transparent_utility();
    if (counts) enter_nesting();
    PlannedStmt *plan = previous_planner != nullptr ? previous_planner(query, text, cursor_options, parameters)
                                                    : standard_planner(query, text, cursor_options, parameters);
    if (counts) leave_nesting();
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
    if (nesting_depth() > 0 || ActivePortal == nullptr) flags |= event_flag::nested;
    if (in_maintenance()) flags |= event_flag::maintenance;
    if (in_explicit_transaction()) flags |= event_flag::explicit_transaction;
    if (in_same_round_trip()) flags |= event_flag::same_round_trip;
    return flags;
}

Execution *begin(QueryDesc *query) {
    const uint64 query_id = query_id_of(query);
    LocalShape *local = find_shape(query, query_id);
    Execution *execution = begin_execution(query);
    if (execution == nullptr) {
        count_dropped();
        return nullptr;
    }
    execution->shape = local->shape;
    execution->place = local->place;
    execution->query_id = query_id;
    execution->shape_key = local->key;
    execution->values = hash_values(*local, query);
    if (const Tags *tags = take_tags(*local)) {
        execution->tags = *tags;
        execution->tagged = true;
    }
    execution->user = GetUserId();
    execution->transaction_depth = GetCurrentTransactionNestLevel();
    execution->transaction = transaction_number();
    execution->statement_time_us = GetCurrentStatementStartTimestamp();
    execution->flags = flags_of_start();
    execution->ends_at_finish = query->operation != CMD_SELECT || query->plannedstmt->hasModifyingCTE;
    execution->measured = wants_measuring(query, execution->shape);
    return execution;
}

void executor_start(QueryDesc *query, int eflags) {
    const PlannedStmt *plan = query->plannedstmt;
    const bool audited = is_audited(plan->commandType) && (eflags & EXEC_FLAG_EXPLAIN_ONLY) == 0;
    const bool begun = audited && begin(query) != nullptr;
    if (previous_start != nullptr) {
        previous_start(query, eflags);
    } else {
        standard_ExecutorStart(query, eflags);
    }
    if (!begun) return;
    const Execution *execution = find_execution(query);
    if (execution != nullptr && execution->measured) measure_scans(query, execution->shape);
}

void begin_run(Execution &execution) {
    execution.running = true;
    execution.run_ns = now_ns();
    execution.temp_blocks = pgBufferUsage.temp_blks_written;
    if (execution.start_ns == 0) execution.start_ns = execution.run_ns;
}

void end_run(Execution &execution) {
    execution.running = false;
    execution.end_ns = now_ns();
    execution.execution_ns += execution.end_ns - execution.run_ns;
    execution.temp_bytes += (pgBufferUsage.temp_blks_written - execution.temp_blocks) * BLCKSZ;
}

// Hands the execution on, with what was measured while the plan's state is there.
void hand_on(Execution &execution) {
    QueryDesc *query = execution.query;
    const bool has_state = query->planstate != nullptr;
    const bool limited = execution.shape.has(shape_flag::page) && has_state;
    const PlanFacts *facts = execution.measured && has_state ? collect_plan_facts(query) : nullptr;
    const LimitFacts limit = limited ? limit_of_plan(query) : LimitFacts{-1, -1};
    record(execution, facts, limit.limit, limit.offset);
    if ((execution.flags & event_flag::nested) == 0) {
        last_statement_time = execution.statement_time_us;
        last_transaction = execution.transaction;
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
    execution.rows = starts_over(execution.query) ? processed : execution.rows + processed;
    if (execution.ends_at_finish || execution.recorded) return;
    end_run(execution);
    const bool complete = asked == 0 || processed < asked;
    if (complete) {
        execution.flags &= ~event_flag::in_progress;
        hand_on(execution);
    } else if ((execution.flags & event_flag::nested) == 0) {
        execution.flags |= event_flag::in_progress;
        record(execution, nullptr, -1, -1);
    }
}

void executor_run(QUERY_AUDIT_RUN_PARAMETERS) {
    if (Execution *execution = find_execution(query)) begin_run(*execution);
    enter_nesting();
    PG_TRY();
    {
        if (previous_run != nullptr) {
            previous_run(QUERY_AUDIT_RUN_ARGUMENTS);
        } else {
            standard_ExecutorRun(QUERY_AUDIT_RUN_ARGUMENTS);
        }
    }
    PG_FINALLY();
    { leave_nesting(); }
    PG_END_TRY();
    if (Execution *execution = find_execution(query)) after_run(*execution, count, query->estate->es_processed);
}

void executor_finish(QueryDesc *query) {
    enter_nesting();
    PG_TRY();
    {
        if (previous_finish != nullptr) {
            previous_finish(query);
        } else {
            standard_ExecutorFinish(query);
        }
    }
    PG_FINALLY();
    { leave_nesting(); }
    PG_END_TRY();
    Execution *execution = find_execution(query);
    if (execution == nullptr || execution->recorded || !execution->ends_at_finish || execution->start_ns == 0) return;
    end_run(*execution);
    hand_on(*execution);
}

void executor_end(QueryDesc *query) {
    Execution *execution = find_execution(query);
    if (execution != nullptr) {
        // A portal that was closed before it was read to its end. One that never ran is no execution.
        if (!execution->recorded && execution->start_ns != 0) {
            execution->flags &= ~event_flag::in_progress;
            hand_on(*execution);
        }
        end_execution(query);
    }
    if (previous_end != nullptr) {
        previous_end(query);
    } else {
        standard_ExecutorEnd(query);
    }
}

// An error ends what is running; a cursor that is merely open was read as far as the client wanted.
void record_abandoned(Execution &execution) {
    if (execution.recorded || execution.start_ns == 0) return;
    execution.flags &= ~event_flag::in_progress;
    if (execution.running) {
        execution.flags |= event_flag::failed;
        end_run(execution);
    }
    record(execution, nullptr, -1, -1);
}

void on_transaction_event(XactEvent event, void *) {
    switch (event) {
    case XACT_EVENT_ABORT:
        abandon_executions(1, record_abandoned);
        // Many pools roll back whatever was read; only an error makes a client try again.
        record_transaction_end(!rollback_was_asked_for());
        forget_explicit_transaction();
        break;
    case XACT_EVENT_COMMIT:
    case XACT_EVENT_PREPARE:
        abandon_executions(1, [](Execution &) {});
        record_transaction_end(false);
        forget_explicit_transaction();
        break;
    default:
        break;
    }
}

void on_subtransaction_event(SubXactEvent event, SubTransactionId, SubTransactionId, void *) {
    if (event == SUBXACT_EVENT_ABORT_SUB) abandon_executions(GetCurrentTransactionNestLevel(), record_abandoned);
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
