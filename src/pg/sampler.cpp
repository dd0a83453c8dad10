#include <algorithm>

#include "core/hash.h"
#include "core/lineage.h"
#include "core/text.h"

#include "pg/relations.h"
#include "pg/sampler.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr int looked_at_columns = 64;
constexpr size_t longest_key_bytes = 256;
constexpr uint32 wide_sample_rows = 4; // of the sample, the last ones, that are looked at for values out of line

struct SampledColumn {
    Oid type;
    AttrNumber place; // from 0
    int16 length;
    bool by_value;
};

struct Sampler {
    DestReceiver receiver;
    DestReceiver *client; // where the rows go
    SampledColumn column[sampled_columns];
    int columns_needed; // of a row, the first ones
    RowSample sample;
    const QueryDesc *query; // of the last sampling
    uint64 may_be_wide;     // one bit for each column that may be stored out of line
    uint8 wide_rows[looked_at_columns];
    uint64 wide_bytes;
};

Sampler sampler;

// Types of which nobody makes a key.
bool may_be_key(Oid type) {
    switch (type) {
    case BOOLOID:
    case FLOAT4OID:
    case FLOAT8OID:
    case TIMESTAMPOID:
    case TIMESTAMPTZOID:
    case TIMETZOID:
    case INTERVALOID:
    case JSONOID:
    case JSONBOID:
    case XMLOID:
    case TSVECTOROID:
        return false;
    default:
        return true;
    }
}

void start_up(DestReceiver *, int operation, TupleDesc rows) {
    RowSample &sample = sampler.sample;
    sample.rows = sample.columns = 0;
    sampler.columns_needed = 0;
    for (int i = 0; i < rows->natts && i < looked_at_columns; ++i) {
        const FormData_pg_attribute *attribute = TupleDescAttr(rows, i);
        if (attribute->attlen != -1 || attribute->attstorage == TYPSTORAGE_PLAIN) continue;
        sampler.may_be_wide |= UINT64CONST(1) << i;
        sampler.columns_needed = i + 1;
    }
    for (int i = 0; i < rows->natts && i < looked_at_columns && sample.columns < sampled_columns; ++i) {
        const FormData_pg_attribute *attribute = TupleDescAttr(rows, i);
        if (!may_be_key(attribute->atttypid)) continue;
        const auto place = static_cast<AttrNumber>(i);
        sampler.column[sample.columns++] = {attribute->atttypid, place, attribute->attlen, attribute->attbyval};
        sampler.columns_needed = std::max(sampler.columns_needed, i + 1);
    }
    sampler.client->rStartup(sampler.client, operation, rows);
}

void look_for_wide_values(const TupleTableSlot *row) {
    for (uint64 left = sampler.may_be_wide; left != 0; left &= left - 1) {
        const int place = pg_rightmost_one_pos64(left);
        if (row->tts_isnull[place]) continue;
        const auto *value = reinterpret_cast<const varattrib_1b_e *>(DatumGetPointer(row->tts_values[place]));
        if (!VARATT_IS_EXTERNAL_ONDISK(value)) continue;
        varatt_external stored;
        VARATT_EXTERNAL_GET_POINTER(stored, value);
        ++sampler.wide_rows[place];
        sampler.wide_bytes += static_cast<uint64>(VARATT_EXTERNAL_GET_EXTSIZE(stored));
    }
}

// Not inlined: the rows behind the sample are to pay for no more than a comparison.
pg_noinline void take_row(TupleTableSlot *row) {
    RowSample &sample = sampler.sample;
    slot_getsomeattrs(row, sampler.columns_needed);
    for (uint32 c = 0; c < sample.columns; ++c) {
        const SampledColumn &column = sampler.column[c];
        const int place = column.place;
        uint32 hash = 0;
        if (!row->tts_isnull[place]) {
            hash = hash_sampled_value(column.type, column.length, column.by_value, row->tts_values[place]);
        }
        sample.value[c][sample.rows] = hash;
    }
    ++sample.rows;
    if (sampler.may_be_wide != 0 && sample.rows > sampled_rows - wide_sample_rows) look_for_wide_values(row);
}

bool receive(TupleTableSlot *row, DestReceiver *) {
    if (sampler.sample.rows < sampled_rows && sampler.columns_needed > 0) take_row(row);
    return sampler.client->receiveSlot(row, sampler.client);
}

void shut_down(DestReceiver *) { sampler.client->rShutdown(sampler.client); }

void destroy(DestReceiver *) {}

bool is_wide(uint8 rows) { return rows * 2u >= wide_sample_rows; }

void note_origins(const PlannedStmt *plan) {
    RowSample &sample = sampler.sample;
    uint32 c = 0;
    ListCell *cell;
    foreach (cell, plan->planTree->targetlist) {
        const TargetEntry *entry = static_cast<const TargetEntry *>(lfirst(cell));
        if (c == sample.columns) break;
        if (entry->resno != sampler.column[c].place + 1) continue;
        sample.origin[c] = {entry->resorigtbl, entry->resorigcol, static_cast<uint16>(entry->resno)};
        ++c;
    }
}

} // namespace

void begin_sampling(QueryDesc *query) {
    sampler.receiver = {receive, start_up, shut_down, destroy, query->dest->mydest};
    sampler.client = query->dest;
    sampler.sample.rows = sampler.sample.columns = 0;
    sampler.query = query;
    sampler.may_be_wide = sampler.wide_bytes = 0;
    memset(sampler.wide_rows, 0, sizeof(sampler.wide_rows));
    query->dest = &sampler.receiver;
}

const RowSample *end_sampling(QueryDesc *query) {
    query->dest = sampler.client;
    if (sampler.sample.rows < 2 || sampler.sample.columns == 0) return nullptr;
    note_origins(query->plannedstmt);
    return &sampler.sample;
}

bool saw_wide_values() {
    if (sampler.wide_bytes == 0) return false;
    return std::any_of(sampler.wide_rows, sampler.wide_rows + looked_at_columns, is_wide);
}

void describe_wide_result(const QueryDesc *query, WideFacts &wide) {
    memset(static_cast<void *>(&wide), 0, sizeof(wide));
    if (sampler.query != query || !saw_wide_values()) return;
    TextWriter names(wide.column_names, sizeof(wide.column_names));
    ListCell *cell;
    foreach (cell, query->plannedstmt->planTree->targetlist) {
        const TargetEntry *entry = static_cast<const TargetEntry *>(lfirst(cell));
        if (entry->resno > looked_at_columns || !is_wide(sampler.wide_rows[entry->resno - 1])) continue;
        if (!OidIsValid(entry->resorigtbl) || (wide.relation != 0 && wide.relation != entry->resorigtbl)) continue;
        const char *name = get_attname(entry->resorigtbl, entry->resorigcol, true);
        if (name == nullptr) continue;
        if (wide.columns++ > 0) names.append(", ");
        names.append(quote_identifier(name));
        wide.relation = entry->resorigtbl;
    }
    if (wide.relation == 0) return;
    foreach (cell, query->plannedstmt->planTree->targetlist) {
        const TargetEntry *entry = static_cast<const TargetEntry *>(lfirst(cell));
        if (!entry->resjunk && entry->resorigtbl == wide.relation) ++wide.other_columns;
    }
    wide.other_columns -= wide.columns;
    wide.row_bytes = sampler.wide_bytes / wide_sample_rows;
    write_relation_name(wide.relation, wide.relation_name);
}

uint32 hash_sampled_value(Oid type, int16 length, bool by_value, Datum value) {
    if (by_value) return hash_sampled_integer(static_cast<int64>(value));
    const void *data = DatumGetPointer(value);
    if (length > 0) return hash_sampled_bytes({static_cast<const char *>(data), static_cast<size_t>(length)});
    if (length == -2) return hash_sampled_bytes(static_cast<const char *>(data));
    if (VARATT_IS_EXTERNAL(data) || VARATT_IS_COMPRESSED(data)) return 0;
    size_t bytes = VARSIZE_ANY_EXHDR(data);
    const char *text = VARDATA_ANY(data);
    if (bytes > longest_key_bytes) return 0;
    // What pads a character(n) is no part of its value.
    while (type == BPCHAROID && bytes > 0 && text[bytes - 1] == ' ') --bytes;
    return hash_sampled_bytes({text, bytes});
}

} // namespace query_audit
