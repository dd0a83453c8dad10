// A text of several SQL statements: where each stands, and where a byte of it is as people count.
//
// Holds no state but a position, allocates nothing, throws nothing, reads any bytes. Texts are UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/lexer.h"

namespace query_audit {

struct SourceStatement {
    std::size_t start;  // byte offset of its first word
    std::size_t length; // without the semicolon, white space and comments after it
    bool is_utility;    // begins with the word of a command that is no SELECT, INSERT, UPDATE, DELETE, MERGE
};

// Splits at semicolons as psql does: not at those in parentheses (CREATE RULE), and not at those in the body of a
// function (BEGIN ATOMIC ... END). psql's own commands are no SQL and are not looked for.
class StatementSplitter {
  public:
    explicit StatementSplitter(std::string_view text) noexcept : text_(text), lexer_(text) {}

    // The next statement that is not empty; false at the end of the text.
    [[nodiscard]] bool next(SourceStatement &out) noexcept;

  private:
    std::string_view text_;
    Lexer lexer_;
};

// All from 1. A position counts characters from the text's start, as PostgreSQL's error positions do.
struct SourcePosition {
    std::int32_t position;
    std::int32_t line;
    std::int32_t column;
};

// Positions of ascending bytes, found in one pass.
class PositionFinder {
  public:
    explicit PositionFinder(std::string_view text) noexcept : text_(text) {}

    // REQUIRES: byte is no less than at the call before.
    [[nodiscard]] SourcePosition find(std::size_t byte) noexcept;

  private:
    std::string_view text_;
    std::size_t at_ = 0;
    SourcePosition here_{1, 1, 1};
};

constexpr std::size_t snippet_bytes = 80;

// What stands at a byte, to the end of its line or of the text, whole tokens of at most snippet_bytes, and not past the
// parenthesis that closes around it.
[[nodiscard]] std::string_view snippet_at(std::string_view text, std::size_t byte) noexcept;

} // namespace query_audit
