#include "pg/config.h"
#include "pg/memory.h"
#include "pg/persist.h"
#include "pg/recorder.h"

#include "pg/pg.h"

namespace query_audit {

QUERY_AUDIT_HOT_DATA Store store;

namespace {

constexpr const char *tranche = "pg_query_audit";

shmem_request_hook_type previous_shmem_request = nullptr;
shmem_startup_hook_type previous_shmem_startup = nullptr;
LWLockPadded *locks = nullptr;

void shmem_request() {
    if (previous_shmem_request != nullptr) previous_shmem_request();
    RequestAddinShmemSpace(store_bytes(store_config(Mode::server, MaxBackends)));
    RequestNamedLWLockTranche(tranche, store_lock_count);
}

void at_shutdown(int code, Datum) {
    if (code != 0 || !store.attached()) return;
    // The others are gone; one that an immediate stop killed may have left a lock behind, for which nobody can wait.
    locks = nullptr;
    fold_everything();
    if (save) save_store();
}

void shmem_startup() {
    if (previous_shmem_startup != nullptr) previous_shmem_startup();
    const StoreConfig config = store_config(Mode::server, MaxBackends);
    bool found = false;
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    store = Store(ShmemInitStruct("pg_query_audit", store_bytes(config), &found));
    locks = GetNamedLWLockTranche(tranche);
    if (!found) store.create(config, GetCurrentTimestamp());
    LWLockRelease(AddinShmemInitLock);
    if (!IsUnderPostmaster) on_shmem_exit(at_shutdown, 0);
    if (!found) load_store();
}

} // namespace

void request_shared_store() {
    previous_shmem_request = shmem_request_hook;
    shmem_request_hook = shmem_request;
    previous_shmem_startup = shmem_startup_hook;
    shmem_startup_hook = shmem_startup;
}

void create_session_store() {
    const StoreConfig config = store_config(Mode::session, 1);
    void *memory = MemoryContextAllocHuge(TopMemoryContext, store_bytes(config) + 64);
    store = Store(reinterpret_cast<void *>(TYPEALIGN(64, memory)));
    store.create(config, GetCurrentTimestamp());
}

void acquire_lock(int lock, bool exclusive) noexcept {
    if (locks != nullptr) LWLockAcquire(&locks[lock].lock, exclusive ? LW_EXCLUSIVE : LW_SHARED);
}

void release_lock(int lock) noexcept {
    if (locks != nullptr) LWLockRelease(&locks[lock].lock);
}

} // namespace query_audit
