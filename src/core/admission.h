// Admission: which statements are worth understanding while more shapes come than the store can hold.
//
// Where every text is new, each pushes another one out before anybody has seen it, and parsing is for nothing. So while
// nearly all that nobody knew turn out to be such, a statement is let pass at its first sight and understood at its
// second: the doorkeeper of TinyLFU (Einziger, Friedman, Manes: "TinyLFU: A Highly Efficient Cache Admission Policy",
// 2017). Some are understood at once all the same, to see whether that still holds.
//
// One for each backend, of fixed size; zeroes are one that has seen nothing. Not thread safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace query_audit {

class Admission {
  public:
    static constexpr std::uint32_t memory = 1024;           // about how many of the latest statements count
    static constexpr std::uint32_t understood_of = 16;      // one of so many is understood at its first sight
    static constexpr std::uint32_t remembered = 8 * memory; // statements that were let pass

    // A statement that no backend knew was understood. in_vain: nobody had sent it in other words either, and another
    // one was forgotten for it.
    void note(bool in_vain) noexcept {
        if (in_vain) {
            share_ += (whole - share_) / memory;
        } else {
            share_ -= share_ / memory;
        }
    }

    // Whether to let the statement of this key pass: it is met for the first time, in a flood. The key is a hash.
    [[nodiscard]] bool lets_pass(std::uint64_t key) noexcept {
        if (share_ < flooded || is_remembered(key)) return false;
        remember(key);
        return ++first_sights_ % understood_of != 0;
    }

  private:
    static constexpr std::uint32_t whole = 1u << 24;
    static constexpr std::uint32_t flooded = whole / 10 * 9;
    static constexpr std::uint32_t bits = 64 * memory; // of a Bloom filter with two for each key

    [[nodiscard]] static std::uint32_t first_bit(std::uint64_t key) noexcept { return key % bits; }
    [[nodiscard]] static std::uint32_t second_bit(std::uint64_t key) noexcept { return (key >> 32) % bits; }
    [[nodiscard]] bool is_set(std::uint32_t bit) const noexcept { return (seen_[bit / 64] >> bit % 64 & 1) != 0; }
    void set(std::uint32_t bit) noexcept { seen_[bit / 64] |= std::uint64_t{1} << bit % 64; }

    [[nodiscard]] bool is_remembered(std::uint64_t key) const noexcept {
        return is_set(first_bit(key)) && is_set(second_bit(key));
    }

    void remember(std::uint64_t key) noexcept {
        if (remembered_ == remembered) {
            std::fill(std::begin(seen_), std::end(seen_), 0);
            remembered_ = 0;
        }
        ++remembered_;
        set(first_bit(key));
        set(second_bit(key));
    }

    std::uint32_t share_ = 0; // of those understood in vain, a moving average: `whole` is all of them
    std::uint32_t first_sights_ = 0;
    std::uint32_t remembered_ = 0;
    std::uint64_t seen_[bits / 64] = {};
};

} // namespace query_audit
