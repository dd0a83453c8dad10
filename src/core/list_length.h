// How many values a look-up by a list compares with, from the statement's text.
#pragma once

#include <cstdint>
#include <string_view>

namespace query_audit {

// Elements of the longest list of values in the text: IN (1, 2), = ANY(ARRAY[$1, $2]) or = ANY('{1,2}'). 0 where there
// is none.
[[nodiscard]] std::int32_t list_length(std::string_view text) noexcept;

} // namespace query_audit
