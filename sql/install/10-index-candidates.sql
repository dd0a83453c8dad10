CREATE FUNCTION query_audit._index_candidates(
    OUT relation text, OUT definition text, OUT drop_definition text, OUT statements bigint, OUT fingerprints text[],
    OUT queries text[], OUT calls bigint, OUT rows_saved bigint, OUT size_bytes bigint,
    OUT cost_before double precision, OUT cost_after double precision, OUT verified boolean, OUT reason text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'pg_query_audit_index_candidates_0_1'
    LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

CREATE VIEW query_audit.index_candidates AS
    SELECT i.relation, i.definition, i.drop_definition, i.statements, i.fingerprints, i.queries, i.calls, i.rows_saved,
           i.size_bytes, i.cost_before, i.cost_after, i.verified, i.reason
    FROM query_audit._index_candidates() AS i;
COMMENT ON VIEW query_audit.index_candidates IS
    'indexes of this database''s tables that would have spared the rows that scans read, with what they cost and save';
GRANT SELECT ON query_audit.index_candidates TO PUBLIC;
