#include <algorithm>

#include "core/index_text.h"
#include "core/store.h"

#include "pg/expression.h"
#include "pg/extension.h"
#include "pg/index_catalog.h"
#include "pg/memory.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr int most_indexes = 64; // of one table
// Rates are those of an hour at least, so that what a test did before its audit began counts.
constexpr int64 least_observed_us = 3600 * USECS_PER_SEC;
constexpr double stale_share = 0.2; // of the rows; autovacuum analyses at half of it

char relkind_of(Oid relation) { return get_rel_relkind(relation); }

int64 table_counter(PGFunction counter, Oid relation) {
    return DatumGetInt64(DirectFunctionCall1(counter, ObjectIdGetDatum(relation)));
}

struct Activity {
    double rows; // negative: not known
    double pages;
    double visible; // pages
    double changed;
    double inserted;
    double unanalysed;
};

void add_activity(Oid relation, Activity &sum) {
    HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
    if (!HeapTupleIsValid(tuple)) return;
    const auto *facts = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
    const bool stored = RELKIND_HAS_STORAGE(facts->relkind);
    const double rows = facts->reltuples;
    if (stored) sum.pages += facts->relpages;
    if (stored) sum.visible += std::min(facts->relallvisible, facts->relpages);
    ReleaseSysCache(tuple);
    if (!stored) return;
    sum.rows = rows < 0 || sum.rows < 0 ? -1 : sum.rows + rows;
    sum.inserted += static_cast<double>(table_counter(pg_stat_get_tuples_inserted, relation));
    sum.changed += static_cast<double>(table_counter(pg_stat_get_tuples_updated, relation));
    sum.changed += static_cast<double>(table_counter(pg_stat_get_tuples_deleted, relation));
    sum.unanalysed += static_cast<double>(table_counter(pg_stat_get_mod_since_analyze, relation));
}

// The share of what the statistics count that fell in the time in which scans were counted. They say when they were
// reset; if never, they are as old as the server's run at least.
double observed_share() {
    const TimestampTz now = GetCurrentTimestamp();
    const int64 observed = std::max<int64>(now - store.header().since_us, least_observed_us);
    const PgStat_StatDBEntry *database = pgstat_fetch_stat_dbentry(MyDatabaseId);
    const bool reset = database != nullptr && database->stat_reset_timestamp != 0;
    const int64 counted = now - (reset ? database->stat_reset_timestamp : PgStartTime);
    return static_cast<double>(observed) / static_cast<double>(std::max(counted, observed));
}

AccessMethod method_of(Oid access_method) {
    switch (access_method) {
    case BTREE_AM_OID:
        return AccessMethod::btree;
    case GIN_AM_OID:
        return AccessMethod::gin;
    case BRIN_AM_OID:
        return AccessMethod::brin;
    case GIST_AM_OID:
        return AccessMethod::gist;
    case HASH_AM_OID:
        return AccessMethod::hash;
    default:
        return AccessMethod::other;
    }
}

OperatorClass class_of(Oid operator_class, Oid access_method) {
    HeapTuple tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(operator_class));
    if (!HeapTupleIsValid(tuple)) return OperatorClass::other;
    const auto *facts = reinterpret_cast<Form_pg_opclass>(GETSTRUCT(tuple));
    OperatorClass result = facts->opcdefault ? OperatorClass::usual : OperatorClass::other;
    const char *name = NameStr(facts->opcname);
    if (strstr(name, "_pattern_ops") != nullptr && access_method == BTREE_AM_OID) result = OperatorClass::pattern;
    if (strcmp(name, "gin_trgm_ops") == 0 || strcmp(name, "gist_trgm_ops") == 0) result = OperatorClass::trigram;
    if (strcmp(name, "jsonb_path_ops") == 0) result = OperatorClass::json_path;
    ReleaseSysCache(tuple);
    return result;
}

// A condition of a partial index as candidates know them. False for any other.
bool as_condition(const Node *node, IndexCondition &condition) {
    bool negated = false;
    if (is_notclause(node)) {
        negated = true;
        node = reinterpret_cast<const Node *>(get_notclausearg(const_cast<Node *>(node)));
    }
    const Node *column = node;
    condition.use = negated ? KeyUse::is_false : KeyUse::is_true;
    if (IsA(node, NullTest) && !negated) {
        const auto *test = reinterpret_cast<const NullTest *>(node);
        column = reinterpret_cast<const Node *>(test->arg);
        condition.use = test->nulltesttype == IS_NULL ? KeyUse::is_null : KeyUse::is_not_null;
    }
    if (!IsA(column, Var)) return false;
    condition.attribute = reinterpret_cast<const Var *>(column)->varattno;
    return condition.attribute > 0;
}

bool read_conditions(HeapTuple tuple, ExistingIndex &index) {
    bool none = false;
    const Datum predicate = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indpred, &none);
    if (none) return true;
    void *node = stringToNode(TextDatumGetCString(predicate));
    const List *conditions = is_andclause(node) ? static_cast<BoolExpr *>(node)->args : list_make1(node);
    ListCell *cell;
    foreach (cell, conditions) {
        if (index.condition_count == max_index_conditions) return false;
        if (!as_condition(static_cast<const Node *>(lfirst(cell)), index.conditions[index.condition_count++])) {
            return false;
        }
    }
    return true;
}

// The one of the needs' expressions that the index's first is, as it is written for a need; without needs whatever it
// is.
void read_expression(HeapTuple tuple, Oid relation, const char *const *expressions, ExistingIndex &index) {
    bool none = false;
    const Datum stored = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indexprs, &none);
    if (none) return;
    const List *indexed = static_cast<List *>(stringToNode(TextDatumGetCString(stored)));
    char written[access_expression_bytes];
    TextWriter out(written, sizeof(written));
    write_indexed_expression(relation, static_cast<const Node *>(linitial(indexed)), out);
    if (out.truncated()) return;
    if (expressions == nullptr) assign_text(index.expression, written);
    for (const char *const *expression = expressions; expression != nullptr && *expression != nullptr; ++expression) {
        if (strcmp(written, *expression) == 0) assign_text(index.expression, written);
    }
}

void read_keys(HeapTuple tuple, Oid relation, const char *const *expressions, ExistingIndex &index, Oid access_method) {
    const auto *facts = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
    bool none = false;
    const Datum classes = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indclass, &none);
    const Datum options = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indoption, &none);
    const Datum collations = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indcollation, &none);
    const auto *class_ids = reinterpret_cast<oidvector *>(DatumGetPointer(classes));
    const auto *directions = reinterpret_cast<int2vector *>(DatumGetPointer(options));
    const auto *collation_ids = reinterpret_cast<oidvector *>(DatumGetPointer(collations));
    bool expression = false;
    index.key_count = static_cast<uint8>(std::min<int>(facts->indnkeyatts, max_existing_keys));
    for (int i = 0; i < index.key_count; ++i) {
        IndexKey &key = index.keys[i];
        key.attribute = facts->indkey.values[i];
        key.operator_class = class_of(class_ids->values[i], access_method);
        const int direction = directions->values[i];
        key.flags = static_cast<uint8>(((direction & INDOPTION_DESC) != 0 ? key_flag::descending : 0) |
                                       ((direction & INDOPTION_NULLS_FIRST) != 0 ? key_flag::nulls_first : 0));
        expression = expression || key.attribute == 0;
        if (key.attribute <= 0 || !OidIsValid(collation_ids->values[i])) continue;
        Oid type = InvalidOid;
        int32 modifier = 0;
        Oid collation = InvalidOid;
        get_atttypetypmodcoll(relation, key.attribute, &type, &modifier, &collation);
        if (collation != collation_ids->values[i]) key.operator_class = OperatorClass::other;
    }
    for (int i = facts->indnkeyatts; i < facts->indnatts && index.include_count < max_existing_keys; ++i) {
        index.includes[index.include_count++] = facts->indkey.values[i];
    }
    if (expression) read_expression(tuple, relation, expressions, index);
}

ExistingIndex read_index(Oid index_id, Oid relation, const char *const *expressions) {
    ExistingIndex index{};
    HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index_id));
    if (!HeapTupleIsValid(tuple)) return index;
    const auto *facts = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
    HeapTuple relation_tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index_id));
    if (HeapTupleIsValid(relation_tuple)) {
        const Oid access_method = reinterpret_cast<Form_pg_class>(GETSTRUCT(relation_tuple))->relam;
        ReleaseSysCache(relation_tuple);
        index.method = method_of(access_method);
        index.usable = facts->indisvalid && facts->indisready && facts->indislive && read_conditions(tuple, index);
        read_keys(tuple, relation, expressions, index, access_method);
    }
    ReleaseSysCache(tuple);
    return index;
}

bool as_candidate(const ExistingIndex &index, IndexCandidate &candidate) {
    candidate = IndexCandidate{};
    const auto expressions =
        std::count_if(index.keys, index.keys + index.key_count, [](const IndexKey &key) { return key.attribute == 0; });
    const bool fits = index.key_count <= max_index_keys && index.include_count <= max_index_includes;
    if (!fits || expressions > 1 || index.method > AccessMethod::brin) return false;
    candidate.method = index.method;
    candidate.key_count = index.key_count;
    candidate.condition_count = index.condition_count;
    candidate.include_count = index.include_count;
    std::copy(index.keys, index.keys + index.key_count, candidate.keys);
    std::copy(index.conditions, index.conditions + index.condition_count, candidate.conditions);
    std::copy(index.includes, index.includes + index.include_count, candidate.includes);
    assign_text(candidate.expression, index.expression);
    return true;
}

// Whether the index is no more than a way to its rows, and complete; of a partitioned table as far as it can be.
bool is_plain(Oid index_id, bool partitioned) {
    HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index_id));
    if (!HeapTupleIsValid(tuple)) return false;
    const auto *facts = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
    const bool plain = !facts->indisunique && !facts->indisexclusion && (facts->indisvalid || partitioned);
    ReleaseSysCache(tuple);
    return plain;
}

List *index_ids(Oid relation) {
    List *result = NIL;
    ScanKeyData scan_key;
    ScanKeyInit(&scan_key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
    Relation catalog = table_open(IndexRelationId, AccessShareLock);
    SysScanDesc scan = systable_beginscan(catalog, IndexIndrelidIndexId, true, nullptr, 1, &scan_key);
    for (HeapTuple tuple = systable_getnext(scan); HeapTupleIsValid(tuple); tuple = systable_getnext(scan)) {
        result = lappend_oid(result, reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple))->indexrelid);
    }
    systable_endscan(scan);
    table_close(catalog, AccessShareLock);
    return result;
}

const char *pattern_class(Oid relation, AttrNumber attribute) {
    const Oid type = attribute > 0 ? getBaseType(get_atttype(relation, attribute)) : TEXTOID;
    return type == BPCHAROID ? "bpchar_pattern_ops" : "text_pattern_ops";
}

// Where the extension is in another schema than those that are searched, its name there.
const char *trigram_class() {
    const Oid extension = get_extension_oid("pg_trgm", true);
    if (!OidIsValid(extension)) return "gin_trgm_ops";
    const Oid schema = schema_of_extension(extension);
    const char *name = OidIsValid(schema) ? get_namespace_name(schema) : nullptr;
    return name != nullptr ? quote_qualified_identifier(name, "gin_trgm_ops") : "gin_trgm_ops";
}

const char *class_words(Oid relation, const IndexKey &key) {
    switch (key.operator_class) {
    case OperatorClass::pattern:
        return pattern_class(relation, key.attribute);
    case OperatorClass::trigram:
        return trigram_class();
    case OperatorClass::json_path:
        return "jsonb_path_ops";
    default:
        return nullptr;
    }
}

const char *column_name(Oid relation, AttrNumber attribute) {
    HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(attribute));
    if (!HeapTupleIsValid(tuple)) return nullptr;
    const auto *facts = reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple));
    const bool there = attribute > 0 && !facts->attisdropped;
    const char *name = there ? quote_identifier(pstrdup(NameStr(facts->attname))) : nullptr;
    ReleaseSysCache(tuple);
    return name;
}

void read_column(Oid relation, bool inherited, AttrNumber attribute, ColumnProfile &column) {
    column = ColumnProfile{attribute, 0, 0, 0};
    HeapTuple statistics =
        SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relation), Int16GetDatum(attribute), BoolGetDatum(inherited));
    if (!HeapTupleIsValid(statistics)) return;
    const auto *facts = reinterpret_cast<Form_pg_statistic>(GETSTRUCT(statistics));
    column.null_fraction = facts->stanullfrac;
    column.width = static_cast<float>(facts->stawidth);
    AttStatsSlot slot;
    if (get_attstatsslot(&slot, statistics, STATISTIC_KIND_CORRELATION, InvalidOid, ATTSTATSSLOT_NUMBERS)) {
        if (slot.nnumbers == 1) column.correlation = slot.numbers[0];
        free_attstatsslot(&slot);
    }
    ReleaseSysCache(statistics);
}

} // namespace

List *tables_of(Oid relation) {
    if (relkind_of(relation) != RELKIND_PARTITIONED_TABLE) return list_make1_oid(relation);
    return find_all_inheritors(relation, NoLock, nullptr);
}

bool can_be_indexed(Oid relation) {
    const char relkind = relkind_of(relation);
    if (isOtherTempNamespace(get_rel_namespace(relation))) return false;
    return relkind == RELKIND_RELATION || relkind == RELKIND_MATVIEW || relkind == RELKIND_PARTITIONED_TABLE;
}

CatalogTable read_catalog_table(Oid relation, const char *const *expressions) {
    CatalogTable result{};
    result.partitioned = relkind_of(relation) == RELKIND_PARTITIONED_TABLE;
    Activity sum{};
    ListCell *cell;
    foreach (cell, tables_of(relation)) add_activity(lfirst_oid(cell), sum);
    result.table.rows = sum.rows;
    result.table.bytes = sum.pages * BLCKSZ;
    result.stale = sum.rows < 0 || sum.unanalysed > stale_share * sum.rows;
    // What filled the table is no upkeep of an index that is built at once.
    const double upkeep = sum.changed + std::max(0.0, sum.inserted - std::max(0.0, sum.rows));
    result.table.writes = upkeep * observed_share();
    result.table.changes = sum.changed * observed_share();
    result.table.visible_share = sum.pages > 0 ? sum.visible / sum.pages : 0;

    const List *ids = index_ids(relation);
    const int count = std::min(list_length(ids), most_indexes);
    auto *indexes = static_cast<ExistingIndex *>(palloc0(sizeof(ExistingIndex) * static_cast<Size>(count + 1)));
    auto *oids = static_cast<Oid *>(palloc0(sizeof(Oid) * static_cast<Size>(count + 1)));
    for (int i = 0; i < count; ++i) {
        oids[i] = list_nth_oid(ids, i);
        indexes[i] = read_index(oids[i], relation, expressions);
    }
    result.table.indexes = indexes;
    result.table.index_count = count;
    result.index_oids = oids;
    return result;
}

void read_columns(Oid relation, bool partitioned, const ScanNeed *needs, int count, IndexedTable &table) {
    const Size room = static_cast<Size>(count) * (max_access_keys + max_access_columns) + 1;
    auto *columns = static_cast<ColumnProfile *>(palloc(sizeof(ColumnProfile) * room));
    int known = 0;
    const auto add = [&](AttrNumber attribute) {
        const bool seen = std::any_of(columns, columns + known, [attribute](const ColumnProfile &column) {
            return column.attribute == attribute;
        });
        if (attribute > 0 && !seen) read_column(relation, partitioned, attribute, columns[known++]);
    };
    for (int i = 0; i < count; ++i) {
        for (int j = 0; j < needs[i].need.count; ++j) add(needs[i].need.keys[j].attribute);
        for (const AttrNumber attribute : needs[i].need.columns) add(attribute);
    }
    table.columns = columns;
    table.column_count = known;
}

bool has_index_for(Oid relation, const ScanNeed &need, const IndexCandidate &candidate, double rows) {
    const char *const expressions[] = {candidate.expression[0] != '\0' ? candidate.expression : nullptr, nullptr};
    ListCell *cell;
    foreach (cell, index_ids(relation)) {
        if (index_answers(read_index(lfirst_oid(cell), relation, expressions), need, candidate, rows)) return true;
    }
    return false;
}

Oid index_with_body(Oid relation, const char *body) {
    const bool partitioned = relkind_of(relation) == RELKIND_PARTITIONED_TABLE;
    ListCell *cell;
    foreach (cell, index_ids(relation)) {
        if (!is_plain(lfirst_oid(cell), partitioned)) continue;
        const ExistingIndex index = read_index(lfirst_oid(cell), relation, nullptr);
        IndexCandidate candidate;
        if ((!index.usable && !partitioned) || !as_candidate(index, candidate)) continue;
        char text[2048];
        TextWriter out(text, sizeof(text));
        if (write_index_body(candidate, index_words(relation, candidate), out) && strcmp(text, body) == 0) {
            return lfirst_oid(cell);
        }
    }
    return InvalidOid;
}

IndexWords index_words(Oid relation, const IndexCandidate &candidate) {
    IndexWords words{};
    for (int i = 0; i < candidate.key_count; ++i) {
        words.keys[i] = column_name(relation, candidate.keys[i].attribute);
        words.classes[i] = class_words(relation, candidate.keys[i]);
    }
    for (int i = 0; i < candidate.condition_count; ++i) {
        words.conditions[i] = column_name(relation, candidate.conditions[i].attribute);
    }
    for (int i = 0; i < candidate.include_count; ++i) {
        words.includes[i] = column_name(relation, candidate.includes[i]);
    }
    return words;
}

} // namespace query_audit
