-- What somebody chose to live with. Not dumped, as snapshots are not: a dump by the database's owner, who may not read the
-- table, would fail.
CREATE TABLE query_audit._ignored (
    finding_id bigint PRIMARY KEY,
    reason text NOT NULL,
    ignored_by name NOT NULL,
    ignored_at timestamptz NOT NULL,
    until timestamptz -- NULL: for good
);

CREATE VIEW query_audit._ignored_now AS
    SELECT * FROM query_audit._ignored WHERE until IS NULL OR until OPERATOR(pg_catalog.>) pg_catalog.now();

CREATE FUNCTION query_audit._findings(
    OUT finding_id bigint, OUT rule text, OUT severity text, OUT confidence text, OUT dbid oid, OUT userid oid,
    OUT application_name text, OUT fingerprint text, OUT query text, OUT parent_fingerprint text, OUT parent_query text,
    OUT relation text, OUT tags jsonb, OUT occurrences bigint, OUT calls bigint, OUT rows bigint,
    OUT total_exec_time double precision, OUT wall_time double precision, OUT saved_time double precision,
    OUT first_seen timestamptz, OUT last_seen timestamptz, OUT evidence jsonb, OUT advice text, OUT fix_sql text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'pg_query_audit_findings_0_1'
    LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

CREATE VIEW query_audit._all_findings AS
    SELECT f.finding_id, f.rule, f.severity, f.confidence, d.datname, r.rolname AS usename, f.application_name,
           f.fingerprint, f.query, f.parent_fingerprint, f.parent_query, f.relation, f.tags, f.occurrences, f.calls,
           f.rows, f.total_exec_time, f.wall_time, f.saved_time, f.first_seen, f.last_seen, f.evidence, f.advice,
           f.fix_sql
    FROM query_audit._findings() AS f
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) f.dbid
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) f.userid;

CREATE VIEW query_audit.findings AS
    SELECT * FROM query_audit._all_findings AS f
    WHERE NOT EXISTS
        (SELECT FROM query_audit._ignored_now AS i WHERE i.finding_id OPERATOR(pg_catalog.=) f.finding_id);
COMMENT ON VIEW query_audit.findings IS 'patterns that will hurt as data and traffic grow, with evidence and fix';
GRANT SELECT ON query_audit.findings TO PUBLIC;

-- What is ignored, held or not, for who may see all; of others' what they see of it.
CREATE VIEW query_audit.ignored_findings AS
    SELECT *
    FROM query_audit._all_findings AS f
    RIGHT JOIN query_audit._ignored_now AS i USING (finding_id)
    WHERE f.rule IS NOT NULL OR pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE');
COMMENT ON VIEW query_audit.ignored_findings IS
    'what ignore() took out of findings: the finding, where there is one now, and who ignored it, why and until when';
GRANT SELECT ON query_audit.ignored_findings TO PUBLIC;

CREATE FUNCTION query_audit._refuse_on_standby(function text, otherwise text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION 'query_audit.%() writes to a table, which a standby cannot do', function
            USING ERRCODE = 'read_only_sql_transaction', HINT = otherwise;
    END IF;
END
$$;

CREATE FUNCTION query_audit._ignore(finding_id bigint, reason text, until timestamptz, unseen boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    PERFORM query_audit._refuse_on_standby('ignore',
        'Call it on the primary, with unseen => true where only the standby has the finding.');
    IF _ignore.finding_id IS NULL THEN
        RAISE EXCEPTION 'finding_id must not be null'
            USING ERRCODE = 'null_value_not_allowed',
                  HINT = 'It is null where query_audit.findings does not show you the statement.';
    END IF;
    IF btrim(coalesce(_ignore.reason, ''), E' \t\n') = '' THEN
        RAISE EXCEPTION 'a reason is needed to ignore a finding'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'For example: SELECT query_audit.ignore(finding_id, ''runs once a night'') FROM query_audit.findings WHERE ...';
    END IF;
    IF _ignore.until <= now() THEN
        RAISE EXCEPTION 'a finding cannot be ignored until %, which is past', _ignore.until
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave "until" out to ignore it for good.';
    END IF;
    IF _ignore.unseen IS NOT TRUE
       AND NOT EXISTS (SELECT FROM query_audit._findings() AS f WHERE f.finding_id = _ignore.finding_id) THEN
        RAISE EXCEPTION 'there is no finding %', _ignore.finding_id
            USING ERRCODE = 'undefined_object',
                  HINT = 'Take finding_id from query_audit.findings, or say unseen => true to ignore what is yet to come.';
    END IF;
    DELETE FROM query_audit._ignored AS i WHERE i.until <= now();
    INSERT INTO query_audit._ignored AS i
    VALUES (_ignore.finding_id, _ignore.reason, session_user, now(), _ignore.until)
    ON CONFLICT (finding_id) DO UPDATE
        SET reason = excluded.reason, ignored_by = excluded.ignored_by, ignored_at = excluded.ignored_at,
            until = excluded.until;
END
$$;

CREATE FUNCTION query_audit._unignore(finding_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    PERFORM query_audit._refuse_on_standby('unignore', 'Call it on the primary.');
    DELETE FROM query_audit._ignored AS i WHERE i.finding_id = _unignore.finding_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'finding % is not ignored', coalesce(_unignore.finding_id::text, 'null')
            USING ERRCODE = 'undefined_object', HINT = 'query_audit.ignored_findings shows what is.';
    END IF;
END
$$;

-- With the rights of their owner, who alone may write to the table: for the owner, and whom they grant it to.
CREATE FUNCTION query_audit.ignore(finding_id bigint, reason text, until timestamptz DEFAULT NULL,
                                   unseen boolean DEFAULT false) RETURNS void
    AS 'MODULE_PATHNAME', 'pg_query_audit_ignore_0_1'
    LANGUAGE C VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION query_audit.ignore(bigint, text, timestamptz, boolean) IS
    'takes a finding out of findings, for a reason, until a time or for good';

CREATE FUNCTION query_audit.unignore(finding_id bigint) RETURNS void
    AS 'MODULE_PATHNAME', 'pg_query_audit_unignore_0_1'
    LANGUAGE C VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION query_audit.unignore(bigint) IS 'shows a finding again that ignore() took out of findings';

REVOKE ALL ON FUNCTION query_audit.ignore(bigint, text, timestamptz, boolean), query_audit.unignore(bigint),
    query_audit._ignore(bigint, text, timestamptz, boolean), query_audit._unignore(bigint) FROM PUBLIC;
