// The identity of a filter: a hash that is the same for the count and the page of one list, whatever ORM wrote them.
// Private to src/parse.
//
// Made of the anchor relation, the WHERE and HAVING as unordered sets of conjuncts, and the joined relations that these
// refer to. Values hash alike; they are collected beside, in an order that depends on the identity alone (and on the
// order in the text within one conjunct). Aliases, output, ORDER BY, LIMIT and DISTINCT do not count.
#pragma once

#include "parse/scope.h"

namespace query_audit::parse {

struct FilterIdentity {
    std::uint64_t hash = 0;
    Values values;
    bool compares = false;        // at least one conjunct holds a column and a value
    bool bounds_are_keys = false; // a value is looked up by the two columns that it lies between
};

// Of the level below all wrappers; set operations combine their sides. Throws std::bad_alloc.
[[nodiscard]] FilterIdentity identify_filter(const Level &level);
[[nodiscard]] FilterIdentity identify_filter(const FilterSource &source);

} // namespace query_audit::parse
