// Utility statements: how deep statements nest, which of them are maintenance, and where transactions begin.
#pragma once

namespace query_audit {

void install_utility_hook();

// Calls of functions, triggers and utility statements around the current statement.
[[nodiscard]] int nesting_depth();
void enter_nesting();
void leave_nesting();

// Whether the client's own EXECUTE, DECLARE CURSOR or FETCH runs, and nothing inside it.
[[nodiscard]] bool in_transparent_utility();

// Whether a statement runs inside COPY, EXPLAIN, CREATE TABLE AS, REFRESH or other work on the database itself.
[[nodiscard]] bool in_maintenance();

// Whether the client has begun a transaction block, in so many words, and whether it asked for it to be rolled back.
[[nodiscard]] bool in_explicit_transaction();
[[nodiscard]] bool rollback_was_asked_for();
void forget_explicit_transaction();

} // namespace query_audit
