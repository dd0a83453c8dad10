// A statement's text without its values, for statements that the parser is not given or does not understand.
#pragma once

#include <cstddef>
#include <string_view>

namespace query_audit {

// Writes the text with every string and number replaced by a parameter symbol, numbered after those that are there,
// without comments, and with one space for any white space; NUL-terminated and cut to fit. Bytes that are not ASCII are
// replaced by ? when `ascii_only`, for texts in an encoding that other databases do not have.
void mask_literals(std::string_view text, bool ascii_only, char *out, std::size_t capacity) noexcept;

} // namespace query_audit
