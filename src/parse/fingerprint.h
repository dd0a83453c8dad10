// The identity of a statement, whatever its literals, parameters, comments and lengths of lists. Private to src/parse.
#pragma once

#include "parse/pg_query_box.h"

namespace query_audit::parse {

// The library's fingerprint with the tables that the statement names, as they are written. Alone it does not tell all
// tables apart: it leaves numbers out of their names, and from version 18 on an alias stands in for the name. Never 0.
[[nodiscard]] std::uint64_t fingerprint(const Tree &tree) noexcept;

} // namespace query_audit::parse
