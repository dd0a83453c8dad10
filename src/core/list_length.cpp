#include "core/list_length.h"

#include <algorithm>

#include "core/lexer.h"

namespace query_audit {
namespace {

class Reader {
  public:
    explicit Reader(std::string_view text) noexcept : lexer_(text) { advance(); }

    [[nodiscard]] Token token() const noexcept { return token_; }
    [[nodiscard]] std::string_view text() const noexcept { return lexer_.text_of(token_); }
    [[nodiscard]] bool at_end() const noexcept { return token_.kind == TokenKind::end; }
    [[nodiscard]] bool at(char mark) const noexcept {
        return token_.kind == TokenKind::punctuation && text().front() == mark;
    }
    [[nodiscard]] bool at_word(std::string_view word) const noexcept {
        return token_.kind == TokenKind::word && equals_keyword(text(), word);
    }
    [[nodiscard]] bool at_value() const noexcept {
        return token_.kind == TokenKind::string || token_.kind == TokenKind::number ||
               token_.kind == TokenKind::parameter;
    }

    void advance() noexcept {
        do {
            token_ = lexer_.next();
        } while (token_.kind == TokenKind::comment);
    }

  private:
    Lexer lexer_;
    Token token_{};
};

// Of an array's literal, '{1,2,"a,b"}'.
std::int32_t elements_of(std::string_view literal) noexcept {
    const std::size_t open = literal.find('{');
    if (open == std::string_view::npos || literal.substr(open + 1).starts_with('}')) return 0;
    std::int32_t elements = 1;
    bool quoted = false;
    for (std::size_t i = open + 1; i < literal.size(); ++i) {
        if (literal[i] == '\\') {
            ++i;
        } else if (literal[i] == '"') {
            quoted = !quoted;
        } else if (literal[i] == ',' && !quoted) {
            ++elements;
        }
    }
    return elements;
}

// Stands behind IN or ANY; reads no further than the list. What holds anything but values is none.
std::int32_t read_list(Reader &reader, bool any) noexcept {
    if (!reader.at('(')) return 0;
    reader.advance();
    bool array = false;
    if (any) {
        while (reader.at('(')) reader.advance();
        array = reader.at_word("array");
        if (array) reader.advance();
        if (array && !reader.at('[')) return 0;
        if (array) reader.advance();
        if (!array) {
            const bool literal = reader.token().kind == TokenKind::string;
            return literal ? elements_of(reader.text()) : 0;
        }
    }
    if (!reader.at_value() && reader.token().kind != TokenKind::operator_) return 0;
    std::int32_t elements = 1;
    // Inside of an element are its type's modifiers.
    for (int depth = 0; !reader.at_end(); reader.advance()) {
        if (reader.at('(') || reader.at('[')) ++depth;
        if ((reader.at(')') || reader.at(']')) && depth-- == 0) break;
        if (reader.at(',') && depth == 0) ++elements;
    }
    return elements;
}

} // namespace

std::int32_t list_length(std::string_view text) noexcept {
    std::int32_t longest = 0;
    Reader reader(text);
    while (!reader.at_end()) {
        const bool in = reader.at_word("in");
        const bool any = reader.at_word("any");
        reader.advance();
        if (in || any) longest = std::max(longest, read_list(reader, any));
    }
    return longest;
}

} // namespace query_audit
