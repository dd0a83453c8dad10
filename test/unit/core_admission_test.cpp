#include "core/admission.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "core/hash.h"

namespace query_audit {
namespace {

std::uint64_t key(std::uint64_t number) { return hash_mix(number + 1); }

void flood(Admission &admission) {
    for (std::uint32_t i = 0; i < 4 * Admission::memory; ++i) admission.note(true);
}

TEST(Admission, LetsNothingPassWithoutAFlood) {
    Admission admission;
    for (std::uint32_t i = 0; i < 100'000; ++i) {
        // Four of five are news, one is known in other words.
        admission.note(i % 5 != 0);
        ASSERT_FALSE(admission.lets_pass(key(i))) << i;
    }
}

TEST(Admission, ThinksOfAFloodOnlyAfterTwoThousandInVain) {
    Admission admission;
    for (std::uint32_t i = 0; i < 2 * Admission::memory; ++i) {
        admission.note(true);
        ASSERT_FALSE(admission.lets_pass(key(i))) << i;
    }
    flood(admission);
    EXPECT_TRUE(admission.lets_pass(key(1'000'000)));
}

TEST(Admission, InAFloodUnderstandsOneOfSixteenFirstSights) {
    Admission admission;
    flood(admission);
    std::uint32_t understood = 0;
    for (std::uint32_t i = 0; i < 1'600; ++i) {
        if (!admission.lets_pass(key(i))) ++understood;
    }
    EXPECT_GE(understood, 100u);
    EXPECT_LE(understood, 110u); // some look like one that was seen
}

TEST(Admission, UnderstandsWhatComesASecondTime) {
    Admission admission;
    flood(admission);
    for (std::uint32_t i = 0; i < 50; ++i) (void)admission.lets_pass(key(i));
    for (std::uint32_t i = 0; i < 50; ++i) EXPECT_FALSE(admission.lets_pass(key(i))) << i;
    // Still after as many others as it remembers between two times that it forgets.
    (void)admission.lets_pass(key(60));
    for (std::uint32_t i = 100; i < 4'100; ++i) (void)admission.lets_pass(key(i));
    EXPECT_FALSE(admission.lets_pass(key(60)));
}

TEST(Admission, ForgetsSoThatFewAreTakenForKnown) {
    Admission admission;
    flood(admission);
    std::uint32_t understood = 0;
    constexpr std::uint32_t count = 100'000;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!admission.lets_pass(key(i))) ++understood;
    }
    // One of sixteen on purpose; of the others no more than one of twenty.
    EXPECT_GE(understood, count / 16);
    EXPECT_LE(understood, count / 16 + count / 20);
}

TEST(Admission, TheFloodEnds) {
    Admission admission;
    flood(admission);
    ASSERT_TRUE(admission.lets_pass(key(1)));
    for (std::uint32_t i = 0; i < Admission::memory; ++i) admission.note(false);
    for (std::uint32_t i = 100; i < 200; ++i) EXPECT_FALSE(admission.lets_pass(key(i))) << i;
}

} // namespace
} // namespace query_audit
