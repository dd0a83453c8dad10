CREATE FUNCTION query_audit._rules(
    OUT rule text, OUT category text, OUT severity text, OUT title text, OUT rationale text, OUT remedy text,
    OUT thresholds jsonb, OUT enabled boolean)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'pg_query_audit_rules_0_1'
    LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;

CREATE VIEW query_audit.rules AS SELECT * FROM query_audit._rules();
COMMENT ON VIEW query_audit.rules IS 'the rules, with their thresholds as they are set';
GRANT SELECT ON query_audit.rules TO PUBLIC;
