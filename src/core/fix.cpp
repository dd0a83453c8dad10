#include "core/fix.h"

#include <string_view>

#include "core/hash.h"

namespace query_audit {
namespace {

constexpr std::string_view suffix = "_idx";
constexpr std::string_view other_method = "USING "; // before the columns, where it is no btree
constexpr std::size_t hash_suffix_bytes = 9; // _ and eight digits

// Where the table's name begins in a schema-qualified, quoted name.
std::size_t table_start(std::string_view qualified) noexcept {
    bool quoted = false;
    for (std::size_t i = 0; i < qualified.size(); ++i) {
        if (qualified[i] == '"') quoted = !quoted;
        if (qualified[i] == '.' && !quoted) return i + 1;
    }
    return 0;
}

} // namespace

void write_index_name(const UnitFinding &finding, bool unusual, char (&name)[index_name_bytes]) {
    const std::string_view relation(finding.relation_name);
    const std::string_view table = relation.substr(table_start(relation));
    std::string_view columns(finding.index_columns);
    if (columns.starts_with(other_method)) columns.remove_prefix(columns.find('('));
    char plain[index_name_bytes - suffix.size() - hash_suffix_bytes];
    TextWriter words(plain, sizeof(plain));
    // Letters, digits and underscores of both; a hash says what is left out or does not fit. An expression has one
    // always, because what is left out of it may be all that tells it from another.
    bool hashed = unusual || columns.find('(') != std::string_view::npos;
    bool separate = false;
    for (const std::string_view part : {table, columns}) {
        for (const char c : part) {
            const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
            hashed = hashed || static_cast<unsigned char>(c) >= 0x80 || (c >= 'A' && c <= 'Z');
            const bool leading_digit = kept && words.view().empty() && c >= '0' && c <= '9';
            if ((kept && separate && !words.view().empty()) || leading_digit) words.append("_");
            if (kept) words.append({&c, 1});
            separate = !kept;
        }
        separate = true;
    }
    TextWriter writer(name, sizeof(name));
    writer.append(words.view().empty() ? std::string_view("index") : words.view());
    if (hashed || words.truncated()) {
        writer.format("_{:08x}", static_cast<std::uint32_t>(hash_text(table, hash_text(columns))));
    }
    writer.append(suffix);
}

bool write_create_index(const UnitFinding &finding, const char *name, TextWriter &sql) {
    const std::string_view relation(finding.relation_name);
    const std::string_view columns(finding.index_columns);
    if (relation.empty() || columns.empty()) return false;
    const std::size_t start = table_start(relation);
    // CREATE INDEX CONCURRENTLY does not exist for partitioned tables.
    const bool partitioned = finding.partitions > 0;
    const std::string_view concurrently = partitioned ? "" : " CONCURRENTLY";
    const bool has_method = columns.starts_with(other_method);
    if (columns.find(" gin_trgm_ops") != std::string_view::npos) {
        sql.append("CREATE EXTENSION IF NOT EXISTS pg_trgm;\n");
    }
    // Names made of lower-case letters, digits and underscores, none of which can be a keyword with this suffix.
    sql.format("CREATE INDEX{} {} ON {} {}{}{};\n", concurrently, name, relation, has_method ? "" : "(", columns,
               has_method ? "" : ")");
    sql.format("-- to undo: DROP INDEX{} {}{};", concurrently, relation.substr(0, start), name);
    return true;
}

} // namespace query_audit
