// What sql/install/32-redundant-index.sql looks for in the catalog when query_audit.schema_findings is read.

#include "core/rules/list.h"

namespace query_audit {

constinit const RuleDescriptor redundant_index_rule = {
    .id = "redundant_index",
    .title = "An index that another one makes superfluous",
    .category = "schema",
    .severity = Severity::warning,
    .rationale = "What it answers, the other one answers too, so that it costs writes, VACUUM and memory for nothing.",
    .fires_when = "Of two valid indexes of one table with the same predicate, of `min_size_kb` or more, one has the "
                  "same keys as the other (in column or expression, collation, operator class, direction), or, for "
                  "btrees, those that the other begins with; included columns are there in the other too. A btree can "
                  "be read backwards, so all directions reversed are the same. Of duplicates the one that serves a "
                  "constraint, is unique, or is the older one stays.",
    .silent_for =
        "Unique indexes, unless the other one is unique on the same columns; indexes of constraints, replica "
        "identities, those that a table is clustered by; indexes of different access methods; partial indexes "
        "beside full ones; invalid ones; indexes of extensions. The partitions of an index are not reported "
        "beside it. It is `info` where the index that stays is more than four times as large: scans that used "
        "the small one read more.",
    .remedy = "Drop it; the other one serves its queries.",
    .thresholds = {{"min_size_kb", "kB", 0, 0, 2147483647, "Size that the index must have to be reported"}},
    .evidence_names = {},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = nullptr,
    .advise = nullptr,
};

} // namespace query_audit
