-- Who may call what, and who sees whose rows.
BEGIN;
SELECT * FROM no_plan();
SELECT query_audit.reset();

CREATE ROLE regress_plain;
CREATE ROLE regress_other;
CREATE ROLE regress_stats IN ROLE pg_read_all_stats;
CREATE ROLE regress_monitor IN ROLE pg_monitor;
CREATE ROLE regress_granted;
GRANT EXECUTE ON FUNCTION query_audit.reset, query_audit.ignore, query_audit.unignore, query_audit.snapshot,
    query_audit.drop_snapshot TO regress_granted;

-- Runs `query` as `role`; returns its first column, or the error's SQLSTATE.
CREATE FUNCTION pg_temp.as_role(role text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM set_config('role', role, true);
    EXECUTE query INTO result;
    PERFORM set_config('role', 'none', true);
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
CREATE FUNCTION pg_temp.outcome(role text, query text) RETURNS text LANGUAGE sql AS
    $$ SELECT CASE WHEN pg_temp.as_role(role, query) = '42501' THEN 'denied' ELSE 'allowed' END $$;

-- The matrix: a row for each object, a column for each kind of role.
CREATE TEMP TABLE matrix (object text, query text, superuser text, stats text, monitor text, granted text, plain text);
INSERT INTO matrix VALUES
    ('findings', 'SELECT count(*) FROM query_audit.findings', 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('statements', 'SELECT count(*) FROM query_audit.statements', 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('backend_statements', 'SELECT count(*) FROM query_audit.backend_statements',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('table_scans', 'SELECT count(*) FROM query_audit.table_scans', 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('index_candidates', 'SELECT count(*) FROM query_audit.index_candidates',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('units', 'SELECT count(*) FROM query_audit.units', 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('connections', 'SELECT count(*) FROM query_audit.connections', 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('rules', 'SELECT count(*) FROM query_audit.rules', 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('status', 'SELECT count(*) FROM query_audit.status', 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_findings()', 'SELECT count(*) FROM query_audit._findings()', 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_statements()', 'SELECT count(*) FROM query_audit._statements()',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_backend_statements()', 'SELECT count(*) FROM query_audit._backend_statements()',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_table_scans()', 'SELECT count(*) FROM query_audit._table_scans()',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_index_candidates()', 'SELECT count(*) FROM query_audit._index_candidates()',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_connections()', 'SELECT count(*) FROM query_audit._connections()',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_units()', 'SELECT count(*) FROM query_audit._units()', 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_rules()', 'SELECT count(*) FROM query_audit._rules()', 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_status()', 'SELECT count(*) FROM query_audit._status()', 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('schema_findings', 'SELECT count(*) FROM query_audit.schema_findings',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_schema_findings()', 'SELECT count(*) FROM query_audit._schema_findings()',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_find_in_schema()', 'SELECT count(*) FROM query_audit._find_in_schema()',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_schema_tables()', 'SELECT count(*) FROM query_audit._schema_tables()',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_schema_indexes()', 'SELECT count(*) FROM query_audit._schema_indexes()',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_superfluous_indexes()', 'SELECT count(*) FROM query_audit._superfluous_indexes()',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_partition_tree(oid)', 'SELECT count(*) FROM query_audit._partition_tree(''pg_class''::regclass)',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_index_name(oid, text)', 'SELECT query_audit._index_name(''pg_class''::regclass, ''oid'')',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_create_index(oid, text, text)', 'SELECT query_audit._create_index(''pg_class''::regclass, ''oid'', ''(oid)'')',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_drop_index(oid)', 'SELECT query_audit._drop_index(''pg_class_oid_index''::regclass)',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_jsonb_column(oid, name)', 'SELECT query_audit._jsonb_column(''pg_class''::regclass, ''relname'')',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_is_json_document(text)', 'SELECT query_audit._is_json_document(''{}'')',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_missing_fk_index(bigint)', 'SELECT count(*) FROM query_audit._missing_fk_index(0)',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_unused_index(bigint, integer)', 'SELECT count(*) FROM query_audit._unused_index(0, 0)',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_redundant_index(bigint)', 'SELECT count(*) FROM query_audit._redundant_index(0)',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_missing_primary_key(bigint)', 'SELECT count(*) FROM query_audit._missing_primary_key(0)',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_json_in_text(bigint, bigint, bigint)', 'SELECT count(*) FROM query_audit._json_in_text(100, 20, 500)',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('fingerprint(text)', 'SELECT query_audit.fingerprint(''SELECT 1'')',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('normalize(text)', 'SELECT query_audit.normalize(''SELECT 1'')',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('lint(text)', 'SELECT count(*) FROM query_audit.lint(''SELECT 1'')',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('check_lint(text, text)', 'SELECT query_audit.check_lint(''SELECT 1'')',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('begin_unit(text)', 'SELECT query_audit.begin_unit(''matrix'')',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('end_unit()', 'SELECT query_audit.end_unit()', 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('reset()', 'SELECT query_audit.reset()', 'allowed', 'denied', 'denied', 'allowed', 'denied'),
    ('ignored_findings', 'SELECT count(*) FROM query_audit.ignored_findings',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('snapshots', 'SELECT count(*) FROM query_audit.snapshots', 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('snapshot_findings', 'SELECT count(*) FROM query_audit.snapshot_findings',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('ignore(bigint, text, timestamp with time zone, boolean)', 'SELECT query_audit.ignore(1, ''matrix'', unseen => true)',
        'allowed', 'denied', 'denied', 'allowed', 'denied'),
    ('unignore(bigint)', 'SELECT query_audit.ignore(1, ''matrix'', unseen => true), query_audit.unignore(1)',
        'allowed', 'denied', 'denied', 'allowed', 'denied'),
    ('snapshot(text)', 'SELECT query_audit.snapshot(''matrix '' || current_user)',
        'allowed', 'denied', 'denied', 'allowed', 'denied'),
    ('drop_snapshot(text)', 'SELECT query_audit.snapshot(''none''), query_audit.drop_snapshot(''none'')',
        'allowed', 'denied', 'denied', 'allowed', 'denied'),
    ('compare(text, text, double precision, double precision)', 'SELECT count(*) FROM query_audit.compare(''none'')',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_ignore(bigint, text, timestamp with time zone, boolean)', 'SELECT query_audit._ignore(1, ''matrix'', NULL, true)',
        'allowed', 'denied', 'denied', 'denied', 'denied'),
    ('_unignore(bigint)', 'SELECT query_audit._unignore(1)', 'allowed', 'denied', 'denied', 'denied', 'denied'),
    ('_snapshot(text)', 'SELECT query_audit._snapshot(''matrix'')', 'allowed', 'denied', 'denied', 'denied', 'denied'),
    ('_drop_snapshot(text)', 'SELECT query_audit._drop_snapshot(''none'')',
        'allowed', 'denied', 'denied', 'denied', 'denied'),
    ('_compare(text, text, double precision, double precision)',
        'SELECT count(*) FROM query_audit._compare(''none'', NULL, 0, 0)',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_require_snapshot(text)', 'SELECT query_audit._require_snapshot(''none'')',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_refuse_on_standby(text, text)', 'SELECT query_audit._refuse_on_standby(''none'', ''none'')',
        'allowed', 'allowed', 'allowed', 'allowed', 'allowed'),
    ('_ignored', 'SELECT count(*) FROM query_audit._ignored', 'allowed', 'denied', 'denied', 'denied', 'denied'),
    ('_ignored_now', 'SELECT count(*) FROM query_audit._ignored_now', 'allowed', 'denied', 'denied', 'denied', 'denied'),
    ('_all_findings', 'SELECT count(*) FROM query_audit._all_findings', 'allowed', 'denied', 'denied', 'denied', 'denied'),
    ('_snapshots', 'SELECT count(*) FROM query_audit._snapshots', 'allowed', 'denied', 'denied', 'denied', 'denied'),
    ('_snapshot_findings', 'SELECT count(*) FROM query_audit._snapshot_findings',
        'allowed', 'denied', 'denied', 'denied', 'denied');

-- A new object must get its row here.
CREATE TEMP TABLE objects AS
    SELECT format('%s(%s)', proname, oidvectortypes(proargtypes)) AS object FROM pg_proc
    WHERE pronamespace = 'query_audit'::regnamespace
    UNION ALL
    SELECT relname FROM pg_class WHERE relnamespace = 'query_audit'::regnamespace AND relkind <> 'i';
SELECT is_empty('SELECT object FROM objects EXCEPT SELECT object FROM matrix', 'every object is in the matrix');
SELECT is_empty('SELECT object FROM matrix EXCEPT SELECT object FROM objects', 'the matrix names no object that is gone');

SELECT is(pg_temp.outcome(current_user, query), superuser, format('superuser: %s', object)) FROM matrix ORDER BY object;
SELECT is(pg_temp.outcome('regress_stats', query), stats, format('pg_read_all_stats: %s', object)) FROM matrix ORDER BY object;
SELECT is(pg_temp.outcome('regress_monitor', query), monitor, format('pg_monitor: %s', object)) FROM matrix ORDER BY object;
SELECT is(pg_temp.outcome('regress_granted', query), granted, format('who was granted reset(): %s', object))
FROM matrix ORDER BY object;
SELECT is(pg_temp.outcome('regress_plain', query), plain, format('plain role: %s', object)) FROM matrix ORDER BY object;

-- No one may write, or make objects in the schema.
SELECT is(pg_temp.as_role('regress_plain', 'CREATE TABLE query_audit.mine (id integer)'), '42501',
    'a plain role makes no object in the schema');
SELECT is(pg_temp.as_role('regress_plain', 'CREATE OR REPLACE VIEW query_audit.status AS SELECT 1'), '42501',
    'a plain role replaces no view');
SELECT is(pg_temp.as_role('regress_plain', 'GRANT EXECUTE ON FUNCTION query_audit.reset() TO PUBLIC'), '42501',
    'a plain role grants nothing');
SELECT is(pg_temp.as_role('regress_plain', 'DROP EXTENSION pg_query_audit'), '42501', 'a plain role does not drop the extension');
SELECT is(has_function_privilege('public', 'query_audit.reset()', 'EXECUTE'), false, 'reset() is for no one by default');

CREATE FUNCTION pg_temp.secrets(view_name text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT count(*) FROM query_audit.%I AS v WHERE usename = ''regress_plain'' AND to_jsonb(v)::text ~ ''secret_''',
                  view_name) $$;
CREATE FUNCTION pg_temp.rows(view_name text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT count(*) FROM query_audit.%I WHERE usename = ''regress_plain''', view_name) $$;

-- Rows of one role, with a secret in each column that could give something away.
CREATE SCHEMA secret_schema AUTHORIZATION regress_plain;
SET ROLE regress_plain;
SET application_name = 'secret_application';
CREATE TABLE secret_schema.secret_table (id integer, secret_column text);
INSERT INTO secret_schema.secret_table SELECT i, 'row ' || i FROM generate_series(1, 12000) AS i;
CREATE INDEX ON secret_schema.secret_table (id);
ANALYZE secret_schema.secret_table;
SELECT query_audit.begin_unit('secret_unit');
SELECT id FROM secret_schema.secret_table ORDER BY id LIMIT 6;
SELECT secret_column FROM secret_schema.secret_table WHERE id = 1 /*route='secret_route'*/;
SELECT secret_column FROM secret_schema.secret_table WHERE id = 2 /*route='secret_route'*/;
SELECT secret_column FROM secret_schema.secret_table WHERE id = 3 /*route='secret_route'*/;
SELECT secret_column FROM secret_schema.secret_table WHERE id = 4 /*route='secret_route'*/;
SELECT secret_column FROM secret_schema.secret_table WHERE id = 5 /*route='secret_route'*/;
SELECT secret_column FROM secret_schema.secret_table WHERE id = 6 /*route='secret_route'*/;
SELECT id FROM secret_schema.secret_table WHERE secret_column = 'row 7';
RESET ROLE;
SET application_name = 'privileges';
-- The live unit is looked at by one statement, before another of this session's takes its place.
SELECT pg_temp.as_role(current_user, pg_temp.secrets('backend_statements')) AS live_superuser,
       pg_temp.as_role('regress_stats', pg_temp.secrets('backend_statements')) AS live_stats,
       pg_temp.as_role('regress_monitor', pg_temp.secrets('backend_statements')) AS live_monitor,
       pg_temp.as_role('regress_plain', pg_temp.secrets('backend_statements')) AS live_plain,
       pg_temp.as_role('regress_other', pg_temp.secrets('backend_statements')) AS live_other,
       pg_temp.as_role(current_user, pg_temp.rows('backend_statements')) AS live_rows,
       pg_temp.as_role('regress_other',
           $$SELECT count(*) FROM query_audit.backend_statements WHERE usename = 'regress_plain'
                 AND query = '<insufficient privilege>'
                 AND num_nonnulls(fingerprint, parent_fingerprint, unit_name) = 0$$) AS live_hidden \gset

CREATE TEMP TABLE views (name text);
INSERT INTO views VALUES ('findings'), ('statements'), ('table_scans'), ('units');
-- Of what is kept in tables there are rows for those alone who may see all of them.
CREATE TEMP TABLE kept_views (name text);
INSERT INTO kept_views VALUES ('_all_findings'), ('ignored_findings'), ('snapshot_findings'), ('_snapshot_findings');
-- As a column by which rows are told apart names the role, this list is complete. Connections are those of who logged in,
-- which is one role here: test/tap/connections.pl has several.
SELECT results_eq(
    $$SELECT relname::text COLLATE "default" FROM pg_class AS c
      WHERE relnamespace = 'query_audit'::regnamespace AND relkind <> 'i' AND EXISTS
          (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'usename')
      ORDER BY relname::text COLLATE "C"$$,
    $$SELECT name FROM (SELECT name FROM views UNION SELECT 'backend_statements'
      UNION SELECT 'connections' UNION SELECT name FROM kept_views) AS v ORDER BY name COLLATE "C"$$,
    'views that show rows of roles');

SELECT cmp_ok(pg_temp.as_role(role, pg_temp.secrets(name))::integer, '>', 0, format('%s sees all of %s', role, name))
FROM views, (VALUES (current_user::text), ('regress_stats'), ('regress_monitor'), ('regress_plain')) AS r(role)
ORDER BY role, name;
SELECT is(pg_temp.as_role('regress_other', pg_temp.rows(name)), pg_temp.as_role(current_user, pg_temp.rows(name)),
    format('another plain role sees that there are rows in %s', name))
FROM views ORDER BY name;
SELECT is(pg_temp.as_role('regress_other', pg_temp.secrets(name)), '0', format('and nothing of what they say in %s', name))
FROM views ORDER BY name;
SELECT is(pg_temp.as_role('regress_other',
    $$SELECT count(*) FROM query_audit.findings WHERE usename = 'regress_plain' AND query = '<insufficient privilege>'
          AND num_nonnulls(finding_id, application_name, fingerprint, parent_fingerprint, parent_query, relation, tags, evidence, advice,
                           fix_sql) = 0
          AND num_nulls(rule, severity, confidence, occurrences, calls, rows, total_exec_time, first_seen, last_seen) = 0$$),
    pg_temp.as_role(current_user, pg_temp.rows('findings')), 'of a finding it sees rule and numbers');
SELECT is(pg_temp.as_role('regress_other',
    $$SELECT count(*) FROM query_audit.statements WHERE usename = 'regress_plain' AND query = '<insufficient privilege>'
          AND num_nonnulls(fingerprint, queryids) = 0$$),
    pg_temp.as_role(current_user, pg_temp.rows('statements')), 'of a statement it sees numbers');
SELECT is(pg_temp.as_role('regress_other',
    $$SELECT count(*) FROM query_audit.units WHERE usename = 'regress_plain' AND unit IS NULL
          AND num_nulls(units, statements, max_statements, wall_time, findings, first_seen) = 0$$),
    pg_temp.as_role(current_user, pg_temp.rows('units')), 'of a unit of work it sees numbers');
SELECT cmp_ok(sees, '>', 0, format('%s sees all of a live unit', role))
FROM (VALUES ('superuser', :live_superuser), ('pg_read_all_stats', :live_stats), ('pg_monitor', :live_monitor),
             ('the role itself', :live_plain)) AS v(role, sees);
SELECT is(:live_other, 0, 'another plain role sees nothing of what a live unit says');
SELECT cmp_ok(:live_rows, '>', 2, 'of a live unit there are rows');
SELECT is(:live_hidden, :live_rows, 'of which it sees numbers');
SELECT is(pg_temp.as_role('regress_other',
    $$SELECT count(*) FROM query_audit.table_scans WHERE usename = 'regress_plain' AND query = '<insufficient privilege>'
          AND num_nonnulls(relation, fingerprint, filter) = 0$$),
    pg_temp.as_role(current_user, pg_temp.rows('table_scans')), 'of a scan it sees numbers');
SELECT query_audit.end_unit();

-- What is kept in tables: of a snapshot and of what is ignored, others see nothing. What the tables hold no one reads.
SELECT query_audit.snapshot('of secrets');
SELECT query_audit.ignore(finding_id, 'secret_reason') FROM query_audit.findings
WHERE usename = 'regress_plain' AND rule = 'seq_scan';
SELECT cmp_ok(pg_temp.as_role(role, pg_temp.secrets(name))::integer, '>', 0, format('%s sees all of %s', role, name))
FROM kept_views, (VALUES (current_user::text), ('regress_stats'), ('regress_monitor'), ('regress_plain')) AS r(role)
WHERE name !~ '^_' ORDER BY role, name;
SELECT is(pg_temp.as_role('regress_other', format('SELECT count(*) FROM query_audit.%I', name)), '0',
    format('another plain role sees no row of %s', name))
FROM kept_views WHERE name !~ '^_' ORDER BY name;
SELECT is(pg_temp.as_role(role, format('SELECT count(*) FROM query_audit.%I', name)), '42501', format('%s does not read %s', role, name))
FROM kept_views, (VALUES ('regress_stats'), ('regress_monitor'), ('regress_plain'), ('regress_other')) AS r(role)
WHERE name ~ '^_' ORDER BY role, name;
SELECT is(pg_temp.as_role('regress_other', $$SELECT count(*) FROM query_audit.compare('of secrets') AS c
        WHERE to_jsonb(c)::text ~ 'secret_'$$), '0', 'compare() says no secret of another role');
SELECT cmp_ok(pg_temp.as_role('regress_plain', $$SELECT count(*) FROM query_audit.compare('of secrets') AS c
        WHERE to_jsonb(c)::text ~ 'secret_'$$)::integer, '>', 0, 'but what is the role''s own');
SELECT query_audit.unignore(finding_id) FROM query_audit.ignored_findings WHERE reason = 'secret_reason';

-- A connection that changes its role, as pools do: what one role runs is never another's, in no kind of unit.
GRANT USAGE ON SCHEMA secret_schema TO regress_other;
GRANT SELECT ON secret_schema.secret_table TO regress_other;
SET ROLE regress_plain;
CREATE TABLE secret_schema.nested_marker AS TABLE secret_schema.secret_table;
CREATE TABLE secret_schema.definer_marker AS TABLE secret_schema.secret_table;
CREATE TABLE secret_schema.unit_marker AS TABLE secret_schema.secret_table;
CREATE TABLE secret_schema.trace_marker AS TABLE secret_schema.secret_table;
CREATE TABLE secret_schema.cursor_marker AS TABLE secret_schema.secret_table;
CREATE TABLE secret_schema.session_marker AS TABLE secret_schema.secret_table;
RESET ROLE;
CREATE FUNCTION pg_temp.seen_of(marker text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT string_agg(name, '', '') FROM (
        SELECT ''findings'' AS name, to_jsonb(v)::text AS line FROM query_audit.findings AS v
        UNION ALL SELECT ''statements'', to_jsonb(v)::text FROM query_audit.statements AS v
        UNION ALL SELECT ''backend_statements'', to_jsonb(v)::text FROM query_audit.backend_statements AS v
        UNION ALL SELECT ''units'', to_jsonb(v)::text FROM query_audit.units AS v
        UNION ALL SELECT ''table_scans'', to_jsonb(v)::text FROM query_audit.table_scans AS v) AS s
        WHERE line ~ %L', marker) $$;

-- A scan inside of a function comes before its top-level statement does.
CREATE FUNCTION scan_in_function() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    found_id integer;
BEGIN
    SELECT id INTO found_id FROM secret_schema.nested_marker WHERE secret_column = 'row 11999';
    RETURN found_id;
END $$;
SET ROLE regress_other;
SELECT count(*) FROM secret_schema.secret_table WHERE id = 1;
SET ROLE regress_plain;
SELECT scan_in_function();
RESET ROLE;
SELECT is(pg_temp.as_role('regress_other', pg_temp.seen_of('nested_marker')), NULL,
    'a nested scan is not shown to the role before');
SELECT isnt(pg_temp.as_role('regress_plain', pg_temp.seen_of('nested_marker')), NULL, 'but to the role that ran it');

-- A function that runs with its owner's rights: its statements are the owner's.
CREATE FUNCTION scan_as_owner() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    found_id integer;
BEGIN
    SELECT id INTO found_id FROM secret_schema.definer_marker WHERE secret_column = 'row 11999';
    RETURN found_id;
END $$;
ALTER FUNCTION scan_as_owner() OWNER TO regress_plain;
SET ROLE regress_other;
SELECT count(*) FROM secret_schema.secret_table WHERE id = 2;
SELECT scan_as_owner();
RESET ROLE;
SELECT is(pg_temp.as_role('regress_other', pg_temp.seen_of('definer_marker')), NULL,
    'a statement that ran with its owner''s rights is not shown to the caller');
SELECT isnt(pg_temp.as_role('regress_plain', pg_temp.seen_of('definer_marker')), NULL, 'but to the owner');

-- A named unit that its client forgot to end.
SET ROLE regress_other;
SELECT query_audit.begin_unit('left open');
SELECT count(*) FROM secret_schema.secret_table WHERE id = 3;
SET ROLE regress_plain;
SELECT id FROM secret_schema.unit_marker WHERE secret_column = 'row 9';
SELECT secret_column FROM secret_schema.unit_marker WHERE id = 1;
SELECT secret_column FROM secret_schema.unit_marker WHERE id = 2;
SELECT secret_column FROM secret_schema.unit_marker WHERE id = 3;
SELECT secret_column FROM secret_schema.unit_marker WHERE id = 4;
SELECT secret_column FROM secret_schema.unit_marker WHERE id = 5;
RESET ROLE;
SELECT is(pg_temp.as_role('regress_other', pg_temp.seen_of('unit_marker')), NULL,
    'what another role runs in a unit that is still open is not shown to the one that opened it');
SELECT isnt(pg_temp.as_role('regress_plain', pg_temp.seen_of('unit_marker')), NULL, 'but to the role that ran it');
SELECT query_audit.end_unit();

-- A session that becomes another's.
SET SESSION AUTHORIZATION regress_other;
SELECT count(*) FROM secret_schema.secret_table WHERE id = 4;
SET SESSION AUTHORIZATION regress_plain;
SELECT id FROM secret_schema.session_marker WHERE secret_column = 'row 9';
SELECT secret_column FROM secret_schema.session_marker WHERE id = 1;
SELECT secret_column FROM secret_schema.session_marker WHERE id = 2;
SELECT secret_column FROM secret_schema.session_marker WHERE id = 3;
SELECT secret_column FROM secret_schema.session_marker WHERE id = 4;
SELECT secret_column FROM secret_schema.session_marker WHERE id = 5;
SET SESSION AUTHORIZATION regress_other;
SELECT count(*) FROM secret_schema.secret_table WHERE id = 4;
RESET SESSION AUTHORIZATION;
SELECT is(pg_temp.as_role('regress_other', pg_temp.seen_of('session_marker')), NULL,
    'nor what a session ran while it was another role''s');
SELECT isnt(pg_temp.as_role('regress_plain', pg_temp.seen_of('session_marker')), NULL, 'but to the role that ran it');

-- A trace that two roles share.
SET ROLE regress_other;
SELECT id FROM secret_schema.secret_table WHERE id = 1 /*traceparent='00-cccccccccccccccccccccccccccccccc-1111111111111111-01'*/;
SET ROLE regress_plain;
SELECT id FROM secret_schema.trace_marker WHERE secret_column = 'row 9' /*traceparent='00-cccccccccccccccccccccccccccccccc-2222222222222222-01'*/;
RESET ROLE;
SELECT is(pg_temp.as_role('regress_other', pg_temp.seen_of('trace_marker')), NULL, 'nor what it runs in the same trace');
SELECT isnt(pg_temp.as_role('regress_plain', pg_temp.seen_of('trace_marker')), NULL, 'but to the role that ran it');

-- A cursor that one role leaves open and another closes.
SET ROLE regress_plain;
DECLARE left_open CURSOR FOR SELECT id FROM secret_schema.cursor_marker WHERE secret_column <> 'row 9';
FETCH 3 FROM left_open;
SET ROLE regress_other;
CLOSE left_open;
RESET ROLE;
SELECT is(pg_temp.as_role('regress_other', pg_temp.seen_of('cursor_marker')), NULL, 'nor a cursor that it left open');
SELECT isnt(pg_temp.as_role('regress_plain', pg_temp.seen_of('cursor_marker')), NULL, 'but to the role that opened it');

SELECT * FROM finish();
ROLLBACK;
