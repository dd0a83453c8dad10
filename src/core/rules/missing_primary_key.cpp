// What sql/install/34-missing-primary-key.sql looks for in the catalog when query_audit.schema_findings is read.

#include "core/rules/list.h"

namespace query_audit {

constinit const RuleDescriptor missing_primary_key_rule = {
    .id = "missing_primary_key",
    .title = "A table without a primary key",
    .category = "schema",
    .severity = Severity::warning,
    .rationale = "Nothing tells its rows apart: duplicates go unnoticed, a single row cannot be updated, logical "
                 "replication has no identity for UPDATE and DELETE, and tools that page, copy or compare by key do "
                 "not work.",
    .fires_when =
        "A table of `min_rows` rows or more has no primary key. It is `critical` where the table is published "
        "for UPDATE or DELETE and has no replica identity, because these then fail, and `info` where it has a "
        "unique key whose columns are not null.",
    .silent_for = "Partitions, which are reported as their parent, and tables that inherit from one that is reported; "
                  "temporary and foreign tables; tables of extensions.",
    .remedy = "Make a unique key that is there the primary key, or add an identity column.",
    .thresholds = {{"min_rows", "rows", 0, 0, 2147483647, "Rows that the table must have to be reported"}},
    .evidence_names = {},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = nullptr,
    .advise = nullptr,
};

} // namespace query_audit
