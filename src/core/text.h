// Fixed-size, NUL-terminated text fields of plain structs, and a writer that never overflows one.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

// What checks a format string against its arguments, and no more: all that formats is compiled once, in text.cpp.
#if __has_include(<fmt/base.h>)
#include <fmt/base.h>
#else
#include <fmt/core.h>
#endif

namespace query_audit {

// The longest prefix of text that is at most `limit` bytes and does not end inside a UTF-8 character.
[[nodiscard]] inline std::string_view utf8_prefix(std::string_view text, std::size_t limit) noexcept {
    if (text.size() <= limit) return text;
    const char *end = text.data() + limit;
    while (end != text.data() && (static_cast<unsigned char>(*end) & 0xC0) == 0x80) --end;
    return {text.data(), static_cast<std::size_t>(end - text.data())};
}

template <std::size_t size> void assign_text(char (&field)[size], std::string_view text) noexcept {
    const std::string_view fitting = utf8_prefix(text, size - 1);
    std::memcpy(field, fitting.data(), fitting.size());
    std::memset(field + fitting.size(), 0, size - fitting.size());
}

// The value of a hexadecimal digit, or -1.
[[nodiscard]] constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Appends formatted text to a buffer of fixed capacity, cutting at a whole character; always NUL-terminated.
class TextWriter {
  public:
    // REQUIRES: capacity >= 1.
    TextWriter(char *buffer, std::size_t capacity) noexcept : buffer_(buffer), capacity_(capacity) {
        buffer_[0] = '\0';
    }

    void append(std::string_view text) noexcept {
        const std::string_view fitting = utf8_prefix(text, capacity_ - 1 - length_);
        fitting.copy(buffer_ + length_, fitting.size()); // an empty one may have no address
        length_ += fitting.size();
        buffer_[length_] = '\0';
        truncated_ = truncated_ || fitting.size() < text.size();
    }

    // REQUIRES: the format string fits its arguments, which the compiler checks; longer pieces than 1 KiB are cut.
    template <typename... Arguments> void format(fmt::format_string<Arguments...> pattern, Arguments &&...arguments) {
        format_piece(pattern, fmt::make_format_args(arguments...));
    }

    [[nodiscard]] std::string_view view() const noexcept { return {buffer_, length_}; }
    [[nodiscard]] bool truncated() const noexcept { return truncated_; }

  private:
    void format_piece(fmt::string_view pattern, fmt::format_args arguments);

    char *buffer_;
    std::size_t capacity_;
    std::size_t length_ = 0;
    bool truncated_ = false;
};

[[nodiscard]] std::string format_string(fmt::string_view pattern, fmt::format_args arguments);

// The formatted text as a string. REQUIRES: as for TextWriter::format().
template <typename... Arguments>
[[nodiscard]] std::string formatted(fmt::format_string<Arguments...> pattern, Arguments &&...arguments) {
    return format_string(pattern, fmt::make_format_args(arguments...));
}

} // namespace query_audit
