// What sql/install/31-missing-fk-index.sql looks for in the catalog when query_audit.schema_findings is read.

#include "core/rules/list.h"

namespace query_audit {

constinit const RuleDescriptor missing_fk_index_rule = {
    .id = "missing_fk_index",
    .title = "A foreign key without an index",
    .category = "schema",
    .severity = Severity::warning,
    .rationale = "Each DELETE of a referenced row, and each UPDATE of its key, looks for the rows that reference it: "
                 "without an index it reads the whole table, once for each row, under locks. Joins and look-ups by the "
                 "key do the same.",
    .fires_when = "A table of `min_rows` rows or more, by the statistics, has a foreign key, and no valid btree index "
                  "(or hash index, for one column) begins with its columns, in any order. A partitioned table is "
                  "reported as one when any of its partitions lacks the index, as are foreign keys that partitions or "
                  "tables that inherit have each for themselves. Look-ups need not match the whole key: an index whose "
                  "first column alone leaves 100 rows or fewer on average is enough.",
    .silent_for = "Small tables; keys that an index serves, also one that is partial on the key being not null; "
                  "temporary tables, tables of extensions; keys that are not enforced. A key whose columns the index "
                  "proposed for a longer one begins with is not reported beside it. It is `info` where the referenced "
                  "table has 20 rows or fewer and none was ever deleted.",
    .remedy = "An index on the key's columns. On a partitioned table it is made on each partition, without blocking "
              "writes, and attached.",
    .thresholds = {{"min_rows", "rows", 10000, 0, 2147483647,
                    "Rows that the referencing table must have to be reported"}},
    .evidence_names = {},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = nullptr,
    .advise = nullptr,
};

} // namespace query_audit
