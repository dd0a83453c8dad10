// Which rows a SELECT returns: all that its filter keeps, their keys alone, or those of a list of keys. Private to
// src/parse.
#pragma once

#include "core/shape.h"
#include "parse/output.h"

namespace query_audit::parse {

struct RowFacts {
    std::uint32_t flags = 0;         // shape_flag
    std::uint32_t row_key = 0;       // see StatementShape
    std::uint8_t list_parameter = 0; // see StatementShape
};

// Of a SELECT whose output is rows or a count of them. Throws std::bad_alloc.
[[nodiscard]] RowFacts describe_rows(const Level &top, Output output);

} // namespace query_audit::parse
