CREATE FUNCTION query_audit._connections(
    OUT dbid oid, OUT userid oid, OUT application_name text, OUT connections bigint, OUT live bigint, OUT peak bigint,
    OUT brief bigint, OUT mean_lifetime double precision, OUT max_lifetime double precision, OUT statements bigint,
    OUT busy_time double precision, OUT idle_in_transaction_time double precision, OUT first_seen timestamptz,
    OUT last_seen timestamptz)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'pg_query_audit_connections_0_1'
    LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

CREATE VIEW query_audit.connections AS
    SELECT d.datname, r.rolname AS usename, c.application_name, c.connections, c.live, c.peak, c.brief,
           c.mean_lifetime, c.max_lifetime, c.statements, c.busy_time, c.idle_in_transaction_time, c.first_seen,
           c.last_seen
    FROM query_audit._connections() AS c
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) c.dbid
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) c.userid;
COMMENT ON VIEW query_audit.connections IS 'connections by role and application: how many, how long, how busy';
GRANT SELECT ON query_audit.connections TO PUBLIC;
