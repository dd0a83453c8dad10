#include "parse/arena.h"

#include <algorithm>
#include <cstdlib>

namespace query_audit::parse {
namespace {

constexpr std::size_t alignment = alignof(std::max_align_t);
constexpr std::size_t first_chunk_bytes = 8 * 1024; // the tree of a short statement
constexpr std::size_t max_chunk_bytes = 256 * 1024;

} // namespace

struct alignas(alignment) Arena::Chunk {
    Chunk *next;
};

Arena::~Arena() {
    while (chunks_ != nullptr) {
        Chunk *next = chunks_->next;
        std::free(chunks_);
        chunks_ = next;
    }
}

void *Arena::allocate(std::size_t bytes) noexcept {
    bytes = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
    if (bytes > free_bytes_) {
        const std::size_t grown = std::clamp(chunk_bytes_ * 2, first_chunk_bytes, max_chunk_bytes);
        const std::size_t room = std::max(grown, bytes);
        auto *chunk = static_cast<Chunk *>(std::malloc(sizeof(Chunk) + room));
        if (chunk == nullptr) return nullptr;
        chunk->next = chunks_;
        chunks_ = chunk;
        chunk_bytes_ = grown;
        free_ = reinterpret_cast<char *>(chunk + 1);
        free_bytes_ = room;
    }
    void *taken = free_;
    free_ += bytes;
    free_bytes_ -= bytes;
    return taken;
}

} // namespace query_audit::parse
