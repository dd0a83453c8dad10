// The indexes of a table whose scan is described. By the catalog alone: to open one would wait for whoever rebuilds it.
#pragma once

#include "core/event.h"

#include "pg/pg.h"

namespace query_audit {

constexpr int most_index_keys = 8;

struct TableIndex {
    Oid oid;
    Oid method; // of access
    int keys;   // that decide the order; those beyond most_index_keys are left out
    bool partial;
    AttrNumber column[most_index_keys]; // 0: an expression
    Oid collation[most_index_keys];
    Oid operator_class[most_index_keys];
    int16 options[most_index_keys]; // INDOPTION_DESC, INDOPTION_NULLS_FIRST
};

// The valid indexes of an open relation, up to a number that is more than enough; returns how many.
constexpr int most_indexes = 32;
[[nodiscard]] int indexes_of(Relation relation, TableIndex (&indexes)[most_indexes]);

// Whether a whole index leads with the expression, as it stands in a condition of the scan of that range table entry.
[[nodiscard]] bool leads_index(const TableIndex &index, const Node *expression, Index entry);

// The index's first expression, as it would stand in a condition of such a scan; null where its first key is a column.
[[nodiscard]] const Node *leading_expression(const TableIndex &index, Index entry);

// Whether an operator class is one of pg_trgm's.
[[nodiscard]] bool is_trigram_class(Oid operator_class);

void write_index_name(Oid index, char (&out)[index_name_bytes]);

} // namespace query_audit
