#include "core/connection.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/hash.h"

namespace query_audit {

void MinuteCount::move_to(std::int64_t step) noexcept {
    if (step - newest_step >= steps) std::fill_n(count, steps, std::uint16_t{0});
    for (std::int64_t s = std::max(newest_step + 1, step - steps + 1); s <= step; ++s) count[s % steps] = 0;
    newest_step = std::max(newest_step, step);
}

void MinuteCount::add(std::int64_t now_us) noexcept {
    move_to(now_us / step_us);
    std::uint16_t &now = count[newest_step % steps];
    if (now < UINT16_MAX) ++now;
}

std::uint32_t MinuteCount::sum(std::int64_t now_us) const noexcept {
    MinuteCount moved = *this;
    moved.move_to(now_us / step_us);
    std::uint32_t sum = 0;
    for (const std::uint16_t c : moved.count) sum += c;
    return sum;
}

ConnectionKey connection_key(std::uint32_t database, std::uint32_t user,
                             const char (&application_name)[application_name_bytes]) noexcept {
    return {hash_text(std::string_view(application_name)), database, user};
}

void begin_connection(ConnectionRecord &record, const char (&application_name)[application_name_bytes],
                      std::int64_t now_us) noexcept {
    if (record.first_seen_us == 0) {
        record.first_seen_us = now_us;
        std::memcpy(record.application_name, application_name, sizeof(record.application_name));
    }
    record.last_seen_us = now_us;
    ++record.connections;
    record.peak = std::max(record.peak, ++record.live);
}

void end_connection(ConnectionRecord &record, const Connection &connection, std::int64_t now_us) noexcept {
    if (record.live > 0) --record.live;
    ++record.ended;
    const std::int64_t lifetime_us = std::max<std::int64_t>(0, now_us - connection.started_us);
    record.lifetime_us += lifetime_us;
    record.max_lifetime_us = std::max(record.max_lifetime_us, lifetime_us);
    record.statements += static_cast<std::int64_t>(connection.statements);
    record.busy_ns += connection.busy_ns;
    record.idle_in_transaction_us += connection.idle_in_transaction_us;
    record.last_seen_us = now_us;
}

void add_live(ConnectionRecord &record, const Connection &connection, std::int64_t now_us) noexcept {
    const std::int64_t lifetime_us = std::max<std::int64_t>(0, now_us - connection.started_us);
    record.lifetime_us += lifetime_us;
    record.max_lifetime_us = std::max(record.max_lifetime_us, lifetime_us);
    record.statements += static_cast<std::int64_t>(connection.statements);
    record.busy_ns += connection.busy_ns;
    record.idle_in_transaction_us += connection.idle_in_transaction_us;
    record.last_seen_us = std::max(record.last_seen_us, now_us);
    record.peak = std::max(record.peak, ++record.live);
}

} // namespace query_audit
