// FlatTable: a hash table of fixed capacity in memory that somebody else owns, with no pointer inside.
//
// The table is a view: the memory holds everything, so several processes may map it at different addresses. Full is
// never an error: an insert then evicts by the clock algorithm (an entry that was used since the hand last passed gets
// a second chance), which looks at a bounded number of entries and sorts nothing.
//
// Concurrency: none of its own. Writers need exclusive access; find() and for_each() need access shared with readers.
// Key and Value must be trivially copyable. Keys are compared and hashed by their bytes, so they must have no padding.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "core/hash.h"

namespace query_audit {

template <typename Key, typename Value> class FlatTable {
    static_assert(std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<Value>);
    static_assert(std::has_unique_object_representations_v<Key>);

  public:
    struct Entry {
        std::uint32_t next; // index + 1 of the next entry in the chain or in the free list; 0 ends it
        std::uint8_t live;
        std::uint8_t used; // since the clock hand last passed
        std::uint8_t padding[2];
        Key key;
        Value value;
    };

    [[nodiscard]] static std::size_t bytes(std::uint32_t capacity) noexcept {
        return round_up(sizeof(Header) + bucket_count(capacity) * sizeof(std::uint32_t)) + capacity * sizeof(Entry);
    }

    explicit FlatTable(void *memory) noexcept : memory_(static_cast<char *>(memory)) {}

    // Makes an empty table, and touches no entry's memory. REQUIRES: memory of bytes(capacity), aligned to 8;
    // capacity >= 1.
    void create(std::uint32_t capacity) noexcept {
        std::memset(memory_, 0, sizeof(Header));
        header().capacity = capacity;
        header().bucket_mask = bucket_count(capacity) - 1;
        clear();
    }

    void clear() noexcept {
        Header &head = header();
        std::memset(buckets(), 0, (std::size_t{head.bucket_mask} + 1) * sizeof(std::uint32_t));
        head.touched = head.free = head.count = head.hand = 0;
    }

    [[nodiscard]] void *memory() const noexcept { return memory_; }
    [[nodiscard]] std::uint32_t count() const noexcept { return header().count; }
    [[nodiscard]] std::uint32_t capacity() const noexcept { return header().capacity; }
    [[nodiscard]] std::uint64_t evictions() const noexcept { return header().evictions; }

    // The value of key, or null. Valid until the next insert, erase or clear.
    [[nodiscard]] Value *find(const Key &key) const noexcept {
        Entry *const all = entries();
        for (std::uint32_t i = buckets()[bucket_of(key)]; i != 0; i = all[i - 1].next) {
            Entry &entry = all[i - 1];
            if (equal(entry.key, key)) {
                // Readers share the table, and storing a 1 over a 1 would still move the cache line.
                std::atomic_ref<std::uint8_t> used(entry.used);
                if (used.load(std::memory_order_relaxed) == 0) used.store(1, std::memory_order_relaxed);
                return &entry.value;
            }
        }
        return nullptr;
    }

    // The value of key, zeroed when it is new. Before an entry is evicted for it, on_evict(key, value) sees it.
    template <typename OnEvict> Value &find_or_insert(const Key &key, bool &inserted, OnEvict on_evict) noexcept {
        return *place(key, inserted, on_evict, [](const Value &) noexcept { return true; });
    }

    Value &find_or_insert(const Key &key, bool &inserted) noexcept {
        return find_or_insert(key, inserted, [](const Key &, Value &) noexcept {});
    }

    // The same, but the entry for which rank(value) is least makes room, however lately it was used. It looks at all
    // entries, so it is for small tables.
    template <typename Rank, typename OnEvict>
    Value &find_or_insert_over_least(const Key &key, bool &inserted, Rank rank, OnEvict on_evict) noexcept {
        const Value *least = nullptr;
        return *place(key, inserted, on_evict, [&](const Value &value) noexcept {
            if (least == nullptr) {
                for_each([&](const Key &, const Value &other) {
                    if (least == nullptr || rank(other) < rank(*least)) least = &other;
                });
            }
            return &value == least;
        });
    }

    // The same, but only entries whose value may_evict(value) allows make room; null when there is none. Looks at every
    // entry before it gives up.
    template <typename MayEvict> Value *insert_over(const Key &key, bool &inserted, MayEvict may_evict) noexcept {
        return place(
            key, inserted, [](const Key &, Value &) noexcept {}, may_evict);
    }

    bool erase(const Key &key) noexcept {
        std::uint32_t *link = &buckets()[bucket_of(key)];
        while (*link != 0) {
            Entry &entry = entries()[*link - 1];
            if (equal(entry.key, key)) {
                const std::uint32_t index = *link;
                *link = entry.next;
                entry.live = 0;
                entry.next = header().free;
                header().free = index;
                --header().count;
                return true;
            }
            link = &entry.next;
        }
        return false;
    }

    // Whether memory that somebody else wrote holds a table of this capacity: no number in it leads out of it or in a
    // circle, and each entry is in its key's chain or free.
    [[nodiscard]] bool is_sound(std::uint32_t capacity) const noexcept {
        const Header &head = header();
        if (head.capacity != capacity || head.bucket_mask != bucket_count(capacity) - 1) return false;
        if (head.hand >= capacity || head.touched > capacity) return false;
        std::uint32_t seen = 0;
        for (std::uint32_t bucket = 0; bucket <= head.bucket_mask; ++bucket) {
            for (std::uint32_t i = buckets()[bucket]; i != 0; i = entries()[i - 1].next) {
                if (i > head.touched || ++seen > head.touched) return false;
                const Entry &entry = entries()[i - 1];
                if (entry.live != 1 || bucket_of(entry.key) != bucket) return false;
            }
        }
        if (seen != head.count) return false;
        for (std::uint32_t i = head.free; i != 0; i = entries()[i - 1].next) {
            if (i > head.touched || ++seen > head.touched || entries()[i - 1].live != 0) return false;
        }
        return seen == head.touched;
    }

    template <typename Visitor> void for_each(Visitor visit) const noexcept {
        for (std::uint32_t i = 0; i < header().touched; ++i) {
            if (entries()[i].live) visit(entries()[i].key, entries()[i].value);
        }
    }

  private:
    struct Header {
        std::uint32_t capacity;
        std::uint32_t count;
        std::uint32_t touched; // entries, from the first one on; those behind have never been written to
        std::uint32_t free;    // index + 1 of the first free entry of these, 0: none
        std::uint32_t hand;    // the clock's: index of the entry it looks at next
        std::uint32_t bucket_mask;
        std::uint64_t evictions;
    };

    [[nodiscard]] static std::size_t round_up(std::size_t size) noexcept { return (size + 15) & ~std::size_t{15}; }

    [[nodiscard]] static std::uint32_t bucket_count(std::uint32_t capacity) noexcept {
        std::uint32_t count = 8;
        while (count < capacity) count *= 2;
        return count;
    }

    [[nodiscard]] Header &header() const noexcept { return *reinterpret_cast<Header *>(memory_); }
    [[nodiscard]] std::uint32_t *buckets() const noexcept {
        return reinterpret_cast<std::uint32_t *>(memory_ + sizeof(Header));
    }
    [[nodiscard]] Entry *entries() const noexcept {
        const std::size_t heads = (std::size_t{header().bucket_mask} + 1) * sizeof(std::uint32_t);
        return reinterpret_cast<Entry *>(memory_ + round_up(sizeof(Header) + heads));
    }
    [[nodiscard]] std::uint32_t bucket_of(const Key &key) const noexcept {
        if constexpr (std::is_same_v<Key, std::uint64_t>) {
            return static_cast<std::uint32_t>(hash_mix(key)) & header().bucket_mask;
        } else {
            return static_cast<std::uint32_t>(hash_bytes(&key, sizeof(Key))) & header().bucket_mask;
        }
    }
    [[nodiscard]] static bool equal(const Key &a, const Key &b) noexcept {
        if constexpr (std::is_same_v<Key, std::uint64_t>) {
            return a == b;
        } else {
            return std::memcmp(&a, &b, sizeof(Key)) == 0;
        }
    }

    template <typename OnEvict, typename MayEvict>
    Value *place(const Key &key, bool &inserted, OnEvict on_evict, MayEvict may_evict) noexcept {
        Value *found = find(key);
        inserted = found == nullptr;
        if (!inserted) return found;
        const std::uint32_t index = take_free(on_evict, may_evict);
        if (index == 0) return nullptr;
        Entry &entry = entries()[index - 1];
        std::memset(static_cast<void *>(&entry), 0, sizeof(Entry));
        entry.live = 1;
        entry.used = 1;
        entry.key = key;
        std::uint32_t &bucket = buckets()[bucket_of(key)];
        entry.next = bucket;
        bucket = index;
        ++header().count;
        return &entry.value;
    }

    // The index + 1 of an entry that is free, or made so; 0 when none may be evicted.
    template <typename OnEvict, typename MayEvict>
    std::uint32_t take_free(OnEvict &on_evict, MayEvict &may_evict) noexcept {
        Header &head = header();
        if (head.free == 0 && head.touched < head.capacity) return ++head.touched;
        if (head.free == 0) evict(on_evict, may_evict);
        const std::uint32_t index = head.free;
        if (index != 0) head.free = entries()[index - 1].next;
        return index;
    }

    template <typename OnEvict, typename MayEvict> void evict(OnEvict &on_evict, MayEvict &may_evict) noexcept {
        Header &head = header();
        // Two rounds at most: the first clears every use mark of what may go.
        for (std::uint32_t looked_at = 0; looked_at < 2 * head.capacity; ++looked_at) {
            Entry &entry = entries()[head.hand];
            head.hand = head.hand + 1 < head.capacity ? head.hand + 1 : 0;
            if (!may_evict(std::as_const(entry.value))) continue;
            if (entry.used != 0) {
                entry.used = 0;
                continue;
            }
            on_evict(entry.key, entry.value);
            const Key key = entry.key;
            erase(key);
            ++head.evictions;
            return;
        }
    }

    char *memory_;
};

} // namespace query_audit
