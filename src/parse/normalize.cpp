#include <cstdint>
#include <string>
#include <utility>

#include "core/lexer.h"
#include "parse/constants.h"
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

// Writes one line without comments, with a parameter for each constant at these places, and for each literal that is
// left. Constants are numbered first.
class Writer {
  public:
    Writer(std::string_view text, const std::int32_t *constants, std::size_t count)
        : text_(text), constant_(constants), end_(constants + count),
          number_(text.find('$') != std::string_view::npos ? highest_parameter(text) : 0),
          literal_number_(number_ + count) {
        out_.reserve(text.size());
    }

    std::string write() {
        std::string_view before;
        std::size_t end = 0;
        bool negative = false; // a constant's sign was written with it
        Lexer lexer(text_);
        for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
            if (token.kind == TokenKind::comment) continue;
            const std::string_view word = lexer.text_of(token);
            const bool written = negative && token.kind == TokenKind::number;
            negative = false;
            if (!written) {
                if (token.start > end && !out_.empty()) out_ += ' ';
                if (is_constant(token)) {
                    negative = token.kind == TokenKind::operator_;
                    add_constant(token);
                } else if (token.kind == TokenKind::string || (token.kind == TokenKind::number && !may_stay(before))) {
                    add_parameter(++literal_number_);
                } else {
                    out_ += word;
                }
            }
            end = token.start + token.length;
            before = word;
        }
        while (!out_.empty() && (out_.back() == ';' || out_.back() == ' ')) out_.pop_back();
        return std::move(out_);
    }

  private:
    [[nodiscard]] bool is_constant(const Token &token) noexcept {
        while (constant_ != end_ && static_cast<std::size_t>(*constant_) < token.start) ++constant_;
        return constant_ != end_ && static_cast<std::size_t>(*constant_) < token.start + token.length;
    }

    // The lexer joins a sign to the operator before it when they touch.
    void add_constant(const Token &token) {
        const auto start = static_cast<std::size_t>(*constant_++);
        if (token.kind == TokenKind::operator_) out_ += text_.substr(token.start, start - token.start);
        add_parameter(++number_);
    }

    void add_parameter(std::uint64_t number) {
        // Not to_string or to_chars: their table is a unique global symbol, which would leave the closed object.
        char symbol[24];
        char *const end = symbol + sizeof symbol;
        char *first = end;
        do *--first = static_cast<char>('0' + number % 10);
        while ((number /= 10) > 0);
        *--first = '$';
        out_.append(first, end);
    }

    std::string_view text_;
    const std::int32_t *constant_;
    const std::int32_t *end_;
    std::uint64_t number_;
    std::uint64_t literal_number_;
    std::string out_;
};

ParseStatus normalize(std::string_view text, const std::int32_t *constants, std::int32_t count, std::string &out) {
    if (count >= 0) {
        out = Writer(text, constants, static_cast<std::size_t>(count)).write();
        return ParseStatus::ok;
    }
    std::string normal;
    if (!library_normalize(std::string(text), normal)) return ParseStatus::out_of_memory;
    out = Writer(normal, nullptr, 0).write();
    return ParseStatus::ok;
}

} // namespace

extern "C" ParseStatus query_audit_normalize(const char *text, std::size_t length, std::size_t max_bytes,
                                             const ParsedStatement *parsed, char *out, std::size_t capacity) noexcept {
    if (capacity > 0) out[0] = '\0';
    try {
        // The library's normaliser reads out of bounds on some utility statements, so it gets none.
        std::string normal;
        ParseStatus status;
        if (parsed != nullptr) {
            status = normalize({text, length}, parsed->constants, parsed->constant_count, normal);
        } else {
            parse::Tree tree;
            status = tree.parse({text, length}, max_bytes, nullptr);
            if (status != ParseStatus::ok) return status;
            std::int32_t constants[max_constants];
            const std::int32_t count = parse::find_constants(tree.statement(), constants);
            status = normalize({text, length}, constants, count, normal);
        }
        if (status == ParseStatus::ok) parse::copy_text(normal, out, capacity);
        return status;
    } catch (...) {
        return ParseStatus::out_of_memory;
    }
}

} // namespace query_audit
