#include <algorithm>

#include "core/index_text.h"
#include "core/text.h"

#include "pg/missed_index.h"
#include "pg/scan_index.h"
#include "pg/table_indexes.h"

#include "pg/condition.h"
#include "pg/expression.h"
#include "pg/pattern.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

struct Table {
    Relation relation;
    Index entry;
    const EState *state;
    TableIndex indexes[most_indexes];
    int index_count;
};

// A comparison of something that is made of one column with a value.
struct Comparison {
    Oid operation; // with the column on its left
    Oid collation;
    const Node *left;
    const Node *value;
    AttrNumber column;
};

AttrNumber only_column(const Node *expression) {
    Bitmapset *columns = nullptr;
    Node *node = const_cast<Node *>(expression);
    if (contain_subplans(node)) return InvalidAttrNumber;
    List *vars = pull_var_clause(node, PVC_RECURSE_PLACEHOLDERS);
    ListCell *cell;
    foreach (cell, vars) {
        const AttrNumber column = static_cast<const Var *>(lfirst(cell))->varattno;
        if (column <= 0) return InvalidAttrNumber;
        columns = bms_add_member(columns, column);
    }
    int column = InvalidAttrNumber;
    return bms_get_singleton_member(columns, &column) ? static_cast<AttrNumber>(column) : InvalidAttrNumber;
}

bool read_sides(const Node *clause, Comparison &comparison) {
    const List *sides = NIL;
    if (IsA(clause, OpExpr)) {
        const OpExpr *expression = reinterpret_cast<const OpExpr *>(clause);
        sides = expression->args;
        comparison.operation = expression->opno;
        comparison.collation = expression->inputcollid;
    } else if (IsA(clause, ScalarArrayOpExpr)) {
        const auto *expression = reinterpret_cast<const ScalarArrayOpExpr *>(clause);
        if (!expression->useOr) return false;
        sides = expression->args;
        comparison.operation = expression->opno;
        comparison.collation = expression->inputcollid;
    }
    if (list_length(sides) != 2) return false;
    const Node *left = static_cast<const Node *>(linitial(sides));
    const Node *right = static_cast<const Node *>(llast(sides));
    if (is_value(left)) {
        std::swap(left, right);
        comparison.operation = get_commutator(comparison.operation);
    }
    comparison.left = strip(left);
    comparison.value = right;
    comparison.column = OidIsValid(comparison.operation) && is_value(right) ? only_column(left) : InvalidAttrNumber;
    return comparison.column != InvalidAttrNumber;
}

bool is_ordered(const TableIndex &index) { return index.method == BTREE_AM_OID; }

bool answers_patterns(const TableIndex &index) {
    const Oid family = get_opclass_family(index.operator_class[0]);
    return family == TEXT_PATTERN_BTREE_FAM_OID || family == BPCHAR_PATTERN_BTREE_FAM_OID;
}

// What stands between the comparison and an index of its column.
Missed cause_of(const Comparison &comparison, const TableIndex &index, bool fixed_beginning) {
    if (is_column(comparison.left)) {
        if (fixed_beginning) {
            const bool in_order = sorts_by_bytes(index.collation[0]) || answers_patterns(index);
            return in_order ? Missed::none : Missed::collation;
        }
        const bool other_order = OidIsValid(comparison.collation) && OidIsValid(index.collation[0]) &&
                                 comparison.collation != index.collation[0];
        return other_order && !answers_patterns(index) ? Missed::collation : Missed::none;
    }
    bool implicit = false;
    const Node *argument = strip(cast_argument(comparison.left, implicit));
    if (argument == nullptr || !is_column(argument)) return Missed::function;
    return implicit ? Missed::parameter_type : Missed::cast;
}

void write_columns(const Table &table, const Comparison &comparison, Missed cause, bool fixed_beginning,
                   ScanFacts &facts) {
    if (cause == Missed::parameter_type || !is_indexable(comparison.left)) return;
    const bool of_column = comparison.collation == exprCollation(comparison.left);
    if (cause == Missed::collation && !fixed_beginning && !of_column) return;
    IndexKey key{};
    const bool by_bytes = fixed_beginning && !sorts_by_bytes(exprCollation(comparison.left));
    if (by_bytes) key.operator_class = OperatorClass::pattern;
    IndexCandidate candidate{};
    const Oid relation = RelationGetRelid(table.relation);
    if (add_index_key(relation, comparison.left, key, candidate))
        write_index(relation, candidate, facts.missed_columns);
}

// Whether an index on the left side, had it been made of that, would answer the comparison.
bool is_answerable(const Comparison &comparison, const Table &table, bool &fixed_beginning) {
    const Pattern pattern = read_pattern(comparison.operation, comparison.value, table.state);
    fixed_beginning = pattern.kind == PatternKind::fixed_beginning;
    return fixed_beginning || order_strategy(comparison.operation, comparison.left) != 0;
}

void seek_missed_index(const Table &table, const Comparison &comparison, ScanFacts &facts) {
    bool fixed_beginning = false;
    if (!is_answerable(comparison, table, fixed_beginning)) return;
    const TableIndex *missed = nullptr;
    Missed cause = Missed::none;
    for (int i = 0; i < table.index_count; ++i) {
        const TableIndex &index = table.indexes[i];
        if (index.partial || !is_ordered(index)) continue;
        const bool held = !is_column(comparison.left) && leads_index(index, comparison.left, table.entry);
        if (held) return;
        if (index.column[0] != comparison.column) continue;
        cause = cause_of(comparison, index, fixed_beginning);
        if (cause == Missed::none) return;
        missed = &index;
    }
    if (missed == nullptr) return;
    facts.missed = cause;
    write_index_name(missed->oid, facts.missed_index);
    write_columns(table, comparison, cause, fixed_beginning, facts);
}

// What a condition makes a tsvector of by the session's configuration; null where it does not. @@ of a text does so
// too.
const Node *searched_by_session(const Node *clause) {
    if (!IsA(clause, OpExpr) || list_length(reinterpret_cast<const OpExpr *>(clause)->args) != 2) return nullptr;
    const OpExpr *match = reinterpret_cast<const OpExpr *>(clause);
    const Oid function = get_opcode(match->opno);
    if (function != F_TS_MATCH_VQ && function != F_TS_MATCH_QV && function != F_TS_MATCH_TQ &&
        function != F_TS_MATCH_TT) {
        return nullptr;
    }
    const bool reversed = function == F_TS_MATCH_QV;
    const Node *left = strip(static_cast<const Node *>(reversed ? llast(match->args) : linitial(match->args)));
    const Node *right = static_cast<const Node *>(reversed ? linitial(match->args) : llast(match->args));
    if (!is_value(right) || is_value(left)) return nullptr;
    if (function == F_TS_MATCH_TQ || function == F_TS_MATCH_TT) return left;
    if (!IsA(left, FuncExpr)) return nullptr;
    const FuncExpr *call = reinterpret_cast<const FuncExpr *>(left);
    const bool of_session =
        call->funcid == F_TO_TSVECTOR_TEXT || call->funcid == F_TO_TSVECTOR_JSON || call->funcid == F_TO_TSVECTOR_JSONB;
    return of_session ? strip(static_cast<const Node *>(linitial(call->args))) : nullptr;
}

// The index of what the expression is searched for, by a configuration of its own.
bool is_of_search(const TableIndex &index, const Node *searched, Index entry) {
    const Node *indexed = leading_expression(index, entry);
    if (indexed == nullptr || !IsA(indexed, FuncExpr)) return false;
    const FuncExpr *call = reinterpret_cast<const FuncExpr *>(indexed);
    const bool configured = call->funcid == F_TO_TSVECTOR_REGCONFIG_TEXT ||
                            call->funcid == F_TO_TSVECTOR_REGCONFIG_JSON ||
                            call->funcid == F_TO_TSVECTOR_REGCONFIG_JSONB;
    return configured && !index.partial && equal(strip(static_cast<const Node *>(llast(call->args))), searched);
}

void describe_search(const Table &table, const Node *searched, ScanFacts &facts) {
    facts.missed = Missed::configuration;
    const auto *const end = table.indexes + table.index_count;
    const auto *const index = std::find_if(table.indexes, end, [&](const TableIndex &candidate) {
        return is_of_search(candidate, searched, table.entry);
    });
    if (index != end) write_index_name(index->oid, facts.missed_index);
}

// The array that a condition looks for a value in: value = ANY (array); null where it does not.
const Node *searched_array(const Node *clause) {
    if (!IsA(clause, ScalarArrayOpExpr)) return nullptr;
    const auto *search = reinterpret_cast<const ScalarArrayOpExpr *>(clause);
    const Node *array = strip(static_cast<const Node *>(llast(search->args)));
    if (!search->useOr || !is_value(static_cast<const Node *>(linitial(search->args))) || !is_column(array)) {
        return nullptr;
    }
    const Oid element = get_element_type(exprType(array));
    const bool equality = OidIsValid(element) && lookup_type_cache(element, TYPECACHE_EQ_OPR)->eq_opr == search->opno;
    return equality ? array : nullptr;
}

void describe_array_search(const Table &table, const Node *array, ScanFacts &facts) {
    facts.missed = Missed::array_element;
    const AttrNumber column = reinterpret_cast<const Var *>(array)->varattno;
    for (int i = 0; i < table.index_count; ++i) {
        const TableIndex &index = table.indexes[i];
        if (index.partial || index.method != GIN_AM_OID) continue;
        for (int key = 0; key < index.keys; ++key) {
            const Oid family = get_opclass_family(index.operator_class[key]);
            if (index.column[key] != column || !op_in_opfamily(OID_ARRAY_CONTAINS_OP, family)) continue;
            return write_index_name(index.oid, facts.missed_index);
        }
    }
}

bool has_trigram_index(const Table &table, const Node *expression) {
    return std::any_of(table.indexes, table.indexes + table.index_count, [&](const TableIndex &index) {
        for (int i = 0; i < index.keys; ++i) {
            const bool of_column = is_column(expression)
                                       ? index.column[i] == reinterpret_cast<const Var *>(expression)->varattno
                                       : i == 0 && leads_index(index, expression, table.entry);
            if (of_column && is_trigram_class(index.operator_class[i])) return true;
        }
        return false;
    });
}

// The trigram index of one searched expression, unless there is one. False where none can be named.
bool add_pattern_index(const Table &table, const Condition &condition, ScanFacts &facts) {
    if (has_trigram_index(table, condition.expression)) return true;
    if (condition.key.use != KeyUse::pattern) return false;
    IndexKey key{};
    key.operator_class = OperatorClass::trigram;
    IndexCandidate candidate{};
    candidate.method = AccessMethod::gin;
    const Oid relation = RelationGetRelid(table.relation);
    char body[index_columns_bytes] = "";
    if (add_index_key(relation, condition.expression, key, candidate)) write_index(relation, candidate, body);
    return body[0] != '\0' && add_body(facts.pattern_index, body);
}

// A pattern that may begin with anything, or an OR of such: then each expression takes an index.
void describe_patterns(const Table &table, const Node *clause, ScanFacts &facts) {
    const List *patterns =
        is_orclause(clause) ? reinterpret_cast<const BoolExpr *>(clause)->args : list_make1(const_cast<Node *>(clause));
    Condition conditions[max_alternatives];
    if (list_length(patterns) > max_alternatives) return;
    int count = 0;
    ListCell *cell;
    foreach (cell, patterns) {
        const Node *pattern = static_cast<const Node *>(lfirst(cell));
        Condition &condition = conditions[count];
        if (!read_condition(table.relation, pattern, table.state, condition) || !condition.starts_open) return;
        const auto same = [&](const Condition &other) { return equal(other.expression, condition.expression); };
        if (std::none_of(conditions, conditions + count, same)) ++count;
    }
    facts.open_pattern = true;
    const bool named = std::all_of(conditions, conditions + count, [&](const Condition &condition) {
        return add_pattern_index(table, condition, facts);
    });
    facts.pattern_index_exists = named && facts.pattern_index[0] == '\0';
    if (!named) memset(facts.pattern_index, 0, sizeof(facts.pattern_index));
}

} // namespace

void describe_missed_index(ScanState *scan, ScanFacts &facts) {
    Table table;
    table.relation = scan->ss_currentRelation;
    table.entry = reinterpret_cast<const Scan *>(scan->ps.plan)->scanrelid;
    table.state = scan->ps.state;
    table.index_count = indexes_of(table.relation, table.indexes);
    ListCell *cell;
    foreach (cell, conditions_of(scan, 0)) {
        const Node *clause = static_cast<const Node *>(lfirst(cell));
        if (!facts.open_pattern) describe_patterns(table, clause, facts);
        Comparison comparison;
        if (facts.missed == Missed::none && read_sides(clause, comparison)) {
            seek_missed_index(table, comparison, facts);
        }
        const Node *searched = facts.missed == Missed::none ? searched_by_session(clause) : nullptr;
        if (searched != nullptr) describe_search(table, searched, facts);
        const Node *array = facts.missed == Missed::none ? searched_array(clause) : nullptr;
        if (array != nullptr) describe_array_search(table, array, facts);
    }
}

} // namespace query_audit
