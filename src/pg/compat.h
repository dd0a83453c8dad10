// What differs between the server versions that are supported (15, 17 and 18) or to come (19). Included by pg.h alone.
#pragma once

extern "C" {
#if PG_VERSION_NUM >= 160000
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#endif

// It asks for the headers of ICU, which servers' own packages do not bring along, for what is not used here: the last
// member of a collation, which the server alone allocates.
#pragma push_macro("USE_ICU")
#undef USE_ICU
#include "utils/pg_locale.h"
#pragma pop_macro("USE_ICU")
}

// libpq/auth.h declares it, and needs the headers of Kerberos, which servers' own packages do not bring along.
struct Port;
extern "C" {
extern PGDLLIMPORT void (*ClientAuthentication_hook)(struct Port *, int);
}

namespace query_audit {

// This backend's number among all that may exist, from 0. Regular backends, background workers and walsenders are
// below MaxBackends.
inline int backend_number() noexcept {
#if PG_VERSION_NUM >= 170000
    return MyProcNumber;
#else
    return MyProc->pgprocno;
#endif
}

// The i-th of the backends that the server's view of activity shows, from 1.
inline const LocalPgBackendStatus *backend_status(int i) {
#if PG_VERSION_NUM >= 160000
    return pgstat_get_local_beentry_by_index(i);
#else
    return pgstat_fetch_stat_local_beentry(i);
#endif
}

// Memory for what a setting's check hook leaves behind, which the server frees. Null where there is none.
inline void *allocate_setting(size_t bytes) {
#if PG_VERSION_NUM >= 160000
    return guc_malloc(LOG, bytes);
#else
    return malloc(bytes);
#endif
}

inline void free_setting(void *memory) {
#if PG_VERSION_NUM >= 160000
    guc_free(memory);
#else
    free(memory);
#endif
}

// Whether the server's query id tells tables apart. Since version 18 it is made of their aliases, or their names
// without a schema, and not of their OIDs.
constexpr bool server_tells_tables = PG_VERSION_NUM < 180000;

#if PG_VERSION_NUM >= 160000
inline const List *permissions_of(const Query *query) { return query->rteperminfos; }
inline const List *permissions_of(const PlannedStmt *plan) { return plan->permInfos; }
#else
inline const List *permissions_of(const Query *) { return NIL; }
inline const List *permissions_of(const PlannedStmt *) { return NIL; }
#endif

// The columns of a table for which the statement needs permission to read them; null where there are none. `known` is
// false for an entry that permissions are not asked for.
inline const Bitmapset *selected_columns(const RangeTblEntry *entry, const List *permissions, bool &known) {
#if PG_VERSION_NUM >= 160000
    known = entry->perminfoindex != 0;
    if (!known) return nullptr;
    const int place = static_cast<int>(entry->perminfoindex) - 1;
    return static_cast<const RTEPermissionInfo *>(list_nth(permissions, place))->selectedCols;
#else
    (void)permissions;
    known = entry->requiredPerms != 0;
    return entry->selectedCols;
#endif
}

// The table or view of an entry that the statement itself names, or InvalidOid. In a plan there are others too:
// partitions, for which no permissions are asked, and what views read, for which those of the view's owner are.
inline Oid named_relation(const RangeTblEntry *entry, const List *permissions) {
#if PG_VERSION_NUM >= 160000
    if (entry->perminfoindex == 0) return InvalidOid;
    const int place = static_cast<int>(entry->perminfoindex) - 1;
    const RTEPermissionInfo *permission = static_cast<const RTEPermissionInfo *>(list_nth(permissions, place));
    return OidIsValid(permission->checkAsUser) ? InvalidOid : entry->relid;
#else
    (void)permissions;
    return entry->requiredPerms == 0 || OidIsValid(entry->checkAsUser) ? InvalidOid : entry->relid;
#endif
}

// What an operator means to the ordered indexes that know it; operator_meanings gives a list of these.
#if PG_VERSION_NUM >= 180000
using OperatorMeaning = OpIndexInterpretation;
inline List *operator_meanings(Oid operator_id) { return get_op_index_interpretation(operator_id); }
// The comparison types up to "greater than" have the numbers of btree's strategies.
inline int btree_strategy(const OperatorMeaning *meaning) { return meaning->cmptype; }
#else
using OperatorMeaning = OpBtreeInterpretation;
inline List *operator_meanings(Oid operator_id) { return get_op_btree_interpretation(operator_id); }
inline int btree_strategy(const OperatorMeaning *meaning) { return meaning->strategy; }
#endif

// What a sort's operator means, by btree's strategies.
#if PG_VERSION_NUM >= 180000
inline bool ordering_properties(Oid operator_id, Oid *family, Oid *type, int16 *strategy) {
    CompareType meaning = COMPARE_INVALID;
    const bool known = get_ordering_op_properties(operator_id, family, type, &meaning);
    *strategy = static_cast<int16>(meaning);
    return known;
}
#else
inline bool ordering_properties(Oid operator_id, Oid *family, Oid *type, int16 *strategy) {
    return get_ordering_op_properties(operator_id, family, type, strategy);
}
#endif

// Whether texts under the collation sort by their bytes, so that what begins alike stands together.
inline bool sorts_by_bytes(Oid collation) {
#if PG_VERSION_NUM >= 180000
    return !OidIsValid(collation) || pg_newlocale_from_collation(collation)->collate_is_c;
#else
    return !OidIsValid(collation) || lc_collate_is_c(collation);
#endif
}

inline PgStat_Counter rows_changed_since_analyze(const PgStat_StatTabEntry *table) {
#if PG_VERSION_NUM >= 160000
    return table->mod_since_analyze;
#else
    return table->changes_since_analyze;
#endif
}

// What this backend has not yet added to it.
inline PgStat_Counter rows_changed_here(const PgStat_TableStatus *table) {
#if PG_VERSION_NUM >= 160000
    return table->counts.changed_tuples;
#else
    return table->t_counts.t_changed_tuples;
#endif
}

// Plans without values.
inline PlannedStmt *plan_for_explain(Query *query, const char *text, int cursor_options, ExplainState *explain) {
#if PG_VERSION_NUM >= 190000
    return pg_plan_query(query, text, cursor_options, nullptr, explain);
#else
    (void)explain;
    return pg_plan_query(query, text, cursor_options, nullptr);
#endif
}

// Whether the plan sorts for the aggregate's own ORDER BY or DISTINCT; before version 16 it sorts by itself.
inline bool is_sorted_for(const Aggref *aggregate) {
#if PG_VERSION_NUM >= 160000
    return aggregate->aggpresorted;
#else
    (void)aggregate;
    return false;
#endif
}

// Joins that return rows of their inner side alone, with or without a partner in the outer one.
inline bool is_right_semi_or_anti(JoinType type) {
#if PG_VERSION_NUM >= 180000
    return type == JOIN_RIGHT_SEMI || type == JOIN_RIGHT_ANTI;
#elif PG_VERSION_NUM >= 160000
    return type == JOIN_RIGHT_ANTI;
#else
    (void)type;
    return false;
#endif
}

// Whether the join returns rows of one side that have no partner in the other.
inline bool is_anti_join(JoinType type) {
#if PG_VERSION_NUM >= 160000
    return type == JOIN_ANTI || type == JOIN_RIGHT_ANTI;
#else
    return type == JOIN_ANTI;
#endif
}

// What an instrumented node counts.
#if PG_VERSION_NUM >= 190000
using NodeCounters = NodeInstrumentation;
inline NodeCounters *allocate_row_counter() { return InstrAllocNode(INSTRUMENT_ROWS, false); }
#else
using NodeCounters = Instrumentation;
inline NodeCounters *allocate_row_counter() { return InstrAlloc(1, INSTRUMENT_ROWS, false); }
#endif

// The tree walkers' callbacks have no parameter list in older headers, which C++ reads as "no parameters".
#if PG_VERSION_NUM >= 160000
inline bool walk_plan_state(PlanState *node, bool (*visit)(PlanState *, void *), void *context) {
    return planstate_tree_walker(node, visit, context);
}
inline bool walk_expression(Node *node, bool (*visit)(Node *, void *), void *context) {
    return expression_tree_walker(node, visit, context);
}
inline bool walk_query(Query *query, bool (*visit)(Node *, void *), void *context, int flags) {
    return query_tree_walker(query, visit, context, flags);
}
inline Node *mutate_expression(Node *node, Node *(*mutate)(Node *, void *), void *context) {
    return expression_tree_mutator(node, mutate, context);
}
#else
inline bool walk_plan_state(PlanState *node, bool (*visit)(PlanState *, void *), void *context) {
    return planstate_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(visit)), context);
}
inline bool walk_expression(Node *node, bool (*visit)(Node *, void *), void *context) {
    return expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(visit)), context);
}
inline bool walk_query(Query *query, bool (*visit)(Node *, void *), void *context, int flags) {
    return query_tree_walker(query, reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(visit)), context, flags);
}
inline Node *mutate_expression(Node *node, Node *(*mutate)(Node *, void *), void *context) {
    return expression_tree_mutator(node, reinterpret_cast<Node *(*)()>(reinterpret_cast<void (*)()>(mutate)), context);
}
#endif

} // namespace query_audit

#if PG_VERSION_NUM >= 180000
#define QUERY_AUDIT_RUN_PARAMETERS QueryDesc *query, ScanDirection direction, uint64 count
#define QUERY_AUDIT_RUN_ARGUMENTS query, direction, count
#else
#define QUERY_AUDIT_RUN_PARAMETERS QueryDesc *query, ScanDirection direction, uint64 count, bool execute_once
#define QUERY_AUDIT_RUN_ARGUMENTS query, direction, count, execute_once
#endif

#if PG_VERSION_NUM >= 190000
#define QUERY_AUDIT_PLAN_PARAMETERS                                                                                    \
    Query *query, const char *text, int cursor_options, ParamListInfo parameters, ExplainState *explain
#define QUERY_AUDIT_PLAN_ARGUMENTS query, text, cursor_options, parameters, explain
#define QUERY_AUDIT_ANALYSIS_PARAMETERS ParseState *state, Query *query, [[maybe_unused]] const JumbleState *jumble
#else
#define QUERY_AUDIT_PLAN_PARAMETERS Query *query, const char *text, int cursor_options, ParamListInfo parameters
#define QUERY_AUDIT_PLAN_ARGUMENTS query, text, cursor_options, parameters
#define QUERY_AUDIT_ANALYSIS_PARAMETERS ParseState *state, Query *query, [[maybe_unused]] JumbleState *jumble
#endif
