-- What findings said at a time, to compare with.
CREATE TABLE query_audit._snapshots (
    label text PRIMARY KEY,
    taken_at timestamptz NOT NULL,
    since timestamptz NOT NULL -- from when on its numbers are counted
);
CREATE TABLE query_audit._snapshot_findings (
    label text NOT NULL REFERENCES query_audit._snapshots ON DELETE CASCADE,
    finding_id bigint NOT NULL,
    rule text NOT NULL,
    severity text NOT NULL,
    confidence text NOT NULL,
    datname name,
    usename name,
    application_name text,
    fingerprint text,
    query text,
    parent_query text,
    relation text,
    tags jsonb,
    occurrences bigint NOT NULL,
    calls bigint NOT NULL,
    rows bigint NOT NULL,
    total_exec_time double precision,
    wall_time double precision,
    saved_time double precision,
    first_seen timestamptz,
    last_seen timestamptz,
    PRIMARY KEY (label, finding_id)
);

CREATE VIEW query_audit.snapshots AS
    SELECT s.label, s.taken_at, s.since,
           (SELECT pg_catalog.count(*) FROM query_audit._snapshot_findings AS f
            WHERE f.label OPERATOR(pg_catalog.=) s.label) AS findings
    FROM query_audit._snapshots AS s;
COMMENT ON VIEW query_audit.snapshots IS 'what snapshot() has kept, to compare() with';
GRANT SELECT ON query_audit.snapshots TO PUBLIC;

CREATE VIEW query_audit.snapshot_findings AS
    SELECT f.*
    FROM query_audit._snapshot_findings AS f
    WHERE (f.usename OPERATOR(pg_catalog.=) current_user OR pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'))
      AND NOT EXISTS
        (SELECT FROM query_audit._ignored_now AS i WHERE i.finding_id OPERATOR(pg_catalog.=) f.finding_id);
COMMENT ON VIEW query_audit.snapshot_findings IS
    'the findings of each snapshot, without those of others and without what is ignored now';
GRANT SELECT ON query_audit.snapshot_findings TO PUBLIC;

CREATE FUNCTION query_audit._snapshot(label text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    PERFORM query_audit._refuse_on_standby('snapshot',
        'Keep the rows of query_audit.findings elsewhere, such as with \copy.');
    IF coalesce(_snapshot.label, '') = '' THEN
        RAISE EXCEPTION 'a snapshot needs a label'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'For example: SELECT query_audit.snapshot(''release 42'').';
    END IF;
    INSERT INTO query_audit._snapshots
    SELECT _snapshot.label, clock_timestamp(), s.since FROM query_audit._status() AS s
    ON CONFLICT (label) DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is a snapshot "%" already', _snapshot.label
            USING ERRCODE = 'duplicate_object',
                  HINT = 'Choose another label, or take it away first with query_audit.drop_snapshot().';
    END IF;
    INSERT INTO query_audit._snapshot_findings
    SELECT k.*
    FROM query_audit._all_findings AS f
    CROSS JOIN jsonb_populate_record(NULL::query_audit._snapshot_findings,
                                     to_jsonb(f) || jsonb_build_object('label', _snapshot.label)) AS k
    WHERE f.finding_id IS NOT NULL;
END
$$;

CREATE FUNCTION query_audit._require_snapshot(label text) RETURNS query_audit.snapshots
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    found_one query_audit.snapshots;
    known text;
BEGIN
    SELECT s.* INTO found_one FROM query_audit.snapshots AS s WHERE s.label = _require_snapshot.label;
    IF NOT FOUND THEN
        SELECT string_agg(s.label, ', ' ORDER BY s.taken_at DESC) INTO known
        FROM (SELECT * FROM query_audit.snapshots ORDER BY taken_at DESC LIMIT 10) AS s;
        RAISE EXCEPTION 'there is no snapshot "%"', coalesce(_require_snapshot.label, 'null')
            USING ERRCODE = 'undefined_object',
                  HINT = coalesce('The latest are: ' || known || '.', 'Take one with query_audit.snapshot(label).');
    END IF;
    RETURN found_one;
END
$$;

CREATE FUNCTION query_audit._drop_snapshot(label text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    PERFORM query_audit._refuse_on_standby('drop_snapshot', 'Call it on the primary.');
    PERFORM query_audit._require_snapshot(_drop_snapshot.label);
    DELETE FROM query_audit._snapshots AS s WHERE s.label = _drop_snapshot.label;
END
$$;

-- Where nothing was reset between the two, what the later one counts beyond the earlier one is what came after it.
CREATE FUNCTION query_audit._compare(before text, after text, tolerance double precision, time_tolerance double precision)
    RETURNS TABLE (change text, reasons text[], finding_id bigint, rule text, confidence text, datname name, usename name,
                   application_name text, fingerprint text, query text, parent_query text, relation text, tags jsonb,
                   severity_before text, severity_after text, occurrences_before bigint, occurrences_after bigint,
                   mean_calls_before double precision, mean_calls_after double precision,
                   mean_rows_before double precision, mean_rows_after double precision,
                   mean_exec_time_before double precision, mean_exec_time_after double precision)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    earlier_one CONSTANT query_audit.snapshots := query_audit._require_snapshot(_compare.before);
    later_one query_audit.snapshots;
    grades CONSTANT text[] := ARRAY['info', 'warning', 'critical'];
BEGIN
    IF _compare.after IS NULL THEN
        SELECT NULL, clock_timestamp(), s.since, NULL INTO later_one FROM query_audit._status() AS s;
    ELSE
        later_one := query_audit._require_snapshot(_compare.after);
    END IF;
    IF (_compare.tolerance >= 0 AND _compare.tolerance < 'NaN'
        AND _compare.time_tolerance >= 0 AND _compare.time_tolerance < 'NaN') IS NOT TRUE THEN
        RAISE EXCEPTION 'tolerance and time_tolerance must be 0 or more'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'They are shares: with 0.2, what grew by a fifth or less is as it was.';
    END IF;
    IF earlier_one.since = later_one.since AND earlier_one.taken_at >= later_one.taken_at THEN
        RAISE EXCEPTION 'snapshot "%" was not taken after "%"', _compare.after, _compare.before
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Name the earlier one first.';
    END IF;
    RETURN QUERY
        WITH earlier AS (
            SELECT f FROM query_audit.snapshot_findings AS f WHERE f.label = _compare.before
        ), later AS (
            SELECT f FROM query_audit.snapshot_findings AS f WHERE f.label = _compare.after
            UNION ALL
            SELECT jsonb_populate_record(NULL::query_audit.snapshot_findings, to_jsonb(f))
            FROM query_audit.findings AS f
            WHERE _compare.after IS NULL AND f.finding_id IS NOT NULL
        ), paired AS (
            SELECT earlier.f AS e, later.f AS l, coalesce(later.f, earlier.f) AS f,
                   CASE WHEN earlier_one.since = later_one.since AND (later.f).first_seen <= earlier_one.taken_at
                             AND (later.f).occurrences >= (earlier.f).occurrences
                        THEN earlier.f END AS counted
            FROM earlier
            FULL JOIN later ON (later.f).finding_id = (earlier.f).finding_id
        ), counted AS (
            SELECT p.e, p.l, p.f, nullif((p.e).occurrences, 0) AS occurrences_before,
                   nullif((p.l).occurrences - coalesce((p.counted).occurrences, 0), 0) AS occurrences_after,
                   (p.l).calls - coalesce((p.counted).calls, 0) AS calls,
                   (p.l).rows - coalesce((p.counted).rows, 0) AS rows,
                   (p.l).total_exec_time - coalesce((p.counted).total_exec_time, 0) AS total_exec_time
            FROM paired AS p
        ), averaged AS (
            SELECT c.e, c.l, c.f, c.occurrences_before, c.occurrences_after,
                   (c.e).calls / c.occurrences_before::double precision AS calls_before,
                   c.calls / c.occurrences_after::double precision AS calls_after,
                   (c.e).rows / c.occurrences_before::double precision AS rows_before,
                   c.rows / c.occurrences_after::double precision AS rows_after,
                   (c.e).total_exec_time / c.occurrences_before AS time_before,
                   c.total_exec_time / c.occurrences_after AS time_after
            FROM counted AS c
        ), judged AS (
            SELECT a.*,
                   CASE WHEN a.occurrences_after IS NULL THEN 'gone'
                        WHEN a.occurrences_before IS NULL THEN 'new'
                        WHEN m.grown IS NOT NULL THEN 'worse'
                        WHEN m.shrunk IS NOT NULL THEN 'better' END AS change,
                   CASE WHEN a.occurrences_before > 0 AND a.occurrences_after > 0
                        THEN coalesce(m.grown, m.shrunk) END AS reasons
            FROM averaged AS a
            CROSS JOIN LATERAL (
                SELECT array_agg(v.name ORDER BY v.number) FILTER
                           (WHERE v.after > v.before * (1 + v.tolerance) AND v.after - v.before >= v.least) AS grown,
                       array_agg(v.name ORDER BY v.number) FILTER
                           (WHERE v.before > v.after * (1 + v.tolerance) AND v.before - v.after >= v.least) AS shrunk
                FROM (VALUES
                    (1, 'severity', array_position(grades, (a.e).severity)::double precision,
                        array_position(grades, (a.l).severity)::double precision, 0.0::double precision, 0),
                    (2, 'calls', a.calls_before, a.calls_after, _compare.tolerance, 0),
                    (3, 'rows', a.rows_before, a.rows_after, _compare.tolerance, 0),
                    (4, 'time', a.time_before, a.time_after, _compare.time_tolerance, 1) -- 1 ms
                ) AS v (number, name, before, after, tolerance, least)
            ) AS m
        )
        SELECT j.change, j.reasons, (j.f).finding_id, (j.f).rule, (j.f).confidence, (j.f).datname, (j.f).usename,
               (j.f).application_name, (j.f).fingerprint, (j.f).query, (j.f).parent_query, (j.f).relation, (j.f).tags,
               (j.e).severity, CASE WHEN j.change <> 'gone' THEN (j.l).severity END, j.occurrences_before,
               j.occurrences_after, j.calls_before, j.calls_after, j.rows_before, j.rows_after, j.time_before,
               j.time_after
        FROM judged AS j
        WHERE j.change IS NOT NULL
        ORDER BY array_position(ARRAY['new', 'worse', 'better', 'gone'], j.change),
                 array_position(grades, (j.f).severity) DESC, (j.f).finding_id;
END
$$;

CREATE FUNCTION query_audit.snapshot(label text) RETURNS void
    AS 'MODULE_PATHNAME', 'pg_query_audit_snapshot_0_1'
    LANGUAGE C VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION query_audit.snapshot(text) IS 'keeps what findings says now under a label, to compare() with';

CREATE FUNCTION query_audit.drop_snapshot(label text) RETURNS void
    AS 'MODULE_PATHNAME', 'pg_query_audit_drop_snapshot_0_1'
    LANGUAGE C VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION query_audit.drop_snapshot(text) IS 'takes away what snapshot() kept under a label';

REVOKE ALL ON FUNCTION query_audit.snapshot(text), query_audit.drop_snapshot(text), query_audit._snapshot(text),
    query_audit._drop_snapshot(text) FROM PUBLIC;

CREATE FUNCTION query_audit.compare(
    before text, after text DEFAULT NULL, tolerance double precision DEFAULT 0.2,
    time_tolerance double precision DEFAULT 1)
    RETURNS TABLE (change text, reasons text[], finding_id bigint, rule text, confidence text, datname name, usename name,
                   application_name text, fingerprint text, query text, parent_query text, relation text, tags jsonb,
                   severity_before text, severity_after text, occurrences_before bigint, occurrences_after bigint,
                   mean_calls_before double precision, mean_calls_after double precision,
                   mean_rows_before double precision, mean_rows_after double precision,
                   mean_exec_time_before double precision, mean_exec_time_after double precision)
    AS 'MODULE_PATHNAME', 'pg_query_audit_compare_0_1'
    LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION query_audit.compare(text, text, double precision, double precision) IS
    'what is new, worse, better or gone among findings since a snapshot, until another or now';
