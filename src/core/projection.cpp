#include "core/projection.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace query_audit {
namespace {

double times_slower(const Scaling &scaling, double factor) noexcept {
    // Below that, a logarithm would say more of the base than of the rows.
    const double rows = std::max(2.0, static_cast<double>(scaling.rows));
    const double deeper = std::log(rows * factor) / std::log(rows);
    switch (scaling.growth) {
    case Growth::none:
        return 0;
    case Growth::constant:
        return 1;
    case Growth::logarithmic:
        return deeper;
    case Growth::linear:
        return factor;
    case Growth::linearithmic:
        return factor * deeper;
    case Growth::quadratic:
        return factor * factor;
    }
    return 0;
}

} // namespace

std::int64_t projected_ns(const Scaling &scaling, std::int64_t ns, int factor) noexcept {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    const double projected = times_slower(scaling, factor) * static_cast<double>(std::max<std::int64_t>(ns, 0));
    return projected < static_cast<double>(most) ? static_cast<std::int64_t>(projected) : most;
}

const char *growth_name(Growth growth) noexcept {
    switch (growth) {
    case Growth::none:
        return "";
    case Growth::constant:
        return "constant";
    case Growth::logarithmic:
        return "log n";
    case Growth::linear:
        return "linear";
    case Growth::linearithmic:
        return "n log n";
    case Growth::quadratic:
        return "quadratic";
    }
    return "";
}

} // namespace query_audit
