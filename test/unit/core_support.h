// Shared by the tests of src/core: shapes, a backend with a clock of its own, and memory for tables.
#pragma once

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.h"
#include "core/judge.h"
#include "core/loop_body.h"
#include "core/rules/list.h"
#include "core/unit.h"

namespace query_audit::test {

// Memory for a table or a store, as the server would map it, and not zeroed: create() has to.
class Memory {
  public:
    explicit Memory(std::size_t bytes) : size_(bytes), bytes_(static_cast<char *>(::operator new(bytes, alignment))) {
        std::memset(bytes_, 0xA5, bytes);
    }
    ~Memory() { ::operator delete(bytes_, alignment); }
    Memory(const Memory &) = delete;
    Memory &operator=(const Memory &) = delete;

    [[nodiscard]] char *get() const { return bytes_; }
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    static constexpr std::align_val_t alignment{64};
    std::size_t size_;
    char *bytes_;
};

inline StatementShape make_shape(StatementKind kind, std::uint64_t id, std::uint32_t flags) {
    StatementShape shape{};
    shape.fingerprint = hash_combine(id, static_cast<std::uint64_t>(kind) + (flags & shape_flag::filtered));
    shape.relations = hash_mix(id + 1000);
    shape.relation_mask = std::uint64_t{1} << (id & 63);
    shape.relation = static_cast<std::uint32_t>(id);
    shape.flags = flags | shape_flag::parsed | shape_flag::relation;
    shape.kind = kind;
    return shape;
}

// SELECT ... FROM table `id` WHERE key = $1
inline StatementShape look_up(std::uint64_t id, std::uint32_t more_flags = 0) {
    return make_shape(StatementKind::select, id, shape_flag::filtered | shape_flag::keyed | more_flags);
}

// SELECT ... FROM table `id`
inline StatementShape list(std::uint64_t id, std::uint32_t more_flags = 0) {
    return make_shape(StatementKind::select, id, more_flags);
}

inline StatementShape insert(std::uint64_t id) { return make_shape(StatementKind::insert, id, 0); }

// UPDATE table `id` SET ... WHERE key = $1
inline StatementShape update(std::uint64_t id, std::uint32_t more_flags = 0) {
    return make_shape(StatementKind::update, id, shape_flag::filtered | shape_flag::keyed | more_flags);
}

// DELETE FROM table `id` WHERE key = $1
inline StatementShape remove(std::uint64_t id) {
    return make_shape(StatementKind::delete_, id, shape_flag::filtered | shape_flag::keyed);
}

// How one execution goes. Times in microseconds; the pause is the one before it.
struct Call {
    std::uint64_t value = 0; // of its parameter
    std::uint64_t key = 0;   // without the bounds of ranges, where it has such
    std::uint64_t rows = 1;
    std::int64_t pause_us = 300;
    std::int64_t execution_us = 200;
    std::uint64_t rows_read = 0; // measured, when not 0
    std::int64_t limit = -1;
    std::int64_t offset = -1;
    std::uint32_t flags = 0;
    const RowSample *sample = nullptr;
    const KeyValues *keys = nullptr;
    std::int32_t list_length = 0;
};

constexpr std::int64_t millisecond_us = 1000;
constexpr std::int64_t second_us = 1000 * millisecond_us;

// One backend and its client: a clock, transactions, and the unit of work that statements fall into. Bursts end as the
// server ends them; what an ended unit found is kept.
class Session {
  public:
    explicit Session(Mark mark = Mark::burst) : unit_(std::make_unique<Unit>()) {
        assign_text(client_.application_name, "shop");
        begin_unit(*unit_, mark, client_);
        unit_->pause_before_ns = a_long_time_ns;
    }

    Settings settings = default_settings();

    [[nodiscard]] Unit &unit() { return *unit_; }
    [[nodiscard]] std::int64_t now_ns() const { return now_ns_; }

    void pause(std::int64_t microseconds) { now_ns_ += microseconds * 1000; }

    Added run(const StatementShape &shape, const Call &call = {}) {
        StatementEvent event = make_event(shape, call);
        note_worth(event, settings);
        if (!unit_continues(*unit_, settings, event.start_ns, event.transaction) && unit_->position > 0) {
            next_unit(event);
        }
        Added added{0, false};
        if (takes_part_in_sequences(event)) {
            added = add_statement(*unit_, event, settings);
        } else {
            note_aside(*unit_, event);
            if (event.is(event_flag::noteworthy)) add_execution(*unit_, event, settings);
        }
        if (!in_transaction_) ++transaction_;
        return added;
    }

    // The same statement `times` times, each time with another value, from first_value on.
    void repeat(const StatementShape &shape, int times, Call each = {}, std::uint64_t first_value = 1) {
        for (int i = 0; i < times; ++i) {
            each.value = first_value + static_cast<std::uint64_t>(i);
            run(shape, each);
        }
    }

    // The same statement `times` times with other values, sent together and run in one transaction without BEGIN.
    void pipeline(const StatementShape &shape, int times, std::uint64_t first_value = 1) {
        for (int i = 0; i < times; ++i) {
            if (i > 0) --transaction_;
            run(shape, {.value = first_value + static_cast<std::uint64_t>(i),
                        .pause_us = i > 0 ? 1 : 300,
                        .flags = i > 0 ? event_flag::same_round_trip : 0});
        }
    }

    void finish(const Added &added, const StatementShape &shape, const Call &call) {
        StatementEvent event = make_event(shape, call);
        note_worth(event, settings);
        finish_statement(*unit_, added.position, event, settings);
    }

    void begin() { in_transaction_ = true; }
    // failed: an error ended the transaction, so it will be tried again.
    void commit(bool failed = false) {
        in_transaction_ = false;
        end_transaction(*unit_, transaction_++, failed, settings);
        // Each transaction is an occurrence of its own.
        const auto is_closed = [](const UnitFinding &finding) { return finding.mark == Mark::transaction; };
        UnitFinding *const end = unit_->findings + unit_->finding_count;
        std::copy_if(unit_->findings, end, std::back_inserter(kept_), is_closed);
        unit_->finding_count = static_cast<int>(std::remove_if(unit_->findings, end, is_closed) - unit_->findings);
    }

    // The client is silent for so long, then sends `next`; nothing at all when `next` is null.
    void end(std::int64_t pause_after_us = second_us, const StatementShape *next = nullptr) {
        const std::uint64_t next_key = next != nullptr ? series_key(*next) : 0;
        evaluate_unit(*unit_, UnitEnd{.ended = true, .pause_after_ns = pause_after_us * 1000, .next_key = next_key},
                      settings);
    }

    // What a reader of the views sees while the unit goes on.
    void look() { evaluate_unit(*unit_, UnitEnd{}, settings); }

    // Every finding of this rule about this statement, of ended units and transactions first.
    [[nodiscard]] std::vector<UnitFinding> findings(std::string_view rule_id, const StatementShape &shape) const {
        std::vector<UnitFinding> all = kept_;
        all.insert(all.end(), unit_->findings, unit_->findings + unit_->finding_count);
        std::erase_if(all, [&](const UnitFinding &finding) {
            return rule_id != rule(finding.rule).id || finding.fingerprint != shape.fingerprint;
        });
        return all;
    }

    // The one finding of this rule about this statement; of confidence none when there is none, or more than one.
    [[nodiscard]] UnitFinding finding(std::string_view rule_id, const StatementShape &shape) const {
        const std::vector<UnitFinding> all = findings(rule_id, shape);
        return all.size() == 1 ? all.front() : UnitFinding{};
    }

    // The best that any unit of this session was sure of; none when there is no finding.
    [[nodiscard]] Confidence confidence(std::string_view rule_id, const StatementShape &shape) const {
        Confidence best = Confidence::none;
        for (const UnitFinding &finding : findings(rule_id, shape)) best = std::max(best, finding.confidence);
        return best;
    }

    [[nodiscard]] std::size_t ended_units() const { return ended_units_; }

    // What the next event would be; the clock moves on.
    StatementEvent make_event(const StatementShape &shape, const Call &call) {
        now_ns_ += call.pause_us * 1000;
        StatementEvent event{};
        event.shape = &shape;
        event.series = series_key(shape);
        event.query_id = shape.fingerprint + 1;
        event.filter_hash = hash_mix(call.value + 17);
        event.key_hash = call.key != 0 ? hash_mix(call.key + 17) : event.filter_hash;
        event.parameters_hash = hash_mix(call.value + 17);
        event.start_ns = now_ns_;
        now_ns_ += call.execution_us * 1000;
        event.end_ns = now_ns_;
        event.execution_ns = call.execution_us * 1000;
        event.statement_time_us = event.start_ns / 1000;
        event.rows = call.rows;
        event.sample = call.sample;
        event.keys = call.keys;
        event.limit = call.limit;
        event.list_length = call.list_length;
        event.offset = call.offset;
        event.transaction = transaction_;
        event.flags = call.flags | (in_transaction_ ? event_flag::explicit_transaction : 0);
        if (call.rows_read > 0) {
            facts_ = PlanFacts{};
            facts_.rows_read = call.rows_read;
            event.facts = &facts_;
        }
        return event;
    }

  private:
    static constexpr std::int64_t a_long_time_ns = std::numeric_limits<std::int64_t>::max() / 4;

    void next_unit(const StatementEvent &event) {
        const std::int64_t pause_ns = event.start_ns - unit_->last_ns;
        const std::uint64_t next_key = series_key(*event.shape);
        const std::uint64_t last_key = unit_->history[unit_->position % history_length].key;
        evaluate_unit(*unit_, UnitEnd{.ended = true, .pause_after_ns = pause_ns, .next_key = next_key}, settings);
        kept_.insert(kept_.end(), unit_->findings, unit_->findings + unit_->finding_count);
        ++ended_units_;
        begin_unit(*unit_, Mark::burst, client_);
        unit_->pause_before_ns = pause_ns;
        unit_->previous_key = last_key;
    }

    std::unique_ptr<Unit> unit_;
    ClientIdentity client_{5, 10, {}};
    PlanFacts facts_{};
    std::vector<UnitFinding> kept_;
    std::size_t ended_units_ = 0;
    std::int64_t now_ns_ = 1'000'000'000;
    std::uint32_t transaction_ = 1;
    bool in_transaction_ = false;
};

[[nodiscard]] inline bool has_reason(const UnitFinding &finding, Reason reason) {
    return (finding.reasons & reason_bit(reason)) != 0;
}

} // namespace query_audit::test
