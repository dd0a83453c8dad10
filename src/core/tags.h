// Tags that clients write into comments: sqlcommenter's key='url-encoded value' and marginalia's key:value.
//
// Tags are another party's text: they are bounded, stripped of control characters, never parsed as SQL, and only known
// keys are kept.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/finding.h"

namespace query_audit {

struct Tags {
    std::uint64_t trace;   // hash of the trace id or request id, 0 without one
    std::uint64_t route;   // hash of the route (or controller and action), 0 without one
    char text[tags_bytes]; // the known keys but trace and request ids, as key=value, each ended by NUL; then NUL
};

// Reads the tags of every comment of a statement. Cheap where the statement neither begins nor ends with a comment.
// Returns false, with tags zeroed, when there are none.
bool parse_tags(std::string_view statement, Tags &tags) noexcept;

} // namespace query_audit
