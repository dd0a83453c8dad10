// Findings added up over units, their keys, and the SQL that follows from one alone.
#include <cstring>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "core/finding.h"
#include "core/text.h"

namespace query_audit::test {
namespace {

UnitFinding seen(Confidence confidence, std::int64_t sample = 10, std::int64_t at_us = 100) {
    UnitFinding finding{};
    finding.confidence = confidence;
    finding.severity = Severity::warning;
    finding.mark = Mark::burst;
    finding.occurrences = 1;
    finding.calls = 10;
    finding.rows = 20;
    finding.execution_ns = 30;
    finding.wall_ns = 40;
    finding.saved_ns = 35;
    finding.first_seen_us = at_us;
    finding.last_seen_us = at_us + 5;
    finding.evidence[0] = sample;
    return finding;
}

TEST(AddFinding, AddsUpOverUnits) {
    FindingRecord record{};
    add_finding(record, seen(Confidence::high, 10, 100));
    add_finding(record, seen(Confidence::high, 10, 50));
    add_finding(record, seen(Confidence::high, 10, 200));
    const UnitFinding &sum = record.finding;
    EXPECT_EQ(sum.occurrences, 3u);
    EXPECT_EQ(sum.calls, 30u);
    EXPECT_EQ(sum.rows, 60u);
    EXPECT_EQ(sum.execution_ns, 90);
    EXPECT_EQ(sum.wall_ns, 120);
    EXPECT_EQ(sum.saved_ns, 105);
    EXPECT_EQ(sum.first_seen_us, 50);
    EXPECT_EQ(sum.last_seen_us, 205);
}

TEST(AddFinding, LowDoesNotAddToBetter) {
    FindingRecord record{};
    add_finding(record, seen(Confidence::medium, 10, 100));
    add_finding(record, seen(Confidence::low, 99, 200));
    EXPECT_EQ(record.finding.occurrences, 1u);
    EXPECT_EQ(record.finding.calls, 10u);
    EXPECT_EQ(record.finding.confidence, Confidence::medium);
    EXPECT_EQ(record.finding.evidence[0], 10);
    EXPECT_EQ(record.finding.last_seen_us, 205) << "but it was seen";
}

TEST(AddFinding, TheFirstBetterOneReplacesTheLowOnes) {
    FindingRecord record{};
    add_finding(record, seen(Confidence::low, 99, 100));
    add_finding(record, seen(Confidence::low, 99, 110));
    EXPECT_EQ(record.finding.occurrences, 2u) << "low ones add up among themselves";
    add_finding(record, seen(Confidence::high, 10, 200));
    EXPECT_EQ(record.finding.occurrences, 1u);
    EXPECT_EQ(record.finding.calls, 10u);
    EXPECT_EQ(record.finding.evidence[0], 10);
    EXPECT_EQ(record.finding.first_seen_us, 100) << "but for when it was first seen";
}

TEST(AddFinding, KeepsTheSampleOfTheSurestAndThenOfTheLargest) {
    FindingRecord record{};
    add_finding(record, seen(Confidence::medium, 50));
    UnitFinding surer = seen(Confidence::high, 20);
    surer.mark = Mark::transaction;
    add_finding(record, surer);
    EXPECT_EQ(record.finding.evidence[0], 20);
    EXPECT_EQ(record.finding.mark, Mark::transaction);
    EXPECT_EQ(record.finding.confidence, Confidence::high);
    add_finding(record, seen(Confidence::medium, 90));
    EXPECT_EQ(record.finding.evidence[0], 20) << "less sure";
    EXPECT_EQ(record.finding.confidence, Confidence::high);
    EXPECT_EQ(record.finding.occurrences, 3u);
    add_finding(record, seen(Confidence::high, 10));
    EXPECT_EQ(record.finding.evidence[0], 20) << "smaller";
    add_finding(record, seen(Confidence::high, 30));
    EXPECT_EQ(record.finding.evidence[0], 30);
    EXPECT_EQ(record.finding.mark, Mark::burst);
}

TEST(AddFinding, KeepsTheGravestSeverity) {
    FindingRecord record{};
    UnitFinding critical = seen(Confidence::high);
    critical.severity = Severity::critical;
    add_finding(record, seen(Confidence::high));
    add_finding(record, critical);
    add_finding(record, seen(Confidence::high));
    EXPECT_EQ(record.finding.severity, Severity::critical);
}

bool operator==(const FindingKey &a, const FindingKey &b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

TEST(FindingKey, SaysWhoRanWhatWhere) {
    ClientIdentity client{1, 2, {}};
    assign_text(client.application_name, "shop");
    UnitFinding finding{};
    finding.fingerprint = 3;
    finding.parent_fingerprint = 4;
    finding.rule = 1;
    const FindingNames nameless{};
    const std::uint64_t id = finding_id(finding_key(client, 6, finding), nameless);
    EXPECT_EQ(finding_id(finding_key(client, 6, finding), nameless), id);
    EXPECT_GE(static_cast<std::int64_t>(id), 0);
    std::set<std::uint64_t> ids = {id};
    const auto differs = [&](const ClientIdentity &c, std::uint64_t route, const UnitFinding &f) {
        return ids.insert(finding_id(finding_key(c, route, f), nameless)).second;
    };
    EXPECT_TRUE(differs(client, 7, finding));
    ClientIdentity other = client;
    other.database = 9;
    EXPECT_TRUE(differs(other, 6, finding));
    other = client;
    other.user = 9;
    EXPECT_TRUE(differs(other, 6, finding));
    other = client;
    assign_text(other.application_name, "admin");
    EXPECT_TRUE(differs(other, 6, finding));
    UnitFinding changed = finding;
    changed.fingerprint = 9;
    EXPECT_TRUE(differs(client, 6, changed));
    changed = finding;
    changed.parent_fingerprint = 9;
    EXPECT_TRUE(differs(client, 6, changed));
    changed = finding;
    changed.rule = 2;
    EXPECT_TRUE(differs(client, 6, changed));
    changed = finding;
    changed.parent_fingerprint = 0;
    changed.relation = 12;
    EXPECT_TRUE(differs(client, 6, changed)) << "without a parent the relation counts";
    changed.calls = 100;
    EXPECT_FALSE(differs(client, 6, changed)) << "counts do not";
}

TEST(FindingKey, TablesOfOneNameAreOne) {
    const ClientIdentity client{1, 2, {}};
    UnitFinding first{};
    first.relation = 100;
    UnitFinding second = first;
    second.relation = 200;
    EXPECT_FALSE(finding_key(client, 0, first) == finding_key(client, 0, second)) << "of no name";
    for (const char *name : {"public.basket", "pg_temp.basket"}) {
        assign_text(first.relation_name, name);
        assign_text(second.relation_name, name);
        EXPECT_TRUE(finding_key(client, 0, first) == finding_key(client, 0, second)) << "made anew: " << name;
        assign_text(second.relation_name, "pg_temp.other");
        EXPECT_FALSE(finding_key(client, 0, first) == finding_key(client, 0, second)) << name;
    }
}

TEST(FindingId, IsOfNamesWhereverTheyAreKnown) {
    const auto id = [](std::uint32_t oid, const FindingNames &names) {
        FindingKey key{};
        key.fingerprint = 3;
        key.parent_or_relation = oid + 1;
        key.database = oid + 2;
        key.user = oid + 3;
        key.rule = oid + 4;
        return finding_id(key, names);
    };
    const FindingNames names{"n_plus_one", "shop", "web", "public.basket"};
    EXPECT_EQ(id(100, names), id(200, names)) << "another cluster, another order of the rules";
    for (std::string_view FindingNames::*name :
         {&FindingNames::rule, &FindingNames::database, &FindingNames::user, &FindingNames::relation}) {
        FindingNames other = names;
        other.*name = "other";
        EXPECT_NE(id(100, other), id(100, names));
        other.*name = "";
        EXPECT_NE(id(100, other), id(200, other)) << "what has no name is told by its number";
        EXPECT_EQ(id(100, other), id(100, other));
    }
}

template <typename Enum> std::set<std::string> names_of(const char *(*name)(Enum), int count) {
    std::set<std::string> names;
    for (int i = 0; i < count; ++i) names.insert(name(static_cast<Enum>(i)));
    EXPECT_EQ(names.count("unknown"), 0u);
    EXPECT_STREQ(name(static_cast<Enum>(count)), "unknown");
    return names;
}

TEST(Names, AreThereForEveryValueAndDiffer) {
    EXPECT_EQ(names_of<Severity>([](Severity s) { return severity_name(s); }, 3).size(), 3u);
    EXPECT_EQ(names_of<Confidence>([](Confidence c) { return confidence_name(c); }, 5).size(), 5u);
    EXPECT_EQ(names_of<Mark>([](Mark m) { return mark_name(m); }, 5).size(), 5u);
    constexpr int reasons = static_cast<int>(Reason::count_);
    EXPECT_EQ(names_of<Reason>([](Reason r) { return reason_name(r); }, reasons).size(),
              static_cast<std::size_t>(reasons));
}

} // namespace
} // namespace query_audit::test
