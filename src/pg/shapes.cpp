#include "core/embedded.h"
#include "core/scan.h"

#include "pg/learning.h"
#include "pg/memory.h"
#include "pg/recorder.h"
#include "pg/relations.h"
#include "pg/shapes.h"
#include "pg/statement_key.h"
#include "pg/values.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr uint32 cached_shapes = 512;
constexpr int tags_kept = 4;

using Cache = FlatTable<uint64, LocalShape>;

void *cache_memory = nullptr;
Tags recent_tags[tags_kept]; // by serial number modulo tags_kept
QUERY_AUDIT_HOT_DATA uint32 tags_serial = 0;

// Where the statements of the last few keys are, in pairs by the keys' last bits, the latest first: an execution often
// follows the analysis of its text, and transactions and loops repeat. After other backends have run, to look into the
// table is to wait for its memory three times, one after the other.
constexpr uint64 recent_pairs = 16;
LocalShape nobody; // of no statement's key
QUERY_AUDIT_HOT_DATA LocalShape *recent[2 * recent_pairs] = {
    &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody,
    &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody,
    &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody, &nobody};

// Which of these was executed after another one the last time: its memory is asked for before its key is known.
QUERY_AUDIT_HOT_DATA uint8 successor[2 * recent_pairs] = {};
QUERY_AUDIT_HOT_DATA uint8 last_executed = 0;

[[gnu::always_inline]] inline void prefetch_expected() { prefetch_for_write<3>(recent[successor[last_executed]]); }

[[gnu::always_inline]] inline LocalShape **recent_pair(uint64 key) { return recent + key % recent_pairs * 2; }

[[gnu::always_inline]] inline void note_executed(uint64 key, const LocalShape *local) {
    LocalShape **const pair = recent_pair(key);
    last_executed = successor[last_executed] = static_cast<uint8>(pair - recent + (pair[0] != local ? 1 : 0));
}

ScanMemo scans;

Cache cache() {
    if (cache_memory == nullptr) {
        cache_memory = MemoryContextAlloc(TopMemoryContext, Cache::bytes(cached_shapes));
        Cache(cache_memory).create(cached_shapes);
    }
    return Cache(cache_memory);
}

pg_noinline LocalShape *search_cache(uint64 key) {
    LocalShape *found = cache().find(key);
    if (found == nullptr) return nullptr;
    LocalShape **const pair = recent_pair(key);
    pair[1] = pair[0];
    pair[0] = found;
    return found;
}

[[gnu::always_inline]] inline LocalShape *find_cached(uint64 key) {
    LocalShape *const *const pair = recent_pair(key);
    if (pair[0]->cache_key == key) [[likely]]
        return pair[0];
    return pair[1]->cache_key == key ? pair[1] : search_cache(key);
}

// The statement's part of what the client sent, without a PREPARE, EXPLAIN or the like around it.
std::string_view statement_text(std::string_view source, int location, int length) {
    if (location > 0 && static_cast<size_t>(location) < source.size()) {
        source = source.substr(static_cast<size_t>(location));
    }
    if (length > 0) source = source.substr(0, static_cast<size_t>(length));
    return embedded_statement(source);
}

// A SELECT whose WITH writes is a write.
StatementKind kind_of(CmdType command, bool modifying_cte) {
    if (command == CMD_SELECT && modifying_cte) return StatementKind::update;
    switch (command) {
    case CMD_SELECT:
        return StatementKind::select;
    case CMD_INSERT:
        return StatementKind::insert;
    case CMD_UPDATE:
        return StatementKind::update;
    case CMD_DELETE:
        return StatementKind::delete_;
    case CMD_MERGE:
        return StatementKind::merge;
    default:
        return StatementKind::unknown;
    }
}

// Everything that happens only when this backend meets a key for the first time.
LocalShape *meet(uint64 key, uint64 query_id, StatementKind kind, std::string_view text, const StatementScan &scan,
                 const RelationFacts &facts, Sharing sharing) {
    LocalShape local;
    memset(static_cast<void *>(&local), 0, sizeof(local));
    local.key = local.cache_key = key;
    local.query_id = query_id;
    get_to_know(local, kind, text, scan, facts, sharing);
    bool inserted = false;
    // There are many more places than executions that can pin one.
    LocalShape *kept = cache().insert_over(key, inserted, [](const LocalShape &old) noexcept { return old.pins == 0; });
    *kept = local;
    return kept;
}

void note_tags(LocalShape &local, std::string_view source) {
    local.tags_serial = 0;
    // Most texts have no comment: one look at either end tells.
    size_t first = 0;
    size_t end = source.size();
    const auto is_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    while (first < end && is_blank(source[first])) ++first;
    while (end > first && (is_blank(source[end - 1]) || source[end - 1] == ';')) --end;
    if (end < first + 5) return;
    const bool before = source[first] == '/' && source[first + 1] == '*';
    const bool after = source[end - 1] == '/' && source[end - 2] == '*';
    if (!before && !after) return;
    Tags tags;
    if (!parse_tags(source.substr(first), tags)) return;
    if (++tags_serial == 0) ++tags_serial;
    recent_tags[tags_serial % tags_kept] = tags;
    local.tags_serial = tags_serial;
}

// Whether the statement names relations that its plan does not have.
bool lacks_relations(const PlannedStmt *plan, const LocalShape &noted) {
    uint64 mask = 0;
    ListCell *cell;
    foreach (cell, plan->relationOids) mask |= relation_bit(lfirst_oid(cell));
    return (noted.shape.relation_mask & ~mask) != 0;
}

// Where the planner added relations to those that the statement names, or dropped some, its key is not the one that it
// was noted under at its analysis. It is the one with the same text, of this schema.
void link_to_analysis(LocalShape &planned, const PlannedStmt *plan) {
    const LocalShape *found = nullptr;
    bool found_lacks = true;
    cache().for_each([&](const uint64 &, const LocalShape &noted) {
        const bool same =
            noted.analysed && noted.query_id == planned.query_id && noted.shape.text_key() == planned.shape.text_key();
        if (!same || !found_lacks) return;
        found = &noted;
        found_lacks = lacks_relations(plan, noted);
    });
    if (found == nullptr) return;
    planned.key = found->key;
    planned.known_by_text = found_lacks;
}

// Analysed before the library was loaded, forgotten since, or planned with other relations than it names.
pg_noinline LocalShape *meet_execution(const QueryDesc *query, uint64 query_id, uint64 key, Sharing sharing) {
    const PlannedStmt *plan = query->plannedstmt;
    const std::string_view text = text_of(query);
    StatementScan scan;
    scan_statement(text, scan);
    LocalShape *local = meet(key, query_id, kind_of(plan->commandType, plan->hasModifyingCTE), text, scan,
                             relations_of_plan(plan), sharing);
    if (sharing == Sharing::none) link_to_analysis(*local, plan);
    return local;
}

[[gnu::always_inline]] inline LocalShape *find_or_meet(const QueryDesc *query, uint64 query_id, uint64 key,
                                                       Sharing sharing) {
    LocalShape *local = find_cached(key);
    return local != nullptr ? local : meet_execution(query, query_id, key, sharing);
}

// Where the plan brings none.
pg_noinline uint64 query_id_of_text(const QueryDesc *query) {
    StatementScan scan;
    scans.scan(text_of(query), scan);
    return own_query_id(scan.words, query->plannedstmt);
}

void understand_execution(LocalShape &local, const QueryDesc *query) {
    StatementScan scan;
    const std::string_view text = text_of(query);
    scan_statement(text, scan);
    understand_text(local, text, scan);
    if (scan.count > 0) note_constants(local, scan);
}

// At an execution. One that was let pass is executed for the first time, or not.
pg_noinline void offer_text(LocalShape &local, const QueryDesc *query) {
    if (!local.one_off) return publish_text(local, text_of(query), nullptr);
    if (local.unexecuted == 0) understand_execution(local, query);
}

// After a reset no text is held any more.
void notice_reset() {
    QUERY_AUDIT_HOT_DATA static uint32 seen_epoch = 0;
    const uint32 epoch = store.header().epoch.load(std::memory_order_relaxed);
    if (epoch == seen_epoch) [[likely]]
        return;
    seen_epoch = epoch;
    republish_texts();
}

} // namespace

std::string_view text_of(const QueryDesc *query) {
    const PlannedStmt *plan = query->plannedstmt;
    return statement_text(query->sourceText, plan->stmt_location, plan->stmt_len);
}

[[gnu::hot]] void note_analysis(const char *source, Query *query) {
    prefetch_expected();
    prefetch_for_read(&store.header().epoch);
    const std::string_view whole(source);
    const std::string_view text = statement_text(whole, query->stmt_location, query->stmt_len);
    StatementScan scan;
    scans.scan(text, scan);
    notice_reset();
    if (query->queryId == 0) query->queryId = own_query_id(scan.words, query);
    const auto query_id = static_cast<uint64>(query->queryId);
    const uint64 key = statement_key(query_id, query);
    LocalShape *local = find_cached(key);
    if (local == nullptr) {
        local = meet(key, query_id, kind_of(query->commandType, query->hasModifyingCTE), text, scan,
                     relations_of_query(query), Sharing::if_admitted);
    } else if (local->one_off) {
        understand_text(*local, text, scan);
    } else if (!local->text_published) {
        publish_text(*local, text, nullptr);
    }
    local->analysed = true;
    if (local->unexecuted < UINT8_MAX) ++local->unexecuted;
    if (scan.count > 0) note_constants(*local, scan);
    note_tags(*local, whole);
}

[[gnu::hot]] LocalShape *find_shape(const QueryDesc *query) {
    notice_reset();
    const PlannedStmt *plan = query->plannedstmt;
    const uint64 query_id = plan->queryId != 0 ? static_cast<uint64>(plan->queryId) : query_id_of_text(query);
    const bool tells_tables = tells_tables_apart(query_id);
    uint64 key = statement_key(query_id, plan);
    LocalShape *local = find_or_meet(query, query_id, key, tells_tables ? Sharing::full : Sharing::none);
    note_executed(key, local);
    if (!tells_tables) {
        // Statements that the planner made the same: only their texts tell them apart.
        if (local->known_by_text) [[unlikely]] {
            StatementScan scan;
            scans.scan(text_of(query), scan);
            key = hash_combine(key, scan.words);
            local = find_or_meet(query, query_id, key, Sharing::none);
        }
        LocalShape *noted = local->key != key ? find_cached(local->key) : nullptr;
        if (noted != nullptr) local = noted;
    }
    if (!local->text_published) [[unlikely]]
        offer_text(*local, query);
    return local;
}

void understand(LocalShape &local, const QueryDesc *query, StatementEvent &event) {
    understand_execution(local, query);
    event.series = local.series;
}

const Tags *take_tags(LocalShape &local) {
    const uint32 serial = local.tags_serial;
    const bool believed = serial != 0 && local.unexecuted == 1 && tags_serial - serial < tags_kept;
    local.tags_serial = 0;
    local.unexecuted = 0;
    return believed ? &recent_tags[serial % tags_kept] : nullptr;
}

void republish_texts() {
    cache().for_each([](const uint64 &, LocalShape &local) {
        if (!text_is_held(local.shape.text_key())) local.text_published = false;
    });
}

} // namespace query_audit
