#include "core/hash.h"
#include "core/text.h"

#include "pg/relations.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr const char *own_schema = "query_audit";

struct Collected {
    RelationFacts facts;
    Oid own_namespace;
    Oid function; // the first that is neither the server's nor an extension's
};

void add_relation(Collected &collected, Oid relation) {
    collected.facts.hash += hash_mix(relation);
    collected.facts.mask |= relation_bit(relation);
    if (collected.facts.count++ == 0) collected.facts.first = relation;
    const bool catalog = relation < FirstNormalObjectId || (OidIsValid(collected.own_namespace) &&
                                                            get_rel_namespace(relation) == collected.own_namespace);
    collected.facts.catalog_only = collected.facts.catalog_only && catalog;
}

bool walk(Node *node, void *context) {
    if (node == nullptr) return false;
    if (IsA(node, RangeTblEntry)) {
        const RangeTblEntry *entry = reinterpret_cast<RangeTblEntry *>(node);
        if (entry->rtekind == RTE_RELATION) add_relation(*static_cast<Collected *>(context), entry->relid);
        return false;
    }
    if (IsA(node, FuncExpr)) {
        Collected &collected = *static_cast<Collected *>(context);
        const Oid function = reinterpret_cast<FuncExpr *>(node)->funcid;
        const bool of_application = function >= FirstNormalObjectId && !OidIsValid(collected.function) &&
                                    !OidIsValid(getExtensionOfObject(ProcedureRelationId, function));
        if (of_application) collected.function = function;
    }
    if (IsA(node, Query)) {
        return walk_query(reinterpret_cast<Query *>(node), walk, context, QTW_EXAMINE_RTES_BEFORE);
    }
    return walk_expression(node, walk, context);
}

Collected nothing_yet() {
    Collected collected{};
    collected.facts.catalog_only = true;
    collected.own_namespace = get_namespace_oid(own_schema, true);
    return collected;
}

} // namespace

RelationFacts relations_of_query(const Query *query) {
    Collected collected = nothing_yet();
    Node *node = const_cast<Node *>(reinterpret_cast<const Node *>(query));
    (void)walk(node, &collected);
    collected.facts.volatile_call = contain_volatile_functions(node);
    if (collected.facts.count == 0 && OidIsValid(collected.function)) {
        add_relation(collected, collected.function);
        collected.facts.catalog_only = false;
        collected.facts.first = InvalidOid; // no table
        collected.facts.is_call = true;
    }
    return collected.facts;
}

RelationFacts relations_of_plan(const PlannedStmt *plan) {
    Collected collected = nothing_yet();
    ListCell *cell;
    foreach (cell, plan->rtable) {
        const RangeTblEntry *entry = static_cast<RangeTblEntry *>(lfirst(cell));
        // Partitions and views' inner tables are in a plan's range table too; what the text names is in its FROM.
        if (entry->rtekind == RTE_RELATION && entry->inFromCl) add_relation(collected, entry->relid);
    }
    return collected.facts;
}

Oid root_relation(Relation relation) {
    if (!relation->rd_rel->relispartition) return RelationGetRelid(relation);
    List *ancestors = get_partition_ancestors(RelationGetRelid(relation));
    const Oid root = ancestors != NIL ? llast_oid(ancestors) : RelationGetRelid(relation);
    list_free(ancestors);
    return root;
}

const char *qualified_name(Oid relation) {
    const char *name = get_rel_name(relation);
    const char *schema = name != nullptr ? get_namespace_name_or_temp(get_rel_namespace(relation)) : nullptr;
    return schema != nullptr ? quote_qualified_identifier(schema, name) : nullptr;
}

void write_relation_name(Oid relation, char (&out)[relation_name_bytes]) {
    const char *name = qualified_name(relation);
    // One that is mostly quotes may not fit, and cut it would end in the midst of them: no name, and no SQL with it.
    assign_text(out, name != nullptr && strlen(name) < relation_name_bytes ? name : "");
}

} // namespace query_audit
