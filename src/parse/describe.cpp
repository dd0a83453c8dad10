#include "parse/describe.h"

#include "parse/hash.h"
#include "parse/keys.h"
#include "parse/lookups.h"
#include "parse/output.h"

namespace query_audit::parse {
namespace {

constexpr std::uint64_t insert_tag = 3001; // so that an INSERT never has a SELECT's identity

// Flags that hold wherever in the statement their cause stands.
void add_flags_anywhere(const ProtobufCMessage &message, const Ctes &ctes, std::uint32_t &flags) {
    if (message.descriptor == &pg_query__range_var__descriptor) {
        if (!find_cte(reinterpret_cast<const PgQuery__RangeVar &>(message), ctes).found) flags |= shape_flag::relation;
        return;
    }
    if (message.descriptor == &pg_query__locking_clause__descriptor) {
        const auto &locking = reinterpret_cast<const PgQuery__LockingClause &>(message);
        flags |= shape_flag::locks_rows;
        if (locking.wait_policy == PG_QUERY__LOCK_WAIT_POLICY__LockWaitSkip) flags |= shape_flag::skips_locked;
        return; // what it names are aliases
    }
    Ctes inside = ctes;
    if (message.descriptor == &pg_query__select_stmt__descriptor) {
        inside = see(reinterpret_cast<const SelectStmt &>(message).with_clause, ctes);
    }
    for_each_child(message, [&](const ProtobufCMessage &child) { add_flags_anywhere(child, inside, flags); });
}

// all_keys: what bounds a range is a key, too. The order of the values does not depend on it.
void add_filter(const FilterIdentity &identity, bool all_keys, Description &description) {
    description.filter_identity = identity.hash;
    std::vector<FilterValue> &values = description.filter_values;
    values.reserve(identity.values.size());
    for (const Value &one : identity.values) {
        if (!one.is_bound) values.push_back(one.value);
    }
    description.key_value_count = values.size();
    for (const Value &one : identity.values) {
        if (one.is_bound) values.push_back(one.value);
    }
    const bool only_bounds = description.key_value_count == 0 && !identity.bounds_are_keys;
    if (all_keys && only_bounds && identity.compares) description.flags |= shape_flag::ranged;
    if (all_keys || identity.bounds_are_keys) description.key_value_count = values.size();
    if (!identity.compares) return;
    description.flags |= shape_flag::filtered;
    if (description.key_value_count > 0) description.flags |= shape_flag::keyed;
}

void add_limits(const Level &level, std::uint32_t &flags) {
    if (level.has_limit()) flags |= shape_flag::limit;
    if (level.has_offset()) flags |= shape_flag::offset;
    if (level.is_grouped() || level.is_set_operation()) flags |= shape_flag::grouped;
}

void describe_select(SelectStmt &select, Description &description) {
    std::uint32_t &flags = description.flags;
    Level top = enter(&select, nullptr);
    const Output output = output_of(top);
    top.counted = output == Output::count;
    if (output == Output::count) flags |= shape_flag::count | shape_flag::aggregate;
    if (output == Output::aggregates) flags |= shape_flag::aggregate;

    std::optional<Level> paging;
    if (output == Output::rows) paging = find_paging(top);
    if (paging) flags |= shape_flag::page;

    if (paging && paging->select != top.select) add_limits(top, flags);
    Level filter = paging ? *paging : top;
    add_limits(filter, flags);
    while (std::optional<Level> inner = below(filter)) {
        filter = *std::move(inner);
        add_limits(filter, flags);
    }
    if (looks_up_by_list(source_of(filter))) flags |= shape_flag::batch;
    if (paging && is_keyset(*paging, filter)) flags |= shape_flag::keyset;
    // A range of rows is read in parts; a number for each of many ranges is looked up.
    const bool all_keys = output != Output::rows;
    if ((flags & shape_flag::relation) == 0) return;
    add_filter(identify_filter(filter), all_keys, description);
    const RowFacts rows = describe_rows(top, output);
    flags |= rows.flags;
    description.row_key = rows.row_key;
    description.list_parameter = rows.list_parameter;
}

void describe_write(const FilterSource &source, Description &description) {
    if (looks_up_by_list(source)) description.flags |= shape_flag::batch;
    add_filter(identify_filter(source), false, description);
}

} // namespace

Description describe(Node *statement) {
    Description description;
    FilterSource source;
    switch (statement->node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT:
        description.kind = StatementKind::select;
        add_flags_anywhere(statement->base, nullptr, description.flags);
        describe_select(*statement->select_stmt, description);
        return description;
    case PG_QUERY__NODE__NODE_INSERT_STMT:
        description.kind = StatementKind::insert;
        source.target = statement->insert_stmt->relation;
        source.ctes = see(statement->insert_stmt->with_clause, nullptr);
        break;
    case PG_QUERY__NODE__NODE_UPDATE_STMT: {
        const PgQuery__UpdateStmt &update = *statement->update_stmt;
        description.kind = StatementKind::update;
        source.target = update.relation;
        source.from = list(update.from_clause, update.n_from_clause);
        source.where = update.where_clause;
        source.ctes = see(update.with_clause, nullptr);
        break;
    }
    case PG_QUERY__NODE__NODE_DELETE_STMT: {
        const PgQuery__DeleteStmt &deletion = *statement->delete_stmt;
        description.kind = StatementKind::delete_;
        source.target = deletion.relation;
        source.from = list(deletion.using_clause, deletion.n_using_clause);
        source.where = deletion.where_clause;
        source.ctes = see(deletion.with_clause, nullptr);
        break;
    }
    case PG_QUERY__NODE__NODE_MERGE_STMT: {
        const PgQuery__MergeStmt &merge = *statement->merge_stmt;
        description.kind = StatementKind::merge;
        source.target = merge.relation;
        source.from = list(&merge.source_relation, merge.source_relation != nullptr);
        source.where = merge.join_condition;
        source.ctes = see(merge.with_clause, nullptr);
        break;
    }
    default:
        return description;
    }
    add_flags_anywhere(statement->base, source.ctes, description.flags);
    describe_write(source, description);
    if (description.kind == StatementKind::insert) {
        description.filter_identity = mix(insert_tag, description.filter_identity);
    }
    return description;
}

} // namespace query_audit::parse
