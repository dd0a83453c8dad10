// Where the constants of a statement stand in its text, by its tree. Private to src/parse.
#pragma once

#include <cstdint>

#include "parse/pg_query_box.h"

namespace query_audit::parse {

// Writes byte offsets, ascending, each once, of those that name a value: not positions in ORDER BY, nor the modifiers
// of types. A negative number's is that of its sign. Returns how many, or -1 where the tree alone does not tell: there
// are more, or a GROUP BY, where the same value is to stay the same.
[[nodiscard]] std::int32_t find_constants(const Node *statement, std::int32_t (&constants)[max_constants]) noexcept;

} // namespace query_audit::parse
