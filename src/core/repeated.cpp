#include "core/repeated.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string_view>

#include "core/hash.h"

namespace query_audit {
namespace {

constexpr std::int64_t a_minute_ns = 60'000'000'000;

bool is_cacheable(const StatementShape &shape) noexcept {
    constexpr std::uint32_t wanted = shape_flag::relation | shape_flag::parsed;
    constexpr std::uint32_t unwanted = shape_flag::catalog_only | shape_flag::volatile_call | shape_flag::locks_rows;
    return shape.kind == StatementKind::select && (shape.flags & (wanted | unwanted)) == wanted;
}

std::uint32_t application_of(const ClientIdentity &client) noexcept {
    return static_cast<std::uint32_t>(hash_text(std::string_view(client.application_name)));
}

RepeatedRead most_repeated(const Series &series, const Tally &tally) noexcept {
    const auto *most = std::max_element(tally.repeats.count, tally.repeats.count + std::size(tally.repeats.count));
    return {series.shape.text_key(),
            series.shape.relation_mask,
            series.shape.relation,
            tally.repeats.value[most - tally.repeats.count],
            *most,
            1,
            0,
            0,
            tally.calls > 0 ? tally.execution_ns / tally.calls : 0,
            series.last_seen_us};
}

// The most repeated reads of one unit.
struct Most {
    RepeatedRead reads[reads_of_a_unit];
    int count = 0;

    void keep(const RepeatedRead &read) noexcept {
        if (read.calls == 0) return;
        if (count < reads_of_a_unit) {
            reads[count++] = read;
            return;
        }
        RepeatedRead *least =
            std::min_element(std::begin(reads), std::end(reads),
                             [](const RepeatedRead &a, const RepeatedRead &b) noexcept { return a.calls < b.calls; });
        if (read.calls > least->calls) *least = read;
    }
};

bool same_read(const RepeatedRead &a, const RepeatedRead &b) noexcept {
    return a.statement == b.statement && a.parameters == b.parameters && a.user == b.user &&
           a.application == b.application;
}

// Where all places are taken, a newcomer wears the least one down before it takes its place (Misra and Gries).
void add_pending(PendingReads &pending, const RepeatedRead &read) noexcept {
    RepeatedRead *const end = pending.reads + pending.count;
    RepeatedRead *const known = std::find_if(
        pending.reads, end, [&read](const RepeatedRead &other) noexcept { return same_read(other, read); });
    if (known != end) {
        known->calls += read.calls;
        known->units += read.units;
        known->last_seen_us = read.last_seen_us;
        return;
    }
    if (pending.count < max_pending_reads) {
        pending.reads[pending.count++] = read;
        return;
    }
    RepeatedRead *least = std::min_element(
        pending.reads, end, [](const RepeatedRead &a, const RepeatedRead &b) noexcept { return a.calls < b.calls; });
    if (least->calls > 1) {
        --least->calls;
    } else {
        *least = read;
    }
}

// Calls visit(series) for all of them, beginning with another one each time, so that of those that are equal it is not
// always the same ones that are kept.
template <typename Visit> void for_each_series(const Unit &unit, std::uint64_t turn, Visit visit) noexcept {
    const auto count = static_cast<std::uint64_t>(unit.series_count);
    for (std::uint64_t i = 0; i < count; ++i) {
        const Series &series = unit.series[(i + turn) % count];
        if (is_cacheable(series.shape)) visit(series);
    }
}

void note_writes(PendingReads &pending, const Unit &unit) noexcept {
    const bool writes = std::any_of(unit.series, unit.series + unit.series_count, [](const Series &series) noexcept {
        return series.shape.kind != StatementKind::select;
    });
    if (!writes) return;
    for (int bit = 0; bit < 64; ++bit) {
        if (unit.written_at[bit] != 0) pending.written |= std::uint64_t{1} << bit;
    }
}

// all_calls: else they count once.
void hand_over(PendingReads &pending, Most &most, const Unit &unit, bool all_calls, std::uint32_t units) noexcept {
    for (int i = 0; i < most.count; ++i) {
        RepeatedRead &read = most.reads[i];
        read.user = unit.client.user;
        read.application = application_of(unit.client);
        if (!all_calls) read.calls = 1;
        read.units = units;
        add_pending(pending, read);
    }
}

} // namespace

void note_reads(PendingReads &pending, const Unit &unit) noexcept {
    Most most;
    for_each_series(unit, unit.number * reads_of_a_unit,
                    [&](const Series &series) noexcept { most.keep(most_repeated(series, series.in_unit)); });
    note_writes(pending, unit);
    // A burst that goes on and on is many requests.
    const auto minutes =
        static_cast<std::uint32_t>(std::max<std::int64_t>(0, unit.last_ns - unit.first_ns) / a_minute_ns);
    hand_over(pending, most, unit, unit.mark == Mark::burst, 1 + (unit.mark == Mark::burst ? minutes : 0));
}

void note_transaction_reads(PendingReads &pending, const Unit &unit) noexcept {
    Most most;
    for_each_series(unit, std::uint64_t{unit.transaction} * reads_of_a_unit, [&](const Series &series) noexcept {
        if (series.transaction == unit.transaction) most.keep(most_repeated(series, series.in_transaction));
    });
    note_writes(pending, unit);
    hand_over(pending, most, unit, false, 1);
}

void add_read(CacheRecord &record, const RepeatedRead &read, const ClientIdentity &client) noexcept {
    if (record.calls == 0) {
        record.relation_mask = read.relation_mask;
        record.relation = read.relation;
        record.first_seen_us = read.last_seen_us;
    }
    // The client may be another one by now.
    const bool named = record.application_name[0] != '\0';
    if (!named && client.user == read.user && application_of(client) == read.application) {
        std::memcpy(record.application_name, client.application_name, sizeof(record.application_name));
    }
    record.calls += read.calls;
    record.units += read.units;
    record.execution_ns += read.execution_ns * read.calls;
    record.last_seen_us = std::max(record.last_seen_us, read.last_seen_us);
}

} // namespace query_audit
