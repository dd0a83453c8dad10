#include <algorithm>

#include "core/text.h"

#include "pg/plan_join.h"

#include "pg/access_need.h"
#include "pg/expression.h"
#include "pg/index_only.h"
#include "pg/needed_columns.h"
#include "pg/pattern.h"
#include "pg/plan_origin.h"

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

// Collects the keys of one table.
class NeedWriter {
  public:
    NeedWriter(const NeedContext &context, AccessNeed &need)
        : context_(context), relation_(context.scan->ss_currentRelation), need_(need) {}

    void add_conditions(const List *clauses) {
        ListCell *cell;
        foreach (cell, clauses) {
            Condition condition;
            if (!read_condition(relation_, static_cast<const Node *>(lfirst(cell)), context_.scan->ps.state,
                                condition)) {
                continue;
            }
            (void)add(condition.key, condition.expression, RelationGetRelid(relation_));
        }
    }

    void add_join(const Plan *node) {
        const KeyUse use = node == context_.few ? KeyUse::equality : KeyUse::join;
        ListCell *cell;
        foreach (cell, join_clauses(node)) {
            const OpExpr *clause = static_cast<const OpExpr *>(lfirst(cell));
            if (!IsA(clause, OpExpr) || list_length(clause->args) != 2) continue;
            for (const Node *side :
                 {static_cast<const Node *>(linitial(clause->args)), static_cast<const Node *>(llast(clause->args))}) {
                const Origin origin = origin_of(context_.plan, node, side);
                if (!is_ours(origin) || order_strategy(clause->opno, origin.expression) != BTEqualStrategyNumber) {
                    continue;
                }
                (void)add_of(origin, use, 0);
            }
        }
    }

    // All keys of the sort, or none.
    void add_sort(const Sort *sort, bool limited) {
        const std::uint8_t before = need_.count;
        for (int i = 0; i < sort->numCols; ++i) {
            const TargetEntry *column = get_tle_by_resno(sort->plan.targetlist, sort->sortColIdx[i]);
            const Origin origin = column == nullptr
                                      ? Origin{}
                                      : origin_of(context_.plan, &sort->plan, reinterpret_cast<Node *>(column->expr));
            const bool usable = is_ours(origin) && sort->collations[i] == exprCollation(origin.expression);
            if (!usable || !add_of(origin, KeyUse::sort, sort_flags(sort, i))) {
                need_.count = before;
                return;
            }
        }
        need_.sort_limited = limited;
    }

  private:
    static std::uint8_t sort_flags(const Sort *sort, int i) {
        Oid family;
        Oid type;
        int16 strategy = 0;
        std::uint8_t flags = 0;
        (void)ordering_properties(sort->sortOperators[i], &family, &type, &strategy);
        if (strategy == BTGreaterStrategyNumber) flags |= key_flag::descending;
        if (sort->nullsFirst[i]) flags |= key_flag::nulls_first;
        return flags;
    }

    bool is_ours(const Origin &origin) const {
        return origin.scan != nullptr && counted_entry(context_.plan, origin.scan->scanrelid) == context_.entry &&
               is_indexable(origin.expression);
    }

    // Partitions' columns may have other numbers than one another's.
    bool add_of(const Origin &origin, KeyUse use, std::uint8_t flags) {
        const Oid scanned = rt_fetch(origin.scan->scanrelid, context_.plan->rtable)->relid;
        AccessKey key{0, use, flags, 0};
        if (is_column(origin.expression)) {
            key.attribute = reinterpret_cast<const Var *>(origin.expression)->varattno;
        }
        if (scanned == RelationGetRelid(relation_)) {
            key.distinct = static_cast<float>(distinct_values(relation_, origin.expression));
        }
        return add(key, origin.expression, scanned);
    }

    bool add(AccessKey key, const Node *expression, Oid relation) {
        if (need_.count == max_access_keys || key.use == KeyUse::none) return false;
        if (key.attribute > 0) {
            key.attribute = root_attribute(relation, key.attribute);
            if (key.attribute == InvalidAttrNumber) return false;
        } else if (!add_expression(key, expression, relation)) {
            return false;
        }
        AccessKey *const end = need_.keys + need_.count;
        const bool known = std::any_of(need_.keys, end, [&key](const AccessKey &other) {
            return other.attribute == key.attribute && other.use == key.use && other.flags == key.flags;
        });
        if (!known) need_.keys[need_.count++] = key;
        return true;
    }

    // One expression at most; a cut one would be no valid SQL. A column cast to another type is compared with the wrong
    // one: the statement is to be mended, and not the table.
    bool add_expression(AccessKey &key, const Node *expression, Oid relation) {
        bool implicit = false;
        if (is_column(strip(cast_argument(expression, implicit)))) return false;
        char text[access_expression_bytes];
        TextWriter out(text, sizeof(text));
        write_indexed_expression(relation, expression, out);
        if (out.truncated()) return false;
        if (need_.expression[0] != '\0' && strcmp(need_.expression, text) != 0) return false;
        assign_text(need_.expression, out.view());
        key.flags |= key_flag::expression;
        return true;
    }

    AttrNumber root_attribute(Oid relation, AttrNumber attribute) const {
        if (relation == context_.root) return attribute;
        const char *name = get_attname(relation, attribute, true);
        return name != nullptr ? get_attnum(context_.root, name) : InvalidAttrNumber;
    }

    const NeedContext &context_;
    Relation relation_;
    AccessNeed &need_;
};

struct Walk {
    NeedWriter *writer;
    AccessNeed *need;
    bool sorted;
};

bool has_sort(const AccessNeed &need) { return need.count > 0 && need.keys[need.count - 1].use == KeyUse::sort; }

// The sort nearest to the root counts: what is below it is sorted again.
void add_sort(const PlanState *node, Walk &walk) {
    if (walk.sorted) return;
    const bool incremental = IsA(node, IncrementalSortState);
    if (!incremental && !IsA(node, SortState)) return;
    const bool limited = incremental ? reinterpret_cast<const IncrementalSortState *>(node)->bounded
                                     : reinterpret_cast<const SortState *>(node)->bounded;
    walk.writer->add_sort(reinterpret_cast<const Sort *>(node->plan), limited);
    walk.sorted = has_sort(*walk.need);
}

bool walk(PlanState *node, void *context) {
    if (node == nullptr) return false;
    Walk &state = *static_cast<Walk *>(context);
    state.writer->add_join(node->plan);
    return walk_plan_state(node, walk, context);
}

bool walk_sorts(PlanState *node, void *context) {
    if (node == nullptr) return false;
    Walk &state = *static_cast<Walk *>(context);
    add_sort(node, state);
    return state.sorted || walk_plan_state(node, walk_sorts, context);
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

void describe_need(const NeedContext &context, AccessNeed &need) {
    memset(static_cast<void *>(&need), 0, sizeof(need));
    NeedWriter writer(context, need);
    for (int part = 0; part < condition_parts; ++part) writer.add_conditions(conditions_of(context.scan, part));
    Walk state{&writer, &need, false};
    if (context.few != nullptr) writer.add_join(context.few);
    (void)walk(context.top, &state);
    if (context.order != nullptr && context.few == nullptr) writer.add_sort(context.order, context.order_limited);
    // What is looked up once for each of a few rows comes in no order of all.
    state.sorted = has_sort(need) || context.few != nullptr;
    if (!state.sorted) (void)walk_sorts(context.top, &state);
    describe_columns(context.plan, context.entry, context.root, need);
}

} // namespace query_audit
