#include "core/hash.h"

#include "pg/statement_key.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

// The planner flattens levels, moves sub-selects' tables and appends its own, so what counts is which table has which
// alias. Only the first entry keeps its place: it tells a table from the one of a sub-select with the same alias.
uint64 hash_entries(const List *range_table, const List *permissions) {
    uint64 hash = 0;
    ListCell *cell;
    foreach (cell, range_table) {
        const RangeTblEntry *entry = static_cast<const RangeTblEntry *>(lfirst(cell));
        const Oid relation = named_relation(entry, permissions);
        if (OidIsValid(relation)) hash += hash_text(entry->eref->aliasname, relation);
    }
    return hash;
}

uint64 hash_first(const List *range_table, const List *permissions) {
    if (range_table == NIL) return 0;
    return named_relation(static_cast<const RangeTblEntry *>(linitial(range_table)), permissions);
}

void add_query(const Query *query, uint64 &hash);

bool add_sublinks(Node *node, void *context) {
    if (node == nullptr) return false;
    if (IsA(node, Query)) {
        add_query(reinterpret_cast<Query *>(node), *static_cast<uint64 *>(context));
        return false;
    }
    return walk_expression(node, add_sublinks, context);
}

void add_query(const Query *query, uint64 &hash) {
    hash += hash_entries(query->rtable, permissions_of(query));
    ListCell *cell;
    foreach (cell, query->rtable) {
        const RangeTblEntry *entry = static_cast<const RangeTblEntry *>(lfirst(cell));
        if (entry->rtekind == RTE_SUBQUERY) add_query(entry->subquery, hash);
    }
    foreach (cell, query->cteList) {
        const Node *expression = static_cast<const CommonTableExpr *>(lfirst(cell))->ctequery;
        add_query(reinterpret_cast<const Query *>(expression), hash);
    }
    // Expressions are walked only where the server says that there is something in them.
    if (query->hasSubLinks) {
        (void)walk_query(const_cast<Query *>(query), add_sublinks, &hash,
                         QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES);
    }
}

} // namespace

uint64 hash_named_relations(const Query *query) {
    uint64 hash = 0;
    add_query(query, hash);
    return hash_combine(hash, hash_first(query->rtable, permissions_of(query)));
}

uint64 hash_named_relations(const PlannedStmt *plan) {
    const List *permissions = permissions_of(plan);
    return hash_combine(hash_entries(plan->rtable, permissions), hash_first(plan->rtable, permissions));
}

} // namespace query_audit
