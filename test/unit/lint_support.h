// Shared by the tests of lints: what is found in a statement, by id and position.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parse/parse.h"

namespace query_audit::test {

inline std::string lint_id(std::int32_t index) { return query_audit_lint_descriptor(index)->id; }

// The findings of a statement, as "id@offset".
inline std::vector<std::string> lint(std::string_view text) {
    static LintedStatement linted;
    if (query_audit_lint(text.data(), text.size(), default_max_parse_bytes, &linted) != ParseStatus::ok) {
        return {std::string("not parsed: ") + linted.error_message};
    }
    std::vector<std::string> found;
    for (int i = 0; i < linted.finding_count; ++i) {
        found.push_back(lint_id(linted.findings[i].lint) + "@" + std::to_string(linted.findings[i].location));
    }
    return found;
}

// What one lint finds: the texts from where it points to, up to the next space, comma, parenthesis or end.
inline std::vector<std::string> lint(std::string_view id, std::string_view text) {
    static LintedStatement linted;
    if (query_audit_lint(text.data(), text.size(), default_max_parse_bytes, &linted) != ParseStatus::ok) {
        return {std::string("not parsed: ") + linted.error_message};
    }
    std::vector<std::string> found;
    for (int i = 0; i < linted.finding_count; ++i) {
        if (lint_id(linted.findings[i].lint) != id) continue;
        const auto start = static_cast<std::size_t>(linted.findings[i].location);
        found.emplace_back(text.substr(start, text.find_first_of(" ,();", start + 1) - start));
    }
    return found;
}

struct LintCase {
    std::string_view text;
    std::vector<std::string> at; // the words it points to; empty: it must be left alone
};

} // namespace query_audit::test
