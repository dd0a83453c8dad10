// Code whose errors are caught and whose effects are undone.
#pragma once

#include "pg/pg.h"

namespace query_audit {

// Runs it in a subtransaction that is rolled back in any case: locks, settings, user and snapshots are then as before.
// Returns null, or the error that ended it, in the current memory context. `run` must own nothing that a longjmp would
// leak. What must outlive it is not to be allocated in it.
template <typename Run> ErrorData *undo_always(Run run) {
    MemoryContext context = CurrentMemoryContext;
    ResourceOwner owner = CurrentResourceOwner;
    ErrorData *volatile error = nullptr;
    BeginInternalSubTransaction(nullptr);
    PG_TRY();
    { run(); }
    PG_CATCH();
    {
        MemoryContextSwitchTo(context);
        error = CopyErrorData();
        FlushErrorState();
    }
    PG_END_TRY();
    RollbackAndReleaseCurrentSubTransaction();
    MemoryContextSwitchTo(context);
    CurrentResourceOwner = owner;
    return error;
}

// Whether the client or an administrator ended it, which no caller may keep to itself.
inline bool is_cancellation(const ErrorData *error) {
    return error->sqlerrcode == ERRCODE_QUERY_CANCELED || error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN ||
           error->elevel > ERROR;
}

inline void rethrow_if_cancelled(ErrorData *error) {
    if (error != nullptr) ReThrowError(error);
}

} // namespace query_audit
