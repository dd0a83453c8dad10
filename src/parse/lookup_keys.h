// The equalities that a statement looks its rows up by, and their turn into a list. Private to src/parse.
#pragma once

#include "parse/lookups.h"
#include "parse/rewrite.h"

namespace query_audit::parse {

inline constexpr Reason looks_up_by_list_already = "It already looks its rows up by a list.";

// Equalities of columns with values, at the top level of a WHERE. Where there are several, those with parameters are
// the keys, since the program wrote the others' values into the text.
class LookupKeys {
  public:
    // Finds the keys; changes nothing.
    [[nodiscard]] Reason find(const Tree &tree, Node *where, const Sight &sight, Fragments &fragments);

    // `column = value` becomes `column = ANY($n)`; several become `(a, b) IN (SELECT * FROM unnest($1, $2))`.
    void match(Tree &tree, Node *&where, Fragments &fragments) const;

    [[nodiscard]] const std::vector<Equality> &equalities() const noexcept { return keys_; }
    [[nodiscard]] bool has_parameter(std::int32_t parameter) const noexcept;
    [[nodiscard]] bool has_column(std::string_view name) const noexcept;

  private:
    [[nodiscard]] Reason collect(Node *where);
    void match_any(Tree &tree) const;

    std::vector<Equality> keys_;
    std::vector<Key> types_; // where there are several
};

} // namespace query_audit::parse
