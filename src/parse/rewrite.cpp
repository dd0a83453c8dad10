#include "parse/rewrite.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <new>
#include <set>

#include "parse/lookups.h"

namespace query_audit::parse {
namespace {

template <typename Visit> void for_each_parameter(const ProtobufCMessage &message, Visit &visit) {
    if (message.descriptor == &pg_query__param_ref__descriptor) {
        visit(*reinterpret_cast<PgQuery__ParamRef *>(const_cast<ProtobufCMessage *>(&message)));
        return;
    }
    for_each_child(message, [&](const ProtobufCMessage &child) { for_each_parameter(child, visit); });
}

// Not to_string: see normalize.cpp.
std::string decimal(std::int32_t number) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%d", number);
    return digits;
}

// Whether a * covers the column: its own relation's, or a bare one.
bool star_covers(const PgQuery__ColumnRef &star, const PgQuery__ColumnRef &column, bool one_relation) noexcept {
    if (star.n_fields < 2 || one_relation) return true;
    return column.n_fields >= 2 &&
           string_of(star.fields[star.n_fields - 2]) == string_of(column.fields[column.n_fields - 2]);
}

} // namespace

std::int32_t parameter_of(const Node *value) noexcept {
    const Node *bare = strip_casts(value);
    return bare != nullptr && bare->node_case == PG_QUERY__NODE__NODE_PARAM_REF ? bare->param_ref->number : 0;
}

std::int32_t highest_parameter(const ProtobufCMessage &message) noexcept {
    std::int32_t highest = 0;
    auto visit = [&](const PgQuery__ParamRef &parameter) { highest = std::max(highest, parameter.number); };
    for_each_parameter(message, visit);
    return highest;
}

int uses_of_parameter(const ProtobufCMessage &message, std::int32_t number) noexcept {
    int uses = 0;
    auto visit = [&](const PgQuery__ParamRef &parameter) { uses += parameter.number == number; };
    for_each_parameter(message, visit);
    return uses;
}

bool holds_sublinks(const ProtobufCMessage &message) noexcept {
    bool found = false;
    auto visit = [&](const Node &node) {
        found = found || node.node_case == PG_QUERY__NODE__NODE_SUB_LINK;
        return !found;
    };
    for_each_node(message, visit);
    return found;
}

bool has_windows(const ProtobufCMessage &message) noexcept {
    bool found = false;
    auto visit = [&](const Node &node) {
        found = found || (as_call(&node) != nullptr && as_call(&node)->over != nullptr);
        return !found;
    };
    for_each_node(message, visit);
    return found;
}

void shift_parameters(const ProtobufCMessage &message, std::int32_t by) {
    auto visit = [&](PgQuery__ParamRef &parameter) { parameter.number += by; };
    for_each_parameter(message, visit);
}

void close_gaps(const ProtobufCMessage &statement) {
    std::set<PgQuery__ParamRef *> parameters; // some may stand in the tree twice
    std::map<std::int32_t, std::int32_t> numbers;
    auto visit = [&](PgQuery__ParamRef &parameter) {
        parameters.insert(&parameter);
        numbers[parameter.number] = 0;
    };
    for_each_parameter(statement, visit);
    std::int32_t next = 0;
    for (auto &[number, closed] : numbers) closed = ++next;
    for (PgQuery__ParamRef *parameter : parameters) parameter->number = numbers[parameter->number];
}

Node *Fragments::statement(const std::string &text) {
    Tree &tree = trees_.emplace_back();
    if (tree.parse(text, default_max_parse_bytes, nullptr) != ParseStatus::ok) throw std::bad_alloc();
    return tree.statement();
}

PgQuery__TypeName *Fragments::type(std::string_view name) {
    Tree &tree = trees_.emplace_back();
    std::string text = "SELECT NULL::";
    text += name;
    if (tree.parse(text, default_max_parse_bytes, nullptr) != ParseStatus::ok) return nullptr;
    const SelectStmt *select = as_select(tree.statement());
    const PgQuery__ResTarget *target = select->n_target_list == 1 ? as_target(select->target_list[0]) : nullptr;
    if (target == nullptr || target->val->node_case != PG_QUERY__NODE__NODE_TYPE_CAST) return nullptr;
    return target->val->type_cast->type_name;
}

PgQuery__TypeName *array_of(const PgQuery__TypeName &type, Arena &arena) {
    PgQuery__TypeName *array = copy_message(type, arena);
    insert_item(array->array_bounds, array->n_array_bounds, 0, make_integer_field(-1, arena), arena);
    return array;
}

bool is_array(const PgQuery__TypeName &type) noexcept { return type.n_array_bounds > 0; }

std::string quoted(std::string_view identifier) {
    std::string out = "\"";
    for (const char c : identifier) {
        if (c == '"') out += c;
        out += c;
    }
    return out += '"';
}

std::string free_name(std::string_view wanted, std::string_view text) {
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    };
    std::string name(wanted);
    while (std::search(text.begin(), text.end(), name.begin(), name.end(), same) != text.end()) name += '_';
    return name;
}

PgQuery__TypeName *type_of(const Node *value, const ColumnFacts *column, Fragments &fragments) {
    PgQuery__TypeName *type = nullptr;
    if (value->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) {
        type = value->type_cast->type_name;
    } else if (column != nullptr && column->type != nullptr) {
        type = fragments.type(column->type);
    }
    return type != nullptr && !is_array(*type) ? type : nullptr;
}

std::string unnest_text(const std::vector<Key> &keys) {
    std::string text = "unnest(";
    for (const Key &key : keys) {
        if (&key != &keys.front()) text += ", ";
        text += "$" + decimal(key.parameter) + "::text[]"; // the type follows in set_types()
    }
    return text + ")";
}

std::string names_of(const std::vector<Key> &keys, std::string_view prefix) {
    std::string text;
    for (const Key &key : keys) {
        if (&key != &keys.front()) text += ", ";
        text += prefix;
        text += quoted(key.name);
    }
    return text;
}

void set_types(PgQuery__RangeFunction &unnest, const std::vector<Key> &keys, Arena &arena) {
    const Node *function = as_list(unnest.functions[0])[0];
    for (std::size_t i = 0; i < keys.size(); ++i) {
        function->func_call->args[i]->type_cast->type_name = array_of(*keys[i].type, arena);
    }
}

void replace_by_columns(const ProtobufCMessage &statement, const std::vector<Key> &keys, const std::string &relation,
                        Arena &arena) {
    auto visit = [&](Node &node) {
        const std::int32_t parameter = parameter_of(&node);
        if (parameter == 0) return true;
        const auto key =
            std::find_if(keys.begin(), keys.end(), [&](const Key &one) { return one.parameter == parameter; });
        if (key != keys.end()) node = *make_column({relation, key->name}, arena);
        return false;
    };
    for_each_node(statement, visit);
}

std::string note_on_fixed(const ProtobufCMessage &statement) {
    std::set<std::int32_t> fixed;
    auto visit = [&](const Node &node) {
        const bool array = node.node_case == PG_QUERY__NODE__NODE_TYPE_CAST && is_array(*node.type_cast->type_name);
        const PgQuery__AExpr *expression = as_expression(&node);
        if (array && parameter_of(&node) > 0) return false;
        if (expression != nullptr && expression->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY) return false;
        const std::int32_t parameter = parameter_of(&node);
        if (parameter > 0) fixed.insert(parameter);
        return true;
    };
    for_each_node(statement, visit);
    auto forget_limits = [&](const Node &node) {
        const SelectStmt *select = as_select(const_cast<Node *>(&node));
        if (select == nullptr) return true;
        for (const Node *limit : {select->limit_count, select->limit_offset}) {
            if (limit == nullptr) continue;
            std::erase_if(fixed, [&](std::int32_t parameter) {
                return parameter_of(limit) == parameter || uses_of_parameter(limit->base, parameter) > 0;
            });
        }
        return true;
    };
    for_each_node(statement, forget_limits);
    if (forget_limits(reinterpret_cast<const Node &>(statement)); fixed.empty()) return {};
    std::string note = "\n-- one value for all keys:";
    for (const std::int32_t parameter : fixed) {
        note += parameter == *fixed.begin() ? " $" : ", $";
        note += decimal(parameter);
    }
    return note;
}

Returning returning_of(ProtobufCMessage &statement) noexcept {
    auto *base = reinterpret_cast<char *>(&statement);
    for (unsigned i = 0; i < statement.descriptor->n_fields; ++i) {
        const ProtobufCFieldDescriptor &field = statement.descriptor->fields[i];
        const std::string_view name = field.name;
        if (name == "returning_list" || (name == "exprs" && field.label == PROTOBUF_C_LABEL_REPEATED)) {
            return {reinterpret_cast<Node ***>(base + field.offset),
                    reinterpret_cast<std::size_t *>(base + field.quantifier_offset)};
        }
        if (name == "returning_clause") {
            auto *clause = *reinterpret_cast<ProtobufCMessage **>(base + field.offset);
            if (clause != nullptr) return returning_of(*clause);
        }
    }
    return {};
}

std::vector<Node *> conjuncts_of(Node *where) {
    std::vector<Node *> conjuncts;
    for_each_conjunct(where, [&](Node *condition) { conjuncts.push_back(condition); });
    return conjuncts;
}

std::string_view output_name(const PgQuery__ResTarget &target) noexcept {
    if (target.name[0] != '\0') return target.name;
    const Node *value = strip_casts(static_cast<const Node *>(target.val));
    if (value != nullptr && value->node_case == PG_QUERY__NODE__NODE_COLLATE_CLAUSE) value = value->collate_clause->arg;
    if (const PgQuery__ColumnRef *column = as_column(value)) return last_name(list(column->fields, column->n_fields));
    const PgQuery__FuncCall *call = as_call(value);
    return call != nullptr ? last_name(list(call->funcname, call->n_funcname)) : std::string_view();
}

bool same_column(const PgQuery__ColumnRef &column, const PgQuery__ColumnRef &other) noexcept {
    const NodeList ours = list(column.fields, column.n_fields);
    const NodeList theirs = list(other.fields, other.n_fields);
    const std::size_t common = std::min(ours.size(), theirs.size());
    for (std::size_t i = 1; i <= common; ++i) {
        if (string_of(ours[ours.size() - i]) != string_of(theirs[theirs.size() - i])) return false;
    }
    return common > 0;
}

bool shows(NodeList targets, const PgQuery__ColumnRef &column, bool one_relation) noexcept {
    return std::any_of(targets.begin(), targets.end(), [&](const Node *node) {
        const PgQuery__ResTarget *target = as_target(node);
        const PgQuery__ColumnRef *shown = target != nullptr ? as_column(target->val) : nullptr;
        if (shown == nullptr) return false;
        return is_star(target->val) ? star_covers(*shown, column, one_relation) : same_column(*shown, column);
    });
}

} // namespace query_audit::parse
