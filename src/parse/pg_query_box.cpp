#include "parse/pg_query_box.h"

#include <csetjmp>

#include "parse/guard.h"
#include "parse/handover.h"
#include "parse/text.h"
#include "parse/tree.h"

// The library's own, in no installed header.
extern "C" {
extern thread_local constinit sigjmp_buf *PG_exception_stack;
extern thread_local constinit void *TopMemoryContext;
extern thread_local constinit void *CurrentMemoryContext;
extern thread_local constinit void *ErrorContext;
void FlushErrorState(void);
}

namespace query_audit::parse {
namespace {

// Calls the library. Where memory runs out outside of what it catches itself, it would end the process: then the call
// is left, its memory is given back, and the answer is false. What is called must hold no object with a destructor.
template <typename Result>
bool call_library(Result (*function)(const char *), const char *text, Result &result) noexcept {
    static constinit thread_local bool called = false;
    // Without memory for its own beginnings it cannot be called again.
    if (called && (TopMemoryContext == nullptr || ErrorContext == nullptr)) return false;
    called = true;
    sigjmp_buf *const outer = PG_exception_stack;
    sigjmp_buf here;
    if (sigsetjmp(here, 0) != 0) {
        PG_exception_stack = outer;
        library_exit = nullptr;
        if (TopMemoryContext != nullptr && ErrorContext != nullptr) {
            FlushErrorState();
            CurrentMemoryContext = TopMemoryContext;
            leave_library();
        }
        return false;
    }
    PG_exception_stack = library_exit = &here;
    result = function(text);
    PG_exception_stack = outer;
    library_exit = nullptr;
    return true;
}

// Calls the library's free function for a result at the end of the scope.
template <typename Result> class Owned {
  public:
    Owned(Result result, void (*free_result)(Result)) noexcept : result_(result), free_(free_result) {}
    ~Owned() { free_(result_); }
    Owned(const Owned &) = delete;
    Owned &operator=(const Owned &) = delete;
    const Result *operator->() const noexcept { return &result_; }

  private:
    Result result_;
    void (*free_)(Result);
};

// The library counts an error's position in characters from 1.
std::int32_t byte_offset(std::string_view text, int character) noexcept {
    if (character <= 0) return -1;
    std::size_t at = 0;
    for (int left = character - 1; left > 0 && at < text.size(); --left) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    }
    return static_cast<std::int32_t>(at);
}

} // namespace

ParseStatus Tree::parse(std::string_view text, std::size_t max_bytes, SyntaxError *error) {
    if (text.size() > max_bytes || nests_too_deep(text)) return ParseStatus::too_large;
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
        if (error != nullptr) *error = {"the text contains a NUL byte", static_cast<std::int32_t>(nul)};
        return ParseStatus::syntax_error;
    }
    text_ = text;
    blank_comments(text_);
    PgQueryProtobufParseResult parsed;
    {
        const Handover handover(parsed_);
        if (!call_library(pg_query_parse_protobuf, text_.c_str(), parsed)) return ParseStatus::out_of_memory;
        CurrentMemoryContext = TopMemoryContext; // as if the library had given the tree's memory back
    }
    const Owned result(parsed, pg_query_free_protobuf_parse_result);
    if (result->error != nullptr) {
        // What is wrong with the text has a position; what is wrong with the library has none.
        if (result->error->cursorpos <= 0) return ParseStatus::out_of_memory;
        if (error != nullptr) *error = {result->error->message, byte_offset(text_, result->error->cursorpos)};
        return ParseStatus::syntax_error;
    }
    return is_one_dml(parsed_.tree) ? ParseStatus::ok : ParseStatus::not_dml;
}

bool Tree::deparse(std::string &out) {
    const Handover handover(parsed_.tree);
    PgQueryDeparseResult deparsed;
    const auto deparse_handed_over = [](const char *) { return pg_query_deparse_protobuf(PgQueryProtobuf{}); };
    if (!call_library<PgQueryDeparseResult>(deparse_handed_over, nullptr, deparsed)) return false;
    const Owned result(deparsed, pg_query_free_deparse_result);
    if (result->error != nullptr || result->query == nullptr) return false;
    out = result->query;
    return true;
}

bool normalize(const char *text, bool grouped, std::string &out) {
    const WithoutFingerprints without(!grouped);
    PgQueryNormalizeResult normalized;
    if (!call_library(pg_query_normalize, text, normalized)) return false;
    const Owned result(normalized, pg_query_free_normalize_result);
    if (result->error != nullptr || result->normalized_query == nullptr) return false;
    out = result->normalized_query;
    return true;
}

} // namespace query_audit::parse
