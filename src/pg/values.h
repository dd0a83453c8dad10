// The values of one execution, by hash: bound parameters, and constants in the text.
#pragma once

#include "core/scan.h"
#include "pg/shapes.h"

namespace query_audit {

// The value of $number; null where none is bound, or where PL/pgSQL fetches its variables lazily: to ask for them could
// run its code.
[[nodiscard]] inline const ParamExternData *bound_parameter(const QueryDesc *query, int number) {
    const ParamListInfoData *parameters = query->params;
    if (parameters == nullptr || parameters->paramFetch != nullptr || number > parameters->numParams) return nullptr;
    return &parameters->params[number - 1];
}

// Remembers the constants of the text that was looked at last.
void note_constants(LocalShape &local, const StatementScan &scan);

// At the start of an execution: sets the event's parameters_hash, filter_hash and key_hash. Looks at the text again
// only where its constants are not those that were noted last.
void hash_values(LocalShape &local, const QueryDesc *query, StatementEvent &event);

// At the end of an execution: the first keys, for the unit to follow. Zeros for those that cannot be told.
void collect_keys(const LocalShape &local, const QueryDesc *query, KeyValues &keys);

} // namespace query_audit
