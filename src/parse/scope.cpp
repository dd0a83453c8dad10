#include "parse/scope.h"

#include "parse/grouping.h"

namespace query_audit::parse {
namespace {

std::string_view alias_of(const PgQuery__Alias *alias) noexcept {
    return alias != nullptr ? std::string_view(alias->aliasname) : std::string_view();
}

class ScopeBuilder {
  public:
    ScopeBuilder(Scope &scope, const Ctes &ctes) : scope_(scope), ctes_(ctes) {}

    void add_relation(PgQuery__RangeVar *relation, Node *node, const PgQuery__JoinExpr *join, int leader,
                      bool optional) {
        const std::string_view alias = alias_of(relation->alias);
        const bool base = !find_cte(*relation, ctes_).found;
        add({node, base ? relation : nullptr, join, leader, optional, alias.empty() ? relation->relname : alias});
    }

    void add_tree(Node *node, const PgQuery__JoinExpr *join, int leader, bool optional) {
        if (node == nullptr) return;
        switch (node->node_case) {
        case PG_QUERY__NODE__NODE_JOIN_EXPR: {
            const PgQuery__JoinExpr *inner = node->join_expr;
            const int first = static_cast<int>(scope_.items.size());
            add_tree(inner->larg, join, leader, optional);
            const bool left = inner->jointype == PG_QUERY__JOIN_TYPE__JOIN_LEFT;
            add_tree(inner->rarg, inner, join != nullptr ? first : -1, optional || left);
            return;
        }
        case PG_QUERY__NODE__NODE_RANGE_VAR:
            return add_relation(node->range_var, node, join, leader, optional);
        case PG_QUERY__NODE__NODE_RANGE_TABLE_SAMPLE:
            return add_tree(node->range_table_sample->relation, join, leader, optional);
        case PG_QUERY__NODE__NODE_RANGE_SUBSELECT:
            return add({node, nullptr, join, leader, optional, alias_of(node->range_subselect->alias)});
        case PG_QUERY__NODE__NODE_RANGE_FUNCTION:
            return add({node, nullptr, join, leader, optional, alias_of(node->range_function->alias)});
        default:
            return add({node, nullptr, join, leader, optional, {}});
        }
    }

  private:
    struct Leaf {
        Node *node;
        const PgQuery__RangeVar *relation;
        const PgQuery__JoinExpr *join;
        int leader;
        bool optional;
        std::string_view name;
    };
    void add(const Leaf &leaf) {
        scope_.items.push_back(
            {leaf.node, leaf.relation, leaf.join, leaf.leader, leaf.optional, leaf.name, 0, 0, {}, false});
    }

    Scope &scope_;
    const Ctes &ctes_;
};

} // namespace

FilterSource source_of(const Level &level) {
    FilterSource source;
    source.from = level.from();
    source.where = level.select->where_clause;
    source.having = level.select->having_clause;
    source.by_row = groups_are_rows(level);
    source.grouped = level.is_grouped() && !source.by_row;
    source.ctes = level.ctes;
    return source;
}

FromItem *Scope::find(std::string_view qualifier) noexcept {
    for (FromItem &item : items) {
        if (item.name == qualifier) return &item;
    }
    return nullptr;
}

Scope open_scope(const FilterSource &source, Scope *outer) {
    Scope scope;
    scope.outer = outer;
    scope.by_row = source.by_row;
    ScopeBuilder builder(scope, source.ctes);
    if (source.target != nullptr) {
        builder.add_relation(source.target, nullptr, nullptr, -1, false);
        scope.items[0].relation = source.target; // never a common table expression: it is written to
    }
    for (Node *item : source.from) builder.add_tree(item, nullptr, -1, false);
    for (std::size_t i = scope.items.size(); i-- > 0;) {
        if (scope.items[i].relation != nullptr) scope.anchor = i;
    }
    return scope;
}

bool is_prunable(const FromItem &item, const Scope &scope) noexcept {
    if (item.optional) return true;
    if (item.join == nullptr || item.relation == nullptr || scope.by_row) return false;
    const PgQuery__JoinExpr &join = *item.join;
    const bool inner_on = join.jointype == PG_QUERY__JOIN_TYPE__JOIN_INNER && !join.is_natural && join.quals != nullptr;
    if (!inner_on) return false; // CROSS and USING joins, and RIGHT and FULL ones
    const Contents contents = contents_of(join.quals);
    return !contents.values && !contents.sublinks;
}

} // namespace query_audit::parse
