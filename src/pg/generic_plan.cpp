#include "pg/extension.h"
#include "pg/generic_plan.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr const char *lock_timeout = "100ms"; // whoever reads a view does not wait for a table

PlannedStmt *made_plan = nullptr;

// In place of the server's own, which would also start the executor, and that asks for the values.
void plan_only(Query *query, int cursor_options, IntoClause *, ExplainState *explain, const char *text, ParamListInfo,
               QueryEnvironment *) {
    made_plan = plan_for_explain(query, text, cursor_options, explain);
}

// Somebody's own: by another name, or in another schema, it may not be the one that the statement called.
bool is_users_function(Oid function, void *) {
    return function >= FirstNormalObjectId && !OidIsValid(getExtensionOfObject(ProcedureRelationId, function));
}

bool calls_users_function(Node *node, void *context) {
    if (node == nullptr) return false;
    if (check_functions_in_node(node, is_users_function, context)) return true;
    if (IsA(node, Query)) return walk_query(reinterpret_cast<Query *>(node), calls_users_function, context, 0);
    return walk_expression(node, calls_users_function, context);
}

bool any_calls_users_function(Query *query) {
    ListCell *cell;
    foreach (cell, pg_rewrite_query(static_cast<Query *>(copyObjectImpl(query)))) {
        if (calls_users_function(static_cast<Node *>(lfirst(cell)), nullptr)) return true;
    }
    return false;
}

bool list_uses(const List *plans, Oid index);

bool plan_uses(const Plan *plan, Oid index) {
    if (plan == nullptr) return false;
    switch (nodeTag(plan)) {
    case T_IndexScan:
        if (reinterpret_cast<const IndexScan *>(plan)->indexid == index) return true;
        break;
    case T_IndexOnlyScan:
        if (reinterpret_cast<const IndexOnlyScan *>(plan)->indexid == index) return true;
        break;
    case T_BitmapIndexScan:
        if (reinterpret_cast<const BitmapIndexScan *>(plan)->indexid == index) return true;
        break;
    case T_BitmapAnd:
        return list_uses(reinterpret_cast<const BitmapAnd *>(plan)->bitmapplans, index);
    case T_BitmapOr:
        return list_uses(reinterpret_cast<const BitmapOr *>(plan)->bitmapplans, index);
    case T_Append:
        return list_uses(reinterpret_cast<const Append *>(plan)->appendplans, index);
    case T_MergeAppend:
        return list_uses(reinterpret_cast<const MergeAppend *>(plan)->mergeplans, index);
    case T_SubqueryScan:
        return plan_uses(reinterpret_cast<const SubqueryScan *>(plan)->subplan, index);
    default:
        break;
    }
    return plan_uses(plan->lefttree, index) || plan_uses(plan->righttree, index);
}

bool list_uses(const List *plans, Oid index) {
    ListCell *cell;
    foreach (cell, plans) {
        if (plan_uses(static_cast<const Plan *>(lfirst(cell)), index)) return true;
    }
    return false;
}

// EXPLAIN by way of the server's front door, where HypoPG waits for it.
void explain(Query *query, const char *text) {
    ExplainStmt *statement = makeNode(ExplainStmt);
    statement->query = reinterpret_cast<Node *>(query);
    PlannedStmt *utility = makeNode(PlannedStmt);
    utility->commandType = CMD_UTILITY;
    utility->canSetTag = false;
    utility->utilityStmt = reinterpret_cast<Node *>(statement);
    utility->stmt_location = -1;
    ExplainOneQuery_hook_type previous = ExplainOneQuery_hook;
    made_plan = nullptr;
    PG_TRY();
    {
        ExplainOneQuery_hook = plan_only;
        ProcessUtility(utility, text, true, PROCESS_UTILITY_QUERY, nullptr, nullptr, None_Receiver, nullptr);
    }
    PG_FINALLY();
    { ExplainOneQuery_hook = previous; }
    PG_END_TRY();
}

void set(const char *name, const char *value) {
    (void)set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

// What extensions brought is found as well: a type of theirs has its operators there, and without these another type's
// are taken, which no index of the column answers.
const char *path_from(const char *schema) {
    StringInfoData path;
    initStringInfo(&path);
    appendStringInfo(&path, "pg_catalog, %s", quote_identifier(schema));
    ListCell *cell;
    foreach (cell, schemas_of_extensions()) {
        const char *name = get_namespace_name(lfirst_oid(cell));
        if (name != nullptr) appendStringInfo(&path, ", %s", quote_identifier(name));
    }
    appendStringInfoString(&path, ", pg_temp");
    return path.data;
}

} // namespace

bool may_plan_as(Oid role) { return role == GetUserId() || superuser(); }

void pin_settings(const char *schema) {
    (void)NewGUCNestLevel(); // the subtransaction's end closes it
    set("search_path", schema != nullptr ? path_from(schema) : "pg_catalog, pg_temp");
    set("lock_timeout", lock_timeout);
    set("client_min_messages", "error");
}

void plan_generically(const char *text, Oid relation, Oid role, Oid index, GenericPlan &result) {
    const char *schema = get_namespace_name(get_rel_namespace(relation));
    if (text[0] == '\0' || schema == nullptr) return;
    pin_settings(schema);
    Oid user = InvalidOid;
    int context = 0;
    GetUserIdAndSecContext(&user, &context);
    SetUserIdAndSecContext(role, context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);

    List *parsed = pg_parse_query(text);
    if (list_length(parsed) != 1) return;
    Oid *types = nullptr;
    int type_count = 0;
    Query *query = parse_analyze_varparams(linitial_node(RawStmt, parsed), text, &types, &type_count, nullptr);
    if (query->commandType == CMD_UTILITY || query->commandType == CMD_UNKNOWN) return;
    if (any_calls_users_function(query)) {
        result.reason = "the statement calls functions of the application's";
        return;
    }
    explain(query, text);
    if (made_plan == nullptr) return;
    result.planned = true;
    result.cost = made_plan->planTree->total_cost;
    result.uses_index =
        OidIsValid(index) && (plan_uses(made_plan->planTree, index) || list_uses(made_plan->subplans, index));
    made_plan = nullptr;
}

} // namespace query_audit
