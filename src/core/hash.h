// 64-bit hashes for identities inside the module. Not cryptographic; stable within one major version of the store's
// layout, and the same on every platform of one byte order.
#pragma once

#include <bit>
#include <cstddef>
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

// Up to 8 bytes as one word, 0 above them. In a few moves that may overlap: a copy of any length is a call.
[[nodiscard]] inline std::uint64_t load_word(const char *bytes, std::size_t length) noexcept {
    if (length >= 4) {
        std::uint32_t first;
        std::uint32_t last;
        std::memcpy(&first, bytes, 4);
        std::memcpy(&last, bytes + length - 4, 4);
        return first | std::uint64_t{last} << 8 * (length - 4);
    }
    if (length == 0) return 0;
    const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(bytes[i])} << 8 * i; };
    return byte(0) | byte(length / 2) | byte(length - 1);
}

[[nodiscard]] inline std::uint64_t hash_bytes(const void *data, std::size_t length, std::uint64_t seed = 0) noexcept {
    const char *bytes = static_cast<const char *>(data);
    std::uint64_t hash = hash_combine(seed, length);
    for (; length >= 8; bytes += 8, length -= 8) {
        std::uint64_t word;
        std::memcpy(&word, bytes, 8);
        hash = hash_combine(hash, word);
    }
    return length > 0 ? hash_combine(hash, load_word(bytes, length)) : hash;
}

// One more piece of a longer text into a hash that hash_mix() is to end; where it is cut makes little difference. With
// a multiplication for each word, for texts that come in many short pieces.
[[nodiscard]] inline std::uint64_t hash_piece(std::uint64_t hash, const void *data, std::size_t length) noexcept {
    const char *bytes = static_cast<const char *>(data);
    const auto add = [&hash](std::uint64_t word) { hash = (std::rotl(hash, 23) ^ word) * 0x9e3779b97f4a7c15ULL; };
    for (; length >= 8; bytes += 8, length -= 8) {
        std::uint64_t word;
        std::memcpy(&word, bytes, 8);
        add(word);
    }
    if (length > 0) add(load_word(bytes, length));
    return hash;
}

[[nodiscard]] inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed = 0) noexcept {
    return hash_bytes(text.data(), text.size(), seed);
}

} // namespace query_audit
