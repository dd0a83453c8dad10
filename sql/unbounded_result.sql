-- unbounded_result: very many rows returned at once by what has no LIMIT. Each case has an application_name of its own.
CREATE EXTENSION pg_query_audit;
CREATE TABLE events (id integer PRIMARY KEY, kind text, at date);
INSERT INTO events SELECT i, 'kind ' || i % 10, DATE '2000-01-01' + i % 1000 FROM generate_series(1, 20000) AS i;
ANALYZE events;
\set found 'SELECT severity, confidence, calls, rows, evidence - ''reasons'' - ''growth'' - ''ms_at_10x'' - ''ms_at_100x'' AS evidence, query FROM query_audit.findings WHERE rule = ''unbounded_result'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'
\o /dev/null

-- To be flagged.

SET application_name = 'a whole table';
SELECT * FROM events;
\o
:found;
SELECT evidence ->> 'growth' AS growth, advice FROM query_audit.findings
WHERE rule = 'unbounded_result' AND application_name = 'a whole table';
\o /dev/null

SET application_name = 'a filter that keeps much';
SELECT id FROM events WHERE at > DATE '2000-06-01';
PREPARE since(date) AS SELECT id, at FROM events WHERE at >= $1;
EXECUTE since('2000-01-01');
EXECUTE since('2002-09-01');
\o
:found;
\o /dev/null

SET application_name = 'groups';
SELECT id, count(*) FROM events GROUP BY id;
\o
:found;
\o /dev/null

SET application_name = 'many rows for each key of a list';
SELECT id FROM events WHERE kind IN ('kind 1', 'kind 2', 'kind 3', 'kind 4', 'kind 5', 'kind 6');
\o
:found;
\o /dev/null

SET application_name = 'a function as a table';
SELECT * FROM generate_series(1, 12000) AS i;
\o
:found;

-- To be left alone: none of these shows a row.

SET application_name = 'ten thousand are the boundary';
\o /dev/null
SELECT * FROM events WHERE id < 10000;
\o
:found;

SET application_name = 'a LIMIT';
\o /dev/null
SELECT * FROM events LIMIT 15000;
SELECT * FROM (SELECT * FROM events ORDER BY at FETCH FIRST 15000 ROWS ONLY) AS page;
\o
:found;

SET application_name = 'aggregates';
\o /dev/null
SELECT count(*), max(at) FROM events;
SELECT kind, count(*) FROM events GROUP BY kind;
SELECT array_agg(id) FROM events;
\o
:found;

SET application_name = 'a cursor, fetched in parts';
\o /dev/null
BEGIN;
DECLARE all_events CURSOR FOR SELECT * FROM events;
FETCH 15000 FROM all_events;
FETCH 15000 FROM all_events;
COMMIT;
\o
:found;

SET application_name = 'a cursor that is held';
\o /dev/null
BEGIN;
DECLARE held CURSOR WITH HOLD FOR SELECT id FROM events;
DECLARE held_too SCROLL CURSOR WITH HOLD FOR SELECT id, at FROM events;
COMMIT;
FETCH 100 FROM held;
FETCH 100 FROM held_too;
CLOSE ALL;
\o
:found;

SET application_name = 'one row for each key of a list';
\o /dev/null
PREPARE by_ids(integer[]) AS SELECT * FROM events WHERE id = ANY($1);
SELECT array_agg(i) AS ids FROM generate_series(1, 12000) AS i \gset
EXECUTE by_ids(:'ids');
\o
:found;

SET application_name = 'nothing that the client gets';
\o /dev/null
CREATE TABLE copied AS SELECT * FROM events;
COPY (SELECT * FROM events) TO '/dev/null';
INSERT INTO copied SELECT * FROM events;
CREATE FUNCTION reads_all() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    n integer := 0;
    e events;
BEGIN
    FOR e IN SELECT * FROM events LOOP
        n := n + 1;
    END LOOP;
    RETURN n;
END $$;
SELECT reads_all();
EXPLAIN ANALYZE SELECT * FROM events;
\o
:found;
