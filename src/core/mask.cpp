#include "core/mask.h"

#include <algorithm>
#include <charconv>

#include "core/lexer.h"
#include "core/text.h"

namespace query_audit {
namespace {

unsigned highest_parameter(std::string_view text) noexcept {
    unsigned highest = 0;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        if (token.kind != TokenKind::parameter) continue;
        unsigned number = 0;
        const char *first = text.data() + token.start;
        std::from_chars(first + 1, first + token.length, number);
        highest = std::max(highest, std::min(number, 65535u));
    }
    return highest;
}

} // namespace

void mask_literals(std::string_view text, bool ascii_only, char *out, std::size_t capacity) noexcept {
    TextWriter writer(out, capacity);
    unsigned parameter = highest_parameter(text);
    std::size_t last_end = 0;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end && !writer.truncated(); token = lexer.next()) {
        if (token.kind == TokenKind::comment) continue;
        if (token.start > last_end && last_end > 0) writer.append(" ");
        last_end = token.start + token.length;
        if (token.kind == TokenKind::string || token.kind == TokenKind::number) {
            writer.format("${}", ++parameter);
            continue;
        }
        for (const char c : text.substr(token.start, token.length)) {
            const bool foreign = ascii_only && static_cast<unsigned char>(c) >= 0x80;
            writer.append({foreign ? "?" : &c, 1});
        }
    }
}

} // namespace query_audit
