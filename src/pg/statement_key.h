// What a statement is known by: its query id, and its key in the caches of shapes.
//
// Where the server computes no query id (compute_query_id = auto, and no other module asks for it), a statement gets
// one of our own at its analysis, made of the words of its text and the OIDs of its relations. It is much cheaper than
// the server's, because the text is looked at anyhow, for the constants in it; and it travels with the plan, as the
// server provides for other modules' ids.
//
// The key is the query id, where that tells tables apart. Where it does not (the server's since version 18), two
// statements on different tables of one alias share it, so the key is made of the query id and the OIDs of all
// relations that the statement names, those of sub-selects and common table expressions included. It is then the same
// at analysis and at execution but where the planner adds relations to a statement's own (row security policies, views
// with their invoker's rights, functions that it inlines) or drops some (sub-selects that cannot run); find_shape()
// then finds by its text what was learnt at analysis.
//
// Nothing here allocates or looks into the catalogs.
#pragma once

#include "core/hash.h"

#include "pg/pg.h"

namespace query_audit {

// An id of our own, never 0. `words` is a StatementScan's.
[[nodiscard]] uint64 own_query_id(uint64 words, const Query *query);
[[nodiscard]] uint64 own_query_id(uint64 words, const PlannedStmt *plan);

[[nodiscard]] constexpr uint64 certificate(uint64 high) { return high * 0x9e3779b97f4a7c15 >> 48; }

// Its low bits follow from the others, which one in 65,536 other ids has by chance.
[[nodiscard]] inline bool is_own_query_id(uint64 query_id) {
    return (query_id & 0xFFFF) == certificate(query_id >> 16);
}

[[nodiscard]] inline bool tells_tables_apart(uint64 query_id) {
    return server_tells_tables || is_own_query_id(query_id);
}

// Of the relations that a statement names: the same, in whatever order the planner puts them.
[[nodiscard]] uint64 hash_named_relations(const Query *query);
[[nodiscard]] uint64 hash_named_relations(const PlannedStmt *plan);

// At parse analysis, and at an execution.
template <typename Statement> [[nodiscard]] uint64 statement_key(uint64 query_id, const Statement *statement) {
    return tells_tables_apart(query_id) ? query_id : hash_combine(query_id, hash_named_relations(statement));
}

} // namespace query_audit
