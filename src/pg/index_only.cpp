#include "pg/index_only.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

Node *to_table(Node *node, void *held) {
    if (node == nullptr) return nullptr;
    if (IsA(node, Var) && reinterpret_cast<const Var *>(node)->varno == INDEX_VAR) {
        const TargetEntry *entry =
            get_tle_by_resno(static_cast<List *>(held), reinterpret_cast<const Var *>(node)->varattno);
        return entry != nullptr ? reinterpret_cast<Node *>(entry->expr) : node;
    }
    return mutate_expression(node, to_table, held);
}

} // namespace

const List *conditions_of_table(const IndexOnlyScan *scan, const List *conditions) {
    Node *list = reinterpret_cast<Node *>(const_cast<List *>(conditions));
    return reinterpret_cast<const List *>(to_table(list, scan->indextlist));
}

} // namespace query_audit
