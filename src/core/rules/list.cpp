#include "core/rules/list.h"

#include <iterator>

namespace query_audit {
namespace {

#define QUERY_AUDIT_POINT_TO_RULE(id) &id##_rule,
constexpr const RuleDescriptor *all_rules[] = {QUERY_AUDIT_RULES(QUERY_AUDIT_POINT_TO_RULE)};
#undef QUERY_AUDIT_POINT_TO_RULE
static_assert(std::size(all_rules) <= max_rules);

} // namespace

int rule_count() noexcept { return static_cast<int>(std::size(all_rules)); }

const RuleDescriptor &rule(int index) noexcept { return *all_rules[index]; }

int find_rule(std::string_view id) noexcept {
    for (int i = 0; i < rule_count(); ++i) {
        if (id == all_rules[i]->id) return i;
    }
    return -1;
}

Settings default_settings() noexcept {
    Settings settings{};
    for (int r = 0; r < rule_count(); ++r) {
        for (int t = 0; t < max_thresholds; ++t) settings.thresholds[r][t] = rule(r).thresholds[t].default_value;
    }
    settings.burst_gap_min_ms = default_burst_gap_min_ms;
    settings.burst_gap_max_ms = default_burst_gap_max_ms;
    return settings;
}

} // namespace query_audit
