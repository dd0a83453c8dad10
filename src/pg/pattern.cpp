#include "pg/expression.h"

#include "pg/pattern.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

enum class Language : uint8 { none, like, regex, prefix };

// By the operator's name: extensions have such operators for their own types of text.
Language language_of(const char *name, bool &ignores_case) {
    const size_t length = strlen(name);
    ignores_case = length > 1 && name[length - 1] == '*';
    if (strcmp(name, "~~") == 0 || strcmp(name, "~~*") == 0) return Language::like;
    if (strcmp(name, "~") == 0 || strcmp(name, "~*") == 0) return Language::regex;
    return strcmp(name, "^@") == 0 ? Language::prefix : Language::none;
}

bool is_text(Oid type) {
    char category;
    bool preferred;
    get_type_category_preferred(type, &category, &preferred);
    return category == TYPCATEGORY_STRING;
}

char *text_of(Oid type, Datum value, bool null) {
    if (!null && type == UNKNOWNOID) return pstrdup(DatumGetCString(value)); // an argument of any type
    if (null || (type != BPCHAROID && !IsBinaryCoercible(type, TEXTOID))) return nullptr;
    return TextDatumGetCString(value);
}

bool is_concatenation(const Node *node, const List *&parts) {
    if (IsA(node, OpExpr)) {
        const OpExpr *expression = reinterpret_cast<const OpExpr *>(node);
        parts = expression->args;
        return get_opcode(expression->opno) == F_TEXTCAT;
    }
    if (!IsA(node, FuncExpr)) return false;
    const FuncExpr *call = reinterpret_cast<const FuncExpr *>(node);
    parts = call->args;
    return call->funcid == F_CONCAT && !call->funcvariadic;
}

// The text that the value is known to begin with; null where nothing is. A client writes '%' || $1 || '%'.
char *known_beginning(const Node *value, const EState *state) {
    value = strip(value);
    const List *parts = NIL;
    while (value != nullptr && is_concatenation(value, parts) && parts != NIL) {
        value = strip(static_cast<const Node *>(linitial(parts)));
    }
    if (value == nullptr) return nullptr;
    if (IsA(value, Const)) {
        const Const *constant = reinterpret_cast<const Const *>(value);
        return text_of(constant->consttype, constant->constvalue, constant->constisnull);
    }
    if (!IsA(value, Param) || state == nullptr) return nullptr;
    const Param *parameter = reinterpret_cast<const Param *>(value);
    if (parameter->paramkind != PARAM_EXTERN) return nullptr;
    // Where PL/pgSQL fetches its variables lazily, to ask for them could run its code.
    const ParamListInfoData *bound = state->es_param_list_info;
    if (bound == nullptr || bound->paramFetch != nullptr || parameter->paramid > bound->numParams) return nullptr;
    const ParamExternData &value_of = bound->params[parameter->paramid - 1];
    return text_of(value_of.ptype, value_of.value, value_of.isnull);
}

PatternKind beginning_of_regex(const char *text) {
    if (text[0] != '^') return PatternKind::open_beginning;
    // What follows must stand for itself, and be no part of an alternative.
    const bool plain = text[1] != '\0' && strchr(".*+?()[]{}|\\^$", text[1]) == nullptr;
    const bool optional = plain && text[2] != '\0' && strchr("*?{", text[2]) != nullptr;
    const bool fixed = plain && !optional && strchr(text, '|') == nullptr;
    return fixed ? PatternKind::fixed_beginning : PatternKind::other;
}

PatternKind beginning_of(Language language, const char *text) {
    if (text == nullptr || text[0] == '\0') return PatternKind::other;
    switch (language) {
    case Language::like:
        return text[0] == '%' || text[0] == '_' ? PatternKind::open_beginning : PatternKind::fixed_beginning;
    case Language::regex:
        return beginning_of_regex(text);
    case Language::prefix:
        return PatternKind::fixed_beginning;
    case Language::none:
        break;
    }
    return PatternKind::none;
}

// Of several patterns one that is open keeps a scan from all it could skip.
PatternKind beginning_of_list(Language language, const Const *list) {
    if (list->constisnull || list->consttype != TEXTARRAYOID) return PatternKind::other;
    Datum *texts;
    bool *nulls;
    int count;
    deconstruct_array(DatumGetArrayTypeP(list->constvalue), TEXTOID, -1, false, TYPALIGN_INT, &texts, &nulls, &count);
    for (int i = 0; i < count; ++i) {
        const PatternKind kind = nulls[i] ? PatternKind::other : beginning_of(language, TextDatumGetCString(texts[i]));
        if (kind == PatternKind::open_beginning) return kind;
    }
    return PatternKind::other;
}

} // namespace

Pattern read_pattern(Oid operator_id, const Node *value, const EState *state) {
    const char *name = get_opname(operator_id);
    bool ignores_case = false;
    const Language language = name != nullptr ? language_of(name, ignores_case) : Language::none;
    if (language == Language::none) return {PatternKind::none};
    const Node *plain = strip(value);
    const bool list = OidIsValid(get_element_type(exprType(plain)));
    if (!list && !is_text(exprType(plain))) return {PatternKind::none};
    PatternKind kind = PatternKind::other;
    if (!list) kind = beginning_of(language, known_beginning(plain, state));
    if (list && IsA(plain, Const)) kind = beginning_of_list(language, reinterpret_cast<const Const *>(plain));
    // A btree knows one case alone, and the server plans ranges for its own operators alone.
    const bool sorted = !ignores_case && operator_id < FirstNormalObjectId;
    return {kind == PatternKind::fixed_beginning && !sorted ? PatternKind::other : kind};
}

} // namespace query_audit
