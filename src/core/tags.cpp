#include "core/tags.h"

#include <algorithm>
#include <cstring>

#include "core/hash.h"
#include "core/text.h"

namespace query_audit {
namespace {

constexpr std::size_t longest_value = 96;

enum class Use { ignored, trace, request, route, shown };

struct KnownKey {
    std::string_view key;
    Use use;
};

constexpr KnownKey known_keys[] = {
    {"traceparent", Use::trace}, {"trace_id", Use::trace},  {"request_id", Use::request}, {"route", Use::route},
    {"controller", Use::route},  {"action", Use::route},    {"job", Use::route},          {"framework", Use::shown},
    {"application", Use::shown}, {"db_driver", Use::shown}, {"file", Use::shown},         {"line", Use::shown},
};

Use use_of(std::string_view key) noexcept {
    for (const KnownKey &known : known_keys) {
        if (known.key == key) return known.use;
    }
    return Use::ignored;
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Undoes URL encoding and backslash escapes; control characters and NUL become spaces. A doubled percent sign, which
// drivers with printf-style parameters need, is one.
std::string_view decode(std::string_view value, char (&buffer)[longest_value]) noexcept {
    std::size_t length = 0;
    for (std::size_t i = 0; i < value.size() && length < longest_value; ++i) {
        char c = value[i];
        if (c == '%' && i + 1 < value.size() && value[i + 1] == '%') ++i;
        if (c == '%' && i + 2 < value.size() && hex_digit(value[i + 1]) >= 0 && hex_digit(value[i + 2]) >= 0) {
            c = static_cast<char>(hex_digit(value[i + 1]) * 16 + hex_digit(value[i + 2]));
            i += 2;
        } else if (c == '\\' && i + 1 < value.size()) {
            c = value[++i];
        }
        buffer[length++] = static_cast<unsigned char>(c) < ' ' || c == 0x7f ? ' ' : c;
    }
    return utf8_prefix({buffer, length}, longest_value - 1);
}

// A W3C traceparent is version-traceid-parentid-flags; only the trace id is common to a whole request.
std::string_view trace_id(std::string_view value) noexcept {
    if (value.size() >= 35 && value[2] == '-' && value[35 < value.size() ? 35 : 2] == '-') return value.substr(3, 32);
    return value;
}

class Collector {
  public:
    explicit Collector(Tags &tags) noexcept : tags_(tags) {}

    void add(std::string_view key, std::string_view encoded) noexcept {
        char buffer[longest_value];
        const Use use = use_of(key);
        if (use == Use::ignored) return;
        const std::string_view value = decode(encoded, buffer);
        if (value.empty()) return;
        if (use == Use::trace) {
            tags_.trace = hash_text(trace_id(value), 1);
        } else if (use == Use::request) {
            if (tags_.trace == 0) tags_.trace = hash_text(value, 2);
        } else {
            if (use == Use::route) tags_.route = hash_combine(tags_.route, hash_text(value, hash_text(key)));
            keep(key, value);
        }
        found_ = true;
    }

    [[nodiscard]] bool found() const noexcept { return found_; }

  private:
    void keep(std::string_view key, std::string_view value) noexcept {
        const std::size_t needed = key.size() + 1 + value.size() + 1;
        if (length_ + needed + 1 > sizeof(tags_.text)) return;
        std::memcpy(tags_.text + length_, key.data(), key.size());
        tags_.text[length_ + key.size()] = '=';
        std::memcpy(tags_.text + length_ + key.size() + 1, value.data(), value.size());
        length_ += needed;
    }

    Tags &tags_;
    std::size_t length_ = 0;
    bool found_ = false;
};

bool is_key_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
}

// key='value' or key:value pairs, separated by commas.
void collect(std::string_view comment, Collector &collector) noexcept {
    std::size_t at = 0;
    while (at < comment.size()) {
        if (!is_key_character(comment[at])) {
            ++at;
            continue;
        }
        const std::size_t key_start = at;
        while (at < comment.size() && is_key_character(comment[at])) ++at;
        const std::string_view key = comment.substr(key_start, at - key_start);
        if (at >= comment.size()) return;
        if (comment[at] == '=' && at + 1 < comment.size() && comment[at + 1] == '\'') {
            const std::size_t value_start = at + 2;
            std::size_t end = value_start;
            while (end < comment.size() && comment[end] != '\'') end += comment[end] == '\\' ? 2 : 1;
            end = std::min(end, comment.size());
            collector.add(key, comment.substr(value_start, end - value_start));
            at = end + 1;
        } else if (comment[at] == ':') {
            const std::size_t value_start = at + 1;
            std::size_t end = value_start;
            while (end < comment.size() && comment[end] != ',' && comment[end] != ' ') ++end;
            collector.add(key, comment.substr(value_start, end - value_start));
            at = end;
        }
    }
}

std::string_view trim(std::string_view text) noexcept {
    constexpr std::string_view blank = " \t\r\n\f\v;";
    const std::size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) + 1 - first);
}

} // namespace

bool parse_tags(std::string_view statement, Tags &tags) noexcept {
    tags = Tags{};
    Collector collector(tags);
    std::string_view text = trim(statement);
    // A tag stands before or after the statement; only those comments are looked for, so that no text is lexed whole.
    while (text.starts_with("/*")) {
        const std::size_t close = text.find("*/", 2);
        if (close == std::string_view::npos) break;
        collect(text.substr(2, close - 2), collector);
        text = trim(text.substr(close + 2));
    }
    while (text.ends_with("*/") && text.size() >= 4) {
        const std::size_t open = text.rfind("/*", text.size() - 4);
        if (open == std::string_view::npos) break;
        collect(text.substr(open + 2, text.size() - open - 4), collector);
        text = trim(text.substr(0, open));
    }
    return collector.found();
}

} // namespace query_audit
