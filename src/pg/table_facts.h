// What the catalog says of the tables that a kept text names, for the rewrites of src/parse.
#pragma once

#include "parse/parse.h"

namespace query_audit {

// `relation` is the first that the text names; others are looked for in its schema where the text does not say one.
// What is not found, or belongs to another database, is left out. Everything is in the current memory context.
RewriteFacts table_facts(const char *text, std::uint32_t relation);

} // namespace query_audit
