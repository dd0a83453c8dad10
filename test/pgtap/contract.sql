-- The SQL surface is a contract: these objects with these columns, and no others.
BEGIN;
SELECT * FROM no_plan();

CREATE FUNCTION pg_temp.columns_of(relation text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = ('query_audit.' || relation)::regclass AND attnum > 0 AND NOT attisdropped;
$$;

-- Views.
CREATE TEMP TABLE expected_views (name text, columns text);
INSERT INTO expected_views VALUES
    ('findings', 'finding_id bigint, rule text, severity text, confidence text, datname name, usename name, '
        'application_name text, fingerprint text, query text, parent_fingerprint text, parent_query text, relation text, '
        'tags jsonb, occurrences bigint, calls bigint, rows bigint, total_exec_time double precision, '
        'wall_time double precision, saved_time double precision, first_seen timestamp with time zone, '
        'last_seen timestamp with time zone, evidence jsonb, advice text, fix_sql text'),
    ('statements', 'datname name, usename name, fingerprint text, query text, calls bigint, rows bigint, '
        'total_exec_time double precision, min_exec_time double precision, max_exec_time double precision, '
        'mean_exec_time double precision, stddev_exec_time double precision, p50_exec_time double precision, '
        'p95_exec_time double precision, p99_exec_time double precision, rows_read bigint, seq_scans bigint, '
        'temp_bytes bigint, errors bigint, units bigint, first_seen timestamp with time zone, '
        'last_seen timestamp with time zone, queryids bigint[]'),
    ('backend_statements', 'pid integer, datname name, usename name, unit bigint, mark text, unit_name text, '
        'position integer, fingerprint text, query text, calls bigint, distinct_params bigint, rows bigint, '
        'total_exec_time double precision, parent_fingerprint text'),
    ('table_scans', 'datname name, usename name, relation text, fingerprint text, query text, calls bigint, '
        'scans bigint, rows_read bigint, rows_removed bigint, total_exec_time double precision, filter text, '
        'partitions integer, last_seen timestamp with time zone'),
    ('index_candidates', 'relation text, definition text, drop_definition text, statements bigint, fingerprints text[], '
        'queries text[], calls bigint, rows_saved bigint, size_bytes bigint, cost_before double precision, '
        'cost_after double precision, verified boolean, reason text'),
    ('units', 'datname name, usename name, unit text, named_by text, units bigint, statements bigint, '
        'p50_statements bigint, p95_statements bigint, max_statements bigint, total_exec_time double precision, '
        'wall_time double precision, p50_wall_time double precision, p95_wall_time double precision, '
        'max_wall_time double precision, findings bigint, first_seen timestamp with time zone, '
        'last_seen timestamp with time zone'),
    ('connections', 'datname name, usename name, application_name text, connections bigint, live bigint, peak bigint, '
        'brief bigint, mean_lifetime double precision, max_lifetime double precision, statements bigint, '
        'busy_time double precision, idle_in_transaction_time double precision, first_seen timestamp with time zone, '
        'last_seen timestamp with time zone'),
    ('ignored_findings', 'finding_id bigint, rule text, severity text, confidence text, datname name, usename name, '
        'application_name text, fingerprint text, query text, parent_fingerprint text, parent_query text, relation text, '
        'tags jsonb, occurrences bigint, calls bigint, rows bigint, total_exec_time double precision, '
        'wall_time double precision, saved_time double precision, first_seen timestamp with time zone, '
        'last_seen timestamp with time zone, evidence jsonb, advice text, fix_sql text, reason text, ignored_by name, '
        'ignored_at timestamp with time zone, until timestamp with time zone'),
    ('snapshots', 'label text, taken_at timestamp with time zone, since timestamp with time zone, findings bigint'),
    ('snapshot_findings', 'label text, finding_id bigint, rule text, severity text, confidence text, datname name, '
        'usename name, application_name text, fingerprint text, query text, parent_query text, relation text, tags jsonb, '
        'occurrences bigint, calls bigint, rows bigint, total_exec_time double precision, wall_time double precision, '
        'saved_time double precision, first_seen timestamp with time zone, last_seen timestamp with time zone'),
    ('rules', 'rule text, category text, severity text, title text, rationale text, remedy text, thresholds jsonb, '
        'enabled boolean'),
    ('schema_findings', 'rule text, severity text, relation text, object text, detail text, size_bytes bigint, fix_sql text, '
        'undo_sql text'),
    ('status', 'version text, mode text, memory_bytes bigint, text_bytes bigint, text_bytes_max bigint, '
        'statements bigint, statements_max bigint, findings bigint, findings_max bigint, table_scans bigint, '
        'traces bigint, units bigint, texts bigint, evictions bigint, drops bigint, faults bigint, statements_seen bigint, '
        'nested_seen bigint, parsed bigint, unparsed bigint, since timestamp with time zone');
SELECT results_eq(
    $$SELECT relname::text COLLATE "default" FROM pg_class
      WHERE relnamespace = 'query_audit'::regnamespace AND relkind <> 'i' AND relname !~ '^_'
      ORDER BY relname::text COLLATE "C"$$,
    $$SELECT name FROM expected_views ORDER BY name COLLATE "C"$$, 'these relations are there, and no others');
-- What is kept in tables is reached by views and functions alone.
SELECT results_eq(
    $$SELECT relname::text COLLATE "default", relkind FROM pg_class
      WHERE relnamespace = 'query_audit'::regnamespace AND relkind <> 'i' AND relname ~ '^_'
      ORDER BY relname::text COLLATE "C"$$,
    $$VALUES ('_all_findings', 'v'::"char"), ('_ignored', 'r'), ('_ignored_now', 'v'), ('_snapshot_findings', 'r'),
             ('_snapshots', 'r')$$, 'and these are not for others');
SELECT is(relacl, NULL, format('%s is granted to no one', relname)) FROM pg_class
WHERE relnamespace = 'query_audit'::regnamespace AND relkind <> 'i' AND relname ~ '^_' ORDER BY relname;
SELECT is(pg_temp.columns_of(name), columns, format('columns of %s', name)) FROM expected_views ORDER BY name;
SELECT is(relkind, 'v', format('%s is a view', name))
FROM expected_views JOIN pg_class ON oid = ('query_audit.' || name)::regclass ORDER BY name;
SELECT isnt(obj_description(('query_audit.' || name)::regclass, 'pg_class'), NULL, format('%s has a comment', name))
FROM expected_views ORDER BY name;

-- Functions. Those whose names begin with an underscore serve the views and are no part of the contract.
CREATE TEMP TABLE expected_functions (signature text, result text, volatility "char", is_strict boolean);
INSERT INTO expected_functions VALUES
    ('begin_unit(text)', 'void', 'v', true),
    ('check_lint(text, text)', 'void', 's', true),
    ('compare(text, text, double precision, double precision)', 'TABLE(change text, reasons text[], finding_id bigint, '
        'rule text, confidence text, datname name, usename name, application_name text, fingerprint text, query text, '
        'parent_query text, relation text, tags jsonb, severity_before text, severity_after text, '
        'occurrences_before bigint, occurrences_after bigint, mean_calls_before double precision, '
        'mean_calls_after double precision, mean_rows_before double precision, mean_rows_after double precision, '
        'mean_exec_time_before double precision, mean_exec_time_after double precision)', 's', false),
    ('drop_snapshot(text)', 'void', 'v', false),
    ('end_unit()', 'void', 'v', true),
    ('fingerprint(text)', 'text', 's', true),
    ('ignore(bigint, text, timestamp with time zone, boolean)', 'void', 'v', false),
    ('lint(text)', 'TABLE(statement integer, lint text, severity text, "position" integer, line_number integer, '
        'column_number integer, snippet text, message text, hint text)', 's', true),
    ('normalize(text)', 'text', 's', true),
    ('reset()', 'void', 'v', true),
    ('snapshot(text)', 'void', 'v', false),
    ('unignore(bigint)', 'void', 'v', false);
CREATE FUNCTION pg_temp.signature(function oid) RETURNS text LANGUAGE sql AS
    $$ SELECT format('%s(%s)', proname, oidvectortypes(proargtypes)) FROM pg_proc WHERE oid = function $$;
SELECT results_eq(
    $$SELECT pg_temp.signature(oid), pg_get_function_result(oid), provolatile, proisstrict FROM pg_proc
      WHERE pronamespace = 'query_audit'::regnamespace AND proname !~ '^_' ORDER BY pg_temp.signature(oid) COLLATE "C"$$,
    $$SELECT signature, result, volatility, is_strict FROM expected_functions ORDER BY signature COLLATE "C"$$,
    'these functions are there, and no others');
SELECT isnt(obj_description(oid, 'pg_proc'), NULL, format('%s has a comment', pg_temp.signature(oid)))
FROM pg_proc WHERE pronamespace = 'query_audit'::regnamespace AND proname !~ '^_' ORDER BY proname;
-- A schema rule is one function, and they share a few. What is kept in tables is written and read by the extension's own
-- SQL, each function of which serves the one of its name.
CREATE TEMP TABLE own_sql (name text);
INSERT INTO own_sql VALUES ('ignore'), ('unignore'), ('snapshot'), ('drop_snapshot'), ('compare');
CREATE TEMP TABLE shared_functions (name text);
INSERT INTO shared_functions VALUES ('_create_index'), ('_drop_index'), ('_find_in_schema'), ('_index_name'), ('_is_json_document'), ('_jsonb_column'),
    ('_partition_tree'), ('_refuse_on_standby'), ('_require_snapshot'), ('_schema_indexes'), ('_schema_tables'), ('_superfluous_indexes');
SELECT is(
    (SELECT array_agg(proname::text ORDER BY proname COLLATE "C") FROM pg_proc
     WHERE pronamespace = 'query_audit'::regnamespace AND proname ~ '^_'),
    (SELECT array_agg(name ORDER BY name COLLATE "C") FROM (
         SELECT '_' || name AS name FROM expected_views
         WHERE name NOT IN ('ignored_findings', 'snapshots', 'snapshot_findings')
         UNION ALL SELECT '_' || name FROM own_sql
         UNION ALL SELECT '_' || rule FROM query_audit.rules WHERE category = 'schema'
         UNION ALL SELECT name FROM shared_functions) AS f),
    'each view and each schema rule has one function that serves it');

-- Everything belongs to the extension, and nothing of it is elsewhere.
SELECT is_empty(
    $$SELECT p.oid::regprocedure FROM pg_proc AS p
      WHERE p.pronamespace = 'query_audit'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')$$,
    'every function of the schema belongs to the extension');
SELECT is_empty(
    $$SELECT pg_describe_object(classid, objid, objsubid)
      FROM pg_depend JOIN pg_extension AS e ON refobjid = e.oid AND e.extname = 'pg_query_audit'
      WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
        AND (pg_identify_object(classid, objid, objsubid)).schema IS DISTINCT FROM 'query_audit'
        AND classid <> 'pg_namespace'::regclass AND classid <> 'pg_rewrite'::regclass$$,
    'nothing of the extension is in another schema');

-- C functions: versioned names, in this library, and what the planner and parallel query may assume.
SELECT is(
    (SELECT count(*) FROM pg_proc JOIN pg_language AS l ON l.oid = prolang
     WHERE pronamespace = 'query_audit'::regnamespace AND lanname = 'c'
       AND (probin !~ 'pg_query_audit$' OR prosrc !~ '^pg_query_audit_[a-z_]+_[0-9]+_[0-9]+$')),
    0::bigint, 'each C function has a version in its symbol');
SELECT is((SELECT array_agg(proname::text ORDER BY proname COLLATE "C") FROM pg_proc
           WHERE pronamespace = 'query_audit'::regnamespace AND prosecdef),
    ARRAY['drop_snapshot', 'ignore', 'snapshot', 'unignore'], 'what writes to a table runs with its owner''s rights, nothing else');
SELECT is_empty($$SELECT proname FROM pg_proc WHERE pronamespace = 'query_audit'::regnamespace
                  AND (prosecdef OR proname IN (SELECT '_' || proname FROM pg_proc WHERE prosecdef))
                  AND has_function_privilege('public', oid, 'EXECUTE')$$, 'and is for no one by default');
SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'query_audit'::regnamespace AND proparallel = 's'), 0::bigint,
    'no function claims to be safe in parallel workers');
SELECT is((SELECT count(*) FROM pg_proc JOIN pg_language AS l ON l.oid = prolang
           WHERE pronamespace = 'query_audit'::regnamespace AND lanname <> 'c'
             AND NOT coalesce(proconfig::text ~ 'search_path=', false)),
    0::bigint, 'each SQL function pins its search_path');

-- What the views and functions mean does not depend on the search_path of who asks.
CREATE SCHEMA imposters;
CREATE FUNCTION imposters.oideq(oid, oid) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
CREATE OPERATOR imposters.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = imposters.oideq);
CREATE TABLE imposters.pg_database AS SELECT oid, 'imposter'::name AS datname FROM pg_catalog.pg_database;
CREATE TABLE imposters.pg_class AS SELECT oid, 'imposter'::name AS relname FROM pg_catalog.pg_class;
CREATE FUNCTION imposters.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS $$ SELECT 'imposter' $$;
CREATE TABLE public.has_no_key (number integer);
CREATE TABLE imposters.pg_roles AS SELECT oid, 'imposter'::name AS rolname FROM pg_catalog.pg_roles;
CREATE FUNCTION imposters._status() RETURNS SETOF record LANGUAGE sql AS $$ SELECT NULL::record $$;
SET LOCAL search_path = imposters, pg_catalog, public;
SELECT public.is((SELECT count(*) FROM query_audit.statements WHERE datname = 'imposter' OR usename = 'imposter'), 0::bigint,
    'views look up the catalogs'' own tables');
SELECT public.is((SELECT count(*) FROM query_audit.status), 1::bigint, 'views call the extension''s own functions');
SELECT public.is(
    (SELECT count(*) FROM query_audit.schema_findings AS f
     WHERE relation = 'public.has_no_key' AND fix_sql ~ 'ALTER TABLE public\.has_no_key ADD COLUMN id '), 1::bigint,
    'and so do the schema rules');
RESET search_path;
SELECT is_empty(
    $$SELECT c.relname, o.oprname FROM pg_class AS c
      JOIN pg_rewrite AS r ON r.ev_class = c.oid JOIN pg_depend AS d ON d.objid = r.oid AND d.refclassid = 'pg_operator'::regclass
      JOIN pg_operator AS o ON o.oid = d.refobjid
      WHERE c.relnamespace = 'query_audit'::regnamespace AND o.oprnamespace <> 'pg_catalog'::regnamespace$$,
    'views use operators of pg_catalog alone');

-- The extension.
SELECT is((SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_query_audit'), 'query_audit',
    'it lives in schema query_audit');
SELECT is((SELECT extrelocatable FROM pg_extension WHERE extname = 'pg_query_audit'), false, 'it cannot be moved');
SELECT throws_ok('ALTER EXTENSION pg_query_audit SET SCHEMA public', '0A000', NULL, 'moving it is refused');
SELECT results_eq(
    $$SELECT superuser, trusted, relocatable, schema::text COLLATE "default" FROM pg_available_extension_versions
      WHERE name = 'pg_query_audit' AND installed$$,
    $$VALUES (true, false, false, 'query_audit')$$, 'only superusers may create it');
SELECT is((SELECT extversion FROM pg_extension WHERE extname = 'pg_query_audit'),
    (SELECT default_version FROM pg_available_extensions WHERE name = 'pg_query_audit'), 'it is the version installed');
SELECT is((SELECT version FROM query_audit.status), (SELECT extversion FROM pg_extension WHERE extname = 'pg_query_audit'),
    'the library is of that version');
SELECT isnt((SELECT comment FROM pg_available_extensions WHERE name = 'pg_query_audit'), NULL, 'it has a comment');
SELECT is((SELECT count(*) FROM pg_extension AS e WHERE extname = 'pg_query_audit' AND extconfig IS NOT NULL), 0::bigint,
    'it has no rows to dump, which a database''s owner could not read');

-- It can go and come again.
SELECT lives_ok('DROP EXTENSION pg_query_audit', 'it can be dropped');
SELECT is((SELECT count(*) FROM pg_proc WHERE probin ~ 'pg_query_audit'), 0::bigint, 'and leaves no function');
SELECT lives_ok('CREATE EXTENSION pg_query_audit', 'and made again');
SELECT lives_ok('SELECT count(*) FROM query_audit.findings', 'and then shows findings');

SELECT * FROM finish();
ROLLBACK;
