#include "parse/keys.h"

#include <algorithm>

#include "parse/filter_hasher.h"
#include "parse/grouping.h"
#include "parse/hash.h"
#include "parse/lookups.h"

namespace query_audit::parse {
namespace {

constexpr int max_levels = 32;
constexpr std::size_t max_key_outputs = 3;
constexpr int max_parameter = 255;

enum Tag : std::uint64_t { column_tag = 4001, star_tag, name_tag, other_tag };

// The column of a relation that a name stands for, through sub-selects.
struct Origin {
    const PgQuery__RangeVar *relation = nullptr; // null: it cannot be told
    std::string_view column;
};

Scope scope_of(const Level &level) {
    FilterSource source;
    source.from = level.from();
    source.ctes = level.ctes;
    return open_scope(source, nullptr);
}

bool renames_columns(const Node *from_item) noexcept {
    const PgQuery__Alias *alias = nullptr;
    if (from_item->node_case == PG_QUERY__NODE__NODE_RANGE_VAR) alias = from_item->range_var->alias;
    if (from_item->node_case == PG_QUERY__NODE__NODE_RANGE_SUBSELECT) alias = from_item->range_subselect->alias;
    return alias != nullptr && alias->n_colnames > 0;
}

std::string_view output_name(const PgQuery__ResTarget &target) noexcept {
    if (target.name[0] != '\0') return target.name;
    const PgQuery__ColumnRef *column = as_column(strip_casts(static_cast<const Node *>(target.val)));
    return column != nullptr ? last_name(list(column->fields, column->n_fields)) : std::string_view();
}

Origin origin_of(const PgQuery__ColumnRef &column, const Level &level, int levels);

// `item` is one of FROM.
Origin origin_in(const FromItem &item, std::string_view name, const Level &level, int levels) {
    if (levels <= 0 || item.node == nullptr || renames_columns(item.node)) return {};
    if (item.relation != nullptr) return {item.relation, name};
    const std::optional<Level> inner = level_of(item.node, level.ctes);
    if (!inner || inner->is_set_operation()) return {};
    bool all_columns = false;
    for (const Node *node : inner->targets()) {
        const PgQuery__ResTarget *target = as_target(node);
        if (target == nullptr || target->val == nullptr) return {};
        if (is_star(target->val)) {
            all_columns = true;
        } else if (output_name(*target) == name) {
            const PgQuery__ColumnRef *column = as_column(strip_casts(static_cast<const Node *>(target->val)));
            return column != nullptr ? origin_of(*column, *inner, levels - 1) : Origin{};
        }
    }
    const Scope scope = scope_of(*inner);
    if (!all_columns || scope.items.size() != 1) return {};
    return origin_in(scope.items[0], name, *inner, levels - 1);
}

Origin origin_of(const PgQuery__ColumnRef &column, const Level &level, int levels) {
    const NodeList fields = list(column.fields, column.n_fields);
    Scope scope = scope_of(level);
    if (fields.size() >= 2) {
        const FromItem *item = scope.find(string_of(fields[fields.size() - 2]));
        return item != nullptr ? origin_in(*item, string_of(fields.back()), level, levels) : Origin{};
    }
    if (fields.empty() || scope.items.size() != 1) return {};
    return origin_in(scope.items[0], string_of(fields[0]), level, levels);
}

Origin origin_of(const Node *node, const Level &level) {
    const PgQuery__ColumnRef *column = as_column(strip_casts(node));
    return column != nullptr && !is_star(strip_casts(node)) ? origin_of(*column, level, max_levels) : Origin{};
}

std::uint64_t identity_of(const Origin &origin) noexcept {
    return mix(mix(column_tag, relation_hash(*origin.relation)), origin.column);
}

std::uint32_t fold(std::uint64_t identity) noexcept { return static_cast<std::uint32_t>(identity >> 32) | 1; }

// What tells the rows of SELECT DISTINCT apart.
std::uint32_t distinct_key(const Level &level) {
    std::uint64_t sum = 0;
    for (const Node *node : level.targets()) {
        const PgQuery__ResTarget *target = as_target(node);
        if (target == nullptr || target->val == nullptr) return 0;
        const Origin origin = origin_of(target->val, level);
        if (origin.relation != nullptr) {
            sum += identity_of(origin);
        } else if (const PgQuery__ColumnRef *column = as_column(target->val)) {
            const NodeList fields = list(column->fields, column->n_fields);
            sum += is_star(target->val) ? mix(star_tag, fields.size()) : mix(name_tag, last_name(fields));
        } else {
            sum += mix(other_tag, std::string_view(target->name));
        }
    }
    return fold(sum);
}

// Whether the output has columns of the relation that the filter starts from. Some joins filter nothing, and a SELECT
// of what they join has other rows.
bool shows_first_relation(const Level &level) {
    if (level.is_set_operation()) return true;
    Scope scope = scope_of(level);
    if (scope.items.empty()) return false;
    const NodeList targets = level.targets();
    return std::any_of(targets.begin(), targets.end(), [&](const Node *target) {
        if (as_target(target) == nullptr || as_target(target)->val == nullptr) return false;
        const PgQuery__ColumnRef *column = as_column(strip_casts(static_cast<const Node *>(as_target(target)->val)));
        if (column == nullptr) return false;
        if (column->n_fields < 2) return true;
        return scope.find(string_of(column->fields[column->n_fields - 2])) == &scope.items[scope.anchor];
    });
}

// What a count counts; null for count(*).
const Node *counted(const Level &level, bool &distinct) noexcept {
    const Node *node = strip_casts(static_cast<const Node *>(as_target(level.targets()[0])->val));
    if (node->node_case == PG_QUERY__NODE__NODE_COALESCE_EXPR) {
        node = strip_casts(static_cast<const Node *>(node->coalesce_expr->args[0]));
    }
    const PgQuery__FuncCall *call = as_call(node);
    if (call == nullptr || call->n_args != 1) return nullptr;
    distinct = call->agg_distinct;
    return strip_casts(static_cast<const Node *>(call->args[0]));
}

bool sorts_by(const Level &level, const PgQuery__ResTarget &target) {
    const NodeList sorts = list(level.select->sort_clause, level.select->n_sort_clause);
    const std::string_view shown = output_name(target);
    return std::any_of(sorts.begin(), sorts.end(), [&](const Node *sort) {
        const PgQuery__ColumnRef *column = as_column(strip_casts(static_cast<const Node *>(sort->sort_by->node)));
        if (column == nullptr) return false;
        const std::string_view name = last_name(list(column->fields, column->n_fields));
        const PgQuery__ColumnRef *source = as_column(strip_casts(static_cast<const Node *>(target.val)));
        return name == shown || name == last_name(list(source->fields, source->n_fields));
    });
}

// The key that is all of the output, but for columns that it is sorted by.
Origin only_key(const Level &top) {
    const NodeList targets = top.targets();
    if (targets.empty() || targets.size() > max_key_outputs || top.is_grouped()) return {};
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const PgQuery__ResTarget *target = as_target(targets[i]);
        if (target == nullptr || target->val == nullptr) return {};
        const Node *value = strip_casts(static_cast<const Node *>(target->val));
        if (as_column(value) == nullptr || is_star(value)) return {};
        if (i > 0 && !sorts_by(top, *target)) return {};
    }
    return origin_of(as_target(targets[0])->val, top);
}

// The one list that the filter compares a column with.
struct KeyList {
    const Node *column = nullptr; // null: there is none, or more than one
    const Node *values = nullptr; // a value or ARRAY[]; null for IN
};

KeyList only_list(Node *where) {
    KeyList found;
    int lists = 0;
    for_each_conjunct(where, [&](const Node *condition) {
        const PgQuery__AExpr *expression = as_expression(condition);
        if (expression == nullptr || !is_operator(*expression, "=")) return;
        const Node *column = strip_casts(static_cast<const Node *>(expression->lexpr));
        const NodeList items = as_list(expression->rexpr);
        const bool in = expression->kind == PG_QUERY__A__EXPR__KIND__AEXPR_IN && items.size() >= 2 &&
                        std::all_of(items.begin(), items.end(), [](const Node *item) { return is_value(item); });
        const bool any =
            expression->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY && is_value_or_array(expression->rexpr);
        if (!in && !any) return;
        ++lists;
        found = {as_column(column) != nullptr ? column : nullptr,
                 any ? strip_casts(static_cast<const Node *>(expression->rexpr)) : nullptr};
    });
    return lists == 1 ? found : KeyList{};
}

void add_key_list(const Level &bottom, RowFacts &facts) {
    if (bottom.is_set_operation()) return;
    const KeyList keys = only_list(bottom.select->where_clause);
    const Origin origin = keys.column != nullptr ? origin_of(keys.column, bottom) : Origin{};
    if (origin.relation == nullptr) return;
    facts.flags |= shape_flag::key_list;
    facts.row_key = fold(identity_of(origin));
    if (keys.values == nullptr || keys.values->node_case != PG_QUERY__NODE__NODE_PARAM_REF) return;
    const int number = keys.values->param_ref->number;
    if (number > 0 && number <= max_parameter) facts.list_parameter = static_cast<std::uint8_t>(number);
}

class RowWalk {
  public:
    explicit RowWalk(Output output) : selected(output == Output::rows), output_(output), inside_(selected) {}

    // Down through the wrappers; answers the level below them all.
    Level walk(Level level) {
        for (;;) {
            if (inside_) look_at(level);
            if (!inside_ && classify_targets(level.targets()) == output_) enter_count(level);
            std::optional<Level> inner = below(level);
            if (!inner) return level;
            level = *std::move(inner);
        }
    }

    bool cut = false;      // by LIMIT, OFFSET or GROUP BY
    bool distinct = false; // the rows, or the values that are counted
    bool foreign = false;  // what is counted is another relation's than the filter's first
    bool selected = false; // the rows that count are those of SELECT DISTINCT, or shown
    std::uint32_t key = 0; // of the outermost DISTINCT

  private:
    void look_at(const Level &level) {
        cut = cut || level.has_limit() || level.has_offset() || (level.is_grouped() && !groups_are_rows(level));
        const bool united = level.is_set_operation() && !level.select->all;
        if (distinct || (level.select->n_distinct_clause == 0 && !united)) return;
        distinct = selected = true;
        key = united ? 0 : distinct_key(level);
    }

    void enter_count(const Level &level) {
        inside_ = true;
        bool of_values = false;
        const PgQuery__ColumnRef *column = as_column(counted(level, of_values));
        cut = level.is_grouped();
        if (column == nullptr) return;
        Scope scope = scope_of(level);
        foreign = column->n_fields >= 2 && !scope.items.empty() &&
                  scope.find(string_of(column->fields[column->n_fields - 2])) != &scope.items[scope.anchor];
        if (!of_values) return;
        const Origin origin = origin_of(*column, level, max_levels);
        distinct = true;
        key = origin.relation != nullptr ? fold(identity_of(origin)) : 0;
    }

    Output output_;
    bool inside_; // of what makes the output
};

} // namespace

RowFacts describe_rows(const Level &top, Output output) {
    RowFacts facts;
    if (output != Output::rows && output != Output::count) return facts;
    RowWalk rows(output);
    const Level bottom = rows.walk(top);
    if (!rows.cut && !rows.foreign && (!rows.selected || shows_first_relation(bottom)))
        facts.flags |= shape_flag::whole;
    if (rows.distinct) {
        facts.flags |= shape_flag::distinct;
        facts.row_key = rows.key;
    }
    if (output != Output::rows) return facts;
    if (const Origin key = only_key(top); key.relation != nullptr) {
        facts.flags |= shape_flag::keys;
        facts.row_key = fold(identity_of(key));
    } else {
        add_key_list(bottom, facts);
    }
    return facts;
}

} // namespace query_audit::parse
