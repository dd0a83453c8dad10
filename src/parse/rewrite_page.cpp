#include <limits>
#include <string>

#include "parse/output.h"
#include "parse/parse.h"
#include "parse/pg_query_box.h"
#include "parse/rewrite.h"
#include "parse/tree_edit.h"

namespace query_audit {
namespace {

using namespace parse;

// The reason why there is no such statement, or null with the new statement in `out`.
Reason raise_limit(std::string_view text, std::string &out) {
    Tree tree;
    if (tree.parse(text, default_max_parse_bytes, nullptr) != ParseStatus::ok) return "It cannot be parsed.";
    SelectStmt *select = as_select(tree.statement());
    if (select == nullptr) return "It is not a SELECT.";
    const Level top = enter(select, nullptr);
    if (output_of(top) != Output::rows) return "Its output is not a page of rows.";
    const std::optional<Level> paging = find_paging(top);
    if (!paging || !paging->has_limit()) return "It has no LIMIT to raise.";
    if (paging->select->limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES) {
        return "FETCH FIRST ... WITH TIES may return more rows than it asks for.";
    }
    Node *&limit = paging->select->limit_count;
    const bool integer =
        limit->node_case == PG_QUERY__NODE__NODE_A_CONST && limit->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL;
    if (integer && limit->a_const->ival->ival < std::numeric_limits<std::int32_t>::max()) {
        ++limit->a_const->ival->ival;
    } else {
        Node *one = make_integer(1, tree.arena());
        limit = make_operation(limit, "+", one, tree.arena());
    }
    return tree.deparse(out) ? nullptr : "It cannot be written back as text.";
}

} // namespace

extern "C" bool query_audit_rewrite_page(const char *text, std::size_t length, char *out,
                                         std::size_t capacity) noexcept {
    return answer(out, capacity, [&](std::string &rewritten) { return raise_limit({text, length}, rewritten); });
}

} // namespace query_audit
