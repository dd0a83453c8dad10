#include "core/index_text.h"

#include "core/hash.h"

namespace query_audit {
namespace {

constexpr std::string_view suffix = "_idx";
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

std::string_view method_words(AccessMethod method) noexcept {
    switch (method) {
    case AccessMethod::gin:
        return "USING gin ";
    case AccessMethod::brin:
        return "USING brin ";
    default:
        return "";
    }
}

// DESC alone puts NULLs first, as ASC puts them last.
std::string_view direction_words(std::uint8_t flags) noexcept {
    const bool nulls_first = (flags & key_flag::nulls_first) != 0;
    if ((flags & key_flag::descending) != 0) return nulls_first ? " DESC" : " DESC NULLS LAST";
    return nulls_first ? " NULLS FIRST" : "";
}

bool write_key(const IndexCandidate &candidate, const IndexWords &words, int place, TextWriter &body) {
    const IndexKey &key = candidate.keys[place];
    const char *const name = key.attribute == 0 ? candidate.expression : words.keys[place];
    if (name == nullptr || name[0] == '\0') return false;
    body.append(name);
    if (key.operator_class != OperatorClass::usual) {
        if (words.classes[place] == nullptr) return false;
        body.append(" ");
        body.append(words.classes[place]);
    }
    body.append(direction_words(key.flags));
    return true;
}

bool write_condition(const IndexCondition &condition, const char *name, TextWriter &body) {
    if (name == nullptr) return false;
    if (condition.use == KeyUse::is_false) body.append("NOT ");
    body.append(name);
    if (condition.use == KeyUse::is_null) body.append(" IS NULL");
    if (condition.use == KeyUse::is_not_null) body.append(" IS NOT NULL");
    return true;
}

// Collects the words of an index's table and body that its name is made of, in lower case. Names without quotes have no
// upper case, so what has it is a keyword, and of those with quotes it is what the name does not tell.
class NameWords {
  public:
    explicit NameWords(TextWriter &out) noexcept : out_(out) {}

    void add(std::string_view text) noexcept {
        bool quoted = false;
        for (char c : text) {
            if (c == '"') quoted = !quoted;
            const bool upper = c >= 'A' && c <= 'Z';
            left_out_ = left_out_ || static_cast<unsigned char>(c) >= 0x80 || (upper && quoted);
            if (upper) c = static_cast<char>(c - 'A' + 'a');
            add(c);
        }
        separate_ = true;
    }

    // Whether the words do not tell all that the texts say.
    [[nodiscard]] bool left_out() const noexcept { return left_out_; }

  private:
    void add(char c) noexcept {
        const bool digit = c >= '0' && c <= '9';
        const bool kept = (c >= 'a' && c <= 'z') || digit;
        const bool first = out_.view().empty();
        if (kept && ((separate_ && !first) || (first && digit))) out_.append("_");
        if (kept) out_.append({&c, 1});
        separate_ = !kept;
    }

    TextWriter &out_;
    bool left_out_ = false;
    bool separate_ = false;
};

} // namespace

bool write_index_body(const IndexCandidate &candidate, const IndexWords &words, TextWriter &body) {
    if (candidate.key_count == 0) return false;
    body.append(method_words(candidate.method));
    body.append("(");
    for (int i = 0; i < candidate.key_count; ++i) {
        if (i > 0) body.append(", ");
        if (!write_key(candidate, words, i, body)) return false;
    }
    body.append(")");
    for (int i = 0; i < candidate.include_count; ++i) {
        if (words.includes[i] == nullptr) return false;
        body.append(i == 0 ? " INCLUDE (" : ", ");
        body.append(words.includes[i]);
    }
    if (candidate.include_count > 0) body.append(")");
    for (int i = 0; i < candidate.condition_count; ++i) {
        body.append(i == 0 ? " WHERE " : " AND ");
        if (!write_condition(candidate.conditions[i], words.conditions[i], body)) return false;
    }
    return !body.truncated();
}

bool add_body(char (&bodies)[index_columns_bytes], std::string_view body) noexcept {
    const char *end = bodies;
    while (*end != '\0') end = next_body(end);
    const auto used = static_cast<std::size_t>(end - bodies);
    // Behind the last one's end there is another zero.
    if (used + body.size() + 2 > sizeof(bodies)) return false;
    body.copy(bodies + used, body.size());
    return true;
}

const char *next_body(const char *body) noexcept { return body + std::string_view(body).size() + 1; }

void write_index_name(std::string_view relation, std::string_view body, bool unusual, char (&name)[index_name_bytes]) {
    const std::string_view table = relation.substr(table_start(relation));
    char plain[index_name_bytes - suffix.size() - hash_suffix_bytes];
    TextWriter writer(plain, sizeof(plain));
    NameWords words(writer);
    words.add(table);
    words.add(body.starts_with("USING ") ? body.substr(6) : body);
    // Of an expression all that is left out may be what tells it from another.
    const std::size_t open = body.find('(');
    const bool expression =
        open != std::string_view::npos && body.find_first_of("()", open + 1) == body.find('(', open + 1);
    TextWriter out(name, sizeof(name));
    out.append(writer.view().empty() ? std::string_view("index") : writer.view());
    if (unusual || expression || words.left_out() || writer.truncated()) {
        out.format("_{:08x}", static_cast<std::uint32_t>(hash_text(table, hash_text(body))));
    }
    out.append(suffix);
}

void write_create_index(const IndexTarget &target, std::string_view body, const char *name, TextWriter &sql) {
    // Names are of lower-case letters, digits and underscores, none of which can be a keyword with this suffix.
    sql.append(target.partitioned ? "CREATE INDEX " : "CREATE INDEX CONCURRENTLY ");
    sql.append(name);
    sql.append(" ON ");
    sql.append(target.relation);
    sql.append(" ");
    sql.append(body);
    sql.append(";");
}

void write_drop_index(const IndexTarget &target, const char *name, TextWriter &sql) {
    sql.append(target.partitioned ? "DROP INDEX " : "DROP INDEX CONCURRENTLY ");
    sql.append(target.relation.substr(0, table_start(target.relation)));
    sql.append(name);
    sql.append(";");
}

void write_create_parent(std::string_view relation, std::string_view body, const char *name, TextWriter &sql) {
    sql.append("CREATE INDEX ");
    sql.append(name);
    sql.append(" ON ONLY ");
    sql.append(relation);
    sql.append(" ");
    sql.append(body);
    sql.append(";\n");
}

void write_attach(std::string_view parent, const char *parent_index, std::string_view partition, const char *index,
                  TextWriter &sql) {
    sql.append("ALTER INDEX ");
    sql.append(parent.substr(0, table_start(parent)));
    sql.append(parent_index);
    sql.append(" ATTACH PARTITION ");
    sql.append(partition.substr(0, table_start(partition)));
    sql.append(index);
    sql.append(";\n");
}

bool write_prerequisite(std::string_view body, TextWriter &sql) {
    if (body.find("gin_trgm_ops") == std::string_view::npos) return false;
    sql.append("CREATE EXTENSION IF NOT EXISTS pg_trgm;\n");
    return true;
}

} // namespace query_audit
