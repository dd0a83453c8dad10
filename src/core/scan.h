// One look over a statement's text: what it is known by, and the constants in it.
#pragma once

#include <cstdint>
#include <string_view>

namespace query_audit {

// A constant, or a list of constants after IN, which counts as one.
struct TextConstant {
    std::uint32_t start; // byte offset
    std::uint32_t end;   // of the byte after
    std::uint64_t hash;
};

constexpr int remembered_constants = 128;

struct StatementScan {
    std::uint64_t words;       // of all but constants, comments and white space; case matters in quotes alone
    std::uint64_t constants;   // of all constants, in order; 0 without any
    int count;                 // of constants, at most remembered_constants
    std::int32_t longest_list; // literals in it, of lists of two and more; 0 without one
    TextConstant constant[remembered_constants]; // the first of them
};

// A constant is a literal, or one of the words TRUE, FALSE and NULL, which are words besides. In place of a literal,
// `words` knows only whether it is a number or a string; a list of literals after IN is either one or several.
void scan_statement(std::string_view text, StatementScan &scan) noexcept;

// scan_statement() for one session, which remembers what texts without constants came to: clients that bind values send
// the same texts again and again, and to hash one whole takes a tenth of the time. Two texts that hash alike, one pair
// in 2^64, count as one.
class ScanMemo {
  public:
    void scan(std::string_view text, StatementScan &scan) noexcept;

  private:
    struct Entry {
        std::uint64_t text; // hash of all bytes
        std::uint64_t words;
    };
    static constexpr int sets = 32;
    Entry entries_[sets][2]{}; // of each set, the latest first
};

// The place in scan.constant of the constant that stands at this byte, perhaps after a sign; -1 when there is none.
[[nodiscard]] int constant_at(const StatementScan &scan, std::string_view text, std::int32_t location) noexcept;

} // namespace query_audit
