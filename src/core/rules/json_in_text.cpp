// What sql/install/35-json-in-text.sql looks for in the catalog when query_audit.schema_findings is read.

#include "core/rules/list.h"

namespace query_audit {

constinit const RuleDescriptor json_in_text_rule = {
    .id = "json_in_text",
    .title = "JSON kept as text",
    .category = "schema",
    .severity = Severity::info,
    .rationale = "Text is not checked, is parsed anew by each query that looks inside, and no index can answer what it "
                 "holds.",
    .fires_when = "All of up to `sample_rows` values of a text or varchar column are JSON objects or arrays, and at "
                  "least `min_values` of them are there. Of the tables that the reader may select the column from, the "
                  "`max_tables` largest are looked at, a few rows of each. No value is kept or shown.",
    .silent_for =
        "Columns with a single value that is not JSON; keys, generated columns; tables whose row security "
        "applies to the reader, foreign and temporary tables, tables of extensions, and those that are locked "
        "exclusively at the time. It writes no SQL where a view, an index, a constraint or the like depends "
        "on the column.",
    .remedy = "Type jsonb, with a GIN index where queries look for what the documents contain, or an expression "
              "index for one key.",
    .thresholds = {{"sample_rows", "rows", 100, 1, 10000, "Values of a column that are looked at"},
                   {"min_values", "values", 20, 1, 10000, "Values that must be there for it to be reported"},
                   {"max_tables", "tables", 500, 1, 100000, "Tables that are looked at, the largest first"}},
    .evidence_names = {},
    .related_name = nullptr,
    .fix = Fix::none,
    .on_series = nullptr,
    .on_statement = nullptr,
    .advise = nullptr,
};

} // namespace query_audit
