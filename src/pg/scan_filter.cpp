#include <algorithm>

#include "core/text.h"

#include "pg/scan_filter.h"
#include "pg/table_indexes.h"

#include "pg/access_need.h"
#include "pg/expression.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr int most_columns = 4;
constexpr int most_conditions = 16;

// What a btree could answer.
bool is_btree_key(const Condition &condition) {
    return condition.key.use == KeyUse::equality || condition.key.use == KeyUse::range;
}

bool leads_an_index(const ScanState *scan, const Node *expression) {
    TableIndex indexes[most_indexes];
    const int count = indexes_of(scan->ss_currentRelation, indexes);
    const Index entry = reinterpret_cast<const Scan *>(scan->ps.plan)->scanrelid;
    return std::any_of(indexes, indexes + count,
                       [&](const TableIndex &index) { return leads_index(index, expression, entry); });
}

void write_index_columns(Oid relation, const Condition *keys, int count, TextWriter &out) {
    ExpressionWriter writer(relation, out);
    int columns = 0;
    for (int i = 0; i < count && columns < most_columns; ++i) {
        const bool repeated = std::any_of(
            keys, keys + i, [&](const Condition &earlier) { return equal(earlier.expression, keys[i].expression); });
        if (repeated) continue;
        if (columns++ > 0) out.append(", ");
        const bool plain = is_column(keys[i].expression);
        if (!plain) out.append("(");
        writer.write(keys[i].expression);
        if (!plain) out.append(")");
        if ((keys[i].key.flags & key_flag::pattern_order) != 0) out.append(" text_pattern_ops");
        // After a range a btree is no longer sorted by what follows.
        if (keys[i].key.use != KeyUse::equality) return;
    }
}

} // namespace

void describe_filter(ScanState *scan, ScanFacts &facts) {
    Relation relation = scan->ss_currentRelation;
    const Oid relation_id = RelationGetRelid(relation);
    Condition keys[most_conditions];
    int key_count = 0;
    TextWriter filter(facts.filter, sizeof(facts.filter));
    ExpressionWriter writer(relation_id, filter);
    for (int part = 0; part < condition_parts; ++part) {
        ListCell *cell;
        foreach (cell, conditions_of(scan, part)) {
            const Node *clause = static_cast<const Node *>(lfirst(cell));
            if (!filter.view().empty()) filter.append(" AND ");
            writer.write(clause);
            if (key_count == most_conditions) continue;
            Condition &key = keys[key_count];
            if (read_condition(relation, clause, scan->ps.state, key) && is_btree_key(key)) ++key_count;
        }
    }
    std::stable_sort(keys, keys + key_count, [](const Condition &a, const Condition &b) {
        const bool first = a.key.use == KeyUse::equality;
        return first != (b.key.use == KeyUse::equality) ? first : first && a.key.distinct > b.key.distinct;
    });
    TextWriter columns(facts.index_columns, sizeof(facts.index_columns));
    write_index_columns(relation_id, keys, key_count, columns);
    // A cut list of columns would be no valid SQL.
    if (columns.truncated()) facts.index_columns[0] = '\0';
    facts.index_exists = key_count > 0 && leads_an_index(scan, keys[0].expression);
}

} // namespace query_audit
