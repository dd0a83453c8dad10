// libFuzzer target: what src/core reads of a statement's text without parsing it. The first byte chooses a buffer's
// size.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "core/embedded.h"
#include "core/lexer.h"
#include "core/mask.h"
#include "core/scan.h"

namespace {

using namespace query_audit;

void require(bool holds) {
    if (!holds) std::abort();
}

std::size_t count_tokens(std::string_view text) {
    std::size_t count = 0;
    std::size_t at = 0;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        require(token.length > 0 && token.start >= at && token.start + token.length <= text.size());
        require(text.substr(at, token.start - at).find_first_not_of(" \t\r\n\v\f") == std::string_view::npos);
        at = token.start + token.length;
        ++count;
    }
    require(lexer.next().kind == TokenKind::end);
    return count;
}

void require_no_literal(std::string_view masked) {
    Lexer lexer(masked);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        require(token.kind != TokenKind::string && token.kind != TokenKind::number && token.kind != TokenKind::comment);
    }
}

std::string mask(std::string_view text, bool ascii_only, std::size_t capacity) {
    std::string out(capacity, '#');
    mask_literals(text, ascii_only, out.data(), capacity);
    out.resize(std::strlen(out.c_str()));
    require(out.size() < capacity);
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0) return 0;
    // A NUL ends a statement's text in the server.
    const std::string text(reinterpret_cast<const char *>(data + 1),
                           strnlen(reinterpret_cast<const char *>(data + 1), size - 1));
    const std::size_t tokens = count_tokens(text);
    const Complexity complexity = measure_complexity(text);
    require(complexity.depth <= tokens && complexity.operators <= tokens);
    const std::string_view statement = embedded_statement(text);
    require(statement.data() >= text.data() && statement.data() + statement.size() <= text.data() + text.size());
    StatementScan scan;
    scan_statement(text, scan);
    for (int i = 0; i < scan.count; ++i) {
        const TextConstant &constant = scan.constant[i];
        require(constant.start < constant.end && constant.end <= text.size());
        require(constant_at(scan, text, static_cast<std::int32_t>(constant.start)) == i);
    }

    const std::string masked = mask(text, false, 16 * text.size() + 16);
    require_no_literal(masked);
    require(mask(masked, false, masked.size() + 1) == masked);
    require(masked.starts_with(mask(text, false, 1 + data[0])) || data[0] == 0);
    for (const char c : mask(text, true, 1 + data[0])) require(static_cast<unsigned char>(c) < 0x80);
    return 0;
}
