#include <algorithm>
#include <string>

#include "parse/rewrite.h"

namespace query_audit::parse {
namespace {

constexpr const char *more_rows_note = "\n-- for two rows; each further row is one more list of values";

constexpr const char *once_note = "\n-- each key once: one that comes twice in a statement is an error";

bool is_default(const Node *value) noexcept { return value->node_case == PG_QUERY__NODE__NODE_SET_TO_DEFAULT; }

// Every parameter inside of a value that is more than one must say its type by a cast.
bool add_cast_parameters(const Node &value, std::vector<Key> &keys, Fragments &fragments) {
    bool typed = true;
    auto visit = [&](const Node &node) {
        const std::int32_t parameter = parameter_of(&node);
        if (parameter == 0) return true;
        PgQuery__TypeName *type = type_of(&node, nullptr, fragments);
        typed = typed && type != nullptr;
        const bool known =
            std::any_of(keys.begin(), keys.end(), [&](const Key &key) { return key.parameter == parameter; });
        if (!known) keys.push_back({parameter, type, "value"});
        return false;
    };
    for_each_node(value.base, visit);
    return typed;
}

class Insert {
  public:
    Insert(Tree &tree, const Tables &tables)
        : tree_(tree), insert_(*tree.statement()->insert_stmt), table_(tables.find(*insert_.relation)) {}

    Reason write(std::string &out) {
        if (const Reason reason = check()) return reason;
        for (const Node *column : list(insert_.cols, insert_.n_cols)) {
            columns_.emplace_back(column->res_target->name);
            plain_ = plain_ && column->res_target->n_indirection == 0;
        }
        const bool listed = find_columns() && find_keys();
        const bool updates = insert_.on_conflict_clause != nullptr &&
                             insert_.on_conflict_clause->action == PG_QUERY__ON_CONFLICT_ACTION__ONCONFLICT_UPDATE;
        if (updates && (highest_parameter(insert_.on_conflict_clause->base) > 0 ||
                        holds_sublinks(insert_.on_conflict_clause->base))) {
            return "Its DO UPDATE takes values from elsewhere than the row to be inserted (EXCLUDED).";
        }
        const bool replaces = updates && listed && last_row_decides();
        if (listed) {
            write_list(replaces);
        } else {
            add_row();
        }
        close_gaps(tree_.statement()->base);
        if (!tree_.deparse(out)) return "It cannot be written back as text.";
        if (!listed) out += more_rows_note;
        if (updates && !replaces) out += once_note;
        return nullptr;
    }

  private:
    Reason check() {
        const SelectStmt *source = as_select(insert_.select_stmt);
        if (insert_.with_clause != nullptr) return "It has a WITH clause.";
        if (source == nullptr) return "It gives no value.";
        if (source->n_values_lists == 0) return "It inserts what a SELECT finds.";
        if (source->n_values_lists > 1) return "It already inserts several rows.";
        if (source->with_clause != nullptr || source->n_sort_clause > 0 || source->limit_count != nullptr ||
            source->limit_offset != nullptr) {
            return "It inserts what a SELECT finds.";
        }
        values_ = as_list(source->values_lists[0]);
        if (highest_parameter(insert_.select_stmt->base) == 0) return "It has no parameter among its values.";
        if (holds_sublinks(insert_.select_stmt->base)) {
            return "It computes a value from a table, which its own rows may change.";
        }
        return nullptr;
    }

    // The columns that the values are for, by name.
    bool find_columns() {
        if (table_ == nullptr || !plain_) return false;
        if (columns_.empty() && values_.size() <= table_->column_count) {
            for (std::size_t i = 0; i < values_.size(); ++i) columns_.emplace_back(table_->columns[i].name);
        }
        return columns_.size() == values_.size();
    }

    bool find_keys() {
        for (std::size_t i = 0; i < values_.size(); ++i) {
            const std::int32_t parameter = parameter_of(values_[i]);
            if (parameter == 0) {
                if (!add_cast_parameters(*values_[i], keys_, fragments_)) return false;
                bare_ = bare_ && is_default(values_[i]);
                continue;
            }
            // A parameter of two columns has one type.
            const auto same = [&](const Key &key) { return key.parameter == parameter; };
            if (std::any_of(keys_.begin(), keys_.end(), same)) return false;
            PgQuery__TypeName *type = type_of(values_[i], find_column(columns_[i], *table_), fragments_);
            if (type == nullptr) return false;
            keys_.push_back({parameter, type, columns_[i]});
        }
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            const auto earlier = keys_.begin() + static_cast<std::ptrdiff_t>(i);
            while (std::any_of(keys_.begin(), earlier, [&](const Key &key) { return key.name == earlier->name; })) {
                earlier->name += '_';
            }
        }
        return !keys_.empty();
    }

    // Whether a row that replaces another leaves nothing of it but what neither of them gives. Then of the rows of one
    // key only the last one need be there.
    bool last_row_decides() const {
        const PgQuery__OnConflictClause &conflict = *insert_.on_conflict_clause;
        if (conflict.infer == nullptr || conflict.infer->n_index_elems == 0 || conflict.where_clause != nullptr ||
            conflict.infer->where_clause != nullptr) {
            return false;
        }
        const NodeList elements = list(conflict.infer->index_elems, conflict.infer->n_index_elems);
        const bool keyed = std::all_of(elements.begin(), elements.end(), [&](const Node *node) {
            const PgQuery__IndexElem &element = *node->index_elem;
            const ColumnFacts *column = find_column(element.name, *table_);
            return column != nullptr && column->not_null && element.n_collation == 0 && element.n_opclass == 0 &&
                   key_of(element.name) != nullptr;
        });
        const NodeList assigned = list(conflict.target_list, conflict.n_target_list);
        const bool replaced = std::all_of(assigned.begin(), assigned.end(),
                                          [](const Node *node) { return takes_excluded(*as_target(node)); });
        return keyed && replaced && std::all_of(columns_.begin(), columns_.end(), [&](const std::string &column) {
                   return in_conflict_target(column) ||
                          std::any_of(assigned.begin(), assigned.end(), [&](const Node *n) {
                              return as_target(n)->name == column && takes_excluded(*as_target(n));
                          });
               });
    }

    bool in_conflict_target(const std::string &column) const {
        const PgQuery__InferClause &infer = *insert_.on_conflict_clause->infer;
        const NodeList elements = list(infer.index_elems, infer.n_index_elems);
        return std::any_of(elements.begin(), elements.end(),
                           [&](const Node *node) { return node->index_elem->name == column; });
    }

    static bool takes_excluded(const PgQuery__ResTarget &target) {
        const PgQuery__ColumnRef *column = as_column(target.val);
        return column != nullptr && column->n_fields == 2 && string_of(column->fields[0]) == "excluded" &&
               string_of(column->fields[1]) == target.name && target.n_indirection == 0;
    }

    const Key *key_of(std::string_view column) const {
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (columns_[i] != column) continue;
            const std::int32_t parameter = parameter_of(values_[i]);
            for (const Key &key : keys_) {
                if (key.parameter == parameter) return &key;
            }
        }
        return nullptr;
    }

    // INSERT ... SELECT ... FROM unnest(): a row for each element.
    void write_list(bool replaces) {
        Arena &arena = tree_.arena();
        const std::string alias = free_name("added", tree_.text());
        const std::string number = free_name("number", tree_.text());
        std::string first;
        std::string order;
        std::string ordinality;
        if (replaces) {
            for (const Node *element : list(insert_.on_conflict_clause->infer->index_elems,
                                            insert_.on_conflict_clause->infer->n_index_elems)) {
                first += (first.empty() ? "" : ", ") + alias + "." + quoted(key_of(element->index_elem->name)->name);
            }
            order = " ORDER BY " + first + ", " + alias + "." + number + " DESC";
            first = "DISTINCT ON (" + first + ") ";
            ordinality = " WITH ORDINALITY";
        }
        const bool whole = bare_ && !replaces;
        const std::string names =
            whole ? "" : " AS " + alias + "(" + names_of(keys_, "") + (replaces ? ", " + number : std::string()) + ")";
        SelectStmt *source =
            fragments_.select("SELECT " + first + "* FROM " + unnest_text(keys_) + ordinality + names + order);
        set_types(*source->from_clause[0]->range_function, keys_, arena);
        replace_by_columns(insert_.select_stmt->base, keys_, alias, arena);
        std::vector<Node *> columns;
        if (!whole) source->n_target_list = 0;
        for (std::size_t i = 0; i < values_.size(); ++i) {
            if (is_default(values_[i])) continue; // a column that is not named gets its default
            columns.push_back(insert_.n_cols > 0 ? insert_.cols[i] : make_insert_column(columns_[i], arena));
            if (whole) continue;
            insert_item(source->target_list, source->n_target_list, source->n_target_list,
                        make_target(values_[i], arena), arena);
        }
        insert_.n_cols = 0;
        for (Node *column : columns) insert_item(insert_.cols, insert_.n_cols, insert_.n_cols, column, arena);
        insert_.select_stmt = make_select(source, arena);
    }

    // VALUES of a second row, whose parameters follow all others.
    void add_row() {
        const std::int32_t highest = highest_parameter(tree_.statement()->base);
        const SelectStmt *again = as_select(fragments_.statement(tree_.text())->insert_stmt->select_stmt);
        shift_parameters(again->values_lists[0]->base, highest);
        SelectStmt *source = insert_.select_stmt->select_stmt;
        insert_item(source->values_lists, source->n_values_lists, 1, again->values_lists[0], tree_.arena());
    }

    Tree &tree_;
    PgQuery__InsertStmt &insert_;
    const TableFacts *table_;
    Fragments fragments_;
    NodeList values_;
    std::vector<std::string> columns_;
    std::vector<Key> keys_;
    bool plain_ = true; // no part of a column is inserted
    bool bare_ = true;  // all values are parameters, or left out
};

} // namespace

Reason batch_insert(Tree &tree, const Tables &tables, std::string &out) { return Insert(tree, tables).write(out); }

} // namespace query_audit::parse
