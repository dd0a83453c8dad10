// libFuzzer target: the entry points of the box on any bytes, but lint. The first byte of the input chooses the
// options.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "parse/parse.h"

namespace {

using namespace query_audit;

// A table that every text's t is, so that what needs facts is written, too.
void rewrite(const char *text, std::size_t length, char *cut, std::size_t capacity) {
    const ColumnFacts columns[] = {{"a", "integer", true}, {"b", "text", false}, {"id", "bigint", true}};
    const UniqueKey key = {{2}, 1, true};
    const TableFacts table = {"", "t", columns, 3, &key, 1};
    const RewriteFacts facts = {&table, 1};
    const TextSpan twice[] = {{text, length}, {text, length}};
    NamedTable named[2];
    for (const RewriteFacts *known : {static_cast<const RewriteFacts *>(nullptr), &facts}) {
        query_audit_rewrite_batched(text, length, known, cut, capacity);
        query_audit_rewrite_write(text, length, known, cut, capacity);
        query_audit_rewrite_keyset(text, length, known, cut, capacity);
    }
    query_audit_rewrite_page(text, length, cut, capacity);
    query_audit_rewrite_aggregates(twice, 2, cut, capacity);
    query_audit_named_tables(text, length, named, 2);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace query_audit;
    if (size == 0) return 0;
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
    if (query_audit_normalize(text, length, default_max_parse_bytes, nullptr, normal, sizeof normal) ==
        ParseStatus::ok) {
        if (status != ParseStatus::ok) std::abort();
        rewrite(normal, std::strlen(normal), cut, capacity);
    }
    query_audit_normalize(text, length, default_max_parse_bytes, status == ParseStatus::ok ? &parsed : nullptr, cut,
                          capacity);
    rewrite(text, length, cut, capacity);
    return 0;
}
