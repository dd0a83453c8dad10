// seq_scan: what one execution read and threw away.
#include <gtest/gtest.h>

#include "core_support.h"

namespace query_audit::test {
namespace {

constexpr const char *seq_scan = "seq_scan";
enum { rows_read, rows_removed, rows_kept, loops, partitions, nested };

const StatementShape search = look_up(1);

ScanFacts scan_of(std::uint64_t read, std::uint64_t removed, std::uint64_t passes = 1) {
    ScanFacts scan{};
    scan.relation = 500;
    scan.loops = passes;
    scan.rows_read = read;
    scan.rows_removed = removed;
    assign_text(scan.relation_name, "public.events");
    assign_text(scan.filter, "kind = ?");
    assign_text(scan.index_columns, "kind");
    return scan;
}

// One execution with these scans, outside of sequences.
void execute(Session &session, std::initializer_list<ScanFacts> scans, std::uint32_t flags = 0) {
    PlanFacts facts{};
    for (const ScanFacts &scan : scans) facts.scans[facts.scan_count++] = scan;
    StatementEvent event = session.make_event(search, {.rows = 3, .execution_us = 1000, .flags = flags});
    event.facts = &facts;
    note_worth(event, session.settings);
    add_execution(session.unit(), event, session.settings);
}

UnitFinding found(const ScanFacts &scan, std::uint32_t flags = 0) {
    Session session;
    execute(session, {scan}, flags);
    return session.finding(seq_scan, search);
}

TEST(SeqScan, NeedsManyRowsReadAndMostThrownAway) {
    EXPECT_EQ(found(scan_of(10000, 9000)).confidence, Confidence::high);
    EXPECT_EQ(found(scan_of(9999, 9999)).confidence, Confidence::none);
    EXPECT_EQ(found(scan_of(10000, 8999)).confidence, Confidence::none);
    EXPECT_EQ(found(scan_of(1'000'000, 0)).confidence, Confidence::none);
}

TEST(SeqScan, JudgesOnePassAndNotTheSumOfMany) {
    EXPECT_EQ(found(scan_of(100'000, 99'000, 11)).confidence, Confidence::none) << "9090 rows, eleven times";
    EXPECT_EQ(found(scan_of(100'000, 99'000, 10)).confidence, Confidence::high);
    EXPECT_EQ(found(scan_of(10'000, 10'000, 0)).confidence, Confidence::high) << "one that was never begun again";
}

TEST(SeqScan, IsOfWhateverReadsAllThereIs) {
    for (const auto &[method, searches] : {std::pair{ScanMethod::sequential, true},
                                           {ScanMethod::whole_index, true},
                                           {ScanMethod::index, false},
                                           {ScanMethod::bitmap, false}}) {
        ScanFacts scan = scan_of(10'000, 10'000);
        scan.method = method;
        EXPECT_EQ(found(scan).confidence, searches ? Confidence::high : Confidence::none) << static_cast<int>(method);
    }
}

TEST(SeqScan, NamesTheTableTheFilterAndTheColumns) {
    ScanFacts scan = scan_of(50'000, 49'990);
    scan.partitions = 4;
    const UnitFinding finding = found(scan, event_flag::nested);
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.mark, Mark::execution);
    EXPECT_EQ(finding.reasons, reason_bit(Reason::measured));
    EXPECT_EQ(finding.relation, 500u);
    EXPECT_EQ(finding.partitions, 4u);
    EXPECT_STREQ(finding.relation_name, "public.events");
    EXPECT_STREQ(finding.filter, "kind = ?");
    EXPECT_STREQ(finding.index_columns, "kind");
    EXPECT_EQ(finding.evidence[rows_read], 50'000);
    EXPECT_EQ(finding.evidence[rows_removed], 49'990);
    EXPECT_EQ(finding.evidence[rows_kept], 10);
    EXPECT_EQ(finding.evidence[loops], 1);
    EXPECT_EQ(finding.evidence[partitions], 4);
    EXPECT_EQ(finding.evidence[nested], 1);
    EXPECT_EQ(finding.calls, 1u);
    EXPECT_EQ(finding.rows, 3u);
    EXPECT_EQ(finding.execution_ns, 1'000'000);
    EXPECT_NEAR(static_cast<double>(finding.saved_ns), 1e6 * 49'990 / 50'000, 2);
}

TEST(SeqScan, ProposesNoIndexThatIsThere) {
    ScanFacts scan = scan_of(50'000, 49'990);
    scan.index_exists = true;
    EXPECT_STREQ(found(scan).index_columns, "");
}

TEST(SeqScan, AddsUpExecutionsAndKeepsTheLargestAsItsSample) {
    Session session;
    execute(session, {scan_of(20'000, 20'000)});
    execute(session, {scan_of(30'000, 29'000)});
    execute(session, {scan_of(10'000, 10'000)});
    const UnitFinding finding = session.finding(seq_scan, search);
    EXPECT_EQ(finding.occurrences, 3u);
    EXPECT_EQ(finding.calls, 3u);
    EXPECT_EQ(finding.evidence[rows_read], 30'000);
    EXPECT_EQ(finding.evidence[rows_kept], 1000);
    EXPECT_LT(finding.first_seen_us, finding.last_seen_us);
}

TEST(SeqScan, ReportsEachTableOfAStatement) {
    Session session;
    ScanFacts other = scan_of(20'000, 20'000);
    other.relation = 501;
    execute(session, {scan_of(20'000, 20'000), other, scan_of(5, 5)});
    EXPECT_EQ(session.findings(seq_scan, search).size(), 2u);
}

TEST(SeqScan, CountsAStatementThatScansATableInTwoPlacesOnce) {
    Session session;
    execute(session, {scan_of(20'000, 20'000), scan_of(30'000, 30'000)});
    const UnitFinding finding = session.finding(seq_scan, search);
    EXPECT_EQ(finding.occurrences, 1u);
    EXPECT_EQ(finding.calls, 1u);
    EXPECT_EQ(finding.execution_ns, 1'000'000);
    EXPECT_EQ(finding.evidence[rows_read], 30'000) << "the larger one";
}

TEST(SeqScan, IsCriticalFromAMillionRowsOnAndStaysSo) {
    EXPECT_EQ(found(scan_of(999'999, 999'999)).severity, Severity::warning);
    EXPECT_EQ(found(scan_of(1'000'000, 1'000'000)).severity, Severity::critical);
    Session session;
    execute(session, {scan_of(1'000'000, 1'000'000)});
    execute(session, {scan_of(10'000, 10'000)});
    EXPECT_EQ(session.finding(seq_scan, search).severity, Severity::critical);
}

TEST(SeqScan, LeavesMaintenanceAndStatementsInProgressAlone) {
    EXPECT_EQ(found(scan_of(50'000, 50'000), event_flag::maintenance).confidence, Confidence::none);
    EXPECT_EQ(found(scan_of(50'000, 50'000), event_flag::in_progress).confidence, Confidence::none);
}

TEST(SeqScan, ObeysItsSettings) {
    const int index = find_rule(seq_scan);
    Session session;
    session.settings.thresholds[index][0] = 100;
    session.settings.thresholds[index][1] = 50;
    session.settings.thresholds[index][2] = 200;
    execute(session, {scan_of(200, 100)});
    EXPECT_EQ(session.finding(seq_scan, search).severity, Severity::critical);
    Session off;
    off.settings.disabled_rules = std::uint64_t{1} << index;
    execute(off, {scan_of(1'000'000, 1'000'000)});
    EXPECT_EQ(off.unit().finding_count, 0);
}

} // namespace
} // namespace query_audit::test
