#include <algorithm>

#include "core/rules/list.h"
#include "core/store.h"

#include "pg/access_need.h"
#include "pg/config.h"
#include "pg/plan_facts.h"
#include "pg/plan_origin.h"
#include "pg/relations.h"
#include "pg/scan_filter.h"
#include "pg/scan_index.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr int most_tables = 16; // of one plan, of which the largest scans are kept

struct TableScan {
    Oid root;
    Index entry; // of the range table: one table may be scanned in several places of a statement
    ScanState *example;
    Oid last_relation;
    uint64 relations;
    uint64 loops;
    uint64 read;
    uint64 removed;
};

struct Collection {
    const PlannedStmt *plan;
    uint64 rows_read;
    int count;
    TableScan tables[most_tables];
};

// LIMIT makes a plan look cheaper than what it may have to read.
double cost_without_limit(const Plan *plan) {
    while (IsA(plan, Limit) && plan->lefttree != nullptr) plan = plan->lefttree;
    return plan->total_cost;
}

// Of the costliest part: a sub-plan that may stop at its first row, as EXISTS does, counts for little in its parent.
double greatest_cost(const PlannedStmt *plan) {
    double cost = cost_without_limit(plan->planTree);
    ListCell *cell;
    foreach (cell, plan->subplans) {
        if (lfirst(cell) != nullptr) cost = std::max(cost, cost_without_limit(static_cast<Plan *>(lfirst(cell))));
    }
    return cost;
}

bool is_scan(const PlanState *node) {
    switch (nodeTag(node)) {
    case T_SeqScanState:
    case T_IndexScanState:
    case T_IndexOnlyScanState:
    case T_BitmapHeapScanState:
    case T_TidRangeScanState:
    case T_SampleScanState:
        return true;
    default:
        return false;
    }
}

bool is_filtered_seq_scan(const PlanState *node) { return IsA(node, SeqScanState) && node->plan->qual != NIL; }

bool add_counters(PlanState *node, void *all_scans) {
    if (node == nullptr) return false;
    const bool wanted = *static_cast<bool *>(all_scans) ? is_scan(node) : is_filtered_seq_scan(node);
    if (wanted && node->instrument == nullptr) node->instrument = InstrAlloc(1, INSTRUMENT_ROWS, false);
    return walk_plan_state(node, add_counters, all_scans);
}

TableScan *table_of(Collection &collection, ScanState *scan) {
    const Index own = reinterpret_cast<const Scan *>(scan->ps.plan)->scanrelid;
    const Oid root = root_relation(scan->ss_currentRelation);
    const bool partition = root != RelationGetRelid(scan->ss_currentRelation);
    const Index entry = partition ? counted_entry(collection.plan, own) : own;
    for (int i = 0; i < collection.count; ++i) {
        if (collection.tables[i].root == root && collection.tables[i].entry == entry) return &collection.tables[i];
    }
    if (collection.count == most_tables) return nullptr;
    TableScan &table = collection.tables[collection.count++];
    table = TableScan{};
    table.root = root;
    table.entry = entry;
    table.example = scan;
    return &table;
}

void collect_scan(Collection &collection, ScanState *scan) {
    const Instrumentation *counters = scan->ps.instrument;
    const double returned = counters->ntuples + counters->tuplecount;
    const double removed = counters->nfiltered1 + counters->nfiltered2;
    const auto read = static_cast<uint64>(returned + removed);
    collection.rows_read += read;
    if (!is_filtered_seq_scan(&scan->ps) || scan->ss_currentRelation == nullptr) return;
    TableScan *table = table_of(collection, scan);
    if (table == nullptr) return;
    const double loops = scan->ps.plan->parallel_aware ? 1 : counters->nloops + (counters->running ? 1 : 0);
    table->loops = std::max(table->loops, static_cast<uint64>(loops));
    table->read += read;
    table->removed += static_cast<uint64>(removed);
    if (table->last_relation != RelationGetRelid(scan->ss_currentRelation)) ++table->relations;
    table->last_relation = RelationGetRelid(scan->ss_currentRelation);
}

bool collect(PlanState *node, void *collection) {
    if (node == nullptr) return false;
    if (is_scan(node) && node->instrument != nullptr) {
        collect_scan(*static_cast<Collection *>(collection), reinterpret_cast<ScanState *>(node));
    }
    return walk_plan_state(node, collect, collection);
}

void describe(const QueryDesc *query, const TableScan &table, ScanFacts &facts) {
    memset(static_cast<void *>(&facts), 0, sizeof(facts));
    facts.relation = table.root;
    const bool partitioned = table.root != RelationGetRelid(table.example->ss_currentRelation);
    facts.partitions = partitioned ? static_cast<uint32>(table.relations) : 0;
    facts.loops = table.loops;
    facts.rows_read = table.read;
    facts.rows_removed = table.removed;
    write_relation_name(table.root, facts.relation_name);
    describe_filter(table.example, facts);
    describe_need({query->plannedstmt, query->planstate, table.example, table.root, table.entry}, facts.need);
    describe_index(facts);
}

bool find_limit(PlanState *node, void *found) {
    if (node == nullptr) return false;
    if (IsA(node, LimitState)) {
        *static_cast<LimitState **>(found) = reinterpret_cast<LimitState *>(node);
        return true;
    }
    return walk_plan_state(node, find_limit, found);
}

} // namespace

bool wants_measuring(QueryDesc *query, const StatementShape &shape) {
    double least_cost = settings.thresholds[rule_index::seq_scan][0] * cpu_tuple_cost;
    if (shape.has(shape_flag::count)) {
        const int least_rows = std::min(settings.thresholds[rule_index::count_before_paginate][0],
                                        settings.thresholds[rule_index::redundant_count][0]);
        least_cost = least_rows * cpu_index_tuple_cost;
    }
    if (greatest_cost(query->plannedstmt) < least_cost) return false;
    if (query->plannedstmt->parallelModeNeeded) query->instrument_options |= INSTRUMENT_ROWS;
    return true;
}

void measure_scans(QueryDesc *query, const StatementShape &shape) {
    bool all_scans = shape.has(shape_flag::count);
    MemoryContext previous = MemoryContextSwitchTo(query->estate->es_query_cxt);
    (void)add_counters(query->planstate, &all_scans);
    MemoryContextSwitchTo(previous);
}

const PlanFacts *collect_plan_facts(const QueryDesc *query) {
    static PlanFacts facts;
    Collection collection;
    collection.plan = query->plannedstmt;
    collection.rows_read = 0;
    collection.count = 0;
    (void)collect(query->planstate, &collection);
    std::sort(collection.tables, collection.tables + collection.count,
              [](const TableScan &a, const TableScan &b) { return a.read > b.read; });
    facts.rows_read = collection.rows_read;
    facts.scan_count = 0;
    // To name a table and its filter costs catalog look-ups: only what a rule may report is named.
    const auto least = static_cast<uint64>(settings.thresholds[rule_index::seq_scan][0]);
    for (int i = 0; i < std::min(collection.count, max_scan_facts); ++i) {
        const TableScan &table = collection.tables[i];
        if (table.read < least) break;
        describe(query, table, facts.scans[facts.scan_count++]);
    }
    return &facts;
}

LimitFacts limit_of_plan(const QueryDesc *query) {
    LimitState *limit = nullptr;
    (void)find_limit(query->planstate, &limit);
    if (limit == nullptr) return {-1, -1};
    return {limit->noCount ? -1 : limit->count, limit->offset};
}

} // namespace query_audit
