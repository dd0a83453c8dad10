// The values of one execution, by hash: bound parameters, and constants in the text.
#pragma once

#include "core/scan.h"
#include "pg/shapes.h"

namespace query_audit {

struct ValueHashes {
    uint64 parameters; // all bound values and constants
    uint64 filter;     // those that the filter compares with
    uint64 keys;       // of these, without those that only bound a range
};

// Remembers the constants of the text that was looked at last.
void note_constants(LocalShape &local, const StatementScan &scan);

// At the start of an execution. Looks at the text again only where its constants are not those that were noted last.
[[nodiscard]] ValueHashes hash_values(LocalShape &local, const QueryDesc *query);

} // namespace query_audit
