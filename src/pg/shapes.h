// What this backend knows of the statements it has met, by query id: shapes, and where their values come from.
//
// A fixed-size cache in the backend's own memory. A miss looks into the shared shapes, and only then is a text parsed.
#pragma once

#include "core/store.h"
#include "core/tags.h"

#include "pg/pg.h"

namespace query_audit {

constexpr int cached_parameter_types = 16;

// Whether the constants in the texts that share a query id were always the same.
enum class Literals : std::uint8_t { unknown, one, many };

// What the last execution that ran to its end returned.
enum class Rows : std::uint8_t { unknown, one, several }; // one: or none

struct ParameterType {
    Oid type;
    int16 length; // as pg_type.typlen; 0 for types passed by value
};

struct LocalShape {
    // What every execution reads comes first.
    StatementShape shape;
    uint64 series; // series_key(shape)
    uint64 query_id;
    uint64 cache_key;
    uint64 key; // the same, but where the plan has relations that the text has not: then that of what was analysed
    StatementPlace place; // in the slot's statistics
    uint32 tags_serial;   // the tags of the last text, if it had any and was not executed yet
    int32 list_length;    // of the last text, if its list is in it; 0: not known
    Literals literals;
    uint8 unexecuted; // texts analysed since the last execution
    bool text_published;
    bool one_off; // let pass at its first sight: known by its words alone, as a text that cannot be parsed
    bool is_call; // see RelationFacts
    Rows rows;
    bool surprising;    // an execution took long, so the next one is looked at, however cheap its plan seems
    uint8 pins;         // executions that use it
    bool analysed;      // met at parse analysis, so the constants and tags of texts are noted here
    bool known_by_text; // other statements may have the same plan, so the text's words are part of the key
    uint8 filter_value_count;
    uint8 key_value_count;  // of these, the first ones
    bool plain_keys;        // these are the parameters from $1 on, in their order, and all of them keys
    uint8 typed_parameters; // for how many parameters the type below is known
    ParameterType parameter[cached_parameter_types];
    uint64 literals_hash;        // of the last text's constants
    uint64 filter_literals_hash; // of those that the filter compares with
    uint64 key_literals_hash;    // of these, without the bounds of ranges
    int64 known_ns;              // what the last execution took that was looked at in vain
    // Below 128 the number of a bound parameter; from 128 on, 128 plus the place of a constant in the text.
    uint8 filter_values[max_filter_values];
};

// At parse analysis: learns the shape if it is new, and notes the constants and tags of this text. Never raises an
// error of its own; the server's memory may run out.
void note_analysis(const char *source, Query *query);

// The statement's part of what the client sent.
[[nodiscard]] std::string_view text_of(const QueryDesc *query);

// At the start of an execution. Where the plan has no query id (that of a DECLARE CURSOR before version 18), one is
// made from the text and the relations. The pointer is valid until the next call of any function here, and longer while
// it is pinned.
[[nodiscard]] LocalShape *find_shape(const QueryDesc *query);

// The tags of the text that is executed now. Null when it has none, or when they were read at an earlier execution: a
// prepared statement keeps the comment of its PREPARE for ever.
const Tags *take_tags(LocalShape &local);

// Parses the text of a statement that was let pass, for what is executed now: its shape changes, and the event's
// series.
void understand(LocalShape &local, const QueryDesc *query, StatementEvent &event);

// Makes every cached statement offer its text again, because some texts were dropped.
void republish_texts();

} // namespace query_audit
