// A scan's conditions, and what of them an index could answer.
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

// Of alternatives that ask for several things at once each, as a list of rows does, (a = 1 AND b = 2) OR (a = 3 AND b =
// 4): what all of them ask of one expression, a = 1 OR a = 3 and b = 2 OR b = 4. NIL for another clause.
[[nodiscard]] List *shared_conditions(const Node *clause, const EState *state);

// What an alternative of an OR asks for at once: the parts of an AND, or itself.
[[nodiscard]] const List *clauses_of(const Node *alternative);

// The comparison's meaning to the usual order of the expression's type: a btree strategy, 0 for none.
[[nodiscard]] int order_strategy(Oid operator_id, const Node *expression);

// Estimated number of different values of a column; 0 where it is not known.
[[nodiscard]] double distinct_values(Relation relation, const Node *expression);

// The scan's conditions, in parts: those that filter its rows, then those that its index answers.
constexpr int condition_parts = 2;
[[nodiscard]] const List *conditions_of(const ScanState *scan, int part);

} // namespace query_audit
