#include "core/candidate.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace query_audit {
namespace {

// BRIN pays where the column follows the table's order closely, and a btree would be large.
constexpr double least_correlation = 0.95;
constexpr double least_brin_bytes = 128.0 * 1024 * 1024;
// A condition on a column that is NULL as seldom as this leaves hardly anything out.
constexpr float least_null_fraction = 0.5F;

bool is_inverted(const AccessKey &key) noexcept {
    return key.use == KeyUse::pattern || key.use == KeyUse::containment || key.use == KeyUse::full_text;
}

bool is_condition(const AccessKey &key) noexcept {
    return key.use == KeyUse::is_null || key.use == KeyUse::is_not_null || key.use == KeyUse::is_true ||
           key.use == KeyUse::is_false;
}

// A join's key is one that is compared with a value only where the other table's rows are looped over.
bool is_compared(const ScanNeed &scan, const AccessKey &key) noexcept {
    return key.use == KeyUse::equality || (key.use == KeyUse::join && scan.scans > scan.calls);
}

class Former {
  public:
    Former(const ScanNeed &scan, const IndexedTable &table, IndexCandidate &candidate) noexcept
        : scan_(scan), need_(scan.need), table_(table), candidate_(candidate) {}

    bool form() noexcept {
        std::memset(static_cast<void *>(&candidate_), 0, sizeof(candidate_));
        add_conditions();
        if (take_inverted()) return true;
        if (take_block_range()) return true;
        add_equalities();
        add_tail();
        if (candidate_.key_count == 0) key_from_condition();
        return candidate_.key_count > 0;
    }

  private:
    [[nodiscard]] const AccessKey *find(KeyUse use) const noexcept {
        for (int i = 0; i < need_.count; ++i) {
            if (need_.keys[i].use == use) return &need_.keys[i];
        }
        return nullptr;
    }

    [[nodiscard]] bool has_tail() const noexcept {
        return find(KeyUse::range) != nullptr || (find(KeyUse::sort) != nullptr && need_.sort_limited != 0);
    }

    [[nodiscard]] bool is_compared(const AccessKey &key) const noexcept { return query_audit::is_compared(scan_, key); }

    // Where they are not, they might be, once it stands in an index behind the keys that are; but no range or sort must
    // stand behind it.
    [[nodiscard]] bool may_be_compared(const AccessKey &key) const noexcept {
        return is_compared(key) || (key.use == KeyUse::join && !has_tail());
    }

    [[nodiscard]] bool holds(const AccessKey &key) const noexcept {
        return std::any_of(candidate_.keys, candidate_.keys + candidate_.key_count,
                           [&](const IndexKey &held) noexcept { return held.attribute == key.attribute; });
    }

    void add(const AccessKey &key, KeyUse use, std::uint8_t group) noexcept {
        if (candidate_.key_count == max_index_keys || holds(key)) return;
        if (key.attribute == 0) std::memcpy(candidate_.expression, need_.expression, sizeof(candidate_.expression));
        const auto direction = static_cast<std::uint8_t>(key.flags & (key_flag::descending | key_flag::nulls_first));
        const bool pattern = (key.flags & key_flag::pattern_order) != 0;
        candidate_.keys[candidate_.key_count++] = IndexKey{key.attribute,
                                                           use,
                                                           use == KeyUse::sort ? direction : std::uint8_t{0},
                                                           pattern ? OperatorClass::pattern : OperatorClass::usual,
                                                           group,
                                                           key.distinct};
    }

    // Those of a NOT NULL leave much out, or nothing; the planner knows that a compared column is not NULL.
    void add_conditions() noexcept {
        for (int i = 0; i < need_.count; ++i) {
            const AccessKey &key = need_.keys[i];
            if (!is_condition(key) || key.attribute <= 0) continue;
            if (key.use == KeyUse::is_not_null) {
                const ColumnProfile *column = find_column(table_, key.attribute);
                if (column == nullptr || column->null_fraction < least_null_fraction) continue;
            }
            if (candidate_.condition_count == max_index_conditions) return;
            candidate_.conditions[candidate_.condition_count++] = IndexCondition{key.attribute, key.use};
        }
    }

    bool take_inverted() noexcept {
        const AccessKey *const end = need_.keys + need_.count;
        const AccessKey *const key = std::find_if(need_.keys, end, is_inverted);
        if (key == end) return false;
        const double rows = rows_of_table(scan_, table_);
        if (rows > 0 && rows_by_equality(scan_, table_) <= selective_share * rows) return false;
        candidate_.method = AccessMethod::gin;
        add(*key, key->use, 0);
        IndexKey &taken = candidate_.keys[0];
        taken.operator_class = OperatorClass::usual;
        if (key->use == KeyUse::pattern) taken.operator_class = OperatorClass::trigram;
        if ((key->flags & key_flag::path_operators) != 0) taken.operator_class = OperatorClass::json_path;
        return true;
    }

    bool take_block_range() noexcept {
        const AccessKey *const key = find(KeyUse::range);
        if (key == nullptr || key->attribute <= 0 || table_.bytes < least_brin_bytes) return false;
        if (find(KeyUse::equality) != nullptr || need_.sort_limited != 0) return false;
        const ColumnProfile *const column = find_column(table_, key->attribute);
        if (column == nullptr || std::fabs(column->correlation) < least_correlation) return false;
        candidate_.method = AccessMethod::brin;
        candidate_.condition_count = 0; // it is tiny as it is
        add(*key, KeyUse::range, 0);
        return true;
    }

    void add_equalities() noexcept {
        AccessKey found[max_access_keys];
        int count = 0;
        for (int i = 0; i < need_.count; ++i) {
            if (may_be_compared(need_.keys[i])) found[count++] = need_.keys[i];
        }
        std::stable_sort(found, found + count, [this](const AccessKey &a, const AccessKey &b) noexcept {
            return is_compared(a) != is_compared(b) ? is_compared(a) : a.distinct > b.distinct;
        });
        const int room = has_tail() ? max_index_keys - 1 : max_index_keys;
        for (int i = 0; i < count && candidate_.key_count < room; ++i) {
            add(found[i], is_compared(found[i]) ? KeyUse::equality : KeyUse::join, 0);
        }
    }

    void add_sort(std::uint8_t group) noexcept {
        for (int i = 0; i < need_.count; ++i) {
            if (need_.keys[i].use != KeyUse::sort) continue;
            add(need_.keys[i], KeyUse::sort, group);
            ++group;
        }
    }

    // Behind a range a btree is no longer sorted, so it is either: the sort where a LIMIT makes it stop early.
    void add_tail() noexcept {
        const AccessKey *const range = find(KeyUse::range);
        const AccessKey *const sort = find(KeyUse::sort);
        const bool equality = candidate_.key_count > 0;
        const bool same = range != nullptr && sort != nullptr && range->attribute == sort->attribute;
        if (sort != nullptr && (need_.sort_limited != 0 || same || (range == nullptr && equality))) return add_sort(1);
        if (range != nullptr) add(*range, KeyUse::range, 1);
    }

    // A constant condition alone: an index of nothing but the rows that meet it.
    void key_from_condition() noexcept {
        if (candidate_.condition_count == 0) return;
        candidate_.keys[0] =
            IndexKey{candidate_.conditions[0].attribute, KeyUse::equality, 0, OperatorClass::usual, 0, 0};
        candidate_.key_count = 1;
    }

    const ScanNeed &scan_;
    const AccessNeed &need_;
    const IndexedTable &table_;
    IndexCandidate &candidate_;
};

} // namespace

const ColumnProfile *find_column(const IndexedTable &table, std::int16_t attribute) noexcept {
    for (int i = 0; i < table.column_count; ++i) {
        if (table.columns[i].attribute == attribute) return &table.columns[i];
    }
    return nullptr;
}

double rows_by_equality(const ScanNeed &need, const IndexedTable &table) noexcept {
    double rows = rows_of_table(need, table);
    for (int i = 0; i < need.need.count; ++i) {
        if (is_compared(need, need.need.keys[i])) rows /= distinct_values(need.need.keys[i].distinct);
    }
    return rows;
}

bool form_candidate(const ScanNeed &need, const IndexedTable &table, IndexCandidate &candidate) noexcept {
    return Former(need, table, candidate).form();
}

} // namespace query_audit
