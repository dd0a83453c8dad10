// Patterns of LIKE, ILIKE, regular expressions and ^@: how they begin decides which index can answer them.
#pragma once

#include "pg/pg.h"

namespace query_audit {

enum class PatternKind : uint8 {
    none,            // no pattern is compared with
    fixed_beginning, // it begins with text that all matches begin with
    open_beginning,  // it begins with a wildcard, or is not anchored
    other,           // ignores case, or is not known
};

struct Pattern {
    PatternKind kind;
};

// What is compared with, where the operator matches a pattern. The values of parameters are those of the state, which
// may be null.
[[nodiscard]] Pattern read_pattern(Oid operator_id, const Node *value, const EState *state);

} // namespace query_audit
