#include "core/saved.h"

#include <cstring>

#include "core/rules/rule.h"

namespace query_audit {
namespace {

template <std::size_t size> bool is_ended(const char (&text)[size]) noexcept {
    return std::memchr(text, '\0', size) != nullptr;
}

// Tags end with an empty one.
bool is_ended_list(const char (&tags)[tags_bytes]) noexcept {
    for (std::size_t i = 0; i < tags_bytes && tags[i] != '\0';) {
        const void *end = std::memchr(tags + i, '\0', tags_bytes - i);
        if (end == nullptr) return false;
        i = static_cast<std::size_t>(static_cast<const char *>(end) - tags) + 1;
        if (i == tags_bytes) return false;
    }
    return true;
}

// What is used as an index, or read up to its end, when a finding is shown.
bool is_readable(const FindingRecord &record) noexcept {
    const UnitFinding &finding = record.finding;
    return finding.rule < rule_count() && finding.severity <= Severity::critical &&
           finding.confidence <= Confidence::proven && finding.mark <= Mark::trace && is_ended(finding.relation_name) &&
           is_ended(finding.filter) && is_ended(finding.index_columns) && is_ended(record.client.application_name) &&
           is_ended_list(record.tags);
}

bool is_readable(const ScanRecord &record) noexcept {
    return is_ended(record.relation_name) && is_ended(record.filter);
}

bool is_readable(const UnitKindRecord &record) noexcept {
    return record.named_by <= NamedBy::route && is_ended(record.name);
}

bool is_readable(const SharedShape &record) noexcept {
    return record.filter_value_count <= max_filter_values && record.key_value_count <= record.filter_value_count;
}

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

    // The places are this store's own, whatever the image says of them; so is the number of slots.
    StoreHeader &header = saved.header();
    header.config = mine.config;
    header.total_bytes = mine.total_bytes;
    std::memcpy(header.statements, mine.statements, sizeof(header.statements));
    std::memcpy(header.traces, mine.traces, sizeof(header.traces));
    header.findings = mine.findings;
    header.scans = mine.scans;
    header.unit_kinds = mine.unit_kinds;
    header.texts = mine.texts;
    header.shapes = mine.shapes;

    for (int p = 0; p < statement_partitions; ++p) {
        if (!is_whole(saved.statements(p), store.statements(p).capacity())) return false;
    }
    if (!is_whole(saved.findings(), mine.config.findings) || !is_whole(saved.scans(), mine.config.scans) ||
        !is_whole(saved.unit_kinds(), mine.config.units) || !is_whole(saved.shapes(), mine.config.shapes) ||
        !saved.texts().is_sound(mine.config.statements, mine.config.text_bytes)) {
        return false;
    }
    for (int p = 0; p < trace_partitions; ++p) saved.traces(p).create(store.traces(p).capacity());
    std::memcpy(static_cast<void *>(&store.header()), image, length);
    return true;
}

} // namespace query_audit
