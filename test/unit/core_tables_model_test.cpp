// FlatTable and TextRing against plain containers where the simpler tests of each do not reach: keys that share one
// bucket, entries that must not be evicted, a table that is emptied, texts of every length.
#include <deque>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "core/flat_table.h"
#include "core/text_ring.h"
#include "core_support.h"

namespace query_audit::test {
namespace {

struct WideKey {
    std::uint64_t a;
    std::uint64_t b;
    bool operator<(const WideKey &other) const { return a != other.a ? a < other.a : b < other.b; }
};
struct Entry {
    std::uint64_t number;
    std::uint64_t kept; // not evicted for insert_over()
};
using Table = FlatTable<WideKey, Entry>;

// Keys of one bucket of the largest table here, so that every chain is as long as the table.
std::vector<WideKey> colliding_keys(std::size_t count) {
    std::vector<WideKey> keys;
    for (std::uint64_t n = 0; keys.size() < count; ++n) {
        const WideKey key{n, ~n};
        if ((hash_bytes(&key, sizeof(key)) & 127) == 5) keys.push_back(key);
    }
    return keys;
}

std::vector<WideKey> spread_keys(std::size_t count) {
    std::vector<WideKey> keys;
    for (std::uint64_t n = 0; n < count; ++n) keys.push_back({n, n * n});
    return keys;
}

void run_table(std::uint32_t capacity, const std::vector<WideKey> &keys, std::uint64_t seed) {
    const Memory memory(Table::bytes(capacity));
    Table table(memory.get());
    table.create(capacity);
    std::map<WideKey, Entry> model;
    std::uint64_t evictions = 0;
    std::mt19937_64 random(seed);
    const auto forget_evicted = [&] {
        for (auto each = model.begin(); each != model.end();) {
            bool held = false;
            table.for_each(
                [&](const WideKey &key, Entry &) { held = held || std::memcmp(&key, &each->first, 16) == 0; });
            each = held ? std::next(each) : (++evictions, model.erase(each));
        }
    };
    for (std::uint64_t step = 1; step <= 4000; ++step) {
        const WideKey key = keys[random() % keys.size()];
        const bool known = model.count(key) != 0;
        const bool full = model.size() == capacity;
        bool inserted = false;
        const std::uint64_t what = random() % 200;
        if (what == 0) {
            table.clear();
            model.clear();
        } else if (what < 40) {
            ASSERT_EQ(table.erase(key), model.erase(key) == 1);
        } else if (what < 120) {
            const bool some_may_go =
                std::any_of(model.begin(), model.end(), [](const auto &each) { return each.second.kept == 0; });
            Entry *entry = table.insert_over(key, inserted, [](const Entry &old) { return old.kept == 0; });
            ASSERT_EQ(entry == nullptr, !known && full && !some_may_go) << "only when nothing may go";
            if (entry != nullptr) {
                ASSERT_EQ(inserted, !known);
                for (const auto &[old, value] : model) {
                    ASSERT_TRUE(value.kept == 0 || table.find(old) != nullptr) << "what is to be kept was";
                }
                forget_evicted();
                *entry = model[key] = Entry{step, random() % 2};
            }
        } else {
            Entry &entry = table.find_or_insert(key, inserted);
            ASSERT_EQ(inserted, !known);
            ASSERT_EQ(entry.number, known ? model[key].number : 0u);
            forget_evicted();
            entry = model[key] = Entry{step, 0};
        }
        ASSERT_EQ(table.count(), model.size());
        ASSERT_LE(table.count(), capacity);
        ASSERT_EQ(table.evictions(), evictions);
        const Entry *found = table.find(key);
        ASSERT_EQ(found != nullptr, model.count(key) != 0);
        if (step % 50 != 0) continue;
        for (const WideKey &each : keys) {
            const Entry *entry = table.find(each);
            const auto expected = model.find(each);
            ASSERT_EQ(entry != nullptr, expected != model.end());
            if (entry != nullptr) {
                ASSERT_EQ(entry->number, expected->second.number);
            }
        }
    }
}

TEST(TableModel, IsEqualWhereverKeysFall) {
    for (const std::uint32_t capacity : {1u, 2u, 5u, 16u, 100u}) {
        for (std::uint64_t seed = 1; seed <= 2; ++seed) {
            SCOPED_TRACE("capacity " + std::to_string(capacity) + ", seed " + std::to_string(seed));
            run_table(capacity, spread_keys(capacity * 2 + 3), seed);
            run_table(capacity, colliding_keys(capacity + 7), seed);
            if (testing::Test::HasFatalFailure()) return;
        }
    }
}

// A ring of records in the order in which they were published. The oldest go first; how many go is the ring's own
// business, but no more than what is needed for the new one and for the end that it may have to leave empty.
void run_ring(std::uint32_t texts, std::uint32_t text_bytes, std::uint64_t seed) {
    const Memory memory(TextRing::bytes(texts, text_bytes));
    TextRing ring(memory.get());
    ring.create(texts, text_bytes);
    const std::size_t longest = (text_bytes + 15) / 16 - 16;
    const auto size_of = [](const std::string &text) { return (text.size() + 16 + 15) / 16 * 16; };
    std::map<std::uint64_t, std::string> model;
    std::uint64_t lost = 0;
    std::mt19937_64 random(seed);
    for (int step = 0; step < 4000; ++step) {
        if (random() % 500 == 0) {
            ring.clear();
            model.clear();
        }
        const std::uint64_t fingerprint = 1 + random() % 100;
        std::string text(random() % (longest + 5), '\0'); // some are cut
        for (char &each : text) each = static_cast<char>('!' + random() % 90);
        const bool known = model.count(fingerprint) != 0;
        ASSERT_EQ(ring.contains(fingerprint), known);
        ring.publish(fingerprint, text);
        if (!known) model[fingerprint] = text.substr(0, longest);
        std::size_t used = 0;
        for (auto each = model.begin(); each != model.end();) {
            if (ring.contains(each->first)) {
                ASSERT_EQ(ring.find(each->first), each->second);
                used += size_of(each->second);
                ++each;
            } else {
                ASSERT_FALSE(known) << "nothing goes for a text that is there";
                ASSERT_NE(each->first, fingerprint);
                ++lost;
                each = model.erase(each);
            }
        }
        ASSERT_EQ(ring.count(), model.size());
        ASSERT_LE(ring.count(), texts);
        ASSERT_LE(used, ring.bytes_used());
        ASSERT_LE(ring.bytes_used(), (text_bytes + 15) / 16 * 16);
        ASSERT_EQ(ring.evictions(), lost);
        for (std::uint64_t each = 1; each <= 100; ++each) {
            if (model.count(each) == 0) {
                ASSERT_EQ(ring.find(each), "");
            }
        }
    }
    EXPECT_GT(lost, 0u);
}

TEST(RingModel, GivesEachTextWholeOrNotAtAll) {
    for (const auto &[texts, bytes] : {std::pair{8u, 4096u}, {64u, 1000u}, {64u, 512u}, {50u, 65536u}}) {
        for (std::uint64_t seed = 1; seed <= 2; ++seed) {
            SCOPED_TRACE(std::to_string(bytes) + " bytes, seed " + std::to_string(seed));
            run_ring(texts, bytes, seed);
            if (testing::Test::HasFatalFailure()) return;
        }
    }
}

} // namespace
} // namespace query_audit::test
