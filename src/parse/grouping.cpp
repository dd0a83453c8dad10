#include "parse/grouping.h"

#include <algorithm>
#include <vector>

#include "parse/lookups.h"
#include "parse/scope.h"

namespace query_audit::parse {
namespace {

struct Column {
    const FromItem *item = nullptr; // null: it cannot be told
    std::string_view name;
};

bool is_extreme(std::string_view function) noexcept { return function == "min" || function == "max"; }

std::string_view function_of(const Node *node) noexcept {
    const PgQuery__FuncCall *call = as_call(node);
    return call != nullptr ? last_name(list(call->funcname, call->n_funcname)) : std::string_view();
}

class Grouping {
  public:
    explicit Grouping(const Level &level) : level_(level) {
        FilterSource source;
        source.from = level.from();
        source.ctes = level.ctes;
        scope_ = open_scope(source, nullptr);
    }

    [[nodiscard]] bool is_by_row() {
        for (const Node *key : list(level_.select->group_clause, level_.select->n_group_clause)) {
            const Column column = column_of(key);
            if (column.item == nullptr || (grouped_ != nullptr && column.item != grouped_)) return false;
            grouped_ = column.item;
            keys_.push_back(column.name);
        }
        if (grouped_ == nullptr) return false;
        return shows_more_than_keys() || is_by_join_key() || is_by_first_number();
    }

  private:
    // Through positions and output names, which is what an unqualified name of several relations is taken for.
    [[nodiscard]] Column column_of(const Node *node) {
        const NodeList targets = level_.targets();
        if (node->node_case == PG_QUERY__NODE__NODE_A_CONST &&
            node->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL) {
            const std::int64_t position = node->a_const->ival->ival;
            if (position < 1 || position > static_cast<std::int64_t>(targets.size())) return {};
            node = as_target(targets[static_cast<std::size_t>(position - 1)])->val;
        }
        const PgQuery__ColumnRef *column = as_column(node);
        if (column == nullptr || is_star(node)) return {};
        if (column->n_fields == 1 && scope_.items.size() > 1) {
            const auto named = std::find_if(targets.begin(), targets.end(), [&](const Node *target) {
                return as_target(target)->name == string_of(column->fields[0]);
            });
            column = named != targets.end() ? as_column(as_target(*named)->val) : nullptr;
        }
        return column != nullptr ? resolve(*column) : Column{};
    }

    [[nodiscard]] Column resolve(const PgQuery__ColumnRef &column) {
        const NodeList fields = list(column.fields, column.n_fields);
        if (fields.size() >= 2) return {scope_.find(string_of(fields[fields.size() - 2])), string_of(fields.back())};
        return {scope_.items.size() == 1 ? &scope_.items[0] : nullptr, string_of(fields[0])};
    }

    [[nodiscard]] bool is_key(const Column &column) const noexcept {
        return column.item == grouped_ && std::find(keys_.begin(), keys_.end(), column.name) != keys_.end();
    }

    // PostgreSQL shows a column that it does not group by only where the keys hold the primary key of its relation.
    [[nodiscard]] bool shows_more_than_keys() {
        if (grouped_->relation == nullptr) return false;
        const NodeList targets = level_.targets();
        return std::any_of(targets.begin(), targets.end(), [&](const Node *target) {
            const Node *value = strip_casts(static_cast<const Node *>(as_target(target)->val));
            const PgQuery__ColumnRef *column = as_column(value);
            if (column == nullptr) return false;
            if (is_star(value) && column->n_fields == 1) return true;
            const Column shown = resolve(*column);
            return shown.item == grouped_ && !is_key(shown);
        });
    }

    // Another relation is joined by a key, and nothing is shown that is one of many rows' in a group of many rows. What
    // is only counted is as good as DISTINCT.
    [[nodiscard]] bool is_by_join_key() {
        bool joined = false;
        for (const FromItem &item : scope_.items) {
            if (item.join == nullptr) continue;
            for_each_conjunct(item.join->quals, [&](const Node *condition) {
                const PgQuery__AExpr *expression = as_expression(condition);
                if (expression == nullptr || expression->kind != PG_QUERY__A__EXPR__KIND__AEXPR_OP ||
                    !is_operator(*expression, "=")) {
                    return;
                }
                const PgQuery__ColumnRef *left = as_column(expression->lexpr);
                const PgQuery__ColumnRef *right = as_column(expression->rexpr);
                if (left == nullptr || right == nullptr) return;
                const Column one = resolve(*left);
                const Column other = resolve(*right);
                const bool apart = one.item != nullptr && other.item != nullptr && one.item != other.item;
                joined = joined || (apart && (is_key(one) || is_key(other)));
            });
        }
        if (!joined || level_.counted) return joined;
        const NodeList targets = level_.targets();
        return std::none_of(targets.begin(), targets.end(), [&](const Node *target) {
            return !sorts_by_extreme(target) && says_of_a_group(as_target(target)->val->base);
        });
    }

    // A sub-select numbers its rows, and the groups come in the order of their first numbers.
    [[nodiscard]] bool is_by_first_number() {
        if (scope_.items.size() != 1 || level_.select->where_clause != nullptr) return false;
        const std::optional<Level> inner = level_of(scope_.items[0].node, level_.ctes);
        if (!inner) return false;
        bool numbered = false;
        for (const Node *target : level_.targets()) {
            const Node *value = as_target(target)->val;
            if (as_column(value) != nullptr && !is_star(value)) continue;
            if (!sorts_by_extreme(target) || as_call(value)->n_args != 1) return false;
            const PgQuery__ColumnRef *number = as_column(as_call(value)->args[0]);
            if (number == nullptr || !is_window(*inner, string_of(number->fields[number->n_fields - 1]))) return false;
            numbered = true;
        }
        return numbered;
    }

    static bool is_window(const Level &inner, std::string_view name) {
        const NodeList targets = inner.targets();
        return std::any_of(targets.begin(), targets.end(), [&](const Node *target) {
            const PgQuery__FuncCall *call = as_target(target) != nullptr ? as_call(as_target(target)->val) : nullptr;
            return call != nullptr && call->over != nullptr && as_target(target)->name == name;
        });
    }

    // An output min(...) or max(...) that ORDER BY names.
    [[nodiscard]] bool sorts_by_extreme(const Node *target) const {
        if (!is_extreme(function_of(as_target(target)->val)) || as_target(target)->name[0] == '\0') return false;
        const NodeList sorts = list(level_.select->sort_clause, level_.select->n_sort_clause);
        return std::any_of(sorts.begin(), sorts.end(), [&](const Node *sort) {
            const PgQuery__ColumnRef *column = as_column(sort->sort_by->node);
            return column != nullptr && column->n_fields == 1 &&
                   string_of(column->fields[0]) == as_target(target)->name;
        });
    }

    // An aggregate of the grouped relation's own columns, the number of its rows, or a name looked up beside the key.
    // A count or sum of what is joined says that many rows are.
    [[nodiscard]] bool says_of_a_group(const ProtobufCMessage &message) {
        if (is_node(message)) {
            const auto &node = reinterpret_cast<const Node &>(message);
            if (const PgQuery__ColumnRef *column = as_column(&node)) {
                const Column shown = resolve(*column);
                return shown.item == nullptr || (shown.item == grouped_ && !is_key(shown));
            }
            const std::string_view function = function_of(&node);
            if (is_extreme(function) || function == "any_value" ||
                (as_call(&node) != nullptr && node.func_call->agg_star)) {
                return true;
            }
        }
        bool found = false;
        for_each_child(message, [&](const ProtobufCMessage &child) { found = found || says_of_a_group(child); });
        return found;
    }

    const Level &level_;
    Scope scope_;
    const FromItem *grouped_ = nullptr;
    std::vector<std::string_view> keys_;
};

bool has_plain_targets(const Level &level) noexcept {
    const NodeList targets = level.targets();
    return std::all_of(targets.begin(), targets.end(), [](const Node *target) {
        return as_target(target) != nullptr && as_target(target)->val != nullptr;
    });
}

} // namespace

bool groups_are_rows(const Level &level) {
    if (level.select->n_group_clause == 0 || level.select->having_clause != nullptr || level.is_set_operation()) {
        return false;
    }
    return has_plain_targets(level) && Grouping(level).is_by_row();
}

} // namespace query_audit::parse
