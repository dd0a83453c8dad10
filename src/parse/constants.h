// Where the constants of a statement stand in its text, by its tree. Private to src/parse.
#pragma once

#include <cstddef>
#include <cstdint>

#include "parse/pg_query_box.h"

namespace query_audit::parse {

struct Constants {
    static constexpr std::size_t capacity = max_constants;
    std::int32_t location[capacity]; // byte offsets, ascending, each once; a negative number's is that of its sign
    std::size_t count = 0;
    // Not to be told from the tree alone: there are more, or a GROUP BY, where the same value is to stay the same.
    bool incomplete = false;
};

// Those that name a value: not positions in ORDER BY, nor the modifiers of types.
[[nodiscard]] Constants find_constants(const Node *statement) noexcept;

} // namespace query_audit::parse
