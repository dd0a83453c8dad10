// unbounded_result: very many rows returned at once by what has no LIMIT.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *unbounded_result = "unbounded_result";
enum { rows_returned, filtered, rows_read };

UnitFinding found(const StatementShape &shape, const Call &call) {
    Session session;
    session.run(shape, call);
    return session.finding(unbounded_result, shape);
}

Call returning(std::uint64_t rows, std::uint32_t flags = 0) {
    return {.rows = rows, .execution_us = 5000, .flags = flags};
}

TEST(UnboundedResult, NeedsTenThousandRows) {
    EXPECT_EQ(found(list(1), returning(10'000)).confidence, Confidence::high);
    EXPECT_EQ(found(list(1), returning(9999)).confidence, Confidence::none);
}

TEST(UnboundedResult, SaysWhetherAFilterBoundsIt) {
    const UnitFinding all = found(list(1), returning(10'000));
    EXPECT_EQ(all.evidence[rows_returned], 10'000);
    EXPECT_EQ(all.evidence[filtered], 0);
    EXPECT_EQ(all.severity, Severity::warning);
    EXPECT_EQ(found(look_up(1), returning(10'000)).evidence[filtered], 1);
    EXPECT_EQ(found(list(1), returning(100'000)).severity, Severity::critical);
}

TEST(UnboundedResult, LeavesWhatIsBoundedAlone) {
    EXPECT_EQ(found(list(1, shape_flag::limit), returning(20'000)).confidence, Confidence::none);
    EXPECT_EQ(found(list(1, shape_flag::aggregate), returning(20'000)).confidence, Confidence::none);
    const StatementShape by_list = look_up(1, shape_flag::batch | shape_flag::key_list);
    Call call = returning(20'000);
    call.list_length = 20'000;
    EXPECT_EQ(found(by_list, call).confidence, Confidence::none) << "a row for each key";
    call.list_length = 10;
    EXPECT_EQ(found(by_list, call).confidence, Confidence::high) << "many rows for each key";
}

TEST(UnboundedResult, LeavesWhatTheClientDoesNotGetAtOnceAlone) {
    for (const std::uint32_t flag : {event_flag::nested, event_flag::in_parts, event_flag::failed,
                                     event_flag::maintenance, event_flag::in_progress}) {
        EXPECT_EQ(found(list(1), returning(20'000, flag)).confidence, Confidence::none) << flag;
    }
    EXPECT_EQ(found(update(1), returning(20'000)).confidence, Confidence::none);
    EXPECT_EQ(found(list(1, shape_flag::catalog_only), returning(20'000)).confidence, Confidence::none);
    StatementShape unknown = list(1);
    unknown.flags &= ~shape_flag::parsed;
    EXPECT_EQ(found(unknown, returning(20'000)).confidence, Confidence::none) << "nobody knows whether it has a LIMIT";
}

TEST(UnboundedResult, CountsWhatReadsNoTableToo) {
    StatementShape series = list(1);
    series.flags &= ~shape_flag::relation;
    EXPECT_EQ(found(series, returning(20'000)).confidence, Confidence::high);
}

} // namespace
} // namespace query_audit::test
