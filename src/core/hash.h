// 64-bit hashes for identities inside the module. Not cryptographic; stable within one major version of the store's
// layout, and the same on every platform of one byte order.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace query_audit {

// Mixes every bit of x into every bit of the result (the finaliser of MurmurHash3, public domain).
[[nodiscard]] constexpr std::uint64_t hash_mix(std::uint64_t x) noexcept {
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ (x >> 33);
}

// Order matters: hash_combine(a, b) != hash_combine(b, a).
[[nodiscard]] constexpr std::uint64_t hash_combine(std::uint64_t seed, std::uint64_t value) noexcept {
    return hash_mix(seed * 0x9e3779b97f4a7c15ULL + value + 0x7f4a7c15ULL);
}

[[nodiscard]] inline std::uint64_t hash_bytes(const void *data, std::size_t length, std::uint64_t seed = 0) noexcept {
    const char *bytes = static_cast<const char *>(data);
    std::uint64_t hash = hash_combine(seed, length);
    for (; length >= 8; bytes += 8, length -= 8) {
        std::uint64_t word;
        std::memcpy(&word, bytes, 8);
        hash = hash_combine(hash, word);
    }
    if (length > 0) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes, length);
        hash = hash_combine(hash, word);
    }
    return hash;
}

[[nodiscard]] inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed = 0) noexcept {
    return hash_bytes(text.data(), text.size(), seed);
}

} // namespace query_audit
