#include <algorithm>

#include "core/text.h"

#include "pg/scan_filter.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr int deepest_expression = 6;
constexpr int most_columns = 4;
constexpr int most_conditions = 16;

// Without casts that change no bit of the value.
const Node *strip(const Node *node) {
    while (node != nullptr && IsA(node, RelabelType)) {
        node = reinterpret_cast<const Node *>(reinterpret_cast<const RelabelType *>(node)->arg);
    }
    return node;
}

// What is the same for every row of the scan: no column in it, and nothing volatile.
bool is_value(const Node *node) {
    Node *expression = const_cast<Node *>(node);
    return !contain_var_clause(expression) && !contain_volatile_functions(expression) && !contain_subplans(expression);
}

bool is_json_access(Oid operator_id) {
    const char *name = get_opname(operator_id);
    return name != nullptr && (strcmp(name, "->") == 0 || strcmp(name, "->>") == 0);
}

bool is_text_constant(const Node *node) {
    if (node == nullptr || !IsA(node, Const)) return false;
    const Const *constant = reinterpret_cast<const Const *>(node);
    return !constant->constisnull && constant->consttype == TEXTOID;
}

class FilterWriter {
  public:
    FilterWriter(Oid relation, TextWriter &out) : relation_(relation), out_(out) {}

    void write(const Node *node, int depth = 0) {
        node = strip(node);
        if (node == nullptr || depth > deepest_expression) return out_.append("...");
        switch (nodeTag(node)) {
        case T_Var:
            return write_column(reinterpret_cast<const Var *>(node));
        case T_Const:
        case T_Param:
            return out_.append("?");
        case T_OpExpr:
            return write_operator(reinterpret_cast<const OpExpr *>(node), depth);
        case T_ScalarArrayOpExpr:
            return write_array(reinterpret_cast<const ScalarArrayOpExpr *>(node), depth);
        case T_BoolExpr:
            return write_boolean(reinterpret_cast<const BoolExpr *>(node), depth);
        case T_NullTest: {
            const NullTest *test = reinterpret_cast<const NullTest *>(node);
            write(reinterpret_cast<const Node *>(test->arg), depth + 1);
            return out_.append(test->nulltesttype == IS_NULL ? " IS NULL" : " IS NOT NULL");
        }
        case T_FuncExpr:
            return write_function(reinterpret_cast<const FuncExpr *>(node), depth);
        default:
            return out_.append("...");
        }
    }

  private:
    void write_column(const Var *var) {
        const char *name = var->varattno > 0 ? get_attname(relation_, var->varattno, true) : nullptr;
        out_.append(name != nullptr ? quote_identifier(name) : "...");
    }

    void write_operator(const OpExpr *expression, int depth) {
        const char *name = get_opname(expression->opno);
        const Node *right = static_cast<const Node *>(llast(expression->args));
        const bool json = is_json_access(expression->opno);
        if (depth > 0) out_.append("(");
        if (list_length(expression->args) == 2) {
            write(static_cast<const Node *>(linitial(expression->args)), depth + 1);
            out_.append(" ");
        }
        out_.append(name != nullptr ? name : "?");
        out_.append(" ");
        if (json && is_text_constant(right)) {
            // A key names a place in the document, as a column's name does.
            const Const *key = reinterpret_cast<const Const *>(right);
            out_.append(quote_literal_cstr(TextDatumGetCString(key->constvalue)));
        } else {
            write(right, depth + 1);
        }
        if (depth > 0) out_.append(")");
    }

    void write_array(const ScalarArrayOpExpr *expression, int depth) {
        const char *name = get_opname(expression->opno);
        write(static_cast<const Node *>(linitial(expression->args)), depth + 1);
        out_.append(" ");
        out_.append(name != nullptr ? name : "?");
        out_.append(expression->useOr ? " ANY (?)" : " ALL (?)");
    }

    void write_boolean(const BoolExpr *expression, int depth) {
        if (expression->boolop == NOT_EXPR) {
            out_.append("NOT ");
            return write(static_cast<const Node *>(linitial(expression->args)), depth + 1);
        }
        const char *separator = "";
        out_.append("(");
        ListCell *cell;
        foreach (cell, expression->args) {
            out_.append(separator);
            write(static_cast<const Node *>(lfirst(cell)), depth + 1);
            separator = expression->boolop == AND_EXPR ? " AND " : " OR ";
        }
        out_.append(")");
    }

    void write_function(const FuncExpr *expression, int depth) {
        const char *name = get_func_name(expression->funcid);
        const char *separator = "";
        out_.append(name != nullptr ? quote_identifier(name) : "...");
        out_.append("(");
        ListCell *cell;
        foreach (cell, expression->args) {
            out_.append(separator);
            write(static_cast<const Node *>(lfirst(cell)), depth + 1);
            separator = ", ";
        }
        out_.append(")");
    }

    Oid relation_;
    TextWriter &out_;
};

// A condition that a btree index could answer: an expression of the table's columns compared with a value.
struct IndexKey {
    const Node *expression;
    bool equality;
    double distinct; // as pg_statistic.stadistinct, made comparable: the larger the more selective
};

// Whether an index on the expression, with its type's usual order, can answer the comparison.
bool is_btree_comparison(Oid operator_id, const Node *expression, bool &equality) {
    const Oid operator_class = GetDefaultOpClass(getBaseType(exprType(expression)), BTREE_AM_OID);
    if (!OidIsValid(operator_class)) return false;
    const int strategy = get_op_opfamily_strategy(operator_id, get_opclass_family(operator_class));
    equality = strategy == BTEqualStrategyNumber;
    return strategy >= 1 && strategy <= BTMaxStrategyNumber;
}

bool is_indexable(const Node *node) {
    if (IsA(node, Var)) return reinterpret_cast<const Var *>(node)->varattno > 0;
    if (!IsA(node, OpExpr)) return false;
    const OpExpr *expression = reinterpret_cast<const OpExpr *>(node);
    return list_length(expression->args) == 2 && is_json_access(expression->opno) &&
           is_indexable(strip(static_cast<const Node *>(linitial(expression->args)))) &&
           is_text_constant(static_cast<const Node *>(llast(expression->args)));
}

double distinct_values(Oid relation, const Node *node) {
    if (!IsA(node, Var)) return 0;
    const AttrNumber column = reinterpret_cast<const Var *>(node)->varattno;
    HeapTuple statistics =
        SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relation), Int16GetDatum(column), BoolGetDatum(false));
    if (!HeapTupleIsValid(statistics)) return 0;
    const double distinct = reinterpret_cast<Form_pg_statistic>(GETSTRUCT(statistics))->stadistinct;
    ReleaseSysCache(statistics);
    // Negative is a share of the rows: more selective than any fixed number that statistics hold.
    return distinct < 0 ? 1e12 * -distinct : distinct;
}

bool as_index_key(Oid relation, const Node *condition, IndexKey &key) {
    const Node *left = nullptr;
    const Node *right = nullptr;
    Oid comparison = InvalidOid;
    if (IsA(condition, OpExpr) && list_length(reinterpret_cast<const OpExpr *>(condition)->args) == 2) {
        const OpExpr *expression = reinterpret_cast<const OpExpr *>(condition);
        left = strip(static_cast<const Node *>(linitial(expression->args)));
        right = static_cast<const Node *>(llast(expression->args));
        comparison = expression->opno;
        if (is_value(left)) {
            std::swap(left, right);
            left = strip(left);
        }
    } else if (IsA(condition, ScalarArrayOpExpr) && reinterpret_cast<const ScalarArrayOpExpr *>(condition)->useOr) {
        const ScalarArrayOpExpr *expression = reinterpret_cast<const ScalarArrayOpExpr *>(condition);
        left = strip(static_cast<const Node *>(linitial(expression->args)));
        right = static_cast<const Node *>(llast(expression->args));
        comparison = expression->opno;
    } else {
        return false;
    }
    bool equality = false;
    if (!is_value(right) || !is_indexable(left) || !is_btree_comparison(comparison, left, equality)) return false;
    key = IndexKey{left, equality, distinct_values(relation, left)};
    return true;
}

bool leads_an_index(Relation relation, const Node *expression) {
    if (!IsA(expression, Var)) return false;
    const AttrNumber column = reinterpret_cast<const Var *>(expression)->varattno;
    List *indexes = RelationGetIndexList(relation);
    bool leads = false;
    ListCell *cell;
    foreach (cell, indexes) {
        HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));
        if (!HeapTupleIsValid(tuple)) continue;
        Form_pg_index index = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
        const bool partial = !heap_attisnull(tuple, Anum_pg_index_indpred, nullptr);
        leads = leads || (index->indisvalid && !partial && index->indkey.values[0] == column);
        ReleaseSysCache(tuple);
    }
    list_free(indexes);
    return leads;
}

void write_index_columns(Oid relation, const IndexKey *keys, int count, TextWriter &out) {
    FilterWriter writer(relation, out);
    int columns = 0;
    for (int i = 0; i < count && columns < most_columns; ++i) {
        const bool repeated = std::any_of(
            keys, keys + i, [&](const IndexKey &earlier) { return equal(earlier.expression, keys[i].expression); });
        if (repeated) continue;
        if (columns++ > 0) out.append(", ");
        const bool plain = IsA(keys[i].expression, Var);
        if (!plain) out.append("(");
        writer.write(keys[i].expression);
        if (!plain) out.append(")");
        // After a range a btree is no longer sorted by what follows.
        if (!keys[i].equality) return;
    }
}

} // namespace

void describe_filter(ScanState *scan, ScanFacts &facts) {
    Relation relation = scan->ss_currentRelation;
    const Oid relation_id = RelationGetRelid(relation);
    IndexKey keys[most_conditions];
    int key_count = 0;
    TextWriter filter(facts.filter, sizeof(facts.filter));
    FilterWriter writer(relation_id, filter);
    ListCell *cell;
    foreach (cell, scan->ps.plan->qual) {
        const Node *condition = static_cast<const Node *>(lfirst(cell));
        if (!filter.view().empty()) filter.append(" AND ");
        writer.write(condition);
        if (key_count < most_conditions && as_index_key(relation_id, condition, keys[key_count])) ++key_count;
    }
    std::stable_sort(keys, keys + key_count, [](const IndexKey &a, const IndexKey &b) {
        return a.equality != b.equality ? a.equality : a.equality && a.distinct > b.distinct;
    });
    TextWriter columns(facts.index_columns, sizeof(facts.index_columns));
    write_index_columns(relation_id, keys, key_count, columns);
    // A cut list of columns would be no valid SQL.
    if (columns.truncated()) facts.index_columns[0] = '\0';
    facts.index_exists = key_count > 0 && leads_an_index(relation, keys[0].expression);
}

} // namespace query_audit
