// What a statement is known by in the caches of shapes.
//
// The server's query id, where that tells tables apart. Where it does not (version 18), two statements on different
// tables of one alias share it, so the key is made of the query id and the OIDs of all relations that the statement
// names, those of sub-selects and common table expressions included.
//
// Both functions give the same key but where the planner adds relations to a statement's own (row security policies,
// views with their invoker's rights, functions that it inlines) or drops some (sub-selects that cannot run);
// find_shape() then finds by its text what was learnt at analysis. Nothing here allocates or looks into the catalogs.
#pragma once

#include "core/hash.h"

#include "pg/pg.h"

namespace query_audit {

// Of the relations that a statement names: the same, in whatever order the planner puts them.
[[nodiscard]] uint64 hash_named_relations(const Query *query);
[[nodiscard]] uint64 hash_named_relations(const PlannedStmt *plan);

// At parse analysis, and at an execution.
template <typename Statement> [[nodiscard]] uint64 statement_key(uint64 query_id, const Statement *statement) {
    if constexpr (query_id_tells_tables) {
        return query_id;
    } else {
        return hash_combine(query_id, hash_named_relations(statement));
    }
}

} // namespace query_audit
