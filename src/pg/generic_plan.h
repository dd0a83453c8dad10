// Plans a kept text whose values are unknown, as PostgreSQL's generic plans are made.
#pragma once

#include "pg/pg.h"

namespace query_audit {

struct GenericPlan {
    bool planned;
    bool uses_index;
    double cost;
    const char *reason; // a constant: why it was not planned, where no error says so
};

// Whether the current user may plan statements as this role. To plan may run functions that the role wrote.
[[nodiscard]] bool may_plan_as(Oid role);

// Settings that what is run here is not to depend on, up to the end of the subtransaction. `schema` is searched after
// pg_catalog, and then those of extensions; null: none.
void pin_settings(const char *schema);

// As EXPLAIN would, so that HypoPG shows its indexes, as the role, with names looked up in the relation's schema.
// Raises errors. REQUIRES: a subtransaction that is undone.
void plan_generically(const char *text, Oid relation, Oid role, Oid index, GenericPlan &result);

} // namespace query_audit
