CREATE FUNCTION query_audit._units(
    OUT dbid oid, OUT userid oid, OUT unit text, OUT named_by text, OUT units bigint, OUT statements bigint,
    OUT p50_statements bigint, OUT p95_statements bigint, OUT max_statements bigint,
    OUT total_exec_time double precision, OUT wall_time double precision, OUT p50_wall_time double precision,
    OUT p95_wall_time double precision, OUT max_wall_time double precision, OUT findings bigint,
    OUT first_seen timestamptz, OUT last_seen timestamptz)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'pg_query_audit_units_0_1'
    LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

CREATE VIEW query_audit.units AS
    SELECT d.datname, r.rolname AS usename, u.unit, u.named_by, u.units, u.statements, u.p50_statements,
           u.p95_statements, u.max_statements, u.total_exec_time, u.wall_time, u.p50_wall_time, u.p95_wall_time,
           u.max_wall_time, u.findings, u.first_seen, u.last_seen
    FROM query_audit._units() AS u
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) u.dbid
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) u.userid;
COMMENT ON VIEW query_audit.units IS 'kinds of units of work: a route, a named unit, or an application';
GRANT SELECT ON query_audit.units TO PUBLIC;
