#include <algorithm>

#include "core/event.h"
#include "core/index_text.h"

#include "pg/index_catalog.h"
#include "pg/scan_index.h"

#include "pg/expression.h"

#include "pg/pg.h"

namespace query_audit {

bool describe_index(ScanFacts &facts) {
    const auto loops = static_cast<int64>(std::max<uint64>(1, facts.loops));
    const ScanNeed need{facts.need, 1, loops, static_cast<int64>(facts.rows_read),
                        static_cast<int64>(facts.rows_removed)};
    // What it is not told it takes from what was read.
    const IndexedTable unknown{-1, 0, 0, nullptr, 0, nullptr, 0, 0, 0};
    const double rows = rows_of_table(need, unknown);
    ScanNeed parts[max_alternatives];
    const int count = split_alternatives(need, unknown, 1, parts);
    bool plain = true;
    int existing = 0;
    char wanted[index_columns_bytes] = "";
    for (int i = 0; i < count; ++i) {
        IndexCandidate candidate;
        if (!form_candidate(parts[i], unknown, candidate)) return false;
        plain = plain && candidate.method == AccessMethod::btree && candidate.keys[0].attribute > 0;
        if (has_index_for(facts.relation, parts[i], candidate, rows)) {
            ++existing;
            continue;
        }
        trim_candidate(candidate, rows);
        char body[index_columns_bytes];
        write_index(facts.relation, candidate, body);
        if (body[0] == '\0' || !add_body(wanted, body)) return plain;
    }
    facts.index_exists = existing == count;
    memcpy(facts.index_columns, wanted, sizeof(wanted));
    return plain;
}

const char *const *expressions_of(const ScanNeed *needs, int count) {
    constexpr int most = 1 + max_alternatives; // of a need
    auto **expressions = static_cast<const char **>(palloc0(sizeof(char *) * static_cast<Size>(count * most + 1)));
    int known = 0;
    const auto add = [&](const char *expression) {
        if (expression[0] != '\0') expressions[known++] = expression;
    };
    for (int i = 0; i < count; ++i) {
        add(needs[i].need.expression);
        for (const char *expression : needs[i].need.alternative_expressions) add(expression);
    }
    return expressions;
}

bool add_index_key(Oid relation, const Node *expression, const IndexKey &key, IndexCandidate &candidate) {
    if (candidate.key_count == max_index_keys) return false;
    IndexKey &added = candidate.keys[candidate.key_count];
    added = key;
    added.attribute = 0;
    if (is_column(expression)) {
        added.attribute = reinterpret_cast<const Var *>(expression)->varattno;
    } else {
        if (candidate.expression[0] != '\0') return false;
        TextWriter out(candidate.expression, sizeof(candidate.expression));
        write_indexed_expression(relation, expression, out);
        if (out.truncated()) return false;
    }
    ++candidate.key_count;
    return true;
}

void write_index(Oid relation, const IndexCandidate &candidate, char (&body)[index_columns_bytes]) {
    // An empty one follows it.
    TextWriter out(body, sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    // A cut one would be no valid SQL.
    if (!write_index_body(candidate, index_words(relation, candidate), out)) body[0] = '\0';
}

} // namespace query_audit
