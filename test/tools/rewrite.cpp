// Prints what the rewrites of src/parse make of statements, for test/property. A request is a line, its fields
// separated by tabs:
//   table SCHEMA NAME | column NAME TYPE 0|1 (not null) | unique 0|1 (primary) INDEX...   say what the catalog knows
//   batched TEXT | write TEXT | batches TEXT | keyset TEXT | page TEXT | aggregates TEXT TEXT...          ask
// The answer to each question is a line: + and the statement, or - and the reason, after a tab. A line break in a
// statement is written as \n.
#include <cstdlib>
#include <deque>
#include <iostream>
#include <string>
#include <vector>

#include "parse/parse.h"

namespace {

using namespace query_audit;

struct Table {
    std::string schema;
    std::string name;
    std::deque<std::string> words; // of its columns
    std::vector<ColumnFacts> columns;
    std::vector<UniqueKey> keys;
};

std::vector<std::string> split(const std::string &line) {
    std::vector<std::string> fields(1);
    for (const char c : line) {
        if (c == '\t') {
            fields.emplace_back();
        } else {
            fields.back() += c;
        }
    }
    return fields;
}

const char *keep(Table &table, const std::string &word) { return table.words.emplace_back(word).c_str(); }

bool learn(const std::vector<std::string> &fields, std::deque<Table> &tables) {
    if (fields[0] == "table") {
        tables.push_back({fields.at(1), fields.at(2), {}, {}, {}});
    } else if (fields[0] == "column") {
        Table &table = tables.back();
        const char *type = fields.at(2).empty() ? nullptr : keep(table, fields[2]);
        table.columns.push_back({keep(table, fields.at(1)), type, fields.at(3) == "1"});
    } else if (fields[0] == "unique") {
        UniqueKey key{};
        key.primary = fields.at(1) == "1";
        for (std::size_t i = 2; i < fields.size(); ++i) key.columns[key.column_count++] = std::atoi(fields[i].c_str());
        tables.back().keys.push_back(key);
    } else {
        return false;
    }
    return true;
}

bool ask(const std::vector<std::string> &fields, const RewriteFacts &facts, std::string &out) {
    const std::string &text = fields.at(1);
    if (fields[0] == "batched") {
        return query_audit_rewrite_batched(text.data(), text.size(), &facts, out.data(), out.size());
    }
    if (fields[0] == "write") {
        return query_audit_rewrite_write(text.data(), text.size(), &facts, out.data(), out.size());
    }
    if (fields[0] == "batches") {
        return query_audit_rewrite_batches(text.data(), text.size(), &facts, out.data(), out.size());
    }
    if (fields[0] == "keyset") {
        return query_audit_rewrite_keyset(text.data(), text.size(), &facts, out.data(), out.size());
    }
    if (fields[0] == "page") return query_audit_rewrite_page(text.data(), text.size(), out.data(), out.size());
    std::vector<TextSpan> texts;
    for (std::size_t i = 1; i < fields.size(); ++i) texts.push_back({fields[i].data(), fields[i].size()});
    return query_audit_rewrite_aggregates(texts.data(), texts.size(), out.data(), out.size());
}

} // namespace

int main() {
    std::deque<Table> tables;
    for (std::string line; std::getline(std::cin, line);) {
        const std::vector<std::string> fields = split(line);
        if (learn(fields, tables)) continue;
        std::vector<TableFacts> known;
        for (const Table &table : tables) {
            known.push_back({table.schema.c_str(), table.name.c_str(), table.columns.data(), table.columns.size(),
                             table.keys.data(), table.keys.size()});
        }
        std::string out(65536, '\0');
        const bool done = ask(fields, {known.data(), known.size()}, out);
        std::cout << (done ? "+\t" : "-\t");
        for (const char *c = out.c_str(); *c != '\0'; ++c) {
            if (*c == '\n') {
                std::cout << "\\n";
            } else {
                std::cout << *c;
            }
        }
        std::cout << std::endl;
    }
    return 0;
}
