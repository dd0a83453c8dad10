#include "pg/table_facts.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr std::size_t max_tables = 16;

struct Columns {
    ColumnFacts *facts;
    int32_t *indexes; // by attribute number; -1: dropped
    int count;
    int attributes;
};

bool has_columns(char relkind) {
    return relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE || relkind == RELKIND_VIEW ||
           relkind == RELKIND_MATVIEW || relkind == RELKIND_FOREIGN_TABLE;
}

// character and bit without a modifier are those of length 1, so their names without a length are others.
const char *type_name(Oid type) {
    if (!OidIsValid(get_array_type(type))) return nullptr;
    return format_type_extended(type, -1, FORMAT_TYPE_TYPEMOD_GIVEN);
}

Columns columns_of(Oid relation, int attributes) {
    Columns columns;
    columns.facts = static_cast<ColumnFacts *>(palloc0(sizeof(ColumnFacts) * static_cast<Size>(attributes + 1)));
    columns.indexes = static_cast<int32_t *>(palloc(sizeof(int32_t) * static_cast<Size>(attributes + 1)));
    columns.count = 0;
    columns.attributes = attributes;
    for (int number = 1; number <= attributes; ++number) {
        columns.indexes[number] = -1;
        HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(number));
        if (!HeapTupleIsValid(tuple)) continue;
        const auto *attribute = reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple));
        if (!attribute->attisdropped) {
            columns.indexes[number] = columns.count;
            ColumnFacts &facts = columns.facts[columns.count++];
            facts.name = pstrdup(NameStr(attribute->attname));
            facts.type = type_name(attribute->atttypid);
            facts.not_null = attribute->attnotnull;
        }
        ReleaseSysCache(tuple);
    }
    return columns;
}

bool read_key(HeapTuple tuple, const Columns &columns, UniqueKey &key) {
    const auto *index = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
    const bool holds = index->indisunique && index->indimmediate && index->indisvalid && index->indislive &&
                       heap_attisnull(tuple, Anum_pg_index_indpred, nullptr);
    if (!holds || index->indnkeyatts > max_unique_columns) return false;
    key.column_count = index->indnkeyatts;
    key.primary = index->indisprimary;
    for (int i = 0; i < key.column_count; ++i) {
        const AttrNumber number = index->indkey.values[i]; // 0: an expression
        if (number <= 0 || number > columns.attributes || columns.indexes[number] < 0) return false;
        key.columns[i] = columns.indexes[number];
    }
    return true;
}

// By the catalog alone: opening the relation would wait for whoever has locked it.
void find_keys(Oid relation, const Columns &columns, TableFacts &table) {
    constexpr int max_keys = 16;
    auto *keys = static_cast<UniqueKey *>(palloc0(sizeof(UniqueKey) * max_keys));
    table.unique_keys = keys;
    ScanKeyData scan_key;
    ScanKeyInit(&scan_key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
    Relation catalog = table_open(IndexRelationId, AccessShareLock);
    SysScanDesc scan = systable_beginscan(catalog, IndexIndrelidIndexId, true, nullptr, 1, &scan_key);
    for (HeapTuple tuple = systable_getnext(scan); HeapTupleIsValid(tuple) && table.unique_key_count < max_keys;
         tuple = systable_getnext(scan)) {
        if (read_key(tuple, columns, keys[table.unique_key_count])) ++table.unique_key_count;
    }
    systable_endscan(scan);
    table_close(catalog, AccessShareLock);
}

Oid find_relation(const NamedTable &named, Oid first) {
    const Oid schema = named.schema[0] != '\0' ? get_namespace_oid(named.schema, true) : get_rel_namespace(first);
    if (!OidIsValid(schema)) return InvalidOid;
    return get_relname_relid(named.name, schema);
}

bool read_table(const NamedTable &named, Oid relation, TableFacts &table) {
    HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
    if (!HeapTupleIsValid(tuple)) return false;
    const auto *facts = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
    const char relkind = facts->relkind;
    const int attributes = facts->relnatts;
    // A unique index holds for its own table's rows, and not for those of tables that inherit from it.
    const bool keyed = relkind == RELKIND_PARTITIONED_TABLE || relkind == RELKIND_MATVIEW ||
                       (relkind == RELKIND_RELATION && !facts->relhassubclass);
    ReleaseSysCache(tuple);
    if (!has_columns(relkind)) return false;
    const Columns columns = columns_of(relation, attributes);
    table.schema = named.schema;
    table.name = named.name;
    table.columns = columns.facts;
    table.column_count = static_cast<std::size_t>(columns.count);
    if (keyed) find_keys(relation, columns, table);
    return true;
}

} // namespace

RewriteFacts table_facts(const char *text, std::uint32_t relation) {
    auto *named = static_cast<NamedTable *>(palloc0(sizeof(NamedTable) * max_tables));
    auto *tables = static_cast<TableFacts *>(palloc0(sizeof(TableFacts) * max_tables));
    const std::size_t count = query_audit_named_tables(text, strlen(text), named, max_tables);
    std::size_t known = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const Oid found = find_relation(named[i], relation);
        if (OidIsValid(found) && read_table(named[i], found, tables[known])) ++known;
    }
    return {tables, known};
}

} // namespace query_audit
