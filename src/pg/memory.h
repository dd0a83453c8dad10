// The store in its memory: shared and locked in server mode, the backend's own in session mode; and its file.
#pragma once

#include "core/store.h"

namespace query_audit {

extern Store store; // attached once there is one

// Server mode, in _PG_init: asks for shared memory and locks, and sets them up when the server does.
void request_shared_store();

// Session mode: makes the backend's own store.
void create_session_store();

// Takes and releases one of the store's locks; nothing happens in session mode.
void acquire_lock(int lock, bool exclusive) noexcept;
void release_lock(int lock) noexcept;

// A lock of the store, held for a scope. Nothing that can raise an error may stand inside: an error would leave it to
// the transaction's end to release the lock, without the destructor.
class LockGuard {
  public:
    LockGuard(int lock, bool exclusive) noexcept : lock_(lock) { acquire_lock(lock, exclusive); }
    ~LockGuard() noexcept { release_lock(lock_); }
    LockGuard(const LockGuard &) = delete;
    LockGuard &operator=(const LockGuard &) = delete;

  private:
    int lock_;
};

} // namespace query_audit
