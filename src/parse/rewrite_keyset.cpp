#include <algorithm>
#include <string>

#include "parse/level.h"
#include "parse/output.h"
#include "parse/rewrite.h"

namespace query_audit {
namespace {

using namespace parse;

struct SortColumn {
    const PgQuery__ColumnRef *reference;
    const ColumnFacts *facts;
    bool descending;
};

class Keyset {
  public:
    Keyset(Tree &tree, SelectStmt &select, const TableFacts &table, std::string_view relation)
        : tree_(tree), arena_(tree.arena()), select_(select), table_(table), relation_(relation) {}

    Reason write(std::string &out) {
        for (const Node *item : list(select_.sort_clause, select_.n_sort_clause)) {
            if (const Reason reason = add(*item->sort_by)) return reason;
        }
        if (columns_.empty()) return "It has no ORDER BY, so no row is the last of a page.";
        if (const Reason reason = break_ties()) return reason;
        next_parameter_ = highest_parameter(tree_.statement()->base);
        for (const SortColumn &column : columns_) {
            values_.push_back(make_parameter(++next_parameter_, arena_));
            if (shows(list(select_.target_list, select_.n_target_list), *column.reference, true)) continue;
            if (is_output_name(last_name(list(column.reference->fields, column.reference->n_fields)))) {
                return "It has an output column by the name of another one that it sorts by.";
            }
            Node *target = make_target(make_column(*column.reference, arena_), arena_);
            insert_item(select_.target_list, select_.n_target_list, select_.n_target_list, target, arena_);
        }
        std::vector<Node *> conditions = conjuncts_of(select_.where_clause);
        conditions.push_back(follow(0));
        select_.where_clause =
            make_bool(PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR, list(conditions.data(), conditions.size()), arena_);
        select_.limit_offset = nullptr;
        close_gaps(tree_.statement()->base);
        return tree_.deparse(out) ? nullptr : "It cannot be written back as text.";
    }

  private:
    Reason add(const PgQuery__SortBy &sort) {
        const PgQuery__ColumnRef *column = sorted_by(*sort.node);
        if (sort.n_use_op > 0) return "It sorts by an operator of its own.";
        if (column == nullptr) return "It sorts by an expression.";
        const bool own = column->n_fields == 1 || string_of(column->fields[0]) == relation_;
        const ColumnFacts *facts =
            own ? find_column(last_name(list(column->fields, column->n_fields)), table_) : nullptr;
        if (facts == nullptr) return "It sorts by what is no column of its table.";
        if (!facts->not_null)
            return "It sorts by a column that may be NULL, and no row comes after NULL by comparison.";
        const bool repeated =
            std::any_of(columns_.begin(), columns_.end(), [&](const SortColumn &one) { return one.facts == facts; });
        if (repeated) return nullptr;
        columns_.push_back({column, facts, sort.sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC});
        return nullptr;
    }

    // The column behind a position or an output name; null where it is something else.
    const PgQuery__ColumnRef *sorted_by(const Node &sort) const {
        const NodeList targets = list(select_.target_list, select_.n_target_list);
        const PgQuery__ColumnRef *column = as_column(&sort);
        if (sort.node_case == PG_QUERY__NODE__NODE_A_CONST && sort.a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL) {
            const auto position = static_cast<std::size_t>(sort.a_const->ival->ival - 1);
            const bool before_star =
                position < targets.size() &&
                std::none_of(targets.begin(), targets.begin() + static_cast<std::ptrdiff_t>(position),
                             [](const Node *node) { return is_star(as_target(node)->val); });
            const Node *target = before_star ? as_target(targets[position])->val : nullptr;
            return target != nullptr && !is_star(target) ? as_column(target) : nullptr;
        }
        if (column == nullptr || column->n_fields != 1) return column;
        for (const Node *node : targets) {
            if (output_name(*as_target(node)) == string_of(column->fields[0])) return as_column(as_target(node)->val);
        }
        return column;
    }

    // Adds the primary key's columns, in the last one's direction, where the sort columns are not unique by themselves.
    Reason break_ties() {
        const auto sorted = [&](const ColumnFacts &column) {
            return std::any_of(columns_.begin(), columns_.end(),
                               [&](const SortColumn &one) { return one.facts == &column; });
        };
        if (is_unique(table_, sorted)) return nullptr;
        const bool descending = columns_.back().descending;
        for (std::size_t i = 0; i < table_.unique_key_count; ++i) {
            const UniqueKey &key = table_.unique_keys[i];
            if (!key.primary) continue;
            for (int c = 0; c < key.column_count; ++c) {
                const ColumnFacts &column = table_.columns[key.columns[c]];
                if (sorted(column)) continue;
                Node *reference = make_reference(column.name);
                columns_.push_back({as_column(reference), &column, descending});
                Node *sort = make_sort_by(reference, arena_);
                if (descending) sort->sort_by->sortby_dir = PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
                insert_item(select_.sort_clause, select_.n_sort_clause, select_.n_sort_clause, sort, arena_);
            }
            return nullptr;
        }
        return "Its table has no primary key to tell rows with the same sort columns apart.";
    }

    bool is_output_name(std::string_view name) const {
        const NodeList targets = list(select_.target_list, select_.n_target_list);
        return std::any_of(targets.begin(), targets.end(),
                           [&](const Node *node) { return output_name(*as_target(node)) == name; });
    }

    // ORDER BY would take an output column of the same name for it.
    Node *make_reference(std::string_view name) {
        return is_output_name(name) ? make_column({relation_, name}, arena_) : make_column({name}, arena_);
    }

    Node *compare(std::size_t begin, std::size_t end, const char *less, const char *greater) {
        std::vector<Node *> left;
        for (std::size_t i = begin; i < end; ++i) left.push_back(make_column(*columns_[i].reference, arena_));
        Node *columns = make_row(list(left.data(), left.size()), arena_);
        Node *values = make_row(list(values_.data() + begin, end - begin), arena_);
        return make_operation(columns, columns_[begin].descending ? less : greater, values, arena_);
    }

    // That a row comes after the values in the order of the columns from `begin` on. Columns of one direction are
    // compared as a row; where it turns, what is not equal so far decides first.
    Node *follow(std::size_t begin) {
        std::size_t end = begin;
        while (end < columns_.size() && columns_[end].descending == columns_[begin].descending) ++end;
        Node *strictly = compare(begin, end, "<", ">");
        if (end == columns_.size()) return strictly;
        Node *either[] = {strictly, follow(end)};
        Node *both[] = {compare(begin, end, "<=", ">="),
                        make_bool(PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR, list(either, 2), arena_)};
        return make_bool(PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR, list(both, 2), arena_);
    }

    Tree &tree_;
    Arena &arena_;
    SelectStmt &select_;
    const TableFacts &table_;
    std::string_view relation_;
    std::vector<SortColumn> columns_;
    std::vector<Node *> values_;
    std::int32_t next_parameter_ = 0;
};

Reason page_by_key(std::string_view text, const RewriteFacts *facts, std::string &out) {
    Tree tree;
    if (tree.parse(text, default_max_parse_bytes, nullptr) != ParseStatus::ok) return "It cannot be parsed.";
    SelectStmt *select = as_select(tree.statement());
    if (select == nullptr) return "It is not a SELECT.";
    const Level top = enter(select, nullptr);
    if (top.is_set_operation()) return "It combines several SELECTs.";
    if (top.is_grouped() || select->n_distinct_clause > 0) return "Its rows are not those of a table.";
    if (output_of(top) != Output::rows) return "Its output is not a page of rows.";
    if (!top.has_limit()) return "It has no LIMIT.";
    if (select->limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES) {
        return "FETCH FIRST ... WITH TIES may return more rows than it asks for.";
    }
    if (has_windows(tree.statement()->base)) return "Its window functions see all rows, not those after the last page.";
    if (select->n_from_clause != 1 || select->from_clause[0]->node_case != PG_QUERY__NODE__NODE_RANGE_VAR) {
        return "It reads more than one table, so no key of one tells its rows apart.";
    }
    const PgQuery__RangeVar &relation = *select->from_clause[0]->range_var;
    const Tables tables(facts, *tree.statement());
    const Sight sight = sight_of(list(select->from_clause, select->n_from_clause), tables, nullptr);
    const TableFacts *table = sight.items[0].facts;
    if (table == nullptr) return "The key of its table is not known here.";
    const std::string_view name = relation.alias != nullptr ? relation.alias->aliasname : relation.relname;
    return Keyset(tree, *select, *table, name).write(out);
}

} // namespace

extern "C" bool query_audit_rewrite_keyset(const char *text, std::size_t length, const RewriteFacts *facts, char *out,
                                           std::size_t capacity) noexcept {
    return answer(out, capacity, [&](std::string &rewritten) { return page_by_key({text, length}, facts, rewritten); });
}

} // namespace query_audit
