#include "parse/guard.h"

#include <algorithm>
#include <array>

#include "core/lexer.h"

namespace query_audit::parse {
namespace {

constexpr std::uint32_t links_of_a_parenthesis = 2;
// Nothing makes more links than a parenthesis, so no text of so few bytes is too deep.
constexpr std::size_t bytes_never_too_deep = std::min(max_depth, max_links / links_of_a_parenthesis);

// Words that can follow each other without end and nest the tree one deeper each time.
constexpr std::array<std::string_view, 17> chaining_words = {
    "not",     "is", "isnull",   "notnull",  "collate", "at",   "like", "ilike", "similar",
    "between", "in", "operator", "overlaps", "escape",  "some", "any",  "all"};

// These nest across the commas of their level too.
constexpr std::array<std::string_view, 4> level_words = {"union", "intersect", "except", "join"};

template <std::size_t N> bool is_one_of(std::string_view word, const std::array<std::string_view, N> &words) noexcept {
    return std::any_of(words.begin(), words.end(), [&](std::string_view one) { return equals_keyword(word, one); });
}

// One open parenthesis. Commas, ORs and ANDs end a chain, as the grammar makes one flat list of them: a long list of
// short expressions is not deep.
struct Open {
    std::uint32_t chain = 0;   // links in this segment
    std::uint32_t inside = 0;  // the deepest closed group in this segment
    std::uint32_t deepest = 0; // of the segments before
    std::uint32_t level = 0;   // links that nothing ends
    std::uint32_t cases = 0;   // CASEs without their END
    bool between = false;      // so an AND may not be a conjunction

    void end_segment() noexcept {
        if (cases > 0) return;
        deepest = std::max(deepest, chain + inside);
        chain = inside = 0;
        between = false;
    }
    void add_word(std::string_view word) noexcept;
    [[nodiscard]] std::uint32_t links() const noexcept { return std::max(deepest, chain + inside) + level; }
};

void Open::add_word(std::string_view word) noexcept {
    if (equals_keyword(word, "or") || (equals_keyword(word, "and") && !between)) end_segment();
    if (equals_keyword(word, "case")) {
        ++cases;
        chain += 2;
    } else if (equals_keyword(word, "end") && cases > 0) {
        --cases;
    }
    if (equals_keyword(word, "between")) between = true;
    if (is_one_of(word, chaining_words)) ++chain;
    if (is_one_of(word, level_words)) ++level;
}

} // namespace

bool nests_too_deep(std::string_view text) noexcept {
    if (text.size() <= bytes_never_too_deep) return false;
    const Complexity complexity = measure_complexity(text);
    if (complexity.depth > max_depth || complexity.operators > max_operators) return true;

    std::array<Open, max_depth + 1> open{};
    std::size_t depth = 0;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        if (token.kind == TokenKind::operator_) {
            // The lexer joins the signs of `- - 1` only when they touch; each sign may be an operator of its own.
            open[depth].chain += static_cast<std::uint32_t>(token.length);
        } else if (token.kind == TokenKind::word) {
            open[depth].add_word(lexer.text_of(token));
        } else if (token.kind == TokenKind::punctuation) {
            const char c = text[token.start];
            if ((c == '(' || c == '[') && depth < max_depth) {
                open[++depth] = Open{};
            } else if ((c == ')' || c == ']') && depth > 0) {
                const std::uint32_t links = open[depth].links() + links_of_a_parenthesis;
                --depth;
                open[depth].inside = std::max(open[depth].inside, links);
            } else if (c == ',') {
                open[depth].end_segment();
            }
        }
    }
    std::uint32_t links = 0;
    for (std::size_t i = 0; i <= depth; ++i) links += open[i].links();
    return links > max_links;
}

} // namespace query_audit::parse
