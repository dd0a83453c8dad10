#include "core/statements.h"

#include <algorithm>
#include <cmath>

namespace query_audit {
namespace {

void add_query_id(StatementSums &sums, std::uint64_t query_id) noexcept {
    for (std::uint64_t &known : sums.query_ids) {
        if (known == query_id || query_id == 0) return;
        if (known == 0) {
            known = query_id;
            return;
        }
    }
}

} // namespace

[[gnu::hot]] void add_execution(SlotStatement &statement, const StatementEvent &event, bool new_in_unit) noexcept {
    StatementSums &sums = statement.sums;
    if (sums.first_seen_us == 0) [[unlikely]] {
        sums.first_seen_us = event.statement_time_us;
        sums.query_ids[0] = event.query_id;
    } else if (sums.query_ids[0] != event.query_id) [[unlikely]] {
        add_query_id(sums, event.query_id);
    }
    sums.last_seen_us = event.statement_time_us;
    sums.units += new_in_unit;
    sums.temp_bytes += static_cast<std::int64_t>(event.temp_bytes);
    if (event.is(event_flag::failed)) [[unlikely]] {
        ++sums.errors;
        return;
    }
    const std::int64_t duration_ns = event.execution_ns;
    const double duration_us = static_cast<double>(duration_ns) / 1000.0;
    if (sums.calls++ == 0 || duration_ns < sums.min_ns) sums.min_ns = duration_ns;
    if (duration_ns > sums.max_ns) sums.max_ns = duration_ns;
    sums.rows += static_cast<std::int64_t>(event.rows);
    sums.execution_ns += duration_ns;
    sums.execution_us_squared += duration_us * duration_us;
    if (event.facts != nullptr) [[unlikely]] {
        sums.rows_read += static_cast<std::int64_t>(event.facts->rows_read);
        for (int i = 0; i < event.facts->scan_count; ++i) {
            const ScanFacts &scan = event.facts->scans[i];
            if (scan.method == ScanMethod::sequential) sums.seq_scans += static_cast<std::int64_t>(scan.loops);
        }
    }
    statement.histogram.add(duration_ns);
}

void add_sums(StatementSums &sum, const StatementSums &other) noexcept {
    if (sum.first_seen_us == 0) {
        sum = other;
        return;
    }
    if (other.calls > 0) {
        sum.min_ns = sum.calls == 0 ? other.min_ns : std::min(sum.min_ns, other.min_ns);
        sum.max_ns = std::max(sum.max_ns, other.max_ns);
    }
    sum.calls += other.calls;
    sum.errors += other.errors;
    sum.rows += other.rows;
    sum.units += other.units;
    sum.execution_ns += other.execution_ns;
    sum.execution_us_squared += other.execution_us_squared;
    sum.rows_read += other.rows_read;
    sum.seq_scans += other.seq_scans;
    sum.temp_bytes += other.temp_bytes;
    if (other.first_seen_us != 0) sum.first_seen_us = std::min(sum.first_seen_us, other.first_seen_us);
    sum.last_seen_us = std::max(sum.last_seen_us, other.last_seen_us);
    for (const std::uint64_t query_id : other.query_ids) add_query_id(sum, query_id);
}

double stddev_ns(const StatementSums &sums) noexcept {
    if (sums.calls == 0) return 0;
    const double mean_us = static_cast<double>(sums.execution_ns) / 1000.0 / static_cast<double>(sums.calls);
    const double variance = sums.execution_us_squared / static_cast<double>(sums.calls) - mean_us * mean_us;
    return variance > 0 ? std::sqrt(variance) * 1000.0 : 0;
}

} // namespace query_audit
