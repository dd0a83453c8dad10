// What the audit asks of the server on behalf of a statement, whose error must not be the statement's.
#pragma once

#include "pg/config.h"

#include "pg/pg.h"

namespace query_audit {

// Whether the session is being asked to stop, by its client, an administrator, or a standby's replay.
inline bool asks_to_stop(int error_code) {
    return error_code == ERRCODE_QUERY_CANCELED || error_code == ERRCODE_ADMIN_SHUTDOWN ||
           ERRCODE_TO_CATEGORY(error_code) == ERRCODE_TRANSACTION_ROLLBACK;
}

// Runs what reads the catalogs, and nothing that changes anything. False where an error ended it, which nobody sees:
// another session may drop meanwhile what the running statement no longer looks up. There is no subtransaction, which a
// parallel query would not allow: what it had pinned, opened and locked is given back by a resource owner of its own.
// `run` must own nothing that a longjmp would leak. What is to outlive it must not be left half made by one.
template <typename Run> bool run_guarded(Run run) {
    MemoryContext context = CurrentMemoryContext;
    ResourceOwner owner = CurrentResourceOwner;
    const uint32 interrupts_held = InterruptHoldoffCount;
    const uint32 cancels_held = QueryCancelHoldoffCount;
    ResourceOwner own = ResourceOwnerCreate(owner, "pg_query_audit");
    volatile bool succeeded = true;
    CurrentResourceOwner = own;
    PG_TRY();
    { run(); }
    PG_CATCH();
    {
        if (asks_to_stop(geterrcode())) PG_RE_THROW();
        MemoryContextSwitchTo(context);
        FlushErrorState();
        LWLockReleaseAll();
        InterruptHoldoffCount = interrupts_held;
        QueryCancelHoldoffCount = cancels_held;
        succeeded = false;
    }
    PG_END_TRY();
    CurrentResourceOwner = owner;
    ResourceOwnerRelease(own, RESOURCE_RELEASE_BEFORE_LOCKS, succeeded, false);
    ResourceOwnerRelease(own, RESOURCE_RELEASE_LOCKS, succeeded, false);
    ResourceOwnerRelease(own, RESOURCE_RELEASE_AFTER_LOCKS, succeeded, false);
    ResourceOwnerDelete(own);
    return succeeded;
}

// Runs what is nobody's traffic: no statement in it is audited. An error passes through.
template <typename Run> void run_unaudited(Run run) {
    const bool was_enabled = enabled;
    enabled = false;
    PG_TRY();
    { run(); }
    PG_FINALLY();
    { enabled = was_enabled; }
    PG_END_TRY();
}

} // namespace query_audit
