CREATE FUNCTION query_audit._status(
    OUT version text, OUT mode text, OUT memory_bytes bigint, OUT text_bytes bigint, OUT text_bytes_max bigint,
    OUT statements bigint, OUT statements_max bigint, OUT findings bigint, OUT findings_max bigint,
    OUT table_scans bigint, OUT traces bigint, OUT units bigint, OUT texts bigint, OUT evictions bigint, OUT drops bigint,
    OUT faults bigint, OUT statements_seen bigint, OUT nested_seen bigint, OUT parsed bigint, OUT unparsed bigint,
    OUT since timestamptz)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'pg_query_audit_status_0_1'
    LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

CREATE VIEW query_audit.status AS SELECT * FROM query_audit._status();
COMMENT ON VIEW query_audit.status IS 'how the extension itself is doing: one row';
GRANT SELECT ON query_audit.status TO PUBLIC;
