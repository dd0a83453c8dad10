// libFuzzer target: the entry points of the box on any bytes, but lint. The first byte of the input chooses the
// options.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "parse/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace query_audit;
    if (size == 0) return 0;
    const bool single_row = (data[0] & 1) != 0;
    const std::size_t capacity = data[0]; // small ones too, to cut texts
    const char *text = reinterpret_cast<const char *>(data + 1);
    const std::size_t length = size - 1;

    static ParsedStatement parsed;
    const ParseStatus status = query_audit_parse(text, length, default_max_parse_bytes, &parsed);
    if (status == ParseStatus::ok && parsed.shape.fingerprint == 0) std::abort();
    for (int i = 0; i < parsed.filter_value_count; ++i) {
        if (parsed.filter_values[i].location >= static_cast<std::int64_t>(length)) std::abort();
    }
    if (parsed.key_value_count > parsed.filter_value_count) std::abort();

    char cut[256];
    static char normal[4 * default_max_parse_bytes];
    if (query_audit_normalize(text, length, default_max_parse_bytes, false, normal, sizeof normal) == ParseStatus::ok) {
        if (status != ParseStatus::ok) std::abort();
        query_audit_rewrite_batched(normal, std::strlen(normal), single_row, cut, capacity);
        query_audit_rewrite_page(normal, std::strlen(normal), cut, capacity);
    }
    query_audit_normalize(text, length, default_max_parse_bytes, status == ParseStatus::ok, cut, capacity);
    query_audit_rewrite_batched(text, length, single_row, cut, capacity);
    query_audit_rewrite_page(text, length, cut, capacity);
    return 0;
}
