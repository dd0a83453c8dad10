#include "core/source_text.h"

#include <algorithm>
#include <array>

#include "core/text.h"

namespace query_audit {
namespace {

// First words of the commands that are not parsed. What begins with another word is a statement, or a mistake.
constexpr std::array<std::string_view, 44> utility_words = {
    "abort",    "alter",     "analyse",  "analyze",  "begin",      "call",    "checkpoint", "close",   "cluster",
    "comment",  "commit",    "copy",     "create",   "deallocate", "declare", "discard",    "do",      "drop",
    "end",      "execute",   "explain",  "fetch",    "grant",      "import",  "listen",     "load",    "lock",
    "move",     "notify",    "prepare",  "reassign", "refresh",    "reindex", "release",    "reset",   "revoke",
    "rollback", "savepoint", "security", "set",      "show",       "start",   "truncate",   "unlisten"};

// Follows one statement's words far enough to know whether it creates a function or procedure, whose body may hold
// semicolons between BEGIN and END. CASE has an END too.
class BodyTracker {
  public:
    void add(std::string_view word) noexcept {
        if (words_ < first_.size()) {
            first_[words_] = letter_of(word);
        }
        ++words_;
        if (!creates_routine()) return;
        if (equals_keyword(word, "begin")) {
            ++depth_;
        } else if (equals_keyword(word, "case") && depth_ > 0) {
            ++depth_;
        } else if (equals_keyword(word, "end") && depth_ > 0) {
            --depth_;
        }
    }
    [[nodiscard]] bool in_body() const noexcept { return depth_ > 0; }

  private:
    static char letter_of(std::string_view word) noexcept {
        if (equals_keyword(word, "create")) return 'c';
        if (equals_keyword(word, "or")) return 'o';
        if (equals_keyword(word, "replace")) return 'r';
        if (equals_keyword(word, "function") || equals_keyword(word, "procedure")) return 'f';
        return ' ';
    }
    [[nodiscard]] bool creates_routine() const noexcept {
        const std::string_view first(first_.data(), first_.size());
        return first.starts_with("cf") || first == "corf";
    }

    std::array<char, 4> first_ = {' ', ' ', ' ', ' '};
    std::size_t words_ = 0;
    int depth_ = 0;
};

bool is_utility_word(std::string_view word) noexcept {
    return std::any_of(utility_words.begin(), utility_words.end(),
                       [&](std::string_view one) { return equals_keyword(word, one); });
}

} // namespace

bool StatementSplitter::next(SourceStatement &out) noexcept {
    bool found = false;
    int parentheses = 0;
    BodyTracker body;
    for (Token token = lexer_.next(); token.kind != TokenKind::end; token = lexer_.next()) {
        if (token.kind == TokenKind::comment) continue;
        const char c = text_[token.start];
        if (token.kind == TokenKind::punctuation && c == ';' && parentheses == 0 && !body.in_body()) {
            if (found) return true;
            continue;
        }
        if (!found) {
            found = true;
            out = {token.start, 0, token.kind == TokenKind::word && is_utility_word(lexer_.text_of(token))};
        }
        out.length = token.start + token.length - out.start;
        if (token.kind == TokenKind::word && parentheses == 0) body.add(lexer_.text_of(token));
        if (token.kind == TokenKind::punctuation && c == '(') ++parentheses;
        if (token.kind == TokenKind::punctuation && c == ')' && parentheses > 0) --parentheses;
    }
    return found;
}

SourcePosition PositionFinder::find(std::size_t byte) noexcept {
    for (const std::size_t end = std::min(byte, text_.size()); at_ < end; ++at_) {
        if (text_[at_] == '\n') {
            ++here_.line;
            here_.column = 0;
        }
        const bool inside_character =
            at_ + 1 < text_.size() && (static_cast<unsigned char>(text_[at_ + 1]) & 0xC0) == 0x80;
        here_.position += !inside_character;
        here_.column += !inside_character;
    }
    return here_;
}

std::string_view snippet_at(std::string_view text, std::size_t byte) noexcept {
    if (byte >= text.size()) return {};
    std::size_t end = byte;
    int open = 0;
    Lexer lexer(text, byte);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        const std::size_t token_end = token.start + token.length;
        const std::string_view between = text.substr(end, token.start - end);
        if (token.kind == TokenKind::comment || between.find('\n') != std::string_view::npos) break;
        const char c = text[token.start];
        if (token.kind == TokenKind::punctuation && (c == ';' || (c == ')' && open == 0))) break;
        if (token.kind == TokenKind::punctuation && (c == '(' || c == ')')) open += c == '(' ? 1 : -1;
        if (token_end - byte > snippet_bytes) {
            if (end == byte) end = byte + utf8_prefix(text.substr(byte), snippet_bytes).size();
            break;
        }
        end = token_end;
    }
    return text.substr(byte, end - byte);
}

} // namespace query_audit
