// Rows of the set-returning functions: one value after the other, in the order of the function's columns.
#pragma once

#include <string_view>

#include "pg/pg.h"

namespace query_audit {

class RowWriter {
  public:
    static constexpr int most_columns = 32;

    // Prepares the function's result. Raises an error where a set cannot be returned.
    explicit RowWriter(FunctionCallInfo call);

    void null();
    void boolean(bool value);
    void integer(int32 value);
    void bigint(int64 value);
    void number(double value);
    void milliseconds(int64 nanoseconds); // double precision; null below 0
    void timestamp(int64 microseconds);   // since 2000-01-01; null for 0
    void oid(Oid value);
    void text(std::string_view value);             // null when empty
    void database_text(const char *value);         // already in the encoding of the database; null when empty
    void fingerprint(uint64 value);                // 16 hexadecimal digits; null for 0
    void json(const char *value);                  // null for null
    void bigints(const uint64 *values, int count); // an array, up to the first 0
    void fingerprints(const uint64 *values, int count);
    void texts(const char *const *values, int count); // an array of what the store holds, with NULL for an empty one

    // The whole of one of SPI's rows.
    void copy(HeapTuple tuple, TupleDesc columns);

    // Ends the row. Each value and the end raise an error where the function, which another release's script may have
    // declared, has other columns.
    void finish();

  private:
    void add(Oid type, Datum value, bool is_null = false);
    [[noreturn]] void refuse();

    ReturnSetInfo *result_;
    int column_ = 0;
    Datum values_[most_columns];
    bool nulls_[most_columns];
};

// Text in the store is UTF-8 or ASCII; in a database of another encoding what is not ASCII is shown as ?.
[[nodiscard]] text *to_database_text(std::string_view value);

// Appends "key": and the value to a JSON object that is being written, with the comma it needs.
void json_key(StringInfo json, const char *key);
void json_string(StringInfo json, std::string_view value);

// Raises the error that says how to load the library, unless it audits this session.
void require_loaded();

// Whether the current user may see what another role ran.
[[nodiscard]] bool may_see(Oid user);

// The text kept for a fingerprint, as a palloc'ed C string; empty when none is held.
[[nodiscard]] char *text_of_fingerprint(uint64 fingerprint);

} // namespace query_audit
