// What the tests of index candidates share: needs by a short notation, and candidates as text.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "core/candidate.h"
#include "core/index_text.h"

namespace query_audit::test {

// Columns are single letters: a is attribute 1, and so on.
constexpr std::int16_t column(char name) { return static_cast<std::int16_t>(name - 'a' + 1); }

inline AccessKey key(char name, KeyUse use, float distinct = 100, std::uint8_t flags = 0) {
    return {column(name), use, flags, distinct};
}

inline AccessKey by(char name, float distinct = 100) { return key(name, KeyUse::equality, distinct); }
inline AccessKey range(char name) { return key(name, KeyUse::range); }
inline AccessKey sort(char name, std::uint8_t flags = 0) { return key(name, KeyUse::sort, 0, flags); }
inline AccessKey sort_down(char name) { return sort(name, key_flag::descending | key_flag::nulls_first); }

struct NeedOptions {
    bool limited = false;
    const char *expression = "";
    std::int64_t calls = 10;
    std::int64_t loops = 1;
    std::int64_t read = 100'000;
    std::int64_t removed = 99'000;
};

inline ScanNeed need(std::vector<AccessKey> keys, const NeedOptions &options = {}) {
    ScanNeed result{};
    for (const AccessKey &one : keys) result.need.keys[result.need.count++] = one;
    result.need.sort_limited = options.limited;
    assign_text(result.need.expression, options.expression);
    result.calls = options.calls;
    result.scans = options.calls * options.loops;
    result.rows_read = options.calls * options.read;
    result.rows_removed = options.calls * options.removed;
    return result;
}

// A table of 100,000 rows with nothing else known.
inline IndexedTable plain_table() { return {100'000, 16e6, 0, nullptr, 0, nullptr, 0, 0, 0}; }

inline std::string body_of(const IndexCandidate &candidate) {
    static const char *const names[] = {"?", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    IndexWords words{};
    for (int i = 0; i < candidate.key_count; ++i) {
        words.keys[i] = names[candidate.keys[i].attribute];
        switch (candidate.keys[i].operator_class) {
        case OperatorClass::pattern:
            words.classes[i] = "text_pattern_ops";
            break;
        case OperatorClass::trigram:
            words.classes[i] = "gin_trgm_ops";
            break;
        case OperatorClass::json_path:
            words.classes[i] = "jsonb_path_ops";
            break;
        default:
            break;
        }
    }
    for (int i = 0; i < candidate.condition_count; ++i) words.conditions[i] = names[candidate.conditions[i].attribute];
    for (int i = 0; i < candidate.include_count; ++i) words.includes[i] = names[candidate.includes[i]];
    char buffer[512];
    TextWriter body(buffer, sizeof(buffer));
    return write_index_body(candidate, words, body) ? std::string(body.view()) : "";
}

// The candidate of one need, as SQL; empty where there is none.
inline std::string candidate_of(const ScanNeed &scan, const IndexedTable &table = plain_table()) {
    IndexCandidate candidate;
    if (!form_candidate(scan, table, candidate)) return "";
    trim_candidate(candidate, rows_of_table(scan, table));
    return body_of(candidate);
}

struct Proposed {
    std::vector<Proposal> proposals;
    std::vector<NeedVerdict> verdicts;

    // The proposals, one after the other.
    [[nodiscard]] std::string text() const {
        std::string all;
        for (const Proposal &proposal : proposals) all += (all.empty() ? "" : "; ") + body_of(proposal.index);
        return all;
    }
};

inline Proposed propose(const std::vector<ScanNeed> &needs, const IndexedTable &table = plain_table()) {
    Proposed result;
    result.proposals.resize(needs.size());
    result.verdicts.resize(needs.size());
    const int count = propose_indexes(needs.data(), static_cast<int>(needs.size()), table, result.proposals.data(),
                                      result.verdicts.data());
    result.proposals.resize(static_cast<std::size_t>(count));
    return result;
}

inline ExistingIndex existing(std::vector<IndexKey> keys, AccessMethod method = AccessMethod::btree) {
    ExistingIndex index{};
    index.method = method;
    index.usable = true;
    for (const IndexKey &one : keys) index.keys[index.key_count++] = one;
    return index;
}

inline IndexKey held(char name, std::uint8_t flags = 0, OperatorClass operator_class = OperatorClass::usual) {
    return {column(name), KeyUse::none, flags, operator_class, 0, 0};
}

inline IndexedTable table_with(const ExistingIndex &index) {
    IndexedTable table = plain_table();
    table.indexes = &index;
    table.index_count = 1;
    return table;
}

} // namespace query_audit::test
