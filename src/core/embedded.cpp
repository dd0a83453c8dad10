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

constexpr std::string_view commands[] = {"prepare", "declare", "explain", "copy", "create"};
constexpr std::string_view introduced_commands[] = {"prepare", "declare", "create"};
constexpr std::string_view statements[] = {"select", "insert", "update", "delete", "merge", "with", "values", "table"};

} // namespace

std::size_t embedded_statement(std::string_view text) noexcept {
    Lexer lexer(text);
    Token token = next_token(lexer);
    if (token.kind != TokenKind::word || !is_one_of(lexer.text_of(token), commands)) return 0;
    // DECLARE c CURSOR WITH HOLD FOR, CREATE TABLE t AS: the words before AS and FOR are not the statement's.
    bool introduced = !is_one_of(lexer.text_of(token), introduced_commands);
    const bool copies = equals_keyword(lexer.text_of(token), "copy");
    token = next_token(lexer);
    if (copies && lexer.text_of(token) != "(") return 0; // a table, not a statement
    for (; token.kind != TokenKind::end; token = lexer.next()) {
        if (token.kind != TokenKind::word) continue;
        const std::string_view word = lexer.text_of(token);
        if (introduced && is_one_of(word, statements)) return token.start;
        if (is_one_of(word, introduced_commands)) introduced = false; // EXPLAIN CREATE TABLE t AS
        introduced = introduced || equals_keyword(word, "as") || equals_keyword(word, "for");
    }
    return 0;
}

} // namespace query_audit
