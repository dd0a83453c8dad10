// Hashes of bound parameters and of constants in a text.
#pragma once

#include "pg/shapes.h"

namespace query_audit {

// Hash of one bound value; the same for equal integers of different width.
[[nodiscard]] uint64 hash_parameter(LocalShape &local, int index, const ParamExternData &parameter);

// Hashes the constants that the server recorded while it computed the query id.
[[nodiscard]] ValueHashes hash_constants(const LocalShape &local, const char *source, const JumbleState *jumble);

// What stands in for a query id where the server has computed none: a hash of the statement's words, without constants
// and comments.
[[nodiscard]] uint64 hash_text_words(std::string_view text);

// Hash of every constant in a statement's text, comments left out. For a text whose recorded constants are not at hand.
[[nodiscard]] uint64 hash_text_constants(std::string_view text);

} // namespace query_audit
