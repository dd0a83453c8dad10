#include "pg/config.h"
#include "pg/recorder.h"

#include "pg/connections.h"
#include "pg/hooks.h"
#include "pg/relations.h"
#include "pg/utility.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

// The hook behind ours, or what the server does without one.
QUERY_AUDIT_HOT_DATA ProcessUtility_hook_type next_utility = nullptr;
void (*activate_after_load)() = nullptr;

QUERY_AUDIT_HOT_DATA int depth = 0;
QUERY_AUDIT_HOT_DATA int maintenance_depth = 0;
QUERY_AUDIT_HOT_DATA uint64 utility_serial = 0;
QUERY_AUDIT_HOT_DATA bool explicit_transaction = false;
QUERY_AUDIT_HOT_DATA bool rollback_asked_for = false;
bool installed = false;

enum class UtilityKind {
    setting,     // SET and RESET
    nesting,     // runs statements of a procedure's
    maintenance, // runs statements for the database's sake
    transaction,
    reset,
};

// Whether what it runs is a statement of the client's own, at its level.
bool is_transparent(const Node *statement) {
    switch (nodeTag(statement)) {
    case T_PrepareStmt:
    case T_ExecuteStmt:
    case T_DeallocateStmt:
    case T_DeclareCursorStmt:
    case T_FetchStmt:
    case T_ClosePortalStmt:
        return true;
    default:
        return false;
    }
}

UtilityKind kind_of(const Node *statement) {
    switch (nodeTag(statement)) {
    case T_CallStmt:
    case T_DoStmt:
        return UtilityKind::nesting;
    case T_TransactionStmt:
        return UtilityKind::transaction;
    case T_DiscardStmt:
        return UtilityKind::reset;
    case T_VariableSetStmt:
        return reinterpret_cast<const VariableSetStmt *>(statement)->kind == VAR_RESET_ALL ? UtilityKind::reset
                                                                                           : UtilityKind::setting;
    default:
        return UtilityKind::maintenance;
    }
}

bool loads_this_library(const Node *statement) {
    if (!IsA(statement, LoadStmt)) return false;
    const char *file = reinterpret_cast<const LoadStmt *>(statement)->filename;
    return strstr(file, "pg_query_audit") != nullptr;
}

void note_transaction_statement(const TransactionStmt *statement) {
    if (statement->kind == TRANS_STMT_ROLLBACK) rollback_asked_for = true;
    if (statement->kind == TRANS_STMT_BEGIN || statement->kind == TRANS_STMT_START || statement->chain) {
        explicit_transaction = IsTransactionBlock();
        if (explicit_transaction) watch_idle_transaction(statement->chain);
    }
}

// The server's own look-up of a name raises an error where the role may not use the schema; a trigger may have changed
// role, rights and search_path since the statement looked it up.
uint64 bit_of(const RangeVar *name) {
    if (name == nullptr) return 0;
    Oid relation;
    if (name->schemaname != nullptr) {
        const Oid schema = LookupNamespaceNoError(name->schemaname);
        relation = OidIsValid(schema) ? get_relname_relid(name->relname, schema) : InvalidOid;
    } else {
        relation = RelnameGetRelid(name->relname);
    }
    return OidIsValid(relation) ? relation_bit(relation) : 0;
}

bool writes_tables(const Node *statement) {
    return IsA(statement, CopyStmt) || IsA(statement, RefreshMatViewStmt) || IsA(statement, TruncateStmt);
}

// The tables that such a statement fills or empties, by their bits.
uint64 written_relations(const Node *statement) {
    switch (nodeTag(statement)) {
    case T_CopyStmt: {
        const CopyStmt *copy = reinterpret_cast<const CopyStmt *>(statement);
        return copy->is_from ? bit_of(copy->relation) : 0;
    }
    case T_RefreshMatViewStmt:
        return bit_of(reinterpret_cast<const RefreshMatViewStmt *>(statement)->relation);
    case T_TruncateStmt: {
        uint64 mask = 0;
        ListCell *cell;
        foreach (cell, reinterpret_cast<const TruncateStmt *>(statement)->relations) {
            mask |= bit_of(static_cast<const RangeVar *>(lfirst(cell)));
        }
        return mask;
    }
    default:
        return 0;
    }
}

// Counts the statement in while it runs, however it ends.
pg_noinline void run_counted(bool maintenance, PlannedStmt *plan, const char *text, bool read_only_tree,
                             ProcessUtilityContext context, ParamListInfo parameters, QueryEnvironment *environment,
                             DestReceiver *receiver, QueryCompletion *completion) {
    const volatile int depth_before = depth;
    const volatile int maintenance_depth_before = maintenance_depth;
    if (maintenance) ++maintenance_depth;
    if (depth++ == 0) ++utility_serial;
    PG_TRY();
    { next_utility(plan, text, read_only_tree, context, parameters, environment, receiver, completion); }
    PG_FINALLY();
    {
        depth = depth_before;
        maintenance_depth = maintenance_depth_before;
    }
    PG_END_TRY();
}

[[gnu::hot]] pg_noinline void process_watched(PlannedStmt *plan, const char *text, bool read_only_tree,
                                              ProcessUtilityContext context, ParamListInfo parameters,
                                              QueryEnvironment *environment, DestReceiver *receiver,
                                              QueryCompletion *completion) {
    // The statement's tree may be freed while it runs (a transaction that ends, a DISCARD), so what is needed of it
    // afterwards is read now.
    const UtilityKind kind = kind_of(plan->utilityStmt);
    switch (kind) {
    case UtilityKind::transaction: {
        const TransactionStmt transaction = *reinterpret_cast<TransactionStmt *>(plan->utilityStmt);
        next_utility(plan, text, read_only_tree, context, parameters, environment, receiver, completion);
        note_transaction_statement(&transaction);
        break;
    }
    case UtilityKind::reset:
        next_utility(plan, text, read_only_tree, context, parameters, environment, receiver, completion);
        note_settings_changed();
        if (depth == 0) record_reset();
        break;
    case UtilityKind::setting:
        next_utility(plan, text, read_only_tree, context, parameters, environment, receiver, completion);
        note_settings_changed();
        break;
    case UtilityKind::nesting:
    case UtilityKind::maintenance: {
        const bool writes = enabled && writes_tables(plan->utilityStmt);
        const bool loads = activate_after_load != nullptr && loads_this_library(plan->utilityStmt);
        run_counted(kind == UtilityKind::maintenance, plan, text, read_only_tree, context, parameters, environment,
                    receiver, completion);
        if (writes) record_other_write(written_relations(plan->utilityStmt));
        if (loads) {
            void (*activate)() = activate_after_load;
            activate_after_load = nullptr;
            activate();
        }
        break;
    }
    }
}

[[gnu::hot]] void process_utility(PlannedStmt *plan, const char *text, bool read_only_tree,
                                  ProcessUtilityContext context, ParamListInfo parameters,
                                  QueryEnvironment *environment, DestReceiver *receiver, QueryCompletion *completion) {
    if (is_transparent(plan->utilityStmt)) {
        return next_utility(plan, text, read_only_tree, context, parameters, environment, receiver, completion);
    }
    process_watched(plan, text, read_only_tree, context, parameters, environment, receiver, completion);
}

} // namespace

void install_utility_hook() {
    if (installed) return;
    installed = true;
    next_utility = ProcessUtility_hook != nullptr ? ProcessUtility_hook : standard_ProcessUtility;
    ProcessUtility_hook = process_utility;
}

void watch_for_load(void (*activate)()) {
    activate_after_load = activate;
    install_utility_hook();
}

int nesting_depth() { return depth; }

uint64 outermost_utility() { return utility_serial; }

bool in_maintenance() { return maintenance_depth > 0; }

bool in_explicit_transaction() { return explicit_transaction; }

bool rollback_was_asked_for() { return rollback_asked_for; }

void forget_explicit_transaction() {
    explicit_transaction = false;
    rollback_asked_for = false;
}

} // namespace query_audit
