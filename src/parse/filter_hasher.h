// Hashing of a filter's expressions, and of the relations that they refer to. Private to filter_identity.
#pragma once

#include "parse/bounds.h"
#include "parse/filter_identity.h"
#include "parse/hash.h"

namespace query_audit::parse {

class FilterHasher {
  public:
    [[nodiscard]] FilterIdentity identify(const Level &level, Scope *outer);
    [[nodiscard]] FilterIdentity identify(const FilterSource &source, Scope *outer);
    void finish(FilterIdentity &identity) const noexcept;

  private:
    struct Part { // a conjunct, or a joined relation
        std::uint64_t hash = 0;
        Values values;
    };
    using Parts = std::vector<Part>;

    // filter_identity.cpp: from the parts to the whole.
    void resolve_items(Scope &scope, const Ctes &ctes);
    void resolve_item(FromItem &item, Scope &scope, const Ctes &ctes);
    void add_conjuncts(Node *condition, std::uint64_t tag, Scope &scope, const Ctes &ctes, Parts &parts);
    void add_items(Scope &scope, const Ctes &ctes, Parts &parts);
    template <typename Hash> Part part_of(Hash &&hash);

    // filter_hasher.cpp: one expression. Each adds the values that it meets to *values_.
    std::uint64_t hash_node(const Node &node, Scope &scope, const Ctes &ctes);
    std::uint64_t hash_message(const ProtobufCMessage &message, Scope &scope, const Ctes &ctes);
    std::uint64_t hash_any(const ProtobufCMessage &message, Scope &scope, const Ctes &ctes);
    std::uint64_t hash_select(SelectStmt &select, Scope &outer, const Ctes &ctes);
    std::uint64_t hash_expression(const PgQuery__AExpr &expression, Scope &scope, const Ctes &ctes);
    std::uint64_t hash_ordered(NodeList nodes, std::uint64_t hash, Scope &scope, const Ctes &ctes);
    std::uint64_t hash_folded(NodeList nodes, std::uint64_t hash, Scope &scope, const Ctes &ctes);
    std::uint64_t hash_sum(NodeList nodes, std::uint64_t hash, Scope &scope, const Ctes &ctes);
    std::uint64_t hash_column(const PgQuery__ColumnRef &column, Scope &scope);
    std::uint64_t hash_value(const Node &value);
    std::uint64_t hash_alternatives(const Node &node, Scope &scope, const Ctes &ctes);

    // Where in the filter the hasher is, as far as it says what a value is for.
    struct Place {
        const Bounds *bounds = nullptr; // of the WHERE around
        bool alternative = false;       // inside of an OR or NOT
        bool bound = false;             // inside of what bounds a range ...
        bool bound_in_select = false;   // ... and so are the values of a sub-select there
    };

    [[nodiscard]] Place place_in_select() const noexcept;

    Values *values_ = nullptr;
    Place place_;
    bool compares_ = false;
    bool encloses_a_value_ = false;
    std::uint32_t columns_ = 0;    // met so far
    std::uint32_t expansions_ = 0; // of common table expressions, over the whole statement
    std::uint32_t nested_expansions_ = 0;
};

[[nodiscard]] std::uint64_t relation_hash(const PgQuery__RangeVar &relation) noexcept;

} // namespace query_audit::parse
