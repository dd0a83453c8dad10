CREATE FUNCTION query_audit._table_scans(
    OUT dbid oid, OUT userid oid, OUT relation text, OUT fingerprint text, OUT query text, OUT calls bigint,
    OUT scans bigint, OUT rows_read bigint, OUT rows_removed bigint, OUT total_exec_time double precision,
    OUT filter text, OUT partitions integer, OUT last_seen timestamptz)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'pg_query_audit_table_scans_0_1'
    LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

CREATE VIEW query_audit.table_scans AS
    SELECT d.datname, r.rolname AS usename, s.relation, s.fingerprint, s.query, s.calls, s.scans, s.rows_read,
           s.rows_removed, s.total_exec_time, s.filter, s.partitions, s.last_seen
    FROM query_audit._table_scans() AS s
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.dbid
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) s.userid;
COMMENT ON VIEW query_audit.table_scans IS
    'scans that read many rows, whole with a filter, by an index to throw most away, or for a sort, by table (a partitioned table as one) and fingerprint';
GRANT SELECT ON query_audit.table_scans TO PUBLIC;
