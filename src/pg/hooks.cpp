#include "parse/parse.h"

#include "pg/values.h"

#include "pg/config.h"
#include "pg/executions.h"
#include "pg/guarded.h"
#include "pg/hooks.h"
#include "pg/key_list.h"
#include "pg/plan_facts.h"
#include "pg/plan_limit.h"
#include "pg/recorder.h"
#include "pg/sampler.h"
#include "pg/server.h"
#include "pg/slot.h"
#include "pg/utility.h"

#include "pg/pg.h"

// C++ and errors: ereport() leaves a function by longjmp, which runs no destructor. So no function here holds an object
// with one across a call into the server, and what an error leaves behind is mended by the transaction callbacks.

namespace query_audit {

QUERY_AUDIT_HOT_DATA Server server;

namespace {

post_parse_analyze_hook_type previous_post_parse_analyze = nullptr;
// The hooks behind ours, or what the server does without one.
QUERY_AUDIT_HOT_DATA planner_hook_type next_planner = nullptr;
QUERY_AUDIT_HOT_DATA ExecutorStart_hook_type next_start = nullptr;
QUERY_AUDIT_HOT_DATA ExecutorRun_hook_type next_run = nullptr;
QUERY_AUDIT_HOT_DATA ExecutorFinish_hook_type next_finish = nullptr;
QUERY_AUDIT_HOT_DATA ExecutorEnd_hook_type next_end = nullptr;

// Of the last recorded top-level statement.
QUERY_AUDIT_HOT_DATA TimestampTz last_statement_time = 0;
QUERY_AUDIT_HOT_DATA PgStat_Counter last_busy_time = 0;

QUERY_AUDIT_HOT_DATA int planning_level = 0; // of transactions, where the planner was entered; 0 outside of it
QUERY_AUDIT_HOT_DATA uint32 last_transaction = 0;

bool is_audited(CmdType command) {
    return command >= CMD_SELECT && command < CMD_UTILITY && enabled && *server.parallel_worker < 0;
}

[[gnu::hot]] void post_parse_analyze(QUERY_AUDIT_ANALYSIS_PARAMETERS) {
    if (is_audited(query->commandType)) [[likely]]
        note_analysis(state->p_sourcetext, query);
}

// Before the hook behind this one, which may want the query id.
void post_parse_analyze_before(QUERY_AUDIT_ANALYSIS_PARAMETERS) {
    post_parse_analyze(state, query, jumble);
    previous_post_parse_analyze(state, query, jumble);
}

// Functions that the planner calls run statements too, and those are nested. At the top level they have no portal, but
// inside EXECUTE or DECLARE CURSOR they do. The outermost planning sets the level; an error takes it back.
[[gnu::hot]] PlannedStmt *plan_query(QUERY_AUDIT_PLAN_PARAMETERS) {
    const bool outermost = planning_level == 0;
    if (outermost) planning_level = server.transaction_depth();
    PlannedStmt *plan = next_planner(QUERY_AUDIT_PLAN_ARGUMENTS);
    if (outermost) planning_level = 0;
    return plan;
}

// The server adds to these each time the backend goes idle, so while they stay as they are it has only read messages
// that were there already. (Not kept with track_activities = off.)
PgStat_Counter busy_time() { return pgStatActiveTime + pgStatTransactionIdleTime; }

bool in_same_round_trip(TimestampTz statement_time) {
    if (last_transaction == 0) return false;
    if (statement_time == last_statement_time) return true;
    if (!in_explicit_transaction()) return transaction_number() == last_transaction;
    return pgstat_track_activities && busy_time() == last_busy_time;
}

uint32 flags_of_start(TimestampTz statement_time) {
    uint32 flags = 0;
    // Without a portal of the client's: while a statement is planned, and for triggers that wait for COMMIT.
    const bool nested = (execution_stack.running | planning_level | nesting_depth()) != 0; // none is ever negative
    if (nested || *server.active_portal == nullptr) flags |= event_flag::nested;
    if (in_maintenance()) [[unlikely]]
        flags |= event_flag::maintenance;
    if (in_explicit_transaction()) flags |= event_flag::explicit_transaction;
    if (in_same_round_trip(statement_time)) flags |= event_flag::same_round_trip;
    return flags;
}

// Whether its rows may feed a loop.
bool is_list(const LocalShape &local, const PlannedStmt *plan) {
    if (local.rows == Rows::one || !track_lineage || local.shape.kind != StatementKind::select) return false;
    return local.rows == Rows::several || plan->planTree->plan_rows >= 2;
}

Execution *begin(QueryDesc *query) {
    LocalShape *local = find_shape(query);
    Execution *execution = begin_execution(query, *local);
    if (execution == nullptr) [[unlikely]] {
        count_dropped();
        return nullptr;
    }
    if (slot != nullptr) [[likely]]
        prefetch_slot(*slot, local->place, local->series);
    StatementEvent &event = execution->event;
    hash_values(*local, query, event);
    event.shape = &local->shape;
    event.facts = nullptr;
    event.sample = nullptr;
    event.keys = nullptr;
    event.series = local->series;
    event.query_id = local->query_id;
    event.statement_time_us = server.statement_time();
    event.limit = event.offset = -1;
    event.rows = 0;
    event.start_ns = event.execution_ns = 0;
    event.temp_bytes = 0;
    if (local->shape.has(shape_flag::key_list)) [[unlikely]]
        event.list_length = length_of_key_list(*local, query);
    event.transaction = transaction_number();
    event.flags = flags_of_start(event.statement_time_us);
    if (const Tags *tags = take_tags(*local)) [[unlikely]] {
        execution->tags = *tags;
        execution->tagged = true;
    }
    execution->user = server.user_id();
    execution->transaction_depth = server.transaction_depth();
    execution->ends_at_finish = query->operation != CMD_SELECT || query->plannedstmt->hasModifyingCTE;
    execution->measured = wants_measuring(query, *local);
    execution->wide = false;
    execution->sampled = is_list(*local, query->plannedstmt) && takes_part_in_sequences(event);
    return execution;
}

pg_noinline void start_measured(QueryDesc *query, int eflags) {
    // What is worth a look is worth understanding.
    if (Execution *execution = find_execution(query); execution->local->one_off) {
        understand(*execution->local, query, execution->event);
        hash_values(*execution->local, query, execution->event);
    }
    next_start(query, eflags);
    if (const Execution *execution = find_execution(query)) measure_scans(query, *execution->local);
}

[[gnu::hot]] void executor_start(QueryDesc *query, int eflags) {
    const bool audited = is_audited(query->plannedstmt->commandType) && (eflags & EXEC_FLAG_EXPLAIN_ONLY) == 0;
    const Execution *begun = audited ? begin(query) : nullptr;
    if (begun == nullptr || !begun->measured) [[likely]]
        return next_start(query, eflags);
    start_measured(query, eflags);
}

void begin_run(Execution &execution) {
    enter_run(execution);
    execution.run_ns = now_ns();
    execution.temp_blocks = *server.temp_blocks_written;
    if (execution.event.start_ns == 0) execution.event.start_ns = execution.run_ns;
}

[[gnu::always_inline]] inline void end_run(Execution &execution) {
    StatementEvent &event = execution.event;
    leave_run(execution);
    event.end_ns = now_ns();
    event.execution_ns += event.end_ns - execution.run_ns;
    event.temp_bytes += static_cast<uint64>(*server.temp_blocks_written - execution.temp_blocks) * BLCKSZ;
}

// A look in vain is not repeated until an execution takes much longer than that one.
pg_noinline void collect_facts(Execution &execution) {
    StatementEvent &event = execution.event;
    LocalShape &local = *execution.local;
    if (!run_guarded([&] { event.facts = collect_plan_facts(execution.query, execution.wide); })) {
        count_fault();
        return;
    }
    if (!local.surprising || !is_in_vain(event)) return;
    local.surprising = false;
    local.known_ns = event.execution_ns;
}

pg_noinline void note_surprise(LocalShape &local, int64 execution_ns) {
    if (execution_ns / 2 >= local.known_ns) local.surprising = true;
}

// Hands the execution on, with what was measured while the plan's state is there.
[[gnu::always_inline]] inline void hand_on(Execution &execution) {
    StatementEvent &event = execution.event;
    if (const QueryDesc *query = execution.query; query->planstate != nullptr) [[likely]] {
        if (execution.measured || execution.wide) [[unlikely]]
            collect_facts(execution);
        if (event.execution_ns >= surprising_ns) [[unlikely]]
            note_surprise(*execution.local, event.execution_ns);
        if (event.shape->has(shape_flag::page)) [[unlikely]] {
            const LimitFacts limit = limit_of_plan(query);
            event.limit = limit.limit;
            event.offset = limit.offset;
        }
    }
    record(execution);
    execution.local->rows = event.rows >= 2 ? Rows::several : Rows::one;
    if (event.is(event_flag::nested)) return;
    last_statement_time = event.statement_time_us;
    last_transaction = event.transaction;
    if (event.is(event_flag::explicit_transaction)) last_busy_time = busy_time();
}

// COMMIT reads a cursor that is to be held to its end, a scrollable one once more from its start.
bool is_held(const QueryDesc *query) {
    const PortalData *portal = *server.active_portal;
    return portal != nullptr && portal->holdStore != nullptr && portal->queryDesc == query;
}

// A portal that was fetched in part is part of its unit from then on; what it feeds may run before it ends.
void after_run(Execution &execution, uint64 asked, uint64 processed) {
    StatementEvent &event = execution.event;
    if (is_held(execution.query)) [[unlikely]] {
        if ((ActivePortal->cursorOptions & CURSOR_OPT_SCROLL) != 0) event.rows = 0;
        event.flags |= event_flag::in_parts;
    }
    event.rows += processed;
    if (execution.ends_at_finish || execution.recorded) {
        leave_run(execution);
        return;
    }
    end_run(execution);
    const bool complete = asked == 0 || processed < asked;
    if (complete) [[likely]] {
        event.flags &= ~event_flag::in_progress;
        hand_on(execution);
    } else if (!event.is(event_flag::nested)) {
        event.flags |= event_flag::in_progress | event_flag::in_parts;
        record(execution);
        event.sample = nullptr;
    }
}

pg_noinline void run_sampled(QUERY_AUDIT_RUN_PARAMETERS) {
    begin_sampling(query);
    next_run(QUERY_AUDIT_RUN_ARGUMENTS);
    const RowSample *sample = end_sampling(query);
    Execution *execution = find_execution(query);
    if (execution == nullptr) return;
    execution->event.sample = sample;
    execution->wide = saw_wide_values();
    execution->sampled = false; // what a cursor returns later feeds no loop from its start
}

[[gnu::hot]] void executor_run(QUERY_AUDIT_RUN_PARAMETERS) {
    Execution *begun = find_execution(query);
    if (begun != nullptr) [[likely]]
        begin_run(*begun);
    if (begun != nullptr && begun->sampled) [[unlikely]] {
        run_sampled(QUERY_AUDIT_RUN_ARGUMENTS);
    } else {
        next_run(QUERY_AUDIT_RUN_ARGUMENTS);
    }
    if (Execution *execution = find_execution(query)) [[likely]]
        after_run(*execution, count, query->estate->es_processed);
}

[[gnu::hot]] pg_noinline void finish_writing(QueryDesc *query, Execution *execution) {
    enter_run(*execution);
    next_finish(query);
    execution = find_execution(query);
    if (execution == nullptr) return;
    const bool ends = !execution->recorded && execution->event.start_ns != 0;
    if (ends) {
        end_run(*execution);
        hand_on(*execution);
    } else {
        leave_run(*execution);
    }
}

[[gnu::hot]] void executor_finish(QueryDesc *query) {
    // What has nothing left to do runs no triggers either.
    Execution *execution = find_execution(query);
    if (execution == nullptr || !execution->ends_at_finish) return next_finish(query);
    finish_writing(query, execution);
}

pg_noinline Execution *hand_on_incomplete(const QueryDesc *query) {
    Execution *execution = find_execution(query);
    execution->event.flags &= ~event_flag::in_progress;
    hand_on(*execution);
    return execution;
}

[[gnu::hot]] void executor_end(QueryDesc *query) {
    Execution *execution = find_execution(query);
    // A portal that was closed before it was read to its end. One that never ran is no execution.
    if (execution != nullptr && !execution->recorded && execution->event.start_ns != 0) [[unlikely]] {
        execution = hand_on_incomplete(query);
    }
    if (execution != nullptr) [[likely]]
        end_execution(*execution);
    next_end(query);
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
    execution.query = nullptr; // its memory may be gone
    record(execution);
}

pg_noinline void abandon_all() {
    abandon_executions(1, [](Execution &) {});
}

void after_commit() {
    if (!none_under_way()) [[unlikely]]
        abandon_all();
    forget_explicit_transaction();
    record_transaction_end(false);
}

pg_noinline void after_abort() {
    abandon_executions(1, record_abandoned);
    planning_level = 0;
    // Many pools roll back whatever was read; only an error makes a client try again.
    record_transaction_end(!rollback_was_asked_for());
    forget_explicit_transaction();
}

[[gnu::hot]] void on_transaction_event(XactEvent event, void *) {
    if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE) return after_commit();
    if (event == XACT_EVENT_ABORT) after_abort();
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
    server = {.user_id = GetUserId,
              .transaction_depth = GetCurrentTransactionNestLevel,
              .statement_time = GetCurrentStatementStartTimestamp,
              .application_name = &application_name,
              .active_portal = &ActivePortal,
              .parallel_worker = &ParallelWorkerNumber,
              .temp_blocks_written = &pgBufferUsage.temp_blks_written,
              .cost_of_row = &cpu_tuple_cost};
    previous_post_parse_analyze = post_parse_analyze_hook;
    post_parse_analyze_hook = previous_post_parse_analyze == nullptr ? post_parse_analyze : post_parse_analyze_before;
    next_planner = planner_hook != nullptr ? planner_hook : standard_planner;
    planner_hook = plan_query;
    next_start = ExecutorStart_hook != nullptr ? ExecutorStart_hook : standard_ExecutorStart;
    ExecutorStart_hook = executor_start;
    next_run = ExecutorRun_hook != nullptr ? ExecutorRun_hook : standard_ExecutorRun;
    ExecutorRun_hook = executor_run;
    next_finish = ExecutorFinish_hook != nullptr ? ExecutorFinish_hook : standard_ExecutorFinish;
    ExecutorFinish_hook = executor_finish;
    next_end = ExecutorEnd_hook != nullptr ? ExecutorEnd_hook : standard_ExecutorEnd;
    ExecutorEnd_hook = executor_end;
    install_utility_hook();
    RegisterXactCallback(on_transaction_event, nullptr);
    RegisterSubXactCallback(on_subtransaction_event, nullptr);
}

} // namespace query_audit
