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
#include "pg/scan_index.h"
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
        auto *needs = static_cast<ScanNeed *>(palloc(sizeof(ScanNeed) * static_cast<Size>(count_)));
        for (int i = 0; i < count_; ++i) needs[i] = scans_[i].need;
        table_ = read_catalog_table(relation(), expressions_of(needs, count_));
        read_columns(relation(), table_.partitioned, needs, count_, table_.table);
        const auto places = static_cast<Size>(count_) * max_alternatives;
        parts_ = static_cast<ScanNeed *>(palloc(sizeof(ScanNeed) * places));
        scan_of_ = static_cast<int *>(palloc(sizeof(int) * places));
        proposals_ = static_cast<Proposal *>(palloc(sizeof(Proposal) * places));
        verdicts_ = static_cast<NeedVerdict *>(palloc(sizeof(NeedVerdict) * places));
        for (int i = 0; i < count_; ++i) {
            const int parts = split_alternatives(needs[i], table_.table, i + 1, parts_ + part_count_);
            std::fill_n(scan_of_ + part_count_, parts, i);
            part_count_ += parts;
        }
        const int proposed = propose_indexes(parts_, part_count_, table_.table, proposals_, verdicts_);
        for (int i = 0; i < proposed; ++i) write_proposal(i);
    }

  private:
    [[nodiscard]] Oid relation() const { return scans_[0].relation; }

    // A proposal on its way to a row.
    struct Entry {
        Proposal proposal;
        IndexSql sql;
        TrialStatement *statements; // that it serves, in the order of what they save
        int served;
        Trial trial;
        int others[max_alternatives]; // the proposals that an OR asks for beside this one
        int other_count;
    };

    void find_statements(int place, Entry &entry) const {
        entry.statements = static_cast<TrialStatement *>(palloc(sizeof(TrialStatement) * static_cast<Size>(count_)));
        int last = -1;
        for (int i = 0; i < part_count_; ++i) {
            if (!is_served_by(verdicts_[i], place)) continue;
            add_others(place, parts_[i].group, entry);
            if (scan_of_[i] == last) continue;
            last = scan_of_[i];
            entry.statements[entry.served++] = TrialStatement{scans_[last].fingerprint, scans_[last].user};
        }
    }

    void add_others(int place, int group, Entry &entry) const {
        if (group == 0) return;
        for (int i = 0; i < part_count_; ++i) {
            if (parts_[i].group != group || verdicts_[i].verdict != Verdict::proposed) continue;
            const int other = verdicts_[i].place;
            const int *const end = entry.others + entry.other_count;
            const bool known = other == place || std::find<const int *>(entry.others, end, other) != end;
            if (!known && entry.other_count < max_alternatives - 1) entry.others[entry.other_count++] = other;
        }
    }

    Trial try_sql(const IndexSql &sql, const Entry &entry) const {
        Trial trial{};
        trial.reason = no_trials_;
        if (no_trials_ != nullptr) return trial;
        TrialIndexes indexes{{sql.plain}, 1};
        for (int i = 0; i < entry.other_count; ++i) {
            IndexSql other{};
            if (write_index_sql(relation(), table_, proposals_[entry.others[i]].index, other)) {
                indexes.create[indexes.count++] = other.plain;
            }
        }
        return try_index(relation(), indexes, entry.statements, entry.served);
    }

    bool exists(const IndexCandidate &index) const {
        return std::any_of(table_.table.indexes, table_.table.indexes + table_.table.index_count,
                           [&](const ExistingIndex &existing) { return index_serves(existing, index); });
    }

    // What an index holds beside its keys must show in the costs of the plans, where these are known. False where no
    // index is left to show.
    bool try_without_includes(Entry &entry) const {
        Proposal plain = entry.proposal;
        if (plain.index.include_count == 0 || entry.trial.outcome == TrialOutcome::not_tried) return true;
        plain.index.include_count = 0;
        if (exists(plain.index)) return entry.trial.outcome == TrialOutcome::helps;
        plain.bytes = estimated_bytes(plain.index, table_.table);
        IndexSql plain_sql{};
        if (!write_index_sql(relation(), table_, plain.index, plain_sql)) return false;
        const Trial plain_trial = try_sql(plain_sql, entry);
        if (is_better(entry.trial, plain_trial)) return true;
        entry.proposal = plain;
        entry.sql = plain_sql;
        entry.trial = plain_trial;
        return true;
    }

    // Its own use, or that of what must be there beside it.
    [[nodiscard]] bool use_depends_on_values(const Entry &entry) const {
        return depends_on_values(entry.proposal.index) ||
               std::any_of(entry.others, entry.others + entry.other_count,
                           [this](int other) { return depends_on_values(proposals_[other].index); });
    }

    void write_proposal(int place) {
        Entry entry{};
        entry.proposal = proposals_[place];
        if (!write_index_sql(relation(), table_, entry.proposal.index, entry.sql)) return;
        find_statements(place, entry);
        entry.trial = try_sql(entry.sql, entry);
        if (!try_without_includes(entry)) return;
        if (entry.trial.outcome == TrialOutcome::unused) {
            if (!use_depends_on_values(entry)) return;
            entry.trial.reason =
                "a plan for unknown values does not use it, which says little of one for these conditions";
        }
        write_row(entry);
    }

    void write_row(const Entry &entry) {
        const Trial &trial = entry.trial;
        const bool verified = trial.outcome == TrialOutcome::helps;
        row_.database_text(entry.sql.relation);
        row_.database_text(entry.sql.create);
        row_.database_text(entry.sql.drop);
        write_statements(entry.statements, entry.served);
        row_.bigint(entry.proposal.calls);
        row_.bigint(static_cast<int64>(entry.proposal.rows_saved));
        row_.bigint(trial.bytes > 0 ? trial.bytes : static_cast<int64>(entry.proposal.bytes));
        write_cost(verified, trial.cost_before);
        write_cost(verified, trial.cost_after);
        row_.boolean(verified);
        write_reason(entry);
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

    void write_reason(const Entry &entry) {
        const IndexSql &sql = entry.sql;
        const IndexCandidate &index = entry.proposal.index;
        StringInfoData reason;
        initStringInfo(&reason);
        if (needs_trigrams(sql.plain)) {
            appendStringInfoString(&reason, "needs CREATE EXTENSION pg_trgm first; ");
        }
        if (entry.trial.outcome == TrialOutcome::helps) {
            appendStringInfoString(&reason, "planned with HypoPG: the index is used and costs less");
        } else {
            appendStringInfo(&reason, "not verified: %s", entry.trial.reason);
        }
        if (entry.other_count > 0) {
            appendStringInfoString(&reason,
                                   "; it answers a part of an OR, whose other parts take an index each as well");
        }
        if (index.include_count > 0) {
            appendStringInfoString(&reason, "; with the columns that are only returned in it the table is not visited");
            const char *replaced = replaced_index(table_, index);
            if (replaced != nullptr) appendStringInfo(&reason, "; it can take the place of the index %s", replaced);
        }
        if (sql.indexed_parts > 0) {
            appendStringInfo(
                &reason,
                "; %d of %d partitions have this index already: it becomes a part of the new one, and goes with it",
                sql.indexed_parts, sql.parts);
        }
        if (const char *other = why_not_served(table_, index)) appendStringInfo(&reason, "; %s", other);
        row_.text(reason.data);
    }

    const Scan *scans_;
    int count_;
    const char *no_trials_;
    RowWriter &row_;
    ScanNeed *parts_ = nullptr; // the scans' needs, each part of an OR by itself
    int *scan_of_ = nullptr;    // the scan that each is of
    int part_count_ = 0;
    Proposal *proposals_ = nullptr;
    NeedVerdict *verdicts_ = nullptr; // of parts_
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
