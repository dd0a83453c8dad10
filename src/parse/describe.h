// From a parse tree to the facts that leave the box. Private to src/parse.
#pragma once

#include "parse/filter_identity.h"

namespace query_audit::parse {

struct Description {
    StatementKind kind = StatementKind::unknown;
    std::uint32_t flags = 0; // shape_flag
    std::uint64_t filter_identity = 0;
    std::vector<FilterValue> filter_values; // keys first
    std::size_t key_value_count = 0;
    std::uint32_t row_key = 0;
    std::uint8_t list_parameter = 0;
};

// Of a DML statement. Throws std::bad_alloc.
[[nodiscard]] Description describe(Node *statement);

} // namespace query_audit::parse
