// wide_result: what is stored out of line, fetched with every row of a list.
#include <gtest/gtest.h>

#include "core_measured_support.h"

namespace query_audit::test {
namespace {

constexpr const char *wide_result = "wide_result";

WideFacts wide_columns(std::uint32_t others = 5) {
    WideFacts wide{};
    wide.relation = 500;
    wide.columns = 1;
    wide.other_columns = others;
    wide.row_bytes = 5000;
    assign_text(wide.relation_name, "public.documents");
    assign_text(wide.column_names, "body");
    return wide;
}

UnitFinding fetched(std::uint64_t rows, const WideFacts &wide, std::uint32_t flags = 0) {
    Session session;
    execute(session, {}, {.rows = rows, .flags = flags}, wide);
    return session.finding(wide_result, measured);
}

TEST(WideResult, NeedsManyRowsAndOtherColumns) {
    EXPECT_EQ(fetched(1000, wide_columns()).confidence, Confidence::high);
    EXPECT_EQ(fetched(999, wide_columns()).confidence, Confidence::none);
    EXPECT_EQ(fetched(1000, wide_columns(2)).confidence, Confidence::high);
    EXPECT_EQ(fetched(1000, wide_columns(1)).confidence, Confidence::none) << "a key and what it is wanted for";
    EXPECT_EQ(fetched(1000, WideFacts{}).confidence, Confidence::none);
}

TEST(WideResult, NamesTheColumns) {
    const UnitFinding finding = fetched(2000, wide_columns());
    EXPECT_STREQ(finding.relation_name, "public.documents");
    EXPECT_EQ(finding.evidence[3], 5) << "KiB of a row";
    EXPECT_NE(advice_of(finding).find("without body"), std::string::npos);
}

TEST(WideResult, LeavesCursorsAndMaintenanceAlone) {
    EXPECT_EQ(fetched(5000, wide_columns(), event_flag::in_parts).confidence, Confidence::none);
    EXPECT_EQ(fetched(5000, wide_columns(), event_flag::maintenance).confidence, Confidence::none);
}

TEST(WideResult, GrowsUnlessALimitHoldsIt) {
    const RuleDescriptor &descriptor = rule(find_rule(wide_result));
    UnitFinding finding = fetched(2000, wide_columns());
    EXPECT_EQ(descriptor.scale(finding).growth, Growth::linear);
    finding.evidence[4] = 1;
    EXPECT_EQ(descriptor.scale(finding).growth, Growth::constant);
}

} // namespace
} // namespace query_audit::test
