// What a GROUP BY groups: by some attribute, or the rows of a relation that joins have multiplied. Private to
// src/parse.
//
// Some ORMs write GROUP BY where others write DISTINCT; a page then lists the rows that a count without either counts.
#pragma once

#include "parse/level.h"

namespace query_audit::parse {

// Whether a level's groups are the rows of one relation, or it puts the rows of its sub-select in order of their first
// numbers. Throws std::bad_alloc.
[[nodiscard]] bool groups_are_rows(const Level &level);

} // namespace query_audit::parse
