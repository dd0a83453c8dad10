CREATE FUNCTION query_audit._statements(
    OUT dbid oid, OUT userid oid, OUT fingerprint text, OUT query text, OUT calls bigint, OUT rows bigint,
    OUT total_exec_time double precision, OUT min_exec_time double precision, OUT max_exec_time double precision,
    OUT mean_exec_time double precision, OUT stddev_exec_time double precision, OUT p50_exec_time double precision,
    OUT p95_exec_time double precision, OUT p99_exec_time double precision, OUT rows_read bigint, OUT seq_scans bigint,
    OUT temp_bytes bigint, OUT errors bigint, OUT units bigint, OUT first_seen timestamptz, OUT last_seen timestamptz,
    OUT queryids bigint[])
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'pg_query_audit_statements_0_1'
    LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

CREATE VIEW query_audit.statements AS
    SELECT d.datname, r.rolname AS usename, s.fingerprint, s.query, s.calls, s.rows, s.total_exec_time, s.min_exec_time,
           s.max_exec_time, s.mean_exec_time, s.stddev_exec_time, s.p50_exec_time, s.p95_exec_time, s.p99_exec_time,
           s.rows_read, s.seq_scans, s.temp_bytes, s.errors, s.units, s.first_seen, s.last_seen, s.queryids
    FROM query_audit._statements() AS s
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.dbid
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) s.userid;
COMMENT ON VIEW query_audit.statements IS 'statistics of each fingerprint by database and role';
GRANT SELECT ON query_audit.statements TO PUBLIC;

CREATE FUNCTION query_audit._backend_statements(
    OUT pid integer, OUT dbid oid, OUT userid oid, OUT unit bigint, OUT mark text, OUT unit_name text,
    OUT "position" integer, OUT fingerprint text, OUT query text, OUT calls bigint, OUT distinct_params bigint,
    OUT rows bigint, OUT total_exec_time double precision, OUT parent_fingerprint text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'pg_query_audit_backend_statements_0_1'
    LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

CREATE VIEW query_audit.backend_statements AS
    SELECT s.pid, d.datname, r.rolname AS usename, s.unit, s.mark, s.unit_name, s."position", s.fingerprint, s.query,
           s.calls, s.distinct_params, s.rows, s.total_exec_time, s.parent_fingerprint
    FROM query_audit._backend_statements() AS s
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.dbid
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) s.userid;
COMMENT ON VIEW query_audit.backend_statements IS 'what each live session did in its current unit of work';
GRANT SELECT ON query_audit.backend_statements TO PUBLIC;
