// Which relations a statement names, as the server resolved them, and what they are.
#pragma once

#include "core/event.h"
#include "core/hash.h"

#include "pg/pg.h"

namespace query_audit {

struct RelationFacts {
    uint64 hash; // of the OIDs, whatever their order
    uint64 mask; // relation_bit of each
    Oid first;   // the first that the text names
    int count;
    bool is_call;       // there is no table: the relations are functions of the application's, called for their answer
    bool catalog_only;  // every relation is a system catalog or this extension's own
    bool volatile_call; // a volatile function is called
};

[[nodiscard]] inline uint64 relation_bit(Oid relation) { return UINT64CONST(1) << (hash_mix(relation) & 63); }

[[nodiscard]] RelationFacts relations_of_query(const Query *query);

// From a plan, where no query tree is at hand; volatile calls are not looked for.
[[nodiscard]] RelationFacts relations_of_plan(const PlannedStmt *plan);

// The table that partitions are counted as: the topmost partitioned table, or the relation itself.
[[nodiscard]] Oid root_relation(Relation relation);

// "schema"."table", quoted where needed: whole, however long its quotes make it, palloc'ed; null when the table is
// gone.
[[nodiscard]] const char *qualified_name(Oid relation);

// Writes the same; nothing where it is too long.
void write_relation_name(Oid relation, char (&out)[relation_name_bytes]);

} // namespace query_audit
