// TextRing against a model, and the helpers for text of fixed size.
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "core/text.h"
#include "core/text_ring.h"
#include "core_support.h"

namespace query_audit::test {
namespace {

struct OwnedRing {
    OwnedRing(std::uint32_t texts, std::uint32_t text_bytes)
        : memory(TextRing::bytes(texts, text_bytes)), ring(memory.get()) {
        ring.create(texts, text_bytes);
    }
    Memory memory;
    TextRing ring;
};

TEST(TextRing, KeepsTheFirstTextOfAFingerprint) {
    OwnedRing owned(10, 4096);
    EXPECT_FALSE(owned.ring.contains(1));
    EXPECT_EQ(owned.ring.find(1), "");
    owned.ring.publish(1, "SELECT 1");
    owned.ring.publish(1, "SELECT 2");
    EXPECT_TRUE(owned.ring.contains(1));
    EXPECT_EQ(owned.ring.find(1), "SELECT 1");
    EXPECT_EQ(owned.ring.count(), 1u);
    owned.ring.publish(0, "no fingerprint");
    EXPECT_EQ(owned.ring.count(), 1u);
}

TEST(TextRing, CutsALongTextAtAWholeCharacter) {
    OwnedRing owned(10, 1024); // 64 bytes a text, 16 of them its record's
    owned.ring.publish(1, std::string(100, 'x'));
    EXPECT_EQ(owned.ring.find(1), std::string(48, 'x'));
    owned.ring.publish(2, std::string(47, 'x') + "é");
    EXPECT_EQ(owned.ring.find(2), std::string(47, 'x'));
}

TEST(TextRing, GivesTheTextOrNothingAndForgetsTheOldestFirst) {
    for (const std::uint32_t text_bytes : {256u, 512u, 1000u, 4096u}) {
        OwnedRing owned(1000, text_bytes);
        std::map<std::uint64_t, std::string> model;
        std::vector<std::uint64_t> order;
        std::mt19937_64 random(text_bytes);
        for (int step = 0; step < 5000; ++step) {
            const std::uint64_t fingerprint = 1 + random() % 400;
            const bool known = owned.ring.contains(fingerprint);
            std::string text(random() % 80, static_cast<char>('a' + random() % 26));
            owned.ring.publish(fingerprint, text);
            if (!known) {
                const std::size_t longest = (text_bytes + 15) / 16 * 16 / 16 - 16;
                model[fingerprint] = text.substr(0, longest);
                std::erase(order, fingerprint);
                order.push_back(fingerprint);
            }
            ASSERT_TRUE(owned.ring.contains(fingerprint)) << "what was just published is there";
            bool seen = false;
            for (const std::uint64_t each : order) { // once one is held, so are all that are younger
                const bool held = owned.ring.contains(each);
                ASSERT_TRUE(held || !seen) << each;
                seen = seen || held;
                ASSERT_EQ(owned.ring.find(each), held ? model[each] : "");
            }
            ASSERT_LE(owned.ring.bytes_used(), (text_bytes + 15) / 16 * 16);
        }
        EXPECT_GT(owned.ring.evictions(), 0u);
    }
}

TEST(TextRing, CountsEveryTextItLost) {
    for (const std::uint32_t texts : {4u, 1000u}) { // too few places, and too few bytes
        OwnedRing owned(texts, 1024);
        for (std::uint64_t fingerprint = 1; fingerprint <= 100; ++fingerprint) {
            owned.ring.publish(fingerprint, "SELECT 1");
        }
        EXPECT_EQ(owned.ring.count() + owned.ring.evictions(), 100u) << texts;
    }
}

TEST(TextRing, StaysInsideItsBytes) {
    const std::size_t bytes = TextRing::bytes(8, 1000);
    const Memory memory(bytes + 64);
    TextRing ring(memory.get());
    ring.create(8, 1000);
    for (std::uint64_t fingerprint = 1; fingerprint < 500; ++fingerprint) {
        ring.publish(fingerprint, std::string(fingerprint % 70, 'x'));
    }
    for (std::size_t i = bytes; i < bytes + 64; ++i) ASSERT_EQ(memory.get()[i], '\xA5');
}

TEST(TextRing, IsEmptyAfterClear) {
    OwnedRing owned(10, 1024);
    for (std::uint64_t fingerprint = 1; fingerprint <= 30; ++fingerprint) owned.ring.publish(fingerprint, "SELECT 1");
    owned.ring.clear();
    EXPECT_EQ(owned.ring.count(), 0u);
    EXPECT_EQ(owned.ring.bytes_used(), 0u);
    EXPECT_EQ(owned.ring.find(30), "");
    owned.ring.publish(30, "SELECT 2");
    EXPECT_EQ(owned.ring.find(30), "SELECT 2");
}

TEST(Text, PrefixDoesNotEndInsideACharacter) {
    EXPECT_EQ(utf8_prefix("aé", 3), "aé");
    EXPECT_EQ(utf8_prefix("aé", 2), "a");
    EXPECT_EQ(utf8_prefix("a€b", 3), "a");
    EXPECT_EQ(utf8_prefix("a€b", 4), "a€");
    EXPECT_EQ(utf8_prefix("\x80\x80\x80", 2), "") << "continuation bytes of nothing";
}

TEST(Text, FieldIsCutFilledAndEnded) {
    char field[6];
    std::memset(field, '#', sizeof field);
    assign_text(field, "abcdé");
    EXPECT_EQ(std::string_view(field, 6), std::string_view("abcd\0\0", 6));
    assign_text(field, "x");
    EXPECT_EQ(std::string_view(field, 6), std::string_view("x\0\0\0\0\0", 6));
}

TEST(Text, WriterNeverOverflowsAndSaysWhatItCut) {
    char buffer[8];
    std::memset(buffer, '#', sizeof buffer);
    TextWriter writer(buffer, 7);
    writer.append("abc");
    writer.format("{}-", 1);
    EXPECT_FALSE(writer.truncated());
    writer.append("éx");
    EXPECT_TRUE(writer.truncated());
    EXPECT_EQ(writer.view(), "abc1-");
    EXPECT_EQ(buffer[5], '\0');
    EXPECT_EQ(buffer[7], '#');
}

} // namespace
} // namespace query_audit::test
