CREATE FUNCTION query_audit._findings(
    OUT finding_id bigint, OUT rule text, OUT severity text, OUT confidence text, OUT dbid oid, OUT userid oid,
    OUT application_name text, OUT fingerprint text, OUT query text, OUT parent_fingerprint text, OUT parent_query text,
    OUT relation text, OUT tags jsonb, OUT occurrences bigint, OUT calls bigint, OUT rows bigint,
    OUT total_exec_time double precision, OUT wall_time double precision, OUT saved_time double precision,
    OUT first_seen timestamptz, OUT last_seen timestamptz, OUT evidence jsonb, OUT advice text, OUT fix_sql text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'pg_query_audit_findings_0_1'
    LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

CREATE VIEW query_audit.findings AS
    SELECT f.finding_id, f.rule, f.severity, f.confidence, d.datname, r.rolname AS usename, f.application_name,
           f.fingerprint, f.query, f.parent_fingerprint, f.parent_query, f.relation, f.tags, f.occurrences, f.calls,
           f.rows, f.total_exec_time, f.wall_time, f.saved_time, f.first_seen, f.last_seen, f.evidence, f.advice,
           f.fix_sql
    FROM query_audit._findings() AS f
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) f.dbid
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) f.userid;
COMMENT ON VIEW query_audit.findings IS 'patterns that will hurt as data and traffic grow, with evidence and fix';
GRANT SELECT ON query_audit.findings TO PUBLIC;
