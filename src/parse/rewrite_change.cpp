// UPDATE and DELETE of one row by its key.
#include <algorithm>
#include <string>

#include "parse/lookup_keys.h"
#include "parse/rewrite.h"

namespace query_audit::parse {
namespace {

constexpr Reason reads_a_table = "It reads a table, which its own changes may change.";

std::string_view name_of(const PgQuery__RangeVar &relation) noexcept {
    return relation.alias != nullptr ? relation.alias->aliasname : relation.relname;
}

std::string_view column_name(const PgQuery__ColumnRef &column) noexcept {
    return last_name(list(column.fields, column.n_fields));
}

// Adds the key to what is returned where it is not.
void return_keys(ProtobufCMessage &statement, const LookupKeys &keys, std::string_view relation, Arena &arena) {
    const Returning returning = returning_of(statement);
    if (returning.nodes().empty()) return;
    for (const Equality &key : keys.equalities()) {
        if (shows(returning.nodes(), *key.column, true)) continue;
        Node *column = relation.empty() ? make_column(*key.column, arena)
                                        : make_column({relation, column_name(*key.column)}, arena);
        insert_item(*returning.columns, *returning.count, *returning.count, make_target(column, arena), arena);
    }
}

Reason check_equalities(const Node &where, const LookupKeys &keys) {
    for (const std::int32_t parameter : equality_parameters(where.base)) {
        if (!keys.has_parameter(parameter)) return "It is filtered by equality in more ways than column = value.";
    }
    return nullptr;
}

Reason write_out(Tree &tree, std::string &out) {
    close_gaps(tree.statement()->base);
    if (!tree.deparse(out)) return "It cannot be written back as text.";
    out += note_on_fixed(tree.statement()->base);
    return nullptr;
}

class Update {
  public:
    Update(Tree &tree, const Tables &tables)
        : tree_(tree), update_(*tree.statement()->update_stmt), table_(tables.find(*update_.relation)),
          targets_(list(update_.target_list, update_.n_target_list)) {
        add_relation(sight_, *update_.relation, tables);
    }

    Reason write(std::string &out) {
        if (update_.with_clause != nullptr || holds_sublinks(update_.base)) return reads_a_table;
        if (update_.n_from_clause > 0) return "It joins other tables.";
        if (const Reason reason = keys_.find(tree_, update_.where_clause, sight_, fragments_)) return reason;
        if (const Reason reason = check_equalities(*update_.where_clause, keys_)) return reason;
        if (const Reason reason = check_filter()) return reason;
        if (const Reason reason = find_values()) return reason;
        if (values_ > 0) {
            if (const Reason reason = join_list()) return reason;
        } else {
            return_keys(update_.base, keys_, {}, tree_.arena());
            keys_.match(tree_, update_.where_clause, fragments_);
        }
        return write_out(tree_, out);
    }

  private:
    bool assigns(std::string_view column) const {
        return std::any_of(targets_.begin(), targets_.end(),
                           [&](const Node *target) { return as_target(target)->name == column; });
    }

    // Whether it holds a column that SET assigns, or may.
    bool reads_assigned(const ProtobufCMessage &message) const {
        bool found = false;
        auto visit = [&](const Node &node) {
            const PgQuery__ColumnRef *column = as_column(&node);
            if (column == nullptr) return !found;
            const std::string_view name = column_name(*column);
            found = found || is_star(&node) || assigns(name) || name == name_of(*update_.relation);
            return false;
        };
        for_each_node(message, visit);
        return found;
    }

    Reason check_filter() const {
        const auto wrapped = [&](const Node *condition) { // for_each_node looks inside of a message only
            bool found = false;
            const PgQuery__ColumnRef *column = as_column(condition);
            found = column != nullptr && assigns(column_name(*column));
            return found || reads_assigned(condition->base);
        };
        const std::vector<Node *> conditions = conjuncts_of(update_.where_clause);
        if (std::any_of(conditions.begin(), conditions.end(), wrapped)) {
            return "It changes a column that it is filtered by, so which rows a later call finds depends on the "
                   "earlier "
                   "ones.";
        }
        return nullptr;
    }

    // What SET takes from parameters, each of which needs a type.
    Reason find_values() {
        for (Node *node : targets_) {
            PgQuery__ResTarget &target = *as_target(node);
            if (target.n_indirection > 0) return "It sets a part of a column.";
            if (target.val->node_case == PG_QUERY__NODE__NODE_MULTI_ASSIGN_REF)
                return "It sets several columns at once.";
            const bool column = as_column(target.val) != nullptr && assigns(column_name(*as_column(target.val)));
            if (column || reads_assigned(target.val->base)) {
                return "It computes a value from the row's own, so a key that comes twice would count once.";
            }
            const std::int32_t parameter = parameter_of(target.val);
            const ColumnFacts *facts = table_ != nullptr ? find_column(target.name, *table_) : nullptr;
            if (parameter > 0) {
                add(parameter, type_of(target.val, facts, fragments_), target.name);
                ++values_;
                continue;
            }
            auto visit = [&](const Node &inner) {
                const std::int32_t number = parameter_of(&inner);
                if (number == 0) return true;
                add(number, type_of(&inner, nullptr, fragments_), target.name);
                ++values_;
                return false;
            };
            for_each_node(target.val->base, visit);
        }
        return nullptr;
    }

    void add(std::int32_t parameter, PgQuery__TypeName *type, std::string_view wanted) {
        const auto same = [&](const Key &key) { return key.parameter == parameter; };
        if (std::any_of(columns_.begin(), columns_.end(), same)) return;
        std::string name(wanted);
        const auto taken = [&](const Key &key) { return key.name == name; };
        while (std::any_of(columns_.begin(), columns_.end(), taken)) name += '_';
        columns_.push_back({parameter, type, name});
    }

    // UPDATE ... FROM the last row of each key.
    Reason join_list() {
        Arena &arena = tree_.arena();
        std::string keys;
        for (const Equality &key : keys_.equalities()) {
            const std::int32_t parameter = parameter_of(key.value);
            if (parameter == 0) return "Its key is no parameter.";
            add(parameter, type_of(key.value, find_column(*key.column, sight_), fragments_), column_name(*key.column));
            keys += (keys.empty() ? "" : ", ") + quoted(columns_.back().name);
        }
        for (const Key &column : columns_) {
            if (column.type == nullptr) return "The type of a value is not known here, or has no array.";
        }
        const std::string alias = free_name("changes", tree_.text());
        const std::string number = free_name("number", tree_.text());
        SelectStmt *join =
            fragments_.select("SELECT FROM (SELECT DISTINCT ON (" + keys + ") * FROM " + unnest_text(columns_) +
                              " WITH ORDINALITY AS " + alias + "(" + names_of(columns_, "") + ", " + number +
                              ") ORDER BY " + keys + ", " + number + " DESC) AS " + alias);
        SelectStmt *rows = as_select(join->from_clause[0]->range_subselect->subquery);
        set_types(*rows->from_clause[0]->range_function, columns_, arena);
        qualify();
        return_keys(update_.base, keys_, name_of(*update_.relation), arena);
        replace_by_columns(update_.base, columns_, alias, arena);
        insert_item(update_.from_clause, update_.n_from_clause, 0, join->from_clause[0], arena);
        return nullptr;
    }

    // The list's columns have the names of the table's.
    void qualify() {
        Arena &arena = tree_.arena();
        const std::string_view relation = name_of(*update_.relation);
        auto visit = [&](const Node &node) {
            PgQuery__ColumnRef *column = as_column(&node);
            if (column == nullptr) return true;
            const bool whole_row = column->n_fields == 1 && string_of(column->fields[0]) == relation;
            if (column->n_fields == 1 && !whole_row) {
                insert_item(column->fields, column->n_fields, 0, make_string(relation, arena), arena);
            }
            return false;
        };
        for_each_node(update_.base, visit);
    }

    Tree &tree_;
    PgQuery__UpdateStmt &update_;
    const TableFacts *table_;
    NodeList targets_;
    Sight sight_;
    Fragments fragments_;
    LookupKeys keys_;
    std::vector<Key> columns_; // of the list: values first
    int values_ = 0;
};

} // namespace

Reason batch_update(Tree &tree, const Tables &tables, std::string &out) { return Update(tree, tables).write(out); }

Reason batch_delete(Tree &tree, const Tables &tables, std::string &out) {
    PgQuery__DeleteStmt &statement = *tree.statement()->delete_stmt;
    if (statement.with_clause != nullptr || holds_sublinks(statement.base)) return reads_a_table;
    if (statement.n_using_clause > 0) return "It joins other tables.";
    Sight sight;
    add_relation(sight, *statement.relation, tables);
    Fragments fragments;
    LookupKeys keys;
    if (const Reason reason = keys.find(tree, statement.where_clause, sight, fragments)) return reason;
    if (const Reason reason = check_equalities(*statement.where_clause, keys)) return reason;
    return_keys(statement.base, keys, {}, tree.arena());
    keys.match(tree, statement.where_clause, fragments);
    return write_out(tree, out);
}

} // namespace query_audit::parse

namespace query_audit {
namespace {

parse::Reason batch_write(std::string_view text, const RewriteFacts *facts, std::string &out) {
    parse::Tree tree;
    if (tree.parse(text, default_max_parse_bytes, nullptr) != ParseStatus::ok) return "It cannot be parsed.";
    const parse::Tables tables(facts, *tree.statement());
    switch (tree.statement()->node_case) {
    case PG_QUERY__NODE__NODE_INSERT_STMT:
        return parse::batch_insert(tree, tables, out);
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
        return parse::batch_update(tree, tables, out);
    case PG_QUERY__NODE__NODE_DELETE_STMT:
        return parse::batch_delete(tree, tables, out);
    default:
        return "It is no INSERT, UPDATE or DELETE.";
    }
}

} // namespace

extern "C" bool query_audit_rewrite_write(const char *text, std::size_t length, const RewriteFacts *facts, char *out,
                                          std::size_t capacity) noexcept {
    return parse::answer(out, capacity, [&](std::string &rewritten) {
        return batch_write({text, length}, facts, rewritten);
    });
}

} // namespace query_audit
