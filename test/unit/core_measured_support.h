// Shared by the tests of rules about one execution: measured scans, and sessions that hand them on.
#pragma once

#include "core_support.h"

namespace query_audit::test {

const StatementShape measured = look_up(1);

// A sequential scan of public.events that read and threw away so many rows, as its planner expected.
inline ScanFacts scan_of(std::uint64_t read, std::uint64_t removed, std::uint64_t passes = 1) {
    ScanFacts scan{};
    scan.relation = 500;
    scan.loops = passes;
    scan.rows_read = read;
    scan.rows_removed = removed;
    scan.rows_estimated = read - removed;
    scan.rows_changed = scan.table_rows = -1;
    assign_text(scan.relation_name, "public.events");
    assign_text(scan.filter, "kind = ?");
    assign_text(scan.index_columns, "kind");
    return scan;
}

// One execution with these scans, outside of sequences.
inline void execute(Session &session, std::initializer_list<ScanFacts> scans, const Call &call = {.rows = 3},
                    const WideFacts &wide = {}) {
    PlanFacts facts{};
    for (const ScanFacts &scan : scans) facts.scans[facts.scan_count++] = scan;
    facts.wide = wide;
    StatementEvent event = session.make_event(measured, call);
    event.facts = &facts;
    note_worth(event, session.settings);
    add_execution(session.unit(), event, session.settings);
}

inline UnitFinding found(std::string_view rule_id, const ScanFacts &scan, const Call &call = {.rows = 3}) {
    Session session;
    execute(session, {scan}, call);
    return session.finding(rule_id, measured);
}

inline bool is_found(std::string_view rule_id, const ScanFacts &scan, const Call &call = {.rows = 3}) {
    return found(rule_id, scan, call).confidence == Confidence::high;
}

inline std::string advice_of(const UnitFinding &finding) {
    char buffer[1024];
    TextWriter advice(buffer, sizeof buffer);
    rule(finding.rule).advise(finding, advice);
    return std::string(advice.view());
}

} // namespace query_audit::test
