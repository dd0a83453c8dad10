#include "core/lineage.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "core/hash.h"
#include "core/text.h"
#include "core/unit.h"

namespace query_audit {
namespace {

constexpr int proving_values = 5;        // different ones, in their order
constexpr int proving_values_at_end = 3; // where the sample ends before the loop does
constexpr int most_attempts = 32;

std::uint32_t never_zero(std::uint64_t hash) noexcept {
    const auto folded = static_cast<std::uint32_t>(hash >> 32);
    return folded != 0 ? folded : 1;
}

const KeptSample *latest_sample(const Unit &unit, std::uint64_t list) noexcept {
    const KeptSample *latest = nullptr;
    for (const KeptSample &sample : unit.samples) {
        const bool newer = latest == nullptr || sample.serial > latest->serial;
        if (sample.serial != 0 && sample.key == list && newer) latest = &sample;
    }
    return latest;
}

// The first row from `from` up to `end` that holds one of the values, or -1.
int find_value(const std::uint32_t (&column)[sampled_rows], const std::uint32_t (&wanted)[2], int from,
               int end) noexcept {
    for (int row = from; row < end; ++row) {
        if (column[row] != 0 && (column[row] == wanted[0] || column[row] == wanted[1])) return row;
    }
    return -1;
}

// Whether the key is found in any column; notes where.
bool begins_in(const KeptSample &sample, const std::uint32_t (&wanted)[2], Lineage &lineage) noexcept {
    const int rows = static_cast<int>(sample.rows.rows);
    for (std::uint32_t c = 0; c < sample.rows.columns; ++c) {
        const int row = find_value(sample.rows.value[c], wanted, 0, rows);
        if (row < 0) continue;
        lineage.columns |= static_cast<std::uint16_t>(1u << c);
        lineage.row[c] = static_cast<std::uint8_t>(row);
    }
    return lineage.columns != 0;
}

void begin_lineage(const Unit &unit, Lineage &lineage, const KeyValues &keys) noexcept {
    for (std::uint32_t serial = unit.sample_serial; serial > 0 && serial + kept_samples > unit.sample_serial;
         --serial) {
        const KeptSample &sample = unit.samples[serial % kept_samples];
        if (sample.serial != serial) continue;
        for (int key = 0; key < followed_keys; ++key) {
            if (keys.hash[key][0] == 0) continue;
            Lineage begun{};
            begun.attempts = lineage.attempts;
            if (!begins_in(sample, keys.hash[key], begun)) continue;
            begun.list = sample.key;
            begun.sample = serial;
            begun.position = sample.position;
            begun.key = static_cast<std::uint8_t>(key);
            begun.found = 1;
            begun.last_value = keys.hash[key][0];
            lineage = begun;
            return;
        }
    }
}

void prove(Lineage &lineage, const RowSample &rows) noexcept {
    lineage.settled = lineage.proven = true;
    lineage.from = rows.origin[std::countr_zero(lineage.columns)];
}

void continue_lineage(const KeptSample &sample, Lineage &lineage, const std::uint32_t (&wanted)[2]) noexcept {
    if (sample.serial != lineage.sample) {
        lineage.sample = sample.serial;
        std::fill_n(lineage.row, sampled_columns, 0);
    }
    const int rows = static_cast<int>(sample.rows.rows);
    std::uint16_t held = 0;
    bool beyond = false; // the sample may have ended before the value came
    for (std::uint16_t left = lineage.columns; left != 0; left &= left - 1) {
        const int c = std::countr_zero(left);
        const int row = find_value(sample.rows.value[c], wanted, lineage.row[c], rows);
        if (row >= 0) {
            held |= static_cast<std::uint16_t>(1u << c);
            lineage.row[c] = static_cast<std::uint8_t>(row);
        } else if (sample.partial && find_value(sample.rows.value[c], wanted, 0, lineage.row[c]) < 0) {
            beyond = true;
        }
    }
    if (held != 0) {
        lineage.columns = held;
        if (++lineage.found >= proving_values) prove(lineage, sample.rows);
    } else if (beyond) {
        lineage.settled = true;
        if (lineage.found >= proving_values_at_end) prove(lineage, sample.rows);
    } else {
        const std::uint8_t attempts = lineage.attempts;
        lineage = Lineage{};
        lineage.attempts = attempts;
    }
}

bool read_uuid(std::string_view text, char (&bytes)[16]) noexcept {
    std::size_t digits = 0;
    for (const char c : text) {
        if (c == '-') continue;
        const int digit = hex_digit(c);
        if (digit < 0 || digits == 32) return false;
        const int high = digits % 2 == 0 ? 0 : static_cast<unsigned char>(bytes[digits / 2]) << 4;
        bytes[digits / 2] = static_cast<char>(high | digit);
        ++digits;
    }
    return digits == 32;
}

bool is_followed(const Lineage &lineage) noexcept { return !lineage.settled && lineage.attempts < most_attempts; }

} // namespace

std::uint32_t hash_sampled_integer(std::int64_t value) noexcept {
    return never_zero(hash_mix(static_cast<std::uint64_t>(value)));
}

std::uint32_t hash_sampled_bytes(std::string_view bytes) noexcept {
    if (bytes.size() > sizeof(std::uint64_t)) return never_zero(hash_text(bytes, 1));
    return never_zero(hash_combine(bytes.size() + 1, load_word(bytes.data(), bytes.size())));
}

void hash_sampled_literal(std::string_view literal, std::uint32_t (&hash)[2]) noexcept {
    hash[0] = hash[1] = 0;
    const bool quoted = literal.size() >= 2 && literal.front() == '\'' && literal.back() == '\'';
    const std::string_view text = quoted ? literal.substr(1, literal.size() - 2) : literal;
    if (text.find('\'') != std::string_view::npos) return; // a doubled quote, or another kind of string
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool integer = parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
    if (!quoted) {
        if (integer) hash[0] = hash_sampled_integer(number);
        return;
    }
    hash[0] = hash_sampled_bytes(text);
    char uuid[16];
    if (integer) {
        hash[1] = hash_sampled_integer(number);
    } else if (read_uuid(text, uuid)) {
        hash[1] = hash_sampled_bytes({uuid, sizeof(uuid)});
    }
}

void keep_sample(Unit &unit, const StatementEvent &event, std::uint32_t position) noexcept {
    KeptSample &kept = unit.samples[++unit.sample_serial % kept_samples];
    kept.key = event.series;
    kept.serial = unit.sample_serial;
    kept.position = position;
    kept.fingerprint = event.shape->fingerprint;
    kept.partial = event.rows > event.sample->rows || event.is(event_flag::in_progress);
    const RowSample &sample = *event.sample;
    kept.rows.rows = sample.rows;
    kept.rows.columns = sample.columns;
    std::copy_n(sample.origin, sample.columns, kept.rows.origin);
    std::memcpy(kept.rows.value, sample.value, sample.columns * sizeof(sample.value[0]));
}

bool wants_key_values(const Unit &unit, const StatementEvent &event) noexcept {
    if (!event.shape->has(shape_flag::keyed) || event.is(event_flag::failed)) return false;
    const Series *series = find_series(unit, event.series);
    return series == nullptr || is_followed(series->lineage);
}

void follow_keys(const Unit &unit, Lineage &lineage, const KeyValues &keys) noexcept {
    if (!is_followed(lineage)) return;
    ++lineage.attempts;
    const KeptSample *sample = lineage.list != 0 ? latest_sample(unit, lineage.list) : nullptr;
    if (sample != nullptr) {
        const std::uint32_t(&wanted)[2] = keys.hash[lineage.key];
        if (wanted[0] == 0 || wanted[0] == lineage.last_value) return;
        lineage.last_value = wanted[0];
        continue_lineage(*sample, lineage, wanted);
    }
    if (lineage.list == 0) begin_lineage(unit, lineage, keys);
}

} // namespace query_audit
