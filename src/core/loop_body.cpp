#include "core/loop_body.h"

#include <algorithm>

#include "core/history.h"

namespace query_audit {
namespace {

constexpr int most_candidates = 16;
constexpr std::uint32_t least_rounds = 3;

// A statement that ran between two writes.
struct Candidate {
    std::uint64_t key;
    std::uint32_t rounds; // in which it ran
    std::uint32_t last_round;
};

struct Rounds {
    Candidate candidates[most_candidates];
    int count;
    std::uint32_t complete; // from one write to the next
};

void note(Rounds &rounds, std::uint64_t key) noexcept {
    const std::uint32_t round = rounds.complete + 1;
    Candidate *const end = rounds.candidates + rounds.count;
    Candidate *found = std::find_if(rounds.candidates, end,
                                    [key](const Candidate &candidate) noexcept { return candidate.key == key; });
    if (found == end) {
        if (rounds.count == most_candidates) return;
        *found = Candidate{key, 0, 0};
        ++rounds.count;
    }
    if (found->last_round == round) return;
    found->last_round = round;
    ++found->rounds;
}

Rounds rounds_of(const Unit &unit, const Series &write, const Tally &tally) noexcept {
    Rounds rounds{};
    const std::uint32_t last = write.last_position;
    bool in_round = false;
    for (std::uint32_t position = std::max(oldest_position(unit), tally.first_position); position <= last; ++position) {
        const HistoryEntry *entry = history_at(unit, position);
        if (entry == nullptr || (entry->event_flags & event_flag::failed) != 0) continue;
        if (entry->key == write.key) {
            if (in_round) ++rounds.complete;
            in_round = true;
        } else if (in_round) {
            note(rounds, entry->key);
        }
    }
    return rounds;
}

// Not only rows that another worker holds are passed over: before there was SKIP LOCKED, queues locked the first row of
// one and the same list.
bool takes_next_of_queue(const Series &series, const Tally &tally) noexcept {
    if (series.shape.has(shape_flag::skips_locked)) return true;
    return series.shape.kind == StatementKind::select && series.shape.has(shape_flag::locks_rows | shape_flag::page) &&
           2 * tally.filters.estimate() <= tally.calls;
}

void find_aside(const Unit &unit, const Series &write, const Tally &tally, LoopBody &body) noexcept {
    const Aside &aside = unit.aside;
    if (aside.text_key == 0 || 4 * aside.calls < 3 * tally.calls) return;
    if (aside.position + longest_period < write.last_position) return;
    body.aside = aside.text_key;
    for (int i = 0; i < body.count; ++i) {
        if (body.statements[i]->last_position == aside.position + 1) body.aside_place = i;
    }
}

} // namespace

void note_aside(Unit &unit, const StatementEvent &event) noexcept {
    constexpr std::uint32_t elsewhere = event_flag::nested | event_flag::maintenance | event_flag::failed;
    const StatementShape &shape = *event.shape;
    if (!shape.has(shape_flag::volatile_call) || shape.has(shape_flag::relation) || (event.flags & elsewhere) != 0)
        return;
    Aside &aside = unit.aside;
    const bool again = aside.text_key == shape.text_key() && aside.position < unit.position &&
                       unit.position - aside.position <= longest_period;
    aside = Aside{shape.text_key(), again ? aside.calls + 1 : 1, unit.position};
}

LoopBody find_loop_body(const Unit &unit, const Series &write, bool in_transaction) noexcept {
    LoopBody body{};
    body.statements[body.count++] = &write;
    const Rounds rounds = rounds_of(unit, write, tally_of(write, in_transaction));
    if (rounds.complete < least_rounds) return body;
    for (int i = 0; i < rounds.count && body.count < max_related; ++i) {
        const Candidate &candidate = rounds.candidates[i];
        if (4 * candidate.rounds < 3 * rounds.complete) continue;
        const Series *series = find_series(unit, candidate.key);
        if (series == nullptr) continue;
        const Tally &tally = tally_of(*series, in_transaction);
        if (tally.calls == 0) continue;
        if (takes_next_of_queue(*series, tally)) body.takes_from_queue = true;
        body.statements[body.count++] = series;
    }
    std::sort(body.statements, body.statements + body.count,
              [in_transaction](const Series *a, const Series *b) noexcept {
                  return tally_of(*a, in_transaction).first_position < tally_of(*b, in_transaction).first_position;
              });
    find_aside(unit, write, tally_of(write, in_transaction), body);
    return body;
}

bool runs_with(const Series &write, const Series &other, bool in_transaction) noexcept {
    const std::uint32_t writes = tally_of(write, in_transaction).calls;
    const Tally &tally = tally_of(other, in_transaction);
    const std::uint32_t one_a_row = writes + writes / 4 + 1;
    if (tally.calls <= one_a_row) return true;
    // More are one loop's where its period is constant and they are about as many rows: read before and after.
    const bool periodic = write.run_calls >= writes && write.period > 1;
    return periodic && tally.calls <= (writes + 1) * (write.period - 1) && tally.filters.estimate() <= one_a_row;
}

} // namespace query_audit
