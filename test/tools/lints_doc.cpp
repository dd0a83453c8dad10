// Prints docs/lints.md from the table of lints.

#define FMT_HEADER_ONLY
#include <fmt/format.h>

#include "core/severity.h"
#include "parse/parse.h"

using namespace query_audit;

int main() {
    fmt::print(
        "# The lints\n\n"
        "What `query_audit.lint(text)` says of a statement's text alone, before it ever runs. Made from the table "
        "in `src/parse/lints/` by `make docs`.\n\n"
        "Each is decided from the parse tree. A text does not say how large a table is, or which indexes it has: "
        "what of this matters at run time the [rules](rules.md) see.\n\n"
        "| lint | severity | reports |\n|---|---|---|\n");
    for (std::int32_t i = 0; const LintDescriptor *lint = query_audit_lint_descriptor(i); ++i) {
        fmt::print("| [`{0}`](#{0}) | {1} | {2} |\n", lint->id, severity_name(lint->severity), lint->title);
    }
    for (std::int32_t i = 0; const LintDescriptor *lint = query_audit_lint_descriptor(i); ++i) {
        fmt::print("\n## {}\n\n", lint->id);
        fmt::print("**{}.** `{}`.\n\n", lint->title, severity_name(lint->severity));
        fmt::print("{}\n\n", lint->rationale);
        fmt::print("*Reports.* {}\n\n", lint->reports);
        fmt::print("*Silent for.* {}\n\n", lint->silent_for);
        fmt::print("*Remedy.* {}\n", lint->hint);
    }
}
