// The DML statement inside a text that begins with something else.
#pragma once

#include <string_view>

namespace query_audit {

// Offset of the statement that PREPARE, DECLARE ... CURSOR, EXPLAIN, COPY (...) or CREATE TABLE AS runs; 0 where the
// text begins with a statement of its own, or where none is found. PostgreSQL gives the text of the whole command as
// that of the statement in it.
[[nodiscard]] std::size_t embedded_statement(std::string_view text) noexcept;

} // namespace query_audit
