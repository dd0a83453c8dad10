-- unindexed_sort inside of statements: sub-selects, CTEs, DISTINCT ON, windows, merge joins and partitions.
CREATE EXTENSION pg_query_audit;
SET pg_query_audit.disabled_rules = 'unbounded_result, slow_query, temp_spill, wide_result, stale_statistics';
SET max_parallel_workers_per_gather = 0;
SET enable_hashagg = off;
CREATE TABLE readings (id integer PRIMARY KEY, sensor integer, at timestamptz, value integer, note text);
INSERT INTO readings
SELECT i, CASE WHEN i % 4 = 0 THEN 7 ELSE i % 500 END, TIMESTAMPTZ '2020-01-01 00:00Z' + i * 7919 % 60000 * INTERVAL '1 minute',
       i * 31 % 1000, 'a note on reading ' || i FROM generate_series(1, 60000) AS i;
CREATE TABLE sensors (id integer PRIMARY KEY, name text);
INSERT INTO sensors SELECT i, 'sensor ' || i FROM generate_series(1, 500) AS i;
CREATE TABLE logs (id integer, day integer, at timestamptz) PARTITION BY RANGE (day);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (10);
CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM (10) TO (20);
CREATE TABLE logs_3 PARTITION OF logs FOR VALUES FROM (20) TO (30);
INSERT INTO logs SELECT i, i % 30, TIMESTAMPTZ '2020-01-01 00:00Z' + i * 7919 % 30000 * INTERVAL '1 minute'
FROM generate_series(1, 30000) AS i;
CREATE INDEX logs_1_at ON logs_1 (at);
VACUUM ANALYZE readings, sensors, logs;
\set found 'SELECT relation, rows_sorted, limited, definition FROM (SELECT relation, evidence ->> \'rows_sorted\' AS rows_sorted, evidence ->> \'limited\' AS limited, substring(fix_sql FROM \' ON (.*?);\n\') AS definition FROM query_audit.findings WHERE rule = \'unindexed_sort\' AND datname = current_database() AND application_name = current_setting(\'application_name\')) AS f ORDER BY relation, definition COLLATE "C"'

-- A LIMIT ends it, in the sub-select or above what only passes rows on.
SET application_name = 'a sub-select';
SELECT max(value) FROM (SELECT value FROM readings ORDER BY at DESC LIMIT 10) AS latest \g /dev/null
:found;
SET application_name = 'a CTE';
WITH latest AS MATERIALIZED (SELECT id, value FROM readings ORDER BY value, at DESC LIMIT 10)
SELECT count(*) FROM latest AS a JOIN latest AS b ON a.id = b.id \g /dev/null
:found;
SET application_name = 'DISTINCT ON and LIMIT';
SELECT DISTINCT ON (sensor) sensor, at, note FROM readings ORDER BY sensor, at DESC LIMIT 10 \g /dev/null
:found;
SET application_name = 'partitions that are merged, one of which has the index';
SELECT id FROM logs ORDER BY at LIMIT 5 \g /dev/null
:found;

SET application_name = 'partitions, the first of which has the index';
SET enable_indexscan = off;
SELECT id FROM logs ORDER BY at DESC LIMIT 7 \g /dev/null
:found;
SET application_name = 'partitions that are merged for a part of the order';
RESET enable_indexscan;
CREATE INDEX logs_2_day ON logs_2 (day);
SELECT id FROM logs ORDER BY day, at LIMIT 5 \g /dev/null
:found;
DROP INDEX logs_2_day;
SET application_name = 'partitions, all of which have the index';
CREATE INDEX logs_2_at ON logs_2 (at);
CREATE INDEX logs_3_at ON logs_3 (at);
SET enable_indexscan = off;
SELECT id FROM logs ORDER BY at DESC LIMIT 9 \g /dev/null
RESET enable_indexscan;
:found;
DROP INDEX logs_2_at, logs_3_at;

-- What is found by equality comes in order, and what is all in the index need not be looked up.
SET application_name = 'a window of what is found by equality';
SELECT note, row_number() OVER (PARTITION BY value ORDER BY at) FROM readings WHERE sensor = 7 \g /dev/null
:found;
SET application_name = 'DISTINCT ON of nothing but the keys';
SELECT DISTINCT ON (sensor) sensor, at FROM readings ORDER BY sensor, at DESC \g /dev/null
:found;
SET application_name = 'a merge join';
SET enable_hashjoin = off;
SET enable_nestloop = off;
SELECT r.sensor FROM readings AS r JOIN sensors AS s ON s.id = r.sensor \g /dev/null
:found;
RESET enable_hashjoin;
RESET enable_nestloop;

-- The remedies run, and there is no sort left.
SELECT DISTINCT split_part(fix_sql, E';\n', 1) FROM query_audit.findings
WHERE datname = current_database() AND rule = 'unindexed_sort' AND application_name IN ('a sub-select', 'DISTINCT ON and LIMIT')
ORDER BY 1 \gexec
VACUUM ANALYZE readings;
SET application_name = 'after the remedies';
SELECT max(value) FROM (SELECT value FROM readings ORDER BY at DESC LIMIT 10) AS latest \g /dev/null
SELECT DISTINCT ON (sensor) sensor, at, note FROM readings ORDER BY sensor, at DESC LIMIT 10 \g /dev/null
:found;
DROP INDEX readings_at_desc_idx, readings_sensor_at_desc_idx;

-- To be left alone: all rows of the table are read and sorted in any case; small ones, however often; another's order.
SET application_name = 'left alone';
\o /dev/null
SELECT DISTINCT ON (sensor) sensor, at, note FROM readings ORDER BY sensor, at DESC;
SELECT note, row_number() OVER (PARTITION BY sensor ORDER BY at) FROM readings;
SELECT value, count(note) FROM readings GROUP BY value;
SELECT count(note) FILTER (WHERE n = 1) FROM (SELECT note, row_number() OVER (ORDER BY at) AS n FROM readings) AS r;
SELECT s.name, l.value FROM sensors AS s, LATERAL (SELECT value FROM readings AS r WHERE r.id BETWEEN s.id AND s.id + 200 ORDER BY at LIMIT 1) AS l;
SELECT max(n) FROM (SELECT sensor, count(value) AS n FROM readings GROUP BY sensor ORDER BY n DESC LIMIT 10) AS t;
SELECT count(DISTINCT at) FROM readings;
SELECT string_agg(note, ',' ORDER BY at), count(DISTINCT value) FROM readings WHERE sensor = 7;
\o
:found;

-- Tables that inherit from one are read together, and each takes the index; one that has it already is left out.
CREATE TABLE measures (id integer, at timestamptz, note text);
CREATE TABLE indoor_measures (room integer) INHERITS (measures);
CREATE TABLE outdoor_measures (at timestamptz, id integer, note text, wet boolean);
ALTER TABLE outdoor_measures INHERIT measures;
CREATE TABLE lost_measures () INHERITS (measures);
INSERT INTO indoor_measures SELECT i, TIMESTAMPTZ '2020-01-01 00:00Z' + i * 7919 % 30000 * INTERVAL '1 minute', 'in ' || i, i % 9
FROM generate_series(1, 30000) AS i;
INSERT INTO outdoor_measures (id, at, note)
SELECT i, TIMESTAMPTZ '2020-01-01 00:00Z' + i * 7919 % 20000 * INTERVAL '1 minute', 'out ' || i FROM generate_series(1, 20000) AS i;
INSERT INTO lost_measures SELECT i, TIMESTAMPTZ '2020-01-01 00:00Z' + i * 7919 % 20000 * INTERVAL '1 minute', 'lost ' || i
FROM generate_series(1, 20000) AS i;
CREATE INDEX lost_measures_at ON lost_measures (at DESC);
VACUUM ANALYZE measures, indoor_measures, outdoor_measures, lost_measures;
SET application_name = 'tables that inherit';
SET enable_indexscan = off;
SELECT note FROM measures ORDER BY at DESC LIMIT 5 \g /dev/null
RESET enable_indexscan;
:found;
SELECT relation, regexp_replace(definition, '.* ON ', '') AS definition FROM query_audit.index_candidates
WHERE relation ~ 'measures' ORDER BY relation;
SET application_name = 'tables that inherit, merged';
SELECT note FROM measures ORDER BY at DESC LIMIT 6 \g /dev/null
:found;
CREATE INDEX ON indoor_measures (at DESC);
CREATE INDEX ON outdoor_measures (at DESC);
EXPLAIN (COSTS OFF) SELECT note FROM measures ORDER BY at DESC LIMIT 5;
