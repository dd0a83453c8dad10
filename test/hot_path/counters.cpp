// SQL functions of the module that counts what it calls. Nothing here is part of the extension; test/tap/hot_path.pl
// makes the functions.
#include <cstdint>
#include <cstdio>

extern "C" {
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#undef snprintf

// Laid out by make_counters.
struct HotPathCounter {
    const char *name;
    const char *kind;
    std::uint64_t calls;
};
extern HotPathCounter hot_path_counters[];
extern const std::uint64_t hot_path_counter_count;

PG_FUNCTION_INFO_V1(pg_query_audit_calls);
PG_FUNCTION_INFO_V1(pg_query_audit_forget_calls);
}

// A line "kind name calls" for each function that this backend's module has called since it last forgot. What this
// function itself calls is counted after its look.
Datum pg_query_audit_calls(PG_FUNCTION_ARGS) {
    (void)fcinfo;
    static char lines[65536];
    std::size_t length = 0;
    lines[0] = '\0';
    for (std::uint64_t i = 0; i < hot_path_counter_count && length < sizeof(lines); ++i) {
        const HotPathCounter &counter = hot_path_counters[i];
        if (counter.calls == 0) continue;
        length +=
            static_cast<std::size_t>(std::snprintf(lines + length, sizeof(lines) - length, "%s %s %llu\n", counter.kind,
                                                   counter.name, static_cast<unsigned long long>(counter.calls)));
    }
    return CStringGetTextDatum(lines);
}

Datum pg_query_audit_forget_calls(PG_FUNCTION_ARGS) {
    (void)fcinfo;
    for (std::uint64_t i = 0; i < hot_path_counter_count; ++i) hot_path_counters[i].calls = 0;
    return Datum{0};
}
