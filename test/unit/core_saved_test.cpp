// What a store kept is taken over whole, or not at all, and nothing in it leads out of the store.
#include <gtest/gtest.h>

#include "core/rules/list.h"

#include "saved_support.h"

namespace query_audit::test {
namespace {

TEST(Saved, IsTakenOverWithEverythingButTraces) {
    Image image = saved_image();
    const Image memory(store_bytes(saved_sizes));
    Store store(memory.data());
    store.create(saved_sizes, 2);
    ASSERT_TRUE(restore_store(store, image.data(), image.size()));
    EXPECT_EQ(store.header().since_us, 1);
    EXPECT_EQ(store.findings().count(), saved_sizes.findings);
    EXPECT_EQ(store.scans().count(), saved_sizes.scans);
    EXPECT_EQ(store.unit_kinds().count(), saved_sizes.units);
    EXPECT_EQ(store.shapes().count(), saved_sizes.shapes);
    EXPECT_EQ(store.connections().count(), saved_sizes.connections);
    store.connections().for_each(
        [](const ConnectionKey &, const ConnectionRecord &record) { EXPECT_EQ(record.live, 0); });
    EXPECT_EQ(store.cache_candidates().count(), saved_sizes.cache_candidates);
    EXPECT_EQ(store.texts().find(hash_mix(100)), std::string(41, 'x'));
    for (int p = 0; p < trace_partitions; ++p) EXPECT_EQ(store.traces(p).count(), 0u);
    EXPECT_TRUE(survives_use(store));
}

TEST(Saved, IsTakenOverWithAnotherNumberOfSlots) {
    Image image = saved_image();
    StoreConfig more = saved_sizes;
    more.slots = 7;
    const Image memory(store_bytes(more));
    Store store(memory.data());
    store.create(more, 2);
    ASSERT_TRUE(restore_store(store, image.data(), image.size()));
    EXPECT_EQ(store.header().config.slots, 7u);
    EXPECT_EQ(store.header().total_bytes, store_bytes(more));
}

TEST(Saved, OfOtherSizesOrCutOffIsLeft) {
    const Image good = saved_image();
    for (std::size_t size : {good.size() - 8, good.size() + 64, sizeof(StoreHeader)}) {
        const Image memory(store_bytes(saved_sizes));
        Store store(memory.data());
        store.create(saved_sizes, 2);
        Image image(good);
        EXPECT_FALSE(restore_store(store, image.data(), size));
    }
}

TEST(Saved, WithAnyByteChangedIsLeftOrHarmless) {
    const Image good = saved_image();
    std::size_t left = 0;
    std::size_t tried = 0;
    for (std::size_t at = 0; at < good.size(); at += at < 1024 ? 5 : 499) {
        for (const unsigned char change : {0x01, 0x80, 0xff}) {
            Image image(good);
            image.data()[at] = static_cast<char>(image.data()[at] ^ change);
            left += restores_safely(image) ? 0 : 1;
            ++tried;
        }
    }
    EXPECT_GT(left, tried / 200);
}

TEST(Saved, OfNothingButOneByteIsLeft) {
    for (const int byte : {0x00, 0x01, 0x7f, 0xff}) {
        Image image = saved_image();
        std::memset(image.data() + sizeof(StoreHeader), byte, image.size() - sizeof(StoreHeader));
        EXPECT_FALSE(restores_safely(image));
    }
}

TEST(Saved, FindingsOfNoRuleAndTextsWithoutAnEndAreLeft) {
    const auto refused = [](auto damage) {
        Image image = saved_image();
        const Store saved(image.data());
        bool first = true;
        saved.findings().for_each([&](const FindingKey &, FindingRecord &record) {
            if (first) damage(record);
            first = false;
        });
        return !restores_safely(image);
    };
    EXPECT_FALSE(refused([](FindingRecord &) {}));
    EXPECT_TRUE(refused([](FindingRecord &record) { record.finding.rule = 250; }));
    EXPECT_TRUE(refused([](FindingRecord &record) { record.finding.severity = static_cast<Severity>(9); }));
    EXPECT_TRUE(refused([](FindingRecord &record) { record.finding.confidence = static_cast<Confidence>(9); }));
    EXPECT_TRUE(refused([](FindingRecord &record) { record.finding.mark = static_cast<Mark>(9); }));
    EXPECT_TRUE(refused([](FindingRecord &record) { std::memset(record.finding.filter, 'x', filter_bytes); }));
    EXPECT_TRUE(refused([](FindingRecord &record) { std::memset(record.tags, 'x', tags_bytes - 1); }));
    EXPECT_TRUE(refused([](FindingRecord &record) {
        record.finding.rule = rule_index::seq_scan;
        std::memset(record.finding.index_columns, 'x', index_columns_bytes - 1);
    })) << "the field is full, and no empty one follows";
}

} // namespace
} // namespace query_audit::test
