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

void keep(PendingReads &pending, std::uint32_t first, const RepeatedRead &read) noexcept {
    if (read.calls == 0) return;
    if (pending.count < first + reads_of_a_unit) {
        pending.reads[pending.count++] = read;
        return;
    }
    RepeatedRead *least =
        std::min_element(pending.reads + first, pending.reads + pending.count,
                         [](const RepeatedRead &a, const RepeatedRead &b) noexcept { return a.calls < b.calls; });
    if (read.calls > least->calls) *least = read;
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

void note_client(PendingReads &pending, std::uint32_t first, const ClientIdentity &client) noexcept {
    for (std::uint32_t i = first; i < pending.count; ++i) {
        pending.reads[i].user = client.user;
        pending.reads[i].application = application_of(client);
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

} // namespace

void note_reads(PendingReads &pending, const Unit &unit) noexcept {
    const std::uint32_t first = pending.count;
    for_each_series(unit, unit.number * reads_of_a_unit, [&](const Series &series) noexcept {
        keep(pending, first, most_repeated(series, series.in_unit));
    });
    note_client(pending, first, unit.client);
    note_writes(pending, unit);
    // A burst that goes on and on is many requests.
    const auto minutes =
        static_cast<std::uint32_t>(std::max<std::int64_t>(0, unit.last_ns - unit.first_ns) / a_minute_ns);
    for (std::uint32_t i = first; i < pending.count; ++i) {
        if (unit.mark != Mark::burst) pending.reads[i].calls = 1;
        if (unit.mark == Mark::burst) pending.reads[i].units += minutes;
    }
}

void note_transaction_reads(PendingReads &pending, const Unit &unit) noexcept {
    const std::uint32_t first = pending.count;
    for_each_series(unit, std::uint64_t{unit.transaction} * reads_of_a_unit, [&](const Series &series) noexcept {
        if (series.transaction == unit.transaction) keep(pending, first, most_repeated(series, series.in_transaction));
    });
    note_client(pending, first, unit.client);
    note_writes(pending, unit);
    for (std::uint32_t i = first; i < pending.count; ++i) pending.reads[i].calls = 1;
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
