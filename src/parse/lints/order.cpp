// ORDER BY, LIMIT, OFFSET, DISTINCT ON.
#include <algorithm>

#include "core/text.h"
#include "parse/lints/list.h"
#include "parse/output.h"

namespace query_audit::parse {
namespace {

constexpr long long deep_offset = 1000; // as the rule that watches OFFSET at work has it

void check_offset(const LintContext &context) {
    const SelectStmt *select = context.block.select;
    long long skipped = 0;
    if (select == nullptr || !integer_of(select->limit_offset, skipped) || skipped < deep_offset) return;
    context.add(start_of(select->limit_offset),
                formatted("OFFSET {} reads that many rows to throw them away", skipped));
}

bool skips_locked(const SelectStmt &select) noexcept {
    const NodeList clauses = list(select.locking_clause, select.n_locking_clause);
    return std::any_of(clauses.begin(), clauses.end(), [](const Node *clause) {
        return clause->node_case == PG_QUERY__NODE__NODE_LOCKING_CLAUSE &&
               clause->locking_clause->wait_policy == PG_QUERY__LOCK_WAIT_POLICY__LockWaitSkip;
    });
}

// A sub-select in FROM that has an order of its own hands its rows on in it, as long as nothing is joined.
bool takes_ordered_rows(const Level &level) {
    if (level.from().size() != 1) return false;
    const std::optional<Level> inner = level_of(level.from().front(), level.ctes);
    return inner && inner->select->n_sort_clause > 0;
}

// Whether its rows are all the same to whoever asks: one row, or rows that differ in nothing.
bool any_rows_will_do(const Block &block) {
    const SelectStmt &select = *block.select;
    if (select.op == PG_QUERY__SET_OPERATION__SETOP_NONE && output_of(block.level()) != Output::rows) return true;
    long long limit = 0;
    const bool limited = integer_of(select.limit_count, limit);
    return limited && select.limit_offset == nullptr && (limit == 0 || (limit == 1 && has_equality(block)));
}

void check_limit(const LintContext &context) {
    const Block &block = context.block;
    if (block.select == nullptr || block.select->n_sort_clause > 0) return;
    const SelectStmt &select = *block.select;
    const Node *cut = select.limit_count != nullptr ? select.limit_count : select.limit_offset;
    if (cut == nullptr || is_null_constant(strip_casts(cut))) return; // LIMIT ALL
    if (block.place == Place::exists || block.place == Place::of_a_write || skips_locked(select)) return;
    const bool reads = select.op > PG_QUERY__SET_OPERATION__SETOP_NONE || reads_base_relation(block);
    if (!reads || any_rows_will_do(block) || takes_ordered_rows(block.level())) return;
    context.add(start_of(cut), select.limit_count != nullptr ? "LIMIT without ORDER BY returns any of the rows"
                                                             : "OFFSET without ORDER BY skips any of the rows");
}

void check_distinct_on(const LintContext &context) {
    const SelectStmt *select = context.block.select;
    if (select == nullptr || select->n_distinct_clause == 0 || select->n_sort_clause > 0) return;
    const Node *first = select->distinct_clause[0];
    if (first == nullptr || first->node_case == PG_QUERY__NODE__NODE__NOT_SET) return; // plain DISTINCT
    context.add(start_of(first), "DISTINCT ON without ORDER BY keeps any row of each group");
}

void check_random(const LintContext &context) {
    const SelectStmt *select = context.block.select;
    if (select == nullptr) return;
    for (const Node *item : list(select->sort_clause, select->n_sort_clause)) {
        if (item->node_case != PG_QUERY__NODE__NODE_SORT_BY) continue;
        const PgQuery__FuncCall *call = as_call(strip_casts(item->sort_by->node));
        if (call == nullptr || call->n_args > 0 || !reads_base_relation(context.block)) continue;
        const std::string_view name = last_name(list(call->funcname, call->n_funcname));
        if (name != "random" && name != "gen_random_uuid" && name != "uuid_generate_v4") continue;
        context.add(call->location, formatted("ORDER BY {}() reads and sorts every row", name));
    }
}

} // namespace

constinit const Lint deep_offset_lint = {
    {
        "deep_offset",
        Severity::warning,
        "A deep OFFSET",
        "The rows that OFFSET skips are read, filtered and sorted like those that are shown. Each page costs more than "
        "the one before.",
        "OFFSET with a constant of 1000 or more.",
        "Smaller constants, and parameters: the rule of running statements sees those.",
        "Page by key: WHERE (sort columns) > (the last row's) ORDER BY the same columns LIMIT n.",
    },
    check_offset,
};

constinit const Lint limit_without_order_by_lint = {
    {
        "limit_without_order_by",
        Severity::warning,
        "LIMIT or OFFSET without ORDER BY",
        "Without an order PostgreSQL returns whichever rows it finds first. Which these are changes with the plan, "
        "with "
        "writes and with other scans, so pages overlap and leave rows out.",
        "LIMIT, FETCH FIRST or OFFSET of a SELECT that reads a table and has no ORDER BY.",
        "EXISTS; constants and aggregates without GROUP BY; `LIMIT 0`; `LIMIT 1` with an equality that may be a key's; "
        "SKIP LOCKED; sub-selects that choose what an UPDATE or DELETE changes; a SELECT of nothing but a sorted "
        "sub-select.",
        "Add ORDER BY, with a unique column last.",
    },
    check_limit,
};

constinit const Lint distinct_on_without_order_by_lint = {
    {
        "distinct_on_without_order_by",
        Severity::warning,
        "DISTINCT ON without ORDER BY",
        "DISTINCT ON keeps the first row of each group. Without an order, which one that is changes with the plan.",
        "DISTINCT ON in a SELECT that has no ORDER BY.",
        "Plain DISTINCT.",
        "Add ORDER BY, beginning with the columns of DISTINCT ON, then those that say which row is to be kept.",
    },
    check_distinct_on,
};

constinit const Lint order_by_random_lint = {
    {
        "order_by_random",
        Severity::warning,
        "ORDER BY random()",
        "Every row is read, given a number and sorted, to return a few.",
        "ORDER BY random(), gen_random_uuid() or uuid_generate_v4() of a SELECT that reads a table.",
        "Anything else in ORDER BY, and SELECTs from functions and lists of values.",
        "TABLESAMPLE reads a part of a large table; or take rows from a random point of an indexed column on.",
    },
    check_random,
};

} // namespace query_audit::parse
