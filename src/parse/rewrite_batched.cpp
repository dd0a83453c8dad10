#include <algorithm>
#include <string>

#include "parse/lookup_keys.h"
#include "parse/output.h"

namespace query_audit {
namespace {

using namespace parse;

constexpr const char *zero_rows_note = "\n-- A key without rows gives no row here.";
bool lists(NodeList nodes, const PgQuery__ColumnRef &key) noexcept {
    return std::any_of(nodes.begin(), nodes.end(), [&](const Node *node) {
        return as_column(node) != nullptr && same_column(*as_column(node), key);
    });
}

bool uses_positions(const SelectStmt &select) noexcept {
    const auto is_constant = [](const Node *node) {
        if (node->node_case == PG_QUERY__NODE__NODE_SORT_BY) node = node->sort_by->node;
        return node->node_case == PG_QUERY__NODE__NODE_A_CONST;
    };
    const NodeList groups = list(select.group_clause, select.n_group_clause);
    const NodeList sorts = list(select.sort_clause, select.n_sort_clause);
    return std::any_of(groups.begin(), groups.end(), is_constant) ||
           std::any_of(sorts.begin(), sorts.end(), is_constant);
}

// Groups of no row at all exist, and so does what is grouped by nothing.
bool has_grouping_sets(const SelectStmt &select) noexcept {
    const NodeList groups = list(select.group_clause, select.n_group_clause);
    return std::any_of(groups.begin(), groups.end(),
                       [](const Node *node) { return node->node_case == PG_QUERY__NODE__NODE_GROUPING_SET; });
}

// Whether ORDER BY would see two output columns of the name, once the key is one.
bool name_is_taken(const SelectStmt &select, const PgQuery__ColumnRef &key) noexcept {
    if (select.n_sort_clause == 0) return false;
    const std::string_view name = last_name(list(key.fields, key.n_fields));
    const NodeList targets = list(select.target_list, select.n_target_list);
    return std::any_of(targets.begin(), targets.end(), [&](const Node *node) {
        return as_target(node) != nullptr && output_name(*as_target(node)) == name;
    });
}

bool finds_one_row(const SelectStmt &select, const LookupKeys &keys, const Tables &tables) {
    if (select.n_from_clause != 1 || select.from_clause[0]->node_case != PG_QUERY__NODE__NODE_RANGE_VAR) return false;
    const TableFacts *table = tables.find(*select.from_clause[0]->range_var);
    return table != nullptr &&
           is_unique(*table, [&](const ColumnFacts &column) { return keys.has_column(column.name); });
}

class Batch {
  public:
    Batch(Tree &tree, SelectStmt &select, const Tables &tables) : tree_(tree), select_(select), tables_(tables) {
        const Output output = classify_targets(list(select.target_list, select.n_target_list));
        const bool aggregates = output == Output::count || output == Output::aggregates || select.having_clause;
        ungrouped_ = aggregates && select.n_group_clause == 0;
    }

    // Changes nothing.
    Reason plan(bool knows_tables) {
        const Sight sight = sight_of(list(select_.from_clause, select_.n_from_clause), tables_, nullptr);
        if (const Reason reason = keys_.find(tree_, select_.where_clause, sight, fragments_)) return reason;
        for (const std::int32_t parameter : equality_parameters(tree_.statement()->base)) {
            if (!keys_.has_parameter(parameter)) return "It is filtered by equality in more ways than column = value.";
        }
        const Level level = enter(&select_, nullptr);
        const bool limited = level.has_limit() && !ungrouped_;
        if (const Reason reason = check_shape()) return reason;
        if (limited && !finds_one_row(select_, keys_, tables_)) {
            return select_.n_group_clause > 0 || select_.n_distinct_clause > 0
                       ? "It returns the first groups of each key; use a LATERAL join to the list of keys."
                       : "It returns the first rows of each key; use a LATERAL join to the list of keys.";
        }
        if (ungrouped_ && knows_tables) return "It returns a row for a key without rows, too.";
        return nullptr;
    }

    Reason write(std::string &out) {
        Arena &arena = tree_.arena();
        const bool grouped = ungrouped_ || select_.n_group_clause > 0;
        // First where that changes no GROUP BY or ORDER BY position.
        std::size_t position = grouped && !uses_positions(select_) ? 0 : select_.n_target_list;
        std::size_t group = 0;
        for (const Equality &key : keys_.equalities()) {
            if (!is_shown(*key.column)) {
                Node *target = make_target(make_column(*key.column, arena), arena);
                insert_item(select_.target_list, select_.n_target_list, position++, target, arena);
            }
            if (grouped && !lists(list(select_.group_clause, select_.n_group_clause), *key.column)) {
                insert_item(select_.group_clause, select_.n_group_clause, group++, make_column(*key.column, arena),
                            arena);
            }
        }
        select_.limit_count = nullptr;
        select_.limit_option = PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_DEFAULT;
        keys_.match(tree_, select_.where_clause, fragments_);
        close_gaps(tree_.statement()->base);
        if (!tree_.deparse(out)) return "It cannot be written back as text.";
        out += note_on_fixed(tree_.statement()->base);
        if (ungrouped_) out += zero_rows_note;
        return nullptr;
    }

  private:
    bool is_shown(const PgQuery__ColumnRef &column) const {
        const bool one_relation =
            select_.n_from_clause == 1 && select_.from_clause[0]->node_case != PG_QUERY__NODE__NODE_JOIN_EXPR;
        return shows(list(select_.target_list, select_.n_target_list), column, one_relation);
    }

    Reason check_shape() const {
        if (select_.op > PG_QUERY__SET_OPERATION__SETOP_NONE) return "It combines several SELECTs.";
        if (select_.limit_offset != nullptr) return "It skips rows of each key with OFFSET.";
        if (has_windows(tree_.statement()->base)) return "It computes window functions over the rows of one key.";
        if (has_grouping_sets(select_)) return "It groups by several sets of columns.";
        const bool distinct_on =
            select_.n_distinct_clause > 0 && select_.distinct_clause[0]->node_case != PG_QUERY__NODE__NODE__NOT_SET;
        if (distinct_on) return "It keeps one row of each group of one key with DISTINCT ON.";
        for (const Equality &key : keys_.equalities()) {
            if (!is_shown(*key.column) && name_is_taken(select_, *key.column)) {
                return "It sorts by an output column with its key's name.";
            }
        }
        return nullptr;
    }

    Tree &tree_;
    SelectStmt &select_;
    const Tables &tables_;
    Fragments fragments_;
    LookupKeys keys_;
    bool ungrouped_; // aggregates without GROUP BY: one row, whatever there is
};

Reason batch(std::string_view text, const RewriteFacts *facts, std::string &out) {
    Tree tree;
    if (tree.parse(text, default_max_parse_bytes, nullptr) != ParseStatus::ok) return "It cannot be parsed.";
    SelectStmt *select = as_select(tree.statement());
    if (select == nullptr) return "It is not a SELECT.";
    const Tables tables(facts, *tree.statement());
    Batch whole(tree, *select, tables);
    const Reason reason = whole.plan(facts != nullptr);
    if (reason == nullptr) return whole.write(out);
    if (reason == looks_up_by_list_already || facts == nullptr) return reason;
    const Reason none = batch_by_join(tree, *select, tables, out);
    return none != nullptr && *none == '\0' ? reason : none;
}

} // namespace

extern "C" bool query_audit_rewrite_batched(const char *text, std::size_t length, const RewriteFacts *facts, char *out,
                                            std::size_t capacity) noexcept {
    return answer(out, capacity, [&](std::string &rewritten) { return batch({text, length}, facts, rewritten); });
}

} // namespace query_audit
