#include <algorithm>
#include <string>

#include "parse/lookups.h"
#include "parse/output.h"
#include "parse/parse.h"
#include "parse/pg_query_box.h"
#include "parse/text.h"
#include "parse/tree_edit.h"

namespace query_audit {
namespace {

using namespace parse;

using Reason = const char *; // why there is no such statement; null: there is none

// What of a tree a rewrite must know beforehand.
struct Survey {
    std::int32_t highest_parameter = 0;
    std::int32_t uses = 0; // of the parameter asked for
    bool windows = false;
};

void survey(const ProtobufCMessage &message, std::int32_t parameter, Survey &found) noexcept {
    if (message.descriptor == &pg_query__param_ref__descriptor) {
        const std::int32_t number = reinterpret_cast<const PgQuery__ParamRef &>(message).number;
        found.highest_parameter = std::max(found.highest_parameter, number);
        found.uses += number == parameter;
    }
    if (message.descriptor == &pg_query__func_call__descriptor) {
        found.windows = found.windows || reinterpret_cast<const PgQuery__FuncCall &>(message).over != nullptr;
    }
    for_each_child(message, [&](const ProtobufCMessage &child) { survey(child, parameter, found); });
}

std::int32_t parameter_of(const Node *value) noexcept {
    const Node *bare = strip_casts(value);
    return bare->node_case == PG_QUERY__NODE__NODE_PARAM_REF ? bare->param_ref->number : 0;
}

// The one equality to batch on. Where there are several, the one with a parameter is the key if it is alone, since the
// program wrote the others' values into the text.
Reason find_key(SelectStmt &select, Equality &key) {
    int equalities = 0;
    int parameters = 0;
    bool arrays = false;
    bool lists = false;
    for_each_conjunct(select.where_clause, [&](Node *condition) {
        const Equality equality = as_equality(condition);
        if (equality.expression == nullptr) {
            const PgQuery__AExpr *expression = as_expression(condition);
            if (expression == nullptr) return;
            arrays = arrays || expression->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY;
            lists = lists || expression->kind == PG_QUERY__A__EXPR__KIND__AEXPR_IN;
            return;
        }
        ++equalities;
        const bool parameter = parameter_of(equality.value) > 0;
        parameters += parameter;
        if (equalities == 1 || (parameter && parameters == 1)) key = equality;
    });
    if (arrays || (lists && equalities == 0)) return "It already looks its rows up by a list.";
    if (equalities == 0) return "It has no equality with a value, at the top level of its WHERE, to batch on.";
    if (equalities > 1 && parameters != 1) {
        return "It is filtered by equality on several columns; join it to the list of key tuples, as in "
               "JOIN unnest($1, $2) AS k(a, b) ON ....";
    }
    return nullptr;
}

bool same_column(const PgQuery__ColumnRef &column, const PgQuery__ColumnRef &key) noexcept {
    const NodeList ours = list(column.fields, column.n_fields);
    const NodeList theirs = list(key.fields, key.n_fields);
    const std::size_t common = std::min(ours.size(), theirs.size());
    for (std::size_t i = 1; i <= common; ++i) {
        if (string_of(ours[ours.size() - i]) != string_of(theirs[theirs.size() - i])) return false;
    }
    return common > 0;
}

// Whether a * covers the key: its own relation's, or a bare one.
bool star_covers(const PgQuery__ColumnRef &star, const PgQuery__ColumnRef &key, bool one_relation) noexcept {
    if (star.n_fields < 2 || one_relation) return true;
    return key.n_fields >= 2 && string_of(star.fields[star.n_fields - 2]) == string_of(key.fields[key.n_fields - 2]);
}

bool shows(const SelectStmt &select, const PgQuery__ColumnRef &key) noexcept {
    const bool one_relation =
        select.n_from_clause == 1 && select.from_clause[0]->node_case != PG_QUERY__NODE__NODE_JOIN_EXPR;
    const NodeList targets = list(select.target_list, select.n_target_list);
    return std::any_of(targets.begin(), targets.end(), [&](const Node *node) {
        const PgQuery__ResTarget *target = as_target(node);
        const PgQuery__ColumnRef *column = target != nullptr ? as_column(target->val) : nullptr;
        if (column == nullptr) return false;
        return is_star(target->val) ? star_covers(*column, key, one_relation) : same_column(*column, key);
    });
}

bool lists(NodeList nodes, const PgQuery__ColumnRef &key) noexcept {
    return std::any_of(nodes.begin(), nodes.end(), [&](const Node *node) {
        return as_column(node) != nullptr && same_column(*as_column(node), key);
    });
}

bool is_array_cast(const Node &value) noexcept {
    return value.node_case == PG_QUERY__NODE__NODE_TYPE_CAST && value.type_cast->type_name->n_array_bounds > 0;
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

void drop_limit(SelectStmt &select) noexcept {
    select.limit_count = nullptr;
    select.limit_option = PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_DEFAULT;
}

// One row a key is the first in the statement's own order, which DISTINCT ON gives for all keys at once.
void keep_first_of_each_key(SelectStmt &select, const PgQuery__ColumnRef &key, Arena &arena) {
    Node *column = make_column(key, arena);
    insert_item(select.distinct_clause, select.n_distinct_clause, 0, column, arena);
    if (select.n_sort_clause == 0) return;
    insert_item(select.sort_clause, select.n_sort_clause, 0, make_sort_by(column, arena), arena);
}

Reason check_shape(const SelectStmt &select, const Survey &found, bool limited) {
    const bool set_operation = select.op > PG_QUERY__SET_OPERATION__SETOP_NONE;
    if (set_operation) return "It combines several SELECTs.";
    if (select.limit_offset != nullptr) return "It skips rows of each key with OFFSET.";
    if (found.windows) return "It computes window functions over the rows of one key.";
    const bool distinct_on =
        select.n_distinct_clause > 0 && select.distinct_clause[0]->node_case != PG_QUERY__NODE__NODE__NOT_SET;
    if (distinct_on) return "It keeps one row of each group of one key with DISTINCT ON.";
    if (limited && (select.n_group_clause > 0 || select.n_distinct_clause > 0)) {
        return "It returns the first groups of each key; use a LATERAL join to the list of keys.";
    }
    if (limited && select.n_sort_clause > 0 && select.n_locking_clause > 0) {
        return "It locks the first row of each key; use a LATERAL join to the list of keys.";
    }
    return nullptr;
}

// `column = value` becomes `column = ANY($n)`, whichever way round it was; a cast becomes one to an array.
void match_any(const Equality &key, std::int32_t parameter, Arena &arena) {
    PgQuery__AExpr &expression = *key.expression;
    Node *array = make_parameter(parameter, arena);
    if (key.value->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) {
        Node *cast = key.value;
        cast->type_cast->arg = array;
        array = cast;
        PgQuery__TypeName &type = *cast->type_cast->type_name;
        insert_item(type.array_bounds, type.n_array_bounds, 0, make_integer_field(-1, arena), arena);
    }
    if (as_column(expression.lexpr) == nullptr) std::swap(expression.lexpr, expression.rexpr);
    expression.rexpr = array;
    expression.kind = PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY;
}

Reason batch(std::string_view text, bool single_row, std::string &out) {
    Tree tree;
    if (tree.parse(text, default_max_parse_bytes, nullptr) != ParseStatus::ok) return "It cannot be parsed.";
    SelectStmt *select = as_select(tree.statement());
    if (select == nullptr) return "It is not a SELECT.";
    Equality key;
    if (const Reason reason = find_key(*select, key)) return reason;

    Survey found;
    const std::int32_t parameter = parameter_of(key.value);
    survey(tree.statement()->base, parameter, found);
    const Output output = classify_targets(list(select->target_list, select->n_target_list));
    const bool aggregates = output == Output::count || output == Output::aggregates;
    const Level level = enter(select, nullptr);
    const bool limited = level.has_limit() && !(aggregates && select->n_group_clause == 0);
    if (const Reason reason = check_shape(*select, found, limited)) return reason;
    if (is_array_cast(*key.value)) return "Its key is an array.";
    if (parameter > 0 && found.uses > 1) return "It uses its key in more than one place.";
    if (limited && !single_row) return "It returns the first rows of each key; use a LATERAL join to the list of keys.";

    const PgQuery__ColumnRef &column = *key.column;
    const bool grouped = aggregates || level.is_grouped();
    if (!shows(*select, column)) {
        // First where that changes no GROUP BY or ORDER BY position.
        const std::size_t position = grouped && !uses_positions(*select) ? 0 : select->n_target_list;
        Node *target = make_target(make_column(column, tree.arena()), tree.arena());
        insert_item(select->target_list, select->n_target_list, position, target, tree.arena());
    }
    if (grouped && !lists(list(select->group_clause, select->n_group_clause), column)) {
        Node *group = make_column(column, tree.arena());
        insert_item(select->group_clause, select->n_group_clause, 0, group, tree.arena());
    }
    drop_limit(*select);
    if (limited && (select->n_sort_clause > 0 || output == Output::constants)) {
        keep_first_of_each_key(*select, column, tree.arena());
    }
    match_any(key, parameter > 0 ? parameter : found.highest_parameter + 1, tree.arena());
    return tree.deparse(out) ? nullptr : "It cannot be written back as text.";
}

} // namespace

extern "C" bool query_audit_rewrite_batched(const char *text, std::size_t length, bool single_row, char *out,
                                            std::size_t capacity) noexcept {
    try {
        std::string rewritten;
        const Reason reason = batch({text, length}, single_row, rewritten);
        copy_text(reason != nullptr ? std::string_view(reason) : rewritten, out, capacity);
        return reason == nullptr;
    } catch (...) {
        copy_text("There was not enough memory.", out, capacity);
        return false;
    }
}

} // namespace query_audit
