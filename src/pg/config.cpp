#include <algorithm>
#include <cstdio>
#include <cstring>

#include "core/rules/list.h"

#include "pg/config.h"

#include "pg/pg.h"

namespace query_audit {

QUERY_AUDIT_HOT_DATA Mode mode = Mode::none;
Settings settings;
QUERY_AUDIT_HOT_DATA bool enabled = true;
bool save = true;
QUERY_AUDIT_HOT_DATA bool track_lineage = true;
int max_parse_kb = 32;

namespace {

int max_statements = 5000;
int max_findings = 1000;
int max_scans = 500;
int max_traces = 56;
int max_units = 128;
int max_connection_kinds = 64;
int max_cache_candidates = 96;
int text_memory_kb = 1536;
char *disabled_rules = nullptr;

// A session's store serves one backend, so it is smaller, and fixed: its sizes cannot be set before it is there.
constexpr StoreConfig session_config = {1, 500, 100, 100, 500, 16, 256 * 1024, 32, 4, 32};

struct RuleList {
    uint64 mask;
};

bool check_disabled_rules(char **value, void **extra, GucSource) {
    RuleList *list = static_cast<RuleList *>(allocate_setting(sizeof(RuleList)));
    char *copy = pstrdup(*value);
    List *names = NIL;
    if (list == nullptr) return false;
    list->mask = 0;
    if (!SplitIdentifierString(copy, ',', &names)) {
        GUC_check_errdetail("List syntax is invalid.");
        free_setting(list);
        return false;
    }
    ListCell *cell;
    foreach (cell, names) {
        const char *name = static_cast<const char *>(lfirst(cell));
        const int index = find_rule(name);
        if (index < 0) {
            char known[1024];
            TextWriter writer(known, sizeof(known));
            for (int r = 0; r < rule_count(); ++r) {
                if (r > 0) writer.append(", ");
                writer.append(rule(r).id);
            }
            GUC_check_errdetail("There is no rule named \"%s\".", name);
            GUC_check_errhint("Rules: %s.", known);
            free_setting(list);
            return false;
        }
        list->mask |= UINT64CONST(1) << index;
    }
    *extra = list;
    return true;
}

void assign_disabled_rules(const char *, void *extra) {
    settings.disabled_rules = extra != nullptr ? static_cast<RuleList *>(extra)->mask : 0;
}

// The server knows some units, and takes values in others of their kind then.
int flags_of_unit(const char *unit) {
    if (strcmp(unit, "ms") == 0) return GUC_UNIT_MS;
    return strcmp(unit, "kB") == 0 ? GUC_UNIT_KB : 0;
}

// Asked for at every execution, so computed when a setting has changed.
QUERY_AUDIT_HOT_DATA int known_least_rows = 0; // 0: not known

void forget_least_rows(int, void *) { known_least_rows = 0; }

pg_noinline int find_least_rows() {
    int least = settings.thresholds[rule_index::seq_scan][0];
    for (const int rule : {rule_index::leading_wildcard, rule_index::non_sargable, rule_index::unindexed_sort,
                           rule_index::stale_statistics}) {
        least = std::min(least, settings.thresholds[rule][0]);
    }
    return known_least_rows = least;
}

void define_thresholds() {
    for (int r = 0; r < rule_count(); ++r) {
        for (int t = 0; t < max_thresholds; ++t) {
            const Threshold &threshold = rule(r).thresholds[t];
            if (threshold.name == nullptr) break;
            char name[128];
            std::snprintf(name, sizeof(name), "pg_query_audit.%s_%s", rule(r).id, threshold.name);
            char description[256];
            std::snprintf(description, sizeof(description), "%s (%s).", threshold.description, threshold.unit);
            DefineCustomIntVariable(
                MemoryContextStrdup(TopMemoryContext, name), MemoryContextStrdup(TopMemoryContext, description),
                nullptr, &settings.thresholds[r][t], threshold.default_value, threshold.minimum, threshold.maximum,
                PGC_SUSET, flags_of_unit(threshold.unit), nullptr, forget_least_rows, nullptr);
        }
    }
}

void define_size(const char *name, const char *description, int *value, int minimum, int maximum, int flags) {
    DefineCustomIntVariable(name, description, nullptr, value, *value, minimum, maximum, PGC_POSTMASTER, flags, nullptr,
                            nullptr, nullptr);
}

} // namespace

int least_rows_read() { return known_least_rows != 0 ? known_least_rows : find_least_rows(); }

void define_settings(bool server_mode) {
    settings = default_settings();
    DefineCustomBoolVariable("pg_query_audit.enabled", "Audits the statements of this session.", nullptr, &enabled,
                             true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomBoolVariable("pg_query_audit.track_lineage",
                             "Follows values from the rows of a list to the statements that they feed.",
                             "The first rows of lists are looked at, by hash. It proves which statement feeds a loop.",
                             &track_lineage, true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomStringVariable("pg_query_audit.disabled_rules", "Rules that report nothing, separated by commas.",
                               nullptr, &disabled_rules, "", PGC_SUSET, GUC_LIST_INPUT, check_disabled_rules,
                               assign_disabled_rules, nullptr);
    DefineCustomIntVariable("pg_query_audit.burst_gap_min",
                            "A pause shorter than this never ends a burst of statements outside a transaction.",
                            "Between the two bounds, ten times the client's usual pause ends it.",
                            &settings.burst_gap_min_ms, settings.burst_gap_min_ms, 1, 60000, PGC_SUSET, GUC_UNIT_MS,
                            nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_query_audit.burst_gap_max",
                            "A pause longer than this always ends a burst of statements outside a transaction.",
                            nullptr, &settings.burst_gap_max_ms, settings.burst_gap_max_ms, 1, 600000, PGC_SUSET,
                            GUC_UNIT_MS, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_query_audit.max_parse_size",
                            "Longer statements are counted by the server's query id, and not understood.", nullptr,
                            &max_parse_kb, max_parse_kb, 1, 1024, PGC_SUSET, GUC_UNIT_KB, nullptr, nullptr, nullptr);
    define_thresholds();
    if (server_mode) {
        define_size("pg_query_audit.max_statements", "Fingerprints (by database and role) that are kept.",
                    &max_statements, 100, 1000000, 0);
        define_size("pg_query_audit.max_findings", "Findings that are kept.", &max_findings, 10, 100000, 0);
        define_size("pg_query_audit.max_table_scans", "Scanned tables (by fingerprint) that are kept.", &max_scans, 10,
                    100000, 0);
        define_size("pg_query_audit.max_traces", "Traces, across backends, that are kept together.", &max_traces, 8,
                    10000, 0);
        define_size("pg_query_audit.max_units", "Kinds of units of work that are kept.", &max_units, 10, 100000, 0);
        define_size("pg_query_audit.max_cache_candidates",
                    "Reads with certain values that are counted over units of work.", &max_cache_candidates, 16, 100000,
                    0);
        define_size("pg_query_audit.max_connection_kinds",
                    "Kinds of connections (by database, role and application) that are kept.", &max_connection_kinds, 4,
                    100000, 0);
        define_size("pg_query_audit.text_memory", "Shared memory for the texts of statements.", &text_memory_kb, 64,
                    1024 * 1024, GUC_UNIT_KB);
        DefineCustomBoolVariable("pg_query_audit.save", "Keeps what was recorded across clean restarts.", nullptr,
                                 &save, true, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
    }
    MarkGUCPrefixReserved("pg_query_audit");
}

StoreConfig store_config(Mode for_mode, int slots) {
    if (for_mode != Mode::server) return session_config;
    StoreConfig config;
    config.slots = static_cast<uint32>(slots);
    config.statements = static_cast<uint32>(max_statements);
    config.findings = static_cast<uint32>(max_findings);
    config.scans = static_cast<uint32>(max_scans);
    config.shapes = static_cast<uint32>(max_statements);
    config.traces = static_cast<uint32>(max_traces);
    config.units = static_cast<uint32>(max_units);
    config.connections = static_cast<uint32>(max_connection_kinds);
    config.cache_candidates = static_cast<uint32>(max_cache_candidates);
    config.text_bytes = static_cast<uint32>(text_memory_kb) * 1024;
    config.server = PG_VERSION_NUM / 10000;
    return config;
}

} // namespace query_audit
