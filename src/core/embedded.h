// The DML statement inside a text that begins with something else.
#pragma once

#include <string_view>

namespace query_audit {

// The part of the text that PREPARE, DECLARE ... CURSOR, EXPLAIN, COPY (...) or CREATE TABLE AS runs; the whole text
// where it begins with a statement of its own, or where none is found. PostgreSQL gives the text of the whole command
// as that of the statement in it.
[[nodiscard]] std::string_view embedded_statement(std::string_view text) noexcept;

} // namespace query_audit
