#include "parse/constants.h"

#include <algorithm>

#include "parse/tree.h"

namespace query_audit::parse {
namespace {

void add(const ProtobufCMessage &message, Constants &found) noexcept {
    if (found.incomplete || message.descriptor == &pg_query__type_name__descriptor) return;
    if (message.descriptor == &pg_query__a__const__descriptor) {
        const std::int32_t location = reinterpret_cast<const PgQuery__AConst &>(message).location;
        if (location < 0) return; // none of the text's own
        found.incomplete = found.count == Constants::capacity;
        if (!found.incomplete) found.location[found.count++] = location;
        return;
    }
    if (message.descriptor == &pg_query__sort_by__descriptor) {
        const Node *key = reinterpret_cast<const PgQuery__SortBy &>(message).node;
        if (key != nullptr && key->node_case == PG_QUERY__NODE__NODE_A_CONST) return;
    }
    if (message.descriptor == &pg_query__select_stmt__descriptor &&
        reinterpret_cast<const SelectStmt &>(message).n_group_clause > 0) {
        found.incomplete = true;
        return;
    }
    for_each_child(message, [&found](const ProtobufCMessage &child) { add(child, found); });
}

} // namespace

Constants find_constants(const Node *statement) noexcept {
    Constants found;
    add(statement->base, found);
    std::int32_t *const end = found.location + found.count;
    std::sort(found.location, end);
    found.count = static_cast<std::size_t>(std::unique(found.location, end) - found.location);
    return found;
}

} // namespace query_audit::parse
