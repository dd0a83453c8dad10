// Memory for the nodes of one parse tree: taken piece by piece, freed all at once. Not thread safe.
#pragma once

#include <cstddef>

namespace query_audit::parse {

class Arena {
  public:
    Arena() = default;
    ~Arena();
    Arena(const Arena &) = delete;
    Arena &operator=(const Arena &) = delete;

    // Aligned for any type, not initialised; null when there is no memory.
    [[nodiscard]] void *allocate(std::size_t bytes) noexcept;

  private:
    struct Chunk;

    Chunk *chunks_ = nullptr;
    char *free_ = nullptr;
    std::size_t free_bytes_ = 0;
    std::size_t chunk_bytes_ = 0; // of the newest
};

} // namespace query_audit::parse
