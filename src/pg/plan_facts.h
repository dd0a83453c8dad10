// What a plan did, measured on the nodes that may matter.
//
// Gates come first: a plan that costs less than reading a large table is not looked at. Where it is, single scan nodes
// get a row counter after the executor has started; nothing else of the plan pays. A plan that looked cheap and took
// long is looked at the next time, and again as long as something is found. Scans in parallel workers can only be
// counted by the executor's own instrumentation, which has to be asked for before the start.
#pragma once

#include "core/event.h"
#include "pg/shapes.h"

#include "pg/pg.h"

namespace query_audit {

constexpr int64 surprising_ns = 20'000'000; // of an execution, of which the next is looked at

// Before the executor starts: whether this plan's scans are worth counting. May ask for the executor's row counters.
[[nodiscard]] bool wants_measuring(QueryDesc *query, const LocalShape &local);

// After it has started: puts counters on the scans.
void measure_scans(QueryDesc *query, const LocalShape &local);

// While the plan's state is still there: reads the counters. wide: the sampler saw values that are stored out of line.
// The result is valid until the next call.
[[nodiscard]] const PlanFacts *collect_plan_facts(const QueryDesc *query, bool wide);

// Whether what was measured of the execution is nothing that a rule may report.
[[nodiscard]] bool is_in_vain(const StatementEvent &event);

} // namespace query_audit
