// How bad what was found is.
#pragma once

#include <cstdint>

namespace query_audit {

enum class Severity : std::uint8_t { info = 0, warning = 1, critical = 2 };

[[nodiscard]] const char *severity_name(Severity severity) noexcept;

} // namespace query_audit
