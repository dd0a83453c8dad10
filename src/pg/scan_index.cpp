#include <algorithm>

#include "core/event.h"
#include "core/index_text.h"

#include "pg/index_catalog.h"
#include "pg/scan_index.h"

#include "pg/pg.h"

namespace query_audit {

void describe_index(ScanFacts &facts) {
    const auto loops = static_cast<int64>(std::max<uint64>(1, facts.loops));
    const ScanNeed need{facts.need, 1, loops, static_cast<int64>(facts.rows_read),
                        static_cast<int64>(facts.rows_removed)};
    // What it is not told it takes from what was read.
    const IndexedTable unknown{-1, 0, 0, nullptr, 0, nullptr, 0};
    IndexCandidate candidate;
    if (!form_candidate(need, unknown, candidate)) return;
    const double rows = rows_of_table(need, unknown);
    facts.index_exists = has_index_for(facts.relation, need, candidate, rows);
    trim_candidate(candidate, rows);
    TextWriter body(facts.index_columns, sizeof(facts.index_columns));
    // A cut one would be no valid SQL.
    const bool whole = write_index_body(candidate, index_words(facts.relation, candidate), body);
    if (!whole) facts.index_columns[0] = '\0';
}

} // namespace query_audit
