// What becomes known of a statement that this backend meets for the first time: from another backend, which has met it
// before, from its parse tree, or, while shapes flood in (core/admission.h), from its words alone.
#pragma once

#include <string_view>

#include "core/scan.h"
#include "core/store.h"
#include "core/tags.h"
#include "parse/parse.h"

#include "pg/relations.h"
#include "pg/shapes.h"

#include "pg/pg.h"

namespace query_audit {

enum class Sharing : std::uint8_t {
    none, // other statements may have the key too, so no other backend is to know the shape
    full,
    if_admitted, // and at its first sight it may be let pass
};

// Fills what is known of the statement's text. REQUIRES: the keys and the query id are set, all else is zero.
void get_to_know(LocalShape &local, StatementKind kind, std::string_view text, const StatementScan &scan,
                 const RelationFacts &facts, Sharing sharing);

// Parses the text of what was let pass: at its second sight, or where an execution turns out to be worth it.
void understand_text(LocalShape &local, std::string_view text, const StatementScan &scan);

// Puts the statement's text, without literals, where all backends find it. parsed: of the text itself, not just of one
// of the same shape; or null.
void publish_text(LocalShape &local, std::string_view text, const ParsedStatement *parsed);

[[nodiscard]] bool text_is_held(uint64 text_key);

} // namespace query_audit
