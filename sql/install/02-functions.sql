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
