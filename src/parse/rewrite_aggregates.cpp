#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "parse/lookups.h"
#include "parse/output.h"
#include "parse/rewrite.h"

namespace query_audit {
namespace {

using namespace parse;

bool same_tree(const ProtobufCMessage &a, const ProtobufCMessage &b) noexcept;

bool same_value(const ProtobufCFieldDescriptor &field, const char *a, const char *b) noexcept {
    switch (field.type) {
    case PROTOBUF_C_TYPE_STRING:
        return std::strcmp(*reinterpret_cast<const char *const *>(a), *reinterpret_cast<const char *const *>(b)) == 0;
    case PROTOBUF_C_TYPE_MESSAGE: {
        const auto *left = *reinterpret_cast<const ProtobufCMessage *const *>(a);
        const auto *right = *reinterpret_cast<const ProtobufCMessage *const *>(b);
        return left == nullptr || right == nullptr ? left == right : same_tree(*left, *right);
    }
    case PROTOBUF_C_TYPE_BOOL:
        return *reinterpret_cast<const protobuf_c_boolean *>(a) == *reinterpret_cast<const protobuf_c_boolean *>(b);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return std::memcmp(a, b, sizeof(std::uint64_t)) == 0;
    default:
        return std::memcmp(a, b, sizeof(std::uint32_t)) == 0;
    }
}

bool same_field(const ProtobufCFieldDescriptor &field, const char *a, const char *b) noexcept {
    const char *at_a = a + field.offset;
    const char *at_b = b + field.offset;
    if (field.label == PROTOBUF_C_LABEL_REPEATED) {
        const auto count = *reinterpret_cast<const std::size_t *>(a + field.quantifier_offset);
        if (count != *reinterpret_cast<const std::size_t *>(b + field.quantifier_offset)) return false;
        const bool pointers = field.type == PROTOBUF_C_TYPE_MESSAGE || field.type == PROTOBUF_C_TYPE_STRING;
        if (!pointers) return count == 0; // nothing of a DML tree
        const char *items_a = *reinterpret_cast<const char *const *>(at_a);
        const char *items_b = *reinterpret_cast<const char *const *>(at_b);
        for (std::size_t i = 0; i < count; ++i) {
            if (!same_value(field, items_a + i * sizeof(void *), items_b + i * sizeof(void *))) return false;
        }
        return true;
    }
    if ((field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        const auto set_a = *reinterpret_cast<const std::uint32_t *>(a + field.quantifier_offset);
        const auto set_b = *reinterpret_cast<const std::uint32_t *>(b + field.quantifier_offset);
        if (set_a != set_b) return false;
        if (set_a != field.id) return true;
    }
    return same_value(field, at_a, at_b);
}

// Whether two trees say the same, wherever in their texts.
bool same_tree(const ProtobufCMessage &a, const ProtobufCMessage &b) noexcept {
    if (a.descriptor != b.descriptor) return false;
    if (is_node(a)) {
        const auto &left = reinterpret_cast<const Node &>(a);
        const auto &right = reinterpret_cast<const Node &>(b);
        if (left.node_case != right.node_case) return false;
        return left.node_case == PG_QUERY__NODE__NODE__NOT_SET || same_tree(*message_of(left), *message_of(right));
    }
    for (unsigned i = 0; i < a.descriptor->n_fields; ++i) {
        const ProtobufCFieldDescriptor &field = a.descriptor->fields[i];
        if (std::strstr(field.name, "location") != nullptr) continue;
        if (!same_field(field, reinterpret_cast<const char *>(&a), reinterpret_cast<const char *>(&b))) return false;
    }
    return true;
}

bool same_lists(NodeList a, NodeList b) noexcept {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](const Node *left, const Node *right) {
               return same_tree(left->base, right->base);
           });
}

Reason check(SelectStmt &select) {
    if (select.op > PG_QUERY__SET_OPERATION__SETOP_NONE) return "One of them combines several SELECTs.";
    if (select.with_clause != nullptr) return "One of them has a WITH clause.";
    if (select.n_group_clause > 0 || select.having_clause != nullptr) return "One of them groups its rows.";
    if (select.n_distinct_clause > 0 || select.limit_offset != nullptr || select.into_clause != nullptr) {
        return "One of them is more than aggregates under a filter.";
    }
    const NodeList targets = list(select.target_list, select.n_target_list);
    const Output output = classify_targets(targets);
    if (output != Output::count && output != Output::aggregates) return "One of them returns more than aggregates.";
    for (const Node *from : list(select.from_clause, select.n_from_clause)) {
        if (highest_parameter(from->base) > 0)
            return "The relations that they read are filtered by values of their own.";
    }
    return nullptr;
}

// The filter goes to each aggregate; what is inside of one is its own.
struct FilterAdder {
    Node *filter;
    Arena &arena;
    bool sublinks;
    std::string name; // of the first aggregate

    bool operator()(Node &node) {
        sublinks = sublinks || node.node_case == PG_QUERY__NODE__NODE_SUB_LINK;
        PgQuery__FuncCall *call = as_call(&node);
        if (call == nullptr || !is_aggregate(*call)) return true;
        if (name.empty()) name = last_name(list(call->funcname, call->n_funcname));
        if (filter != nullptr) {
            Node *both[] = {call->agg_filter, filter};
            call->agg_filter = call->agg_filter == nullptr
                                   ? filter
                                   : make_bool(PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR, list(both, 2), arena);
        }
        return false;
    }
};

class Aggregates {
  public:
    Reason add(const TextSpan &span) {
        Tree &tree = trees_.emplace_back();
        const std::string_view text(span.text, span.length);
        if (tree.parse(text, default_max_parse_bytes, nullptr) != ParseStatus::ok)
            return "One of them cannot be parsed.";
        SelectStmt *select = as_select(tree.statement());
        if (select == nullptr) return "One of them is not a SELECT.";
        if (const Reason reason = check(*select)) return reason;
        if (!selects_.empty() && !same_lists(from(*select), from(*selects_[0]))) {
            return "They read different relations, or join them in different ways.";
        }
        shift_parameters(select->base, next_parameter_);
        next_parameter_ = std::max(next_parameter_, highest_parameter(select->base));
        selects_.push_back(select);
        conditions_.push_back(conjuncts_of(select->where_clause));
        return nullptr;
    }

    Reason write(std::string &out) {
        if (selects_.size() < 2) return "Not all of their texts are kept.";
        Arena &arena = trees_[0].arena();
        std::vector<Node *> where = take_common();
        if (Node *keys = common_lookup()) where.push_back(keys);
        SelectStmt &all = *selects_[0];
        std::vector<Node *> targets;
        for (std::size_t i = 0; i < selects_.size(); ++i) {
            const NodeList filters = list(conditions_[i].data(), conditions_[i].size());
            Node *filter = filters.empty() ? nullptr : make_bool(PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR, filters, arena);
            FilterAdder adder{filter, arena, false, {}};
            for (Node *node : list(selects_[i]->target_list, selects_[i]->n_target_list)) {
                PgQuery__ResTarget &target = *as_target(node);
                adder.name.clear();
                if (adder(*target.val)) for_each_node(target.val->base, adder);
                if (adder.sublinks) return "One of them computes a value from a table of its own.";
                name(target, adder.name, i);
                targets.push_back(node);
            }
        }
        all.n_target_list = 0;
        for (Node *target : targets) insert_item(all.target_list, all.n_target_list, all.n_target_list, target, arena);
        all.where_clause = where.empty()
                               ? nullptr
                               : make_bool(PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR, list(where.data(), where.size()), arena);
        all.n_sort_clause = 0;
        all.limit_count = nullptr;
        all.limit_option = PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_DEFAULT;
        close_gaps(all.base);
        return trees_[0].deparse(out) ? nullptr : "They cannot be written as one text.";
    }

  private:
    static NodeList from(const SelectStmt &select) { return list(select.from_clause, select.n_from_clause); }

    // Conditions without parameters that all of them have; taken out of each.
    std::vector<Node *> take_common() {
        std::vector<Node *> common;
        const std::vector<Node *> first = conditions_[0];
        for (Node *condition : first) {
            if (highest_parameter(condition->base) > 0) continue;
            const auto same = [&](const Node *other) { return same_tree(condition->base, other->base); };
            const bool everywhere = std::all_of(conditions_.begin(), conditions_.end(), [&](const auto &conditions) {
                return std::any_of(conditions.begin(), conditions.end(), same);
            });
            if (!everywhere) continue;
            common.push_back(condition);
            for (std::vector<Node *> &conditions : conditions_) std::erase_if(conditions, same);
        }
        return common;
    }

    // `column IN (...)` where all of them ask for equality of one column, so that an index still helps. It stays in
    // each filter, too: nothing says that the values are the same.
    Node *common_lookup() {
        for (const Node *condition : conditions_[0]) {
            const Equality first = as_equality(condition);
            if (first.expression == nullptr) continue;
            std::vector<Node *> values;
            for (const std::vector<Node *> &conditions : conditions_) {
                for (const Node *one : conditions) {
                    const Equality equality = as_equality(one);
                    if (equality.expression == nullptr || !same_tree(equality.column->base, first.column->base))
                        continue;
                    values.push_back(equality.value);
                    break;
                }
            }
            if (values.size() != conditions_.size()) continue;
            Arena &arena = trees_[0].arena();
            Node *column = make_column(*first.column, arena);
            return make_in_list(column, list(values.data(), values.size()), arena);
        }
        return nullptr;
    }

    // Each column has a name of its own: the one it had, or its function's, with the number of its statement.
    void name(PgQuery__ResTarget &target, const std::string &function, std::size_t statement) {
        std::string wanted = target.name[0] != '\0' ? target.name : function;
        if (wanted.empty()) wanted = "value";
        char number[24];
        std::snprintf(number, sizeof number, "_%zu", statement + 1);
        wanted += number;
        while (std::find(names_.begin(), names_.end(), wanted) != names_.end()) wanted += '_';
        names_.push_back(wanted);
        target.name = make_text(wanted, trees_[0].arena());
    }

    std::deque<Tree> trees_;
    std::vector<SelectStmt *> selects_;
    std::vector<std::vector<Node *>> conditions_;
    std::vector<std::string> names_;
    std::int32_t next_parameter_ = 0;
};

} // namespace

extern "C" bool query_audit_rewrite_aggregates(const TextSpan *texts, std::size_t count, char *out,
                                               std::size_t capacity) noexcept {
    return answer(out, capacity, [&](std::string &rewritten) -> Reason {
        Aggregates aggregates;
        for (std::size_t i = 0; i < count; ++i) {
            if (const Reason reason = aggregates.add(texts[i])) return reason;
        }
        return aggregates.write(rewritten);
    });
}

} // namespace query_audit
