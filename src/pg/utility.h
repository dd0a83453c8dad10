// Utility statements: how deep statements nest, which of them are maintenance, and where transactions begin.
#pragma once

#include <cstdint>

namespace query_audit {

void install_utility_hook();

// Utility statements around the current statement, but for EXECUTE, DECLARE CURSOR and FETCH, which run the client's
// own.
[[nodiscard]] int nesting_depth();

// The serial number of the outermost of these.
[[nodiscard]] std::uint64_t outermost_utility();

// Whether a statement runs inside COPY, EXPLAIN, CREATE TABLE AS, REFRESH or other work on the database itself.
[[nodiscard]] bool in_maintenance();

// Whether the client has begun a transaction block, in so many words, and whether it asked for it to be rolled back.
[[nodiscard]] bool in_explicit_transaction();
[[nodiscard]] bool rollback_was_asked_for();
void forget_explicit_transaction();

} // namespace query_audit
