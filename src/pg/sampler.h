// The first rows of a list, by hash, read while they pass to the client. See core/lineage.h.
//
// One execution at a time is sampled: the client's own, which is the outermost. Nothing is detoasted;
// what is stored out of line is counted.
#pragma once

#include "core/lineage.h"

#include "pg/pg.h"

namespace query_audit {

// Before a run: puts the sampler between the executor and where its rows go.
void begin_sampling(QueryDesc *query);

// After it: takes it out again. The sample is valid until the next begin_sampling(); null when there were fewer than
// two rows, or no column that may hold a key.
[[nodiscard]] const RowSample *end_sampling(QueryDesc *query);

// Whether at least half of the rows seen in the last sampling hold values that are stored out of line.
[[nodiscard]] bool saw_wide_values();

// Names them, where they are of one relation. REQUIRES: the last sampling was of this query, or saw_wide_values() is
// not asked for it.
void describe_wide_result(const QueryDesc *query, WideFacts &wide);

// The hash of a value of this type; 0 for one that cannot be told.
[[nodiscard]] uint32 hash_sampled_value(Oid type, int16 length, bool by_value, Datum value);

} // namespace query_audit
