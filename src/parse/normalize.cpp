#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string>

#include "core/lexer.h"
#include "parse/parse.h"
#include "parse/pg_query_box.h"
#include "parse/text.h"

namespace query_audit {
namespace {

std::uint64_t highest_parameter(std::string_view text) noexcept {
    std::uint64_t highest = 0;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        if (token.kind != TokenKind::parameter) continue;
        std::uint64_t number = 0;
        for (const char digit : lexer.text_of(token).substr(1))
            number = number * 10 + static_cast<unsigned>(digit - '0');
        if (number > highest) highest = number;
    }
    return highest;
}

// The library leaves numbers in type modifiers and in ORDER BY and GROUP BY positions, which name no value. Anywhere
// else a number is one that it missed.
bool may_stay(std::string_view before) noexcept {
    return before == "(" || before == "," || before == "[" || equals_keyword(before, "by");
}

bool library_normalize(std::string text, std::string &out) {
    parse::blank_comments(text);
    bool grouped = false;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        // The library takes N'...' for N and a literal, and would write N$1, which is a name.
        const bool national = token.kind == TokenKind::string && (text[token.start] == 'N' || text[token.start] == 'n');
        if (national) text[token.start] = ' ';
        if (token.kind == TokenKind::word) grouped = grouped || equals_keyword(lexer.text_of(token), "group");
    }
    return parse::normalize(text.c_str(), grouped, out);
}

// One line without comments, and with a parameter for each literal that is left.
std::string tidy(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::uint64_t parameter = 0; // not looked for yet
    std::string_view before;
    std::size_t end = 0;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        if (token.kind == TokenKind::comment) continue;
        if (token.start > end && !out.empty()) out += ' ';
        end = token.start + token.length;
        const std::string_view word = lexer.text_of(token);
        const bool literal = token.kind == TokenKind::string || (token.kind == TokenKind::number && !may_stay(before));
        if (literal) {
            if (parameter == 0) parameter = highest_parameter(text);
            // Not to_string: its table is a unique global symbol, which would leave the closed object.
            char symbol[32];
            std::snprintf(symbol, sizeof symbol, "$%" PRIu64, ++parameter);
            out += symbol;
        } else {
            out += word;
        }
        before = word;
    }
    while (!out.empty() && (out.back() == ';' || out.back() == ' ')) out.pop_back();
    return out;
}

} // namespace

extern "C" ParseStatus query_audit_normalize(const char *text, std::size_t length, std::size_t max_bytes, bool parsed,
                                             char *out, std::size_t capacity) noexcept {
    if (capacity > 0) out[0] = '\0';
    try {
        // The library's normaliser reads out of bounds on some utility statements, so it gets none.
        if (!parsed) {
            parse::Tree tree;
            const ParseStatus status = tree.parse({text, length}, max_bytes, nullptr);
            if (status != ParseStatus::ok) return status;
        }
        std::string normal;
        if (!library_normalize({text, length}, normal)) return ParseStatus::out_of_memory;
        parse::copy_text(tidy(normal), out, capacity);
        return ParseStatus::ok;
    } catch (...) {
        return ParseStatus::out_of_memory;
    }
}

} // namespace query_audit
