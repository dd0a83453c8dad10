// Hashes of bound parameters and of constants in a text.
#pragma once

#include "core/scan.h"
#include "pg/shapes.h"

namespace query_audit {

// Hash of one bound value; the same for equal integers of different width.
[[nodiscard]] uint64 hash_parameter(LocalShape &local, int index, const ParamExternData &parameter);

// Hashes of the constants of the shape's text, and of those that its filter compares with.
[[nodiscard]] ValueHashes hash_constants(const LocalShape &local, const StatementScan &scan);

} // namespace query_audit
