// Shared by the tests of src/parse: the entry points with std::string in place of buffers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parse/parse.h"

namespace query_audit::test {

inline ParsedStatement parse(std::string_view text, std::size_t max_bytes = default_max_parse_bytes) {
    ParsedStatement parsed;
    query_audit_parse(text.data(), text.size(), max_bytes, &parsed);
    return parsed;
}

inline std::string normalize(std::string_view text) {
    std::string out(default_max_parse_bytes * 2, '\0');
    if (query_audit_normalize(text.data(), text.size(), default_max_parse_bytes, nullptr, out.data(), out.size()) !=
        ParseStatus::ok) {
        return {};
    }
    return out.c_str();
}

struct Rewrite {
    bool done;
    std::string text; // or the reason
};

inline Rewrite rewrite_batched(std::string_view text, const RewriteFacts *facts = nullptr) {
    std::string out(default_max_parse_bytes, '\0');
    const bool done = query_audit_rewrite_batched(text.data(), text.size(), facts, out.data(), out.size());
    return {done, out.c_str()};
}

inline Rewrite rewrite_page(std::string_view text) {
    std::string out(default_max_parse_bytes, '\0');
    const bool done = query_audit_rewrite_page(text.data(), text.size(), out.data(), out.size());
    return {done, out.c_str()};
}

inline std::string describe_key(std::string_view text, std::int32_t key) {
    std::string out(1024, '\0');
    query_audit_describe_key(text.data(), text.size(), key, out.data(), out.size());
    return out.c_str();
}

// The filter's values as they stand in the text: "$1" or the literal's first word.
inline std::vector<std::string> filter_values(std::string_view text) {
    const ParsedStatement parsed = parse(text);
    std::vector<std::string> values;
    for (int i = 0; i < parsed.filter_value_count; ++i) {
        const FilterValue value = parsed.filter_values[i];
        if (value.parameter > 0) {
            values.push_back("$" + std::to_string(value.parameter));
        } else {
            const auto start = static_cast<std::size_t>(value.location);
            values.emplace_back(text.substr(start, text.find_first_of(" ),;", start) - start));
        }
    }
    return values;
}

} // namespace query_audit::test
