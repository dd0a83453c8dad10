// Settings: what the rules and the unit of work are told by configuration. The server adapter points its GUCs at it.
#pragma once

#include <cstdint>

namespace query_audit {

constexpr int max_rules = 64;
constexpr int max_thresholds = 4;
constexpr int default_burst_gap_min_ms = 50;
constexpr int default_burst_gap_max_ms = 250;

struct Settings {
    int thresholds[max_rules][max_thresholds]; // by rule index and threshold, as the rule's descriptor orders them
    std::uint64_t disabled_rules;              // one bit a rule index
    int burst_gap_min_ms;                      // a pause shorter than this never ends a burst
    int burst_gap_max_ms;                      // a longer one always does

    [[nodiscard]] bool enabled(int rule) const noexcept { return (disabled_rules >> rule & 1) == 0; }
};

// Every threshold at its default, every rule enabled.
[[nodiscard]] Settings default_settings() noexcept;

} // namespace query_audit
