// Prints docs/rules.md from the rule table.

#define FMT_HEADER_ONLY
#include <fmt/format.h>

#include "core/finding.h"
#include "core/rules/rule.h"

using namespace query_audit;

namespace {

void print_rule(int index) {
    const RuleDescriptor &descriptor = rule(index);
    fmt::print("\n## {}\n\n", descriptor.id);
    fmt::print("**{}.** {} rule, usually `{}`.\n\n", descriptor.title, descriptor.category,
               severity_name(descriptor.severity));
    fmt::print("{}\n\n", descriptor.rationale);
    fmt::print("*Fires when.* {}\n\n", descriptor.fires_when);
    fmt::print("*Silent for.* {}\n\n", descriptor.silent_for);
    fmt::print("*Remedy.* {}\n\n", descriptor.remedy);
    fmt::print("| setting | default | unit | bounds | what |\n|---|---|---|---|---|\n");
    for (const Threshold &threshold : descriptor.thresholds) {
        if (threshold.name == nullptr) break;
        fmt::print("| `pg_query_audit.{}_{}` | {} | {} | {} to {} | {} |\n", descriptor.id, threshold.name,
                   threshold.default_value, threshold.unit, threshold.minimum, threshold.maximum,
                   threshold.description);
    }
    if (descriptor.evidence_names[0] == nullptr) return;
    fmt::print("\nEvidence: ");
    for (int i = 0; i < max_evidence && descriptor.evidence_names[i] != nullptr; ++i) {
        fmt::print("{}`{}`", i == 0 ? "" : ", ", descriptor.evidence_names[i]);
    }
    if (descriptor.scale != nullptr) fmt::print(", `growth`, `ms_at_10x`, `ms_at_100x`");
    fmt::print(".\n");
}

} // namespace

int main() {
    fmt::print("# The rules\n\n"
               "Made from the rule table in `src/core/rules/` by `make docs`; the view `query_audit.rules` shows the "
               "same, with the settings in force.\n");
    for (int r = 0; r < rule_count(); ++r) print_rule(r);
}
