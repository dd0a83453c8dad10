// The memory of a parse tree: every piece is its own, whatever its size.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "parse/arena.h"

namespace query_audit::test {
namespace {

struct Piece {
    unsigned char *bytes;
    std::size_t size;
    unsigned char mark;
};

TEST(Arena, GivesAlignedPiecesThatDoNotOverlap) {
    parse::Arena arena;
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < 3000; ++i) {
        const std::size_t size = i % 500 == 499 ? 300'000 : i * 7 % 400;
        auto *bytes = static_cast<unsigned char *>(arena.allocate(size));
        ASSERT_NE(bytes, nullptr);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes) % alignof(std::max_align_t), 0u);
        pieces.push_back({bytes, size, static_cast<unsigned char>(i)});
        std::memset(bytes, pieces.back().mark, size);
    }
    for (const Piece &piece : pieces) {
        for (std::size_t i = 0; i < piece.size; ++i) ASSERT_EQ(piece.bytes[i], piece.mark);
    }
}

} // namespace
} // namespace query_audit::test
