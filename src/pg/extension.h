// Where extensions are installed.
#pragma once

#include "pg/pg.h"

namespace query_audit {

// The schema that the extension's objects were made in, or InvalidOid.
[[nodiscard]] Oid schema_of_extension(Oid extension);

// The schemas that this database's extensions were made in, each once.
[[nodiscard]] List *schemas_of_extensions();

} // namespace query_audit
