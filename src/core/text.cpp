#define FMT_HEADER_ONLY // fmt's own code is compiled here
#include <fmt/format.h>

#include "core/text.h"

namespace query_audit {

void TextWriter::format_piece(fmt::string_view pattern, fmt::format_args arguments) {
    char piece[1024];
    const auto result = fmt::vformat_to_n(piece, sizeof(piece), pattern, arguments);
    append({piece, result.size < sizeof(piece) ? result.size : sizeof(piece)});
}

std::string format_string(fmt::string_view pattern, fmt::format_args arguments) {
    return fmt::vformat(pattern, arguments);
}

} // namespace query_audit
