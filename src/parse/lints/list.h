// The only list of lints there is, in the order in which they are shown. Private to src/parse. A lint's descriptor and
// function stand in the file of its subject.
#pragma once

#include "parse/lint.h"

#define QUERY_AUDIT_LINTS(X)                                                                                           \
    X(update_without_where)                                                                                            \
    X(delete_without_where)                                                                                            \
    X(compares_with_null)                                                                                              \
    X(not_in_subquery)                                                                                                 \
    X(cartesian_join)                                                                                                  \
    X(natural_join)                                                                                                    \
    X(outer_join_undone)                                                                                               \
    X(leading_wildcard)                                                                                                \
    X(function_on_column)                                                                                              \
    X(deep_offset)                                                                                                     \
    X(limit_without_order_by)                                                                                          \
    X(distinct_on_without_order_by)                                                                                    \
    X(order_by_random)                                                                                                 \
    X(count_for_existence)                                                                                             \
    X(select_without_limit)                                                                                            \
    X(select_star)                                                                                                     \
    X(insert_without_columns)                                                                                          \
    X(not_checked)

namespace query_audit::parse {

#define QUERY_AUDIT_DECLARE_LINT(id) extern const Lint id##_lint;
QUERY_AUDIT_LINTS(QUERY_AUDIT_DECLARE_LINT)
#undef QUERY_AUDIT_DECLARE_LINT

} // namespace query_audit::parse
