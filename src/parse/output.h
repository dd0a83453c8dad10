// What a SELECT's output is: one count, aggregates, constants or rows, and where its page is cut. Private to src/parse.
#pragma once

#include "parse/level.h"

namespace query_audit::parse {

enum class Output : std::uint8_t { rows, constants, aggregates, count };

// Of the level that makes the output, below wrappers that only hand it on.
[[nodiscard]] Output output_of(const Level &top);

// Whether every output column is made by aggregates, or is the same for all rows.
[[nodiscard]] Output classify_targets(NodeList targets);

[[nodiscard]] bool is_aggregate(const PgQuery__FuncCall &call) noexcept;

// The level whose LIMIT or OFFSET cuts the output: the top one, or where it has none, a sub-select or common table
// expression in FROM, or the sub-select by whose keys alone it takes its rows. (ORMs page inside and join the included
// relations outside.)
[[nodiscard]] std::optional<Level> find_paging(const Level &top);

} // namespace query_audit::parse
