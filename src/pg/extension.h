// Where extensions are installed.
#pragma once

#include "pg/pg.h"

namespace query_audit {

// The schema that the extension's objects were made in, or InvalidOid.
[[nodiscard]] Oid schema_of_extension(Oid extension);

} // namespace query_audit
