// The only list of rules there is. A rule's descriptor stands at the end of src/core/rules/<id>.cpp. New rules go to
// the end of the list: a finding that was written to disk holds its rule's index.
#pragma once

#include "core/rules/rule.h"

#define QUERY_AUDIT_RULES(X)                                                                                           \
    X(n_plus_one)                                                                                                      \
    X(duplicate_query)                                                                                                 \
    X(seq_scan)                                                                                                        \
    X(count_before_paginate)                                                                                           \
    X(write_loop)                                                                                                      \
    X(commit_per_row)                                                                                                  \
    X(nested_loop_query)                                                                                               \
    X(redundant_count)                                                                                                 \
    X(count_storm)                                                                                                     \
    X(fetch_ids_then_rows)                                                                                             \
    X(leading_wildcard)                                                                                                \
    X(non_sargable)                                                                                                    \
    X(unindexed_sort)                                                                                                  \
    X(wide_result)                                                                                                     \
    X(stale_statistics)                                                                                                \
    X(deep_offset)                                                                                                     \
    X(unbounded_result)                                                                                                \
    X(mass_write)                                                                                                      \
    X(temp_spill)                                                                                                      \
    X(slow_query)                                                                                                      \
    X(idle_in_transaction)                                                                                             \
    X(connection_churn)                                                                                                \
    X(connection_pressure)                                                                                             \
    X(cache_candidate)                                                                                                 \
    X(missing_fk_index)                                                                                                \
    X(unused_index)                                                                                                    \
    X(redundant_index)                                                                                                 \
    X(missing_primary_key)                                                                                             \
    X(json_in_text)

namespace query_audit {

#define QUERY_AUDIT_DECLARE_RULE(id) extern const RuleDescriptor id##_rule;
QUERY_AUDIT_RULES(QUERY_AUDIT_DECLARE_RULE)
#undef QUERY_AUDIT_DECLARE_RULE

// Their indexes, by id.
namespace rule_index {
#define QUERY_AUDIT_NAME_RULE(id) id,
enum : int { QUERY_AUDIT_RULES(QUERY_AUDIT_NAME_RULE) };
#undef QUERY_AUDIT_NAME_RULE
} // namespace rule_index

} // namespace query_audit
