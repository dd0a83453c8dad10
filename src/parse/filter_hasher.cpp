#include "parse/filter_hasher.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace query_audit::parse {
namespace {

// Starting points that keep what is folded apart from what is hashed field by field.
enum Tag : std::uint64_t { value_tag = 1001, column_tag, relation_tag, list_tag, or_tag, equality_tag, select_tag };

// Where in the text something is, which says nothing about what it is.
bool is_position(const char *field) noexcept {
    const std::string_view name = field;
    return name.ends_with("location") || name.ends_with("_start") || name.ends_with("_end") || name == "stmt_len";
}

std::uint64_t hash_scalar(const ProtobufCFieldDescriptor &field, const char *at) noexcept {
    switch (field.type) {
    case PROTOBUF_C_TYPE_STRING: {
        const char *string = *reinterpret_cast<const char *const *>(at);
        return string == nullptr || string[0] == '\0' ? 0 : mix(1, std::string_view(string));
    }
    case PROTOBUF_C_TYPE_BYTES:
        return 0;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_DOUBLE: {
        std::uint64_t number = 0;
        std::memcpy(&number, at, sizeof number);
        return number;
    }
    default: {
        std::uint32_t number = 0;
        std::memcpy(&number, at, sizeof number);
        return is_position(field.name) ? 0 : number;
    }
    }
}

} // namespace

std::uint64_t relation_hash(const PgQuery__RangeVar &relation) noexcept {
    return mix(mix(relation_tag, std::string_view(relation.schemaname)), std::string_view(relation.relname));
}

std::uint64_t FilterHasher::hash_value(const Node &value) {
    const Node *bare = strip_casts(&value);
    if (bare->node_case == PG_QUERY__NODE__NODE_PARAM_REF) {
        values_->push_back({{bare->param_ref->number, -1}, place_.bound});
    } else {
        values_->push_back({{0, bare->a_const->location}, place_.bound});
    }
    return value_tag;
}

std::uint64_t FilterHasher::hash_column(const PgQuery__ColumnRef &column, Scope &scope) {
    ++columns_;
    const NodeList fields = list(column.fields, column.n_fields);
    const std::uint64_t name = mix(column_tag, last_name(fields));
    if (fields.size() < 2) {
        if (scope.items.empty()) return name;
        const FromItem &anchor = scope.items[scope.anchor];
        return mix(mix(name, anchor.identity), anchor.occurrence);
    }
    const std::string_view qualifier = string_of(fields[fields.size() - 2]);
    for (Scope *in = &scope; in != nullptr; in = in->outer) {
        if (FromItem *item = in->find(qualifier)) {
            item->referenced = true;
            return mix(mix(name, item->identity), item->occurrence);
        }
    }
    return mix(name, qualifier);
}

std::uint64_t FilterHasher::hash_ordered(NodeList nodes, std::uint64_t hash, Scope &scope, const Ctes &ctes) {
    for (const Node *node : nodes) hash = mix(hash, hash_node(*node, scope, ctes));
    return hash;
}

// A list of any length of like elements hashes as one of them.
std::uint64_t FilterHasher::hash_folded(NodeList nodes, std::uint64_t hash, Scope &scope, const Ctes &ctes) {
    std::vector<std::uint64_t> distinct;
    distinct.reserve(nodes.size());
    for (const Node *node : nodes) distinct.push_back(hash_node(*node, scope, ctes));
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    for (const std::uint64_t one : distinct) hash = mix(hash, one);
    return hash;
}

std::uint64_t FilterHasher::hash_sum(NodeList nodes, std::uint64_t hash, Scope &scope, const Ctes &ctes) {
    std::uint64_t sum = 0;
    for (const Node *node : nodes) sum += mix(hash, hash_node(*node, scope, ctes));
    return mix(hash, sum);
}

std::uint64_t FilterHasher::hash_expression(const PgQuery__AExpr &expression, Scope &scope, const Ctes &ctes) {
    if (expression.kind == PG_QUERY__A__EXPR__KIND__AEXPR_IN) {
        std::uint64_t hash = mix(list_tag, last_name(list(expression.name, expression.n_name)));
        if (expression.lexpr != nullptr) hash = mix(hash, hash_node(*expression.lexpr, scope, ctes));
        return hash_folded(as_list(expression.rexpr), hash, scope, ctes);
    }
    const bool symmetric = expression.kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP && expression.lexpr != nullptr &&
                           expression.rexpr != nullptr && expression.n_name == 1 &&
                           (is_operator(expression, "=") || is_operator(expression, "<>"));
    const Place outside = place_;
    if (bounds_a_range(expression)) {
        place_.bound = true;
        // A sub-select that is compared with a value has keys of its own; one that a column is compared with is a
        // bound.
        place_.bound_in_select =
            outside.bound || !(is_computed_from_values(expression.lexpr) || is_computed_from_values(expression.rexpr));
    } else if (place_.alternative && place_.bounds != nullptr && place_.bounds->continues(expression)) {
        place_.bound = place_.bound_in_select = true;
    }
    if (!symmetric) {
        const std::uint64_t hash = hash_message(expression.base, scope, ctes);
        place_ = outside;
        return hash;
    }
    const std::uint64_t left = hash_node(*expression.lexpr, scope, ctes);
    const std::uint64_t right = hash_node(*expression.rexpr, scope, ctes);
    place_ = outside;
    return mix(mix(equality_tag, string_of(expression.name[0])), mix_unordered(left, right));
}

std::uint64_t FilterHasher::hash_select(SelectStmt &select, Scope &outer, const Ctes &outer_ctes) {
    const Level level = enter(&select, outer_ctes);
    const FilterSource source = source_of(level);
    Scope scope = open_scope(source, &outer);
    const Place outside = place_;
    place_ = place_in_select();
    resolve_items(scope, level.ctes);
    std::uint64_t hash = select_tag;
    for (FromItem &item : scope.items) {
        hash = mix(hash, item.identity);
        values_->insert(values_->end(), item.values.begin(), item.values.end());
        if (item.join == nullptr) continue;
        hash = mix(hash, item.join->jointype);
        if (item.join->quals != nullptr) hash = mix(hash, hash_node(*item.join->quals, scope, level.ctes));
        hash = hash_ordered(list(item.join->using_clause, item.join->n_using_clause), hash, scope, level.ctes);
    }
    hash = hash_folded(list(select.values_lists, select.n_values_lists), hash, scope, level.ctes);
    // Its FROM and VALUES are done; a shallow copy without them leaves the other fields, whatever the release has.
    SelectStmt rest = select;
    rest.n_from_clause = rest.n_values_lists = 0;
    hash = mix(hash, hash_message(rest.base, scope, level.ctes));
    place_ = outside;
    return hash;
}

FilterHasher::Place FilterHasher::place_in_select() const noexcept {
    const bool bound = place_.bound && place_.bound_in_select;
    return {nullptr, false, bound, bound};
}

std::uint64_t FilterHasher::hash_alternatives(const Node &node, Scope &scope, const Ctes &ctes) {
    const PgQuery__BoolExpr &combined = *node.bool_expr;
    const bool outside =
        std::exchange(place_.alternative, place_.alternative || combined.boolop != PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR);
    const std::uint64_t hash =
        combined.boolop == PG_QUERY__BOOL_EXPR_TYPE__NOT_EXPR
            ? mix(static_cast<std::uint64_t>(node.node_case), hash_message(combined.base, scope, ctes))
            : hash_sum(list(combined.args, combined.n_args), mix(or_tag, combined.boolop), scope, ctes);
    place_.alternative = outside;
    return hash;
}

std::uint64_t FilterHasher::hash_node(const Node &node, Scope &scope, const Ctes &ctes) {
    if (is_value(&node)) return hash_value(node);
    const auto hash = static_cast<std::uint64_t>(node.node_case);
    switch (node.node_case) {
    case PG_QUERY__NODE__NODE__NOT_SET:
        return hash;
    case PG_QUERY__NODE__NODE_COLUMN_REF:
        return hash_column(*node.column_ref, scope);
    case PG_QUERY__NODE__NODE_A_EXPR:
        return hash_expression(*node.a_expr, scope, ctes);
    case PG_QUERY__NODE__NODE_SELECT_STMT:
        return hash_select(*node.select_stmt, scope, ctes);
    case PG_QUERY__NODE__NODE_RES_TARGET: // its name is an alias
        return node.res_target->val != nullptr ? mix(hash, hash_node(*node.res_target->val, scope, ctes)) : hash;
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR: {
        const std::uint64_t elements = hash_folded(as_list(&node), hash, scope, ctes);
        return is_value_or_array(&node) ? static_cast<std::uint64_t>(value_tag) : elements; // ARRAY[$1, $2] is as $1
    }
    case PG_QUERY__NODE__NODE_TYPE_CAST:
        if (is_value_or_array(&node)) return hash_node(*strip_casts(&node), scope, ctes);
        break;
    case PG_QUERY__NODE__NODE_NULL_TEST: {
        // $1 IS NULL OR id > $1: whether a value is given at all looks nothing up.
        const Place outside = place_;
        place_.bound = place_.bound || is_value(node.null_test->arg);
        const std::uint64_t test = mix(hash, hash_message(node.null_test->base, scope, ctes));
        place_ = outside;
        return test;
    }
    case PG_QUERY__NODE__NODE_BOOL_EXPR:
        return hash_alternatives(node, scope, ctes);
    default:
        break;
    }
    return mix(hash, hash_any(*message_of(node), scope, ctes));
}

std::uint64_t FilterHasher::hash_any(const ProtobufCMessage &message, Scope &scope, const Ctes &ctes) {
    if (is_node(message)) return hash_node(reinterpret_cast<const Node &>(message), scope, ctes);
    if (message.descriptor == &pg_query__alias__descriptor) return 0;
    if (message.descriptor == &pg_query__range_var__descriptor) {
        return relation_hash(reinterpret_cast<const PgQuery__RangeVar &>(message));
    }
    if (message.descriptor == &pg_query__select_stmt__descriptor) { // the sides of a set operation
        auto &select = const_cast<SelectStmt &>(reinterpret_cast<const SelectStmt &>(message));
        return hash_select(select, scope, ctes);
    }
    return hash_message(message, scope, ctes);
}

std::uint64_t FilterHasher::hash_message(const ProtobufCMessage &message, Scope &scope, const Ctes &ctes) {
    const auto *base = reinterpret_cast<const char *>(&message);
    std::uint64_t hash = 0;
    for (unsigned i = 0; i < message.descriptor->n_fields; ++i) {
        const ProtobufCFieldDescriptor &field = message.descriptor->fields[i];
        if (field.type == PROTOBUF_C_TYPE_MESSAGE || field.label == PROTOBUF_C_LABEL_REPEATED) continue;
        if (const std::uint64_t scalar = hash_scalar(field, base + field.offset); scalar != 0) {
            hash = mix(mix(hash, field.id), scalar);
        }
    }
    const auto visit = [&](const ProtobufCFieldDescriptor &field, const ProtobufCMessage &child) {
        hash = mix(mix(hash, field.id), hash_any(child, scope, ctes));
    };
    for_each_field_child(message, visit);
    return hash;
}

} // namespace query_audit::parse
