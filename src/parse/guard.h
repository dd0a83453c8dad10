// What keeps a text away from libpg_query that its recursion could not stand. Private to src/parse.
//
// The library and the unpacking of its trees recurse without a stack guard: about 2 KiB of stack for each link of a
// chain (1 + 1 + ..., IS NULL IS NULL ..., UNION ... UNION) and 6 KiB for each nested sub-select.
#pragma once

#include <cstdint>
#include <string_view>

namespace query_audit::parse {

constexpr std::uint32_t max_depth = 200;      // parentheses and brackets open at once
constexpr std::uint32_t max_operators = 2000; // in the whole text
constexpr std::uint32_t max_links = 500;      // on one path of the tree: at most 1.5 MiB of stack

// Allocates nothing, recurses never, reads any bytes.
[[nodiscard]] bool nests_too_deep(std::string_view text) noexcept;

} // namespace query_audit::parse
