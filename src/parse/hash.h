// Mixing of 64-bit hashes. Not for hostile input where a collision would do harm: these compare statements.
#pragma once

#include <cstdint>
#include <string_view>

namespace query_audit::parse {

[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t value) noexcept {
    std::uint64_t x = hash * 0x9E3779B97F4A7C15u + value + 0x632BE59BD9B4E019u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t hash, std::string_view bytes) noexcept {
    std::uint64_t x = 0xCBF29CE484222325u;
    for (const char c : bytes) x = (x ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    return mix(mix(hash, x), bytes.size());
}

// For hashes whose order means nothing.
[[nodiscard]] constexpr std::uint64_t mix_unordered(std::uint64_t first, std::uint64_t second) noexcept {
    return first < second ? mix(first, second) : mix(second, first);
}

} // namespace query_audit::parse
