// How the library comes to life, in each of the ways that it can be loaded.

#include "pg/config.h"
#include "pg/connections.h"
#include "pg/hooks.h"
#include "pg/memory.h"

#include "pg/pg.h"

extern "C" {
PG_MODULE_MAGIC;
PGDLLEXPORT void _PG_init(void);
}

namespace query_audit {
namespace {

// A function's call loads the library too, and so does CREATE EXTENSION; neither is a wish to audit the session.
bool was_asked_for() {
    if (InitializingParallelWorker) return false;   // it loads what its leader has loaded
    if (debug_query_string == nullptr) return true; // session_preload_libraries, local_preload_libraries
    if (ActivePortal == nullptr) return false;
    ListCell *cell;
    foreach (cell, ActivePortal->stmts) {
        const PlannedStmt *statement = static_cast<PlannedStmt *>(lfirst(cell));
        if (statement->utilityStmt != nullptr && IsA(statement->utilityStmt, LoadStmt)) return true;
    }
    return false;
}

void audit_session() {
    define_settings(false);
    create_session_store();
    install_hooks();
    mode = Mode::session;
}

void audit_server() {
    define_settings(true);
    // pg_upgrade is no application's traffic, and leaves what the old server has kept where it is.
    if (IsBinaryUpgrade) return;
    request_shared_store();
    install_hooks();
    count_logins();
    mode = Mode::server;
}

} // namespace
} // namespace query_audit

void _PG_init(void) {
    using namespace query_audit;
    if (process_shared_preload_libraries_in_progress) {
        audit_server();
    } else if (was_asked_for()) {
        audit_session();
    } else {
        watch_for_load(audit_session);
    }
}
