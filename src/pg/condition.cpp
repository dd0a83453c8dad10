#include "core/access.h"
#include "core/text.h"

#include "pg/condition.h"
#include "pg/expression.h"
#include "pg/index_only.h"
#include "pg/pattern.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

KeyUse use_of_order(int strategy) {
    if (strategy == BTEqualStrategyNumber) return KeyUse::equality;
    return strategy >= 1 && strategy <= BTMaxStrategyNumber ? KeyUse::range : KeyUse::none;
}

// What the type's usual GIN index could answer.
KeyUse use_of_gin(Oid operator_id, const Node *expression) {
    const Oid type = getBaseType(exprType(expression));
    const Oid operator_class = GetDefaultOpClass(type, GIN_AM_OID);
    if (!OidIsValid(operator_class) || !op_in_opfamily(operator_id, get_opclass_family(operator_class))) {
        return KeyUse::none;
    }
    return type == TSVECTOROID ? KeyUse::full_text : KeyUse::containment;
}

// jsonb_path_ops makes a smaller index, for fewer operators than the usual class.
bool is_path_operator(Oid operator_id) {
    static char name[] = "jsonb_path_ops";
    const Oid operator_class = get_opclass_oid(GIN_AM_OID, list_make1(makeString(name)), true);
    return OidIsValid(operator_class) && op_in_opfamily(operator_id, get_opclass_family(operator_class));
}

// What trigrams answer: the pattern operators of text, which those of its domains and of varchar are as well.
bool is_of_text(Oid operator_id) {
    Oid left;
    Oid right;
    op_input_types(operator_id, &left, &right);
    return left == TEXTOID && operator_id < FirstNormalObjectId;
}

bool read_comparison(Oid operator_id, const Node *left, const Node *right, const EState *state, Condition &condition) {
    condition.expression = strip(left);
    condition.value = right;
    condition.comparison = operator_id;
    // What the value's type has made of a column is no key: with a value of the column's own type the column is.
    bool implicit = false;
    if (cast_argument(condition.expression, implicit) != nullptr && implicit) return false;
    if (!is_value(right) || !is_indexable(condition.expression)) return false;
    condition.key.use = use_of_order(order_strategy(operator_id, condition.expression));
    if (condition.key.use != KeyUse::none) return true;
    const Pattern pattern = read_pattern(operator_id, right, state);
    if (pattern.kind != PatternKind::none) {
        const bool fixed = pattern.kind == PatternKind::fixed_beginning;
        // Trigrams are of text; a type of its own, as citext, has other operators.
        const KeyUse open = is_of_text(operator_id) ? KeyUse::pattern : KeyUse::none;
        condition.key.use = fixed ? KeyUse::range : open;
        if (fixed && !sorts_by_bytes(exprCollation(condition.expression))) {
            condition.key.flags |= key_flag::pattern_order;
        }
        condition.starts_open = pattern.kind == PatternKind::open_beginning;
        return true;
    }
    condition.key.use = use_of_gin(operator_id, condition.expression);
    if (is_path_operator(operator_id)) condition.key.flags |= key_flag::path_operators;
    return condition.key.use != KeyUse::none;
}

bool read_either_way(Oid operator_id, const void *one, const void *other, const EState *state, Condition &condition) {
    const Node *left = static_cast<const Node *>(one);
    const Node *right = static_cast<const Node *>(other);
    if (!is_value(left)) return read_comparison(operator_id, left, right, state, condition);
    const Oid commutator = get_commutator(operator_id);
    return OidIsValid(commutator) && read_comparison(commutator, right, left, state, condition);
}

bool read_operator(const OpExpr *clause, const EState *state, Condition &condition) {
    if (list_length(clause->args) != 2) return false;
    return read_either_way(clause->opno, linitial(clause->args), llast(clause->args), state, condition);
}

// Rows are in order by what stands first.
bool read_rows(const RowCompareExpr *rows, const EState *state, Condition &condition) {
    return read_either_way(linitial_oid(rows->opnos), linitial(rows->largs), linitial(rows->rargs), state, condition) &&
           condition.key.use == KeyUse::range;
}

bool read_test(const Node *expression, KeyUse use, Condition &condition) {
    condition.expression = strip(expression);
    condition.value = nullptr;
    condition.key.use = use;
    // A condition that is true or not is no column's own.
    const bool of_null = use == KeyUse::is_null || use == KeyUse::is_not_null;
    return of_null ? is_indexable(condition.expression) : is_column(condition.expression);
}

// As a key, and not as an index's condition: the planner does not see that IS TRUE and the column itself are the same.
bool read_boolean_test(const BooleanTest *test, Condition &condition) {
    const bool value = test->booltesttype == IS_TRUE || test->booltesttype == IS_FALSE;
    return value && read_test(reinterpret_cast<const Node *>(test->arg), KeyUse::equality, condition);
}

bool read_clause(const Node *clause, const EState *state, Condition &condition);

// Comparisons of one expression are answered by one index, one after the other, as a list of values is.
bool read_alternatives(const List *alternatives, const EState *state, Condition &condition) {
    bool range = false;
    std::uint8_t flags = 0;
    const Node *expression = nullptr;
    ListCell *cell;
    foreach (cell, alternatives) {
        memset(static_cast<void *>(&condition), 0, sizeof(condition));
        if (!read_clause(static_cast<const Node *>(lfirst(cell)), state, condition)) return false;
        const KeyUse use = condition.key.use;
        if (use != KeyUse::equality && use != KeyUse::range && use != KeyUse::is_null) return false;
        if (expression != nullptr && !equal(expression, condition.expression)) return false;
        range = range || use == KeyUse::range;
        flags |= condition.key.flags;
        expression = condition.expression;
    }
    condition.key.flags = flags;
    condition.key.use = range ? KeyUse::range : KeyUse::equality;
    return expression != nullptr;
}

bool read_boolean(const BoolExpr *clause, const EState *state, Condition &condition) {
    if (clause->boolop == OR_EXPR) return read_alternatives(clause->args, state, condition);
    return clause->boolop == NOT_EXPR &&
           read_test(static_cast<const Node *>(linitial(clause->args)), KeyUse::is_false, condition);
}

bool read_clause(const Node *clause, const EState *state, Condition &condition) {
    switch (nodeTag(clause)) {
    case T_OpExpr:
        return read_operator(reinterpret_cast<const OpExpr *>(clause), state, condition);
    case T_ScalarArrayOpExpr: {
        const auto *list = reinterpret_cast<const ScalarArrayOpExpr *>(clause);
        const Node *left = static_cast<const Node *>(linitial(list->args));
        return list->useOr &&
               read_comparison(list->opno, left, static_cast<const Node *>(llast(list->args)), nullptr, condition);
    }
    case T_NullTest: {
        const NullTest *test = reinterpret_cast<const NullTest *>(clause);
        const KeyUse use = test->nulltesttype == IS_NULL ? KeyUse::is_null : KeyUse::is_not_null;
        return read_test(reinterpret_cast<const Node *>(test->arg), use, condition);
    }
    case T_BooleanTest:
        return read_boolean_test(reinterpret_cast<const BooleanTest *>(clause), condition);
    case T_BoolExpr:
        return read_boolean(reinterpret_cast<const BoolExpr *>(clause), state, condition);
    case T_RowCompareExpr:
        return read_rows(reinterpret_cast<const RowCompareExpr *>(clause), state, condition);
    case T_Var:
        return read_test(clause, KeyUse::is_true, condition);
    default:
        return false;
    }
}

constexpr int most_alternatives = 64; // that are looked at: a longer list is made by one rule

// The clause that compares the expression; null where none does.
Node *comparison_of(const Node *expression, const List *clauses, const EState *state) {
    ListCell *cell;
    foreach (cell, clauses) {
        Node *clause = static_cast<Node *>(lfirst(cell));
        Condition condition{};
        if (read_clause(clause, state, condition) && equal(condition.expression, expression)) return clause;
    }
    return nullptr;
}

} // namespace

int order_strategy(Oid operator_id, const Node *expression) {
    // The server remembers what it has found of a type; to look for its operator class again reads a catalog.
    const TypeCacheEntry *type = lookup_type_cache(getBaseType(exprType(expression)), TYPECACHE_BTREE_OPFAMILY);
    if (!OidIsValid(type->btree_opf)) return 0;
    const int strategy = get_op_opfamily_strategy(operator_id, type->btree_opf);
    return strategy <= BTMaxStrategyNumber ? strategy : 0;
}

bool read_condition(Relation relation, const Node *clause, const EState *state, Condition &condition) {
    memset(static_cast<void *>(&condition), 0, sizeof(condition));
    if (!read_clause(clause, state, condition)) return false;
    if (is_column(condition.expression)) {
        condition.key.attribute = reinterpret_cast<const Var *>(condition.expression)->varattno;
    }
    condition.key.distinct = static_cast<float>(distinct_values(relation, condition.expression));
    return true;
}

const List *clauses_of(const Node *alternative) {
    return is_andclause(alternative) ? reinterpret_cast<const BoolExpr *>(alternative)->args
                                     : list_make1(const_cast<Node *>(alternative));
}

List *shared_conditions(const Node *clause, const EState *state) {
    if (!is_orclause(clause)) return NIL;
    const List *alternatives = reinterpret_cast<const BoolExpr *>(clause)->args;
    const int count = Min(list_length(alternatives), most_alternatives);
    List *shared = NIL;
    ListCell *cell;
    foreach (cell, clauses_of(static_cast<const Node *>(linitial(alternatives)))) {
        Condition first{};
        if (!read_clause(static_cast<const Node *>(lfirst(cell)), state, first)) continue;
        List *same = NIL;
        for (int i = 0; i < count; ++i) {
            const Node *alternative = static_cast<const Node *>(list_nth(alternatives, i));
            Node *comparison = comparison_of(first.expression, clauses_of(alternative), state);
            if (comparison == nullptr) break;
            same = lappend(same, comparison);
        }
        if (list_length(same) == count) shared = lappend(shared, make_orclause(same));
    }
    return shared;
}

double distinct_values(Relation relation, const Node *expression) {
    if (!is_column(expression)) return 0;
    const AttrNumber column = reinterpret_cast<const Var *>(expression)->varattno;
    HeapTuple statistics = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(RelationGetRelid(relation)),
                                           Int16GetDatum(column), BoolGetDatum(false));
    if (!HeapTupleIsValid(statistics)) return 0;
    const double distinct = reinterpret_cast<Form_pg_statistic>(GETSTRUCT(statistics))->stadistinct;
    ReleaseSysCache(statistics);
    // Negative is a share of the rows.
    return distinct < 0 ? -distinct * std::max(1.0, static_cast<double>(relation->rd_rel->reltuples)) : distinct;
}

const List *conditions_of(const ScanState *scan, int part) {
    const Plan *plan = scan->ps.plan;
    if (IsA(plan, IndexOnlyScan)) {
        const IndexOnlyScan *only = reinterpret_cast<const IndexOnlyScan *>(plan);
        return conditions_of_table(only, part == 0 ? plan->qual : only->recheckqual);
    }
    if (part == 0) return plan->qual;
    if (IsA(plan, IndexScan)) return reinterpret_cast<const IndexScan *>(plan)->indexqualorig;
    return IsA(plan, BitmapHeapScan) ? reinterpret_cast<const BitmapHeapScan *>(plan)->bitmapqualorig : NIL;
}

} // namespace query_audit
