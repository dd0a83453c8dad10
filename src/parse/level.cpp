#include "parse/level.h"

#include <algorithm>
#include <utility>

#include "parse/grouping.h"

namespace query_audit::parse {

bool Level::has_limit() const noexcept {
    return select->limit_count != nullptr && !is_null_constant(select->limit_count); // LIMIT ALL is a null constant
}

bool Level::has_offset() const noexcept {
    return select->limit_offset != nullptr && !is_null_constant(select->limit_offset);
}

namespace {

// Not make_shared: its tag is a unique global symbol, which would leave the closed object.
Ctes make_frame(const PgQuery__WithClause *with, std::size_t visible, Ctes outer) {
    return Ctes(new CteFrame{with, visible, std::move(outer)});
}

} // namespace

Ctes see(const PgQuery__WithClause *with, Ctes outer) {
    return with == nullptr ? outer : make_frame(with, with->n_ctes, std::move(outer));
}

Level enter(SelectStmt *select, Ctes outer) { return {select, see(select->with_clause, std::move(outer)), false}; }

FoundCte find_cte(const PgQuery__RangeVar &relation, const Ctes &ctes) {
    if (relation.schemaname[0] != '\0') return {};
    const std::string_view name = relation.relname;
    for (Ctes frame = ctes; frame != nullptr; frame = frame->outer) {
        for (std::size_t i = frame->visible; i-- > 0;) {
            const Node *item = frame->with->ctes[i];
            if (item->node_case != PG_QUERY__NODE__NODE_COMMON_TABLE_EXPR) continue;
            if (name != item->common_table_expr->ctename) continue;
            SelectStmt *select = as_select(item->common_table_expr->ctequery);
            if (select == nullptr) return {true, std::nullopt};
            return {true, enter(select, make_frame(frame->with, i, frame->outer))};
        }
        // A recursive expression's own name, or one that comes later, is no relation either.
        for (std::size_t i = frame->visible; i < frame->with->n_ctes; ++i) {
            const Node *item = frame->with->ctes[i];
            if (!frame->with->recursive || item->node_case != PG_QUERY__NODE__NODE_COMMON_TABLE_EXPR) continue;
            if (name == item->common_table_expr->ctename) return {true, std::nullopt};
        }
    }
    return {};
}

std::optional<Level> level_of(Node *from_item, const Ctes &ctes) {
    if (from_item->node_case == PG_QUERY__NODE__NODE_RANGE_SUBSELECT) {
        const PgQuery__RangeSubselect &item = *from_item->range_subselect;
        SelectStmt *select = as_select(item.subquery);
        if (select == nullptr || item.lateral) return std::nullopt;
        return enter(select, ctes);
    }
    if (from_item->node_case == PG_QUERY__NODE__NODE_RANGE_VAR) return find_cte(*from_item->range_var, ctes).level;
    return std::nullopt;
}

namespace {

// Without casts, and without what stands in for it where it is null.
Node *without_default(Node *output) noexcept {
    output = strip_casts(output);
    if (output == nullptr || output->node_case != PG_QUERY__NODE__NODE_COALESCE_EXPR) return output;
    const PgQuery__CoalesceExpr &coalesce = *output->coalesce_expr;
    const NodeList args = list(coalesce.args, coalesce.n_args);
    const bool defaults =
        !args.empty() && std::all_of(args.begin() + 1, args.end(), [](const Node *other) { return is_value(other); });
    return defaults ? strip_casts(args.front()) : output;
}

std::optional<Level> inside(const Level &wrapper) {
    const SelectStmt &select = *wrapper.select;
    if (wrapper.is_set_operation() || select.where_clause != nullptr) return std::nullopt;
    if (wrapper.is_grouped() && !groups_are_rows(wrapper)) return std::nullopt;
    if (select.n_from_clause == 1) return level_of(select.from_clause[0], wrapper.ctes);
    if (select.n_from_clause == 0 && select.n_target_list == 1) {
        const PgQuery__ResTarget *target = as_target(select.target_list[0]);
        if (target == nullptr) return std::nullopt;
        Node *output = without_default(target->val);
        const PgQuery__SubLink *sublink = as_sublink(output, PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK);
        if (sublink == nullptr) {
            sublink = as_sublink(output, PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK);
        }
        SelectStmt *inner = sublink != nullptr ? as_select(sublink->subselect) : nullptr;
        if (inner != nullptr) return enter(inner, wrapper.ctes);
    }
    return std::nullopt;
}

} // namespace

std::optional<Level> below(const Level &wrapper) {
    std::optional<Level> inner = inside(wrapper);
    if (inner) inner->counted = wrapper.counted;
    return inner;
}

Level unwrap(Level level) {
    while (std::optional<Level> inner = below(level)) level = *std::move(inner);
    return level;
}

} // namespace query_audit::parse
