// What sql/install/33-unused-index.sql looks for in the catalog when query_audit.schema_findings is read.

#include "core/rules/list.h"

namespace query_audit {

constinit const RuleDescriptor unused_index_rule = {
    .id = "unused_index",
    .title = "An index that no query uses",
    .category = "schema",
    .severity = Severity::warning,
    .rationale = "Each INSERT, and each UPDATE that is not HOT, writes every index, VACUUM reads it, and it takes "
                 "memory from those that are used.",
    .fires_when = "An index of `min_size_kb` or more, with all its partitions, was not scanned once since the "
                  "statistics were reset, which is `min_days` ago or more. Indexes of the same definition that "
                  "partitions have each for themselves are reported as one.",
    .silent_for =
        "Indexes that do more than answer queries: of primary keys, unique and exclusion constraints, replica "
        "identities, those that a table is clustered by, and those that serve a foreign key; invalid ones, "
        "which may be being built; what `redundant_index` reports, or keeps instead; indexes of extensions. "
        "When an index was created is not known: one that is younger than the statistics looks the same. Each "
        "server counts its own scans, so what standbys use must be looked up there.",
    .remedy = "Drop it, when no standby and no rare job (at the end of the month, of the year) uses it.",
    .thresholds = {{"min_size_kb", "kB", 1024, 0, 2147483647, "Size that the index must have to be reported"},
                   {"min_days", "days", 30, 0, 36500, "Age of the statistics from which they are believed"}},
    .evidence_names = {},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = nullptr,
    .advise = nullptr,
};

} // namespace query_audit
