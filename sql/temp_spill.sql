-- temp_spill: temporary files. Each case has an application_name of its own.
CREATE EXTENSION pg_query_audit;
CREATE TABLE notes AS SELECT i AS id, md5(i::text) || md5((i + 1)::text) || md5((i + 2)::text) AS body FROM generate_series(1, 200000) AS i;
ANALYZE notes;
SET work_mem = '1MB';
SET max_parallel_workers_per_gather = 0;
\set found 'SELECT severity, confidence, calls, (evidence ->> ''temp_kb'')::integer BETWEEN 16384 AND 65536 AS temp_kb, evidence ->> ''nested'' AS nested, evidence ->> ''growth'' AS growth, query FROM query_audit.findings WHERE rule = ''temp_spill'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'

-- To be flagged.

SET application_name = 'a sort';
SELECT id FROM notes ORDER BY body OFFSET 199990 \g /dev/null
:found;
SELECT regexp_replace(advice, '[0-9]+', 'N') AS advice FROM query_audit.findings
WHERE rule = 'temp_spill' AND application_name = 'a sort';

SET application_name = 'a hash';
SET enable_sort = off;
SELECT count(*) FROM notes AS a JOIN notes AS b USING (body) \g /dev/null
RESET enable_sort;
:found;

SET application_name = 'inside of a function';
CREATE FUNCTION last_note() RETURNS integer LANGUAGE plpgsql AS
    $$ BEGIN RETURN (SELECT id FROM notes ORDER BY body DESC OFFSET 199999); END $$;
SELECT last_note() > 0 AS found;
:found;

SET application_name = 'a gigabyte is critical';
SET pg_query_audit.temp_spill_critical_size = '16MB';
SELECT id, body FROM notes ORDER BY body OFFSET 199990 \g /dev/null
RESET pg_query_audit.temp_spill_critical_size;
SHOW pg_query_audit.temp_spill_min_size;
:found;

-- To be left alone: none of these shows a row.

SET application_name = 'small files';
SELECT id FROM notes WHERE id < 40000 ORDER BY body OFFSET 39990 \g /dev/null
:found;

SET application_name = 'enough memory';
SET work_mem = '256MB';
SELECT id FROM notes ORDER BY body OFFSET 199990 \g /dev/null
SET work_mem = '1MB';
:found;

SET application_name = 'a top-N sort';
SELECT id FROM notes ORDER BY body LIMIT 10 \g /dev/null
:found;

SET application_name = 'maintenance';
SET maintenance_work_mem = '1MB';
CREATE INDEX ON notes (body);
CREATE TABLE sorted AS SELECT * FROM notes ORDER BY body;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id FROM notes ORDER BY body || '' OFFSET 199990 \g /dev/null
:found;
