#include "core/judge.h"
#include "core/rules/list.h"
#include "core/text.h"

#include "pg/recorder.h"

#include "pg/config.h"
#include "pg/connections.h"
#include "pg/memory.h"
#include "pg/slot.h"

#include "pg/pg.h"

namespace query_audit {

QUERY_AUDIT_HOT_DATA bool idle_transaction_watched = false;

namespace {

void (*previous_authentication)(Port *, int) = nullptr;
bool logged_in = false; // and counted
bool has_run_statements = false;
ClientIdentity slot_client; // whose the slot's connection is, whatever name and role it takes on later

PgStat_Counter idle_at_begin_us = 0;
bool chained = false; // another transaction follows at once
TraceKey latest_trace;
QUERY_AUDIT_HOT_DATA uint32 latest_traced_transaction = 0;

bool is_client() { return MyBackendType == B_BACKEND && MyProc != nullptr; }

ClientIdentity client_at_login() {
    ClientIdentity client{};
    client.database = MyDatabaseId;
    client.user = MyProc->roleId;
    assign_text(client.application_name, application_name != nullptr ? application_name : "");
    return client;
}

Connection new_connection(const ClientIdentity &client) {
    Connection connection{};
    connection.key = connection_key(client.database, client.user, client.application_name);
    connection.started_us = MyStartTimestamp;
    return connection;
}

// Those of this kind that live, which other backends are writing to meanwhile; nearly right is right enough.
int64 busy_ns_of_live(const ConnectionKey &key) {
    int64 sum = 0;
    for (uint32 i = 0; i < store.header().config.slots; ++i) {
        const BackendSlot &other = store.slot(i);
        if (slot_is_free(other) || memcmp(&other.connection.key, &key, sizeof(key)) != 0) continue;
        sum += connection_of(other).busy_ns;
    }
    return sum;
}

bool is_under_pressure(int64 in_use) {
    const int most_percent = settings.thresholds[rule_index::connection_pressure][0];
    return mode == Mode::server && in_use * 100 > int64{MaxConnections} * most_percent;
}

// Lets the rules look at a connection's start or end. `change` does what is to be done to its record.
template <typename Change>
void judge_moment(const ClientIdentity &client, const Connection &connection, bool ended, Change change) {
    const int64 in_use = store.header().live_connections.load(std::memory_order_relaxed);
    const int64 now_us = ended ? GetCurrentTimestamp() : GetCurrentStatementStartTimestamp();
    const int64 busy_ns = is_under_pressure(in_use) ? busy_ns_of_live(connection.key) : 0;
    begin_unit(alone, Mark::burst, client);
    {
        const LockGuard guard(lock_connections, true);
        bool inserted = false;
        ConnectionRecord &record = store.connections().find_or_insert(connection.key, inserted);
        change(record, now_us);
        const ConnectionMoment moment{ended,
                                      now_us,
                                      now_us - connection.started_us,
                                      connection.statements,
                                      mode == Mode::server ? in_use : 0,
                                      mode == Mode::server ? MaxConnections : 0,
                                      record.busy_ns + busy_ns};
        judge_connection(alone, record, moment, settings);
        store.header().folds.fetch_add(1, std::memory_order_relaxed);
    }
    if (has_findings(alone, Foldable::all)) {
        const LockGuard guard(lock_findings, true);
        fold_findings(store.findings(), alone, Foldable::all);
    }
}

// One that ran no statement is known here alone.
void at_logout(int, Datum) {
    if (!logged_in) return;
    logged_in = false;
    if (!has_run_statements && enabled && is_client() && OidIsValid(MyDatabaseId) && OidIsValid(MyProc->roleId)) {
        const ClientIdentity client = client_at_login();
        const Connection connection = new_connection(client);
        judge_moment(client, connection, true, [&](ConnectionRecord &record, int64 now_us) {
            begin_connection(record, client.application_name, now_us);
            end_connection(record, connection, now_us);
        });
    }
    store.header().live_connections.fetch_sub(1, std::memory_order_relaxed);
}

void authenticated(Port *port, int status) {
    if (previous_authentication != nullptr) previous_authentication(port, status);
    if (status != STATUS_OK || logged_in || am_walsender || !store.attached()) return;
    logged_in = true;
    store.header().live_connections.fetch_add(1, std::memory_order_relaxed);
    before_shmem_exit(at_logout, 0);
}

// The server sets its counter back between transactions alone.
void begin_watch() {
    idle_transaction_watched = true;
    idle_at_begin_us = pgStatTransactionIdleTime;
}

void judge_idle_in(Unit &unit, uint32 transaction, int64 idle_us) {
    judge_idle(unit, IdleTransaction{transaction, idle_us, GetCurrentTimestamp(), true}, settings);
}

bool is_idle_for_long(int64 idle_us) {
    return idle_us >= int64{1000} * settings.thresholds[rule_index::idle_in_transaction][0];
}

// In the unit that the transaction's statements are in.
pg_noinline void judge_idle_transaction(uint32 transaction, int64 idle_us) {
    const SlotWrite write;
    if (slot->unit.number != 0 && slot->unit.transaction == transaction) {
        judge_idle_in(slot->unit, transaction, idle_us);
        fold_findings(slot->unit, Foldable::of_transactions);
        return;
    }
    // Where no statement of the transaction's was looked at, the slot still says who ran the last one.
    begin_unit(alone, Mark::burst, client_as(GetUserId()));
    if (latest_traced_transaction == transaction) {
        const int lock = lock_traces + Store::partition_of(latest_trace);
        acquire_lock(lock, false);
        if (const Unit *traced = store.traces(lock - lock_traces).find(latest_trace)) {
            alone = *traced;
            alone.finding_count = 0;
        }
        release_lock(lock);
    }
    judge_idle_in(alone, transaction, idle_us);
    fold_findings(alone, Foldable::all);
}

void end_watch(uint32 transaction, int64 idle_us) {
    idle_transaction_watched = false;
    if (slot == nullptr || idle_us <= 0) return;
    slot->connection.idle_in_transaction_us += idle_us;
    // A walsender waits for who replicates.
    if (is_idle_for_long(idle_us) && is_client()) judge_idle_transaction(transaction, idle_us);
}

int64 pause_of(const PgBackendStatus &status, int64 now_us) {
    const bool idle = status.st_state == STATE_IDLEINTRANSACTION || status.st_state == STATE_IDLEINTRANSACTION_ABORTED;
    return idle ? Max(now_us - status.st_state_start_timestamp, 0) : 0;
}

} // namespace

void count_logins() {
    previous_authentication = ClientAuthentication_hook;
    ClientAuthentication_hook = authenticated;
}

void begin_slot_connection() {
    has_run_statements = true;
    slot_client = client_at_login();
    const Connection connection = is_client() ? new_connection(slot_client) : Connection{};
    {
        const SlotWrite write;
        slot->connection = connection;
    }
    if (connection.started_us == 0) return;
    judge_moment(slot_client, connection, false, [](ConnectionRecord &record, int64 now_us) {
        begin_connection(record, slot_client.application_name, now_us);
    });
}

void end_slot_connection() {
    const Connection connection = connection_of(*slot);
    if (connection.started_us == 0) return;
    {
        // From here on it is the table that shows it.
        const SlotWrite write;
        slot->connection.started_us = 0;
    }
    judge_moment(slot_client, connection, true,
                 [&](ConnectionRecord &record, int64 now_us) { end_connection(record, connection, now_us); });
}

void watch_idle_transaction(bool next) {
    if (next) {
        chained = true;
    } else if (!idle_transaction_watched) {
        begin_watch();
    }
}

void end_idle_transaction(uint32 transaction) {
    const PgStat_Counter now_us = pgStatTransactionIdleTime;
    end_watch(transaction, now_us - idle_at_begin_us);
    if (chained) begin_watch();
    chained = false;
}

void abandon_idle_transaction() {
    if (!idle_transaction_watched) return;
    const int64 pause_us = MyBEEntry != nullptr ? pause_of(*MyBEEntry, GetCurrentTimestamp()) : 0;
    end_watch(transaction_number(), pgStatTransactionIdleTime - idle_at_begin_us + pause_us);
}

int64 current_idle_us(int32 pid, int64 now_us) {
    const int count = pgstat_fetch_stat_numbackends();
    for (int i = 1; i <= count; ++i) {
        const LocalPgBackendStatus *backend = backend_status(i);
        if (backend != nullptr && backend->backendStatus.st_procpid == pid)
            return pause_of(backend->backendStatus, now_us);
    }
    return 0;
}

void note_traced_transaction(const TraceKey &key, uint32 transaction) {
    latest_trace = key;
    latest_traced_transaction = transaction;
}

} // namespace query_audit
