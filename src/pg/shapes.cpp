#include "core/embedded.h"
#include "core/mask.h"
#include "parse/parse.h"

#include "pg/config.h"
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
constexpr size_t text_capacity = 8192;
constexpr int tags_kept = 4;
constexpr uint32 any_value = shape_flag::filtered | shape_flag::keyed | shape_flag::any_value_filters;

using Cache = FlatTable<uint64, LocalShape>;

void *cache_memory = nullptr;
Tags recent_tags[tags_kept]; // by serial number modulo tags_kept
uint32 tags_serial = 0;

Cache cache() {
    if (cache_memory == nullptr) {
        cache_memory = MemoryContextAlloc(TopMemoryContext, Cache::bytes(cached_shapes));
        Cache(cache_memory).create(cached_shapes);
    }
    return Cache(cache_memory);
}

std::string_view statement_text(const char *source, int location, int length, size_t &offset) {
    const std::string_view whole(source);
    offset = location > 0 && static_cast<size_t>(location) < whole.size() ? static_cast<size_t>(location) : 0;
    return whole.substr(offset, length > 0 ? static_cast<size_t>(length) : std::string_view::npos);
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

bool is_ascii(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) return false;
    }
    return true;
}

bool encoding_is_common(std::string_view text) { return GetDatabaseEncoding() == PG_UTF8 || is_ascii(text); }

// Where the recorded constants stand in the text tells which of them the filter compares with.
void map_filter_values(const ParsedStatement &parsed, size_t offset, const JumbleState *jumble, LocalShape &local) {
    for (int i = 0; i < parsed.filter_value_count; ++i) {
        if (i == parsed.key_value_count) local.key_value_count = local.filter_value_count;
        const FilterValue &value = parsed.filter_values[i];
        if (value.parameter > 0) {
            if (value.parameter < 128) {
                local.filter_values[local.filter_value_count++] = static_cast<uint8>(value.parameter);
            }
            continue;
        }
        for (int c = 0; jumble != nullptr && c < jumble->clocations_count && c < 128; ++c) {
            const LocationLen &constant = jumble->clocations[c];
            const int start = constant.location - static_cast<int>(offset);
            const int known = known_constant_length(constant);
            if (start == value.location || (known > 0 && value.location > start && value.location < start + known)) {
                local.filter_values[local.filter_value_count++] = static_cast<uint8>(128 + c);
                break;
            }
        }
    }
    if (parsed.key_value_count == parsed.filter_value_count) local.key_value_count = local.filter_value_count;
}

void describe_relations(StatementShape &shape, const RelationFacts &facts) {
    shape.relations = facts.hash;
    shape.relation_mask = facts.mask;
    shape.relation = facts.first;
    if (facts.count > 0) shape.flags |= shape_flag::relation;
    if (facts.count > 0 && facts.catalog_only) shape.flags |= shape_flag::catalog_only;
    if (facts.volatile_call) shape.flags |= shape_flag::volatile_call;
    if (facts.is_call) shape.flags |= any_value;
}

// parsed: the text itself was parsed, not just one of the same shape.
void publish_text(LocalShape &local, std::string_view text, bool parsed) {
    char normalized[text_capacity];
    normalized[0] = '\0';
    if (local.shape.has(shape_flag::parsed)) {
        (void)query_audit_normalize(text.data(), text.size(), static_cast<size_t>(max_parse_kb) * 1024, parsed,
                                    normalized, sizeof(normalized));
    }
    if (normalized[0] == '\0') mask_literals(text, !encoding_is_common(text), normalized, sizeof(normalized));
    const LockGuard guard(lock_texts, true);
    store.texts().publish(local.shape.text_key(), normalized);
    local.text_published = true;
}

void publish_text_of(LocalShape &local, const char *source, int location, int length) {
    size_t offset = 0;
    const std::string_view text = statement_text(source, location, length, offset);
    publish_text(local, embedded_statement(text), false);
}

bool text_is_held(uint64 text_key) {
    const LockGuard guard(lock_texts, false);
    return store.texts().contains(text_key);
}

bool find_shared(const ShapeKey &key, LocalShape &local) {
    const LockGuard guard(lock_shapes, false);
    const SharedShape *shared = store.shapes().find(key);
    if (shared == nullptr) return false;
    local.shape = shared->shape;
    local.filter_value_count = shared->filter_value_count;
    local.key_value_count = shared->key_value_count;
    memcpy(local.filter_values, shared->filter_values, sizeof(local.filter_values));
    return true;
}

void share(const ShapeKey &key, const LocalShape &local) {
    const LockGuard guard(lock_shapes, true);
    bool inserted = false;
    SharedShape &shared = store.shapes().find_or_insert(key, inserted);
    shared.shape = local.shape;
    shared.filter_value_count = local.filter_value_count;
    shared.key_value_count = local.key_value_count;
    memcpy(shared.filter_values, local.filter_values, sizeof(shared.filter_values));
}

// Returns whether the text could be parsed.
bool parse_shape(LocalShape &local, StatementKind kind, std::string_view text, size_t offset, const JumbleState *jumble,
                 const RelationFacts &facts) {
    ParsedStatement parsed;
    ParseStatus status = ParseStatus::not_dml;
    if (encoding_is_common(text)) {
        status = query_audit_parse(text.data(), text.size(), static_cast<size_t>(max_parse_kb) * 1024, &parsed);
    }
    count_parse(status);
    if (status == ParseStatus::ok) {
        local.shape = parsed.shape;
        map_filter_values(parsed, offset, jumble, local);
    } else {
        local.shape.fingerprint = local.key;
        local.shape.flags = any_value;
    }
    local.shape.kind = kind;
    describe_relations(local.shape, facts);
    // Without the server's record of constants there is no telling whether the text has any.
    if (jumble == nullptr || jumble->clocations_count > 0) local.shape.flags |= shape_flag::has_literals;
    return status == ParseStatus::ok;
}

// Everything that happens only when this backend meets a key for the first time. A key that other statements may have
// too is not to be shared with other backends.
LocalShape *meet(uint64 key, uint64 query_id, StatementKind kind, const char *source, int location, int length,
                 const JumbleState *jumble, const RelationFacts &facts, bool shared) {
    LocalShape local;
    memset(static_cast<void *>(&local), 0, sizeof(local));
    size_t offset = 0;
    std::string_view text = statement_text(source, location, length, offset);
    const std::string_view embedded = embedded_statement(text);
    offset += static_cast<size_t>(embedded.data() - text.data());
    text = embedded;
    local.key = key;
    local.query_id = query_id;
    const ShapeKey shared_key{key, MyDatabaseId};
    bool parsed = false;
    if (!shared || !find_shared(shared_key, local)) {
        parsed = parse_shape(local, kind, text, offset, jumble, facts);
        if (shared) share(shared_key, local);
    }
    local.text_published = text_is_held(local.shape.text_key());
    if (!local.text_published) publish_text(local, text, parsed);
    bool inserted = false;
    // There are many more places than executions that can pin one.
    LocalShape *kept = cache().insert_over(key, inserted, [](const LocalShape &old) noexcept { return old.pins == 0; });
    *kept = local;
    return kept;
}

void note_constants(LocalShape &local, const char *source, const JumbleState *jumble) {
    const ValueHashes found = hash_constants(local, source, jumble);
    if (local.literals == Literals::unknown) {
        local.literals = Literals::one;
    } else if (local.literals_hash != found.parameters) {
        local.literals = Literals::many;
    }
    local.literals_hash = found.parameters;
    local.filter_literals_hash = found.filter;
    local.key_literals_hash = found.keys;
}

void note_tags(LocalShape &local, const char *source) {
    local.tags_serial = 0;
    // Most texts have no comment: one look at either end tells.
    const char *first = source;
    while (*first == ' ' || *first == '\n') ++first;
    const size_t length = strlen(first);
    size_t end = length;
    while (end > 0 && (first[end - 1] == ' ' || first[end - 1] == '\n' || first[end - 1] == ';')) --end;
    const bool before = end > 4 && first[0] == '/' && first[1] == '*';
    const bool after = end > 4 && first[end - 1] == '/' && first[end - 2] == '*';
    if (!before && !after) return;
    Tags tags;
    if (!parse_tags({first, length}, tags)) return;
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
[[maybe_unused]] void link_to_analysis(LocalShape &planned, const PlannedStmt *plan) {
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

std::string_view text_of(const QueryDesc *query) {
    const PlannedStmt *plan = query->plannedstmt;
    size_t offset = 0;
    return embedded_statement(statement_text(query->sourceText, plan->stmt_location, plan->stmt_len, offset));
}

LocalShape *find_or_meet(const QueryDesc *query, uint64 query_id, uint64 key) {
    if (LocalShape *local = cache().find(key)) return local;
    // Analysed before the library was loaded, forgotten since, or planned with other relations than it names.
    const PlannedStmt *plan = query->plannedstmt;
    LocalShape *local =
        meet(key, query_id, kind_of(plan->commandType, plan->hasModifyingCTE), query->sourceText, plan->stmt_location,
             plan->stmt_len, nullptr, relations_of_plan(plan), query_id_tells_tables);
    if constexpr (!query_id_tells_tables) link_to_analysis(*local, plan);
    return local;
}

// After a reset no text is held any more.
void notice_reset() {
    static uint32 seen_epoch = 0;
    const uint32 epoch = store.header().epoch.load(std::memory_order_relaxed);
    if (epoch == seen_epoch) return;
    seen_epoch = epoch;
    republish_texts();
}

} // namespace

void note_analysis(const char *source, const Query *query, const JumbleState *jumble) {
    notice_reset();
    const uint64 query_id = static_cast<uint64>(query->queryId);
    const uint64 key = statement_key(query_id, query);
    LocalShape *local = cache().find(key);
    if (local == nullptr) {
        local = meet(key, query_id, kind_of(query->commandType, query->hasModifyingCTE), source, query->stmt_location,
                     query->stmt_len, jumble, relations_of_query(query), true);
    } else if (!local->text_published) {
        publish_text_of(*local, source, query->stmt_location, query->stmt_len);
    }
    local->analysed = true;
    if (local->unexecuted < UINT8_MAX) ++local->unexecuted;
    if (jumble != nullptr && jumble->clocations_count > 0) note_constants(*local, source, jumble);
    note_tags(*local, source);
}

uint64 query_id_of(const QueryDesc *query) {
    const PlannedStmt *plan = query->plannedstmt;
    if (plan->queryId != 0) return static_cast<uint64>(plan->queryId);
    uint64 hash = hash_text_words(text_of(query));
    ListCell *cell;
    foreach (cell, plan->relationOids) hash = hash_combine(hash, lfirst_oid(cell));
    return hash;
}

LocalShape *find_shape(const QueryDesc *query, uint64 query_id) {
    notice_reset();
    const PlannedStmt *plan = query->plannedstmt;
    uint64 key = statement_key(query_id, plan);
    LocalShape *local = find_or_meet(query, query_id, key);
    if constexpr (!query_id_tells_tables) {
        // Statements that the planner made the same: only their texts tell them apart.
        if (local->known_by_text) {
            key = hash_combine(key, hash_text_words(text_of(query)));
            local = find_or_meet(query, query_id, key);
        }
        LocalShape *noted = local->key != key ? cache().find(local->key) : nullptr;
        if (noted != nullptr) local = noted;
    }
    if (!local->text_published) publish_text_of(*local, query->sourceText, plan->stmt_location, plan->stmt_len);
    return local;
}

ValueHashes hash_values(LocalShape &local, const QueryDesc *query) {
    ValueHashes hashes{0, 0, 0};
    ParamListInfo parameters = query->params;
    // PL/pgSQL fetches its variables lazily; to ask for them could run its code.
    const bool bound = parameters != nullptr && parameters->paramFetch == nullptr;
    uint64 by_number[32];
    const int count = bound ? parameters->numParams : 0;
    for (int i = 0; i < count; ++i) {
        const uint64 hash = hash_parameter(local, i, parameters->params[i]);
        if (i < static_cast<int>(lengthof(by_number))) by_number[i] = hash;
        hashes.parameters = hash_combine(hashes.parameters, hash);
    }
    for (int i = 0; i < local.filter_value_count; ++i) {
        const int number = local.filter_values[i];
        if (number > 0 && number < 128 && number <= count && number <= static_cast<int>(lengthof(by_number))) {
            hashes.filter = hash_combine(hashes.filter, by_number[number - 1]);
        }
        if (i < local.key_value_count) hashes.keys = hashes.filter;
    }
    if (local.shape.has(shape_flag::any_value_filters)) hashes.filter = hashes.keys = hashes.parameters;
    if (!local.shape.has(shape_flag::has_literals)) return hashes;

    ValueHashes literals{local.literals_hash, local.filter_literals_hash, local.key_literals_hash};
    const bool just_analysed = local.unexecuted == 1;
    if (local.literals == Literals::unknown || (local.literals == Literals::many && !just_analysed)) {
        size_t offset = 0;
        const uint64 all = hash_text_constants(
            statement_text(query->sourceText, query->plannedstmt->stmt_location, query->plannedstmt->stmt_len, offset));
        literals = {all, all, all};
    }
    if (local.shape.has(shape_flag::any_value_filters)) literals.filter = literals.keys = literals.parameters;
    hashes.parameters = hash_combine(hashes.parameters, literals.parameters);
    // A count without literals and its page with a literal LIMIT compare with the same values.
    if (literals.filter != 0) hashes.filter = hash_combine(hashes.filter, literals.filter);
    if (literals.keys != 0) hashes.keys = hash_combine(hashes.keys, literals.keys);
    return hashes;
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
