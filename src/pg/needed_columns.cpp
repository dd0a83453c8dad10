#include <algorithm>

#include "pg/needed_columns.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

// Null where they are not known. What locks or changes rows visits the table in any case.
const Bitmapset *columns_of(const PlannedStmt *plan, Index entry, bool &known) {
    known = plan->commandType == CMD_SELECT && plan->rowMarks == NIL;
    const RangeTblEntry *table = rt_fetch(entry, plan->rtable);
    return known ? selected_columns(table, permissions_of(plan), known) : nullptr;
}

constexpr int usual_keys = 2;

AttrNumber attribute_of(int member) { return static_cast<AttrNumber>(member + FirstLowInvalidHeapAttributeNumber); }

} // namespace

void describe_columns(const PlannedStmt *plan, Index entry, Oid root, AccessNeed &need) {
    memset(need.columns, 0, sizeof(need.columns));
    bool known = false;
    const Bitmapset *columns = columns_of(plan, entry, known);
    int count = 0;
    // An index of an expression does not give the column that it is made of.
    if (rt_fetch(entry, plan->rtable)->relid != root || need.expression[0] != '\0') known = false;
    for (int member = known ? bms_next_member(columns, -1) : -1; member >= 0;
         member = bms_next_member(columns, member)) {
        const AttrNumber column = attribute_of(member);
        const bool compared = std::any_of(need.keys, need.keys + need.count,
                                          [column](const AccessKey &key) { return key.attribute == column; });
        if (compared) continue;
        // A whole row, a column of the system's, or one too many.
        known = column > 0 && count < max_access_columns;
        if (!known) break;
        need.columns[count++] = column;
    }
    if (!known) need.columns[0] = many_columns;
}

bool takes_few_columns(const PlannedStmt *plan, Index entry) {
    bool known = false;
    const Bitmapset *columns = columns_of(plan, entry, known);
    int count = 0;
    for (int member = known ? bms_next_member(columns, -1) : -1; member >= 0;
         member = bms_next_member(columns, member)) {
        if (attribute_of(member) <= 0) return false;
        ++count;
    }
    return known && count <= usual_keys + max_access_columns;
}

bool takes_no_more_than(const PlannedStmt *plan, Index entry, const AttrNumber *columns, int count) {
    bool known = false;
    const Bitmapset *taken = columns_of(plan, entry, known);
    for (int member = known ? bms_next_member(taken, -1) : -1; member >= 0; member = bms_next_member(taken, member)) {
        if (std::find(columns, columns + count, attribute_of(member)) == columns + count) return false;
    }
    return known;
}

} // namespace query_audit
