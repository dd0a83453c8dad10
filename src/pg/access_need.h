// What a scan's conditions ask of its table, and what joins and sorts above it do: AccessNeed, from the executed plan.
#pragma once

#include "core/access.h"

#include "pg/pg.h"

namespace query_audit {

// A condition that some index could answer: an expression of the table's columns, and what it is compared with.
struct Condition {
    AccessKey key;          // attribute: the scanned relation's, 0 for an expression
    const Node *expression; // without casts that change nothing
    const Node *value;      // null where it is a test of the expression alone
    Oid comparison;         // the operator, the expression on its left
    bool starts_open;       // a pattern that may begin with anything
};

// Whether a single index could answer the scan's condition. The values of parameters are those of the state.
[[nodiscard]] bool read_condition(Relation relation, const Node *clause, const EState *state, Condition &condition);

// The comparison's meaning to the usual order of the expression's type: a btree strategy, 0 for none.
[[nodiscard]] int order_strategy(Oid operator_id, const Node *expression);

// Estimated number of different values of a column; 0 where it is not known.
[[nodiscard]] double distinct_values(Relation relation, const Node *expression);

// The scan's conditions, in parts: those that filter its rows, then those that its index answers.
constexpr int condition_parts = 2;
[[nodiscard]] const List *conditions_of(const ScanState *scan, int part);

// A scan with the joins and the sort that its rows go through, for one table of the statement.
struct NeedContext {
    const PlannedStmt *plan;
    PlanState *top;
    ScanState *scan;
    Oid root;          // the table that it is counted as
    Index entry;       // of the range table, of the root
    const Plan *few;   // a join with few rows that the scan is read for, each of them a value to compare with; or null
    const Sort *order; // that an index of the table could spare, null where none is known
    bool order_limited;
};

// Fills the need: the scan's own conditions first, then joins, then the order, else the nearest sort whose keys are all
// the table's.
void describe_need(const NeedContext &context, AccessNeed &need);

} // namespace query_audit
