#include "parse/lint.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/text.h"
#include "parse/lints/list.h"
#include "parse/text.h"

namespace query_audit::parse {
namespace {

#define QUERY_AUDIT_POINT_TO_LINT(id) &id##_lint,
constexpr const Lint *all_lints[] = {QUERY_AUDIT_LINTS(QUERY_AUDIT_POINT_TO_LINT)};
#undef QUERY_AUDIT_POINT_TO_LINT

// Finds the blocks of a statement and has every lint look at each.
class Walker {
  public:
    Walker(Report &report, bool writes) noexcept : report_(report), writes_(writes) {}

    void statement(Node *node, Place place, const Ctes &outer) {
        if (SelectStmt *select = as_select(node)) {
            this->select(node, select, place, outer);
            return;
        }
        const Ctes ctes = see(with_of(*node), outer);
        look({node, nullptr, ctes, place});
        children(*message_of(*node), inside(Place::insert), ctes);
    }

  private:
    static const PgQuery__WithClause *with_of(const Node &node) noexcept {
        switch (node.node_case) {
        case PG_QUERY__NODE__NODE_INSERT_STMT:
            return node.insert_stmt->with_clause;
        case PG_QUERY__NODE__NODE_UPDATE_STMT:
            return node.update_stmt->with_clause;
        case PG_QUERY__NODE__NODE_DELETE_STMT:
            return node.delete_stmt->with_clause;
        case PG_QUERY__NODE__NODE_MERGE_STMT:
            return node.merge_stmt->with_clause;
        default:
            return nullptr;
        }
    }

    [[nodiscard]] Place inside(Place place) const noexcept { return writes_ ? Place::of_a_write : place; }

    void select(const Node *node, SelectStmt *select, Place place, const Ctes &outer) {
        const Ctes ctes = see(select->with_clause, outer);
        look({node, select, ctes, place});
        children(select->base, place, ctes);
    }

    void look(const Block &block) {
        for (int i = 0; i < static_cast<int>(std::size(all_lints)); ++i) {
            if (all_lints[i]->check != nullptr) all_lints[i]->check({block, i, report_});
        }
    }

    // Looks for blocks below a message that belongs to a block which stands at `place`.
    void children(const ProtobufCMessage &message, Place place, const Ctes &ctes) {
        for_each_field_child(message, [&](const ProtobufCFieldDescriptor &, const ProtobufCMessage &child) {
            descend(child, place, ctes);
        });
    }

    void descend(const ProtobufCMessage &message, Place place, const Ctes &ctes) {
        if (message.descriptor == &pg_query__select_stmt__descriptor) { // a side of a UNION
            auto &side = reinterpret_cast<SelectStmt &>(const_cast<ProtobufCMessage &>(message));
            select(nullptr, &side, place, ctes);
            return;
        }
        if (!is_node(message)) {
            children(message, place, ctes);
            return;
        }
        auto &node = reinterpret_cast<Node &>(const_cast<ProtobufCMessage &>(message));
        if (is_block(message)) {
            statement(&node, place, ctes);
        } else if (node.node_case != PG_QUERY__NODE__NODE__NOT_SET) {
            children(*message_of(node), place_inside(node, place), ctes);
        }
    }

    [[nodiscard]] Place place_inside(const Node &node, Place place) const noexcept {
        switch (node.node_case) {
        case PG_QUERY__NODE__NODE_RANGE_SUBSELECT:
        case PG_QUERY__NODE__NODE_COMMON_TABLE_EXPR:
            return inside(Place::from);
        case PG_QUERY__NODE__NODE_SUB_LINK:
            if (node.sub_link->sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK) return Place::exists;
            return inside(Place::expression);
        default:
            return place;
        }
    }

    Report &report_;
    bool writes_; // the statement updates or deletes
};

bool updates_or_deletes(const ProtobufCMessage &message) noexcept {
    if (is_node(message)) {
        switch (reinterpret_cast<const Node &>(message).node_case) {
        case PG_QUERY__NODE__NODE_UPDATE_STMT:
        case PG_QUERY__NODE__NODE_DELETE_STMT:
        case PG_QUERY__NODE__NODE_MERGE_STMT:
            return true;
        default:
            break;
        }
    }
    bool found = false;
    for_each_child(message, [&](const ProtobufCMessage &child) { found = found || updates_or_deletes(child); });
    return found;
}

ParseStatus lint_statement(std::string_view text, std::size_t max_bytes, LintedStatement &out) {
    Tree tree;
    SyntaxError error;
    out.status = tree.parse(text, max_bytes, &error);
    if (out.status == ParseStatus::syntax_error) {
        out.error_position = error.position;
        copy_text(error.message, out.error_message, sizeof out.error_message);
    }
    if (out.status != ParseStatus::ok) return out.status;
    Report report(text.size());
    Walker(report, updates_or_deletes(tree.statement()->base)).statement(tree.statement(), Place::top, nullptr);
    report.write(out);
    return out.status;
}

} // namespace

void Report::add(int lint, std::int32_t location, std::string_view message) {
    const bool inside = location >= 0 && static_cast<std::size_t>(location) < length_;
    LintFinding finding{};
    finding.lint = lint;
    finding.location = inside ? location : 0;
    assign_text(finding.message, message);
    const bool known = std::any_of(findings_.begin(), findings_.end(), [&](const LintFinding &other) {
        return other.lint == lint && other.location == finding.location;
    });
    if (!known && findings_.size() < 4 * std::size_t{max_lint_findings}) findings_.push_back(finding);
}

void Report::write(LintedStatement &out) {
    std::stable_sort(findings_.begin(), findings_.end(), [](const LintFinding &a, const LintFinding &b) {
        return a.location != b.location ? a.location < b.location : a.lint < b.lint;
    });
    const std::size_t count = std::min<std::size_t>(findings_.size(), max_lint_findings);
    std::copy_n(findings_.begin(), count, out.findings);
    out.finding_count = static_cast<std::int32_t>(count);
}

} // namespace query_audit::parse

namespace query_audit {

extern "C" ParseStatus query_audit_lint(const char *text, std::size_t length, std::size_t max_bytes,
                                        LintedStatement *out) noexcept {
    out->status = ParseStatus::out_of_memory;
    out->error_position = -1;
    out->error_message[0] = '\0';
    out->finding_count = 0;
    try {
        return parse::lint_statement({text, length}, max_bytes, *out);
    } catch (...) {
        out->finding_count = 0;
        return out->status = ParseStatus::out_of_memory;
    }
}

extern "C" const LintDescriptor *query_audit_lint_descriptor(std::int32_t index) noexcept {
    const bool known = index >= 0 && index < static_cast<std::int32_t>(std::size(parse::all_lints));
    return known ? &parse::all_lints[index]->descriptor : nullptr;
}

} // namespace query_audit
