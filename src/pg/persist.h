// The global part of the store on disk, across clean restarts.
//
// One file in pg_stat: the store's header and tables as they lie in memory, then a CRC-32C of all of it. A file that is
// truncated, foreign, of another version or of other sizes is ignored with one log line and removed; a crash leaves
// none, because the file is removed as soon as it was read.
#pragma once

namespace query_audit {

// Reads the file into the store. REQUIRES: the store was created, and nobody else uses it yet.
void load_store();

// Writes the file. REQUIRES: the server is shutting down and no backend is left.
void save_store();

} // namespace query_audit
