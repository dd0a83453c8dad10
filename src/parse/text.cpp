#include "parse/text.h"

#include <cstring>

namespace query_audit::parse {

void copy_text(std::string_view text, char *out, std::size_t capacity) noexcept {
    if (capacity == 0) return;
    std::size_t length = text.size();
    if (length >= capacity) {
        length = capacity - 1;
        // Back over the continuation bytes of the character that was cut in two.
        while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
    }
    std::memcpy(out, text.data(), length);
    out[length] = '\0';
}

} // namespace query_audit::parse
