#include "pg/guarded.h"

#include "pg/extension.h"
#include "pg/generic_plan.h"
#include "pg/index_trial.h"
#include "pg/rows.h"
#include "pg/subtransaction.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr int most_plans = 3;      // of statements, for one index
constexpr double least_gain = 0.1; // of a plan's cost

bool is_worth_less(double after, double before) { return after <= (1 - least_gain) * before; }

// The schema that HypoPG is in, quoted; null where it is not installed.
const char *hypopg_schema() {
    const Oid extension = get_extension_oid("hypopg", true);
    const Oid schema = OidIsValid(extension) ? schema_of_extension(extension) : InvalidOid;
    const char *name = OidIsValid(schema) ? get_namespace_name(schema) : nullptr;
    return name != nullptr ? quote_identifier(name) : nullptr;
}

// Calls one of HypoPG's functions for its first column, null where there is none. REQUIRES: a subtransaction.
Datum call(const char *function, Oid type, Datum argument, bool *none) {
    char *text = psprintf("SELECT * FROM %s.%s($1)", hypopg_schema(), function);
    *none = true;
    Datum result = static_cast<Datum>(0);
    if (SPI_connect() != SPI_OK_CONNECT) return result;
    if (SPI_execute_with_args(text, 1, &type, &argument, nullptr, false, 1) == SPI_OK_SELECT && SPI_processed == 1) {
        result = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, none);
    }
    SPI_finish(); // what is returned is passed by value
    return result;
}

Oid create_hypothetical(const char *create_index) {
    bool none = true;
    const Datum oid = call("hypopg_create_index", TEXTOID, CStringGetTextDatum(create_index), &none);
    return none ? InvalidOid : DatumGetObjectId(oid);
}

int64 hypothetical_bytes(Oid index) {
    bool none = true;
    const Datum bytes = call("hypopg_relation_size", OIDOID, ObjectIdGetDatum(index), &none);
    return none ? 0 : DatumGetInt64(bytes);
}

void drop_hypothetical(Oid index) {
    bool none = true;
    (void)call("hypopg_drop_index", OIDOID, ObjectIdGetDatum(index), &none);
}

class Attempt {
  public:
    Attempt(Oid relation, const TrialStatement *statements, int count)
        : relation_(relation), statements_(statements), count_(Min(count, most_plans)) {}

    Trial run(const TrialIndexes &indexes) {
        Trial trial{};
        plan_all(InvalidOid, before_);
        Oid made[max_alternatives] = {};
        int64 bytes = 0;
        note(undo_always([&] {
            pin_settings(nullptr);
            for (int i = 0; i < indexes.count; ++i) made[i] = create_hypothetical(indexes.create[i]);
            bytes = hypothetical_bytes(made[0]);
        }));
        if (OidIsValid(made[0])) plan_all(made[0], after_);
        // They outlive the subtransaction that made them.
        for (const Oid index : made) {
            if (OidIsValid(index)) note(undo_always([&] { drop_hypothetical(index); }));
        }
        rethrow_if_cancelled(cancelled_);
        trial.bytes = bytes;
        judge(trial);
        return trial;
    }

  private:
    void plan_all(Oid index, GenericPlan *plans) {
        for (int i = 0; i < count_ && cancelled_ == nullptr; ++i) {
            const TrialStatement &statement = statements_[i];
            plans[i] = GenericPlan{};
            if (!may_plan_as(statement.user)) {
                reason_ = "only the role that ran the statement, or a superuser, may plan it";
                continue;
            }
            const char *text = text_of_fingerprint(statement.fingerprint);
            note(undo_always([&] { plan_generically(text, relation_, statement.user, index, plans[i]); }));
            if (plans[i].reason != nullptr) reason_ = plans[i].reason;
        }
    }

    void note(ErrorData *error) {
        if (error == nullptr) return;
        reason_ = error->message;
        if (is_cancellation(error) && cancelled_ == nullptr) cancelled_ = error;
    }

    void judge(Trial &trial) const {
        bool planned = false;
        for (int i = 0; i < count_; ++i) {
            if (!before_[i].planned || !after_[i].planned) continue;
            planned = true;
            trial.total_after += after_[i].cost;
            const bool helps = after_[i].uses_index && is_worth_less(after_[i].cost, before_[i].cost);
            if (!helps || trial.outcome == TrialOutcome::helps) continue;
            trial.outcome = TrialOutcome::helps;
            trial.cost_before = before_[i].cost;
            trial.cost_after = after_[i].cost;
        }
        if (trial.outcome == TrialOutcome::helps) return;
        trial.outcome = planned ? TrialOutcome::unused : TrialOutcome::not_tried;
        trial.reason = planned ? nullptr : reason_ != nullptr ? reason_ : "the statement's text is not kept";
    }

    Oid relation_;
    const TrialStatement *statements_;
    int count_;
    GenericPlan before_[most_plans] = {};
    GenericPlan after_[most_plans] = {};
    const char *reason_ = nullptr;
    ErrorData *cancelled_ = nullptr;
};

} // namespace

bool is_better(const Trial &trial, const Trial &other) {
    if (trial.outcome != TrialOutcome::helps) return false;
    return other.outcome != TrialOutcome::helps || is_worth_less(trial.total_after, other.total_after);
}

bool trials_are_possible(const char **reason) {
    *reason = nullptr;
    if (!OidIsValid(get_extension_oid("hypopg", true))) {
        *reason = "HypoPG is not installed in this database";
    } else if (IsInParallelMode()) {
        *reason = "in a parallel query";
    }
    return *reason == nullptr;
}

Trial try_index(Oid relation, const TrialIndexes &indexes, const TrialStatement *statements, int count) {
    Trial trial{};
    run_unaudited([&] { trial = Attempt(relation, statements, count).run(indexes); });
    return trial;
}

} // namespace query_audit
