#include <algorithm>

#include "core/text.h"

#include "pg/table_indexes.h"

#include "pg/expression.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

const oidvector *oids_of(HeapTuple tuple, AttrNumber column) {
    bool null = false;
    const Datum value = SysCacheGetAttr(INDEXRELID, tuple, column, &null);
    return null ? nullptr : reinterpret_cast<const oidvector *>(DatumGetPointer(value));
}

const int2vector *options_of(HeapTuple tuple) {
    bool null = false;
    const Datum value = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indoption, &null);
    return null ? nullptr : reinterpret_cast<const int2vector *>(DatumGetPointer(value));
}

Oid access_method(Oid index) {
    HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
    if (!HeapTupleIsValid(tuple)) return InvalidOid;
    const Oid method = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relam;
    ReleaseSysCache(tuple);
    return method;
}

bool read_index(Oid oid, TableIndex &index) {
    HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(oid));
    if (!HeapTupleIsValid(tuple)) return false;
    const auto *form = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
    const oidvector *collations = oids_of(tuple, Anum_pg_index_indcollation);
    const oidvector *classes = oids_of(tuple, Anum_pg_index_indclass);
    const int2vector *options = options_of(tuple);
    const bool usable =
        form->indisvalid && form->indislive && collations != nullptr && classes != nullptr && options != nullptr;
    if (usable) {
        index.oid = oid;
        index.keys = std::min<int>(form->indnkeyatts, most_index_keys);
        index.partial = !heap_attisnull(tuple, Anum_pg_index_indpred, nullptr);
        for (int i = 0; i < index.keys; ++i) {
            index.column[i] = form->indkey.values[i];
            index.collation[i] = collations->values[i];
            index.operator_class[i] = classes->values[i];
            index.options[i] = options->values[i];
        }
    }
    ReleaseSysCache(tuple);
    index.method = usable ? access_method(oid) : InvalidOid;
    return usable;
}

// The first expression that the index is made of, with the range table entry that a scan's columns have.
const Node *first_expression(Oid oid, Index entry) {
    Relation index = RelationIdGetRelation(oid);
    if (!RelationIsValid(index)) return nullptr;
    // As the planner has them, which simplified them once: to do so again would look up what they call by the
    // search_path of now.
    List *expressions = RelationGetIndexExpressions(index);
    RelationClose(index);
    if (expressions == NIL) return nullptr;
    ChangeVarNodes(reinterpret_cast<Node *>(expressions), 1, static_cast<int>(entry), 0);
    return static_cast<const Node *>(linitial(expressions));
}

} // namespace

int indexes_of(Relation relation, TableIndex (&indexes)[most_indexes]) {
    List *oids = RelationGetIndexList(relation);
    int count = 0;
    ListCell *cell;
    foreach (cell, oids) {
        if (count == most_indexes) break;
        if (read_index(lfirst_oid(cell), indexes[count])) ++count;
    }
    list_free(oids);
    return count;
}

bool leads_index(const TableIndex &index, const Node *expression, Index entry) {
    if (index.partial || index.keys == 0) return false;
    if (is_column(expression)) return index.column[0] == reinterpret_cast<const Var *>(expression)->varattno;
    return equal(leading_expression(index, entry), expression);
}

const Node *leading_expression(const TableIndex &index, Index entry) {
    return index.keys > 0 && index.column[0] == 0 ? strip(first_expression(index.oid, entry)) : nullptr;
}

bool is_trigram_class(Oid operator_class) {
    HeapTuple tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(operator_class));
    if (!HeapTupleIsValid(tuple)) return false;
    const auto *form = reinterpret_cast<Form_pg_opclass>(GETSTRUCT(tuple));
    const bool trigram = strstr(NameStr(form->opcname), "trgm") != nullptr;
    ReleaseSysCache(tuple);
    return trigram;
}

void write_index_name(Oid index, char (&out)[index_name_bytes]) {
    const char *name = get_rel_name(index);
    assign_text(out, name != nullptr ? quote_identifier(name) : "");
}

} // namespace query_audit
