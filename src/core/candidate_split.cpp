// An OR of several columns, taken apart: each of its parts asks for an index of its own.
#include <algorithm>

#include "core/candidate.h"

namespace query_audit {
namespace {

int alternatives_of(const AccessNeed &need) noexcept {
    int alternatives = 0;
    for (int i = 0; i < need.count; ++i) alternatives = std::max<int>(alternatives, need.keys[i].alternative);
    return alternatives;
}

template <typename Unwanted> void remove_keys(AccessNeed &need, Unwanted unwanted) noexcept {
    AccessKey *const end = std::remove_if(need.keys, need.keys + need.count, unwanted);
    std::fill(end, need.keys + need.count, AccessKey{});
    need.count = static_cast<std::uint8_t>(end - need.keys);
}

bool compares(const AccessNeed &need) noexcept {
    return std::any_of(need.keys, need.keys + need.count,
                       [](const AccessKey &key) noexcept { return key.use == KeyUse::equality; });
}

// `whole`: the need without what stands in the OR.
bool whole_is_better(const ScanNeed &whole, const IndexedTable &table) noexcept {
    const double rows = rows_of_table(whole, table);
    if (rows_by_equality(whole, table) <= std::max(few_rows, selective_share * rows)) return true;
    if (whole.need.sort_limited == 0) return false;
    const auto kept = static_cast<double>(whole.rows_read - whole.rows_removed);
    return compares(whole.need) || kept > selective_share * static_cast<double>(whole.rows_read);
}

// What all rows are asked for, and what that part of the OR asks. Several bitmaps give no order, and only the table's
// rows say which columns they have.
void take_part(AccessNeed &need, int part) noexcept {
    remove_keys(need, [part](const AccessKey &key) noexcept {
        return key.use == KeyUse::sort || (key.alternative != 0 && key.alternative != part);
    });
    for (int i = 0; i < need.count; ++i) need.keys[i].alternative = 0;
    const char(&expression)[access_expression_bytes] = need.alternative_expressions[part - 1];
    if (expression[0] != '\0') std::copy_n(expression, access_expression_bytes, need.expression);
    need.sort_limited = 0;
    need.columns[0] = many_columns;
}

} // namespace

int split_alternatives(const ScanNeed &need, const IndexedTable &table, int group, ScanNeed *parts) noexcept {
    const int alternatives = std::min(alternatives_of(need.need), max_alternatives);
    parts[0] = need;
    remove_keys(parts[0].need, [](const AccessKey &key) noexcept { return key.alternative != 0; });
    // The columns of the OR are needed all the same.
    if (alternatives > 0) parts[0].need.columns[0] = many_columns;
    if (alternatives < 2 || whole_is_better(parts[0], table)) return 1;
    for (int i = 0; i < alternatives; ++i) {
        parts[i] = need;
        take_part(parts[i].need, i + 1);
        parts[i].group = group;
        parts[i].parts = alternatives;
    }
    return alternatives;
}

} // namespace query_audit
