// Errors that test/tools/run_memcheck must report: each run makes them on purpose, so that one that would see nothing
// fails. Nothing of it is in the module that is installed.
#include "pg/pg.h"

extern "C" {
PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(planted);
}

namespace {

constexpr size_t size = 16;

// The compiler does not know where this leads, and so leaves out nothing.
char *volatile bytes = nullptr;

pg_noinline int branch_on_unset_byte() {
    if (bytes[3] == 'x') bytes[0] = 'x';
    return 0;
}

pg_noinline int read_past_end() { return bytes[size]; }

pg_noinline int write_past_end() {
    bytes[size] = 'x';
    return 0;
}

pg_noinline int read_after_free() {
    free(bytes);
    const int read = bytes[0];
    bytes = nullptr;
    return read;
}

pg_noinline int unset_byte_to_library() { return static_cast<int>(strlen(bytes)); }

pg_noinline int unset_byte_to_server() { return 1 + pg_strcasecmp(bytes, "x"); }

} // namespace

extern "C" PGDLLEXPORT Datum planted(PG_FUNCTION_ARGS) {
    (void)fcinfo;
    int (*const errors[])() = {branch_on_unset_byte,  read_past_end,        write_past_end,
                               unset_byte_to_library, unset_byte_to_server, read_after_free};
    int sum = 0;
    for (int (*const error)() : errors) {
        if (bytes == nullptr) bytes = static_cast<char *>(malloc(size));
        sum += error() & 1;
    }
    PG_RETURN_INT32(sum);
}
