// Tries an index that does not exist: plans statements with it, by HypoPG, and never executes them.
//
// HypoPG keeps hypothetical indexes in the backend and shows them to the planner during EXPLAIN. A trial plans a
// statement's kept text, whose values are unknown, without the index and with it. Whatever fails is caught: a trial
// that could not be made has a reason instead of a result, and nothing of it stays behind but HypoPG's library.
#pragma once

#include "core/access.h"

#include "pg/pg.h"

namespace query_audit {

struct TrialStatement {
    uint64 fingerprint;
    Oid user; // who ran it, and as whom it is planned
};

enum class TrialOutcome : uint8 {
    not_tried, // reason says why
    helps,
    unused, // no plan of the statements uses it
};

struct Trial {
    TrialOutcome outcome;
    double cost_before; // of the first statement that it helps, in the planner's units; 0: not known
    double cost_after;
    double total_after; // of all statements that were planned, whether it helps them or not
    int64 bytes;        // of the index, as HypoPG estimates it; 0: not known
    const char *reason; // null where there is a result
};

// Whether HypoPG is there for the current user. Once a call of the view: the catalog is asked.
[[nodiscard]] bool trials_are_possible(const char **reason);

// Indexes to try, each one CREATE INDEX statement on the relation: the first, beside which the others are to be there.
struct TrialIndexes {
    const char *create[max_alternatives];
    int count;
};

// Raises an error only where the caller is cancelled.
[[nodiscard]] Trial try_index(Oid relation, const TrialIndexes &indexes, const TrialStatement *statements, int count);

// Whether an index helps so much more than another one did the same statements, that it may be larger.
[[nodiscard]] bool is_better(const Trial &trial, const Trial &other);

} // namespace query_audit
