// The statements of test/corpus, and their texts taken apart and put together again in other ways.
#pragma once

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/lexer.h"

namespace query_audit::test {

struct CorpusStatement {
    std::string expected; // kind and flags, as the line before it says
    std::string text;
};

// Each statement stands below a line that begins with "--:".
inline std::vector<CorpusStatement> read_corpus(const std::filesystem::path &file) {
    std::ifstream in(file);
    std::vector<CorpusStatement> statements;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("--:")) {
            statements.push_back({line.substr(3), {}});
        } else if (!statements.empty()) {
            statements.back().text += (statements.back().text.empty() ? "" : "\n") + line;
        }
    }
    for (CorpusStatement &statement : statements) {
        while (!statement.text.empty() && std::isspace(static_cast<unsigned char>(statement.text.back())) != 0) {
            statement.text.pop_back();
        }
    }
    return statements;
}

inline std::string lower(std::string_view text) {
    std::string result(text);
    for (char &c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
}

inline std::string upper(std::string_view text) {
    std::string result(text);
    for (char &c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return result;
}

// A text as its tokens, each with the space before it.
struct Piece {
    TokenKind kind;
    std::string space;
    std::string text;
    std::string word; // in lower case
    int depth;        // of parentheses and brackets around it
    std::size_t start;
};

class Pieces {
  public:
    explicit Pieces(std::string_view text) {
        Lexer lexer(text);
        std::size_t end = 0;
        int depth = 0;
        for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
            const std::string_view word = lexer.text_of(token);
            if (word == ")" || word == "]") --depth;
            pieces_.push_back({token.kind, std::string(text.substr(end, token.start - end)), std::string(word),
                               lower(word), depth, token.start});
            if (word == "(" || word == "[") ++depth;
            end = token.start + token.length;
        }
    }

    [[nodiscard]] std::size_t size() const { return pieces_.size(); }
    [[nodiscard]] const Piece &operator[](std::size_t i) const { return pieces_[i]; }

    [[nodiscard]] bool is(std::size_t i, std::string_view word, int depth = -1) const {
        return i < size() && pieces_[i].word == word && (depth < 0 || pieces_[i].depth == depth);
    }

    // Each token as change() writes it, with its space.
    [[nodiscard]] std::string map(const std::function<std::string(std::size_t, const Piece &)> &change) const {
        std::string text;
        for (std::size_t i = 0; i < size(); ++i) text += change(i, pieces_[i]);
        return text;
    }

    // With tokens [from, to) replaced.
    [[nodiscard]] std::string replace(std::size_t from, std::size_t to, const std::string &text) const {
        const std::string by = text + " ";
        return map([&](std::size_t i, const Piece &piece) {
                   if (i < from || i >= to)
                       return (i == to && from == to ? " " + by : std::string()) + piece.space + piece.text;
                   return i == from ? " " + by : std::string();
               }) +
               (from == size() ? " " + by : std::string());
    }

    // The first token from `i` on that is one of the words, at this depth; size() without one.
    [[nodiscard]] std::size_t find(std::size_t i, const std::vector<std::string_view> &words, int depth) const {
        for (; i < size(); ++i) {
            if (pieces_[i].depth == depth && std::find(words.begin(), words.end(), pieces_[i].word) != words.end()) {
                return i;
            }
        }
        return size();
    }

    // The end of what begins with an opening parenthesis or bracket at `i`.
    [[nodiscard]] std::size_t closing(std::size_t i) const { return find(i + 1, {")", "]"}, pieces_[i].depth); }

    [[nodiscard]] std::string text(std::size_t from, std::size_t to) const {
        std::string result;
        for (; from < to; ++from) result += pieces_[from].space + pieces_[from].text;
        return result;
    }

    // The outermost level's WHERE: its condition's tokens; empty without one.
    struct Range {
        std::size_t from;
        std::size_t to;
        [[nodiscard]] bool empty() const { return from >= to; }
    };
    [[nodiscard]] Range where() const {
        const std::size_t where = find(0, {"where"}, 0);
        if (where == size()) return {0, 0};
        return {where + 1, find(where + 1, after_where, 0)};
    }
    [[nodiscard]] Range order_by() const {
        std::size_t order = find(0, {"order"}, 0);
        return order == size() ? Range{0, 0} : Range{order, find(order + 1, after_order, 0)};
    }
    [[nodiscard]] Range limit() const {
        const std::size_t limit = find(0, {"limit", "offset", "fetch"}, 0);
        return limit == size() ? Range{0, 0} : Range{limit, find(limit + 1, {"for", ";"}, 0)};
    }

    static inline const std::vector<std::string_view> after_order = {"limit", "offset", "fetch", "for", ";"};
    static inline const std::vector<std::string_view> after_where = {
        "group", "having", "window",    "order",  "limit",     "offset", "fetch",
        "for",   "union",  "intersect", "except", "returning", ";"};

  private:
    std::vector<Piece> pieces_;
};

} // namespace query_audit::test
