#include "core/lexer.h"

namespace query_audit {
namespace {

bool is_space(char c) noexcept { return is_of(lexical::space, c); }
bool is_digit(char c) noexcept { return is_of(lexical::digit, c); }
bool is_word(char c) noexcept { return is_of(lexical::word_part, c); }
bool is_operator(char c) noexcept { return is_of(lexical::operator_part, c); }

// Scanners take the text and the position of their first byte, and return the position after their last.

std::size_t scan_block_comment(std::string_view text, std::size_t at) noexcept {
    std::size_t depth = 0;
    while (at < text.size()) {
        if (text.substr(at, 2) == "/*") {
            ++depth;
            at += 2;
        } else if (text.substr(at, 2) == "*/") {
            at += 2;
            if (--depth == 0) return at;
        } else {
            ++at;
        }
    }
    return text.size();
}

std::size_t scan_line_comment(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && text[at] != '\n' && text[at] != '\r') ++at;
    return at;
}

// From the opening quote. A doubled quote is part of the content, and so is what a backslash escapes.
std::size_t scan_quoted(std::string_view text, std::size_t at, bool backslash_escapes) noexcept {
    const char quote = text[at++];
    while (at < text.size()) {
        if (text[at] == '\\' && backslash_escapes) {
            at += 2;
        } else if (text[at] != quote) {
            ++at;
        } else if (at + 1 < text.size() && text[at + 1] == quote) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    return text.size();
}

// Where the string that ended before `at` goes on: PostgreSQL joins strings that a line break separates, comments to
// the end of line included. Returns `at` itself where it does not.
std::size_t next_segment(std::string_view text, std::size_t at) noexcept {
    bool line_break = false;
    for (std::size_t i = at; i < text.size();) {
        if (is_space(text[i])) {
            line_break = line_break || text[i] == '\n' || text[i] == '\r';
            ++i;
        } else if (text.substr(i, 2) == "--") {
            i = scan_line_comment(text, i);
        } else {
            return line_break && text[i] == '\'' ? i : at;
        }
    }
    return at;
}

// A string with all its segments; the escapes of the first are those of all.
std::size_t scan_string(std::string_view text, std::size_t at, bool backslash_escapes) noexcept {
    for (;;) {
        const std::size_t end = scan_quoted(text, at, backslash_escapes);
        at = next_segment(text, end);
        if (at == end) return end;
    }
}

// $tag$ ... $tag$; returns `at` itself where no dollar quote starts.
std::size_t scan_dollar_quoted(std::string_view text, std::size_t at) noexcept {
    std::size_t open_end = at + 1;
    if (open_end < text.size() && is_digit(text[open_end])) return at;
    while (open_end < text.size() && text[open_end] != '$' && is_word(text[open_end])) ++open_end;
    if (open_end >= text.size() || text[open_end] != '$') return at;
    const std::string_view delimiter = text.substr(at, open_end + 1 - at);
    const std::size_t close = text.find(delimiter, open_end + 1);
    return close == std::string_view::npos ? text.size() : close + delimiter.size();
}

std::size_t scan_number(std::string_view text, std::size_t at) noexcept {
    // Most are whole and short.
    std::size_t end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == text.size() || (!is_word(text[end]) && text[end] != '.')) return end;
    const bool decimal = at + 1 >= text.size() || (text[at + 1] != 'x' && text[at + 1] != 'X');
    while (at < text.size()) {
        const char c = text[at];
        if (is_word(c) || (c == '.' && text.substr(at, 2) != "..")) {
            ++at;
            const bool exponent = decimal && (c == 'e' || c == 'E') && at + 1 < text.size() &&
                                  (text[at] == '+' || text[at] == '-') && is_digit(text[at + 1]);
            if (exponent) ++at;
        } else {
            break;
        }
    }
    return at;
}

// An operator ends where a comment starts.
std::size_t scan_operator(std::string_view text, std::size_t at) noexcept {
    const std::size_t start = at;
    while (at < text.size() && is_operator(text[at])) {
        const std::string_view two = text.substr(at, 2);
        if (at > start && (two == "--" || two == "/*")) break;
        ++at;
    }
    return at;
}

// A string may have a one-letter prefix (E, B, X, N) or U&; the prefix belongs to the token.
std::size_t string_prefix_length(std::string_view text, std::size_t at) noexcept {
    const char c = text[at];
    const char second = at + 1 < text.size() ? text[at + 1] : '\0';
    if (second == '\'' && std::string_view("eEbBxXnN").find(c) != std::string_view::npos) return 1;
    const bool unicode = (c == 'u' || c == 'U') && second == '&' && at + 2 < text.size();
    return unicode && (text[at + 2] == '\'' || text[at + 2] == '"') ? 2 : 0;
}

} // namespace

[[gnu::hot]] Token Lexer::next_other(std::size_t start) noexcept {
    const char *const text = text_.data();
    const std::size_t size = text_.size();
    const auto finish = [&](TokenKind kind, std::size_t end) noexcept {
        position_ = end < size ? end : size;
        return Token{kind, start, position_ - start};
    };
    const char c = text[start];
    const char second = start + 1 < size ? text[start + 1] : '\0';
    if (is_of(lexical::word_start, c)) {
        if (const std::size_t prefix = string_prefix_length(text_, start); prefix > 0) {
            const std::size_t quote = start + prefix;
            if (text[quote] == '"') return finish(TokenKind::identifier, scan_quoted(text_, quote, false));
            return finish(TokenKind::string, scan_string(text_, quote, c == 'e' || c == 'E'));
        }
        std::size_t end = start + 1;
        while (end < size && is_word(text[end])) ++end;
        return finish(TokenKind::word, end);
    }
    if (is_digit(c) || (c == '.' && is_digit(second))) return finish(TokenKind::number, scan_number(text_, start));
    switch (c) {
    case '\'':
        return finish(TokenKind::string, scan_string(text_, start, false));
    case '"':
        return finish(TokenKind::identifier, scan_quoted(text_, start, false));
    case '$':
        if (is_digit(second)) {
            std::size_t end = start + 1;
            while (end < size && is_digit(text[end])) ++end;
            return finish(TokenKind::parameter, end);
        }
        if (const std::size_t end = scan_dollar_quoted(text_, start); end > start) {
            return finish(TokenKind::string, end);
        }
        break;
    case '-':
        if (second == '-') return finish(TokenKind::comment, scan_line_comment(text_, start));
        break;
    case '/':
        if (second == '*') return finish(TokenKind::comment, scan_block_comment(text_, start));
        break;
    case ':':
        if (second == ':') return finish(TokenKind::operator_, start + 2);
        break;
    default:
        break;
    }
    if (is_operator(c)) return finish(TokenKind::operator_, scan_operator(text_, start));
    return finish(TokenKind::punctuation, start + 1);
}

Complexity measure_complexity(std::string_view text) noexcept {
    Complexity complexity{0, 0};
    std::uint32_t depth = 0;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        if (token.kind == TokenKind::operator_) {
            ++complexity.operators;
        } else if (token.kind == TokenKind::word) {
            // A chain of NOT or CASE nests without a parenthesis; counting them as operators bounds that too.
            const std::string_view word = text.substr(token.start, token.length);
            if (equals_keyword(word, "not") || equals_keyword(word, "case")) ++complexity.operators;
        } else if (token.kind == TokenKind::punctuation) {
            const char c = text[token.start];
            if (c == '(' || c == '[') {
                if (++depth > complexity.depth) complexity.depth = depth;
            } else if ((c == ')' || c == ']') && depth > 0) {
                --depth;
            }
        }
    }
    return complexity;
}

[[gnu::hot]] bool equals_keyword(std::string_view word, std::string_view lower) noexcept {
    if (word.size() != lower.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
        const char c = word[i] >= 'A' && word[i] <= 'Z' ? static_cast<char>(word[i] - 'A' + 'a') : word[i];
        if (c != lower[i]) return false;
    }
    return true;
}

} // namespace query_audit
