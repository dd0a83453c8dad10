// A store with something in every table, and what is done to one that was read back. For the unit tests and the fuzzer.
#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/saved.h"

namespace query_audit::test {

constexpr StoreConfig saved_sizes = {2, 32, 6, 5, 8, 8, 1024, 4, 4, 5};

// Aligned as shared memory is.
class Image {
  public:
    explicit Image(std::size_t bytes)
        : bytes_(bytes), memory_(static_cast<char *>(std::aligned_alloc(64, (bytes + 63) / 64 * 64))) {}
    Image(const Image &other) : Image(other.bytes_) { std::memcpy(data(), other.data(), bytes_); }
    Image &operator=(const Image &) = delete;
    ~Image() { std::free(memory_); }
    [[nodiscard]] char *data() const { return memory_; }
    [[nodiscard]] std::size_t size() const { return bytes_; }

  private:
    std::size_t bytes_;
    char *memory_;
};

// Adds entries to every table, more than it holds, so that it must evict.
inline void add_to_all(const Store &store, std::uint32_t from, std::uint32_t count) {
    bool inserted = false;
    for (std::uint32_t i = from; i < from + count; ++i) {
        const StatementKey key = {hash_mix(i), 5, 10};
        store.statements(Store::partition_of(key)).find_or_insert(key, inserted).sums.calls += 1;
        FindingKey finding{};
        finding.fingerprint = i;
        store.findings().find_or_insert(finding, inserted).finding.confidence = Confidence::low;
        ScanKey scan{};
        scan.relation = i;
        std::strcpy(store.scans().find_or_insert(scan, inserted).relation_name, "item");
        store.unit_kinds().find_or_insert(UnitKindKey{i, 5, 10}, inserted).units += 1;
        store.shapes().find_or_insert(ShapeKey{i, 5}, inserted).filter_value_count = 3;
        store.connections().find_or_insert(ConnectionKey{i, 5, 10}, inserted).live = 1;
        CacheKey read{};
        read.database = i;
        (void)store.cache_candidates().find_or_insert(read, inserted);
        const TraceKey trace = {hash_mix(i), 5, 10};
        trace_unit(store, trace, inserted, [](Unit &) {}).last_ns = i;
        store.texts().publish(hash_mix(i), std::string(i % 60 + 1, 'x'));
    }
}

// The bytes that a server would write of a store in use.
inline Image saved_image() {
    const Image memory(store_bytes(saved_sizes));
    Store store(memory.data());
    store.create(saved_sizes, 1);
    add_to_all(store, 1, 100);
    Image image(store.header().slots_offset);
    std::memcpy(image.data(), memory.data(), image.size());
    return image;
}

inline bool is_sound(const Store &store) {
    bool sound = store.texts().is_sound(saved_sizes.statements, saved_sizes.text_bytes) &&
                 store.findings().is_sound(saved_sizes.findings) && store.scans().is_sound(saved_sizes.scans) &&
                 store.unit_kinds().is_sound(saved_sizes.units) && store.shapes().is_sound(saved_sizes.shapes) &&
                 store.connections().is_sound(saved_sizes.connections) &&
                 store.cache_candidates().is_sound(saved_sizes.cache_candidates);
    for (int p = 0; p < statement_partitions; ++p) {
        sound = sound && store.statements(p).is_sound(store.statements(p).capacity());
    }
    for (int p = 0; p < trace_partitions; ++p) sound = sound && store.traces(p).is_sound(store.traces(p).capacity());
    return sound;
}

// Everything that a server does with what it holds: reads it up to the end of its strings, adds, evicts, finds texts.
// Returns whether all tables are sound at the end.
inline bool survives_use(const Store &store) {
    std::size_t length = 0;
    store.findings().for_each([&](const FindingKey &, const FindingRecord &record) {
        length += std::strlen(record.finding.filter) + std::strlen(record.finding.relation_name);
        for (const char *tag = record.tags; *tag != '\0'; tag += std::strlen(tag) + 1) ++length;
    });
    store.scans().for_each(
        [&](const ScanKey &, const ScanRecord &record) { length += std::strlen(record.relation_name); });
    for (std::uint32_t i = 1; i < 300; ++i) length += store.texts().find(hash_mix(i)).size();
    add_to_all(store, 50, 150);
    for (std::uint32_t i = 1; i < 300; ++i) length += store.texts().find(hash_mix(i)).size();
    return length > 0 && is_sound(store);
}

// Restores the image in a fresh store. Returns whether it was taken, and aborts where that store cannot be used then,
// or where one that refused is not as it was.
inline bool restores_safely(Image &image) {
    const Image memory(store_bytes(saved_sizes));
    Store store(memory.data());
    store.create(saved_sizes, 2);
    const bool taken = restore_store(store, image.data(), image.size());
    if (!taken && (store.header().since_us != 2 || store.findings().count() != 0)) std::abort();
    if (!survives_use(store)) std::abort();
    return taken;
}

} // namespace query_audit::test
