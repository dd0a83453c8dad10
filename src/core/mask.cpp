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
    TokenKind last_kind = TokenKind::end;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end && !writer.truncated(); token = lexer.next()) {
        if (token.kind == TokenKind::comment) continue;
        const bool literal = token.kind == TokenKind::string || token.kind == TokenKind::number;
        // A parameter symbol would become part of a word that a string could follow at once.
        const bool joins = literal && (last_kind == TokenKind::word || writer.view().ends_with('$'));
        if ((token.start > last_end && last_end > 0) || joins) writer.append(" ");
        last_end = token.start + token.length;
        last_kind = token.kind;
        if (literal) {
            char digits[16];
            const auto written = std::to_chars(digits, digits + sizeof(digits), ++parameter);
            writer.append("$");
            writer.append({digits, static_cast<std::size_t>(written.ptr - digits)});
        } else if (ascii_only) {
            for (const char c : lexer.text_of(token))
                writer.append(static_cast<unsigned char>(c) < 0x80 ? std::string_view(&c, 1) : "?");
        } else {
            writer.append(lexer.text_of(token));
        }
    }
}

} // namespace query_audit
