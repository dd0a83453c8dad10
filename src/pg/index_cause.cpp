#include <algorithm>

#include "pg/index_cause.h"
#include "pg/scan_index.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

// A share of the table that the planner rather reads from its beginning to its end.
constexpr double large_share = 0.05;

const char *index_name(Oid index) {
    const char *name = get_rel_name(index);
    return name != nullptr ? quote_identifier(name) : nullptr;
}

double kept_share(const ScanNeed &need) {
    const auto read = static_cast<double>(Max(need.rows_read, 1));
    return 1 - static_cast<double>(need.rows_removed) / read;
}

const char *cause_of(const CatalogTable &table, const ScanNeed &need) {
    if (table.stale) return "the table has changed much since it was analysed, or never was: run ANALYZE on it";
    if (kept_share(need) >= large_share) {
        return "the filter keeps so many rows that to read the whole table is cheaper: an index with more of the "
               "filter's columns, or one that holds all columns that the statement reads, would be used";
    }
    return "the planner expected it to cost more: look at the estimated rows in EXPLAIN, at random_page_cost, and at "
           "the settings that turn index scans off";
}

const char *difference(const ExistingIndex &index, const IndexCandidate &candidate) {
    if (!index.usable) return "is not valid, or is for other rows alone";
    if (index.condition_count > 0) return "is for other rows alone";
    if (index.keys[0].operator_class != candidate.keys[0].operator_class) {
        return "is of another operator class or collation";
    }
    return nullptr;
}

bool is_unique(Oid index) {
    HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
    if (!HeapTupleIsValid(tuple)) return true;
    const auto *facts = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
    const bool unique = facts->indisunique || facts->indisreplident || facts->indisclustered;
    ReleaseSysCache(tuple);
    return unique;
}

bool begins_with(const IndexCandidate &candidate, const ExistingIndex &index) {
    if (index.method != candidate.method || !index.usable || index.condition_count > 0) return false;
    if (index.key_count > candidate.key_count) return false;
    return std::equal(index.keys, index.keys + index.key_count, candidate.keys,
                      [](const IndexKey &held, const IndexKey &key) {
                          return held.attribute == key.attribute && held.attribute > 0 && held.flags == key.flags &&
                                 held.operator_class == key.operator_class;
                      });
}

bool holds_all_of(const IndexCandidate &candidate, const ExistingIndex &index) {
    return std::all_of(index.includes, index.includes + index.include_count, [&](AttrNumber column) {
        const auto *const end = candidate.includes + candidate.include_count;
        return std::find(candidate.includes, end, column) != end;
    });
}

} // namespace

const char *replaced_index(const CatalogTable &table, const IndexCandidate &candidate) {
    if (candidate.condition_count > 0) return nullptr;
    for (int i = 0; i < table.table.index_count; ++i) {
        const ExistingIndex &index = table.table.indexes[i];
        if (!begins_with(candidate, index) || !holds_all_of(candidate, index)) continue;
        if (!is_unique(table.index_oids[i])) return index_name(table.index_oids[i]);
    }
    return nullptr;
}

const char *why_not_used(Oid relation, const ScanNeed &need) {
    if (!can_be_indexed(relation)) return nullptr;
    CatalogTable table = read_catalog_table(relation, expressions_of(&need, 1));
    read_columns(relation, table.partitioned, &need, 1, table.table);
    table.table.visible_share = 0; // whether it has the keys is asked, and not what else it could hold
    ScanNeed parts[max_alternatives];
    Proposal proposals[max_alternatives];
    NeedVerdict verdicts[max_alternatives];
    const int count = split_alternatives(need, table.table, 1, parts);
    (void)propose_indexes(parts, count, table.table, proposals, verdicts);
    const bool served = std::all_of(verdicts, verdicts + count,
                                    [](const NeedVerdict &verdict) { return verdict.verdict == Verdict::served; });
    if (!served) return nullptr;
    const char *name = index_name(table.index_oids[verdicts[0].place]);
    return name != nullptr
               ? psprintf("The index %s would serve this filter and was not used: %s.", name, cause_of(table, need))
               : nullptr;
}

const char *why_not_served(const CatalogTable &table, const IndexCandidate &candidate) {
    for (int i = 0; i < table.table.index_count; ++i) {
        const ExistingIndex &index = table.table.indexes[i];
        const bool same_column = index.method == candidate.method && index.key_count > 0 &&
                                 index.keys[0].attribute == candidate.keys[0].attribute && index.keys[0].attribute > 0;
        const char *name = same_column ? index_name(table.index_oids[i]) : nullptr;
        const char *what = name != nullptr ? difference(index, candidate) : nullptr;
        if (what != nullptr) return psprintf("the index %s leads with the same column, but %s", name, what);
    }
    return nullptr;
}

} // namespace query_audit
