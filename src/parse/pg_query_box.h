// Owners for what libpg_query hands out. The only file that includes its headers; private to src/parse.
//
// The library's results are malloc'ed and freed here on every path. A tree's nodes are the library's mutable structs,
// and live as long as their Tree: nothing in them is ever freed alone, and what is linked into them must come from the
// Tree's arena (see tree_edit.h).
#pragma once

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "parse/arena.h"
#include "parse/parse.h"

namespace query_audit::parse {

using Node = PgQuery__Node;
using SelectStmt = PgQuery__SelectStmt;

struct SyntaxError {
    std::string message;
    std::int32_t position = -1; // byte offset in the text, or -1
};

// What one call of the library has parsed, in the library's own memory, which it is owner of.
struct Parsed {
    PgQuery__ParseResult tree = PG_QUERY__PARSE_RESULT__INIT;
    std::uint64_t fingerprint = 0; // the library's own, never 0, of just one DML statement; else 0
    void *memory = nullptr;        // a memory context of the library's

    Parsed() = default;
    ~Parsed();
    Parsed(const Parsed &) = delete;
    Parsed &operator=(const Parsed &) = delete;
};

// The raw parse tree of one DML statement.
class Tree {
  public:
    Tree() = default;
    Tree(const Tree &) = delete;
    Tree &operator=(const Tree &) = delete;

    // Checks the text against the guards, then parses it, once in a Tree's life. The tree is only set when the status
    // is ok; *error, which may be null, only when it is syntax_error. Throws std::bad_alloc.
    [[nodiscard]] ParseStatus parse(std::string_view text, std::size_t max_bytes, SyntaxError *error);

    [[nodiscard]] Node *statement() const noexcept { return parsed_.tree.stmts[0]->stmt; }
    [[nodiscard]] const char *text() const noexcept { return text_.c_str(); } // as parsed, NUL-terminated
    // The library's own. See fingerprint.h.
    [[nodiscard]] std::uint64_t library_fingerprint() const noexcept { return parsed_.fingerprint; }
    [[nodiscard]] Arena &arena() noexcept { return arena_; }

    // The text of the tree as it is now; false when the library cannot write it.
    [[nodiscard]] bool deparse(std::string &out);

  private:
    std::string text_;
    Parsed parsed_;
    Arena arena_;
};

// The library's own normal form of a text that has been parsed as DML, with comments and perhaps a literal left; false
// on any failure. grouped: it may have a GROUP BY.
[[nodiscard]] bool normalize(const char *text, bool grouped, std::string &out);

} // namespace query_audit::parse
