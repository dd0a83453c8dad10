CREATE FUNCTION query_audit.fingerprint(query text) RETURNS text
    AS 'MODULE_PATHNAME', 'pg_query_audit_fingerprint_0_1'
    LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION query_audit.fingerprint(text) IS
    'identity of a statement whatever its literals, parameters, comments and lengths of lists';

CREATE FUNCTION query_audit.normalize(query text) RETURNS text
    AS 'MODULE_PATHNAME', 'pg_query_audit_normalize_0_1'
    LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION query_audit.normalize(text) IS
    'the statement with a parameter symbol in place of each literal, and without comments';

CREATE FUNCTION query_audit.lint(query text)
    RETURNS TABLE (statement integer, lint text, severity text, "position" integer, line_number integer,
                   column_number integer, snippet text, message text, hint text)
    AS 'MODULE_PATHNAME', 'pg_query_audit_lint_0_1'
    LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION query_audit.lint(text) IS
    'what the text of statements, separated by semicolons, says against them before they ever run';

CREATE FUNCTION query_audit.check_lint(query text, min_severity text DEFAULT 'warning') RETURNS void
    AS 'MODULE_PATHNAME', 'pg_query_audit_check_lint_0_1'
    LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION query_audit.check_lint(text, text) IS
    'raises an error that lists what lint() finds of this severity or worse';

CREATE FUNCTION query_audit.begin_unit(name text) RETURNS void
    AS 'MODULE_PATHNAME', 'pg_query_audit_begin_unit_0_1'
    LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION query_audit.begin_unit(text) IS
    'this session''s statements belong together from here to end_unit()';

CREATE FUNCTION query_audit.end_unit() RETURNS void
    AS 'MODULE_PATHNAME', 'pg_query_audit_end_unit_0_1'
    LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION query_audit.end_unit() IS 'ends the unit of work that begin_unit() opened';

CREATE FUNCTION query_audit.reset() RETURNS void
    AS 'MODULE_PATHNAME', 'pg_query_audit_reset_0_1'
    LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION query_audit.reset() IS 'forgets everything that was recorded, of all sessions';
REVOKE ALL ON FUNCTION query_audit.reset() FROM PUBLIC;
