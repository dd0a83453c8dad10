#include "core/scan.h"

#include <array>

#include "core/hash.h"
#include "core/lexer.h"

namespace query_audit {
namespace {

constexpr std::uint64_t multiplier = 0x9e3779b97f4a7c15ULL;

constexpr auto lower_case = [] {
    std::array<std::uint8_t, 256> table{};
    for (int c = 0; c < 256; ++c) table[c] = static_cast<std::uint8_t>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return table;
}();

// What stands for constants among the words; no token begins with any of these bytes.
enum : std::uint8_t { a_string = 1, a_number = 2, more_of_a_list = 3 };

std::uint64_t add_byte(std::uint64_t hash, std::uint8_t byte) noexcept { return (hash ^ byte) * multiplier; }

template <bool folds_case> std::uint64_t add_token(std::uint64_t hash, std::string_view token) noexcept {
    for (const char c : token) {
        const auto byte = static_cast<std::uint8_t>(c);
        hash = add_byte(hash, folds_case ? lower_case[byte] : byte);
    }
    return hash * multiplier;
}

bool is_in(std::string_view word) noexcept {
    return word.size() == 2 && (word[0] | 0x20) == 'i' && (word[1] | 0x20) == 'n';
}

bool is_constant_word(std::string_view word) noexcept {
    const char first = static_cast<char>(word[0] | 0x20);
    if (first != 't' && first != 'n' && first != 'f') return false;
    return equals_keyword(word, "true") || equals_keyword(word, "null") || equals_keyword(word, "false");
}

// How far a list of literals after IN has been read.
enum class List : std::uint8_t { none, in, opened, element, comma };

void add_constant(StatementScan &scan, Token token, std::uint64_t hash) noexcept {
    scan.constants = hash_combine(scan.constants, hash);
    if (scan.count == remembered_constants) return;
    const auto start = static_cast<std::uint32_t>(token.start);
    scan.constant[scan.count++] = {start, start + static_cast<std::uint32_t>(token.length), hash};
}

void extend_list(StatementScan &scan, Token token, std::uint64_t hash) noexcept {
    scan.constants = hash_combine(scan.constants, hash);
    TextConstant &list = scan.constant[scan.count - 1];
    list.end = static_cast<std::uint32_t>(token.start + token.length);
    list.hash = hash_combine(list.hash, hash);
}

} // namespace

void scan_statement(std::string_view text, StatementScan &scan) noexcept {
    scan.constants = 0;
    scan.count = 0;
    std::uint64_t words = 1;
    List list = List::none;
    bool several = false; // of the current list
    bool list_is_kept = false;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        const std::string_view written = lexer.text_of(token);
        switch (token.kind) {
        case TokenKind::comment:
            continue;
        case TokenKind::string:
        case TokenKind::number: {
            const std::uint64_t hash = hash_text(written);
            if (list == List::comma) {
                if (!several) words = add_byte(words, more_of_a_list);
                several = true;
                if (list_is_kept) {
                    extend_list(scan, token, hash);
                } else {
                    scan.constants = hash_combine(scan.constants, hash);
                }
                list = List::element;
                continue;
            }
            words = add_byte(words, token.kind == TokenKind::string ? a_string : a_number);
            list_is_kept = scan.count < remembered_constants;
            add_constant(scan, token, hash);
            list = list == List::opened ? List::element : List::none;
            several = false;
            continue;
        }
        case TokenKind::punctuation:
            if (list == List::element && written[0] == ',') {
                list = List::comma; // counts once it is known what follows
                continue;
            }
            if (written[0] == ';') continue;
            break;
        default:
            break;
        }
        if (list == List::comma) words = add_byte(words, ',') * multiplier;
        list = list == List::in && written == "(" ? List::opened : List::none;
        if (token.kind == TokenKind::word) {
            words = add_token<true>(words, written);
            if (is_in(written)) list = List::in;
            if (is_constant_word(written)) add_constant(scan, token, add_token<true>(0, written));
        } else {
            words = add_token<false>(words, written);
        }
    }
    scan.words = hash_mix(words);
}

int constant_at(const StatementScan &scan, std::string_view text, std::int32_t location) noexcept {
    if (location < 0) return -1;
    const auto wanted = static_cast<std::uint32_t>(location);
    for (int i = 0; i < scan.count; ++i) {
        if (wanted >= scan.constant[i].end) continue;
        for (std::uint32_t at = wanted; at < scan.constant[i].start; ++at) {
            if (std::string_view(" \t\n\r\f\v+-").find(text[at]) == std::string_view::npos) return -1;
        }
        return i;
    }
    return -1;
}

} // namespace query_audit
