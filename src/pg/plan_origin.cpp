#include "pg/expression.h"

#include "pg/plan_origin.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

// The subplans of which each gives a part of the rows.
const List *parts_of(const Plan *node) {
    if (IsA(node, Append)) return reinterpret_cast<const Append *>(node)->appendplans;
    return IsA(node, MergeAppend) ? reinterpret_cast<const MergeAppend *>(node)->mergeplans : NIL;
}

// What these give is made of several rows, or numbered by them.
bool makes_other_rows(const Plan *node) {
    return IsA(node, Agg) || IsA(node, Group) || IsA(node, WindowAgg) || IsA(node, SetOp) || IsA(node, RecursiveUnion);
}

const Node *held_by_index(const Plan *node, const Node *expression) {
    if (!IsA(node, IndexOnlyScan)) return expression;
    if (!IsA(expression, Var) || reinterpret_cast<const Var *>(expression)->varno != INDEX_VAR) return nullptr;
    List *held = reinterpret_cast<const IndexOnlyScan *>(node)->indextlist;
    const TargetEntry *entry = get_tle_by_resno(held, reinterpret_cast<const Var *>(expression)->varattno);
    return entry != nullptr ? reinterpret_cast<const Node *>(entry->expr) : nullptr;
}

// The plan whose output the column is of.
const Plan *source_of(const Plan *node, const Var *column) {
    if (makes_other_rows(node)) return nullptr;
    if (column->varno == OUTER_VAR) return node->lefttree;
    if (column->varno == INNER_VAR) return node->righttree;
    return IsA(node, SubqueryScan) ? reinterpret_cast<const SubqueryScan *>(node)->subplan : nullptr;
}

const Node *output_of(const Plan *node, AttrNumber column) {
    const TargetEntry *entry = get_tle_by_resno(node->targetlist, column);
    return entry != nullptr ? reinterpret_cast<const Node *>(entry->expr) : nullptr;
}

// Partitions of one table are the same origin, the arms of a union are not.
Origin origin_of_parts(const PlannedStmt *plan, const List *parts, AttrNumber column) {
    Origin first{nullptr, nullptr};
    ListCell *cell;
    foreach (cell, parts) {
        const Plan *part = static_cast<const Plan *>(lfirst(cell));
        const Origin origin = origin_of(plan, part, output_of(part, column));
        if (origin.scan == nullptr) return origin;
        if (first.scan == nullptr) first = origin;
        if (counted_entry(plan, origin.scan->scanrelid) != counted_entry(plan, first.scan->scanrelid)) {
            return Origin{nullptr, nullptr};
        }
    }
    return first;
}

} // namespace

bool is_table_scan(const Plan *node) {
    switch (nodeTag(node)) {
    case T_SeqScan:
    case T_SampleScan:
    case T_IndexScan:
    case T_IndexOnlyScan:
    case T_BitmapHeapScan:
    case T_TidScan:
    case T_TidRangeScan:
        return true;
    default:
        return false;
    }
}

Origin origin_of(const PlannedStmt *plan, const Plan *node, const Node *expression) {
    constexpr Origin none = {nullptr, nullptr};
    while (node != nullptr) {
        expression = strip(expression);
        if (expression == nullptr) return none;
        if (is_table_scan(node)) {
            const Node *held = strip(held_by_index(node, expression));
            return held != nullptr ? Origin{reinterpret_cast<const Scan *>(node), held} : none;
        }
        if (!IsA(expression, Var)) return none;
        const Var *column = reinterpret_cast<const Var *>(expression);
        if (const List *parts = parts_of(node)) return origin_of_parts(plan, parts, column->varattno);
        node = source_of(node, column);
        if (node != nullptr) expression = output_of(node, column->varattno);
    }
    return none;
}

Index counted_entry(const PlannedStmt *plan, Index entry) {
    ListCell *cell;
    foreach (cell, plan->appendRelations) {
        const AppendRelInfo *child = static_cast<AppendRelInfo *>(lfirst(cell));
        // The arms of a union are children too, of no relation.
        if (child->child_relid == entry && OidIsValid(child->parent_reloid)) {
            return counted_entry(plan, child->parent_relid);
        }
    }
    return entry;
}

} // namespace query_audit
