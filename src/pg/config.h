// Configuration: the GUCs, and how the library was loaded.
#pragma once

#include "core/settings.h"
#include "core/store.h"

namespace query_audit {

enum class Mode {
    none,    // the library is in memory (a function's call loads it), but nobody asked for auditing
    session, // LOAD or session_preload_libraries: this backend sees itself
    server,  // shared_preload_libraries: all backends, in shared memory
};

extern Mode mode;
extern Settings settings;  // what the rules see
extern bool enabled;       // pg_query_audit.enabled
extern bool save;          // pg_query_audit.save
extern bool track_lineage; // pg_query_audit.track_lineage
extern int max_parse_kb;   // pg_query_audit.max_parse_size

// The least that the rules about scans, sorts and estimates call many rows.
[[nodiscard]] int least_rows_read();

// Defines the GUCs. In server mode those that size the shared memory too.
void define_settings(bool server_mode);

// The sizes of the store for `slots` backends, in the mode that the library was loaded in.
[[nodiscard]] StoreConfig store_config(Mode for_mode, int slots);

} // namespace query_audit
