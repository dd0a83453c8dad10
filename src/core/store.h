// The store: everything that is remembered, in one region of memory without pointers.
//
// Layout: a header, the global tables, the table of traces, then one slot a backend. In server mode the region is
// shared memory; in session mode it is the backend's own, with one slot. The code is the same.
//
// Locking. The functions here take no lock; each says which StoreLocks its caller must hold. In session mode none are
// needed. Slots have no lock: only the owner writes, between begin_slot_write() and end_slot_write(); others read with
// copy_slot(), which retries while the owner writes.
//
//   what                    lock                     writers
//   header counters         none (atomics)           everyone
//   statements, partition p lock_statements + p      fold_statements()
//   findings                lock_findings            fold_findings(), forget...
//   scans                   lock_scans               add_scans()
//   unit_kinds              lock_units               fold_units()
//   cache candidates        lock_units               fold_reads()
//   connections             lock_connections         src/pg/connections.cpp
//   texts                   lock_texts               publish_text()
//   shapes                  lock_shapes              publish_shape()
//   traces, partition p     lock_traces + p          trace_unit()
#pragma once

#include <atomic>
#include <cstdint>

#include "core/candidate.h"
#include "core/connection.h"
#include "core/finding.h"
#include "core/flat_table.h"
#include "core/nested.h"
#include "core/prefetch.h"
#include "core/repeated.h"
#include "core/statements.h"
#include "core/text_ring.h"
#include "core/unit.h"
#include "core/unit_kind.h"

namespace query_audit {

constexpr int statement_partitions = 16;
constexpr int trace_partitions = 8;
constexpr int slot_statements = 28;
constexpr int slot_ended_units = 4;

enum StoreLock : int {
    lock_statements = 0,
    lock_traces = lock_statements + statement_partitions,
    lock_findings = lock_traces + trace_partitions,
    lock_scans,
    lock_units,
    lock_connections,
    lock_texts,
    lock_shapes,
    store_lock_count
};

struct StoreConfig {
    std::uint32_t slots;
    std::uint32_t statements; // entries of each table
    std::uint32_t findings;
    std::uint32_t scans;
    std::uint32_t shapes;
    std::uint32_t traces;
    std::uint32_t text_bytes;
    std::uint32_t units;       // kinds of them
    std::uint32_t connections; // kinds of them
    std::uint32_t cache_candidates;
    std::uint32_t server = 0; // its major version: to another one, query ids and what catalogs hold mean nothing
};

struct ShapeKey {
    std::uint64_t query_id;
    std::uint64_t database;
};

// What is shared of a shape so that another backend need not parse the text again.
struct SharedShape {
    StatementShape shape;
    std::uint8_t filter_value_count;
    std::uint8_t key_value_count; // of these, the first ones
    std::uint8_t padding[6];
    std::uint8_t filter_values[max_filter_values]; // see LocalShape in src/pg/shapes.h
};

struct ScanKey {
    std::uint64_t fingerprint;
    std::uint32_t database;
    std::uint32_t user;
    std::uint32_t relation;
    std::uint32_t padding;
};

struct ScanRecord {
    std::int64_t executions;
    std::int64_t scans; // executions times loops
    std::int64_t rows_read;
    std::int64_t rows_removed;
    std::int64_t execution_ns;
    std::int64_t last_seen_us;
    std::uint32_t partitions;
    std::uint32_t padding;
    std::int64_t need_rows; // read by the scan whose need is kept
    AccessNeed need;        // of the latest large scan
    char relation_name[relation_name_bytes];
    char filter[filter_bytes];
};

[[nodiscard]] inline ScanNeed need_of(const ScanRecord &scan) noexcept {
    return {scan.need, scan.executions, scan.scans, scan.rows_read, scan.rows_removed};
}

struct TraceKey {
    std::uint64_t trace;
    std::uint32_t database;
    std::uint32_t user;
};

struct SlotCounters {
    std::uint64_t statements; // top-level executions seen
    std::uint64_t busy_ns;    // that these took
    std::uint64_t nested;     // nested ones
    std::uint64_t parsed;     // texts given to the parser
    std::uint64_t unparsed;   // of these, the ones it could not read
    std::uint64_t faults;     // caught inside the module: memory ran out in the parser, a plan could not be described
    std::uint64_t dropped;    // events or findings that found no room
    std::uint64_t let_pass;   // executions of statements that were not admitted (admission.h)
};

// What every statement touches stands together.
struct BackendSlot {
    std::atomic<std::uint32_t> change; // odd while the owner writes
    std::int32_t pid;                  // 0: free
    std::uint32_t epoch;               // of the header, when what the slot holds began
    std::int32_t statement_count;
    std::uint32_t clears; // of the statistics, by all owners, so that no place is valid for another one
    std::uint32_t padding;
    SlotCounters counters;
    ClientIdentity client;
    Unit unit;
    std::uint32_t ended_count;
    std::uint32_t ended_padding;
    EndedUnit ended[slot_ended_units]; // units that are not yet in the table of kinds
    PendingReads reads;                // of units that are not yet in the table of cache candidates
    NestedRun nested;
    Connection connection;
    StatementKey keys[slot_statements];
    SlotStatement statements[slot_statements];
};

struct StoreHeader {
    std::uint64_t magic;
    std::uint64_t layout; // hash of every size that the layout depends on
    std::uint64_t total_bytes;
    std::uint64_t slots_offset; // the global part ends here
    StoreConfig config;
    std::uint64_t statements[statement_partitions]; // offsets
    std::uint64_t traces[trace_partitions];
    std::uint64_t findings;
    std::uint64_t scans;
    std::uint64_t unit_kinds;
    std::uint64_t connections;
    std::uint64_t cache_candidates;
    std::uint64_t texts;
    std::uint64_t shapes;
    std::int64_t since_us;
    std::atomic<std::uint32_t> epoch; // counts resets; a slot of an earlier epoch is as good as empty
    std::uint32_t epoch_padding;
    // Above stands what hardly ever changes and every statement may read, below, on other lines, what many write.
    char lines_apart[cache_line_bytes];
    std::atomic<std::int32_t> live_connections; // of clients, audited or not
    std::uint32_t live_padding;
    std::atomic<std::uint64_t> folds; // a reader that sees it change between slots and tables reads again
    std::atomic<std::uint64_t> counters[sizeof(SlotCounters) / sizeof(std::uint64_t)]; // folded SlotCounters
};

// Bytes of a region for this configuration. REQUIRES: every number in it >= 1.
[[nodiscard]] std::size_t store_bytes(const StoreConfig &config) noexcept;

class Store {
  public:
    using Statements = FlatTable<StatementKey, StatementRecord>;
    using Findings = FlatTable<FindingKey, FindingRecord>;
    using Scans = FlatTable<ScanKey, ScanRecord>;
    using UnitKinds = FlatTable<UnitKindKey, UnitKindRecord>;
    using Connections = FlatTable<ConnectionKey, ConnectionRecord>;
    using CacheCandidates = FlatTable<CacheKey, CacheRecord>;
    using Shapes = FlatTable<ShapeKey, SharedShape>;
    using Traces = FlatTable<TraceKey, Unit>;

    Store() noexcept = default;
    explicit Store(void *memory) noexcept : memory_(static_cast<char *>(memory)) {}

    [[nodiscard]] bool attached() const noexcept { return memory_ != nullptr; }

    // Lays out an empty store. REQUIRES: memory of store_bytes(config), aligned to 64.
    void create(const StoreConfig &config, std::int64_t now_us) noexcept;

    // Empties the global tables and begins a new epoch; slots are their owners' business. REQUIRES: every lock,
    // exclusive.
    void clear(std::int64_t now_us) noexcept;

    [[nodiscard]] StoreHeader &header() const noexcept { return *reinterpret_cast<StoreHeader *>(memory_); }
    [[nodiscard]] Statements statements(int partition) const noexcept {
        return Statements(at(header().statements[partition]));
    }
    [[nodiscard]] Traces traces(int partition) const noexcept { return Traces(at(header().traces[partition])); }
    [[nodiscard]] Findings findings() const noexcept { return Findings(at(header().findings)); }
    [[nodiscard]] Scans scans() const noexcept { return Scans(at(header().scans)); }
    [[nodiscard]] UnitKinds unit_kinds() const noexcept { return UnitKinds(at(header().unit_kinds)); }
    [[nodiscard]] Connections connections() const noexcept { return Connections(at(header().connections)); }
    [[nodiscard]] CacheCandidates cache_candidates() const noexcept {
        return CacheCandidates(at(header().cache_candidates));
    }
    [[nodiscard]] TextRing texts() const noexcept { return TextRing(at(header().texts)); }
    [[nodiscard]] Shapes shapes() const noexcept { return Shapes(at(header().shapes)); }
    [[nodiscard]] BackendSlot &slot(std::uint32_t index) const noexcept;

    [[nodiscard]] static int partition_of(const StatementKey &key) noexcept;
    [[nodiscard]] static int partition_of(const TraceKey &key) noexcept;

    // Whether a copy of the global part read from a file fits this store as it is laid out.
    [[nodiscard]] bool accepts(const StoreHeader &saved) const noexcept;

  private:
    [[nodiscard]] void *at(std::uint64_t offset) const noexcept { return memory_ + offset; }
    void create_tables() noexcept;

    char *memory_ = nullptr;
};

// The owner's writes to its slot stand between these two.
void begin_slot_write(BackendSlot &slot) noexcept;
void end_slot_write(BackendSlot &slot) noexcept;

// Empties the slot for a new owner, between these two. What a count of 0 makes empty stays as it is: most of the memory
// is not touched before it is needed.
void clear_slot(BackendSlot &slot) noexcept;

// Whether no backend owns the slot.
[[nodiscard]] bool slot_is_free(const BackendSlot &slot) noexcept;

// Copies another backend's slot. Returns false when the slot is free or its owner never stopped writing.
// The copy is made of bytes and may be read like any slot.
bool copy_slot(const BackendSlot &slot, BackendSlot &copy) noexcept;

// Where the owner of a slot found the statistics of one fingerprint last, so that it need not look for them. Zeroed
// when it is made; of one slot, one fingerprint and one database.
struct StatementPlace {
    SlotStatement *statement;
    std::uint64_t valid_for; // the role, and the slot's clears
};

[[nodiscard]] SlotStatement *search_slot_statement(BackendSlot &slot, StatementKey key, StatementPlace &place) noexcept;

[[nodiscard]] inline std::uint64_t place_validity(const BackendSlot &slot, std::uint32_t user) noexcept {
    return std::uint64_t{slot.clears} << 32 | user;
}

// The slot's statistics for this key; null when the slot is full and must be folded first. REQUIRES: key.user is not 0.
[[nodiscard]] inline SlotStatement *slot_statement(BackendSlot &slot, StatementKey key,
                                                   StatementPlace &place) noexcept {
    if (place.valid_for == place_validity(slot, key.user)) [[likely]]
        return place.statement;
    return search_slot_statement(slot, key, place);
}

// While the client's statement runs, the cache lines that its record will write are on their way. Of a backend that has
// waited while others ran they come from far away, one after the other. Where they will be is a guess. The history is
// only written to, and nobody waits for that.
[[gnu::always_inline]] inline void prefetch_slot(const BackendSlot &slot, const StatementPlace &place,
                                                 std::uint64_t series) noexcept {
    const Unit &unit = slot.unit;
    prefetch_for_write<2>(&slot);
    prefetch_for_write<2>(place.statement);
    prefetch_for_write<5>(&unit.series[unit.series_index[series & 63]].transaction);
}

// Moves the slot's statistics of one partition into the global table. REQUIRES: lock_statements + partition, exclusive.
void fold_statements(const Store &store, const BackendSlot &slot, int partition) noexcept;

// One bit for each partition that the slot holds statistics of.
[[nodiscard]] std::uint32_t partitions_to_fold(const BackendSlot &slot) noexcept;

// Forgets the slot's statistics, after they were folded.
void clear_slot_statements(BackendSlot &slot) noexcept;

// Which of a unit's findings are folded: all, or those of transactions that have ended, each an occurrence of its own
// though many may stand in one burst.
enum class Foldable : std::uint8_t { all, of_transactions };

[[nodiscard]] bool has_findings(const Unit &unit, Foldable which) noexcept;

// Moves findings of the unit to a table of findings. Where that is full, one of low confidence pushes out none that is
// better; what finds no room is added to unit.dropped_findings. REQUIRES: for the global table lock_findings,
// exclusive.
void fold_findings(Store::Findings table, Unit &unit, Foldable which) noexcept;

// Adds measured scans. REQUIRES: lock_scans, exclusive.
void add_scans(const Store &store, const ClientIdentity &client, const StatementEvent &event) noexcept;

// Moves the units that ended in the slot, or adds one, to a table of kinds. REQUIRES: for the global table lock_units,
// exclusive.
void fold_units(Store::UnitKinds table, BackendSlot &slot) noexcept;
void add_unit(Store::UnitKinds table, const EndedUnit &unit) noexcept;

// Adds reads to a table of cache candidates and empties `pending`; on_read(key, record) sees each that was added to.
// REQUIRES: for the global table lock_units, exclusive.
template <typename OnRead>
void fold_reads(Store::CacheCandidates table, PendingReads &pending, const ClientIdentity &client, OnRead on_read) {
    for (std::uint32_t i = 0; i < pending.count; ++i) {
        const RepeatedRead &read = pending.reads[i];
        bool inserted = false;
        const CacheKey key{read.statement, read.parameters, client.database, read.user, 0};
        CacheRecord &record = table.find_or_insert(key, inserted);
        add_read(record, read, client);
        on_read(key, record);
    }
    if (pending.written != 0) {
        table.for_each([&](const CacheKey &key, CacheRecord &record) {
            if (key.database == client.database && (record.relation_mask & pending.written) != 0) ++record.writes;
        });
    }
    pending.count = 0;
    pending.written = 0;
}

// The slot's connection with what its counters hold of it.
[[nodiscard]] Connection connection_of(const BackendSlot &slot) noexcept;

// Adds the slot's counters to its connection and to the header's, and zeroes them.
void fold_counters(const Store &store, BackendSlot &slot) noexcept;

// The unit of a trace; a new one when the trace is not known. The one that has been idle for longest makes room: a
// request that goes on is not torn apart while there are some that have ended. Its findings are given to
// on_evict(Unit &). REQUIRES: lock_traces + partition, exclusive.
template <typename OnEvict>
Unit &trace_unit(const Store &store, const TraceKey &key, bool &inserted, OnEvict on_evict) noexcept {
    return store.traces(Store::partition_of(key))
        .find_or_insert_over_least(
            key, inserted, [](const Unit &unit) noexcept { return unit.last_ns; },
            [&](const TraceKey &, Unit &unit) noexcept { on_evict(unit); });
}

} // namespace query_audit
