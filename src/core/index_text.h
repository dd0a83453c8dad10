// Indexes as SQL: the only place that writes them, for index candidates and for findings alike.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/candidate.h"
#include "core/event.h"
#include "core/text.h"

namespace query_audit {

// The names of what a candidate has by number, quoted as SQL needs them. A null is not known.
struct IndexWords {
    const char *keys[max_index_keys];    // an expression's is not asked for
    const char *classes[max_index_keys]; // of operators; asked for where the key's is not the usual one
    const char *conditions[max_index_conditions];
    const char *includes[max_index_includes];
};

// Writes what follows the table in CREATE INDEX: "(a, b DESC) INCLUDE (c) WHERE d IS NULL", "USING gin (e)". Returns
// false where a name is not known, or it does not fit: what is written then is no SQL.
bool write_index_body(const IndexCandidate &candidate, const IndexWords &words, TextWriter &body);

// Bodies of indexes that are needed together stand one after the other in a field of zeros, each ended by a zero byte.
// Adds one. False where there is no room; then nothing is added.
bool add_body(char (&bodies)[index_columns_bytes], std::string_view body) noexcept;

// The body behind this one of a field; empty behind the last.
[[nodiscard]] const char *next_body(const char *body) noexcept;

// A name for an index, made of its table and its body. With `unusual` a hash of both is part of it, for when the plain
// one is taken. `relation` is a schema-qualified, quoted name.
void write_index_name(std::string_view relation, std::string_view body, bool unusual, char (&name)[index_name_bytes]);

struct IndexTarget {
    std::string_view relation; // schema-qualified and quoted, as it can be pasted
    bool partitioned;
};

// CREATE INDEX and the DROP INDEX that takes it back, each with its semicolon. CONCURRENTLY but for partitioned
// tables, for which it does not exist.
void write_create_index(const IndexTarget &target, std::string_view body, const char *name, TextWriter &sql);
void write_drop_index(const IndexTarget &target, const char *name, TextWriter &sql);

// One level of a partitioned table's index: the index of the table alone, which is not valid until each of its
// partitions has one attached, built without blocking its writers.
void write_create_parent(std::string_view relation, std::string_view body, const char *name, TextWriter &sql);
void write_attach(std::string_view parent, const char *parent_index, std::string_view partition, const char *index,
                  TextWriter &sql);

// What must be run before an index of that body can be made. Returns whether there is anything.
bool write_prerequisite(std::string_view body, TextWriter &sql);

} // namespace query_audit
