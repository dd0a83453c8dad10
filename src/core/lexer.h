// A lexer for SQL as PostgreSQL writes it: enough to find comments, literals and nesting, never to understand.
//
// Reads any bytes, valid SQL or not, and always ends: every call advances or returns end. Holds no state but a
// position, allocates nothing, throws nothing. Assumes standard_conforming_strings = on, as PostgreSQL has by default:
// a backslash escapes only in E'...' strings.
#pragma once

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

class Lexer {
  public:
    explicit Lexer(std::string_view text, std::size_t start = 0) noexcept : text_(text), position_(start) {}

    // The next token, comments included and white space skipped.
    [[nodiscard]] Token next() noexcept;

    [[nodiscard]] std::string_view text_of(Token token) const noexcept {
        return text_.substr(token.start, token.length);
    }

  private:
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
