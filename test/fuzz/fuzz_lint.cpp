// libFuzzer target: splitting any bytes into statements and linting each. What is found must lie in the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "core/source_text.h"
#include "parse/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace query_audit;
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    static LintedStatement linted;
    StatementSplitter splitter(text);
    PositionFinder positions(text);
    SourceStatement statement{};
    std::size_t end = 0;
    std::int32_t position = 0;
    while (splitter.next(statement)) {
        if (statement.start < end || statement.length == 0) std::abort();
        end = statement.start + statement.length;
        if (end > size) std::abort();
        const std::string_view one = text.substr(statement.start, statement.length);
        const ParseStatus status = query_audit_lint(one.data(), one.size(), default_max_parse_bytes, &linted);
        if (status != linted.status || (status != ParseStatus::ok && linted.finding_count != 0)) std::abort();
        for (int i = 0; i < linted.finding_count; ++i) {
            const LintFinding &finding = linted.findings[i];
            if (query_audit_lint_descriptor(finding.lint) == nullptr) std::abort();
            const auto at = static_cast<std::size_t>(finding.location);
            if (finding.location < 0 || at >= one.size()) std::abort();
            if (std::memchr(finding.message, '\0', sizeof finding.message) == nullptr) std::abort();
            const std::string_view snippet = snippet_at(one, at);
            if (snippet.size() > snippet_bytes || at + snippet.size() > one.size()) std::abort();
            const SourcePosition found = positions.find(statement.start + at);
            if (found.position < position || found.line < 1 || found.column < 0) std::abort();
            position = found.position;
        }
    }
    return 0;
}
