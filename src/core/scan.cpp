#include "core/scan.h"

#include <algorithm>
#include <array>

#include "core/hash.h"
#include "core/lexer.h"

namespace query_audit {
namespace {

constexpr std::uint64_t multiplier = 0x9e3779b97f4a7c15ULL;

// What stands for constants among the words; no token begins with any of these bytes.
enum : std::uint8_t { a_string = 1, a_number = 2, more_of_a_list = 3 };

std::uint64_t add_byte(std::uint64_t hash, std::uint8_t byte) noexcept { return (hash ^ byte) * multiplier; }

std::uint64_t add_token(std::uint64_t hash, std::string_view token) noexcept {
    for (const char c : token) hash = add_byte(hash, static_cast<std::uint8_t>(c));
    return hash * multiplier;
}

std::uint64_t add_word(std::uint64_t hash, std::string_view word) noexcept {
    for (const char c : word) hash = add_byte(hash, lexical::word_byte(c));
    return hash * multiplier;
}

bool is_in(std::string_view word) noexcept {
    return word.size() == 2 && (word[0] | 0x20) == 'i' && (word[1] | 0x20) == 'n';
}

bool is_constant_word(std::string_view word) noexcept {
    const char first = static_cast<char>(word[0] | 0x20);
    if (word.size() == 5) return first == 'f' && equals_keyword(word, "false");
    if (word.size() != 4) return false;
    return first == 't' ? equals_keyword(word, "true") : first == 'n' && equals_keyword(word, "null");
}

// How far a list of literals after IN has been read.
enum class List : std::uint8_t { none, in, opened, element, comma };

void add_constant(StatementScan &scan, Token token, std::uint64_t hash) noexcept {
    scan.constants = hash_combine(scan.constants, hash);
    if (scan.count == remembered_constants) return;
    const auto start = static_cast<std::uint32_t>(token.start);
    scan.constant[scan.count++] = {start, start + static_cast<std::uint32_t>(token.length), hash};
}

// The literals of a list after its first.
struct MoreElements {
    std::uint64_t hash; // of their bytes
    std::int32_t count;
    std::size_t end; // of the last

    void add(std::string_view text, Token token) noexcept {
        hash = add_token(hash, text);
        ++count;
        end = token.start + token.length;
    }

    // Reads on behind the last element as long as whole numbers and strings without escapes follow: thousands of them
    // come often, and token by token they would take several times as long.
    void read_plain(std::string_view text) noexcept;
};

std::size_t skip_space(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && is_of(lexical::space, text[at])) ++at;
    return at;
}

void MoreElements::read_plain(std::string_view text) noexcept {
    for (;;) {
        std::size_t at = skip_space(text, end);
        if (at == text.size() || text[at] != ',') return;
        at = skip_space(text, at + 1);
        if (at == text.size()) return;
        std::uint64_t running = add_byte(hash, static_cast<std::uint8_t>(text[at]));
        if (text[at] == '\'') {
            for (++at; at < text.size() && text[at] != '\'' && text[at] != '\\'; ++at) {
                running = add_byte(running, static_cast<std::uint8_t>(text[at]));
            }
            if (at == text.size() || text[at] != '\'') return;
            running = add_byte(running, '\'');
            ++at;
        } else if (is_of(lexical::digit, text[at])) {
            for (++at; at < text.size() && is_of(lexical::digit, text[at]); ++at) {
                running = add_byte(running, static_cast<std::uint8_t>(text[at]));
            }
        } else {
            return;
        }
        // Whatever else follows may belong to the element.
        const std::size_t next = skip_space(text, at);
        if (next == text.size() || (text[next] != ',' && text[next] != ')')) return;
        hash = running * multiplier;
        ++count;
        end = at;
    }
}

// Takes the elements into the constant that the list is.
void end_list(StatementScan &scan, const MoreElements &more, bool is_kept) noexcept {
    scan.constants = hash_combine(scan.constants, more.hash);
    scan.longest_list = std::max(scan.longest_list, more.count + 1);
    if (!is_kept) return;
    TextConstant &list = scan.constant[scan.count - 1];
    list.end = static_cast<std::uint32_t>(more.end);
    list.hash = hash_combine(list.hash, more.hash);
}

} // namespace

[[gnu::hot]] void scan_statement(std::string_view text, StatementScan &scan) noexcept {
    scan.constants = 0;
    scan.count = 0;
    scan.longest_list = 0;
    std::uint64_t words = 1;
    List list = List::none;
    MoreElements more{};
    bool list_is_kept = false;
    Lexer lexer(text);
    for (;;) {
        // A word is taken in as it is passed: a second loop over it would go wrong once more at its end.
        std::uint64_t with_word = words;
        const Token token =
            lexer.next([&with_word](std::uint8_t byte) noexcept { with_word = add_byte(with_word, byte); });
        if (token.kind == TokenKind::end) break;
        const std::string_view written = lexer.text_of(token);
        switch (token.kind) {
        case TokenKind::comment:
            continue;
        case TokenKind::string:
        case TokenKind::number:
            if (list == List::comma) {
                if (more.count == 0) words = add_byte(words, more_of_a_list);
                more.add(written, token);
                more.read_plain(text);
                lexer.skip_to(more.end);
                list = List::element;
                continue;
            }
            if (more.count > 0) end_list(scan, more, list_is_kept);
            more = {};
            words = add_byte(words, token.kind == TokenKind::string ? a_string : a_number);
            list_is_kept = scan.count < remembered_constants;
            add_constant(scan, token, hash_text(written));
            list = list == List::opened ? List::element : List::none;
            continue;
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
        if (more.count > 0) end_list(scan, more, list_is_kept);
        more = {};
        const bool after_comma = list == List::comma;
        if (after_comma) words = add_byte(words, ',') * multiplier;
        list = list == List::in && written == "(" ? List::opened : List::none;
        if (token.kind == TokenKind::word) {
            words = after_comma ? add_word(words, written) : with_word * multiplier;
            if (is_in(written)) list = List::in;
            if (is_constant_word(written)) add_constant(scan, token, add_word(0, written));
        } else {
            words = add_token(words, written);
        }
    }
    if (more.count > 0) end_list(scan, more, list_is_kept);
    scan.words = hash_mix(words);
}

[[gnu::hot]] void ScanMemo::scan(std::string_view text, StatementScan &scan) noexcept {
    const std::uint64_t hash = hash_mix(hash_piece(text.size() + 1, text.data(), text.size()));
    Entry(&set)[2] = entries_[hash % sets];
    for (const Entry &entry : set) {
        if (entry.text != hash) continue;
        scan.words = entry.words;
        scan.constants = 0;
        scan.count = 0;
        scan.longest_list = 0;
        return;
    }
    scan_statement(text, scan);
    if (scan.count > 0) return;
    set[1] = set[0];
    set[0] = {hash, scan.words};
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
