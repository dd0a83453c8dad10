// What a lint is: a descriptor, and a pure function that looks at one query block at a time. Private to src/parse.
//
// A block is a SELECT, INSERT, UPDATE, DELETE or MERGE, wherever it stands in the statement: a sub-select, a common
// table expression and each side of a UNION are blocks of their own.
#pragma once

#include <string_view>
#include <vector>

#include "parse/level.h"
#include "parse/tree.h"

namespace query_audit::parse {

// Where a block stands, as far as it matters for what its rows are used for.
enum class Place : std::uint8_t {
    top,        // its rows go to the client
    insert,     // ... to a table
    from,       // ... to the query around it: in FROM, or a common table expression
    exists,     // nobody reads them, but whether there are any
    expression, // compared, or a value
    of_a_write, // any of these but the first, in a statement that updates or deletes: they choose what is changed
};

struct Block {
    const Node *statement; // null for the sides of a UNION, which have no node
    SelectStmt *select;    // of a SELECT, else null
    Ctes ctes;             // as seen from inside
    Place place;

    [[nodiscard]] Level level() const { return {select, ctes}; } // REQUIRES: select
    [[nodiscard]] NodeList from() const noexcept;
    [[nodiscard]] Node *where() const noexcept;
};

struct LintContext;

struct Lint {
    LintDescriptor descriptor;
    void (*check)(const LintContext &context); // null: reported by the caller of the box
};

class Report {
  public:
    explicit Report(std::size_t length) noexcept : length_(length) {}

    // A location below 0 is that of the statement. The same lint at the same place is reported once.
    void add(int lint, std::int32_t location, std::string_view message);
    void write(LintedStatement &out);

  private:
    std::size_t length_;
    std::vector<LintFinding> findings_;
};

struct LintContext {
    const Block &block;
    int lint;
    Report &report;

    void add(std::int32_t location, std::string_view message) const { report.add(lint, location, message); }
};

// Whether the message is a block, or the node of one.
[[nodiscard]] bool is_block(const ProtobufCMessage &message) noexcept;

// Where a node begins in the text, as far as it or what is in it has a location; else -1.
[[nodiscard]] std::int32_t start_of(const Node *node) noexcept;

// Calls visit(Node *) for each node of the expression, outer ones first. Blocks inside are not entered, but what a
// sub-select is compared with is.
template <typename Visit> void for_each_expression(const ProtobufCMessage &message, Visit &&visit) {
    if (is_block(message)) return;
    if (is_node(message)) visit(&reinterpret_cast<Node &>(const_cast<ProtobufCMessage &>(message)));
    for_each_child(message, [&](const ProtobufCMessage &child) { for_each_expression(child, visit); });
}

// The same for everything in a block.
template <typename Visit> void for_each_expression_of(const Block &block, Visit &&visit) {
    const ProtobufCMessage &message = block.select != nullptr ? block.select->base : *message_of(*block.statement);
    for_each_field_child(message, [&](const ProtobufCFieldDescriptor &, const ProtobufCMessage &child) {
        for_each_expression(child, visit);
    });
}

// The conditions that decide which rows the block has: WHERE, and the ON of its joins. visit(Node *).
template <typename Visit> void for_each_condition(const Block &block, Visit &&visit) {
    if (block.where() != nullptr) visit(block.where());
    const auto join_conditions = [&](auto &self, Node *item) -> void {
        if (item == nullptr || item->node_case != PG_QUERY__NODE__NODE_JOIN_EXPR) return;
        if (item->join_expr->quals != nullptr) visit(item->join_expr->quals);
        self(self, item->join_expr->larg);
        self(self, item->join_expr->rarg);
    };
    for (Node *item : block.from()) join_conditions(join_conditions, item);
}

// The conditions that must all hold for a condition to hold. visit(Node *).
template <typename Visit> void for_each_conjunct(Node *condition, Visit &&visit) {
    if (condition == nullptr) return;
    if (const PgQuery__BoolExpr *all = as_bool(condition, PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR)) {
        for (Node *one : list(all->args, all->n_args)) for_each_conjunct(one, visit);
    } else {
        visit(condition);
    }
}

// A comparison of two operands: = <> < > <= >= LIKE IN BETWEEN and the like, of kinds that hold for single values.
[[nodiscard]] bool is_comparison(const PgQuery__AExpr &expression) noexcept;

// Whether FROM's item is a base relation as far as the text says, and no system catalog.
[[nodiscard]] const PgQuery__RangeVar *base_relation(const Node *item, const Ctes &ctes);
[[nodiscard]] bool reads_base_relation(const Block &block);

// The name by which the block's expressions call the item; empty where it has none.
[[nodiscard]] std::string_view name_of_item(const Node *item) noexcept;

// The qualifier of a qualified column, else empty.
[[nodiscard]] std::string_view qualifier_of(const PgQuery__ColumnRef &column) noexcept;

// Whether some condition compares a column with a value by equality: = or IN, so that few rows may be meant.
[[nodiscard]] bool has_equality(const Block &block) noexcept;

// A constant number's value; false for any other node.
[[nodiscard]] bool integer_of(const Node *node, long long &value) noexcept;

} // namespace query_audit::parse
