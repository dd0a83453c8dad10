#include "core/fix.h"

#include <string_view>

#include "core/hash.h"

namespace query_audit {
namespace {

constexpr std::size_t longest_identifier = 63;
constexpr std::string_view suffix = "_idx";

// Where the table's name begins in a schema-qualified, quoted name.
std::size_t table_start(std::string_view qualified) noexcept {
    bool quoted = false;
    for (std::size_t i = 0; i < qualified.size(); ++i) {
        if (qualified[i] == '"') quoted = !quoted;
        if (qualified[i] == '.' && !quoted) return i + 1;
    }
    return 0;
}

// Letters, digits and underscores of both names; a hash in place of what does not fit or is left out.
void write_index_name(std::string_view table, std::string_view columns, TextWriter &name) {
    char plain[longest_identifier + 1];
    TextWriter words(plain, sizeof(plain) - suffix.size() - 9);
    bool lossy = false;
    bool separate = false;
    for (const std::string_view part : {table, columns}) {
        for (const char c : part) {
            const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
            lossy = lossy || (static_cast<unsigned char>(c) >= 0x80) || (c >= 'A' && c <= 'Z');
            const bool leading_digit = kept && words.view().empty() && c >= '0' && c <= '9';
            if ((kept && separate && !words.view().empty()) || leading_digit) words.append("_");
            if (kept) words.append({&c, 1});
            separate = !kept;
        }
        separate = true;
    }
    name.append(words.view().empty() ? std::string_view("index") : words.view());
    if (lossy || words.truncated()) {
        name.format("_{:08x}", static_cast<std::uint32_t>(hash_text(table, hash_text(columns))));
    }
    name.append(suffix);
}

} // namespace

bool write_create_index(const UnitFinding &finding, TextWriter &sql) {
    const std::string_view relation(finding.relation_name);
    const std::string_view columns(finding.index_columns);
    if (relation.empty() || columns.empty()) return false;
    const std::size_t start = table_start(relation);
    char name[longest_identifier + 1];
    TextWriter name_writer(name, sizeof(name));
    write_index_name(relation.substr(start), columns, name_writer);
    // CREATE INDEX CONCURRENTLY does not exist for partitioned tables.
    const bool partitioned = finding.partitions > 0;
    const std::string_view concurrently = partitioned ? "" : " CONCURRENTLY";
    // Names made of lower-case letters, digits and underscores, none of which can be a keyword with this suffix.
    sql.format("CREATE INDEX{} {} ON {} ({});\n", concurrently, name, relation, columns);
    sql.format("-- to undo: DROP INDEX{} {}{};", concurrently, relation.substr(0, start), name);
    return true;
}

} // namespace query_audit
