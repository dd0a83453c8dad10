// What indexes cost and save, and which of them are worth proposing.
#include <algorithm>
#include <cstring>

#include "core/candidate.h"

namespace query_audit {
namespace {

constexpr double least_rows = 2000;       // of a table that an index is proposed for
constexpr double unique_rows = 2;         // of a value, of which each row has its own or nearly
constexpr double least_saved_share = 0.8; // of the rows that a scan read
constexpr double page_bytes = 8192;
// An entry of a btree beside its keys: its header, its place in the page, and the space that pages are left with.
constexpr double entry_bytes = 20;
constexpr double unknown_width = 16;
constexpr double brin_pages_per_range = 128;
constexpr double brin_range_bytes = 24;
// Of text, about as many trigrams as characters, most of them shared by many rows, whose places take little each.
constexpr double gin_bytes_per_byte = 2;
// What adding a row to an index costs, in rows that a sequential scan reads and throws away in that time.
constexpr double btree_write_rows = 20;
constexpr double gin_write_rows = 100;
constexpr double brin_write_rows = 1;

double width_of(const IndexedTable &table, std::int16_t attribute) noexcept {
    const ColumnProfile *const column = find_column(table, attribute);
    return column != nullptr && column->width > 0 ? static_cast<double>(column->width) : unknown_width;
}

// The share of the table's rows that meet the conditions, as far as statistics know.
double indexed_share(const IndexCandidate &candidate, const IndexedTable &table) noexcept {
    double share = 1;
    for (int i = 0; i < candidate.condition_count; ++i) {
        const IndexCondition &condition = candidate.conditions[i];
        const ColumnProfile *const column = find_column(table, condition.attribute);
        if (column == nullptr) continue;
        if (condition.use == KeyUse::is_null) share *= static_cast<double>(column->null_fraction);
        if (condition.use == KeyUse::is_not_null) share *= 1 - static_cast<double>(column->null_fraction);
    }
    return share;
}

double write_rows(AccessMethod method) noexcept {
    switch (method) {
    case AccessMethod::gin:
        return gin_write_rows;
    case AccessMethod::brin:
        return brin_write_rows;
    default:
        return btree_write_rows;
    }
}

bool compares(const AccessNeed &need, const IndexKey &key) noexcept {
    return std::any_of(need.keys, need.keys + need.count, [&](const AccessKey &asked) noexcept {
        return asked.use == KeyUse::equality && asked.attribute == key.attribute && key.attribute > 0 &&
               key.operator_class == OperatorClass::usual;
    });
}

float distinct_of(const AccessNeed &need, const IndexKey &key) noexcept {
    for (int i = 0; i < need.count; ++i) {
        if (need.keys[i].attribute == key.attribute && need.keys[i].distinct > 0) return need.keys[i].distinct;
    }
    return 0;
}

// Whether the index, by its first keys, finds so few rows that another would find hardly fewer.
bool finds_few(const ExistingIndex &index, const ScanNeed &scan, double rows) noexcept {
    if (!index.usable || index.condition_count > 0 || index.method != AccessMethod::btree) return false;
    for (int i = 0; i < index.key_count && compares(scan.need, index.keys[i]); ++i) {
        rows /= distinct_values(distinct_of(scan.need, index.keys[i]));
        if (rows <= few_rows) return true;
    }
    return false;
}

// Rows that the candidate would have spared the need: to read, or to visit.
double saved_by(const IndexCandidate &candidate, const ScanNeed &need, const IndexedTable &table) noexcept {
    if (candidate.include_count == 0) return rows_saved(need);
    return std::max(rows_saved(need), visits_spared(need, table, candidate) * static_cast<double>(need.scans));
}

Verdict judge(const ScanNeed &need, const IndexedTable &table, IndexCandidate &candidate, int &served_by) noexcept {
    const double rows = rows_of_table(need, table);
    if (rows < least_rows) return Verdict::small_table;
    if (!form_candidate(need, table, candidate)) return Verdict::no_key;
    cover_candidate(need, table, candidate);
    for (int i = 0; i < table.index_count; ++i) {
        const bool answers = index_answers(table.indexes[i], need, candidate, rows);
        if (!answers || !index_covers(table.indexes[i], candidate)) continue;
        served_by = i;
        return Verdict::served;
    }
    if (saved_by(candidate, need, table) > rows_saved(need)) return Verdict::proposed;
    if (rows_saved(need) * need.parts < least_saved_share * static_cast<double>(need.rows_read)) {
        return Verdict::keeps_most;
    }
    return Verdict::proposed;
}

int add_proposal(const IndexCandidate &candidate, Proposal *proposals, int &count) noexcept {
    for (int i = 0; i < count; ++i) {
        if (fold_candidate(candidate, proposals[i].index)) return i;
        IndexCandidate wide = candidate;
        if (!fold_candidate(proposals[i].index, wide)) continue;
        proposals[i].index = wide;
        return i;
    }
    std::memset(static_cast<void *>(&proposals[count]), 0, sizeof(Proposal));
    proposals[count].index = candidate;
    return count++;
}

// The proposals, and what they are for.
struct Proposals {
    Proposal *all;
    int count;
    const ScanNeed *needs;
    int need_count;
    NeedVerdict *verdicts;

    // Some part of an OR has no index: those of the others would not be used for it.
    void give_up(int group) noexcept {
        for (int i = 0; i < need_count; ++i) {
            if (needs[i].group != group || verdicts[i].verdict != Verdict::proposed) continue;
            all[verdicts[i].place].rows_saved -= rows_saved(needs[i]);
            verdicts[i] = NeedVerdict{Verdict::not_worth, -1};
        }
    }

    void reject(int place) noexcept {
        for (int i = 0; i < need_count; ++i) {
            if (!is_served_by(verdicts[i], place)) continue;
            verdicts[i] = NeedVerdict{Verdict::not_worth, -1};
            if (needs[i].group != 0) give_up(needs[i].group);
        }
    }

    // Takes those that are not worth their upkeep out.
    void keep_worthy(const IndexedTable &table) noexcept {
        for (int i = 0; i < count; ++i) {
            order_keys(all[i].index);
            trim_candidate(all[i].index, table.rows);
            all[i].bytes = estimated_bytes(all[i].index, table);
        }
        // To reject one may leave another with less.
        for (bool again = true; again;) {
            again = false;
            for (int i = 0; i < count; ++i) {
                if (is_worth_keeping(all[i], table) || !has_needs(i)) continue;
                reject(i);
                again = true;
            }
        }
        int kept = 0;
        for (int i = 0; i < count; ++i) {
            if (!has_needs(i)) continue;
            for (int j = 0; j < need_count; ++j) {
                if (is_served_by(verdicts[j], i)) verdicts[j].place = kept;
            }
            all[kept++] = all[i];
        }
        count = kept;
    }

    [[nodiscard]] bool has_needs(int place) const noexcept {
        return std::any_of(verdicts, verdicts + need_count,
                           [place](const NeedVerdict &verdict) noexcept { return is_served_by(verdict, place); });
    }
};

// An OR takes an index for each of its parts.
void judge_groups(const ScanNeed *needs, int count, NeedVerdict *verdicts) noexcept {
    for (int i = 0; i < count; ++i) {
        const Verdict verdict = verdicts[i].verdict;
        if (needs[i].group == 0 || verdict == Verdict::proposed || verdict == Verdict::served) continue;
        for (int j = 0; j < count; ++j) {
            if (needs[j].group == needs[i].group) verdicts[j] = NeedVerdict{verdict, -1};
        }
    }
}

void sort_proposals(Proposal *proposals, int count, NeedVerdict *verdicts, int needs) noexcept {
    for (int i = 1; i < count; ++i) {
        for (int j = i; j > 0 && proposals[j].rows_saved > proposals[j - 1].rows_saved; --j) {
            std::swap(proposals[j], proposals[j - 1]);
            for (int k = 0; k < needs; ++k) {
                if (verdicts[k].verdict != Verdict::proposed) continue;
                if (verdicts[k].place == j) {
                    verdicts[k].place = j - 1;
                } else if (verdicts[k].place == j - 1) {
                    verdicts[k].place = j;
                }
            }
        }
    }
}

} // namespace

double rows_of_table(const ScanNeed &need, const IndexedTable &table) noexcept {
    if (table.rows >= 0) return table.rows;
    return static_cast<double>(need.rows_read) / static_cast<double>(std::max<std::int64_t>(1, need.scans));
}

bool index_answers(const ExistingIndex &index, const ScanNeed &need, const IndexCandidate &candidate,
                   double rows) noexcept {
    return index_serves(index, candidate) || finds_few(index, need, rows);
}

void order_keys(IndexCandidate &candidate) noexcept {
    std::stable_sort(candidate.keys, candidate.keys + candidate.key_count,
                     [](const IndexKey &a, const IndexKey &b) noexcept {
                         if (a.group != b.group) return a.group < b.group;
                         const bool join = a.use == KeyUse::join;
                         return join != (b.use == KeyUse::join) ? !join : a.distinct > b.distinct;
                     });
}

void trim_candidate(IndexCandidate &candidate, double rows) noexcept {
    if (rows < 0 || candidate.method != AccessMethod::btree) return;
    for (int i = 0; i < candidate.key_count && candidate.keys[i].use == KeyUse::equality; ++i) {
        rows /= distinct_values(candidate.keys[i].distinct);
        if (rows > few_rows) continue;
        // How many rows have a value differs more than a mean tells: what is sorted for a LIMIT stays.
        int kept = i + 1;
        for (int j = kept; rows > unique_rows && j < candidate.key_count; ++j) {
            if (candidate.keys[j].use == KeyUse::sort) candidate.keys[kept++] = candidate.keys[j];
        }
        candidate.key_count = static_cast<std::uint8_t>(kept);
        return;
    }
}

double rows_saved(const ScanNeed &need) noexcept {
    // Rows come in the order of the index, so a LIMIT ends the scan.
    return static_cast<double>(need.need.sort_limited != 0 ? need.rows_read : need.rows_removed) / need.parts;
}

double estimated_bytes(const IndexCandidate &candidate, const IndexedTable &table) noexcept {
    const double rows = std::max(0.0, table.rows) * indexed_share(candidate, table);
    switch (candidate.method) {
    case AccessMethod::brin:
        return page_bytes * 3 + table.bytes / page_bytes / brin_pages_per_range * brin_range_bytes;
    case AccessMethod::gin:
        return page_bytes * 2 + rows * gin_bytes_per_byte * width_of(table, candidate.keys[0].attribute);
    default:
        break;
    }
    double width = entry_bytes;
    for (int i = 0; i < candidate.key_count; ++i) width += width_of(table, candidate.keys[i].attribute);
    for (int i = 0; i < candidate.include_count; ++i) width += width_of(table, candidate.includes[i]);
    return page_bytes * 2 + rows * width;
}

bool is_worth_keeping(const Proposal &proposal, const IndexedTable &table) noexcept {
    return proposal.rows_saved > table.writes * write_rows(proposal.index.method);
}

int propose_indexes(const ScanNeed *needs, int count, const IndexedTable &table, Proposal *proposals,
                    NeedVerdict *verdicts) noexcept {
    IndexCandidate candidate;
    for (int i = 0; i < count; ++i) {
        int served_by = -1;
        verdicts[i].verdict = judge(needs[i], table, candidate, served_by);
        verdicts[i].place = served_by;
    }
    judge_groups(needs, count, verdicts);
    Proposals proposed{proposals, 0, needs, count, verdicts};
    // Wide ones first: narrow ones fold into them, and find them as wide as they get.
    for (int keys = max_index_keys; keys > 0; --keys) {
        for (int i = 0; i < count; ++i) {
            if (verdicts[i].verdict != Verdict::proposed || verdicts[i].place >= 0) continue;
            int served_by = -1;
            (void)judge(needs[i], table, candidate, served_by);
            if (candidate.key_count != keys) continue;
            const int place = add_proposal(candidate, proposals, proposed.count);
            const bool counted =
                i > 0 && needs[i].group != 0 && needs[i].group == needs[i - 1].group && verdicts[i - 1].place == place;
            if (!counted) proposals[place].calls += needs[i].calls;
            proposals[place].rows_saved += saved_by(candidate, needs[i], table);
            verdicts[i].place = place;
        }
    }
    proposed.keep_worthy(table);
    sort_proposals(proposals, proposed.count, verdicts, count);
    return proposed.count;
}

} // namespace query_audit
