// Handing texts out of the box. Private to src/parse.
#pragma once

#include <cstddef>
#include <string_view>

namespace query_audit::parse {

// Copies UTF-8 text, NUL-terminated and cut at a whole character to fit capacity. Nothing is written for capacity 0.
void copy_text(std::string_view text, char *out, std::size_t capacity) noexcept;

} // namespace query_audit::parse
