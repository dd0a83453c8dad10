// non_sargable: an index is there, and the condition keeps it from being used.
#include <gtest/gtest.h>

#include "core_measured_support.h"

namespace query_audit::test {
namespace {

constexpr const char *non_sargable = "non_sargable";

ScanFacts missed(Missed cause, std::uint64_t read = 50'000, std::uint64_t removed = 50'000) {
    ScanFacts scan = scan_of(read, removed);
    scan.missed = cause;
    assign_text(scan.missed_index, "events_kind_idx");
    assign_text(scan.missed_columns, "(lower(kind))");
    return scan;
}

TEST(NonSargable, NeedsAMissedIndexManyRowsAndMostThrownAway) {
    EXPECT_TRUE(is_found(non_sargable, missed(Missed::function, 10000, 9000)));
    EXPECT_FALSE(is_found(non_sargable, missed(Missed::function, 9999, 9999)));
    EXPECT_FALSE(is_found(non_sargable, missed(Missed::function, 10000, 8999)));
    EXPECT_FALSE(is_found(non_sargable, scan_of(50'000, 50'000)));
}

TEST(NonSargable, IsOfAnIndexThatIsReadWhole) {
    ScanFacts scan = missed(Missed::cast);
    scan.method = ScanMethod::whole_index;
    EXPECT_TRUE(is_found(non_sargable, scan));
    scan.method = ScanMethod::index;
    EXPECT_FALSE(is_found(non_sargable, scan)) << "a condition says where to look";
}

TEST(NonSargable, IsReportedInPlaceOfTheScan) {
    EXPECT_FALSE(is_found("seq_scan", missed(Missed::cast)));
    Session off;
    off.settings.disabled_rules = std::uint64_t{1} << find_rule(non_sargable);
    execute(off, {missed(Missed::cast)});
    const UnitFinding finding = off.finding("seq_scan", measured);
    EXPECT_STREQ(finding.index_name, "events_kind_idx") << "which then names the cause itself";
    EXPECT_EQ(finding.evidence[6], static_cast<std::int64_t>(Missed::cast));
}

TEST(NonSargable, LeavesASearchWithoutAnyIndexToTheScanItIs) {
    ScanFacts scan = missed(Missed::configuration);
    EXPECT_TRUE(is_found(non_sargable, scan));
    assign_text(scan.missed_index, "");
    EXPECT_FALSE(is_found(non_sargable, scan));
    assign_text(scan.index_columns, "");
    EXPECT_NE(advice_of(found("seq_scan", scan)).find("to_tsvector('english', ...)"), std::string::npos);
    scan.missed = Missed::array_element;
    EXPECT_FALSE(is_found(non_sargable, scan));
    EXPECT_NE(advice_of(found("seq_scan", scan)).find("@> ARRAY[value]"), std::string::npos);
}

TEST(NonSargable, LeavesAScanByAnotherIndexAlone) {
    ScanFacts scan = missed(Missed::function);
    scan.method = ScanMethod::index;
    EXPECT_FALSE(is_found(non_sargable, scan));
}

TEST(NonSargable, NamesTheIndexAndTheCause) {
    const RuleDescriptor &descriptor = rule(find_rule(non_sargable));
    const std::pair<Missed, const char *> causes[] = {{Missed::function, "function"},
                                                      {Missed::cast, "cast"},
                                                      {Missed::parameter_type, "parameter type"},
                                                      {Missed::collation, "collation"},
                                                      {Missed::configuration, "configuration"},
                                                      {Missed::array_element, "array element"}};
    for (const auto &[cause, name] : causes) {
        const UnitFinding finding = found(non_sargable, missed(cause));
        EXPECT_STREQ(finding.index_name, "events_kind_idx");
        EXPECT_STREQ(finding.index_columns, "(lower(kind))");
        EXPECT_STREQ(descriptor.name_evidence(5, finding.evidence[5]), name);
        EXPECT_EQ(descriptor.name_evidence(0, finding.evidence[0]), nullptr) << "a number";
        EXPECT_NE(advice_of(finding).find("events_kind_idx"), std::string::npos);
    }
}

} // namespace
} // namespace query_audit::test
