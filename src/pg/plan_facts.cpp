#include <algorithm>

#include "core/index_text.h"
#include "core/judge.h"
#include "core/rules/list.h"
#include "core/store.h"

#include "pg/config.h"
#include "pg/plan_facts.h"
#include "pg/relations.h"

#include "pg/access_need.h"
#include "pg/missed_index.h"
#include "pg/needed_columns.h"
#include "pg/plan_join.h"
#include "pg/plan_order.h"
#include "pg/plan_origin.h"
#include "pg/sampler.h"
#include "pg/scan_filter.h"
#include "pg/scan_index.h"
#include "pg/server.h"
#include "pg/table_changes.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr int most_tables = 16;            // of one plan, of which the largest scans are kept
constexpr double least_rows_to_sort = 100; // by estimate, of a sort whose rows are worth counting
constexpr double least_visits = 1000;      // of a table, for rows that one index scan finds

struct TableScan {
    Oid root;
    Index entry; // of the range table: one table may be scanned in several places of a statement
    ScanMethod method;
    ScanState *example;
    const Plan *few; // the join with few rows that it was read for; null without one
    Oid last_relation;
    uint64 relations;
    uint64 loops;
    uint64 read;
    uint64 removed;
    double estimated; // to be kept of what was read
};

// What a join with few rows kept of a table.
struct Kept {
    const PlanState *scan; // JoinedScan's
    const Plan *join;
    uint64 rows; // that were not yet put down to one of the scans
};
constexpr int most_joins = 4; // of this kind, of one plan

struct Collection {
    const PlannedStmt *plan;
    int kept_count;
    Kept kept[most_joins];
    Kept *within; // what the visited node is, or is a part of; null: nothing
    PlanOrder order;
    bool order_described;
    uint64 rows_read;
    int count;
    TableScan tables[most_tables];
};

struct Wanted {
    const PlannedStmt *plan;
    bool all_scans;
    bool all_sorts;
    double least_cost;
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

bool is_filtered(const PlanState *node) { return node->plan->qual != NIL; }

// Whether an index that held a few columns more could spare the visits to the table.
bool could_be_covered(const PlannedStmt *plan, const PlanState *node, double rows, Index entry) {
    // What is read by an index for its order alone has no key that finds rows.
    const bool finds =
        IsA(node, IndexScanState) && reinterpret_cast<const IndexScan *>(node->plan)->indexqualorig != NIL;
    const bool visits = finds || IsA(node, BitmapHeapScanState);
    return visits && rows >= least_visits && takes_few_columns(plan, entry);
}

// Rows that an index scan finds and throws away, or visits the table for, are counted where it is costly enough to find
// many.
bool is_worth_counting(const PlanState *node, const Wanted &wanted) {
    if (wanted.all_scans) return is_scan(node);
    if (IsA(node, SeqScanState)) return is_filtered(node);
    const bool by_index = IsA(node, IndexScanState) || IsA(node, BitmapHeapScanState) || IsA(node, IndexOnlyScanState);
    if (!by_index || node->plan->total_cost < wanted.least_cost) return false;
    const Index entry = reinterpret_cast<const Scan *>(node->plan)->scanrelid;
    return is_filtered(node) ||
           could_be_covered(wanted.plan, node, node->plan->plan_rows, counted_entry(wanted.plan, entry));
}

void count_rows(PlanState *node) {
    if (node->instrument == nullptr) node->instrument = allocate_row_counter();
}

bool add_counters(PlanState *node, void *context) {
    if (node == nullptr) return false;
    const Wanted &wanted = *static_cast<const Wanted *>(context);
    if (is_worth_counting(node, wanted)) count_rows(node);
    const JoinedScan joined = joined_scan_of(wanted.plan, node);
    if (joined.scan != nullptr && joined.scan->plan->total_cost >= wanted.least_cost) {
        count_rows(joined.scan);
        visit_scans(joined.scan, count_rows);
        count_rows(joined.join);
        count_rows(joined.other);
    }
    PlanState *sorted = input_of_sort(node);
    if (sorted != nullptr && (wanted.all_sorts || sorted->plan->plan_rows >= least_rows_to_sort)) count_rows(sorted);
    return walk_plan_state(node, add_counters, context);
}

bool is_whole(const List *conditions, const List *order) { return conditions == NIL && order == NIL; }

ScanMethod method_of(const PlanState *node) {
    switch (nodeTag(node)) {
    case T_SeqScanState:
        return ScanMethod::sequential;
    case T_BitmapHeapScanState:
        return ScanMethod::bitmap;
    case T_IndexScanState: {
        const auto *scan = reinterpret_cast<const IndexScan *>(node->plan);
        return is_whole(scan->indexqual, scan->indexorderby) ? ScanMethod::whole_index : ScanMethod::index;
    }
    case T_IndexOnlyScanState: {
        const auto *scan = reinterpret_cast<const IndexOnlyScan *>(node->plan);
        return is_whole(scan->indexqual, scan->indexorderby) ? ScanMethod::whole_index : ScanMethod::index;
    }
    default:
        return ScanMethod::index;
    }
}

TableScan *table_of(Collection &collection, ScanState *scan) {
    const Index own = reinterpret_cast<const Scan *>(scan->ps.plan)->scanrelid;
    const Oid root = root_relation(scan->ss_currentRelation);
    const bool partition = root != RelationGetRelid(scan->ss_currentRelation);
    const Index entry = partition ? counted_entry(collection.plan, own) : own;
    const ScanMethod method = method_of(&scan->ps);
    for (int i = 0; i < collection.count; ++i) {
        TableScan &table = collection.tables[i];
        if (table.root == root && table.entry == entry && table.method == method) return &table;
    }
    if (collection.count == most_tables) return nullptr;
    TableScan &table = collection.tables[collection.count++];
    table = TableScan{};
    table.root = root;
    table.entry = entry;
    table.method = method;
    table.example = scan;
    return &table;
}

// Of a scan that was stopped early no more was to be expected than of the part that it read.
double estimate_of(const ScanState *scan, double loops, double read, double kept) {
    const double estimate = scan->ps.plan->plan_rows * std::max(1.0, loops);
    if (!IsA(scan, SeqScanState)) return estimate;
    const double rows = scan->ss_currentRelation->rd_rel->reltuples;
    if (rows <= 0) return std::min(estimate, kept);
    return estimate * std::min(1.0, read / (rows * std::max(1.0, loops)));
}

void collect_join(Collection &collection, PlanState *node) {
    uint64 rows = 0;
    const JoinedScan joined = joined_scan_of(collection.plan, node);
    if (joined.scan == nullptr || collection.kept_count == most_joins || !joins_few(joined, rows)) return;
    collection.kept[collection.kept_count++] = {joined.scan, node->plan, rows};
}

void collect_scan(Collection &collection, ScanState *scan) {
    if (scan->ss_currentRelation == nullptr) return;
    const NodeCounters *counters = scan->ps.instrument;
    TableScan *table = table_of(collection, scan);
    if (table == nullptr) return;
    const double loops = counters->nloops + (counters->running ? 1 : 0);
    const double returned = counters->ntuples + counters->tuplecount;
    double removed = counters->nfiltered1 + counters->nfiltered2;
    double read = returned + removed;
    if (Kept *kept = collection.within) {
        const uint64 rows = std::min(kept->rows, static_cast<uint64>(read));
        kept->rows -= rows;
        table->few = kept->join;
        removed = read - static_cast<double>(rows);
    }
    table->loops = std::max(table->loops, static_cast<uint64>(scan->ps.plan->parallel_aware ? 1 : loops));
    table->read += static_cast<uint64>(read);
    table->removed += static_cast<uint64>(removed);
    table->estimated += table->few != nullptr ? read - removed : estimate_of(scan, loops, read, returned);
    if (table->last_relation != RelationGetRelid(scan->ss_currentRelation)) ++table->relations;
    table->last_relation = RelationGetRelid(scan->ss_currentRelation);
}

// Of a scan that was not counted no more is known than that its rows were sorted.
void collect_sorted_scan(Collection &collection, ScanState *scan) {
    const Index own = reinterpret_cast<const Scan *>(scan->ps.plan)->scanrelid;
    if (scan->ss_currentRelation == nullptr || counted_entry(collection.plan, own) != collection.order.entry) return;
    TableScan *table = table_of(collection, scan);
    if (table == nullptr) return;
    table->loops = 1;
    const bool inherits = table->entry != collection.order.entry;
    const auto expected = static_cast<uint64>(scan->ps.plan->plan_rows);
    table->read = inherits ? std::min(collection.order.rows, expected) : collection.order.rows;
    table->estimated = static_cast<double>(table->read);
    if (table->last_relation != RelationGetRelid(scan->ss_currentRelation)) ++table->relations;
    table->last_relation = RelationGetRelid(scan->ss_currentRelation);
}

bool collect(PlanState *node, void *context) {
    if (node == nullptr) return false;
    Collection &collection = *static_cast<Collection *>(context);
    collect_join(collection, node);
    Kept *const outer = collection.within;
    for (int i = 0; i < collection.kept_count; ++i) {
        if (collection.kept[i].scan == node) collection.within = &collection.kept[i];
    }
    if (is_scan(node)) {
        ScanState *scan = reinterpret_cast<ScanState *>(node);
        if (const NodeCounters *counters = node->instrument) {
            collection.rows_read += static_cast<uint64>(counters->ntuples + counters->tuplecount +
                                                        counters->nfiltered1 + counters->nfiltered2);
            collect_scan(collection, scan);
        } else if (collection.order.sort != nullptr) {
            collect_sorted_scan(collection, scan);
        }
        collection.within = nullptr; // what runs inside of it is no part
    }
    (void)walk_plan_state(node, collect, context);
    collection.within = outer;
    return false;
}

// What the planner expected is far from what came, so its statistics are asked for. How much an index scan would have
// found, had it not been stopped, is not known.
bool is_surprising(const TableScan &table) {
    const int *thresholds = settings.thresholds[rule_index::stale_statistics];
    const double kept = static_cast<double>(table.read - table.removed);
    if (table.method != ScanMethod::sequential && table.estimated > kept) return false;
    const double more = std::max(kept, table.estimated);
    const double less = std::min(kept, table.estimated);
    return more - less >= thresholds[0] && more >= thresholds[1] * std::max(1.0, less);
}

bool is_wasteful(const TableScan &table) {
    const auto percent = static_cast<uint64>(settings.thresholds[rule_index::seq_scan][1]);
    return table.removed * 100 >= table.read * percent;
}

// Tables that inherit from one are counted by themselves, and their rows are sorted together.
bool is_sorted(const Collection &collection, const TableScan &table) {
    return collection.order.sort != nullptr && counted_entry(collection.plan, table.entry) == collection.order.entry;
}

// To name a table and its filter costs catalog look-ups: only what a rule may report, or an index might serve, is
// named.
bool is_worth_naming(const Collection &collection, const TableScan &table, uint64 least) {
    if (is_sorted(collection, table)) return true;
    const bool filtered = is_filtered(&table.example->ps) || table.few != nullptr;
    if (table.read >= least && filtered && (table.method == ScanMethod::sequential || is_wasteful(table))) return true;
    const double visits =
        static_cast<double>(table.read - table.removed) / static_cast<double>(std::max<uint64>(1, table.loops));
    if (could_be_covered(collection.plan, &table.example->ps, visits, table.entry)) return true;
    return is_surprising(table) && (filtered || table.method != ScanMethod::sequential);
}

void describe(const QueryDesc *query, Collection &collection, const TableScan &table, ScanFacts &facts) {
    memset(static_cast<void *>(&facts), 0, sizeof(facts));
    facts.relation = table.root;
    facts.method = table.method;
    const bool partitioned = table.root != RelationGetRelid(table.example->ss_currentRelation);
    facts.partitions = partitioned ? static_cast<uint32>(table.relations) : 0;
    facts.loops = table.loops;
    facts.rows_read = table.read;
    facts.rows_removed = table.removed;
    facts.rows_estimated = static_cast<uint64>(std::min(table.estimated, 1e18));
    facts.rows_changed = -1;
    facts.table_rows = -1;
    write_relation_name(table.root, facts.relation_name);
    describe_filter(table.example, facts);
    if (table.few != nullptr) {
        describe_join(query->plannedstmt, table.few, reinterpret_cast<const Scan *>(table.example->ps.plan), facts);
    }
    const bool sorted = is_sorted(collection, table);
    describe_need({query->plannedstmt, query->planstate, table.example, table.root, table.entry, table.few,
                   sorted ? collection.order.sort : nullptr, collection.order.limited},
                  facts.need);
    const bool plain = describe_index(facts);
    // The planner had reasons of its own against an index that is there.
    if (table.few != nullptr && facts.index_exists) facts.rows_removed = 0;
    describe_missed_index(table.example, facts);
    // A plain column that leads no index yet is the nearer remedy.
    const bool nearer = plain && !facts.index_exists && facts.missed != Missed::collation;
    if (nearer) facts.missed = Missed::none;
    if (is_surprising(table)) describe_changes(table.example->ss_currentRelation, facts);
    const bool inherits = table.entry != collection.order.entry;
    if (sorted && (inherits || !collection.order_described)) {
        describe_order(query, collection.order, table.entry, facts);
    }
    collection.order_described = collection.order_described || sorted;
}

} // namespace

bool wants_measuring(QueryDesc *query, const LocalShape &local) {
    double least_cost = least_rows_read() * *server.cost_of_row;
    if (local.shape.has(shape_flag::count)) {
        const int least_counted = std::min(settings.thresholds[rule_index::count_before_paginate][0],
                                           settings.thresholds[rule_index::redundant_count][0]);
        least_cost = least_counted * cpu_index_tuple_cost;
    }
    if (!local.surprising && greatest_cost(query->plannedstmt) < least_cost) return false;
    if (query->plannedstmt->parallelModeNeeded) query->instrument_options |= INSTRUMENT_ROWS;
    return true;
}

void measure_scans(QueryDesc *query, const LocalShape &local) {
    Wanted wanted = {query->plannedstmt, local.surprising || local.shape.has(shape_flag::count), local.surprising,
                     least_rows_read() * *server.cost_of_row};
    MemoryContext previous = MemoryContextSwitchTo(query->estate->es_query_cxt);
    (void)add_counters(query->planstate, &wanted);
    MemoryContextSwitchTo(previous);
}

const PlanFacts *collect_plan_facts(const QueryDesc *query, bool wide) {
    static PlanFacts facts;
    Collection collection;
    collection.plan = query->plannedstmt;
    collection.order = order_of_plan(query);
    if (collection.order.rows < static_cast<uint64>(settings.thresholds[rule_index::unindexed_sort][0])) {
        collection.order.sort = nullptr;
    }
    collection.order_described = false;
    collection.kept_count = 0;
    collection.within = nullptr;
    collection.rows_read = 0;
    collection.count = 0;
    (void)collect(query->planstate, &collection);
    std::sort(collection.tables, collection.tables + collection.count,
              [](const TableScan &a, const TableScan &b) { return a.read > b.read; });
    facts.rows_read = collection.rows_read;
    facts.scan_count = 0;
    const auto least = static_cast<uint64>(least_rows_read());
    for (int i = 0; i < collection.count && facts.scan_count < max_scan_facts; ++i) {
        const TableScan &table = collection.tables[i];
        if (!is_worth_naming(collection, table, least)) continue;
        describe(query, collection, table, facts.scans[facts.scan_count++]);
    }
    facts.wide.relation = InvalidOid;
    if (wide && query->estate->es_processed >= static_cast<uint64>(settings.thresholds[rule_index::wide_result][0])) {
        describe_wide_result(query, facts.wide);
    }
    return &facts;
}

bool is_in_vain(const StatementEvent &event) {
    return event.facts->scan_count == 0 && event.facts->wide.relation == InvalidOid && !is_large(event, settings);
}

} // namespace query_audit
