#include <cinttypes>

#include "core/text.h"

#include "pg/config.h"
#include "pg/memory.h"
#include "pg/rows.h"

#include "pg/pg.h"

namespace query_audit {

RowWriter::RowWriter(FunctionCallInfo call) {
    InitMaterializedSRF(call, 0);
    result_ = reinterpret_cast<ReturnSetInfo *>(call->resultinfo);
}

void RowWriter::refuse() {
    ereport(ERROR,
            (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("the extension pg_query_audit is not that of its library"),
             errdetail("The library is of version %s.", PG_QUERY_AUDIT_VERSION),
             errhint("Run ALTER EXTENSION pg_query_audit UPDATE, or restart the server with the library that the "
                     "extension was created with.")));
}

void RowWriter::add(Oid type, Datum value, bool is_null) {
    TupleDesc columns = result_->setDesc;
    if (column_ >= columns->natts || column_ >= most_columns ||
        (!is_null && TupleDescAttr(columns, column_)->atttypid != type)) {
        refuse();
    }
    values_[column_] = value;
    nulls_[column_++] = is_null;
}

void RowWriter::null() { add(InvalidOid, static_cast<Datum>(0), true); }
void RowWriter::boolean(bool value) { add(BOOLOID, BoolGetDatum(value)); }
void RowWriter::integer(int32 value) { add(INT4OID, Int32GetDatum(value)); }
void RowWriter::bigint(int64 value) { add(INT8OID, Int64GetDatum(value)); }
void RowWriter::number(double value) { add(FLOAT8OID, Float8GetDatum(value)); }
void RowWriter::milliseconds(int64 nanoseconds) {
    add(FLOAT8OID, Float8GetDatum(static_cast<double>(nanoseconds) / 1e6), nanoseconds < 0);
}
void RowWriter::timestamp(int64 microseconds) {
    add(TIMESTAMPTZOID, TimestampTzGetDatum(microseconds), microseconds == 0);
}
void RowWriter::oid(Oid value) { add(OIDOID, ObjectIdGetDatum(value), !OidIsValid(value)); }

void RowWriter::text(std::string_view value) {
    if (value.empty()) return null();
    add(TEXTOID, PointerGetDatum(to_database_text(value)));
}

void RowWriter::database_text(const char *value) {
    if (value[0] == '\0') return null();
    add(TEXTOID, CStringGetTextDatum(value));
}

void RowWriter::fingerprint(uint64 value) {
    if (value == 0) return null();
    add(TEXTOID, CStringGetTextDatum(psprintf("%016" PRIx64, value)));
}

void RowWriter::json(const char *value) {
    if (value == nullptr) return null();
    add(JSONBOID, DirectFunctionCall1(jsonb_in, CStringGetDatum(value)));
}

void RowWriter::bigints(const uint64 *values, int count) {
    Datum elements[16];
    int length = 0;
    while (length < count && length < static_cast<int>(lengthof(elements)) && values[length] != 0) {
        elements[length] = Int64GetDatum(static_cast<int64>(values[length]));
        ++length;
    }
    add(INT8ARRAYOID, PointerGetDatum(construct_array(elements, length, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)));
}

void RowWriter::fingerprints(const uint64 *values, int count) {
    auto **words = static_cast<const char **>(palloc(sizeof(char *) * static_cast<Size>(count + 1)));
    for (int i = 0; i < count; ++i) words[i] = psprintf("%016" PRIx64, values[i]);
    texts(words, count);
}

void RowWriter::texts(const char *const *values, int count) {
    auto *elements = static_cast<Datum *>(palloc0(sizeof(Datum) * static_cast<Size>(count + 1)));
    auto *nulls = static_cast<bool *>(palloc0(sizeof(bool) * static_cast<Size>(count + 1)));
    for (int i = 0; i < count; ++i) {
        nulls[i] = values[i][0] == '\0';
        if (!nulls[i]) elements[i] = PointerGetDatum(to_database_text(values[i]));
    }
    int length = count;
    int lower_bound = 1;
    add(TEXTARRAYOID, PointerGetDatum(construct_md_array(elements, nulls, 1, &length, &lower_bound, TEXTOID, -1, false,
                                                         TYPALIGN_INT)));
}

void RowWriter::copy(HeapTuple tuple, TupleDesc columns) {
    for (int i = 0; i < columns->natts; ++i) {
        bool is_null = false;
        const Datum value = SPI_getbinval(tuple, columns, i + 1, &is_null);
        add(TupleDescAttr(columns, i)->atttypid, value, is_null);
    }
    finish();
}

void RowWriter::finish() {
    if (column_ != result_->setDesc->natts) refuse();
    tuplestore_putvalues(result_->setResult, result_->setDesc, values_, nulls_);
    column_ = 0;
}

text *to_database_text(std::string_view value) {
    text *result = cstring_to_text_with_len(value.data(), static_cast<int>(value.size()));
    if (GetDatabaseEncoding() == PG_UTF8) return result;
    char *bytes = VARDATA(result);
    for (size_t i = 0; i < value.size(); ++i) {
        if (IS_HIGHBIT_SET(bytes[i])) bytes[i] = '?';
    }
    return result;
}

void json_key(StringInfo json, const char *key) {
    appendStringInfoString(json, json->data[json->len - 1] == '{' ? "" : ", ");
    escape_json(json, key);
    appendStringInfoString(json, ": ");
}

void json_string(StringInfo json, std::string_view value) {
    escape_json(json, text_to_cstring(to_database_text(value)));
}

void require_loaded() {
    if (mode != Mode::none && store.attached()) return;
    ereport(ERROR,
            (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("pg_query_audit must be loaded"),
             errhint("Add pg_query_audit to shared_preload_libraries and restart the server to audit all sessions, or "
                     "run LOAD 'pg_query_audit' (or set session_preload_libraries) to audit this session.")));
}

bool may_see(Oid user) { return user == GetUserId() || has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS); }

char *text_of_fingerprint(uint64 fingerprint) {
    char buffer[8192];
    size_t length = 0;
    {
        const LockGuard guard(lock_texts, false);
        std::string_view held = store.texts().find(fingerprint);
        if (held.empty()) held = store.texts().find(fingerprint ^ shape_flag::batch);
        held = utf8_prefix(held, sizeof(buffer));
        length = held.size();
        memcpy(buffer, held.data(), length);
    }
    return pnstrdup(buffer, length);
}

} // namespace query_audit
