#include "core/saved.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>

#include "core/rules/rule.h"

namespace query_audit {
namespace {

constexpr std::int64_t most_steps = std::numeric_limits<std::int64_t>::max() / MinuteCount::step_us;

template <std::size_t size> bool is_ended(const char (&text)[size]) noexcept {
    return std::memchr(text, '\0', size) != nullptr;
}

// Tags end with an empty one, and so do the bodies of indexes.
template <std::size_t size> bool is_ended_list(const char (&texts)[size]) noexcept {
    for (std::size_t i = 0; i < size && texts[i] != '\0';) {
        const void *end = std::memchr(texts + i, '\0', size - i);
        if (end == nullptr) return false;
        i = static_cast<std::size_t>(static_cast<const char *>(end) - texts) + 1;
        if (i == size) return false;
    }
    return true;
}

// What is used as an index, or read up to its end, when a finding is shown.
bool is_readable(const FindingRecord &record) noexcept {
    const UnitFinding &finding = record.finding;
    if (finding.rule >= rule_count()) return false;
    const bool names_index = std::strcmp(rule(finding.rule).category, "execution") == 0;
    const bool makes_indexes = rule(finding.rule).fix == Fix::create_index;
    return (!names_index || is_ended(finding.index_name)) && finding.severity <= Severity::critical &&
           finding.confidence <= Confidence::proven && finding.mark <= Mark::trace && is_ended(finding.relation_name) &&
           is_ended(finding.filter) && is_ended(finding.index_columns) &&
           (!makes_indexes || is_ended_list(finding.index_columns)) && is_ended(record.client.application_name) &&
           is_ended_list(record.tags);
}

bool is_readable(const ScanRecord &record) noexcept {
    return is_ended(record.relation_name) && is_ended(record.filter) && record.need.count <= max_access_keys &&
           is_ended(record.need.expression) &&
           std::all_of(record.need.alternative_expressions, record.need.alternative_expressions + max_alternatives,
                       [](const char(&expression)[access_expression_bytes]) noexcept { return is_ended(expression); });
}

bool is_readable(const UnitKindRecord &record) noexcept {
    return record.named_by <= NamedBy::route && is_ended(record.name);
}

bool is_readable(const SharedShape &record) noexcept {
    return record.filter_value_count <= max_filter_values && record.key_value_count <= record.filter_value_count;
}

bool is_readable(const ConnectionRecord &record) noexcept {
    const std::int64_t step = record.brief_lately.newest_step;
    return is_ended(record.application_name) && step >= 0 && step <= most_steps;
}

bool is_readable(const CacheRecord &record) noexcept { return is_ended(record.application_name); }

bool is_readable(const StatementRecord &) noexcept { return true; }

template <typename Table> bool is_whole(const Table &table, std::uint32_t capacity) noexcept {
    if (!table.is_sound(capacity)) return false;
    bool readable = true;
    table.for_each([&](const auto &, const auto &value) { readable = readable && is_readable(value); });
    return readable;
}

} // namespace

bool restore_store(const Store &store, void *image, std::size_t length) noexcept {
    const StoreHeader &mine = store.header();
    const Store saved(image);
    if (length != mine.slots_offset || !store.accepts(saved.header())) return false;

    // Places and sizes are this store's own, whatever the image says of them.
    StoreHeader &header = saved.header();
    const std::int64_t since_us = header.since_us;
    const std::uint32_t epoch = header.epoch.load(std::memory_order_relaxed);
    std::uint64_t counters[sizeof(SlotCounters) / sizeof(std::uint64_t)];
    for (std::size_t i = 0; i < std::size(counters); ++i)
        counters[i] = header.counters[i].load(std::memory_order_relaxed);
    std::memcpy(static_cast<void *>(&header), &mine, sizeof(header));
    header.since_us = since_us;
    header.epoch.store(epoch, std::memory_order_relaxed);
    for (std::size_t i = 0; i < std::size(counters); ++i)
        header.counters[i].store(counters[i], std::memory_order_relaxed);

    for (int p = 0; p < statement_partitions; ++p) {
        if (!is_whole(saved.statements(p), store.statements(p).capacity())) return false;
    }
    if (!is_whole(saved.findings(), mine.config.findings) || !is_whole(saved.scans(), mine.config.scans) ||
        !is_whole(saved.unit_kinds(), mine.config.units) || !is_whole(saved.shapes(), mine.config.shapes) ||
        !is_whole(saved.connections(), mine.config.connections) ||
        !is_whole(saved.cache_candidates(), mine.config.cache_candidates) ||
        !saved.texts().is_sound(mine.config.statements, mine.config.text_bytes)) {
        return false;
    }
    saved.connections().for_each([](const ConnectionKey &, ConnectionRecord &record) { record.live = 0; });
    for (int p = 0; p < trace_partitions; ++p) saved.traces(p).create(store.traces(p).capacity());
    std::memcpy(static_cast<void *>(&store.header()), image, length);
    return true;
}

} // namespace query_audit
