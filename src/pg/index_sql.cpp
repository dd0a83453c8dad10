#include "core/hash.h"

#include "pg/index_sql.h"
#include "pg/relations.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr Size bytes_of_names = 1024; // in a statement, with its keywords
// A partitioned table up to this size is indexed at once: its writers wait for a second or two.
constexpr double small_bytes = 128.0 * 1024 * 1024;

// Whether the name belongs to something else than the proposed index, which may have been created since: also to one
// that was begun without blocking writers, and failed or is not finished.
bool is_taken(const char *name, Oid schema, Oid table) {
    const Oid holder = get_relname_relid(name, schema);
    if (!OidIsValid(holder)) return false;
    HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(holder));
    if (!HeapTupleIsValid(tuple)) return true;
    const auto *index = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
    const bool of_table = index->indrelid == table;
    const bool unfinished = !index->indisvalid && get_rel_relkind(holder) == RELKIND_INDEX;
    const bool partial = !heap_attisnull(tuple, Anum_pg_index_indpred, nullptr);
    ReleaseSysCache(tuple);
    return !of_table || partial || unfinished;
}

void choose_name(Oid relation, const char *relation_name, const char *body, char (&name)[index_name_bytes]) {
    write_index_name(relation_name, body, false, name);
    const Oid schema = OidIsValid(relation) ? get_rel_namespace(relation) : InvalidOid;
    if (OidIsValid(schema) && is_taken(name, schema, relation)) write_index_name(relation_name, body, true, name);
}

Oid parent_of(Oid partition) { return get_partition_parent(partition, true); }

struct Part {
    const char *relation;
    const char *index; // quoted
    bool exists;
    bool attached; // to that of the table that it is a part of
};

// The index that is there, as far as it can be attached; one that belongs to another index than this cannot.
Oid existing_part(Oid table, const char *body, bool &attached) {
    const Oid index = index_with_body(table, body);
    attached = OidIsValid(index) && get_rel_relispartition(index);
    if (!attached) return index;
    return parent_of(index) == index_with_body(parent_of(table), body) ? index : InvalidOid;
}

Part part_of(Oid table, const char *body) {
    Part part{qualified_name(table), nullptr, false, false};
    if (part.relation == nullptr) return part;
    const Oid index = existing_part(table, body, part.attached);
    const char *name = OidIsValid(index) ? get_rel_name(index) : nullptr;
    part.exists = name != nullptr;
    if (part.exists) {
        part.index = quote_identifier(name);
        return part;
    }
    char chosen[index_name_bytes];
    choose_name(table, part.relation, body, chosen);
    part.index = pstrdup(chosen);
    return part;
}

bool is_partitioned(Oid table) { return get_rel_relkind(table) == RELKIND_PARTITIONED_TABLE; }

void count_parts(List *tables, const char *body, IndexSql &sql) {
    ListCell *cell;
    foreach (cell, tables) {
        if (is_partitioned(lfirst_oid(cell))) continue;
        ++sql.parts;
        if (part_of(lfirst_oid(cell), body).exists) ++sql.indexed_parts;
    }
}

// The index of each table alone; those of partitions that hold rows are built without blocking their writers, and
// attached from below. Those that are there are attached as they are. A partition without its index would leave the
// parent's invalid, so none may be missing.
bool write_parts(List *tables, const char *body, TextWriter &sql) {
    ListCell *cell;
    foreach (cell, tables) {
        const Oid table = lfirst_oid(cell);
        const Part part = part_of(table, body);
        if (part.relation == nullptr) return false;
        if (part.exists) continue;
        if (is_partitioned(table)) {
            write_create_parent(part.relation, body, part.index, sql);
        } else {
            write_create_index({part.relation, false}, body, part.index, sql);
            sql.append("\n");
        }
    }
    for (int i = list_length(tables) - 1; i > 0; --i) {
        const Oid table = list_nth_oid(tables, i);
        const Part part = part_of(table, body);
        const Part parent = part_of(parent_of(table), body);
        if (part.relation == nullptr || parent.relation == nullptr) return false;
        if (part.exists && part.attached) continue;
        write_attach(parent.relation, parent.index, part.relation, part.index, sql);
    }
    return !sql.truncated();
}

double bytes_of(List *tables) {
    double pages = 0;
    ListCell *cell;
    foreach (cell, tables) {
        HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(lfirst_oid(cell)));
        if (!HeapTupleIsValid(tuple)) continue;
        pages += reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relpages;
        ReleaseSysCache(tuple);
    }
    return pages * BLCKSZ;
}

bool any_foreign(List *tables) {
    ListCell *cell;
    foreach (cell, tables) {
        if (get_rel_relkind(lfirst_oid(cell)) == RELKIND_FOREIGN_TABLE) return true;
    }
    return false;
}

// Room for a statement on names of any length, each of which may be nothing but quotes.
char *room_for(const char *body, Size statements) {
    return static_cast<char *>(palloc0((strlen(body) + bytes_of_names) * statements));
}

} // namespace

IndexSql write_index_sql(Oid relation, const char *relation_name, const char *body, bool partitioned) {
    const char *now = OidIsValid(relation) ? qualified_name(relation) : nullptr;
    if (now == nullptr) relation = InvalidOid;
    if (now != nullptr) relation_name = now;
    char name[index_name_bytes];
    choose_name(relation, relation_name, body, name);
    const IndexTarget target{relation_name, partitioned};
    const Size bytes = strlen(body) + bytes_of_names;
    char *plain = room_for(body, 1);
    char *drop = room_for(body, 1);
    TextWriter plain_writer(plain, bytes);
    TextWriter drop_writer(drop, bytes);
    write_create_index(target, body, name, plain_writer);
    write_drop_index(target, name, drop_writer);
    IndexSql sql{relation_name, plain, drop, plain, 0, 0};
    if (!partitioned || !OidIsValid(relation)) return sql;
    List *tables = tables_of(relation);
    count_parts(tables, body, sql);
    // A foreign table has no indexes, and then its parent's never gets valid.
    if (any_foreign(tables)) return sql;
    // One statement takes in what its partitions have. It cannot take in what belongs to an index that is not finished.
    const Oid begun = index_with_body(relation, body);
    if (bytes_of(tables) <= small_bytes && !OidIsValid(begun)) return sql;
    const Size statements = 2 * static_cast<Size>(list_length(tables));
    char *create = room_for(body, statements);
    TextWriter writer(create, bytes * statements);
    if (write_parts(tables, body, writer) && create[0] != '\0') sql.create = create;
    const char *begun_name = OidIsValid(begun) ? get_rel_name(begun) : nullptr;
    if (begun_name != nullptr) {
        char *existing = room_for(body, 1);
        TextWriter out(existing, bytes);
        write_drop_index(target, quote_identifier(begun_name), out);
        sql.drop = existing;
    }
    return sql;
}

bool write_index_sql(Oid relation, const CatalogTable &table, const IndexCandidate &index, IndexSql &sql) {
    char body[2048];
    TextWriter writer(body, sizeof(body));
    if (!write_index_body(index, index_words(relation, index), writer)) return false;
    const char *relation_name = qualified_name(relation);
    if (relation_name == nullptr) return false;
    sql = write_index_sql(relation, relation_name, body, table.partitioned);
    return true;
}

bool needs_trigrams(const char *body) {
    return strstr(body, "gin_trgm_ops") != nullptr && !OidIsValid(get_extension_oid("pg_trgm", true));
}

} // namespace query_audit
