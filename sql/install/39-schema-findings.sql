CREATE FUNCTION query_audit._find_in_schema(
    OUT rule text, OUT severity text, OUT relation text, OUT object text, OUT detail text, OUT size_bytes bigint,
    OUT fix_sql text, OUT undo_sql text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    r record;
BEGIN
    -- Each rule as it is set: what is disabled is not looked for.
    FOR r IN
        SELECT s.rule,
               (SELECT string_agg(format('%s => %s', t.key, t.value ->> 'value'), ', ')
                FROM jsonb_each(s.thresholds) AS t) AS arguments
        FROM query_audit._rules() AS s
        WHERE s.category = 'schema' AND s.enabled
    LOOP
        RETURN QUERY EXECUTE format('SELECT %L, f.* FROM query_audit.%I(%s) AS f', r.rule, '_' || r.rule, r.arguments);
    END LOOP;
END
$$;

CREATE FUNCTION query_audit._schema_findings(
    OUT rule text, OUT severity text, OUT relation text, OUT object text, OUT detail text, OUT size_bytes bigint,
    OUT fix_sql text, OUT undo_sql text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'pg_query_audit_schema_findings_0_1'
    LANGUAGE C STRICT STABLE PARALLEL UNSAFE;

CREATE VIEW query_audit.schema_findings AS SELECT * FROM query_audit._schema_findings();
COMMENT ON VIEW query_audit.schema_findings IS
    'what the catalog of this database says against its schema, with the SQL that mends it and what takes that back';
GRANT SELECT ON query_audit.schema_findings TO PUBLIC;
