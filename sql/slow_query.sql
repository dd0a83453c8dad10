-- slow_query: what took long, and no other rule explains. Each case has an application_name of its own.
CREATE EXTENSION pg_query_audit;
CREATE TABLE steps (id integer PRIMARY KEY, label text);
INSERT INTO steps SELECT i, 'step ' || i FROM generate_series(1, 100) AS i;
ANALYZE steps;
SHOW pg_query_audit.slow_query_min_duration;
SET pg_query_audit.slow_query_min_duration = '50ms';
\set found 'SELECT severity, confidence, calls, (evidence ->> ''runs'')::integer = calls AS runs, (evidence ->> ''longest_ms'')::integer BETWEEN 50 AND 5000 AS longest, (evidence ->> ''inner_ms'')::integer >= 50 AS inner, evidence ->> ''failed'' AS failed, query FROM query_audit.findings WHERE rule = ''slow_query'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'

-- To be flagged.

SET application_name = 'once';
SELECT label, pg_sleep(0.06) FROM steps WHERE id = 1 \g /dev/null
:found;
SELECT regexp_replace(advice, '[0-9]+', 'N') AS advice FROM query_audit.findings
WHERE rule = 'slow_query' AND application_name = 'once';

SET application_name = 'five times';
SELECT id, pg_sleep(0.06) FROM steps WHERE id = 1 \g /dev/null
SELECT id, pg_sleep(0.06) FROM steps WHERE id = 2 \g /dev/null
SELECT id, pg_sleep(0.06) FROM steps WHERE id = 3 \g /dev/null
SELECT id, pg_sleep(0.06) FROM steps WHERE id = 4 \g /dev/null
SELECT id, pg_sleep(0.06) FROM steps WHERE id = 5 \g /dev/null
:found;

SET application_name = 'without a table';
SELECT pg_sleep(0.06) \g /dev/null
:found;

SET application_name = 'in a function that does nothing else';
CREATE FUNCTION waits() RETURNS integer LANGUAGE plpgsql AS
    $$ BEGIN PERFORM label, pg_sleep(0.2) FROM steps WHERE id = 7; RETURN 1; END $$;
SELECT waits();
:found;

SET application_name = 'cancelled';
SET statement_timeout = '80ms';
SELECT label, id, pg_sleep(10) FROM steps WHERE id = 1 \g /dev/null
RESET statement_timeout;
:found;

SET application_name = 'ten seconds are critical';
SET pg_query_audit.slow_query_critical_duration = '60ms';
SELECT id, label, pg_sleep(0.07) FROM steps WHERE id = 1 \g /dev/null
RESET pg_query_audit.slow_query_critical_duration;
:found;

-- To be left alone: none of these shows a row.

SET application_name = 'fast';
SET pg_query_audit.slow_query_min_duration = '5s';
SELECT label FROM steps WHERE id = 3 \g /dev/null
SELECT label, pg_sleep(0.06) FROM steps WHERE id = 3 \g /dev/null
SET pg_query_audit.slow_query_min_duration = '50ms';
:found;

SET application_name = 'explained by another rule';
SELECT i, pg_sleep(CASE i WHEN 7 THEN 0.06 ELSE 0 END) FROM generate_series(1, 12000) AS i \g /dev/null
:found;
SELECT rule FROM query_audit.findings WHERE application_name = 'explained by another rule';

SET application_name = 'maintenance';
CREATE TABLE copied AS SELECT label, pg_sleep(0.06) IS NULL AS slept FROM steps WHERE id = 1;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT label, pg_sleep(0.06) FROM steps WHERE id = 9 \g /dev/null
SELECT relname, pg_sleep(0.06) FROM pg_class LIMIT 1 \g /dev/null
:found;
