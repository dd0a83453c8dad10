// Tags that clients write into comments: sqlcommenter's key='url-encoded value' and marginalia's key:value.
//
// Tags are another party's text: they are bounded, made UTF-8 without control characters, never parsed as SQL, and only
// known keys are kept.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/finding.h"

namespace query_audit {

struct Tags {
    std::uint64_t trace; // hash of the trace id or request id, 0 without one
    std::uint64_t route; // hash of the route, controller, action and job, 0 without any
    // The known keys but trace and request ids, as key=value, each ended by NUL; then NUL. What names the route comes
    // first; what does not fit is left out whole.
    char text[tags_bytes];
};

// Reads the tags of every comment of a statement. Cheap where the statement neither begins nor ends with a comment.
// Returns false, with tags zeroed, when there are none.
bool parse_tags(std::string_view statement, Tags &tags) noexcept;

// The value of a key in a Tags' text; empty without one.
[[nodiscard]] std::string_view tag_of(const char (&text)[tags_bytes], std::string_view key) noexcept;

} // namespace query_audit
