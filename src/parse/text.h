// Texts on their way into the box and out of it. Private to src/parse.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace query_audit::parse {

// Copies UTF-8 text, NUL-terminated and cut at a whole character to fit capacity. Nothing is written for capacity 0.
void copy_text(std::string_view text, char *out, std::size_t capacity) noexcept;

// Writes spaces over comments, byte for byte. The library looks for the second of two words that belong together (NOT
// IN, WITH ORDINALITY, NULLS FIRST) and takes a comment between them for it. The last may be unclosed, so it stays.
void blank_comments(std::string &text) noexcept;

} // namespace query_audit::parse
