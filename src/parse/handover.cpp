#include "parse/handover.h"

#include <algorithm>
#include <cstdlib>

#include "core/hash.h"
#include "parse/tree.h"

// In no installed header.
extern "C" {
std::uint64_t __real_pg_query_fingerprint_node(const void *nodes);
void *__real_pg_query_enter_memory_context(void);
void __real_pg_query_exit_memory_context(void *context);
}

namespace query_audit::parse {

constinit thread_local sigjmp_buf *library_exit = nullptr;

namespace {

constinit thread_local Handover *current_handover = nullptr;
constinit thread_local bool without_fingerprints = false;
constinit thread_local void *entered_context = nullptr; // the library's, while it is called

} // namespace

Handover::Handover(Parsed &parsed) noexcept : parsed_(&parsed) { current_handover = this; }

Handover::Handover(PgQuery__ParseResult &tree) noexcept : tree_(&tree) { current_handover = this; }

Handover::~Handover() { current_handover = nullptr; }

Handover *Handover::current() noexcept { return current_handover; }

Parsed::~Parsed() {
    if (memory != nullptr) __real_pg_query_exit_memory_context(memory);
}

void Handover::take_tree(const PgQuery__ParseResult &parsed) noexcept { parsed_->tree = parsed; }

void Handover::take_fingerprint(const void *nodes) noexcept {
    if (parsed_ == nullptr || !is_one_dml(parsed_->tree)) return;
    parsed_->fingerprint = std::max<std::uint64_t>(__real_pg_query_fingerprint_node(nodes), 1);
}

void Handover::take_memory(void *context) noexcept { parsed_->memory = context; }

WithoutFingerprints::WithoutFingerprints(bool wanted) noexcept { without_fingerprints = wanted; }

WithoutFingerprints::~WithoutFingerprints() { without_fingerprints = false; }

void leave_library() noexcept {
    if (entered_context != nullptr) __real_pg_query_exit_memory_context(entered_context);
    entered_context = nullptr;
}

} // namespace query_audit::parse

using query_audit::parse::Handover;

namespace {

struct HashState {
    std::uint64_t hash;
    HashState *next; // of those that nobody uses
};

constinit thread_local HashState *spare_states = nullptr;

} // namespace

// The linker gives the library's calls of NAME to __wrap_NAME, and NAME itself to those of __real_NAME. It is told the
// names from the declarations (Makefile, CMakeLists.txt).
extern "C" {

[[noreturn]] void __real_abort(void);
void *__real_XXH3_createState(void);
int __real_XXH3_freeState(HashState *state);
void __real_XXH3_copyState(HashState *to, const HashState *from);
int __real_XXH3_64bits_reset_withSeed(HashState *state, std::uint64_t seed);
int __real_XXH3_64bits_update(HashState *state, const void *bytes, std::size_t count);
std::uint64_t __real_XXH3_64bits_digest(const HashState *state);
PgQueryProtobuf __real_pg_query_nodes_to_protobuf(const void *nodes);
std::size_t __real_pg_query__parse_result__get_packed_size(const PgQuery__ParseResult *parsed);
std::size_t __real_pg_query__parse_result__pack(const PgQuery__ParseResult *parsed, std::uint8_t *out);
PgQuery__ParseResult *__real_pg_query__parse_result__unpack(ProtobufCAllocator *, std::size_t, const std::uint8_t *);
void __real_pg_query__parse_result__free_unpacked(PgQuery__ParseResult *tree, ProtobufCAllocator *allocator);

[[noreturn]] void __wrap_abort(void) {
    if (query_audit::parse::library_exit != nullptr) siglongjmp(*query_audit::parse::library_exit, 1);
    __real_abort();
}

// The library's fingerprint hashes a tree in words of a few bytes, keeps the state before each of its fields, and asks
// after each what the hash is now. Its own states have 576 bytes, for long texts; these have one word. It takes no more
// of XXH3 than these six functions.
void *__wrap_XXH3_createState(void) {
    HashState *state = spare_states;
    if (state != nullptr) {
        spare_states = state->next;
        return state;
    }
    state = static_cast<HashState *>(std::malloc(sizeof(HashState)));
    if (state == nullptr) __wrap_abort(); // the library does not look whether it got one
    return state;
}

int __wrap_XXH3_freeState(HashState *state) {
    state->next = spare_states;
    spare_states = state;
    return 0;
}

void __wrap_XXH3_copyState(HashState *to, const HashState *from) { to->hash = from->hash; }

int __wrap_XXH3_64bits_reset_withSeed(HashState *state, std::uint64_t seed) {
    state->hash = query_audit::hash_mix(seed + 1);
    return 0;
}

int __wrap_XXH3_64bits_update(HashState *state, const void *bytes, std::size_t count) {
    state->hash = query_audit::hash_piece(state->hash, bytes, count);
    return 0;
}

std::uint64_t __wrap_XXH3_64bits_digest(const HashState *state) { return query_audit::hash_mix(state->hash); }

void *__wrap_pg_query_enter_memory_context(void) {
    return query_audit::parse::entered_context = __real_pg_query_enter_memory_context();
}

void __wrap_pg_query_exit_memory_context(void *context) {
    query_audit::parse::entered_context = nullptr;
    Handover *handover = Handover::current();
    if (handover != nullptr && handover->receives()) return handover->take_memory(context);
    __real_pg_query_exit_memory_context(context);
}

PgQueryProtobuf __wrap_pg_query_nodes_to_protobuf(const void *nodes) {
    const PgQueryProtobuf packed = __real_pg_query_nodes_to_protobuf(nodes);
    if (Handover *handover = Handover::current()) handover->take_fingerprint(nodes);
    return packed;
}

std::uint64_t __wrap_pg_query_fingerprint_node(const void *nodes) {
    return query_audit::parse::without_fingerprints ? 0 : __real_pg_query_fingerprint_node(nodes);
}

std::size_t __wrap_pg_query__parse_result__get_packed_size(const PgQuery__ParseResult *parsed) {
    const Handover *handover = Handover::current();
    if (handover == nullptr || !handover->receives()) return __real_pg_query__parse_result__get_packed_size(parsed);
    return 0;
}

std::size_t __wrap_pg_query__parse_result__pack(const PgQuery__ParseResult *parsed, std::uint8_t *out) {
    Handover *handover = Handover::current();
    if (handover == nullptr || !handover->receives()) return __real_pg_query__parse_result__pack(parsed, out);
    handover->take_tree(*parsed);
    return 0;
}

PgQuery__ParseResult *__wrap_pg_query__parse_result__unpack(ProtobufCAllocator *allocator, std::size_t length,
                                                            const std::uint8_t *bytes) {
    const Handover *handover = Handover::current();
    if (handover == nullptr || handover->receives()) {
        return __real_pg_query__parse_result__unpack(allocator, length, bytes);
    }
    return handover->tree();
}

void __wrap_pg_query__parse_result__free_unpacked(PgQuery__ParseResult *tree, ProtobufCAllocator *allocator) {
    const Handover *handover = Handover::current();
    if (handover != nullptr && tree == handover->tree()) return;
    __real_pg_query__parse_result__free_unpacked(tree, allocator);
}

} // extern "C"
