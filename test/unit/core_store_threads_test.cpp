// Slots and tables that several threads write and read at once, as backends do. Also built with ThreadSanitizer.
#include <chrono>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "core_store_support.h"

namespace query_audit::test {
namespace {

constexpr int writers = 4;
constexpr int readers = 2;
constexpr int steps = 3000;          // of each writer
constexpr std::uint64_t tables = 60; // more than a slot holds statements of, so that it is folded
constexpr std::uint64_t everyones_trace = 1;
constexpr StoreConfig roomy = {writers, 4096, 2048, 1024, 256, 1024, 256 * 1024, 64, 16, 16}; // nothing is evicted

ClientIdentity client_of(std::uint32_t index) {
    ClientIdentity client{5, 10 + index, {}};
    client.application_name[0] = static_cast<char>('a' + index);
    return client;
}

StatementShape shape_of(std::uint64_t table) { return table % 3 == 0 ? list(table) : look_up(table); }

SharedShape shared_shape_of(std::uint64_t fingerprint) {
    SharedShape shape{};
    shape.shape.fingerprint = fingerprint;
    shape.shape.filter_identity = ~fingerprint;
    return shape;
}

void publish_shape(const Store &store, Locks &locks, std::uint64_t fingerprint) {
    const Exclusive guard(locks[lock_shapes]);
    bool inserted = false;
    store.shapes().find_or_insert(ShapeKey{fingerprint, 5}, inserted) = shared_shape_of(fingerprint);
}

// What one client does all day: look-ups, loops, transactions, traces, pauses, new connections.
void work(Backend &backend, const Store &store, Locks &locks, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto any_of = [&random](std::uint64_t count) { return random() % count; };
    const auto look = [&](const StatementShape &shape, std::uint64_t trace = 0) {
        Call call{.value = any_of(1000), .execution_us = static_cast<std::int64_t>(1 + any_of(50))};
        if (any_of(10) == 0) call.rows_read = 20000;
        if (any_of(20) == 0) call.flags = event_flag::failed;
        backend.record(shape, call, trace);
    };
    for (int step = 0; step < steps; ++step) {
        const StatementShape shape = shape_of(1 + any_of(tables));
        switch (any_of(12)) {
        case 0:
            for (int i = 0; i < 12; ++i) look(shape);
            break;
        case 1:
            backend.begin();
            for (int i = 0; i < 6; ++i) look(shape);
            backend.commit();
            break;
        case 2:
            backend.record(shape, Call{.pause_us = second_us});
            break;
        case 3:
            look(shape, seed + 1);
            look(shape_of(1 + any_of(8)), everyones_trace);
            break;
        case 4:
            backend.publish(shape.fingerprint);
            publish_shape(store, locks, shape.fingerprint);
            break;
        case 5:
            if (any_of(10) == 0) {
                backend.detach();
                std::this_thread::yield();
                backend.attach();
            }
            break;
        default:
            look(shape);
        }
    }
    backend.detach();
}

struct Everything {
    explicit Everything(const StoreConfig &config = roomy) : owned(config) {
        for (std::uint32_t i = 0; i < writers; ++i) {
            backends.push_back(std::make_unique<Backend>(owned.store, locks, i, client_of(i)));
        }
    }
    void work(std::size_t i) { test::work(*backends[i], owned.store, locks, i + 1); }
    [[nodiscard]] std::uint64_t started() const { return sum(&Backend::started); }
    [[nodiscard]] std::uint64_t done() const { return sum(&Backend::done); }

    OwnedStore owned;
    Locks locks;
    std::vector<std::unique_ptr<Backend>> backends;

  private:
    [[nodiscard]] std::uint64_t sum(std::atomic<std::uint64_t> Backend::*counter) const {
        std::uint64_t all = 0;
        for (const auto &backend : backends) all += ((*backend).*counter).load();
        return all;
    }
};

// What is wrong with one statement's numbers; empty when they belong together.
template <typename Statement> std::string wrong_with(const StatementKey &key, const Statement &statement) {
    std::uint64_t in_histogram = 0;
    for (const auto counter : statement.histogram.buckets) in_histogram += counter;
    const StatementSums &sums = statement.sums;
    const auto calls = static_cast<std::uint64_t>(sums.calls);
    if (static_cast<std::uint64_t>(sums.rows) != calls * rows_of(key.fingerprint)) return "rows";
    if (in_histogram != calls) return "histogram";
    if (sums.query_ids[0] != key.fingerprint + 1 || sums.query_ids[1] != 0) return "query id";
    if (sums.calls > 0 && (sums.min_ns > sums.max_ns || sums.execution_ns < sums.max_ns)) return "times";
    return {};
}

std::string wrong_with(const BackendSlot &slot) {
    std::uint64_t executions = 0;
    for (int i = 0; i < slot.statement_count; ++i) {
        if (std::string wrong = wrong_with(slot.keys[i], slot.statements[i]); !wrong.empty()) return wrong;
        executions += static_cast<std::uint64_t>(slot.statements[i].sums.calls + slot.statements[i].sums.errors);
    }
    if (executions != slot.counters.statements) return "counters";
    if (slot.client.user != static_cast<std::uint32_t>(slot.pid)) return "client";
    if (slot.unit.number == 0) return {};
    if (slot.unit.client.user != slot.client.user) return "the unit's client";
    if (slot.unit.position > 0 &&
        slot.unit.history[slot.unit.position % history_length].position != slot.unit.position) {
        return "history";
    }
    return {};
}

// Reads all statements, as the views do; how many executions they count.
std::uint64_t count_executions(Everything &all) {
    std::uint64_t executions = 0;
    const auto add = [&](const StatementKey &key, const auto &statement) {
        EXPECT_EQ(wrong_with(key, statement), "");
        executions += static_cast<std::uint64_t>(statement.sums.calls + statement.sums.errors);
    };
    const auto add_slot = [&](BackendSlot &slot) {
        EXPECT_EQ(wrong_with(slot), "");
        for (int i = 0; i < slot.statement_count; ++i) add(slot.keys[i], slot.statements[i]);
        evaluate_unit(slot.unit, UnitEnd{}, default_settings());
    };
    visit_statements(all.owned.store, all.locks, add_slot, add);
    return executions;
}

// The same, against what the backends had done before and had begun after.
void look_at_statements(Everything &all) {
    const std::uint64_t at_least = all.done();
    const std::uint64_t executions = count_executions(all);
    ASSERT_GE(executions, at_least) << "some were lost";
    ASSERT_LE(executions, all.started()) << "some were counted twice";
}

void look_at_tables(Everything &all, std::uint64_t fingerprint) {
    const Store &store = all.owned.store;
    {
        const Shared guard(all.locks[lock_texts]);
        const std::string_view text = store.texts().find(fingerprint);
        ASSERT_TRUE(text.empty() || text == text_of(fingerprint));
    }
    {
        const Shared guard(all.locks[lock_shapes]);
        const SharedShape *shape = store.shapes().find(ShapeKey{fingerprint, 5});
        const SharedShape expected = shared_shape_of(fingerprint);
        ASSERT_TRUE(shape == nullptr || std::memcmp(shape, &expected, sizeof(expected)) == 0);
    }
    {
        const Shared guard(all.locks[lock_scans]);
        store.scans().for_each([](const ScanKey &, const ScanRecord &scan) {
            ASSERT_EQ(scan.rows_read - scan.rows_removed, scan.executions);
            ASSERT_EQ(scan.rows_read, 20000 * scan.scans);
        });
    }
    {
        const Shared guard(all.locks[lock_findings]);
        store.findings().for_each([](const FindingKey &key, const FindingRecord &record) {
            ASSERT_EQ(record.finding.fingerprint, key.fingerprint);
            ASSERT_EQ(record.client.user, key.user);
            ASSERT_GE(record.finding.calls, record.finding.occurrences);
        });
    }
    for (int p = 0; p < trace_partitions; ++p) {
        const Shared guard(all.locks[lock_traces + p]);
        store.traces(p).for_each([](const TraceKey &key, const Unit &unit) { ASSERT_EQ(unit.trace, key.trace); });
    }
}

template <typename Key, typename Value> std::map<std::string, std::string> bytes_of(FlatTable<Key, Value> table) {
    std::map<std::string, std::string> all;
    table.for_each([&](const Key &key, const Value &value) {
        all.emplace(std::string(reinterpret_cast<const char *>(&key), sizeof(key)),
                    std::string(reinterpret_cast<const char *>(&value), sizeof(value)));
    });
    return all;
}

void expect_same_tables(const Store &one, const Store &other) {
    for (int p = 0; p < statement_partitions; ++p) {
        EXPECT_TRUE(bytes_of(one.statements(p)) == bytes_of(other.statements(p))) << p;
        EXPECT_EQ(one.statements(p).evictions(), 0u);
    }
    EXPECT_TRUE(bytes_of(one.findings()) == bytes_of(other.findings()));
    EXPECT_GT(one.findings().count(), 0u);
    EXPECT_TRUE(bytes_of(one.scans()) == bytes_of(other.scans()));
    EXPECT_TRUE(bytes_of(one.shapes()) == bytes_of(other.shapes()));
    EXPECT_EQ(one.texts().count(), other.texts().count());
    for (std::size_t i = 0; i < std::size(one.header().counters); ++i) {
        EXPECT_EQ(one.header().counters[i], other.header().counters[i]) << i;
    }
    for (int p = 0; p < trace_partitions; ++p) {
        one.traces(p).for_each([&](const TraceKey &key, const Unit &unit) {
            const Unit *same = other.traces(p).find(key);
            ASSERT_NE(same, nullptr);
            EXPECT_EQ(unit.position, same->position) << "in another order, but as many";
        });
    }
}

TEST(StoreThreads, LoseNothingAndCountNothingTwice) {
    Everything all;
    std::atomic<int> working{writers};
    std::vector<std::thread> threads;
    for (int i = 0; i < writers; ++i) {
        threads.emplace_back([&, i] {
            all.work(static_cast<std::size_t>(i));
            --working;
        });
    }
    for (std::uint64_t i = 0; i < readers; ++i) {
        threads.emplace_back([&, i] {
            std::mt19937_64 random(100 + i);
            while (working.load() > 0) {
                look_at_statements(all);
                for (int n = 0; n < 10; ++n) look_at_tables(all, shape_of(1 + random() % tables).fingerprint);
                std::this_thread::yield();
            }
        });
    }
    for (std::thread &thread : threads) thread.join();
    look_at_statements(all);
    EXPECT_EQ(all.owned.store.header().counters[0], all.done());

    Everything one_by_one;
    for (std::size_t i = 0; i < writers; ++i) one_by_one.work(i);
    expect_same_tables(all.owned.store, one_by_one.owned.store);
}

// While backends write, somebody empties the store now and then, and tables are too small.
TEST(StoreThreads, StayWholeWhenEmptiedAndEvicting) {
    constexpr StoreConfig tight = {writers, 48, 8, 8, 8, 16, 1024, 8, 4, 16};
    Everything all(tight);
    std::atomic<int> working{writers};
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < writers; ++i) {
        threads.emplace_back([&, i] {
            std::mt19937_64 random(i);
            for (int step = 0; step < steps; ++step) {
                all.backends[i]->follow_epoch();
                const StatementShape shape = shape_of(1 + random() % tables);
                all.backends[i]->record(shape, Call{.rows_read = step % 8 == 0 ? 20000u : 0u}, random() % 64);
                all.backends[i]->publish(shape.fingerprint);
                publish_shape(all.owned.store, all.locks, shape.fingerprint);
            }
            all.backends[i]->detach();
            --working;
        });
    }
    std::uint32_t resets = 0;
    std::mt19937_64 random(7);
    do {
        (void)count_executions(all);
        look_at_tables(all, shape_of(1 + random() % tables).fingerprint);
        for (std::shared_mutex &lock : all.locks) lock.lock();
        all.owned.store.clear(static_cast<std::int64_t>(++resets));
        for (std::shared_mutex &lock : all.locks) lock.unlock();
        std::this_thread::yield();
    } while (working.load() > 0);
    for (std::thread &thread : threads) thread.join();
    const StoreHeader &header = all.owned.store.header();
    EXPECT_EQ(header.epoch, resets);
    EXPECT_EQ(header.since_us, static_cast<std::int64_t>(resets));
    EXPECT_LE(all.owned.store.texts().bytes_used(), tight.text_bytes);
    EXPECT_LE(all.owned.store.findings().count(), tight.findings);
}

// The owner writes the same number all over its slot, again and again; no copy may hold two of them.
TEST(CopySlot, NeverGivesATornSlot) {
    const OwnedStore owned;
    BackendSlot &slot = owned.store.slot(0);
    slot.pid = 7;
    const auto write = [&slot](std::uint64_t number) {
        begin_slot_write(slot);
        slot.unit.number = number;
        for (HistoryEntry &entry : slot.unit.history) entry.key = number;
        for (Series &series : slot.unit.series) series.query_id = number;
        for (StatementKey &key : slot.keys) key.fingerprint = number;
        for (SlotStatement &statement : slot.statements) statement.sums.query_ids[3] = number;
        end_slot_write(slot);
    };
    write(1);
    std::atomic<bool> stop{false};
    std::thread owner([&] {
        for (std::uint64_t number = 2; !stop.load(std::memory_order_relaxed); ++number) {
            write(number);
            if (number % 4 == 0) std::this_thread::yield();
        }
    });
    std::atomic<int> torn{0};
    std::atomic<int> copied{0};
    const auto read = [&] {
        auto copy = std::make_unique<BackendSlot>();
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(400);
        while (std::chrono::steady_clock::now() < deadline) {
            const bool done = copy_slot(slot, *copy);
            if (!done) continue;
            ++copied;
            const std::uint64_t number = copy->unit.number;
            bool whole = true;
            for (const HistoryEntry &entry : copy->unit.history) whole = whole && entry.key == number;
            for (const Series &series : copy->unit.series) whole = whole && series.query_id == number;
            for (const StatementKey &key : copy->keys) whole = whole && key.fingerprint == number;
            for (const SlotStatement &s : copy->statements) whole = whole && s.sums.query_ids[3] == number;
            if (!whole) ++torn;
        }
    };
    std::thread other(read);
    read();
    other.join();
    stop = true;
    owner.join();
    EXPECT_EQ(torn, 0);
    EXPECT_GT(copied, 0) << "a reader gets through";
}

} // namespace
} // namespace query_audit::test
