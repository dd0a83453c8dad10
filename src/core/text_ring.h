// TextRing: statement texts, each kept once, in a ring of bytes of fixed size.
//
// A new text overwrites the oldest ones; a backend that meets a statement whose text is gone publishes it again. A
// reader gets the text or nothing, never another's. Same memory and concurrency contract as FlatTable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/flat_table.h"

namespace query_audit {

class TextRing {
  public:
    [[nodiscard]] static std::size_t bytes(std::uint32_t texts, std::uint32_t text_bytes) noexcept;

    explicit TextRing(void *memory) noexcept;

    // REQUIRES: memory of bytes(texts, text_bytes), aligned to 8.
    void create(std::uint32_t texts, std::uint32_t text_bytes) noexcept;
    void clear() noexcept;

    // Whether a text is held for this fingerprint.
    [[nodiscard]] bool contains(std::uint64_t fingerprint) const noexcept;

    // Keeps a text, cut to the longest that the ring holds (a sixteenth of it). Does nothing when it is held already.
    void publish(std::uint64_t fingerprint, std::string_view text) noexcept;

    // The text, valid until the next publish or clear; empty when it is not held.
    [[nodiscard]] std::string_view find(std::uint64_t fingerprint) const noexcept;

    // As FlatTable's: whether memory that somebody else wrote holds a ring of these sizes.
    [[nodiscard]] bool is_sound(std::uint32_t texts, std::uint32_t text_bytes) const noexcept;

    [[nodiscard]] std::uint32_t count() const noexcept { return table().count(); }
    [[nodiscard]] std::uint64_t evictions() const noexcept;
    [[nodiscard]] std::uint64_t bytes_used() const noexcept;

  private:
    struct Header {
        std::uint32_t texts;
        std::uint32_t text_bytes;
        std::uint32_t head; // where the next text is written
        std::uint32_t tail; // the oldest text
        std::uint64_t used;
        std::uint64_t evictions; // to make room in the ring; the table counts its own
    };
    struct Record {
        std::uint64_t fingerprint; // 0: filler up to the end of the ring
        std::uint32_t length;      // of the text
        std::uint32_t size;        // of record and text, a multiple of 16
    };
    using Table = FlatTable<std::uint64_t, std::uint32_t>; // fingerprint to offset of its record

    [[nodiscard]] Header &header() const noexcept { return *reinterpret_cast<Header *>(memory_); }
    [[nodiscard]] Table table() const noexcept { return Table(memory_ + sizeof(Header)); }
    [[nodiscard]] char *ring() const noexcept;
    [[nodiscard]] Record record_at(std::uint32_t offset) const noexcept;
    void write(std::uint32_t offset, const Record &record, std::string_view text) noexcept;
    void drop_oldest() noexcept;
    void forget(std::uint64_t fingerprint, std::uint32_t offset) noexcept;

    char *memory_;
};

} // namespace query_audit
