// query_audit.index_candidates: the indexes that what was scanned asks for.

#include <algorithm>

#include "core/index_text.h"
#include "core/store.h"

#include "pg/index_catalog.h"
#include "pg/index_cause.h"
#include "pg/index_sql.h"
#include "pg/index_trial.h"
#include "pg/memory.h"
#include "pg/rows.h"
#include "pg/snapshot.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

// Of one statement on one table, for one role.
struct Scan {
    Oid relation;
    Oid user;
    uint64 fingerprint;
    ScanNeed need;
};

struct Scans {
    Scan *all;
    int count;
};

// Those of this database that the reader may see, table by table.
Scans visible_scans() {
    Store::Scans records = snapshot_scans();
    Scans scans{static_cast<Scan *>(palloc(sizeof(Scan) * (records.capacity() + 1))), 0};
    records.for_each([&](const ScanKey &key, const ScanRecord &record) {
        if (key.database != MyDatabaseId || !may_see(key.user) || !can_be_indexed(key.relation)) return;
        scans.all[scans.count++] = Scan{key.relation, key.user, key.fingerprint, need_of(record)};
    });
    std::sort(scans.all, scans.all + scans.count, [](const Scan &a, const Scan &b) {
        return a.relation != b.relation ? a.relation < b.relation : rows_saved(a.need) > rows_saved(b.need);
    });
    return scans;
}

// Whether a plan for unknown values may pass an index by that serves the known ones: it takes a range for a third of
// the table and LIMIT for a tenth of the rows, and knows neither a condition nor an expression's constant that the text
// gives as a value.
bool depends_on_values(const IndexCandidate &index) {
    const bool by_value = std::any_of(index.keys, index.keys + index.key_count, [](const IndexKey &key) {
        return key.use != KeyUse::equality && key.use != KeyUse::join;
    });
    const bool by_condition =
        std::any_of(index.conditions, index.conditions + index.condition_count, [](const IndexCondition &condition) {
            return condition.use == KeyUse::is_true || condition.use == KeyUse::is_false;
        });
    const bool by_constant = strchr(index.expression, '\'') != nullptr;
    return by_value || by_condition || by_constant || index.method != AccessMethod::btree;
}

class TableWriter {
  public:
    TableWriter(const Scan *scans, int count, const char *no_trials, RowWriter &row)
        : scans_(scans), count_(count), no_trials_(no_trials), row_(row) {}

    void write() {
        const auto places = static_cast<Size>(count_);
        auto *needs = static_cast<ScanNeed *>(palloc(sizeof(ScanNeed) * places));
        auto *proposals = static_cast<Proposal *>(palloc(sizeof(Proposal) * places));
        verdicts_ = static_cast<NeedVerdict *>(palloc(sizeof(NeedVerdict) * places));
        for (int i = 0; i < count_; ++i) needs[i] = scans_[i].need;
        table_ = read_catalog_table(relation(), expressions_of(needs));
        read_columns(relation(), table_.partitioned, needs, count_, table_.table);
        const int proposed = propose_indexes(needs, count_, table_.table, proposals, verdicts_);
        for (int i = 0; i < proposed; ++i) write_proposal(proposals[i], i);
    }

  private:
    [[nodiscard]] Oid relation() const { return scans_[0].relation; }

    const char *const *expressions_of(const ScanNeed *needs) const {
        auto **expressions = static_cast<const char **>(palloc0(sizeof(char *) * static_cast<Size>(count_ + 1)));
        int known = 0;
        for (int i = 0; i < count_; ++i) {
            if (needs[i].need.expression[0] != '\0') expressions[known++] = needs[i].need.expression;
        }
        return expressions;
    }

    // The statements that the proposal serves; they are in the order of what they save.
    int serve(int proposal, TrialStatement *statements) const {
        int served = 0;
        for (int i = 0; i < count_; ++i) {
            if (verdicts_[i].verdict != Verdict::proposed || verdicts_[i].place != proposal) continue;
            statements[served++] = TrialStatement{scans_[i].fingerprint, scans_[i].user};
        }
        return served;
    }

    Trial try_sql(const IndexSql &sql, const TrialStatement *statements, int served) const {
        Trial trial{};
        trial.reason = no_trials_;
        return no_trials_ == nullptr ? try_index(relation(), sql.plain, statements, served) : trial;
    }

    bool exists(const IndexCandidate &index) const {
        return std::any_of(table_.table.indexes, table_.table.indexes + table_.table.index_count,
                           [&](const ExistingIndex &existing) { return index_serves(existing, index); });
    }

    // What an index holds beside its keys must show in the costs of the plans, where these are known. False where no
    // index is left to show.
    bool try_without_includes(Proposal &proposal, IndexSql &sql, Trial &trial, const TrialStatement *statements,
                              int served) const {
        if (proposal.index.include_count == 0 || trial.outcome == TrialOutcome::not_tried) return true;
        Proposal plain = proposal;
        plain.index.include_count = 0;
        if (exists(plain.index)) return trial.outcome == TrialOutcome::helps;
        plain.bytes = estimated_bytes(plain.index, table_.table);
        IndexSql plain_sql{};
        if (!write_index_sql(relation(), table_, plain.index, plain_sql)) return false;
        const Trial plain_trial = try_sql(plain_sql, statements, served);
        if (is_better(trial, plain_trial)) return true;
        proposal = plain;
        sql = plain_sql;
        trial = plain_trial;
        return true;
    }

    void write_proposal(Proposal proposal, int place) {
        IndexSql sql{};
        if (!write_index_sql(relation(), table_, proposal.index, sql)) return;
        auto *statements = static_cast<TrialStatement *>(palloc(sizeof(TrialStatement) * static_cast<Size>(count_)));
        const int served = serve(place, statements);
        Trial trial = try_sql(sql, statements, served);
        if (!try_without_includes(proposal, sql, trial, statements, served)) return;
        if (trial.outcome == TrialOutcome::unused) {
            if (!depends_on_values(proposal.index)) return;
            trial.reason = "a plan for unknown values does not use it, which says little of one for these conditions";
        }
        write_row(proposal, sql, statements, served, trial);
    }

    void write_row(const Proposal &proposal, const IndexSql &sql, const TrialStatement *statements, int served,
                   const Trial &trial) {
        const bool verified = trial.outcome == TrialOutcome::helps;
        row_.database_text(sql.relation);
        row_.database_text(sql.create);
        row_.database_text(sql.drop);
        write_statements(statements, served);
        row_.bigint(proposal.calls);
        row_.bigint(static_cast<int64>(proposal.rows_saved));
        row_.bigint(trial.bytes > 0 ? trial.bytes : static_cast<int64>(proposal.bytes));
        write_cost(verified, trial.cost_before);
        write_cost(verified, trial.cost_after);
        row_.boolean(verified);
        write_reason(proposal, sql, trial);
        row_.finish();
    }

    void write_cost(bool known, double cost) {
        if (known) {
            row_.number(cost);
        } else {
            row_.null();
        }
    }

    // Several roles may have run the same.
    void write_statements(const TrialStatement *statements, int served) {
        auto *fingerprints = static_cast<uint64 *>(palloc(sizeof(uint64) * static_cast<Size>(served + 1)));
        auto **queries = static_cast<const char **>(palloc(sizeof(char *) * static_cast<Size>(served + 1)));
        int count = 0;
        for (int i = 0; i < served; ++i) {
            const uint64 fingerprint = statements[i].fingerprint;
            if (std::find(fingerprints, fingerprints + count, fingerprint) != fingerprints + count) continue;
            fingerprints[count] = fingerprint;
            queries[count++] = text_of_fingerprint(fingerprint);
        }
        row_.bigint(count);
        row_.fingerprints(fingerprints, count);
        row_.texts(queries, count);
    }

    void write_reason(const Proposal &proposal, const IndexSql &sql, const Trial &trial) {
        StringInfoData reason;
        initStringInfo(&reason);
        if (needs_trigrams(sql.plain)) {
            appendStringInfoString(&reason, "needs CREATE EXTENSION pg_trgm first; ");
        }
        if (trial.outcome == TrialOutcome::helps) {
            appendStringInfoString(&reason, "planned with HypoPG: the index is used and costs less");
        } else {
            appendStringInfo(&reason, "not verified: %s", trial.reason);
        }
        if (proposal.index.include_count > 0) {
            appendStringInfoString(&reason, "; with the columns that are only returned in it the table is not visited");
            const char *replaced = replaced_index(table_, proposal.index);
            if (replaced != nullptr) appendStringInfo(&reason, "; it can take the place of the index %s", replaced);
        }
        if (sql.indexed_parts > 0) {
            appendStringInfo(
                &reason,
                "; %d of %d partitions have this index already: it becomes a part of the new one, and goes with it",
                sql.indexed_parts, sql.parts);
        }
        if (const char *other = why_not_served(table_, proposal.index)) appendStringInfo(&reason, "; %s", other);
        row_.text(reason.data);
    }

    const Scan *scans_;
    int count_;
    const char *no_trials_;
    RowWriter &row_;
    NeedVerdict *verdicts_ = nullptr;
    CatalogTable table_{};
};

} // namespace
} // namespace query_audit

extern "C" {
PG_FUNCTION_INFO_V1(pg_query_audit_index_candidates_0_1);

Datum pg_query_audit_index_candidates_0_1(PG_FUNCTION_ARGS) {
    using namespace query_audit;
    require_loaded();
    RowWriter row(fcinfo);
    const Scans scans = visible_scans();
    const char *no_trials = nullptr;
    (void)trials_are_possible(&no_trials);
    for (int first = 0, end = 0; first < scans.count; first = end) {
        while (end < scans.count && scans.all[end].relation == scans.all[first].relation) ++end;
        TableWriter(scans.all + first, end - first, no_trials, row).write();
    }
    return static_cast<Datum>(0);
}
}
