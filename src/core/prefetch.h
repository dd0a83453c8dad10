// Asking for memory ahead of its use.
#pragma once

namespace query_audit {

constexpr int cache_line_bytes = 64;

// The lines from this one on, which will be written to. Never fails, whatever the address.
// Always inlined: a function that only prefetches is one without effects to the compiler, and its call is left out.
template <int lines> [[gnu::always_inline]] inline void prefetch_for_write(const void *from) noexcept {
    for (int i = 0; i < lines; ++i) __builtin_prefetch(static_cast<const char *>(from) + i * cache_line_bytes, 1);
}

// The line, which others may write to.
[[gnu::always_inline]] inline void prefetch_for_read(const void *from) noexcept { __builtin_prefetch(from, 0); }

} // namespace query_audit
