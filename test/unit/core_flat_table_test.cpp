// FlatTable against a model, and its clock.
#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "core/flat_table.h"
#include "core_support.h"

namespace query_audit::test {
namespace {

using Table = FlatTable<std::uint64_t, std::uint64_t>;

struct OwnedTable {
    explicit OwnedTable(std::uint32_t capacity) : memory(Table::bytes(capacity)), table(memory.get()) {
        table.create(capacity);
    }
    std::uint64_t &put(std::uint64_t key) {
        bool inserted = false;
        return table.find_or_insert(key, inserted);
    }
    Memory memory;
    Table table;
};

TEST(FlatTable, FindsWhatWasInsertedZeroed) {
    OwnedTable owned(4);
    bool inserted = false;
    std::uint64_t &value = owned.table.find_or_insert(7, inserted);
    EXPECT_TRUE(inserted);
    EXPECT_EQ(value, 0u);
    value = 70;
    EXPECT_EQ(owned.table.find_or_insert(7, inserted), 70u);
    EXPECT_FALSE(inserted);
    EXPECT_EQ(*owned.table.find(7), 70u);
    EXPECT_EQ(owned.table.find(8), nullptr);
    EXPECT_EQ(owned.table.count(), 1u);
    EXPECT_EQ(owned.table.capacity(), 4u);
}

TEST(FlatTable, AgreesWithAModelUnderRandomOperations) {
    for (const std::uint32_t capacity : {1u, 2u, 7u, 8u, 9u, 100u}) {
        OwnedTable owned(capacity);
        std::map<std::uint64_t, std::uint64_t> model;
        std::mt19937_64 random(capacity);
        std::uint64_t evictions = 0;
        for (int step = 0; step < 20000; ++step) {
            const std::uint64_t key = random() % (2 * capacity + 1);
            switch (random() % 8) {
            case 0:
                ASSERT_EQ(owned.table.erase(key), model.erase(key) == 1);
                break;
            case 1:
            case 2: {
                const std::uint64_t *found = owned.table.find(key);
                const auto known = model.find(key);
                ASSERT_EQ(found != nullptr, known != model.end());
                if (found != nullptr) {
                    ASSERT_EQ(*found, known->second);
                }
                break;
            }
            case 3:
                if (step % 500 != 0) break;
                owned.table.clear();
                model.clear();
                break;
            default: {
                const bool full = model.size() == capacity && model.count(key) == 0;
                bool evicted = false;
                bool inserted = false;
                std::uint64_t &value =
                    owned.table.find_or_insert(key, inserted, [&](const std::uint64_t &old, std::uint64_t &its) {
                        evicted = true;
                        ++evictions;
                        ASSERT_EQ(model.at(old), its);
                        model.erase(old);
                    });
                ASSERT_EQ(evicted, full) << "it evicts when it is full, and only then";
                ASSERT_EQ(inserted, model.count(key) == 0);
                value = model[key] = random();
            }
            }
            ASSERT_EQ(owned.table.count(), model.size());
        }
        std::map<std::uint64_t, std::uint64_t> seen;
        owned.table.for_each([&](const std::uint64_t &key, std::uint64_t &value) { seen.emplace(key, value); });
        EXPECT_EQ(seen, model);
        EXPECT_EQ(owned.table.evictions(), evictions);
    }
}

TEST(FlatTable, OfOneEntryKeepsTheLast) {
    OwnedTable owned(1);
    for (std::uint64_t key = 1; key <= 5; ++key) {
        owned.put(key) = key;
        EXPECT_EQ(owned.table.count(), 1u);
        EXPECT_EQ(*owned.table.find(key), key);
        EXPECT_EQ(owned.table.find(key - 1), nullptr);
    }
    EXPECT_EQ(owned.table.evictions(), 4u);
}

TEST(FlatTable, GivesASecondChanceToWhatWasUsed) {
    OwnedTable owned(4);
    for (std::uint64_t key = 1; key <= 5; ++key) owned.put(key); // the fifth takes every use mark away, and evicts one
    std::vector<std::uint64_t> left;
    owned.table.for_each([&](const std::uint64_t &key, std::uint64_t &) { left.push_back(key); });
    left.erase(std::find(left.begin(), left.end(), 5u));
    ASSERT_EQ(left.size(), 3u);
    (void)owned.table.find(left[0]);
    owned.put(6);
    owned.put(7);
    EXPECT_NE(owned.table.find(left[0]), nullptr) << "used since the hand passed";
    EXPECT_EQ(owned.table.find(left[1]), nullptr);
    EXPECT_EQ(owned.table.find(left[2]), nullptr);
    EXPECT_NE(owned.table.find(5), nullptr) << "new ones count as used";
}

TEST(FlatTable, MakesRoomByTheLeastWhereAsked) {
    OwnedTable owned(4);
    bool inserted = false;
    const auto rank = [](const std::uint64_t &value) { return value; };
    std::vector<std::uint64_t> evicted;
    for (const std::uint64_t key : {30u, 10u, 40u, 20u, 50u, 5u, 60u}) {
        owned.table.find_or_insert_over_least(
            key, inserted, rank, [&](const std::uint64_t &, std::uint64_t &value) { evicted.push_back(value); }) = key;
        EXPECT_TRUE(inserted);
        (void)owned.table.find(10); // to be used makes no difference
    }
    EXPECT_EQ(evicted, (std::vector<std::uint64_t>{10, 20, 5}));
    EXPECT_EQ(owned.table.evictions(), 3u);
}

TEST(FlatTable, IsTheSameThroughAnotherMapping) {
    OwnedTable owned(8);
    owned.put(1) = 10;
    owned.put(2) = 20;
    const Memory copy(owned.memory.size());
    std::memcpy(copy.get(), owned.memory.get(), owned.memory.size());
    const Table other(copy.get());
    EXPECT_EQ(other.count(), 2u);
    EXPECT_EQ(*other.find(2), 20u);
}

TEST(FlatTable, StaysInsideItsBytes) {
    for (std::uint32_t capacity = 1; capacity < 40; ++capacity) {
        const std::size_t bytes = Table::bytes(capacity);
        const Memory memory(bytes + 64);
        Table table(memory.get());
        table.create(capacity);
        bool inserted = false;
        for (std::uint64_t key = 0; key < 3 * capacity; ++key) table.find_or_insert(key, inserted) = ~std::uint64_t{0};
        for (std::size_t i = bytes; i < bytes + 64; ++i) ASSERT_EQ(memory.get()[i], '\xA5') << capacity;
    }
}

TEST(FlatTable, ClearsButRemembersHowOftenItEvicted) {
    OwnedTable owned(2);
    for (std::uint64_t key = 1; key <= 3; ++key) owned.put(key);
    owned.table.clear();
    EXPECT_EQ(owned.table.count(), 0u);
    EXPECT_EQ(owned.table.find(3), nullptr);
    EXPECT_EQ(owned.table.evictions(), 1u);
}

} // namespace
} // namespace query_audit::test
