// A lexer for SQL as PostgreSQL writes it: enough to find comments, literals and nesting, never to understand.
//
// Reads any bytes, valid SQL or not, and always ends: every call advances or returns end. Holds no state but a
// position, allocates nothing, throws nothing. Assumes standard_conforming_strings = on, as PostgreSQL has by default:
// a backslash escapes only in E'...' strings.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace query_audit {

enum class TokenKind : std::uint8_t {
    end,
    comment,     // -- to the end of line, or /* nested */; an unclosed one reaches the end of the text
    word,        // keyword or plain identifier
    identifier,  // "quoted", U&"quoted"
    string,      // '...', E'...', B'...', X'...', N'...', U&'...' with what a line break joins to it, $tag$...$tag$
    number,      // 1, 1.5, .5, 1e10, 0xFF
    parameter,   // $1
    operator_,   // one or more of + - * / < > = ~ ! @ # % ^ & | ` ?, and ::
    punctuation, // one of , ( ) [ ] ; . : or any other byte
};

struct Token {
    TokenKind kind;
    std::size_t start;  // byte offset
    std::size_t length; // bytes
};

namespace lexical { // classes of bytes
constexpr std::uint8_t space = 1;
constexpr std::uint8_t digit = 2;
constexpr std::uint8_t word_start = 4;
constexpr std::uint8_t word_part = 8;
constexpr std::uint8_t operator_part = 16;

inline constexpr auto classes = [] {
    std::array<std::uint8_t, 256> table{};
    for (int c = 0; c < 256; ++c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        if (c == ' ' || (c >= '\t' && c <= '\r')) table[c] = space;
        if (c >= '0' && c <= '9') table[c] = digit | word_part;
        if (letter) table[c] = word_start | word_part;
        if (c == '$') table[c] = word_part;
        if (std::string_view("+-*/<>=~!@#%^&|`?").find(static_cast<char>(c)) != std::string_view::npos) {
            table[c] = operator_part;
        }
    }
    return table;
}();

// Bytes of words, in lower case; 0 for all others.
inline constexpr auto word_bytes = [] {
    std::array<std::uint8_t, 256> table{};
    for (int c = 0; c < 256; ++c) {
        const bool upper = c >= 'A' && c <= 'Z';
        if ((classes[c] & word_part) != 0) table[c] = static_cast<std::uint8_t>(upper ? c - 'A' + 'a' : c);
    }
    return table;
}();
[[nodiscard]] inline std::uint8_t word_byte(char c) noexcept { return word_bytes[static_cast<std::uint8_t>(c)]; }
} // namespace lexical

[[nodiscard]] inline bool is_of(std::uint8_t wanted, char c) noexcept {
    return (lexical::classes[static_cast<std::uint8_t>(c)] & wanted) != 0;
}

class Lexer {
  public:
    explicit Lexer(std::string_view text, std::size_t start = 0) noexcept : text_(text), position_(start) {}

    // The next token, comments included and white space skipped. Always inlined: every statement's text is looked at,
    // token by token, and a call costs as much as a short token.
    [[nodiscard, gnu::always_inline]] Token next() noexcept {
        return next([](std::uint8_t) noexcept {});
    }

    // The same, and pass(byte) for each byte of a word, in lower case. What begins like a word and is none has been
    // passed too.
    template <typename Pass> [[nodiscard, gnu::always_inline]] Token next(Pass pass) noexcept {
        std::size_t start = position_;
        while (start < text_.size() && is_of(lexical::space, text_[start])) ++start;
        if (start >= text_.size()) {
            position_ = text_.size();
            return {TokenKind::end, start, 0};
        }
        // Most tokens are words and single marks.
        const char c = text_[start];
        std::size_t end = start + 1;
        if (is_of(lexical::word_start, c)) {
            pass(lexical::word_byte(c));
            for (; end < text_.size(); ++end) {
                const std::uint8_t byte = lexical::word_byte(text_[end]);
                if (byte == 0) break;
                pass(byte);
            }
            // What may be a string's prefix is not a word before one has looked.
            if (end - start <= 2 && end < text_.size() && (text_[end] == '\'' || text_[end] == '&')) {
                return next_other(start);
            }
            position_ = end;
            return {TokenKind::word, start, end - start};
        }
        const char second = end < text_.size() ? text_[end] : '\0';
        if (c == ',' || c == '(' || c == ')' || (c == '.' && !is_of(lexical::digit, second))) {
            position_ = end;
            return {TokenKind::punctuation, start, 1};
        }
        if (is_of(lexical::operator_part, c) && !is_of(lexical::operator_part, second)) {
            position_ = end;
            return {TokenKind::operator_, start, 1};
        }
        return next_other(start);
    }

    // Goes on from there. REQUIRES: the end of a token.
    void skip_to(std::size_t position) noexcept { position_ = position; }

    [[nodiscard]] std::string_view text_of(Token token) const noexcept {
        return text_.substr(token.start, token.length);
    }

  private:
    // The token that starts there, of any kind.
    [[nodiscard]] Token next_other(std::size_t start) noexcept;

    std::string_view text_;
    std::size_t position_;
};

// How deep a text nests and how long its longest chain of operators is, which bounds a parser's recursion.
struct Complexity {
    std::uint32_t depth;     // parentheses and brackets open at once
    std::uint32_t operators; // operators, comparison and concatenation included
};
[[nodiscard]] Complexity measure_complexity(std::string_view text) noexcept;

// Whether two words are equal without regard to ASCII case; `lower` must be lower case.
[[nodiscard]] bool equals_keyword(std::string_view word, std::string_view lower) noexcept;

} // namespace query_audit
