// Hands parse trees over between libpg_query and a Tree as they are. Private to src/parse.
//
// The library would pack the messages of what it parsed into bytes, for its caller to unpack, and unpack those of what
// it deparses. With protobuf-c that takes far longer than the parser: packing measures each message once for every
// message around it, and looks at every type that a Node might have. So the linker (--wrap; see the Makefile) puts
// the functions of handover.cpp between the library and its calls. In a thread without a Handover they do what the
// library's own do.
#pragma once

#include <csetjmp>

#include <cstdint>

#include "parse/pg_query_box.h"

namespace query_audit::parse {

// For one call of the library, in this thread; at most one at a time.
class Handover {
  public:
    // What is parsed meanwhile, and the memory that it is in.
    explicit Handover(Parsed &parsed) noexcept;
    // What is deparsed meanwhile is this tree, whatever bytes are given.
    explicit Handover(PgQuery__ParseResult &tree) noexcept;
    ~Handover();
    Handover(const Handover &) = delete;
    Handover &operator=(const Handover &) = delete;

    // What the library is to deparse.
    [[nodiscard]] PgQuery__ParseResult *tree() const noexcept { return tree_; }

    [[nodiscard]] static Handover *current() noexcept;
    [[nodiscard]] bool receives() const noexcept { return parsed_ != nullptr; }
    void take_tree(const PgQuery__ParseResult &parsed) noexcept;
    void take_fingerprint(const void *nodes) noexcept; // of that tree
    void take_memory(void *context) noexcept;

  private:
    Parsed *parsed_ = nullptr; // null: a tree is handed to the library
    PgQuery__ParseResult *tree_ = nullptr;
};

// The library's normaliser gives an expression of the output and an equal one of GROUP BY the same parameters. For that
// it fingerprints each expression of the output, at half of its cost. While one of these lives, in this thread, it does
// without when that is wanted: for texts that have no GROUP BY.
class WithoutFingerprints {
  public:
    explicit WithoutFingerprints(bool wanted) noexcept;
    ~WithoutFingerprints();
    WithoutFingerprints(const WithoutFingerprints &) = delete;
    WithoutFingerprints &operator=(const WithoutFingerprints &) = delete;
};

// Where a call of the library goes on when the library would abort, as it does where memory runs out in a fingerprint.
// Null: there it may.
extern constinit thread_local sigjmp_buf *library_exit;

// Gives back the memory of a call of the library that was left in its midst.
void leave_library() noexcept;

} // namespace query_audit::parse
