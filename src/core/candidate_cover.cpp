// Columns that an index holds beside its keys, so that the table need not be visited for the rows it finds.
#include <algorithm>

#include "core/candidate.h"

namespace query_audit {
namespace {

// Pages of the table that one scan must be spared, before wider entries, which every write pays for, are worth it.
constexpr double least_visits = 256;
constexpr double page_bytes = 8192;
// Of pages on which all rows are visible to everybody; the rows of others are looked up in the table all the same.
constexpr double least_visible_share = 0.9;
// Of rows that are changed while the scans are counted: their pages are not all visible, and where such an index holds
// the column, no change of it is made within its page.
constexpr double most_changed_share = 0.05;
constexpr float widest_column = 16; // bytes
constexpr float widest_columns = 24;
constexpr double largest_share = 0.5;   // of the table, in bytes
constexpr double most_kept_share = 0.2; // of the table's rows: more are read from its beginning to its end

bool is_key(const IndexCandidate &candidate, std::int16_t attribute) noexcept {
    return std::any_of(candidate.keys, candidate.keys + candidate.key_count,
                       [attribute](const IndexKey &key) noexcept { return key.attribute == attribute; });
}

// What all rows of the index meet need not be looked up for any.
bool is_condition(const IndexCandidate &candidate, std::int16_t attribute) noexcept {
    return std::any_of(
        candidate.conditions, candidate.conditions + candidate.condition_count,
        [attribute](const IndexCondition &condition) noexcept { return condition.attribute == attribute; });
}

bool is_read_mostly(const IndexedTable &table) noexcept {
    return table.rows > 0 && table.visible_share >= least_visible_share &&
           table.changes <= most_changed_share * table.rows;
}

class Coverer {
  public:
    Coverer(const IndexedTable &table, IndexCandidate &candidate) noexcept : table_(table), candidate_(candidate) {}

    // False where the column is too wide, or there is no room for it.
    bool take(std::int16_t attribute) noexcept {
        if (is_key(candidate_, attribute) || is_condition(candidate_, attribute)) return true;
        std::int16_t *const end = candidate_.includes + candidate_.include_count;
        if (std::find(candidate_.includes, end, attribute) != end) return true;
        const ColumnProfile *const column = find_column(table_, attribute);
        if (column == nullptr || column->width <= 0 || column->width > widest_column) return false;
        width_ += column->width;
        if (candidate_.include_count == max_index_includes || width_ > widest_columns) return false;
        candidate_.includes[candidate_.include_count++] = attribute;
        return true;
    }

    bool take_all(const AccessNeed &need) noexcept {
        if (need.columns[0] == many_columns) return false;
        const bool keys = std::all_of(need.keys, need.keys + need.count, [this](const AccessKey &key) noexcept {
            return key.attribute > 0 && take(key.attribute);
        });
        return keys && std::all_of(need.columns, need.columns + max_access_columns,
                                   [this](std::int16_t column) noexcept { return column == 0 || take(column); });
    }

  private:
    const IndexedTable &table_;
    IndexCandidate &candidate_;
    float width_ = 0;
};

} // namespace

double visits_spared(const ScanNeed &scan, const IndexedTable &table, const IndexCandidate &candidate) noexcept {
    // Of what a LIMIT ends no more is known than that it will be few.
    if (scan.need.sort_limited != 0 || table.rows <= 0) return 0;
    const auto scans = static_cast<double>(std::max<std::int64_t>(1, scan.scans));
    const double kept = static_cast<double>(scan.rows_read - scan.rows_removed) / scans;
    if (kept > most_kept_share * table.rows) return 0;
    const double pages = table.bytes / page_bytes;
    // Rows that follow the table's order share their pages.
    const ColumnProfile *const first = find_column(table, candidate.keys[0].attribute);
    const double correlation = first != nullptr ? static_cast<double>(first->correlation) : 0;
    const double followed = correlation * correlation;
    const double visits = kept * ((1 - followed) + followed * std::min(1.0, pages / table.rows));
    return std::min(visits, pages);
}

void cover_candidate(const ScanNeed &scan, const IndexedTable &table, IndexCandidate &candidate) noexcept {
    candidate.include_count = 0;
    if (candidate.method != AccessMethod::btree || !is_read_mostly(table)) return;
    if (visits_spared(scan, table, candidate) < least_visits) return;
    IndexCandidate trimmed = candidate;
    trim_candidate(trimmed, table.rows);
    if (trimmed.key_count < candidate.key_count) return;
    IndexCandidate covering = candidate;
    if (!Coverer(table, covering).take_all(scan.need)) return;
    if (estimated_bytes(covering, table) > largest_share * table.bytes) return;
    candidate = covering;
}

bool join_includes(const IndexCandidate &narrow, IndexCandidate &wide) noexcept {
    std::int16_t joined[max_index_includes] = {};
    std::uint8_t count = 0;
    for (const IndexCandidate *const part : {static_cast<const IndexCandidate *>(&wide), &narrow}) {
        for (int i = 0; i < part->include_count; ++i) {
            const std::int16_t column = part->includes[i];
            if (is_key(wide, column) || std::find(joined, joined + count, column) != joined + count) continue;
            if (count == max_index_includes) return false;
            joined[count++] = column;
        }
    }
    std::copy(joined, joined + max_index_includes, wide.includes);
    wide.include_count = count;
    return true;
}

bool index_covers(const ExistingIndex &index, const IndexCandidate &candidate) noexcept {
    return std::all_of(
        candidate.includes, candidate.includes + candidate.include_count, [&](std::int16_t column) noexcept {
            const bool key = std::any_of(index.keys, index.keys + index.key_count,
                                         [column](const IndexKey &held) noexcept { return held.attribute == column; });
            return key || std::find(index.includes, index.includes + index.include_count, column) !=
                              index.includes + index.include_count;
        });
}

} // namespace query_audit
