// An UPDATE or DELETE of very many rows, some of them at a time.
#include <algorithm>
#include <cstring>
#include <string>

#include "parse/rewrite.h"

namespace query_audit::parse {
namespace {

constexpr const char *rows_of_a_batch = "5000";

struct Change {
    ProtobufCMessage *statement;
    PgQuery__RangeVar *relation;
    Node **where;
    bool joins;
    bool has_with;
    NodeList assigned;
};

// Of a node of another kind, relation is null.
Change change_of(Node &node) {
    if (node.node_case == PG_QUERY__NODE__NODE_UPDATE_STMT) {
        PgQuery__UpdateStmt &update = *node.update_stmt;
        return {&update.base,
                update.relation,
                &update.where_clause,
                update.n_from_clause > 0,
                update.with_clause != nullptr,
                list(update.target_list, update.n_target_list)};
    }
    if (node.node_case == PG_QUERY__NODE__NODE_DELETE_STMT) {
        PgQuery__DeleteStmt &remove = *node.delete_stmt;
        return {&remove.base,
                remove.relation,
                &remove.where_clause,
                remove.n_using_clause > 0,
                remove.with_clause != nullptr,
                {}};
    }
    return {};
}

// Whether a table of this name is read besides, where what the batches before changed would show.
bool reads_besides(const Change &change) {
    bool found = false;
    auto visit = [&](const Node &node) {
        found = found || (node.node_case == PG_QUERY__NODE__NODE_RANGE_VAR &&
                          std::strcmp(node.range_var->relname, change.relation->relname) == 0);
        return !found;
    };
    for_each_node(*change.statement, visit);
    return found;
}

std::vector<std::string_view> primary_key_of(const TableFacts &table) {
    std::vector<std::string_view> columns;
    for (std::size_t i = 0; i < table.unique_key_count; ++i) {
        const UniqueKey &key = table.unique_keys[i];
        if (!key.primary) continue;
        for (int c = 0; c < key.column_count; ++c) columns.emplace_back(table.columns[key.columns[c]].name);
    }
    return columns;
}

// The field of RETURNING, whatever it is called, from one statement to another of its kind.
void move_returning(const ProtobufCMessage &from, ProtobufCMessage &to) {
    const auto *source = reinterpret_cast<const char *>(&from);
    auto *target = reinterpret_cast<char *>(&to);
    for (unsigned i = 0; i < from.descriptor->n_fields; ++i) {
        const ProtobufCFieldDescriptor &field = from.descriptor->fields[i];
        if (!std::string_view(field.name).starts_with("returning")) continue;
        std::memcpy(target + field.offset, source + field.offset, sizeof(void *));
        if (field.label != PROTOBUF_C_LABEL_REPEATED) continue;
        std::memcpy(target + field.quantifier_offset, source + field.quantifier_offset, sizeof(std::size_t));
    }
}

class Batches {
  public:
    Batches(Tree &tree, const Change &change, const std::vector<std::string_view> &key)
        : tree_(tree), change_(change), key_(key) {
        const PgQuery__RangeVar &relation = *change.relation;
        name_ = relation.alias != nullptr ? relation.alias->aliasname : relation.relname;
    }

    Reason write(std::string &out) {
        Arena &arena = tree_.arena();
        const std::int32_t last = highest_parameter(tree_.statement()->base);
        std::vector<Node *> values;
        for (std::size_t i = 1; i <= key_.size(); ++i) {
            values.push_back(make_parameter(last + static_cast<std::int32_t>(i), arena));
        }
        SelectStmt *batch = fragments_.select("SELECT " + columns() + " FROM x ORDER BY " + columns() + " LIMIT " +
                                              rows_of_a_batch + " FOR UPDATE");
        // Nodes may stand in the tree twice.
        batch->from_clause[0]->range_var = change_.relation;
        std::vector<Node *> conditions;
        if (*change_.where != nullptr) conditions = conjuncts_of(*change_.where);
        conditions.push_back(
            make_operation(key_row(), ">", make_row(list(values.data(), values.size()), arena), arena));
        batch->where_clause =
            make_bool(PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR, list(conditions.data(), conditions.size()), arena);
        *change_.where = make_in_select(key_row(), batch, arena);
        return_key();
        close_gaps(tree_.statement()->base);
        if (!tree_.deparse(out)) return "It cannot be written back as text.";
        out +=
            "\n-- Again and again, each time with the largest key that the batch before returned (the first time with "
            "one below all), and a COMMIT after each, until it changes no row.";
        return nullptr;
    }

  private:
    std::string columns() const {
        std::string text;
        for (const std::string_view column : key_) {
            text += (text.empty() ? "" : ", ") + quoted(name_) + "." + quoted(column);
        }
        return text;
    }

    Node *key_row() {
        std::vector<Node *> items;
        for (const std::string_view column : key_) items.push_back(make_column({name_, column}, tree_.arena()));
        return make_row(list(items.data(), items.size()), tree_.arena());
    }

    void return_key() {
        const Returning returning = returning_of(*change_.statement);
        if (returning.nodes().empty()) {
            const bool update = tree_.statement()->node_case == PG_QUERY__NODE__NODE_UPDATE_STMT;
            Node *fragment = fragments_.statement(
                (update ? "UPDATE x SET y = 1 RETURNING " : "DELETE FROM x RETURNING ") + columns());
            const Change written = change_of(*fragment);
            if (written.statement != nullptr) move_returning(*written.statement, *change_.statement);
            return;
        }
        for (const std::string_view column : key_) {
            Node *key = make_column({name_, column}, tree_.arena());
            if (shows(returning.nodes(), *as_column(key), true)) continue;
            insert_item(*returning.columns, *returning.count, *returning.count, make_target(key, tree_.arena()),
                        tree_.arena());
        }
    }

    Tree &tree_;
    const Change &change_;
    const std::vector<std::string_view> &key_;
    std::string_view name_;
    Fragments fragments_;
};

Reason write_in_batches(std::string_view text, const RewriteFacts *facts, std::string &out) {
    Tree tree;
    if (tree.parse(text, default_max_parse_bytes, nullptr) != ParseStatus::ok) return "It cannot be parsed.";
    const Change change = change_of(*tree.statement());
    if (change.relation == nullptr) return "It is no UPDATE or DELETE.";
    if (change.has_with || reads_besides(change)) return "It reads a table, which its own changes may change.";
    if (change.joins) return "It joins other tables.";
    const Tables tables(facts, *tree.statement());
    const TableFacts *table = tables.find(*change.relation);
    if (table == nullptr) return "The key of its table is not known here.";
    const std::vector<std::string_view> key = primary_key_of(*table);
    if (key.empty()) return "Its table has no primary key to tell batches apart.";
    for (const Node *target : change.assigned) {
        const std::string_view name = as_target(target)->name;
        if (std::find(key.begin(), key.end(), name) != key.end()) return "It changes the key of its table.";
    }
    return Batches(tree, change, key).write(out);
}

} // namespace
} // namespace query_audit::parse

namespace query_audit {

extern "C" bool query_audit_rewrite_batches(const char *text, std::size_t length, const RewriteFacts *facts, char *out,
                                            std::size_t capacity) noexcept {
    return parse::answer(out, capacity, [&](std::string &rewritten) {
        return parse::write_in_batches({text, length}, facts, rewritten);
    });
}

} // namespace query_audit
