#include "core/tags.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "core/hash.h"
#include "core/text.h"

namespace query_audit {
namespace {

constexpr std::size_t longest_value = 96;

enum class Use { trace, request, route, shown };

struct KnownKey {
    std::string_view key;
    Use use;
};

// In the order in which they are kept, so that what names a unit of work is left out last.
constexpr KnownKey known_keys[] = {
    {"route", Use::route},
    {"controller", Use::route},
    {"namespaced_controller", Use::route},     // Rails
    {"controller_with_namespace", Use::route}, // marginalia
    {"action", Use::route},
    {"job", Use::route},
    {"sidekiq_job", Use::route},
    {"application", Use::shown},
    {"app_name", Use::shown},
    {"framework", Use::shown},
    {"line", Use::shown},
    {"file", Use::shown},
    {"source_location", Use::shown},
    {"db_driver", Use::shown},
    {"db_framework", Use::shown},
    {"traceparent", Use::trace},
    {"trace_id", Use::trace},
    {"request_id", Use::request},
};
constexpr std::size_t known_key_count = std::size(known_keys);

// Bytes of the character that the text begins with, 0 where it is not UTF-8.
std::size_t utf8_length(std::string_view text) noexcept {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xC2 && first < 0xE0   ? 2
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
    }
    // Overlong forms, surrogates, and what is past the last character.
    const auto second = static_cast<unsigned char>(text[1]);
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
    if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
    return length;
}

// A view must not fail, nor a client's decoder, for what somebody put into a comment.
void replace_what_is_no_text(char *bytes, std::size_t size) noexcept {
    for (std::size_t i = 0; i < size;) {
        const std::size_t length = utf8_length({bytes + i, size - i});
        if (length == 0) bytes[i] = '?';
        if (length == 1 && (static_cast<unsigned char>(bytes[i]) < ' ' || bytes[i] == 0x7f)) bytes[i] = ' ';
        i += length == 0 ? 1 : length;
    }
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
        buffer[length++] = c;
    }
    const std::string_view whole = utf8_prefix({buffer, length}, longest_value - 1);
    replace_what_is_no_text(buffer, whole.size());
    return whole;
}

// Of an id that is nothing but zeros, or nothing at all, every request would have the same.
bool is_an_id(std::string_view id) noexcept { return id.find_first_not_of("0- ") != std::string_view::npos; }

// A W3C traceparent is version-traceid-parentid-flags, in lower-case hexadecimal digits; only the trace id is common to
// a whole request. Empty where the value is none.
std::string_view trace_of_parent(std::string_view value) noexcept {
    if (value.size() < 35 || value[2] != '-' || (value.size() > 35 && value[35] != '-')) return {};
    const std::string_view id = value.substr(3, 32);
    const auto is_hex = [](char c) noexcept { return hex_digit(c) >= 0; };
    if (!is_hex(value[0]) || !is_hex(value[1]) || value.starts_with("ff")) return {};
    return std::all_of(id.begin(), id.end(), is_hex) ? id : std::string_view{};
}

// The values of the known keys, still encoded, as they are found. Where a key comes twice, the first counts.
class Collector {
  public:
    void add(std::string_view key, std::string_view encoded) noexcept {
        for (std::size_t i = 0; i < known_key_count; ++i) {
            if (known_keys[i].key == key && values_[i].empty()) values_[i] = encoded;
        }
    }

    // Whether there were any.
    bool write(Tags &tags) noexcept {
        bool found = false;
        for (std::size_t i = 0; i < known_key_count; ++i) {
            if (values_[i].empty()) continue;
            char buffer[longest_value]{};
            const std::string_view value = decode(values_[i], buffer);
            if (!value.empty()) found = write(tags, known_keys[i], value) || found;
        }
        return found;
    }

  private:
    bool write(Tags &tags, const KnownKey &known, std::string_view value) noexcept {
        if (known.use == Use::trace || known.use == Use::request) {
            const std::string_view id = known.key == "traceparent" ? trace_of_parent(value) : value;
            if (!is_an_id(id)) return false;
            // The keys come in the order of how far they reach.
            if (tags.trace == 0) tags.trace = hash_text(id, known.use == Use::trace ? 1 : 2);
            return true;
        }
        if (known.use == Use::route) tags.route = hash_combine(tags.route, hash_text(value, hash_text(known.key)));
        keep(tags, known.key, value);
        return true;
    }

    void keep(Tags &tags, std::string_view key, std::string_view value) noexcept {
        const std::size_t needed = key.size() + 1 + value.size() + 1;
        if (length_ + needed + 1 > sizeof(tags.text)) return;
        std::memcpy(tags.text + length_, key.data(), key.size());
        tags.text[length_ + key.size()] = '=';
        std::memcpy(tags.text + length_ + key.size() + 1, value.data(), value.size());
        length_ += needed;
    }

    std::string_view values_[known_key_count];
    std::size_t length_ = 0;
};

bool is_key_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
}

bool is_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view without_blanks(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// key='value' or key:value pairs, separated by commas. Values without quotes hold all but a comma, so that names with
// spaces and places in sources are whole; prose puts a space behind its colons.
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
        if (at + 1 >= comment.size()) return;
        if (comment[at] == '=' && comment[at + 1] == '\'') {
            const std::size_t value_start = at + 2;
            std::size_t end = value_start;
            while (end < comment.size() && comment[end] != '\'') end += comment[end] == '\\' ? 2 : 1;
            end = std::min(end, comment.size());
            collector.add(key, comment.substr(value_start, end - value_start));
            at = end + 1;
        } else if (comment[at] == ':') {
            const std::size_t value_start = at + 1;
            at = std::min(comment.find(',', value_start), comment.size());
            if (is_blank(comment[value_start])) continue;
            collector.add(key, without_blanks(comment.substr(value_start, at - value_start)));
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
    Collector collector;
    std::string_view text = trim(statement);
    // A tag stands after or before the statement; only those comments are looked for, so that no text is lexed whole.
    // The last comment comes first: what sends a statement on adds its own behind those that are there.
    while (text.ends_with("*/") && text.size() >= 4) {
        const std::size_t open = text.rfind("/*", text.size() - 4);
        if (open == std::string_view::npos) break;
        collect(text.substr(open + 2, text.size() - open - 4), collector);
        text = trim(text.substr(0, open));
    }
    while (text.starts_with("/*")) {
        const std::size_t close = text.find("*/", 2);
        if (close == std::string_view::npos) break;
        collect(text.substr(2, close - 2), collector);
        text = trim(text.substr(close + 2));
    }
    return collector.write(tags);
}

std::string_view tag_of(const char (&text)[tags_bytes], std::string_view key) noexcept {
    for (const char *at = text; *at != '\0'; at += std::strlen(at) + 1) {
        const std::string_view pair(at);
        if (pair.size() > key.size() && pair[key.size()] == '=' && pair.starts_with(key)) {
            return pair.substr(key.size() + 1);
        }
    }
    return {};
}

} // namespace query_audit
