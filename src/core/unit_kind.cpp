#include "core/unit_kind.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <initializer_list>

#include "core/hash.h"
#include "core/tags.h"
#include "core/text.h"

namespace query_audit {
namespace {

constexpr std::int64_t least_duration_ns = 1024; // the histogram's; a number of 1 falls into its first bucket

// The route, else controller#action as Rails writes it, else the job.
void write_route(const char (&tags)[tags_bytes], TextWriter &name) noexcept {
    const auto first_of = [&tags](std::initializer_list<std::string_view> keys) noexcept {
        for (const std::string_view key : keys) {
            if (const std::string_view value = tag_of(tags, key); !value.empty()) return value;
        }
        return std::string_view{};
    };
    if (const std::string_view route = tag_of(tags, "route"); !route.empty()) return name.append(route);
    const std::string_view controller = first_of({"namespaced_controller", "controller_with_namespace", "controller"});
    const std::string_view action = tag_of(tags, "action");
    name.append(controller);
    if (!controller.empty() && !action.empty()) name.append("#");
    name.append(action);
    if (name.view().empty()) name.append(first_of({"job", "sidekiq_job"}));
}

NamedBy write_name(const Unit &unit, TextWriter &name) noexcept {
    if (unit.route != 0) write_route(unit.tags, name);
    if (!name.view().empty()) return NamedBy::route;
    if (unit.mark == Mark::named_unit) {
        name.append(unit.name);
        return NamedBy::unit;
    }
    name.append(unit.client.application_name);
    return NamedBy::application;
}

} // namespace

EndedUnit end_of_unit(const Unit &unit) noexcept {
    EndedUnit ended{};
    TextWriter name(ended.name, sizeof(ended.name));
    ended.named_by = write_name(unit, name);
    ended.key.kind = hash_text(name.view(), static_cast<std::uint64_t>(ended.named_by) + 1);
    ended.key.database = unit.client.database;
    ended.key.user = unit.client.user;
    ended.wall_ns = std::max<std::int64_t>(0, unit.last_ns - unit.first_ns);
    ended.execution_ns = std::max<std::int64_t>(0, ended.wall_ns - unit.idle_ns);
    ended.first_seen_us = unit.first_seen_us;
    ended.last_seen_us = unit.last_seen_us;
    ended.statements = unit.position;
    std::uint32_t findings = unit.folded_findings;
    for (int i = 0; i < unit.finding_count; ++i) {
        if (unit.findings[i].confidence > Confidence::low) ++findings;
    }
    ended.findings = static_cast<std::uint16_t>(std::min<std::uint32_t>(findings, UINT16_MAX));
    return ended;
}

void add_unit(UnitKindRecord &record, const EndedUnit &unit) noexcept {
    if (record.units++ == 0) {
        record.named_by = unit.named_by;
        std::memcpy(record.name, unit.name, sizeof(record.name));
        record.first_seen_us = unit.first_seen_us;
    }
    record.statements += unit.statements;
    record.findings += unit.findings;
    record.wall_ns += unit.wall_ns;
    record.execution_ns += unit.execution_ns;
    record.max_wall_ns = std::max(record.max_wall_ns, unit.wall_ns);
    record.max_statements = std::max(record.max_statements, unit.statements);
    record.first_seen_us = std::min(record.first_seen_us, unit.first_seen_us);
    record.last_seen_us = std::max(record.last_seen_us, unit.last_seen_us);
    record.wall.add_fading(unit.wall_ns);
    record.of_statements.add_fading(unit.statements * least_duration_ns);
}

std::int64_t statements_quantile(const UnitKindRecord &record, double q) noexcept {
    const double middle = record.of_statements.quantile_ns(q) / least_duration_ns;
    // Buckets up to here hold one number each, the one that their middle is above.
    const double number = middle < 8 ? std::floor(middle) : std::round(middle);
    return std::min<std::int64_t>(static_cast<std::int64_t>(number), record.max_statements);
}

double wall_quantile_ns(const UnitKindRecord &record, double q) noexcept {
    return std::min(record.wall.quantile_ns(q), static_cast<double>(record.max_wall_ns));
}

const char *named_by_name(NamedBy named_by) noexcept {
    switch (named_by) {
    case NamedBy::route:
        return "route";
    case NamedBy::unit:
        return "unit";
    case NamedBy::application:
        break;
    }
    return "application";
}

} // namespace query_audit
