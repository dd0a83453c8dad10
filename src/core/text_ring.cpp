#include "core/text_ring.h"

#include <cstring>

#include "core/text.h"

namespace query_audit {
namespace {

std::uint32_t round_up(std::uint32_t size) noexcept { return (size + 15) & ~std::uint32_t{15}; }

} // namespace

std::size_t TextRing::bytes(std::uint32_t texts, std::uint32_t text_bytes) noexcept {
    return sizeof(Header) + Table::bytes(texts) + round_up(text_bytes);
}

TextRing::TextRing(void *memory) noexcept : memory_(static_cast<char *>(memory)) {}

void TextRing::create(std::uint32_t texts, std::uint32_t text_bytes) noexcept {
    header() = Header{texts, round_up(text_bytes), 0, 0, 0, 0};
    table().create(texts);
}

void TextRing::clear() noexcept {
    header().head = header().tail = 0;
    header().used = 0;
    table().clear();
}

char *TextRing::ring() const noexcept { return memory_ + sizeof(Header) + Table::bytes(header().texts); }

std::uint64_t TextRing::evictions() const noexcept { return header().evictions + table().evictions(); }

std::uint64_t TextRing::bytes_used() const noexcept { return header().used; }

TextRing::Record TextRing::record_at(std::uint32_t offset) const noexcept {
    Record record;
    std::memcpy(&record, ring() + offset, sizeof(record));
    return record;
}

void TextRing::write(std::uint32_t offset, const Record &record, std::string_view text) noexcept {
    std::memcpy(ring() + offset, &record, sizeof(record));
    if (!text.empty()) std::memcpy(ring() + offset + sizeof(record), text.data(), text.size());
}

void TextRing::forget(std::uint64_t fingerprint, std::uint32_t offset) noexcept {
    const std::uint32_t *place = table().find(fingerprint);
    if (place != nullptr && *place == offset) {
        table().erase(fingerprint);
        ++header().evictions;
    }
}

void TextRing::drop_oldest() noexcept {
    Header &head = header();
    const Record oldest = record_at(head.tail);
    if (oldest.fingerprint != 0) forget(oldest.fingerprint, head.tail);
    head.used -= oldest.size;
    head.tail = head.tail + oldest.size < head.text_bytes ? head.tail + oldest.size : 0;
}

bool TextRing::contains(std::uint64_t fingerprint) const noexcept { return table().find(fingerprint) != nullptr; }

std::string_view TextRing::find(std::uint64_t fingerprint) const noexcept {
    const std::uint32_t *offset = table().find(fingerprint);
    if (offset == nullptr) return {};
    const Record record = record_at(*offset);
    if (record.fingerprint != fingerprint) return {};
    return {ring() + *offset + sizeof(Record), record.length};
}

bool TextRing::is_sound(std::uint32_t texts, std::uint32_t text_bytes) const noexcept {
    const Header &head = header();
    if (head.texts != texts || head.text_bytes != round_up(text_bytes) || head.head >= head.text_bytes ||
        head.tail >= head.text_bytes || head.used > head.text_bytes || !table().is_sound(texts)) {
        return false;
    }
    // The records from the oldest on, one after the other, up to where the next is written. Each text that the table
    // knows is one of these, and no other record bears its name.
    std::uint32_t offset = head.tail;
    std::uint32_t known = 0;
    std::uint64_t used = 0;
    while (used < head.used) {
        if (head.text_bytes - offset < sizeof(Record)) return false;
        const Record record = record_at(offset);
        if (record.size < sizeof(Record) || record.size % 16 != 0 || record.size > head.text_bytes - offset ||
            record.length > record.size - sizeof(Record)) {
            return false;
        }
        const std::uint32_t *place = record.fingerprint != 0 ? table().find(record.fingerprint) : nullptr;
        if (place != nullptr && *place == offset) ++known;
        used += record.size;
        offset = offset + record.size < head.text_bytes ? offset + record.size : 0;
    }
    return used == head.used && offset == head.head && known == table().count();
}

void TextRing::publish(std::uint64_t fingerprint, std::string_view text) noexcept {
    if (fingerprint == 0 || contains(fingerprint)) return;
    Header &head = header();
    text = utf8_prefix(text, head.text_bytes / 16 - sizeof(Record));
    const std::uint32_t size = round_up(static_cast<std::uint32_t>(sizeof(Record) + text.size()));

    // A record does not wrap: what is left at the end becomes filler.
    if (const std::uint32_t left = head.text_bytes - head.head; left < size) {
        while (head.used + left > head.text_bytes) drop_oldest();
        write(head.head, Record{0, 0, left}, {});
        head.used += left;
        head.head = 0;
    }
    while (head.used + size > head.text_bytes) drop_oldest();
    write(head.head, Record{fingerprint, static_cast<std::uint32_t>(text.size()), size}, text);
    bool inserted = false;
    const std::uint32_t offset = head.head;
    table().find_or_insert(fingerprint, inserted) = offset;
    head.used += size;
    head.head = offset + size < head.text_bytes ? offset + size : 0;
}

} // namespace query_audit
