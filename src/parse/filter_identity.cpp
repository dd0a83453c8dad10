#include "parse/filter_identity.h"

#include <algorithm>
#include <utility>

#include "parse/filter_hasher.h"

namespace query_audit::parse {
namespace {

// Common table expressions may refer to each other, so following them all could take exponential time. The rest are
// known by their names.
constexpr std::uint32_t max_expansions = 16;
constexpr std::uint32_t max_nested_expansions = 4;

enum Tag : std::uint64_t { filter_tag = 2001, conjunct_tag, having_tag, item_tag, join_tag, set_tag, name_tag };

} // namespace

template <typename Hash> FilterHasher::Part FilterHasher::part_of(Hash &&hash) {
    Part part;
    Values *const outside = std::exchange(values_, &part.values);
    part.hash = hash();
    values_ = outside;
    return part;
}

void FilterHasher::resolve_item(FromItem &item, Scope &scope, const Ctes &ctes) {
    if (item.relation != nullptr) {
        item.identity = relation_hash(*item.relation);
        return;
    }
    const bool is_cte = item.node->node_case == PG_QUERY__NODE__NODE_RANGE_VAR;
    const bool may_expand = !is_cte || (expansions_ < max_expansions && nested_expansions_ < max_nested_expansions);
    std::optional<Level> level = may_expand ? level_of(item.node, ctes) : std::nullopt;
    if (!level && item.node->node_case == PG_QUERY__NODE__NODE_RANGE_SUBSELECT) { // LATERAL
        if (SelectStmt *select = as_select(item.node->range_subselect->subquery)) level = enter(select, ctes);
    }
    if (level) {
        expansions_ += is_cte;
        nested_expansions_ += is_cte;
        FilterIdentity inner = identify(*level, &scope);
        nested_expansions_ -= is_cte;
        item.identity = inner.hash;
        item.values = std::move(inner.values);
    } else if (is_cte) {
        item.identity = mix(name_tag, std::string_view(item.node->range_var->relname));
    } else {
        Part part = part_of([&] { return hash_any(item.node->base, scope, ctes); });
        item.identity = part.hash;
        item.values = std::move(part.values);
    }
}

void FilterHasher::resolve_items(Scope &scope, const Ctes &ctes) {
    for (std::size_t i = 0; i < scope.items.size(); ++i) {
        FromItem &item = scope.items[i];
        resolve_item(item, scope, ctes);
        item.occurrence = static_cast<std::uint32_t>(
            std::count_if(scope.items.begin(), scope.items.begin() + static_cast<std::ptrdiff_t>(i),
                          [&](const FromItem &before) { return before.identity == item.identity; }));
    }
    // What LATERAL items refer to says nothing about the filter.
    for (FromItem &item : scope.items) item.referenced = false;
}

void FilterHasher::add_conjuncts(Node *condition, std::uint64_t tag, Scope &scope, const Ctes &ctes, Parts &parts) {
    if (condition == nullptr) return;
    if (const PgQuery__BoolExpr *both = as_bool(condition, PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR)) {
        for (Node *side : list(both->args, both->n_args)) add_conjuncts(side, tag, scope, ctes, parts);
        return;
    }
    const std::uint32_t columns_before = columns_;
    Part part = part_of([&] { return mix(tag, hash_node(*condition, scope, ctes)); });
    compares_ = compares_ || (columns_ > columns_before && !part.values.empty());
    parts.push_back(std::move(part));
}

// Adds the items that filter by themselves, and those that what was added before refers to, until no more are found.
void FilterHasher::add_items(Scope &scope, const Ctes &ctes, Parts &parts) {
    std::vector<bool> added(scope.items.size());
    for (bool more = true; more;) {
        more = false;
        for (std::size_t i = 0; i < scope.items.size(); ++i) {
            FromItem &item = scope.items[i];
            const bool wanted = i == scope.anchor || item.referenced || !is_prunable(item, scope);
            if (added[i] || !wanted) continue;
            added[i] = more = true;
            if (item.leader >= 0) scope.items[static_cast<std::size_t>(item.leader)].referenced = true;
            parts.push_back({mix(mix(item_tag, item.identity), i == scope.anchor), item.values});
            if (item.join == nullptr) continue;
            const PgQuery__JoinExpr &join = *item.join;
            // An inner join's ON is as good as WHERE, and some ORMs write it there.
            if (join.jointype == PG_QUERY__JOIN_TYPE__JOIN_INNER && !join.is_natural && join.n_using_clause == 0) {
                add_conjuncts(join.quals, conjunct_tag, scope, ctes, parts);
                continue;
            }
            parts.push_back(part_of([&] {
                std::uint64_t hash = mix(mix(join_tag, item.identity), join.jointype);
                hash = hash_ordered(list(join.using_clause, join.n_using_clause), hash, scope, ctes);
                return join.quals != nullptr ? mix(hash, hash_node(*join.quals, scope, ctes)) : hash;
            }));
        }
    }
}

FilterIdentity FilterHasher::identify(const FilterSource &source, Scope *outer) {
    Scope scope = open_scope(source, outer);
    if (scope.items.empty() && source.where == nullptr) return {};
    const Place outside = place_;
    place_ = place_in_select();
    resolve_items(scope, source.ctes);
    const Bounds bounds(source.where);
    place_.bounds = &bounds;
    encloses_a_value_ = encloses_a_value_ || bounds.enclose_a_value();

    Parts parts;
    add_conjuncts(source.where, conjunct_tag, scope, source.ctes, parts);
    add_conjuncts(source.having, having_tag, scope, source.ctes, parts);
    add_items(scope, source.ctes, parts);
    place_ = outside;
    std::stable_sort(parts.begin(), parts.end(), [](const Part &a, const Part &b) { return a.hash < b.hash; });

    FilterIdentity identity;
    identity.hash = mix(filter_tag, source.grouped);
    for (const Part &part : parts) {
        identity.hash = mix(identity.hash, part.hash);
        identity.values.insert(identity.values.end(), part.values.begin(), part.values.end());
    }
    return identity;
}

FilterIdentity FilterHasher::identify(const Level &outermost, Scope *outer) {
    const Level level = unwrap(outermost);
    FilterIdentity identity;
    if (level.is_set_operation()) {
        identity = identify(enter(level.select->larg, level.ctes), outer);
        FilterIdentity right = identify(enter(level.select->rarg, level.ctes), outer);
        identity.hash = mix(mix(mix(set_tag, level.select->op), identity.hash), right.hash);
        identity.values.insert(identity.values.end(), right.values.begin(), right.values.end());
    } else if (level.select->n_values_lists > 0) {
        Scope empty;
        empty.outer = outer;
        Part part = part_of([&] { return hash_select(*level.select, empty, level.ctes); });
        identity.hash = part.hash;
        identity.values = std::move(part.values);
    } else {
        identity = identify(source_of(level), outer);
    }
    finish(identity);
    return identity;
}

void FilterHasher::finish(FilterIdentity &identity) const noexcept {
    identity.compares = compares_;
    identity.bounds_are_keys = encloses_a_value_;
}

FilterIdentity identify_filter(const Level &level) { return FilterHasher().identify(level, nullptr); }

FilterIdentity identify_filter(const FilterSource &source) {
    FilterHasher hasher;
    FilterIdentity identity = hasher.identify(source, nullptr);
    hasher.finish(identity);
    return identity;
}

} // namespace query_audit::parse
