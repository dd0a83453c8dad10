#include <algorithm>

#include "core/text.h"

#include "pg/plan_join.h"

#include "pg/access_need.h"
#include "pg/condition.h"
#include "pg/expression.h"
#include "pg/needed_columns.h"
#include "pg/plan_origin.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

// Collects the keys of one table.
class NeedWriter {
  public:
    NeedWriter(const NeedContext &context, AccessNeed &need)
        : context_(context), relation_(context.scan->ss_currentRelation), need_(need) {}

    void add_conditions(const List *clauses) {
        ListCell *cell;
        foreach (cell, clauses) {
            const Node *clause = static_cast<const Node *>(lfirst(cell));
            if (add_condition(clause)) continue;
            const List *shared = shared_conditions(clause, context_.scan->ps.state);
            ListCell *of_all;
            foreach (of_all, shared) (void)add_condition(static_cast<const Node *>(lfirst(of_all)));
            if (shared == NIL) add_alternatives(clause);
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
    // False where no single index could answer it.
    bool add_condition(const Node *clause) {
        Condition condition;
        if (!read_condition(relation_, clause, context_.scan->ps.state, condition)) return false;
        (void)add(condition.key, condition.expression, RelationGetRelid(relation_));
        return true;
    }

    // Of an OR the keys of each part, or none where a part has none: then all rows are read in any case. Of several ORs
    // the first one's.
    void add_alternatives(const Node *clause) {
        if (!is_orclause(clause) || has_alternatives()) return;
        const std::uint8_t before = need_.count;
        std::uint8_t parts = 0;
        ListCell *cell;
        foreach (cell, reinterpret_cast<const BoolExpr *>(clause)->args) {
            const std::uint8_t first = need_.count;
            const bool has_key =
                add_part(static_cast<const Node *>(lfirst(cell)), static_cast<std::uint8_t>(parts + 1));
            // What another part asks for as well is answered by the same index.
            if (has_key && asks_again(before, first)) {
                need_.count = first;
                clear_expressions(parts);
            } else if (!has_key || ++parts > max_alternatives) {
                need_.count = before;
                return clear_expressions(0);
            }
        }
    }

    // Of the parts behind so many.
    void clear_expressions(int kept) {
        for (int i = kept; i < max_alternatives; ++i) {
            memset(need_.alternative_expressions[i], 0, access_expression_bytes);
        }
    }

    bool add_part(const Node *part, std::uint8_t alternative) {
        bool any = false;
        ListCell *cell;
        foreach (cell, clauses_of(part)) {
            Condition condition;
            const Node *clause = static_cast<const Node *>(lfirst(cell));
            if (!read_condition(relation_, clause, context_.scan->ps.state, condition)) continue;
            condition.key.alternative = alternative;
            any = add(condition.key, condition.expression, RelationGetRelid(relation_)) || any;
        }
        return any;
    }

    [[nodiscard]] bool has_alternatives() const {
        return std::any_of(need_.keys, need_.keys + need_.count,
                           [](const AccessKey &key) { return key.alternative != 0; });
    }

    // Whether the keys from `first` on are those of one of the parts before them.
    [[nodiscard]] bool asks_again(std::uint8_t before, std::uint8_t first) const {
        const auto same = [this](const AccessKey &a, const AccessKey &b) {
            const bool alike = a.attribute == b.attribute && a.use == b.use && a.flags == b.flags;
            return alike && (a.attribute != 0 || strcmp(need_.alternative_expressions[a.alternative - 1],
                                                        need_.alternative_expressions[b.alternative - 1]) == 0);
        };
        for (int i = before, end = i; i < first; i = end) {
            while (end < first && need_.keys[end].alternative == need_.keys[i].alternative) ++end;
            if (std::equal(need_.keys + i, need_.keys + end, need_.keys + first, need_.keys + need_.count, same)) {
                return true;
            }
        }
        return false;
    }

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
        // What comes from a table that others inherit from comes from each of these. (The analyser looks for the null
        // no deeper than here.)
        return origin.scan != nullptr &&
               is_of_entry(context_.plan, origin, counted_entry(context_.plan, context_.entry)) &&
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
            return other.attribute == key.attribute && other.use == key.use && other.flags == key.flags &&
                   other.alternative == key.alternative;
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
        char(*const held)[access_expression_bytes] = expression_of(key.alternative);
        if (held == nullptr || ((*held)[0] != '\0' && strcmp(*held, text) != 0)) return false;
        assign_text(*held, out.view());
        key.flags |= key_flag::expression;
        return true;
    }

    // Where the one expression of a part of an OR, or of all rows, stands. Null where there is one of the other kind.
    char (*expression_of(std::uint8_t alternative))[access_expression_bytes] {
        if (alternative > max_alternatives || (alternative > 0 && need_.expression[0] != '\0')) return nullptr;
        if (alternative > 0) return &need_.alternative_expressions[alternative - 1];
        const bool other = std::any_of(need_.alternative_expressions, need_.alternative_expressions + max_alternatives,
                                       [](const auto &expression) { return expression[0] != '\0'; });
        return other ? nullptr : &need_.expression;
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
