#include "parse/parse.h"

#include <algorithm>
#include <cstring>

#include "parse/constants.h"
#include "parse/describe.h"
#include "parse/fingerprint.h"
#include "parse/pg_query_box.h"
#include "parse/text.h"

namespace query_audit {
namespace {

ParseStatus parse_statement(std::string_view text, std::size_t max_bytes, ParsedStatement &out) {
    parse::Tree tree;
    parse::SyntaxError error;
    out.status = tree.parse(text, max_bytes, &error);
    if (out.status == ParseStatus::syntax_error) {
        out.error_position = error.position;
        parse::copy_text(error.message, out.error_message, sizeof out.error_message);
    }
    if (out.status != ParseStatus::ok) return out.status;

    const parse::Description description = parse::describe(tree.statement());
    out.shape.fingerprint = parse::fingerprint(tree);
    out.shape.filter_identity = description.filter_identity;
    out.shape.flags = description.flags | shape_flag::parsed;
    out.shape.kind = description.kind;
    out.shape.row_key = description.row_key;
    out.shape.list_parameter = description.list_parameter;
    const std::size_t count = std::min<std::size_t>(description.filter_values.size(), max_filter_values);
    out.filter_value_count = static_cast<std::int32_t>(count);
    out.key_value_count = static_cast<std::int32_t>(std::min(description.key_value_count, count));
    std::copy_n(description.filter_values.begin(), count, out.filter_values);
    out.constant_count = parse::find_constants(tree.statement(), out.constants);
    return out.status;
}

} // namespace

extern "C" ParseStatus query_audit_parse(const char *text, std::size_t length, std::size_t max_bytes,
                                         ParsedStatement *out) noexcept {
    std::memset(out, 0, sizeof *out);
    out->error_position = -1;
    try {
        return parse_statement({text, length}, max_bytes, *out);
    } catch (...) {
        return out->status = ParseStatus::out_of_memory;
    }
}

} // namespace query_audit
