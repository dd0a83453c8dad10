#include "core/event.h"
#include "core/text.h"

#include "pg/scan_filter.h"
#include "pg/table_indexes.h"

#include "pg/condition.h"
#include "pg/expression.h"

#include "pg/pg.h"

namespace query_audit {
void describe_filter(ScanState *scan, ScanFacts &facts) {
    TextWriter filter(facts.filter, sizeof(facts.filter));
    ExpressionWriter writer(RelationGetRelid(scan->ss_currentRelation), filter);
    for (int part = 0; part < condition_parts; ++part) {
        ListCell *cell;
        foreach (cell, conditions_of(scan, part)) {
            if (!filter.view().empty()) filter.append(" AND ");
            writer.write(static_cast<const Node *>(lfirst(cell)));
        }
    }
}

} // namespace query_audit
