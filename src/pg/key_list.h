// How many keys an execution looks up by its list.
#pragma once

#include "pg/shapes.h"

#include "pg/pg.h"

namespace query_audit {

// Of a statement whose shape has key_list; 0 where it is not known. At the start of an execution, after hash_values().
[[nodiscard]] int32 length_of_key_list(LocalShape &local, const QueryDesc *query);

} // namespace query_audit
