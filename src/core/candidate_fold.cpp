// Which index serves what another would: prefixes, and the orders that keys may stand in.
#include <algorithm>
#include <cstring>

#include "core/candidate.h"

namespace query_audit {
namespace {

bool same_expression(const char (&a)[access_expression_bytes], const char (&b)[access_expression_bytes]) noexcept {
    return std::strncmp(a, b, access_expression_bytes) == 0;
}

bool same_condition(const IndexCondition &a, const IndexCondition &b) noexcept {
    return a.attribute == b.attribute && a.use == b.use;
}

bool has_condition(const IndexCandidate &candidate, const IndexCondition &condition) noexcept {
    return std::any_of(candidate.conditions, candidate.conditions + candidate.condition_count,
                       [&](const IndexCondition &held) noexcept { return same_condition(held, condition); });
}

// Sorted one way an index is read both ways, so the first sorted key says which way it is read.
class Direction {
  public:
    bool fits(std::uint8_t wanted, std::uint8_t held) noexcept {
        constexpr std::uint8_t both = key_flag::descending | key_flag::nulls_first;
        const auto difference = static_cast<std::uint8_t>((wanted ^ held) & both);
        if (difference != 0 && difference != both) return false;
        const bool reversed = difference != 0;
        if (known_ && reversed != reversed_) return false;
        known_ = true;
        reversed_ = reversed;
        return true;
    }

  private:
    bool known_ = false;
    bool reversed_ = false;
};

// Walks along two candidates, the narrow one's keys as they must stand at the beginning of the wide one's.
class Folder {
  public:
    Folder(const IndexCandidate &narrow, const IndexCandidate &wide) noexcept : narrow_(narrow), wide_(wide) {
        result_ = wide;
        result_.key_count = 0;
    }

    bool fold() noexcept {
        std::uint8_t group = 0;
        int first = 0;
        while (first < narrow_.key_count) {
            const int end = end_of_group(narrow_, first);
            if (!take(first, end, group)) return false;
            first = end;
        }
        // What is left of the wide one, in its own order.
        int previous = -1;
        for (int i = 0; i < wide_.key_count; ++i) {
            if (taken_[i]) continue;
            if (wide_.keys[i].group != previous) ++group;
            previous = wide_.keys[i].group;
            emit(wide_.keys[i], group);
        }
        return true;
    }

    [[nodiscard]] const IndexCandidate &result() const noexcept { return result_; }

  private:
    static int end_of_group(const IndexCandidate &candidate, int first) noexcept {
        int end = first + 1;
        while (end < candidate.key_count && candidate.keys[end].group == candidate.keys[first].group) ++end;
        return end;
    }

    // The keys of one group of the narrow one, from groups of the wide one that are used up one after the other.
    bool take(int first, int end, std::uint8_t &group) noexcept {
        bool found[max_index_keys] = {};
        int wanted = end - first;
        while (wanted > 0) {
            const int open = open_group();
            if (open < 0) return false;
            int taken = 0;
            for (int i = first; i < end; ++i) {
                if (found[i]) continue;
                const int place = find(narrow_.keys[i], open);
                if (place < 0) continue;
                if (!join(narrow_.keys[i], place, group)) return false;
                found[i] = true;
                ++taken;
            }
            wanted -= taken;
            // Keys of this group that are not asked for would stand before those that still are.
            if (taken == 0 || (wanted > 0 && open_group() == open)) return false;
            ++group;
        }
        return true;
    }

    // The number of the first group of the wide one that has keys left, or -1.
    [[nodiscard]] int open_group() const noexcept {
        for (int i = 0; i < wide_.key_count; ++i) {
            if (!taken_[i]) return wide_.keys[i].group;
        }
        return -1;
    }

    [[nodiscard]] int find(const IndexKey &key, int group) const noexcept {
        for (int i = 0; i < wide_.key_count; ++i) {
            const IndexKey &held = wide_.keys[i];
            if (taken_[i] || held.group != group || held.attribute != key.attribute) continue;
            const bool same = held.operator_class == key.operator_class &&
                              (key.attribute != 0 || same_expression(narrow_.expression, wide_.expression));
            return same ? i : -1;
        }
        return -1;
    }

    bool join(const IndexKey &key, int place, std::uint8_t group) noexcept {
        taken_[place] = true;
        IndexKey held = wide_.keys[place];
        if (key.use == KeyUse::sort) {
            // What the wide one does not sort by may stand either way, as long as this one's keys agree.
            if (held.use != KeyUse::sort) held.flags = key.flags;
            if (!direction_.fits(key.flags, held.flags)) return false;
        }
        // The one that asks more.
        if (held.use == KeyUse::join || (held.use == KeyUse::equality && key.use != KeyUse::join)) held.use = key.use;
        emit(held, group);
        return true;
    }

    void emit(IndexKey key, std::uint8_t group) noexcept {
        key.group = group;
        result_.keys[result_.key_count++] = key;
    }

    const IndexCandidate &narrow_;
    const IndexCandidate &wide_;
    IndexCandidate result_;
    bool taken_[max_index_keys] = {};
    Direction direction_;
};

void keep_common_conditions(const IndexCandidate &other, IndexCandidate &candidate) noexcept {
    IndexCondition *const end =
        std::remove_if(candidate.conditions, candidate.conditions + candidate.condition_count,
                       [&](const IndexCondition &condition) noexcept { return !has_condition(other, condition); });
    candidate.condition_count = static_cast<std::uint8_t>(end - candidate.conditions);
}

bool same_keys(const IndexCandidate &a, const IndexCandidate &b) noexcept {
    return a.key_count == b.key_count &&
           std::equal(a.keys, a.keys + a.key_count, b.keys, [](const IndexKey &x, const IndexKey &y) noexcept {
               return x.attribute == y.attribute && x.operator_class == y.operator_class;
           });
}

bool has_key(const ExistingIndex &index, const IndexCandidate &candidate, const IndexKey &key, int from,
             int to) noexcept {
    return std::any_of(index.keys + from, index.keys + to, [&](const IndexKey &held) noexcept {
        return held.attribute == key.attribute && held.operator_class == key.operator_class &&
               (key.attribute != 0 || same_expression(index.expression, candidate.expression));
    });
}

bool leads_with(const ExistingIndex &index, const IndexCandidate &candidate) noexcept {
    if (candidate.key_count > index.key_count) return false;
    Direction direction;
    for (int i = 0; i < candidate.key_count; ++i) {
        const IndexKey &key = candidate.keys[i];
        int first = i;
        int end = i + 1;
        while (first > 0 && candidate.keys[first - 1].group == key.group) --first;
        while (end < candidate.key_count && candidate.keys[end].group == key.group) ++end;
        if (!has_key(index, candidate, key, first, end)) return false;
        if (key.use == KeyUse::sort && !direction.fits(key.flags, index.keys[i].flags)) return false;
    }
    return true;
}

} // namespace

bool fold_candidate(const IndexCandidate &narrow, IndexCandidate &wide) noexcept {
    if (narrow.method == AccessMethod::brin && wide.method == AccessMethod::btree) {
        return wide.condition_count == 0 && wide.keys[0].attribute == narrow.keys[0].attribute;
    }
    if (narrow.method != wide.method) return false;
    if (narrow.method != AccessMethod::btree) {
        if (!same_keys(narrow, wide) || !same_expression(narrow.expression, wide.expression)) return false;
    } else {
        Folder folder(narrow, wide);
        if (!folder.fold()) return false;
        IndexCandidate result = folder.result();
        if (!join_includes(narrow, result)) return false;
        wide = result;
    }
    keep_common_conditions(narrow, wide);
    return true;
}

bool index_serves(const ExistingIndex &index, const IndexCandidate &candidate) noexcept {
    if (!index.usable || index.key_count == 0) return false;
    const bool conditions_met =
        std::all_of(index.conditions, index.conditions + index.condition_count,
                    [&](const IndexCondition &condition) noexcept { return has_condition(candidate, condition); });
    if (!conditions_met) return false;
    switch (candidate.method) {
    case AccessMethod::btree:
        if (index.method == AccessMethod::btree) return leads_with(index, candidate);
        return index.method == AccessMethod::hash && candidate.key_count == 1 &&
               candidate.keys[0].use == KeyUse::equality && leads_with(index, candidate);
    case AccessMethod::gin:
        return (index.method == AccessMethod::gin || index.method == AccessMethod::gist) &&
               has_key(index, candidate, candidate.keys[0], 0, index.key_count);
    case AccessMethod::brin:
        return (index.method == AccessMethod::brin || index.method == AccessMethod::btree) &&
               leads_with(index, candidate);
    default:
        return false;
    }
}

} // namespace query_audit
