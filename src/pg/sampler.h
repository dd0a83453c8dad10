// The first rows of a list, by hash, read while they pass to the client. See core/lineage.h.
//
// One execution at a time is sampled: the client's own, which is the outermost. Nothing is detoasted.
#pragma once

#include "core/lineage.h"

#include "pg/pg.h"

namespace query_audit {

// Before a run: puts the sampler between the executor and where its rows go.
void begin_sampling(QueryDesc *query);

// After it: takes it out again. The sample is valid until the next begin_sampling(); null when there were fewer than
// two rows, or no column that may hold a key.
[[nodiscard]] const RowSample *end_sampling(QueryDesc *query);

// The hash of a value of this type; 0 for one that cannot be told.
[[nodiscard]] uint32 hash_sampled_value(Oid type, int16 length, bool by_value, Datum value);

} // namespace query_audit
