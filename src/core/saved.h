// What a store kept in a file, to be taken over by the store of a new start.
//
// The file is the server's own, but it may come from another build, a broken disk or another tool. Nothing in it is
// followed before it was checked: whatever it holds, reading and writing the store afterwards stays in the store.
#pragma once

#include <cstddef>

#include "core/store.h"

namespace query_audit {

// Takes over the global part of another store with the same sizes: `image` holds the bytes from its header to its
// slots. False, and the store is as it was, where they cannot be a store's. The image is written to; its traces, which
// ended with their sessions, are left out. REQUIRES: nobody else uses the store; image aligned to 8.
[[nodiscard]] bool restore_store(const Store &store, void *image, std::size_t length) noexcept;

} // namespace query_audit
