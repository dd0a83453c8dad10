// Levels of a statement: a SELECT with the common table expressions it can see, and the way down through the wrappers
// that ORMs put around a SELECT. Private to src/parse.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "parse/tree.h"

namespace query_audit::parse {

// The common table expressions in sight, innermost WITH first. An expression sees only those before it in its own WITH;
// a recursive one does not see itself here, so nothing that follows these links can run in a circle.
struct CteFrame {
    const PgQuery__WithClause *with;
    std::size_t visible;
    std::shared_ptr<const CteFrame> outer;
};
using Ctes = std::shared_ptr<const CteFrame>;

struct Level {
    SelectStmt *select;
    Ctes ctes;            // as seen from inside the select, its own WITH included
    bool counted = false; // its rows are not shown but counted

    [[nodiscard]] bool has_limit() const noexcept;
    [[nodiscard]] bool has_offset() const noexcept;
    [[nodiscard]] bool is_set_operation() const noexcept { return select->op > PG_QUERY__SET_OPERATION__SETOP_NONE; }
    [[nodiscard]] bool is_grouped() const noexcept { return select->n_group_clause > 0 || select->having_clause; }
    [[nodiscard]] NodeList from() const noexcept { return list(select->from_clause, select->n_from_clause); }
    [[nodiscard]] NodeList targets() const noexcept { return list(select->target_list, select->n_target_list); }
};

[[nodiscard]] Ctes see(const PgQuery__WithClause *with, Ctes outer); // with may be null
[[nodiscard]] Level enter(SelectStmt *select, Ctes outer);

// Whether an unqualified relation name is a common table expression, and its SELECT where it is one.
struct FoundCte {
    bool found = false;
    std::optional<Level> level;
};
[[nodiscard]] FoundCte find_cte(const PgQuery__RangeVar &relation, const Ctes &ctes);

// The sub-select or common table expression that a FROM item stands for, if it is one. LATERAL ones are not: they run
// once a row.
[[nodiscard]] std::optional<Level> level_of(Node *from_item, const Ctes &ctes);

// The level below a wrapper: the only FROM item of a select that does not filter, group or combine by itself, or the
// scalar sub-select or EXISTS that is a select's whole output.
[[nodiscard]] std::optional<Level> below(const Level &wrapper);

// The level whose FROM and WHERE decide the rows: below every wrapper.
[[nodiscard]] Level unwrap(Level level);

// Calls visit(Node *) for each leaf of a FROM list, left to right.
template <typename Visit> void for_each_leaf(Node *from_item, Visit &&visit) {
    if (from_item == nullptr) return;
    if (from_item->node_case == PG_QUERY__NODE__NODE_JOIN_EXPR) {
        for_each_leaf(from_item->join_expr->larg, visit);
        for_each_leaf(from_item->join_expr->rarg, visit);
    } else {
        visit(from_item);
    }
}

} // namespace query_audit::parse
