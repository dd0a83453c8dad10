#include "core/write_loops.h"

#include <algorithm>

#include "core/loop_body.h"
#include "core/rules/list.h"

namespace query_audit {
namespace {

constexpr std::uint32_t most_told_apart = 100; // different values, of those that a tally counts by estimate

bool is_write(const StatementShape &shape) noexcept {
    return shape.kind != StatementKind::select && shape.kind != StatementKind::unknown;
}

// A write by a list of keys is a batch already; one that skips what others hold takes from a queue.
bool may_write_row_by_row(const StatementShape &shape) noexcept {
    return is_write(shape) && (shape.flags & (shape_flag::batch | shape_flag::skips_locked)) == 0;
}

bool is_write_rule(int index) noexcept {
    return &rule(index) == &write_loop_rule || &rule(index) == &commit_per_row_rule;
}

bool is_about(const UnitFinding &finding, const Series &series) noexcept {
    return finding.fingerprint == series.shape.fingerprint && finding.relation == series.shape.relation;
}

bool names_in_body(const UnitFinding &finding, const Series &series) noexcept {
    const std::uint64_t *const end = finding.related + max_related;
    return std::find(finding.related, end, series.shape.text_key()) != end;
}

// The series of the unit that the finding is about.
const Series *write_of(const Unit &unit, const UnitFinding &finding) noexcept {
    const Series *const end = unit.series + unit.series_count;
    const Series *found = std::find_if(unit.series, end, [&finding](const Series &series) noexcept {
        return is_write(series.shape) && is_about(finding, series);
    });
    return found != end ? found : nullptr;
}

// The reported loop that the executions which the evidence counts are part of, as another statement of its body.
const UnitFinding *loop_around(const Unit &unit, const Series &series, const SequenceEvidence &evidence) noexcept {
    for (int i = 0; i < unit.finding_count; ++i) {
        const UnitFinding &finding = unit.findings[i];
        if (!is_write_rule(finding.rule) || finding.mark != evidence.mark || is_about(finding, series)) continue;
        if (finding.confidence <= Confidence::low && evidence.confidence > Confidence::low) continue;
        if (!names_in_body(finding, series)) continue;
        const Series *write = write_of(unit, finding);
        if (write != nullptr && runs_with(*write, series, evidence.mark == Mark::transaction)) {
            return &finding;
        }
    }
    return nullptr;
}

bool writes_relation(const LoopBody &body, std::uint32_t relation) noexcept {
    return std::any_of(body.statements, body.statements + body.count, [relation](const Series *statement) noexcept {
        return is_write(statement->shape) && statement->shape.relation == relation;
    });
}

// Some other write of the body wrote the rows: an UPDATE that finds nothing comes before the INSERT.
bool writes_for_another(const LoopBody &body, const Series &series, bool in_transaction) noexcept {
    if (tally_of(series, in_transaction).rows > 0) return false;
    return std::any_of(
        body.statements, body.statements + body.count, [in_transaction](const Series *statement) noexcept {
            return may_write_row_by_row(statement->shape) && tally_of(*statement, in_transaction).rows > 0;
        });
}

// A finding of its own that a statement of the body had before the loop was seen whole.
bool is_explained(const UnitFinding &finding, const SeriesContext &context, const SequenceEvidence &evidence,
                  const LoopBody &body) noexcept {
    if (finding.mark != evidence.mark) return false;
    if (finding.confidence > Confidence::low && evidence.confidence <= Confidence::low) return false;
    const bool in_transaction = evidence.mark == Mark::transaction;
    if (is_write_rule(finding.rule) && is_about(finding, context.series)) return finding.rule != context.rule;
    const bool of_read = &rule(finding.rule) == &n_plus_one_rule;
    if (!of_read && !is_write_rule(finding.rule)) return false;
    return std::any_of(body.statements, body.statements + body.count, [&](const Series *statement) noexcept {
        return statement != &context.series && is_about(finding, *statement) && is_write(statement->shape) != of_read &&
               (!of_read || writes_relation(body, statement->shape.relation)) &&
               runs_with(context.series, *statement, in_transaction);
    });
}

void withdraw_explained(const SeriesContext &context, const SequenceEvidence &evidence, const LoopBody &body) noexcept {
    Unit &unit = context.unit;
    UnitFinding *const end = unit.findings + unit.finding_count;
    UnitFinding *const kept = std::remove_if(unit.findings, end, [&](const UnitFinding &finding) noexcept {
        return is_explained(finding, context, evidence, body);
    });
    unit.finding_count = static_cast<std::int32_t>(kept - unit.findings);
}

// Of a burst that nothing but quiet sets apart: what comes after it is the same again.
void look_at_next(const UnitEnd &end, const LoopBody &body, SequenceEvidence &evidence) noexcept {
    if ((evidence.reasons & reason_bit(Reason::set_apart)) == 0) return;
    const bool again = std::any_of(body.statements, body.statements + body.count,
                                   [&end](const Series *statement) noexcept { return statement->key == end.next_key; });
    if (!again) return;
    evidence.confidence = Confidence::low;
    evidence.reasons &= ~reason_bit(Reason::set_apart);
    evidence.reasons |= reason_bit(Reason::looks_like_requests);
}

// What the rows themselves take to be written is not saved.
void describe_times(UnitFinding &finding, const LoopBody &body, const Tally &tally, bool in_transaction) noexcept {
    std::int64_t execution_ns = 0;
    std::int64_t reads_ns = 0;
    for (int i = 0; i < body.count; ++i) {
        const Tally &part = tally_of(*body.statements[i], in_transaction);
        const std::int64_t in_loop_ns =
            part.calls > tally.calls ? part.execution_ns / part.calls * tally.calls : part.execution_ns;
        execution_ns += in_loop_ns;
        if (!is_write(body.statements[i]->shape)) reads_ns += in_loop_ns;
    }
    finding.execution_ns = execution_ns;
    finding.wall_ns = execution_ns + tally.idle_ns;
    const std::int64_t per_row_ns = (tally.idle_ns + reads_ns) / tally.calls;
    finding.saved_ns = tally.idle_ns + reads_ns - per_row_ns;
}

// Writes what the body's texts are kept under, if it has more than one; returns how many statements it has.
int list_body(const LoopBody &body, std::uint64_t (&texts)[max_related]) noexcept {
    const int statements = body.count + (body.aside != 0 ? 1 : 0);
    if (statements == 1) return 1;
    int listed = 0;
    for (int i = 0; i < body.count; ++i) {
        if (body.aside != 0 && i == body.aside_place && listed < max_related) texts[listed++] = body.aside;
        if (listed < max_related) texts[listed++] = body.statements[i]->shape.text_key();
    }
    return statements;
}

void fill(UnitFinding &finding, const SeriesContext &context, const SequenceEvidence &evidence, const LoopBody &body) {
    using W = WriteLoops;
    const Tally &tally = *evidence.tally;
    const bool has_parent = evidence.explained != Explains::nothing;
    describe_series(finding, context.series, evidence);
    describe_times(finding, body, tally, evidence.mark == Mark::transaction);
    finding.text_key = context.series.shape.text_key();
    finding.severity = severity_of(evidence, context.thresholds[W::critical_calls]);
    finding.parent_fingerprint = has_parent ? tally.parent.fingerprint : 0;
    const int statements = list_body(body, finding.related);
    finding.evidence[W::calls] = tally.calls;
    finding.evidence[W::distinct_parameters] = tally.filters.estimate();
    finding.evidence[W::transactions] = tally.transactions;
    finding.evidence[W::statements_per_row] = statements;
    if (has_parent) {
        finding.evidence[W::parent_rows] = static_cast<std::int64_t>(tally.parent.rows);
        finding.evidence[W::parent_calls] = tally.parent.lists;
    }
    finding.evidence[W::mean_pause_us] = tally.idle_ns / 1000 / (tally.calls - 1);
    finding.evidence[W::max_pause_us] = tally.max_idle_ns / 1000;
}

} // namespace

bool writes_row_by_row(const Tally &tally, const int *thresholds) noexcept {
    const auto least = static_cast<std::uint32_t>(thresholds[WriteLoops::min_calls]);
    const std::uint32_t single = tally.calls - tally.several_rows;
    if (single < least || 4 * single < 3 * tally.calls) return false;
    // A transaction that was tried again writes the same rows again; a counter or a heartbeat is one row all the time.
    const std::uint32_t others = least - least / 10;
    return tally.transactions <= 1 || tally.filters.estimate() >= std::min(others, most_told_apart);
}

bool commits_each(const Tally &tally) noexcept { return 2 * tally.transactions > tally.calls; }

void report_write_loop(const SeriesContext &context, Shows shows) {
    const Series &series = context.series;
    if (!may_write_row_by_row(series.shape)) return;
    SequenceEvidence evidence = judge_repeats(context.unit, series, context.end, shows, context.thresholds, true);
    if (evidence.tally == nullptr) return;
    const Tally &tally = *evidence.tally;
    if (evidence.mark == Mark::burst && !commits_each(tally)) {
        // Of one transaction that has no BEGIN, or several: what was sent together.
        if ((evidence.reasons & reason_bit(Reason::one_round_trip)) == 0) return;
        const auto least = static_cast<std::uint32_t>(context.thresholds[WriteLoops::min_calls]);
        if (tally.calls >= least * tally.transactions) evidence.confidence = Confidence::high;
    }
    const bool in_transaction = evidence.mark == Mark::transaction;
    const LoopBody body = find_loop_body(context.unit, series, in_transaction);
    if (body.takes_from_queue || writes_for_another(body, series, in_transaction)) return;
    look_at_next(context.end, body, evidence);
    if (loop_around(context.unit, series, evidence) != nullptr) return;

    const std::uint64_t parent = evidence.explained != Explains::nothing ? tally.parent.fingerprint : 0;
    withdraw_explained(context, evidence, body);
    UnitFinding *finding = unit_finding(
        context.unit, {context.rule, series.shape.fingerprint, series.shape.relation, parent}, evidence.confidence);
    if (finding != nullptr) fill(*finding, context, evidence, body);
}

bool reads_for_write_loop(const Unit &unit, const Series &series, const SequenceEvidence &evidence) noexcept {
    const UnitFinding *loop = loop_around(unit, series, evidence);
    if (loop == nullptr) return false;
    return std::any_of(unit.series, unit.series + unit.series_count, [&](const Series &other) noexcept {
        return is_write(other.shape) && other.shape.relation == series.shape.relation &&
               (is_about(*loop, other) || names_in_body(*loop, other));
    });
}

} // namespace query_audit
