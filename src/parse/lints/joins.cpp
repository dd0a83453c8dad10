// How the items of FROM are joined.
#include <algorithm>
#include <vector>

#include "core/text.h"
#include "parse/lints/list.h"

namespace query_audit::parse {
namespace {

// One item of FROM's list, with the joins in it.
struct Item {
    std::vector<std::string_view> names;
    bool plain = true;   // nothing but tables, so that it has many rows and refers to no other item
    bool joined = false; // a condition connects it with another item, or filters it
};

std::vector<Item> items_of(const Block &block) {
    std::vector<Item> items;
    for (Node *from_item : block.from()) {
        Item item;
        for_each_leaf(from_item, [&](const Node *leaf) {
            item.plain = item.plain && base_relation(leaf, block.ctes) != nullptr;
            item.names.push_back(name_of_item(leaf));
        });
        items.push_back(std::move(item));
    }
    return items;
}

// Which item a condition's columns are of, sub-selects included; false where one is not qualified, and may be any's.
bool mark_items(const ProtobufCMessage &message, const std::vector<Item> &items, std::vector<bool> &marked) {
    const PgQuery__ColumnRef *column = is_node(message) ? as_column(&reinterpret_cast<const Node &>(message)) : nullptr;
    if (column != nullptr) {
        const std::string_view qualifier = qualifier_of(*column);
        if (qualifier.empty()) return false;
        for (std::size_t i = 0; i < items.size(); ++i) {
            const auto &names = items[i].names;
            if (std::find(names.begin(), names.end(), qualifier) != names.end()) marked[i] = true;
        }
        return true;
    }
    bool known = true;
    for_each_child(message, [&](const ProtobufCMessage &child) { known = mark_items(child, items, marked) && known; });
    return known;
}

// An item that no condition mentions is joined with every row of the others.
void check_cartesian(const LintContext &context) {
    const Block &block = context.block;
    if (block.select == nullptr || block.from().size() < 2) return;
    std::vector<Item> items = items_of(block);
    if (Node *where = block.where()) {
        std::vector<bool> marked(items.size());
        if (!mark_items(where->base, items, marked)) return;
        for (std::size_t i = 0; i < items.size(); ++i) items[i].joined = marked[i];
    }
    const auto many = std::count_if(items.begin(), items.end(), [](const Item &item) { return item.plain; });
    if (many < 2) return;
    // Of items that nothing mentions at all, the first is what the others are joined with.
    const bool none_joined = std::none_of(items.begin(), items.end(), [](const Item &item) { return item.joined; });
    for (std::size_t i = none_joined ? 1 : 0; i < items.size(); ++i) {
        if (items[i].joined || !items[i].plain) continue;
        context.add(start_of(block.from()[i]),
                    formatted("no condition joins {} with the rest of FROM", items[i].names.front()));
    }
}

void check_natural(const LintContext &context) {
    const auto check = [&](auto &self, const Node *item) -> void {
        if (item == nullptr || item->node_case != PG_QUERY__NODE__NODE_JOIN_EXPR) return;
        const PgQuery__JoinExpr &join = *item->join_expr;
        self(self, join.larg);
        self(self, join.rarg);
        if (join.is_natural) context.add(start_of(join.rarg), "NATURAL JOIN joins by all columns that share a name");
    };
    for (const Node *item : context.block.from()) check(check, item);
}

// Names of what a LEFT JOIN fills with NULLs.
void add_optional(const Node *item, std::vector<std::string_view> &names) {
    if (item == nullptr || item->node_case != PG_QUERY__NODE__NODE_JOIN_EXPR) return;
    const PgQuery__JoinExpr &join = *item->join_expr;
    add_optional(join.larg, names);
    if (join.jointype == PG_QUERY__JOIN_TYPE__JOIN_LEFT) {
        for_each_leaf(join.rarg, [&](const Node *leaf) {
            if (!name_of_item(leaf).empty()) names.push_back(name_of_item(leaf));
        });
    } else if (join.jointype == PG_QUERY__JOIN_TYPE__JOIN_INNER) {
        add_optional(join.rarg, names);
    }
}

void check_undone(const LintContext &context) {
    std::vector<std::string_view> names;
    for (const Node *item : context.block.from()) add_optional(item, names);
    if (names.empty()) return;
    for_each_conjunct(context.block.where(), [&](const Node *conjunct) {
        const PgQuery__AExpr *expression = as_expression(conjunct);
        if (expression == nullptr || !is_comparison(*expression)) return;
        for (const bool left : {true, false}) {
            const PgQuery__ColumnRef *column = as_column(strip_casts(left ? expression->lexpr : expression->rexpr));
            const Node *other = left ? expression->rexpr : expression->lexpr;
            if (column == nullptr || contents_of(other).columns || contents_of(other).sublinks) continue;
            const std::string_view qualifier = qualifier_of(*column);
            if (std::find(names.begin(), names.end(), qualifier) == names.end()) continue;
            context.add(column->location,
                        formatted("WHERE on {} leaves out the rows that the LEFT JOIN keeps", qualifier));
        }
    });
}

} // namespace

constinit const Lint cartesian_join_lint = {
    {
        "cartesian_join",
        Severity::warning,
        "Tables joined without a condition",
        "Every row of one is joined with every row of the other: the result grows with the product of both.",
        "A table in a list of FROM (`FROM a, b`) that WHERE does not mention.",
        "CROSS JOIN, which says that it is meant; a table with a condition of its own; sub-selects, functions and "
        "LATERAL; conditions with columns that are not qualified, which may be any table's.",
        "Write JOIN ... ON, or CROSS JOIN where every pair is meant.",
    },
    check_cartesian,
};

constinit const Lint natural_join_lint = {
    {
        "natural_join",
        Severity::warning,
        "NATURAL JOIN",
        "It joins by whatever columns have the same name in both tables. A column that is added to either, such as "
        "created_at, changes the result without a word.",
        "NATURAL JOIN of any kind.",
        "JOIN ... USING, which names the columns.",
        "Write JOIN ... USING (columns) or ON.",
    },
    check_natural,
};

constinit const Lint outer_join_undone_lint = {
    {
        "outer_join_undone",
        Severity::warning,
        "A LEFT JOIN that WHERE makes an inner one",
        "Where no row matches, the joined table's columns are NULL, and a comparison with NULL is not true: the rows "
        "that LEFT JOIN was to keep are left out.",
        "A comparison in WHERE of a value with a qualified column of what LEFT JOIN adds.",
        "IS NULL, COALESCE, conditions under OR, comparisons in ON.",
        "Move the condition to ON, or write JOIN.",
    },
    check_undone,
};

} // namespace query_audit::parse
