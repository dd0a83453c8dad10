#include "core/admission.h"
#include "core/mask.h"
#include "parse/parse.h"

#include "pg/config.h"
#include "pg/learning.h"
#include "pg/memory.h"
#include "pg/recorder.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr size_t text_capacity = 8192;
constexpr int first_constant_code = 128;
constexpr uint32 any_value = shape_flag::filtered | shape_flag::keyed | shape_flag::any_value_filters;

Admission admission;

bool is_ascii(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) return false;
    }
    return true;
}

bool encoding_is_common(std::string_view text) { return GetDatabaseEncoding() == PG_UTF8 || is_ascii(text); }

// Where the constants stand in the text tells which of them the filter compares with.
void map_filter_values(const ParsedStatement &parsed, std::string_view text, const StatementScan &scan,
                       LocalShape &local) {
    for (int i = 0; i < parsed.filter_value_count; ++i) {
        if (i == parsed.key_value_count) local.key_value_count = local.filter_value_count;
        const FilterValue &value = parsed.filter_values[i];
        const int constant = value.parameter > 0 ? -1 : constant_at(scan, text, value.location);
        const int code = constant >= 0 ? first_constant_code + constant : value.parameter;
        if (code <= 0 || (constant < 0 && code >= first_constant_code)) continue;
        // The elements of a list are one constant.
        const int count = local.filter_value_count;
        if (count > 0 && local.filter_values[count - 1] == code) continue;
        local.filter_values[local.filter_value_count++] = static_cast<uint8>(code);
    }
    if (parsed.key_value_count == parsed.filter_value_count) local.key_value_count = local.filter_value_count;
}

// Whether the filter's values are the first bound parameters in their order, and all of them keys.
bool has_plain_keys(const LocalShape &local) {
    for (int i = 0; i < local.filter_value_count; ++i) {
        if (local.filter_values[i] != i + 1) return false;
    }
    return local.key_value_count == local.filter_value_count;
}

void describe_relations(LocalShape &local, const RelationFacts &facts) {
    StatementShape &shape = local.shape;
    shape.relations = facts.hash;
    shape.relation_mask = facts.mask;
    shape.relation = facts.first;
    if (facts.count > 0) shape.flags |= shape_flag::relation;
    if (facts.count > 0 && facts.catalog_only) shape.flags |= shape_flag::catalog_only;
    if (facts.volatile_call) shape.flags |= shape_flag::volatile_call;
    if (facts.is_call) shape.flags |= any_value;
    local.is_call = facts.is_call;
}

// The same facts again.
RelationFacts relations_of(const LocalShape &local) {
    const StatementShape &shape = local.shape;
    const int count = shape.has(shape_flag::relation) ? 1 : 0;
    return {shape.relations,
            shape.relation_mask,
            shape.relation,
            count,
            local.is_call,
            shape.has(shape_flag::catalog_only),
            shape.has(shape_flag::volatile_call)};
}

ShapeKey shared_key_of(const LocalShape &local) { return {local.cache_key, MyDatabaseId}; }

bool find_shared(LocalShape &local) {
    const LockGuard guard(lock_shapes, false);
    const SharedShape *shared = store.shapes().find(shared_key_of(local));
    if (shared == nullptr) return false;
    local.shape = shared->shape;
    local.filter_value_count = shared->filter_value_count;
    local.key_value_count = shared->key_value_count;
    memcpy(local.filter_values, shared->filter_values, sizeof(local.filter_values));
    return true;
}

// Returns whether another shape had to make room.
bool share(const LocalShape &local) {
    const LockGuard guard(lock_shapes, true);
    const uint64 evictions = store.shapes().evictions();
    bool inserted = false;
    SharedShape &shared = store.shapes().find_or_insert(shared_key_of(local), inserted);
    shared.shape = local.shape;
    shared.filter_value_count = local.filter_value_count;
    shared.key_value_count = local.key_value_count;
    memcpy(shared.filter_values, local.filter_values, sizeof(shared.filter_values));
    return store.shapes().evictions() != evictions;
}

// What is known of it without its parse tree.
void know_by_words(LocalShape &local) {
    local.shape.fingerprint = local.key;
    local.shape.flags = any_value;
}

void complete_shape(LocalShape &local, StatementKind kind, const StatementScan &scan, const RelationFacts &facts) {
    local.shape.kind = kind;
    // What tells the rows apart that are put in.
    if (kind == StatementKind::insert || kind == StatementKind::merge)
        local.shape.flags |= shape_flag::any_value_filters;
    describe_relations(local, facts);
    if (scan.count > 0) local.shape.flags |= shape_flag::has_literals;
}

// Returns whether the text could be parsed.
bool parse_shape(LocalShape &local, StatementKind kind, std::string_view text, const StatementScan &scan,
                 const RelationFacts &facts, ParsedStatement &parsed) {
    ParseStatus status = ParseStatus::not_dml;
    if (encoding_is_common(text)) {
        status = query_audit_parse(text.data(), text.size(), static_cast<size_t>(max_parse_kb) * 1024, &parsed);
    }
    count_parse(status);
    if (status == ParseStatus::ok) {
        local.shape = parsed.shape;
        map_filter_values(parsed, text, scan, local);
    } else {
        know_by_words(local);
    }
    complete_shape(local, kind, scan, facts);
    return status == ParseStatus::ok;
}

void derive(LocalShape &local) {
    local.series = series_key(local.shape);
    local.plain_keys = has_plain_keys(local);
}

// Publishes the text unless it is held; returns whether it was.
bool hold_text(LocalShape &local, std::string_view text, const ParsedStatement *parsed) {
    const bool held = text_is_held(local.shape.text_key());
    local.text_published = held;
    if (!held) publish_text(local, text, parsed);
    return held;
}

// Parses the text of a shape that no backend knows.
void learn(LocalShape &local, StatementKind kind, std::string_view text, const StatementScan &scan,
           const RelationFacts &facts, Sharing sharing) {
    ParsedStatement parsed;
    const bool is_parsed = parse_shape(local, kind, text, scan, facts, parsed);
    derive(local);
    const bool table_is_full = sharing != Sharing::none && share(local);
    const bool held = hold_text(local, text, is_parsed ? &parsed : nullptr);
    if (sharing != Sharing::none) admission.note(table_is_full && !held);
}

void let_pass(LocalShape &local, StatementKind kind, const StatementScan &scan, const RelationFacts &facts) {
    know_by_words(local);
    complete_shape(local, kind, scan, facts);
    derive(local);
    local.one_off = true;
}

} // namespace

void get_to_know(LocalShape &local, StatementKind kind, std::string_view text, const StatementScan &scan,
                 const RelationFacts &facts, Sharing sharing) {
    if (sharing != Sharing::none && find_shared(local)) {
        derive(local);
        (void)hold_text(local, text, nullptr);
    } else if (sharing == Sharing::if_admitted && kind == StatementKind::select &&
               admission.lets_pass(local.cache_key)) {
        let_pass(local, kind, scan, facts);
    } else {
        learn(local, kind, text, scan, facts, sharing);
    }
}

void understand_text(LocalShape &local, std::string_view text, const StatementScan &scan) {
    local.one_off = false;
    get_to_know(local, local.shape.kind, text, scan, relations_of(local), Sharing::full);
}

void publish_text(LocalShape &local, std::string_view text, const ParsedStatement *parsed) {
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

bool text_is_held(uint64 text_key) {
    const LockGuard guard(lock_texts, false);
    return store.texts().contains(text_key);
}

} // namespace query_audit
