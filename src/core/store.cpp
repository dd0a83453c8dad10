#include "core/store.h"

#include <algorithm>
#include <cstring>

#include "core/rules/rule.h"

#if defined(__clang__)
#define QUERY_AUDIT_UNWATCHED __attribute__((disable_sanitizer_instrumentation))
#else
#define QUERY_AUDIT_UNWATCHED __attribute__((no_sanitize("thread")))
#endif

namespace query_audit {
namespace {

constexpr std::uint64_t store_magic = 0x7067617564697434; // "pgaudit4"
constexpr std::size_t alignment = cache_line_bytes;
constexpr int copy_attempts = 1000;

std::uint64_t align(std::uint64_t offset) noexcept { return (offset + alignment - 1) & ~(alignment - 1); }

std::uint32_t share(std::uint32_t whole, int partitions) noexcept {
    return std::max<std::uint32_t>(1, whole / static_cast<std::uint32_t>(partitions));
}

std::uint64_t text_table_bytes(const StoreConfig &config) noexcept {
    return TextRing::bytes(config.statements, config.text_bytes);
}

// Fills the header's offsets and sizes.
void lay_out(const StoreConfig &config, StoreHeader &header) noexcept {
    std::uint64_t offset = align(sizeof(StoreHeader));
    const auto place = [&offset](std::size_t bytes) noexcept {
        const std::uint64_t start = offset;
        offset = align(offset + bytes);
        return start;
    };
    for (auto &start : header.statements) {
        start = place(Store::Statements::bytes(share(config.statements, statement_partitions)));
    }
    header.findings = place(Store::Findings::bytes(config.findings));
    header.scans = place(Store::Scans::bytes(config.scans));
    header.unit_kinds = place(Store::UnitKinds::bytes(config.units));
    header.connections = place(Store::Connections::bytes(config.connections));
    header.cache_candidates = place(Store::CacheCandidates::bytes(config.cache_candidates));
    header.texts = place(text_table_bytes(config));
    header.shapes = place(Store::Shapes::bytes(config.shapes));
    for (auto &start : header.traces) start = place(Store::Traces::bytes(share(config.traces, trace_partitions)));
    header.slots_offset = offset;
    header.total_bytes = offset + align(sizeof(BackendSlot)) * config.slots;
    header.config = config;
}

// Everything whose change would make an older file unreadable.
std::uint64_t layout_hash(StoreConfig config) noexcept {
    config.slots = 0;
    std::uint64_t hash = hash_bytes(&config, sizeof(config), store_magic);
    for (const std::size_t size :
         {sizeof(StoreHeader), sizeof(StatementRecord), sizeof(FindingRecord), sizeof(ScanRecord),
          sizeof(UnitKindRecord), sizeof(ConnectionRecord), sizeof(CacheRecord), sizeof(SharedShape), sizeof(Unit)}) {
        hash = hash_combine(hash, size);
    }
    for (int r = 0; r < rule_count(); ++r) hash = hash_combine(hash, hash_text(rule(r).id));
    return hash;
}

bool is_foldable(const UnitFinding &finding, Foldable which) noexcept {
    return which == Foldable::all || finding.mark == Mark::transaction;
}

bool is_low(const FindingRecord &record) noexcept { return record.finding.confidence <= Confidence::low; }

bool fold_finding(Store::Findings table, const Unit &unit, const UnitFinding &finding) noexcept {
    const FindingKey key = finding_key(unit.client, unit.route, finding);
    bool inserted = false;
    FindingRecord *record = table.insert_over(key, inserted, is_low);
    if (record == nullptr) {
        if (finding.confidence <= Confidence::low) return false;
        record = &table.find_or_insert(key, inserted);
    }
    if (inserted) record->client = unit.client;
    std::memcpy(record->tags, unit.tags, sizeof(record->tags));
    add_finding(*record, finding);
    return true;
}

} // namespace

std::size_t store_bytes(const StoreConfig &config) noexcept {
    StoreHeader header{};
    lay_out(config, header);
    return header.total_bytes;
}

void Store::create(const StoreConfig &config, std::int64_t now_us) noexcept {
    std::memset(memory_, 0, store_bytes(config));
    lay_out(config, header());
    header().magic = store_magic;
    header().layout = layout_hash(config);
    header().since_us = now_us;
    create_tables();
}

void Store::create_tables() noexcept {
    const StoreConfig &config = header().config;
    for (int p = 0; p < statement_partitions; ++p) statements(p).create(share(config.statements, statement_partitions));
    for (int p = 0; p < trace_partitions; ++p) traces(p).create(share(config.traces, trace_partitions));
    findings().create(config.findings);
    scans().create(config.scans);
    unit_kinds().create(config.units);
    connections().create(config.connections);
    cache_candidates().create(config.cache_candidates);
    texts().create(config.statements, config.text_bytes);
    shapes().create(config.shapes);
}

void Store::clear(std::int64_t now_us) noexcept {
    for (int p = 0; p < statement_partitions; ++p) statements(p).clear();
    for (int p = 0; p < trace_partitions; ++p) traces(p).clear();
    findings().clear();
    scans().clear();
    unit_kinds().clear();
    connections().clear();
    cache_candidates().clear();
    texts().clear();
    shapes().clear();
    for (auto &counter : header().counters) counter.store(0, std::memory_order_relaxed);
    header().since_us = now_us;
    header().epoch.fetch_add(1, std::memory_order_relaxed);
}

BackendSlot &Store::slot(std::uint32_t index) const noexcept {
    return *reinterpret_cast<BackendSlot *>(memory_ + header().slots_offset + align(sizeof(BackendSlot)) * index);
}

int Store::partition_of(const StatementKey &key) noexcept {
    return static_cast<int>(hash_mix(key.fingerprint) % statement_partitions);
}

int Store::partition_of(const TraceKey &key) noexcept {
    return static_cast<int>(hash_mix(key.trace) % trace_partitions);
}

bool Store::accepts(const StoreHeader &saved) const noexcept {
    return saved.magic == header().magic && saved.layout == header().layout &&
           saved.slots_offset == header().slots_offset;
}

void begin_slot_write(BackendSlot &slot) noexcept {
    slot.change.store(slot.change.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
}

void end_slot_write(BackendSlot &slot) noexcept {
    slot.change.store(slot.change.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

void clear_slot(BackendSlot &slot) noexcept {
    const auto clear = [&slot](std::size_t from, std::size_t end) {
        std::memset(reinterpret_cast<char *>(&slot) + from, 0, end - from);
    };
    const std::uint32_t clears = slot.clears;
    clear(sizeof(slot.change), offsetof(BackendSlot, unit) + offsetof(Unit, series));
    clear(offsetof(BackendSlot, ended_count), offsetof(BackendSlot, keys));
    slot.clears = clears;
    clear_slot_statements(slot);
}

// Slots are read while their owners write. An owner writes its fields as plain ones, so that a statement pays nothing
// for readers; they read each word once and whole, and throw away what they read meanwhile. A race detector cannot tell
// that from a mistake, and does not look at these two functions: whether a torn copy gets out is tested instead.
QUERY_AUDIT_UNWATCHED bool slot_is_free(const BackendSlot &slot) noexcept {
    return __atomic_load_n(&slot.pid, __ATOMIC_RELAXED) == 0;
}

QUERY_AUDIT_UNWATCHED static void copy_words(const BackendSlot &slot, BackendSlot &copy) noexcept {
    using Word __attribute__((may_alias)) = std::uint64_t;
    static_assert(sizeof(BackendSlot) % sizeof(Word) == 0 && alignof(BackendSlot) == alignof(Word));
    const auto *from = reinterpret_cast<const Word *>(&slot);
    auto *to = reinterpret_cast<Word *>(&copy);
    constexpr std::size_t words = sizeof(BackendSlot) / sizeof(Word);
    for (std::size_t i = 0; i < words; ++i) to[i] = __atomic_load_n(from + i, __ATOMIC_RELAXED);
}

bool copy_slot(const BackendSlot &slot, BackendSlot &copy) noexcept {
    for (int attempt = 0; attempt < copy_attempts; ++attempt) {
        const std::uint32_t before = slot.change.load(std::memory_order_acquire);
        if ((before & 1) != 0) continue;
        if (slot_is_free(slot)) return false;
        copy_words(slot, copy);
        std::atomic_thread_fence(std::memory_order_acquire);
        if (slot.change.load(std::memory_order_relaxed) == before) return copy.pid != 0;
    }
    return false;
}

SlotStatement *search_slot_statement(BackendSlot &slot, StatementKey key, StatementPlace &place) noexcept {
    int i = 0;
    while (i < slot.statement_count && !(slot.keys[i] == key)) ++i;
    if (i == slot_statements) return nullptr;
    if (i == slot.statement_count) {
        slot.keys[i] = key;
        std::memset(static_cast<void *>(&slot.statements[i]), 0, sizeof(SlotStatement));
        ++slot.statement_count;
    }
    place = {&slot.statements[i], place_validity(slot, key.user)};
    return place.statement;
}

void fold_statements(const Store &store, const BackendSlot &slot, int partition) noexcept {
    Store::Statements table = store.statements(partition);
    for (int i = 0; i < slot.statement_count; ++i) {
        if (Store::partition_of(slot.keys[i]) != partition) continue;
        bool inserted = false;
        StatementRecord &record = table.find_or_insert(slot.keys[i], inserted);
        add_sums(record.sums, slot.statements[i].sums);
        record.histogram.add_all(slot.statements[i].histogram);
    }
}

std::uint32_t partitions_to_fold(const BackendSlot &slot) noexcept {
    std::uint32_t partitions = 0;
    for (int i = 0; i < slot.statement_count; ++i) partitions |= 1u << Store::partition_of(slot.keys[i]);
    return partitions;
}

void clear_slot_statements(BackendSlot &slot) noexcept {
    slot.statement_count = 0;
    ++slot.clears;
}

bool has_findings(const Unit &unit, Foldable which) noexcept {
    return std::any_of(unit.findings, unit.findings + unit.finding_count,
                       [which](const UnitFinding &finding) noexcept { return is_foldable(finding, which); });
}

void fold_findings(Store::Findings table, Unit &unit, Foldable which) noexcept {
    int left = 0;
    for (int i = 0; i < unit.finding_count; ++i) {
        const UnitFinding &finding = unit.findings[i];
        if (!is_foldable(finding, which)) {
            unit.findings[left++] = finding;
        } else if (!fold_finding(table, unit, finding)) {
            ++unit.dropped_findings;
        } else if (finding.confidence > Confidence::low) {
            ++unit.folded_findings;
        }
    }
    unit.finding_count = left;
}

// One fingerprint may scan a table in several ways: the plan changes with the values, and a statement may read it in
// two places. The latest large scan says what is asked of it now; one of a tenth of its rows does not take its place.
static void add_need(ScanRecord &record, const ScanFacts &scan) noexcept {
    const auto rows = static_cast<std::int64_t>(scan.rows_read);
    if (rows < record.need_rows / 10 || (scan.need.count == 0 && record.need.count > 0)) return;
    record.need_rows = rows;
    record.need = scan.need;
}

void add_scans(const Store &store, const ClientIdentity &client, const StatementEvent &event) noexcept {
    if (event.facts == nullptr) return;
    for (int i = 0; i < event.facts->scan_count; ++i) {
        const ScanFacts &scan = event.facts->scans[i];
        bool inserted = false;
        ScanRecord &record = store.scans().find_or_insert(
            ScanKey{event.shape->fingerprint, client.database, client.user, scan.relation, 0}, inserted);
        const ScanFacts *const first = event.facts->scans;
        const bool again = std::any_of(
            first, first + i, [&scan](const ScanFacts &earlier) noexcept { return earlier.relation == scan.relation; });
        if (!again) {
            ++record.executions;
            record.execution_ns += event.execution_ns;
        }
        record.scans += static_cast<std::int64_t>(scan.loops);
        record.rows_read += static_cast<std::int64_t>(scan.rows_read);
        record.rows_removed += static_cast<std::int64_t>(scan.rows_removed);
        record.last_seen_us = event.statement_time_us;
        record.partitions = scan.partitions;
        std::memcpy(record.relation_name, scan.relation_name, sizeof(record.relation_name));
        std::memcpy(record.filter, scan.filter, sizeof(record.filter));
        add_need(record, scan);
    }
}

void add_unit(Store::UnitKinds table, const EndedUnit &unit) noexcept {
    bool inserted = false;
    add_unit(table.find_or_insert(unit.key, inserted), unit);
}

void fold_units(Store::UnitKinds table, BackendSlot &slot) noexcept {
    for (std::uint32_t i = 0; i < slot.ended_count; ++i) add_unit(table, slot.ended[i]);
    slot.ended_count = 0;
}

Connection connection_of(const BackendSlot &slot) noexcept {
    Connection connection = slot.connection;
    connection.statements += slot.counters.statements;
    connection.busy_ns += static_cast<std::int64_t>(slot.counters.busy_ns);
    return connection;
}

void fold_counters(const Store &store, BackendSlot &slot) noexcept {
    slot.connection = connection_of(slot);
    std::uint64_t values[sizeof(SlotCounters) / sizeof(std::uint64_t)];
    static_assert(sizeof(values) == sizeof(slot.counters));
    std::memcpy(values, &slot.counters, sizeof(values));
    for (std::size_t i = 0; i < std::size(values); ++i) {
        store.header().counters[i].fetch_add(values[i], std::memory_order_relaxed);
    }
    slot.counters = SlotCounters{};
}

} // namespace query_audit
