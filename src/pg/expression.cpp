#include "pg/expression.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr int deepest_expression = 6;

bool is_constant(const Node *node, Oid type) {
    if (node == nullptr || !IsA(node, Const)) return false;
    const Const *constant = reinterpret_cast<const Const *>(node);
    return !constant->constisnull && constant->consttype == type;
}

bool is_text_constant(const Node *node) { return is_constant(node, TEXTOID); }

// A place in a document: by name, by number, or by a path of either.
bool is_json_access(const OpExpr *expression) {
    const char *name = get_opname(expression->opno);
    if (name == nullptr || list_length(expression->args) != 2) return false;
    const Node *place = static_cast<const Node *>(llast(expression->args));
    if (strcmp(name, "->") == 0 || strcmp(name, "->>") == 0) {
        return is_text_constant(place) || is_constant(place, INT4OID);
    }
    return (strcmp(name, "#>") == 0 || strcmp(name, "#>>") == 0) && is_constant(place, TEXTARRAYOID);
}

void write_place(const Const *place, TextWriter &out) {
    Oid output;
    bool varlena;
    getTypeOutputInfo(place->consttype, &output, &varlena);
    const char *words = OidOutputFunctionCall(output, place->constvalue);
    out.append(place->consttype == INT4OID ? words : quote_literal_cstr(words));
}

// Stands between columns that are put together, or for one that is NULL, and tells nothing of anybody's data.
bool is_blank_text(const Node *node) {
    if (!is_text_constant(node) && !is_constant(node, VARCHAROID)) return false;
    const char *words = TextDatumGetCString(reinterpret_cast<const Const *>(node)->constvalue);
    return words[strspn(words, " ")] == '\0';
}

bool is_configuration(const Node *node) { return is_constant(node, REGCONFIGOID); }

// A constant that says what the expression is, as its function's name does, and is no value that is searched for.
bool is_part_of_definition(const Node *node) {
    node = strip(node);
    return is_configuration(node) || is_blank_text(node);
}

bool is_made_of_columns(const Node *node, int depth);

// What is put behind a column for nothing but to keep an index of it from being used.
bool is_empty_text(const Node *node) {
    node = strip(node);
    return is_blank_text(node) && *TextDatumGetCString(reinterpret_cast<const Const *>(node)->constvalue) == '\0';
}

// All of them, but for constants that may be there, and one at least.
bool are_made_of_columns(const List *arguments, int depth) {
    bool columns = false;
    ListCell *cell;
    foreach (cell, arguments) {
        const Node *argument = static_cast<const Node *>(lfirst(cell));
        if (is_part_of_definition(argument)) continue;
        if (!is_made_of_columns(argument, depth)) return false;
        columns = true;
    }
    return columns;
}

bool is_made_of_columns(const Node *node, int depth) {
    node = strip(node);
    if (node == nullptr || depth > deepest_expression) return false;
    if (is_column(node)) return true;
    if (IsA(node, CoerceViaIO)) {
        return is_made_of_columns(reinterpret_cast<const Node *>(reinterpret_cast<const CoerceViaIO *>(node)->arg),
                                  depth + 1);
    }
    const List *arguments = NIL;
    // The length of a cast to one is a constant argument.
    if (IsA(node, CoalesceExpr)) {
        arguments = reinterpret_cast<const CoalesceExpr *>(node)->args;
    } else if (IsA(node, FuncExpr) && !reinterpret_cast<const FuncExpr *>(node)->funcretset) {
        arguments = reinterpret_cast<const FuncExpr *>(node)->args;
    } else if (IsA(node, OpExpr)) {
        const OpExpr *expression = reinterpret_cast<const OpExpr *>(node);
        arguments = expression->args;
        if (is_json_access(expression)) {
            return is_made_of_columns(static_cast<const Node *>(linitial(arguments)), depth + 1);
        }
        ListCell *operand;
        foreach (operand, arguments) {
            if (is_empty_text(static_cast<const Node *>(lfirst(operand)))) return false;
        }
    }
    return are_made_of_columns(arguments, depth + 1);
}

// Whole wherever it is not one of the server's own, as whoever makes the index may have another search_path.
const char *configuration_name(Oid configuration) {
    HeapTuple tuple = SearchSysCache1(TSCONFIGOID, ObjectIdGetDatum(configuration));
    if (!HeapTupleIsValid(tuple)) return nullptr;
    const auto *facts = reinterpret_cast<Form_pg_ts_config>(GETSTRUCT(tuple));
    const bool servers = facts->cfgnamespace == PG_CATALOG_NAMESPACE;
    const char *schema = servers ? nullptr : get_namespace_name(facts->cfgnamespace);
    const char *name = quote_qualified_identifier(schema, NameStr(facts->cfgname));
    ReleaseSysCache(tuple);
    return servers || schema != nullptr ? name : nullptr;
}

} // namespace

const Node *strip(const Node *node) {
    while (node != nullptr && IsA(node, RelabelType)) {
        node = reinterpret_cast<const Node *>(reinterpret_cast<const RelabelType *>(node)->arg);
    }
    return node;
}

bool is_value(const Node *node) {
    Node *expression = const_cast<Node *>(node);
    return !contain_var_clause(expression) && !contain_volatile_functions(expression) && !contain_subplans(expression);
}

bool is_column(const Node *node) {
    return node != nullptr && IsA(node, Var) && reinterpret_cast<const Var *>(node)->varattno > 0;
}

const Node *cast_argument(const Node *node, bool &implicit) {
    CoercionForm form = COERCE_EXPLICIT_CALL;
    const Node *argument = nullptr;
    if (IsA(node, FuncExpr)) {
        const FuncExpr *call = reinterpret_cast<const FuncExpr *>(node);
        form = call->funcformat;
        if (call->args != NIL) argument = static_cast<const Node *>(linitial(call->args));
    } else if (IsA(node, CoerceViaIO)) {
        form = reinterpret_cast<const CoerceViaIO *>(node)->coerceformat;
        argument = reinterpret_cast<const Node *>(reinterpret_cast<const CoerceViaIO *>(node)->arg);
    }
    implicit = form == COERCE_IMPLICIT_CAST;
    return implicit || form == COERCE_EXPLICIT_CAST ? argument : nullptr;
}

bool is_indexable(const Node *node) {
    return is_column(node) || (is_made_of_columns(node, 0) && !contain_mutable_functions(const_cast<Node *>(node)));
}

void ExpressionWriter::write(const Node *node, int depth) {
    node = strip(node);
    if (node == nullptr || depth > deepest_expression) return out_.append("...");
    bool implicit = false;
    if (const Node *argument = cast_argument(node, implicit)) return write_cast(argument, node, implicit, depth);
    switch (nodeTag(node)) {
    case T_Var:
        return write_column(reinterpret_cast<const Var *>(node));
    case T_Const:
        return write_constant(reinterpret_cast<const Const *>(node));
    case T_Param:
    case T_SQLValueFunction:
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
    case T_BooleanTest:
        return write_test(reinterpret_cast<const BooleanTest *>(node), depth);
    case T_SubPlan:
    case T_AlternativeSubPlan:
        return out_.append("(SELECT ...)");
    case T_RowCompareExpr:
        return write_rows(reinterpret_cast<const RowCompareExpr *>(node), depth);
    case T_FuncExpr:
        return write_function(reinterpret_cast<const FuncExpr *>(node), depth);
    case T_CoalesceExpr:
        out_.append("COALESCE");
        return write_arguments(reinterpret_cast<const CoalesceExpr *>(node)->args, depth);
    default:
        return out_.append("...");
    }
}

void ExpressionWriter::write_column(const Var *var) {
    const char *name = var->varattno > 0 ? get_attname(relation_, var->varattno, true) : nullptr;
    out_.append(name != nullptr ? quote_identifier(name) : "...");
}

void ExpressionWriter::write_constant(const Const *constant) {
    const Node *node = reinterpret_cast<const Node *>(constant);
    if (written_ != Written::definition || !is_part_of_definition(node)) return out_.append("?");
    const char *words = is_configuration(node) ? configuration_name(DatumGetObjectId(constant->constvalue))
                                               : TextDatumGetCString(constant->constvalue);
    out_.append(words != nullptr ? quote_literal_cstr(words) : "...");
}

void ExpressionWriter::write_operator(const OpExpr *expression, int depth) {
    const char *name = get_opname(expression->opno);
    const Node *right = static_cast<const Node *>(llast(expression->args));
    if (depth > 0) out_.append("(");
    if (list_length(expression->args) == 2) {
        write(static_cast<const Node *>(linitial(expression->args)), depth + 1);
        out_.append(" ");
    }
    out_.append(name != nullptr ? name : "?");
    out_.append(" ");
    if (is_json_access(expression)) {
        write_place(reinterpret_cast<const Const *>(right), out_);
    } else {
        write(right, depth + 1);
    }
    if (depth > 0) out_.append(")");
}

void ExpressionWriter::write_array(const ScalarArrayOpExpr *expression, int depth) {
    const char *name = get_opname(expression->opno);
    write(static_cast<const Node *>(linitial(expression->args)), depth + 1);
    out_.append(" ");
    out_.append(name != nullptr ? name : "?");
    out_.append(expression->useOr ? " ANY (" : " ALL (");
    const Node *list = static_cast<const Node *>(llast(expression->args));
    if (is_value(list)) {
        out_.append("?");
    } else {
        write(list, depth + 1);
    }
    out_.append(")");
}

void ExpressionWriter::write_boolean(const BoolExpr *expression, int depth) {
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

void ExpressionWriter::write_test(const BooleanTest *test, int depth) {
    static const char *const words[] = {" IS TRUE",      " IS NOT TRUE", " IS FALSE",
                                        " IS NOT FALSE", " IS UNKNOWN",  " IS NOT UNKNOWN"};
    write(reinterpret_cast<const Node *>(test->arg), depth + 1);
    out_.append(words[test->booltesttype]);
}

void ExpressionWriter::write_rows(const RowCompareExpr *rows, int depth) {
    const char *name = get_opname(linitial_oid(rows->opnos));
    write_arguments(rows->largs, depth);
    out_.append(" ");
    out_.append(name != nullptr ? name : "?");
    out_.append(" ");
    write_arguments(rows->rargs, depth);
}

void ExpressionWriter::write_function(const FuncExpr *expression, int depth) {
    const char *name = get_func_name(expression->funcid);
    const Oid schema = get_func_namespace(expression->funcid);
    const char *schema_name =
        OidIsValid(schema) && schema != PG_CATALOG_NAMESPACE ? get_namespace_name(schema) : nullptr;
    out_.append(name != nullptr ? quote_qualified_identifier(schema_name, name) : "...");
    write_arguments(expression->args, depth);
}

void ExpressionWriter::write_arguments(const List *arguments, int depth) {
    const char *separator = "";
    out_.append("(");
    ListCell *cell;
    foreach (cell, arguments) {
        out_.append(separator);
        write(static_cast<const Node *>(lfirst(cell)), depth + 1);
        separator = ", ";
    }
    out_.append(")");
}

// What the server put there itself, it will put there again.
void ExpressionWriter::write_cast(const Node *argument, const Node *cast, bool implicit, int depth) {
    if (implicit || is_value(argument)) return write(argument, depth);
    out_.append("(");
    write(argument, depth + 1);
    out_.append(")::");
    out_.append(format_type_be(exprType(cast)));
}

void write_indexed_expression(Oid relation, const Node *expression, TextWriter &out) {
    expression = strip(expression);
    const bool call =
        IsA(expression, FuncExpr) && reinterpret_cast<const FuncExpr *>(expression)->funcformat == COERCE_EXPLICIT_CALL;
    if (!call) out.append("(");
    ExpressionWriter(relation, out, Written::definition).write(expression);
    if (!call) out.append(")");
}

} // namespace query_audit
