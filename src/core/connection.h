// Connections: what those of one role and application add up to.
//
// A backend's slot holds its own connection; the table of connections holds what began, under the role that logged in
// and the application_name of the first statement, and what ended. Those that are alive are added when it is read.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/finding.h"

namespace query_audit {

struct ConnectionKey {
    std::uint64_t application; // hash of application_name
    std::uint32_t database;    // OID
    std::uint32_t user;        // OID of who logged in
};

// Events of the last minute, to five seconds.
struct MinuteCount {
    static constexpr int steps = 12;
    static constexpr std::int64_t step_us = 5'000'000;

    std::int64_t newest_step; // since 2000
    std::uint16_t count[steps];

    void add(std::int64_t now_us) noexcept;
    [[nodiscard]] std::uint32_t sum(std::int64_t now_us) const noexcept;
    void clear() noexcept { *this = MinuteCount{}; }

  private:
    void move_to(std::int64_t step) noexcept;
};

// One connection, in its backend's slot.
struct Connection {
    ConnectionKey key;
    std::int64_t started_us;  // microseconds since 2000-01-01 UTC; 0: it is no client's
    std::uint64_t statements; // without those that the slot's counters still hold
    std::int64_t busy_ns;     // of the same
    std::int64_t idle_in_transaction_us;
};

struct ConnectionRecord {
    std::int64_t connections; // that began
    std::int64_t live;        // of these, the ones that have not ended
    std::int64_t peak;        // of live
    std::int64_t ended;
    std::int64_t brief; // of these, the ones that churn is about
    std::int64_t statements;
    std::int64_t lifetime_us; // of those that ended, like the next three and the statements
    std::int64_t max_lifetime_us;
    std::int64_t busy_ns;
    std::int64_t idle_in_transaction_us;
    std::int64_t first_seen_us;
    std::int64_t last_seen_us;
    std::int64_t pressed_us;     // when pressure was reported last
    std::int64_t pressed_in_use; // connections in use then
    MinuteCount brief_lately;
    char application_name[application_name_bytes];
};
static_assert(std::is_trivially_copyable_v<ConnectionRecord> && std::is_standard_layout_v<ConnectionRecord>);

// A connection at its start or end, as rules see it.
struct ConnectionMoment {
    bool ended;
    std::int64_t now_us;
    std::int64_t lifetime_us; // so far
    std::uint64_t statements; // so far
    std::int64_t in_use;      // connections of all roles and applications
    std::int64_t max_connections;
    std::int64_t busy_ns; // of all connections with its key, those that live too
};

[[nodiscard]] ConnectionKey connection_key(std::uint32_t database, std::uint32_t user,
                                           const char (&application_name)[application_name_bytes]) noexcept;

// Counts a connection in; an empty record becomes its kind's.
void begin_connection(ConnectionRecord &record, const char (&application_name)[application_name_bytes],
                      std::int64_t now_us) noexcept;

// Adds what a connection was. REQUIRES: it was counted in.
void end_connection(ConnectionRecord &record, const Connection &connection, std::int64_t now_us) noexcept;

// Adds what a connection that goes on is so far, for readers.
void add_live(ConnectionRecord &record, const Connection &connection, std::int64_t now_us) noexcept;

} // namespace query_audit
