// Reads that recur with the same values from one unit of work to the next: what a cache would serve.
//
// A unit that ends, and a transaction of several statements in a burst, hands over its two most repeated reads. They
// wait in their backend's slot until some are added to the table of cache candidates at once. What is there is a
// sample, so counts are never too high.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/unit.h"

namespace query_audit {

struct RepeatedRead {
    std::uint64_t statement; // what its text is kept under
    std::uint64_t relation_mask;
    std::uint32_t relation;   // OID of the first
    std::uint32_t parameters; // of their hash
    std::uint32_t calls;      // where a mark holds the unit together, one: it could have kept what it had
    std::uint32_t units;
    std::uint32_t user;        // OID of who ran it, who may be another than the next one on this connection
    std::uint32_t application; // of the hash of its application_name
    std::int64_t execution_ns; // of one
    std::int64_t last_seen_us;
};

constexpr int reads_of_a_unit = 2;
constexpr int max_pending_reads = 8;

struct PendingReads {
    std::uint64_t written; // bits of relation masks, of units with writes
    std::uint32_t count;
    std::uint32_t padding;
    RepeatedRead reads[max_pending_reads];
};

// The reads of a unit that ends, or as if it ended now. What is there already is counted up; where there is no room the
// least repeated makes some.
void note_reads(PendingReads &pending, const Unit &unit) noexcept;

// Those of the unit's open transaction, which is about to end, where it is no part of the burst around it.
void note_transaction_reads(PendingReads &pending, const Unit &unit) noexcept;

struct CacheKey {
    std::uint64_t statement;
    std::uint32_t parameters;
    std::uint32_t database;
    std::uint32_t user;
    std::uint32_t padding;
};

struct CacheRecord {
    std::uint64_t relation_mask;
    std::uint32_t relation;
    std::uint32_t writes; // to its relations meanwhile; those of several units that are added together are one
    std::int64_t calls;
    std::int64_t units;
    std::int64_t execution_ns; // of all calls
    std::int64_t first_seen_us;
    std::int64_t last_seen_us;
    std::int64_t reported_calls;
    std::int64_t reported_ns;
    char application_name[application_name_bytes];
};
static_assert(std::is_trivially_copyable_v<CacheRecord> && std::is_standard_layout_v<CacheRecord>);

void add_read(CacheRecord &record, const RepeatedRead &read, const ClientIdentity &client) noexcept;

} // namespace query_audit
