// The store against plain containers, under thousands of random operations. What it evicts the model learns by looking,
// and everything else must be equal.
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "core_store_support.h"

namespace query_audit::test {
namespace {

using Random = std::mt19937_64;

// The keys of a table, as bytes.
template <typename Key, typename Value> std::set<std::string> keys_of(FlatTable<Key, Value> table) {
    std::set<std::string> all;
    table.for_each(
        [&](const Key &key, const Value &) { all.emplace(reinterpret_cast<const char *>(&key), sizeof(key)); });
    return all;
}

template <typename Key> std::string bytes_of(const Key &key) {
    return std::string(reinterpret_cast<const char *>(&key), sizeof(key));
}

// A model of one table: values by key. Each change may push out one entry, and only when the table was full.
template <typename Value> struct Model {
    std::map<std::string, Value> values;
    std::uint64_t evictions = 0;

    // Runs `change`, which may insert `key`, and forgets what it pushed out. Whether the table holds the key now.
    template <typename Table, typename Change> bool after(Table table, const std::string &key, Change change) {
        const std::set<std::string> before = keys_of(table);
        change();
        const std::set<std::string> now = keys_of(table);
        std::size_t gone = 0;
        for (const std::string &each : before) {
            if (now.count(each) != 0) continue;
            ++gone;
            ++evictions;
            values.erase(each);
            EXPECT_EQ(before.size(), table.capacity()) << "evicted although there was room";
        }
        EXPECT_LE(gone, before.count(key) == 0 ? 1u : 0u);
        for (const std::string &each : now) EXPECT_TRUE(each == key || before.count(each) != 0) << "came from nowhere";
        EXPECT_LE(now.size(), table.capacity());
        return now.count(key) != 0;
    }
};

// One statement as it was run, all of its executions.
struct Runs {
    std::int64_t calls = 0, errors = 0, rows = 0, units = 0, execution_ns = 0, rows_read = 0, temp_bytes = 0;
    std::int64_t first_us = 0, last_us = 0;
    std::vector<std::int64_t> durations;
    std::set<std::uint64_t> query_ids;
};

void expect_equal(const StatementSums &sums, const std::vector<std::uint64_t> &buckets, const Runs &runs) {
    EXPECT_EQ(sums.calls, runs.calls);
    EXPECT_EQ(sums.errors, runs.errors);
    EXPECT_EQ(sums.rows, runs.rows);
    EXPECT_EQ(sums.units, runs.units);
    EXPECT_EQ(sums.execution_ns, runs.execution_ns);
    EXPECT_EQ(sums.rows_read, runs.rows_read);
    EXPECT_EQ(sums.temp_bytes, runs.temp_bytes);
    EXPECT_EQ(sums.first_seen_us, runs.first_us);
    EXPECT_EQ(sums.last_seen_us, runs.last_us);
    std::vector<std::uint64_t> expected(BasicHistogram<std::uint32_t>::bucket_count);
    double squares = 0;
    for (const std::int64_t duration : runs.durations) {
        ++expected[static_cast<std::size_t>(BasicHistogram<std::uint32_t>::bucket_of(duration))];
        squares += static_cast<double>(duration / 1000) * static_cast<double>(duration / 1000);
    }
    EXPECT_EQ(buckets, expected);
    EXPECT_DOUBLE_EQ(sums.execution_us_squared, squares);
    if (!runs.durations.empty()) {
        EXPECT_EQ(sums.min_ns, *std::min_element(runs.durations.begin(), runs.durations.end()));
        EXPECT_EQ(sums.max_ns, *std::max_element(runs.durations.begin(), runs.durations.end()));
    }
    std::set<std::uint64_t> known;
    for (const std::uint64_t id : sums.query_ids) {
        if (id != 0) {
            EXPECT_TRUE(runs.query_ids.count(id) != 0 && known.insert(id).second) << id;
        }
    }
    EXPECT_EQ(known.size(), std::min<std::size_t>(runs.query_ids.size(), max_query_ids));
}

class StatementsWorld {
  public:
    StatementsWorld(const StoreConfig &config, std::uint64_t keys, int per_fold, std::uint64_t seed)
        : owned_(config), keys_(keys), per_fold_(per_fold), random_(seed) {}

    void step() {
        const std::uint64_t what = random_() % 1000;
        if (what == 0) {
            clear();
        } else if (what < 20) {
            fold(random_() % small.slots);
        } else {
            record(random_() % small.slots);
        }
    }

    // What slots and tables hold together is what was run since the last clear, less what was evicted.
    void check() {
        std::map<std::string, StatementSums> sums;
        std::map<std::string, std::vector<std::uint64_t>> buckets;
        const auto add = [&](const StatementKey &key, const auto &statement) {
            const std::string bytes = bytes_of(key);
            add_sums(sums[bytes], statement.sums);
            auto &each = buckets[bytes];
            each.resize(std::size(statement.histogram.buckets));
            for (std::size_t i = 0; i < each.size(); ++i) each[i] += statement.histogram.buckets[i];
        };
        std::uint64_t evictions = 0;
        for (int p = 0; p < statement_partitions; ++p) {
            owned_.store.statements(p).for_each(add);
            evictions += owned_.store.statements(p).evictions();
        }
        for (std::uint32_t i = 0; i < small.slots; ++i) {
            const BackendSlot &slot = owned_.store.slot(i);
            for (int n = 0; n < slot.statement_count; ++n) add(slot.keys[n], slot.statements[n]);
        }
        ASSERT_EQ(sums.size(), model_.values.size());
        for (const auto &[key, runs] : model_.values) expect_equal(sums[key], buckets[key], runs);
        EXPECT_EQ(evictions, model_.evictions);
    }

    [[nodiscard]] std::uint64_t evictions() const { return model_.evictions; }

  private:
    void record(std::uint32_t index) {
        BackendSlot &slot = owned_.store.slot(index);
        const StatementKey key{hash_mix(1 + random_() % keys_), 5, 10 + static_cast<std::uint32_t>(random_() % 2)};
        StatementPlace &place = places_[{index, key.fingerprint}];
        SlotStatement *statement = slot_statement(slot, key, place);
        if (statement == nullptr) {
            fold(index);
            statement = slot_statement(slot, key, place);
        }
        ASSERT_NE(statement, nullptr);
        const StatementShape shape = look_up(1);
        PlanFacts facts{};
        StatementEvent event{};
        event.shape = &shape;
        event.query_id = 1 + random_() % 6;
        event.execution_ns = static_cast<std::int64_t>(random_() % (std::uint64_t{1} << (random_() % 37))) * 1000;
        event.statement_time_us = static_cast<std::int64_t>(++now_us_);
        event.rows = random_() % 100;
        event.temp_bytes = random_() % 3 * 8192;
        event.flags = random_() % 10 == 0 ? event_flag::failed : 0;
        if (random_() % 4 == 0) {
            facts.rows_read = random_() % 10000;
            event.facts = &facts;
        }
        const bool new_in_unit = random_() % 5 == 0;
        add_execution(*statement, event, new_in_unit);
        remember(model_.values[bytes_of(key)], event, new_in_unit);
        if (slot.statement_count >= per_fold_) fold(index);
    }

    static void remember(Runs &runs, const StatementEvent &event, bool new_in_unit) {
        if (runs.first_us == 0) runs.first_us = event.statement_time_us;
        runs.last_us = event.statement_time_us;
        runs.query_ids.insert(event.query_id);
        runs.units += new_in_unit;
        runs.temp_bytes += static_cast<std::int64_t>(event.temp_bytes);
        if (event.is(event_flag::failed)) {
            ++runs.errors;
            return;
        }
        ++runs.calls;
        runs.rows += static_cast<std::int64_t>(event.rows);
        runs.execution_ns += event.execution_ns;
        runs.durations.push_back(event.execution_ns);
        if (event.facts != nullptr) runs.rows_read += static_cast<std::int64_t>(event.facts->rows_read);
    }

    void fold(std::uint64_t index) {
        BackendSlot &slot = owned_.store.slot(static_cast<std::uint32_t>(index));
        for (std::uint32_t left = partitions_to_fold(slot); left != 0; left &= left - 1) {
            const int partition = std::countr_zero(left);
            const auto change = [&] { fold_statements(owned_.store, slot, partition); };
            if (per_fold_ == 1) {
                model_.after(owned_.store.statements(partition), bytes_of(slot.keys[0]), change);
            } else {
                change();
            }
        }
        clear_slot_statements(slot);
    }

    void clear() {
        owned_.store.clear(1);
        for (std::uint32_t i = 0; i < small.slots; ++i) clear_slot_statements(owned_.store.slot(i));
        model_.values.clear();
    }

    OwnedStore owned_;
    std::uint64_t keys_;
    int per_fold_;
    Random random_;
    Model<Runs> model_;
    std::uint64_t now_us_ = 0;
    std::map<std::pair<std::uint32_t, std::uint64_t>, StatementPlace> places_; // by slot and fingerprint
};

void run_statements(const StoreConfig &config, std::uint64_t keys, int per_fold, bool evicts) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        StatementsWorld world(config, keys, per_fold, seed);
        for (int step = 1; step <= 5000; ++step) {
            world.step();
            if (step % 250 == 0) world.check();
            if (testing::Test::HasFailure()) return;
        }
        EXPECT_EQ(world.evictions() > 0, evicts);
    }
}

TEST(StoreModel, StatementsAreEqualWhereNothingIsEvicted) {
    run_statements({4, 1600, 20, 20, 50, 16, 8192, 12, 8, 8}, 45, slot_statements + 1, false);
}

TEST(StoreModel, StatementsAreEqualButForWhatWasEvicted) {
    run_statements({4, 32, 20, 20, 50, 16, 8192, 12, 8, 8}, 100, 1, true);
}

TEST(StoreModel, FindingsAreEqualButForWhatWasEvicted) {
    struct Seen {
        std::uint64_t occurrences = 0, calls = 0;
        Confidence confidence = Confidence::none;
    };
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const OwnedStore owned;
        Store::Findings table = owned.store.findings();
        Model<Seen> model;
        Random random(seed);
        const auto unit = std::make_unique<Unit>();
        std::uint64_t dropped = 0;
        for (int step = 0; step < 5000; ++step) {
            if (random() % 1000 == 0) {
                owned.store.findings().clear();
                model.values.clear();
            }
            const ClientIdentity client{5, 10 + static_cast<std::uint32_t>(random() % 2), {}};
            begin_unit(*unit, Mark::burst, client);
            // A statement's findings are all as sure as each other; how unequal ones add up has tests of its own.
            const std::uint64_t fingerprint = 1 + random() % 30;
            const Confidence confidence = fingerprint % 3 == 0 ? Confidence::high : Confidence::low;
            UnitFinding *finding = unit_finding(*unit, {0, fingerprint, 0, 0}, confidence);
            ASSERT_NE(finding, nullptr);
            finding->occurrences = 1;
            finding->calls = random() % 100;
            finding->confidence = confidence;
            const FindingKey key = finding_key(client, 0, *finding);
            const std::uint64_t calls = finding->calls;
            const std::map<std::string, Seen> before = model.values;
            const bool held = model.after(table, bytes_of(key), [&] { fold_findings(table, *unit, Foldable::all); });
            for (const auto &[gone, seen] : before) {
                if (model.values.count(gone) != 0) continue;
                ASSERT_LE(seen.confidence, confidence) << "pushed out by one that is less sure";
            }
            if (held) {
                Seen &seen = model.values[bytes_of(key)];
                ++seen.occurrences;
                seen.calls += calls;
                seen.confidence = confidence;
            } else {
                ASSERT_EQ(confidence, Confidence::low);
                ASSERT_EQ(table.count(), table.capacity());
                for (const auto &[each, seen] : model.values) ASSERT_EQ(seen.confidence, Confidence::high);
            }
            ASSERT_EQ(unit->dropped_findings, held ? 0u : 1u);
            dropped += unit->dropped_findings;
            ASSERT_EQ(table.count(), model.values.size());
            table.for_each([&](const FindingKey &each, FindingRecord &record) {
                const Seen &seen = model.values.at(bytes_of(each));
                ASSERT_EQ(record.finding.occurrences, seen.occurrences);
                ASSERT_EQ(record.finding.calls, seen.calls);
                ASSERT_EQ(record.finding.confidence, seen.confidence);
            });
        }
        EXPECT_EQ(table.evictions(), model.evictions);
        EXPECT_GT(model.evictions + dropped, 0u);
    }
}

TEST(StoreModel, ScansAreEqualButForWhatWasEvicted) {
    struct Seen {
        std::int64_t executions = 0, scans = 0, rows_read = 0, rows_removed = 0, execution_ns = 0;
    };
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const OwnedStore owned;
        Model<Seen> model;
        Random random(seed);
        for (int step = 0; step < 5000; ++step) {
            const StatementShape shape = look_up(random() % 10);
            const ClientIdentity client{5, 10 + static_cast<std::uint32_t>(random() % 2), {}};
            PlanFacts facts{};
            facts.scan_count = 1;
            ScanFacts &scan = facts.scans[0];
            scan.relation = static_cast<std::uint32_t>(random() % 3);
            scan.loops = 1 + random() % 4;
            scan.rows_read = random() % 10000;
            scan.rows_removed = scan.rows_read / 2;
            StatementEvent event{};
            event.shape = &shape;
            event.facts = &facts;
            event.execution_ns = static_cast<std::int64_t>(random() % 100000);
            const ScanKey key{shape.fingerprint, 5, client.user, scan.relation, 0};
            const auto change = [&] { add_scans(owned.store, client, event); };
            ASSERT_TRUE(model.after(owned.store.scans(), bytes_of(key), change));
            Seen &seen = model.values[bytes_of(key)];
            ++seen.executions;
            seen.scans += static_cast<std::int64_t>(scan.loops);
            seen.rows_read += static_cast<std::int64_t>(scan.rows_read);
            seen.rows_removed += static_cast<std::int64_t>(scan.rows_removed);
            seen.execution_ns += event.execution_ns;
            const ScanRecord &record = *owned.store.scans().find(key);
            ASSERT_EQ(record.executions, seen.executions);
            ASSERT_EQ(record.scans, seen.scans);
            ASSERT_EQ(record.rows_read, seen.rows_read);
            ASSERT_EQ(record.rows_removed, seen.rows_removed);
            ASSERT_EQ(record.execution_ns, seen.execution_ns);
        }
        EXPECT_EQ(owned.store.scans().evictions(), model.evictions);
        EXPECT_GT(model.evictions, 0u);
    }
}

} // namespace
} // namespace query_audit::test
