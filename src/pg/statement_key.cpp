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

// What the levels of a query add up to.
struct Levels {
    uint64 (*hash_level)(const List *range_table, const List *permissions);
    uint64 hash;
};

void add_levels(const Query *query, Levels &levels);

bool add_sublinks(Node *node, void *context) {
    if (node == nullptr) return false;
    if (IsA(node, Query)) {
        add_levels(reinterpret_cast<Query *>(node), *static_cast<Levels *>(context));
        return false;
    }
    return walk_expression(node, add_sublinks, context);
}

[[gnu::hot]] void add_levels(const Query *query, Levels &levels) {
    levels.hash += levels.hash_level(query->rtable, permissions_of(query));
    ListCell *cell;
    foreach (cell, query->rtable) {
        const RangeTblEntry *entry = static_cast<const RangeTblEntry *>(lfirst(cell));
        if (entry->rtekind == RTE_SUBQUERY) add_levels(entry->subquery, levels);
    }
    foreach (cell, query->cteList) {
        const Node *expression = static_cast<const CommonTableExpr *>(lfirst(cell))->ctequery;
        add_levels(reinterpret_cast<const Query *>(expression), levels);
    }
    // Expressions are walked only where the server says that there is something in them.
    if (query->hasSubLinks) {
        (void)walk_query(const_cast<Query *>(query), add_sublinks, &levels,
                         QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES);
    }
}

// The text has the aliases, and which of the tables stands where.
[[gnu::hot]] uint64 hash_oids(const List *range_table, const List *) {
    uint64 hash = 0;
    ListCell *cell;
    foreach (cell, range_table) {
        const RangeTblEntry *entry = static_cast<const RangeTblEntry *>(lfirst(cell));
        if (entry->rtekind == RTE_RELATION) hash += hash_mix(entry->relid);
    }
    return hash;
}

uint64 certified(uint64 hash) {
    const uint64 high = hash >> 16;
    const uint64 query_id = high << 16 | certificate(high);
    return query_id != 0 ? query_id : certified(1u << 16);
}

} // namespace

uint64 own_query_id(uint64 words, const Query *query) {
    Levels levels{hash_oids, 0};
    add_levels(query, levels);
    return certified(hash_combine(words, levels.hash));
}

uint64 own_query_id(uint64 words, const PlannedStmt *plan) {
    uint64 hash = 0;
    ListCell *cell;
    foreach (cell, plan->relationOids) hash += hash_mix(lfirst_oid(cell));
    return certified(hash_combine(words, hash));
}

uint64 hash_named_relations(const Query *query) {
    Levels levels{hash_entries, 0};
    add_levels(query, levels);
    return hash_combine(levels.hash, hash_first(query->rtable, permissions_of(query)));
}

uint64 hash_named_relations(const PlannedStmt *plan) {
    const List *permissions = permissions_of(plan);
    return hash_combine(hash_entries(plan->rtable, permissions), hash_first(plan->rtable, permissions));
}

} // namespace query_audit
