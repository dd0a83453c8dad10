// query_audit.findings: what the rules saw.

#include "core/index_text.h"
#include "core/rules/rule.h"
#include "core/store.h"
#include "parse/parse.h"

#include "pg/index_cause.h"
#include "pg/index_sql.h"
#include "pg/relations.h"
#include "pg/rows.h"
#include "pg/snapshot.h"
#include "pg/table_facts.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr size_t sql_capacity = 8192;

// "documents.tenant_id (parent column 2) feeds tenants.id = $1".
void write_lineage(const FindingRecord &record, const char *query, TextWriter &lineage) {
    const ColumnOrigin &from = record.finding.lineage;
    const bool here = record.client.database == MyDatabaseId && OidIsValid(from.relation);
    const char *relation = here ? get_rel_name(from.relation) : nullptr;
    const char *column = relation != nullptr ? get_attname(from.relation, from.attribute, true) : nullptr;
    if (column != nullptr) {
        lineage.append(quote_identifier(relation));
        lineage.append(".");
        lineage.append(quote_identifier(column));
        lineage.append(psprintf(" (parent column %d)", from.number));
    } else {
        lineage.append(psprintf("parent column %d", from.number));
    }
    char key[2 * NAMEDATALEN + 32];
    const auto key_number = static_cast<int32>(record.finding.lineage_key);
    query_audit_describe_key(query, strlen(query), key_number, key, sizeof(key));
    lineage.append(" feeds ");
    lineage.append(key[0] != '\0' ? key : "the statement's key");
}

// An estimate from the mean execution: what it would take with 10 and 100 times the rows.
void write_scaling(StringInfo json, const RuleDescriptor &rule_of, const UnitFinding &finding) {
    if (rule_of.scale == nullptr || finding.calls == 0) return;
    const Scaling scaling = rule_of.scale(finding);
    if (scaling.growth == Growth::none) return;
    json_key(json, "growth");
    json_string(json, growth_name(scaling.growth));
    const int64 mean_ns = finding.execution_ns / static_cast<int64>(finding.calls);
    for (const int factor : {10, 100}) {
        json_key(json, psprintf("ms_at_%dx", factor));
        appendStringInfo(json, "%.3f", static_cast<double>(projected_ns(scaling, mean_ns, factor)) / 1e6);
    }
}

char *evidence_json(const FindingRecord &record, const char *query) {
    const UnitFinding &finding = record.finding;
    const RuleDescriptor &rule_of = rule(finding.rule);
    StringInfoData json;
    initStringInfo(&json);
    appendStringInfoChar(&json, '{');
    json_key(&json, "mark");
    json_string(&json, mark_name(finding.mark));
    for (int i = 0; i < max_evidence && rule_of.evidence_names[i] != nullptr; ++i) {
        if (finding.evidence[i] < 0) continue;
        json_key(&json, rule_of.evidence_names[i]);
        const bool named = rule_of.name_evidence != nullptr;
        const char *name = named ? rule_of.name_evidence(i, finding.evidence[i]) : nullptr;
        if (name != nullptr) {
            json_string(&json, name);
        } else {
            appendStringInfo(&json, INT64_FORMAT, finding.evidence[i]);
        }
    }
    write_scaling(&json, rule_of, finding);
    if (finding.lineage.number != 0) {
        char lineage[512];
        TextWriter writer(lineage, sizeof(lineage));
        write_lineage(record, query, writer);
        json_key(&json, "lineage");
        json_string(&json, lineage);
    }
    if (finding.filter[0] != '\0') {
        json_key(&json, "filter");
        json_string(&json, finding.filter);
    }
    if (strcmp(rule_of.category, "execution") == 0 && finding.index_name[0] != '\0') {
        json_key(&json, "index");
        json_string(&json, finding.index_name);
    }
    if (rule_of.related_name != nullptr && finding.related[1] != 0) {
        json_key(&json, rule_of.related_name);
        appendStringInfoChar(&json, '[');
        for (int i = 0; i < max_related && finding.related[i] != 0; ++i) {
            if (i > 0) appendStringInfoString(&json, ", ");
            json_string(&json, text_of_fingerprint(finding.related[i]));
        }
        appendStringInfoChar(&json, ']');
    }
    json_key(&json, "reasons");
    appendStringInfoChar(&json, '[');
    const char *separator = "";
    for (int i = 0; i < static_cast<int>(Reason::count_); ++i) {
        if ((finding.reasons & reason_bit(static_cast<Reason>(i))) == 0) continue;
        appendStringInfoString(&json, separator);
        json_string(&json, reason_name(static_cast<Reason>(i)));
        separator = ", ";
    }
    appendStringInfoString(&json, "]}");
    return json.data;
}

char *tags_json(const FindingRecord &record) {
    if (record.tags[0] == '\0') return nullptr;
    StringInfoData json;
    initStringInfo(&json);
    appendStringInfoChar(&json, '{');
    for (const char *tag = record.tags; *tag != '\0'; tag += strlen(tag) + 1) {
        const char *equals = strchr(tag, '=');
        if (equals == nullptr) break;
        json_key(&json, pnstrdup(tag, static_cast<Size>(equals - tag)));
        json_string(&json, equals + 1);
    }
    appendStringInfoChar(&json, '}');
    return json.data;
}

// A name may have a line end in it, which would end the comment, and what follows would run. Then there is none.
void append_comment(const char *lead, const char *text, TextWriter &sql) {
    if (strpbrk(text, "\r\n") != nullptr) return;
    sql.append(lead);
    sql.append(text);
}

// What the finding names is all that is needed: it may outlive its table.
void write_indexes(const FindingRecord &record, TextWriter &sql) {
    const UnitFinding &finding = record.finding;
    if (finding.relation_name[0] == '\0') return;
    const bool here = record.client.database == MyDatabaseId && can_be_indexed(finding.relation);
    bool prepared = false;
    for (const char *body = finding.index_columns; *body != '\0'; body = next_body(body)) {
        const IndexSql index =
            write_index_sql(here ? finding.relation : InvalidOid, finding.relation_name, body, finding.partitions > 0);
        if (!sql.view().empty()) sql.append("\n");
        if (!prepared && (!here || needs_trigrams(body))) prepared = write_prerequisite(body, sql);
        sql.append(index.create);
        append_comment("\n-- to undo: ", index.drop, sql);
    }
}

// What mends a finding: SQL, or why there is none. Both empty where its rule writes no SQL.
struct Remedy {
    char *sql;
    char *reason;
};

// Null where the reader's database is another one's than the statement's.
const RewriteFacts *facts_of(const FindingRecord &record, const char *text) {
    if (record.client.database != MyDatabaseId || !OidIsValid(record.finding.relation)) return nullptr;
    auto *facts = static_cast<RewriteFacts *>(palloc(sizeof(RewriteFacts)));
    *facts = table_facts(text, record.finding.relation);
    return facts;
}

bool write_aggregates(const UnitFinding &finding, char *sql) {
    TextSpan texts[max_related];
    size_t count = 0;
    for (; count < max_related && finding.related[count] != 0; ++count) {
        const char *text = text_of_fingerprint(finding.related[count]);
        texts[count] = {text, strlen(text)};
    }
    return query_audit_rewrite_aggregates(texts, count, sql, sql_capacity);
}

// The page by key follows as a comment: it takes other parameters, and the first page goes without.
bool write_page(const FindingRecord &record, const char *page, char *sql) {
    const size_t length = strlen(page);
    if (!query_audit_rewrite_page(page, length, sql, sql_capacity)) return false;
    char *by_key = static_cast<char *>(palloc0(sql_capacity));
    if (!query_audit_rewrite_keyset(page, length, facts_of(record, page), by_key, sql_capacity)) return true;
    TextWriter writer(sql + strlen(sql), sql_capacity - strlen(sql));
    writer.append(";");
    append_comment("\n-- from the second page on, by key: ", psprintf("%s;", by_key), writer);
    return true;
}

Remedy find_remedy(const FindingRecord &record, const char *query, const char *parent_query) {
    const UnitFinding &finding = record.finding;
    Remedy remedy{static_cast<char *>(palloc0(sql_capacity)), static_cast<char *>(palloc0(1))};
    char *sql = remedy.sql;
    const size_t length = strlen(query);
    bool written = true;
    switch (rule(finding.rule).fix) {
    case Fix::none:
        break;
    case Fix::create_index: {
        TextWriter writer(sql, sql_capacity);
        write_indexes(record, writer);
        break;
    }
    case Fix::analyze:
        if (finding.relation_name[0] != '\0') {
            TextWriter writer(sql, sql_capacity);
            for (const char *part : {"ANALYZE ", finding.relation_name, ";"}) writer.append(part);
        }
        break;
    case Fix::batch_child:
        written = query_audit_rewrite_batched(query, length, facts_of(record, query), sql, sql_capacity);
        break;
    case Fix::batch_write:
        written = query_audit_rewrite_write(query, length, facts_of(record, query), sql, sql_capacity);
        break;
    case Fix::filtered_aggregates:
        // One text with other values each time needs GROUP BY, as the advice says.
        written = finding.related[1] == 0 || write_aggregates(finding, sql);
        break;
    case Fix::page_without_count:
        written = write_page(record, parent_query, sql);
        break;
    case Fix::write_in_batches:
        written = query_audit_rewrite_batches(query, length, facts_of(record, query), sql, sql_capacity);
        break;
    case Fix::keyset_page:
        written = query_audit_rewrite_keyset(query, length, facts_of(record, query), sql, sql_capacity);
        break;
    }
    if (!written) {
        remedy.reason = sql;
        remedy.sql = static_cast<char *>(palloc0(1));
    }
    return remedy;
}

// Of a finding that an index would mend and that names none: the one that is there.
const char *index_cause(const FindingRecord &record) {
    const UnitFinding &finding = record.finding;
    if (rule(finding.rule).fix != Fix::create_index || finding.index_columns[0] != '\0') return nullptr;
    if (record.client.database != MyDatabaseId) return nullptr;
    ScanRecord scan;
    const ScanKey key{finding.fingerprint, record.client.database, record.client.user, finding.relation, 0};
    return find_scan(key, scan) ? why_not_used(finding.relation, need_of(scan)) : nullptr;
}

void write_advice(const FindingRecord &record, const Remedy &remedy, RowWriter &row) {
    char advice[2048];
    TextWriter writer(advice, sizeof(advice));
    rule(record.finding.rule).advise(record.finding, writer);
    if (remedy.reason[0] != '\0') {
        writer.append(" No such statement is written here: ");
        writer.append(remedy.reason);
    }
    if (const char *cause = index_cause(record)) {
        writer.append(" ");
        writer.append(cause);
    }
    row.text(writer.view());
}

// Empty for a table of another database, or one that is gone and was not scanned.
void find_relation_name(const FindingRecord &record, char (&name)[relation_name_bytes]) {
    const UnitFinding &finding = record.finding;
    assign_text(name, finding.relation_name);
    if (name[0] == '\0' && finding.relation != 0 && record.client.database == MyDatabaseId) {
        write_relation_name(finding.relation, name);
    }
}

uint64 public_id(const FindingKey &key, const FindingRecord &record, const char *relation) {
    const char *database = get_database_name(record.client.database);
    const char *user = GetUserNameFromId(record.client.user, true);
    FindingNames names{rule(record.finding.rule).id, {}, {}, {}};
    if (database != nullptr) names.database = database;
    if (user != nullptr) names.user = user;
    if (record.finding.parent_fingerprint == 0) names.relation = relation;
    return finding_id(key, names);
}

void write_row(const FindingKey &key, const FindingRecord &record, RowWriter &row) {
    const UnitFinding &finding = record.finding;
    const bool visible = may_see(record.client.user);
    char *query = text_of_fingerprint(finding.text_key);
    char *parent_query = text_of_fingerprint(finding.parent_fingerprint);
    char relation[relation_name_bytes] = "";
    // An id tells whoever guesses the statement that it was run.
    if (visible) {
        find_relation_name(record, relation);
        row.bigint(static_cast<int64>(public_id(key, record, relation)));
    } else {
        row.null();
    }
    row.text(rule(finding.rule).id);
    row.text(severity_name(finding.severity));
    row.text(confidence_name(finding.confidence));
    row.oid(record.client.database);
    row.oid(record.client.user);
    row.text(visible ? record.client.application_name : "");
    row.fingerprint(visible ? finding.fingerprint : 0);
    row.text(visible ? query : "<insufficient privilege>");
    row.fingerprint(visible ? finding.parent_fingerprint : 0);
    row.text(visible ? parent_query : "");
    row.text(relation);
    row.json(visible ? tags_json(record) : nullptr);
    row.bigint(static_cast<int64>(finding.occurrences));
    row.bigint(static_cast<int64>(finding.calls));
    row.bigint(static_cast<int64>(finding.rows));
    row.milliseconds(finding.execution_ns);
    row.milliseconds(finding.wall_ns);
    row.milliseconds(finding.saved_ns);
    row.timestamp(finding.first_seen_us);
    row.timestamp(finding.last_seen_us);
    row.json(visible ? evidence_json(record, query) : nullptr);
    if (visible) {
        const Remedy remedy = find_remedy(record, query, parent_query);
        write_advice(record, remedy, row);
        row.text(remedy.sql);
    } else {
        row.null();
        row.null();
    }
    row.finish();
}

} // namespace
} // namespace query_audit

extern "C" {
PG_FUNCTION_INFO_V1(pg_query_audit_findings_0_1);

Datum pg_query_audit_findings_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    RowWriter row(fcinfo);
    snapshot_findings().for_each(
        [&](const FindingKey &key, const FindingRecord &record) { write_row(key, record, row); });
    return static_cast<Datum>(0);
}
}
