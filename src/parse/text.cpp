#include "parse/text.h"

#include <algorithm>
#include <cstring>

#include "core/lexer.h"

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

void blank_comments(std::string &text) noexcept {
    if (text.find("/*") == std::string::npos && text.find("--") == std::string::npos) return;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        if (token.kind != TokenKind::comment || token.start + token.length == text.size()) continue;
        std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(token.start), token.length, ' ');
    }
}

} // namespace query_audit::parse
