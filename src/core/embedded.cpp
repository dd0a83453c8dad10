#include "core/embedded.h"

#include <algorithm>

#include "core/lexer.h"

namespace query_audit {
namespace {

template <std::size_t count> bool is_one_of(std::string_view word, const std::string_view (&keywords)[count]) noexcept {
    return std::any_of(std::begin(keywords), std::end(keywords),
                       [word](std::string_view keyword) { return equals_keyword(word, keyword); });
}

Token next_token(Lexer &lexer) noexcept {
    Token token = lexer.next();
    while (token.kind == TokenKind::comment) token = lexer.next();
    return token;
}

// Bytes up to the parenthesis that closes one opened before the text.
std::size_t length_in_parentheses(std::string_view text) noexcept {
    std::size_t depth = 1;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        if (token.kind != TokenKind::punctuation) continue;
        if (text[token.start] == '(') ++depth;
        if (text[token.start] == ')' && --depth == 0) return token.start;
    }
    return text.size();
}

constexpr std::string_view commands[] = {"prepare", "declare", "explain", "copy", "create"};
constexpr std::string_view introduced_commands[] = {"prepare", "declare", "create"};
constexpr std::string_view statements[] = {"select", "insert", "update", "delete", "merge", "with", "values", "table"};

} // namespace

[[gnu::hot]] std::string_view embedded_statement(std::string_view text) noexcept {
    // Most texts begin with SELECT, INSERT, UPDATE or WITH.
    const char first = text.empty() ? '\0' : static_cast<char>(text[0] | 0x20);
    if (first == 's' || first == 'i' || first == 'u' || first == 'w') return text;
    Lexer lexer(text);
    Token token = next_token(lexer);
    if (token.kind != TokenKind::word || !is_one_of(lexer.text_of(token), commands)) return text;
    // DECLARE c CURSOR WITH HOLD FOR, CREATE TABLE t AS: the words before AS and FOR are not the statement's.
    bool introduced = !is_one_of(lexer.text_of(token), introduced_commands);
    const bool copies = equals_keyword(lexer.text_of(token), "copy");
    token = next_token(lexer);
    if (copies && lexer.text_of(token) != "(") return text; // a table, not a statement
    bool in_parentheses = false;
    for (; token.kind != TokenKind::end; token = next_token(lexer)) {
        const std::string_view word = lexer.text_of(token);
        if (token.kind == TokenKind::word) {
            if (introduced && is_one_of(word, statements)) {
                const std::string_view statement = text.substr(token.start);
                return in_parentheses ? statement.substr(0, length_in_parentheses(statement)) : statement;
            }
            if (is_one_of(word, introduced_commands)) introduced = false; // EXPLAIN CREATE TABLE t AS
            introduced = introduced || equals_keyword(word, "as") || equals_keyword(word, "for");
        }
        in_parentheses = word == "(";
    }
    return text;
}

} // namespace query_audit
