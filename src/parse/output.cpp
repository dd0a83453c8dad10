#include "parse/output.h"

#include <algorithm>
#include <array>

namespace query_audit::parse {
namespace {

constexpr int max_paging_steps = 64;

constexpr std::array<std::string_view, 28> aggregate_names = {"count",
                                                              "sum",
                                                              "avg",
                                                              "min",
                                                              "max",
                                                              "array_agg",
                                                              "string_agg",
                                                              "json_agg",
                                                              "jsonb_agg",
                                                              "json_object_agg",
                                                              "jsonb_object_agg",
                                                              "bool_and",
                                                              "bool_or",
                                                              "every",
                                                              "bit_and",
                                                              "bit_or",
                                                              "bit_xor",
                                                              "stddev",
                                                              "stddev_pop",
                                                              "stddev_samp",
                                                              "variance",
                                                              "var_pop",
                                                              "var_samp",
                                                              "xmlagg",
                                                              "any_value",
                                                              "range_agg",
                                                              "percentile_cont",
                                                              "mode"};

struct Sources {
    bool aggregates = false;
    bool rows = false; // columns outside of aggregates, or sub-selects that are more than EXISTS
};

void add_sources(const ProtobufCMessage &message, Sources &sources) noexcept {
    if (is_node(message)) {
        const auto &node = reinterpret_cast<const Node &>(message);
        if (as_column(&node) != nullptr) {
            sources.rows = true;
            return;
        }
        if (node.node_case == PG_QUERY__NODE__NODE_SUB_LINK) {
            if (as_sublink(&node, PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK) == nullptr) sources.rows = true;
            return;
        }
        if (const PgQuery__FuncCall *call = as_call(&node)) {
            if (call->over != nullptr) sources.rows = true;
            if (is_aggregate(*call)) {
                sources.aggregates = true;
                return;
            }
        }
    }
    for_each_child(message, [&](const ProtobufCMessage &child) { add_sources(child, sources); });
}

// What count may count and still be the number of the rows: everything, a key, or several columns as one key.
bool counts_rows(const PgQuery__FuncCall &call) noexcept {
    if (call.agg_star || call.n_args == 0) return call.agg_star;
    if (call.n_args != 1) return false;
    const Node *counted = strip_casts(static_cast<const Node *>(call.args[0]));
    if (as_column(counted) != nullptr || is_value(counted)) return true;
    if (counted->node_case == PG_QUERY__NODE__NODE_ROW_EXPR) return true;
    if (!call.agg_distinct) return false;
    const PgQuery__FuncCall *concat = as_call(counted);
    const PgQuery__AExpr *operation = as_expression(counted);
    return (concat != nullptr && last_name(list(concat->funcname, concat->n_funcname)).starts_with("concat")) ||
           (operation != nullptr && is_operator(*operation, "||"));
}

bool is_count(const Node *node) noexcept {
    node = strip_casts(node);
    if (node != nullptr && node->node_case == PG_QUERY__NODE__NODE_COALESCE_EXPR) {
        const PgQuery__CoalesceExpr &coalesce = *node->coalesce_expr;
        const NodeList args = list(coalesce.args, coalesce.n_args);
        return !args.empty() && is_count(args.front()) &&
               std::all_of(args.begin() + 1, args.end(), [](const Node *other) { return is_value(other); });
    }
    const PgQuery__FuncCall *call = as_call(node);
    return call != nullptr && last_name(list(call->funcname, call->n_funcname)) == "count" && call->over == nullptr &&
           call->agg_filter == nullptr && counts_rows(*call);
}

// Only hands on the columns of the level below.
bool is_pass_through(const Level &level) noexcept {
    const NodeList targets = level.targets();
    if (level.select->n_from_clause == 0) return true; // SELECT (SELECT ...)
    return std::all_of(targets.begin(), targets.end(), [](const Node *target) {
        return as_target(target) != nullptr && as_column(strip_casts(as_target(target)->val)) != nullptr;
    });
}

// The select of keys where WHERE says nothing but `key IN (SELECT ...)`.
std::optional<Level> selected_keys(const Level &level) {
    const PgQuery__SubLink *any = as_sublink(level.select->where_clause, PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK);
    if (any == nullptr || level.is_grouped()) return std::nullopt;
    const std::string_view comparison = last_name(list(any->oper_name, any->n_oper_name));
    SelectStmt *select = as_select(any->subselect);
    if (select == nullptr || as_column(any->testexpr) == nullptr || (!comparison.empty() && comparison != "=")) {
        return std::nullopt;
    }
    return enter(select, level.ctes);
}

// `steps` bounds the search: common table expressions may refer to each other in exponentially many ways.
std::optional<Level> find_paging_in(const Level &level, int &steps) {
    if (level.has_limit() || level.has_offset()) return level;
    std::optional<Level> found;
    if (level.is_set_operation()) return found;
    for (Node *item : level.from()) {
        for_each_leaf(item, [&](Node *leaf) {
            if (found || --steps < 0) return;
            std::optional<Level> inner = level_of(leaf, level.ctes);
            if (inner && output_of(*inner) == Output::rows) found = find_paging_in(*inner, steps);
        });
    }
    std::optional<Level> keys = found || --steps < 0 ? std::nullopt : selected_keys(level);
    if (keys && output_of(*keys) == Output::rows) found = find_paging_in(*keys, steps);
    return found;
}

} // namespace

bool is_aggregate(const PgQuery__FuncCall &call) noexcept {
    if (call.agg_star || call.agg_distinct || call.agg_within_group || call.agg_filter || call.n_agg_order > 0)
        return true;
    const std::string_view name = last_name(list(call.funcname, call.n_funcname));
    return std::find(aggregate_names.begin(), aggregate_names.end(), name) != aggregate_names.end();
}

Output classify_targets(NodeList targets) {
    bool aggregates = false;
    for (const Node *node : targets) {
        const PgQuery__ResTarget *target = as_target(node);
        if (target == nullptr || target->val == nullptr) return Output::rows;
        Sources sources;
        add_sources(target->val->base, sources);
        if (sources.rows) return Output::rows;
        aggregates = aggregates || sources.aggregates;
    }
    if (!aggregates) return Output::constants;
    return targets.size() == 1 && is_count(as_target(targets[0])->val) ? Output::count : Output::aggregates;
}

Output output_of(const Level &top) {
    Level level = top;
    while (is_pass_through(level)) {
        std::optional<Level> inner = below(level);
        if (!inner) break;
        level = *std::move(inner);
    }
    if (level.is_set_operation()) return Output::rows;
    const Output output = classify_targets(level.targets());
    const bool grouped = level.select->n_group_clause > 0;
    return grouped && output != Output::constants ? Output::rows : output;
}

std::optional<Level> find_paging(const Level &top) {
    int steps = max_paging_steps;
    return find_paging_in(top, steps);
}

} // namespace query_audit::parse
