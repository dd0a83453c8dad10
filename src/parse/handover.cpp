#include "parse/handover.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

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

void *copy_bytes(const void *bytes, std::size_t count, Arena &arena) noexcept {
    void *copy = arena.allocate(count);
    if (copy != nullptr) std::memcpy(copy, bytes, count);
    return copy;
}

// Whether what a field of this type holds points to more that is to be copied.
bool is_pointer(ProtobufCType type) noexcept {
    return type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_BYTES || type == PROTOBUF_C_TYPE_MESSAGE;
}

std::size_t bytes_of(ProtobufCType type) noexcept {
    switch (type) {
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(std::uint64_t);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return sizeof(std::uint32_t);
    }
}

ProtobufCMessage *copy_message(const ProtobufCMessage &message, Arena &arena) noexcept;

// Gives what `at` points to a copy of its own. A null string becomes the empty one, as by unpacking.
bool copy_pointed(ProtobufCType type, char *at, Arena &arena) noexcept {
    if (type == PROTOBUF_C_TYPE_BYTES) {
        auto &data = *reinterpret_cast<ProtobufCBinaryData *>(at);
        if (data.len == 0) return true;
        data.data = static_cast<std::uint8_t *>(copy_bytes(data.data, data.len, arena));
        return data.data != nullptr;
    }
    auto *&pointer = *reinterpret_cast<void **>(at);
    if (type == PROTOBUF_C_TYPE_MESSAGE) {
        if (pointer == nullptr) return true;
        pointer = copy_message(*static_cast<const ProtobufCMessage *>(pointer), arena);
    } else {
        const char *string = pointer != nullptr ? static_cast<const char *>(pointer) : "";
        pointer = copy_bytes(string, std::strlen(string) + 1, arena);
    }
    return pointer != nullptr;
}

// Does the same for one field of a message that has been copied byte by byte.
bool copy_field(const ProtobufCFieldDescriptor &field, char *message, Arena &arena) noexcept {
    char *at = message + field.offset;
    if (field.label != PROTOBUF_C_LABEL_REPEATED) {
        if (!is_pointer(field.type)) return true;
        const bool one_of = (field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
        if (one_of && *reinterpret_cast<const std::uint32_t *>(message + field.quantifier_offset) != field.id) {
            return true;
        }
        return copy_pointed(field.type, at, arena);
    }
    const auto count = *reinterpret_cast<const std::size_t *>(message + field.quantifier_offset);
    if (count == 0) return true;
    auto *&items = *reinterpret_cast<char **>(at);
    const std::size_t item_bytes = bytes_of(field.type);
    items = static_cast<char *>(copy_bytes(items, count * item_bytes, arena));
    if (items == nullptr) return false;
    if (!is_pointer(field.type)) return true;
    for (std::size_t i = 0; i < count; ++i) {
        if (!copy_pointed(field.type, items + i * item_bytes, arena)) return false;
    }
    return true;
}

// Null when there is no memory.
ProtobufCMessage *copy_message(const ProtobufCMessage &message, Arena &arena) noexcept {
    const ProtobufCMessageDescriptor &descriptor = *message.descriptor;
    auto *copy = static_cast<ProtobufCMessage *>(copy_bytes(&message, descriptor.sizeof_message, arena));
    if (copy == nullptr) return nullptr;
    if (is_node(message)) { // one member of hundreds is set
        auto &node = reinterpret_cast<Node &>(*copy);
        if (message_of(node) == nullptr) node.node_case = PG_QUERY__NODE__NODE__NOT_SET;
        if (node.node_case == PG_QUERY__NODE__NODE__NOT_SET) return copy;
        return copy_pointed(PROTOBUF_C_TYPE_MESSAGE, reinterpret_cast<char *>(&node.a_const), arena) ? copy : nullptr;
    }
    for (unsigned i = 0; i < descriptor.n_fields; ++i) {
        if (!copy_field(descriptor.fields[i], reinterpret_cast<char *>(copy), arena)) return nullptr;
    }
    return copy;
}

} // namespace

Handover::Handover(Arena &arena) noexcept : arena_(&arena) { current_handover = this; }

Handover::Handover(PgQuery__ParseResult &tree) noexcept : tree_(&tree) { current_handover = this; }

Handover::~Handover() { current_handover = nullptr; }

Handover *Handover::current() noexcept { return current_handover; }

void Handover::copy(const PgQuery__ParseResult &parsed) noexcept {
    tree_ = reinterpret_cast<PgQuery__ParseResult *>(copy_message(parsed.base, *arena_));
}

void Handover::take_fingerprint(const void *nodes) noexcept {
    if (arena_ == nullptr || tree_ == nullptr || !is_one_dml(*tree_)) return;
    fingerprint_ = std::max<std::uint64_t>(__real_pg_query_fingerprint_node(nodes), 1);
}

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
    state->hash = query_audit::hash_bytes(bytes, count, state->hash);
    return 0;
}

std::uint64_t __wrap_XXH3_64bits_digest(const HashState *state) { return state->hash; }

void *__wrap_pg_query_enter_memory_context(void) {
    return query_audit::parse::entered_context = __real_pg_query_enter_memory_context();
}

void __wrap_pg_query_exit_memory_context(void *context) {
    query_audit::parse::entered_context = nullptr;
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
    handover->copy(*parsed);
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
