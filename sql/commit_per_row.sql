-- commit_per_row: a transaction for every row written. Each case has an application_name of its own.
CREATE EXTENSION pg_query_audit;
-- However slow the machine, a pause between two statements of this file ends no burst; only a new case does.
ALTER DATABASE regression SET pg_query_audit.burst_gap_min = '60s';
\c -
CREATE TABLE orders (id integer PRIMARY KEY, state text, version integer DEFAULT 0);
CREATE TABLE lines (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id integer, label text);
CREATE TABLE audit (at timestamptz DEFAULT now(), what text);
CREATE TABLE jobs (id integer PRIMARY KEY, state text);
CREATE TABLE counters (page text PRIMARY KEY, views integer);
CREATE SEQUENCE numbers;
INSERT INTO orders SELECT i, 'new' FROM generate_series(1, 400) AS i;
INSERT INTO jobs SELECT i, 'waiting' FROM generate_series(1, 100) AS i;
ANALYZE;

PREPARE add_line(integer, text) AS INSERT INTO lines (order_id, label) VALUES ($1, $2);
PREPARE change(integer, text) AS UPDATE orders SET state = $2 WHERE id = $1;
PREPARE order_by_id(integer) AS SELECT id, state FROM orders WHERE id = $1;
\set found 'SELECT rule, confidence, severity, evidence ->> ''mark'' AS mark, calls, evidence ->> ''transactions'' AS transactions, query, parent_query FROM query_audit.findings WHERE rule IN (''write_loop'', ''commit_per_row'', ''n_plus_one'', ''duplicate_query'') AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY rule, query COLLATE "C"'
-- Outside of a named unit or trace the confidence depends on pauses, so on the machine: that there is one finding, of which
-- loop, does not.
\set seen 'SELECT rule, severity, evidence ->> ''mark'' AS mark, calls, evidence ->> ''transactions'' AS transactions, query, parent_query FROM query_audit.findings WHERE rule IN (''write_loop'', ''commit_per_row'', ''n_plus_one'', ''duplicate_query'') AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY rule, query COLLATE "C"'
\set body 'SELECT evidence ->> ''statements_per_row'' AS statements, jsonb_array_elements_text(evidence -> ''body'') AS body FROM query_audit.findings WHERE rule IN (''write_loop'', ''commit_per_row'') AND datname = current_database() AND application_name = current_setting(''application_name'')'

-- To be flagged.

SET application_name = 'autocommit in a named unit';
SELECT query_audit.begin_unit('an import') \g /dev/null
\o /dev/null
SELECT format('EXECUTE add_line(%s, ''line'')', i) FROM generate_series(1, 12) AS i \gexec
\o
:found;
SELECT query_audit.end_unit() \g /dev/null
:found;

SET application_name = 'ten are the boundary';
SELECT query_audit.begin_unit('an import') \g /dev/null
\o /dev/null
SELECT format('INSERT INTO lines (order_id, label) VALUES (%s, ''line'')', i) FROM generate_series(1, 10) AS i \gexec
SELECT format('EXECUTE change(%s, ''nine'')', i) FROM generate_series(1, 9) AS i \gexec
\o
SELECT query_audit.end_unit() \g /dev/null
:found;

SET application_name = 'BEGIN and COMMIT around each';
\o /dev/null
SELECT id FROM orders ORDER BY id LIMIT 12;
SELECT 'BEGIN', format('EXECUTE change(%s, ''paid'')', i), 'COMMIT' FROM generate_series(1, 12) AS i \gexec
\o
:seen;

SET application_name = 'the rows of a list in autocommit';
\o /dev/null
SELECT id FROM orders ORDER BY id LIMIT 15;
SELECT format('DELETE FROM lines WHERE id = %s', i) FROM generate_series(1, 15) AS i \gexec
\o
:seen;

SET application_name = 'each row read again in its transaction';
\o /dev/null
SELECT id FROM orders ORDER BY id LIMIT 12;
SELECT 'BEGIN', format('EXECUTE order_by_id(%s)', i), format('EXECUTE change(%s, ''sent'')', i), 'COMMIT'
FROM generate_series(1, 12) AS i \gexec
\o
:seen;
:body;

SET application_name = 'three statements in each transaction';
\o /dev/null
SELECT id FROM orders ORDER BY id LIMIT 12;
SELECT 'BEGIN', format('EXECUTE order_by_id(%s)', i), format('EXECUTE change(%s, ''sent'')', i),
       format('INSERT INTO audit (what) VALUES (''sent %s'')', i), 'COMMIT'
FROM generate_series(1, 12) AS i \gexec
\o
:seen;
:body;

SET application_name = 'a sequence value by its own statement';
\o /dev/null
SELECT id FROM orders ORDER BY id LIMIT 12;
SELECT 'BEGIN', 'SELECT nextval(''numbers'')', format('INSERT INTO audit (what) VALUES (''number %s'')', i), 'COMMIT'
FROM generate_series(1, 12) AS i \gexec
\o
:seen;
:body;

SET application_name = 'one trace';
\o /dev/null
SELECT format('INSERT INTO audit (what) VALUES (''%s'') /*traceparent=''00-11111111111111111111111111111111-1111111111111111-01''*/', i)
FROM generate_series(1, 12) AS i \gexec
\o
:found;

-- What a finding says.
SET application_name = 'a hundred are critical';
SELECT query_audit.begin_unit('an import') \g /dev/null
\o /dev/null
SELECT format('EXECUTE add_line(%s, ''line'')', i) FROM generate_series(1, 100) AS i \gexec
\o
SELECT query_audit.end_unit() \g /dev/null
SELECT confidence, severity, relation, occurrences, calls, rows, fix_sql, advice,
       saved_time BETWEEN 0 AND wall_time AS saves_some, wall_time >= total_exec_time AS pauses_count
FROM query_audit.findings
WHERE rule = 'commit_per_row' AND datname = current_database() AND application_name = 'a hundred are critical';

-- To be left alone: each of these shows no row of medium confidence or more.
\set found 'SELECT rule, confidence, calls, query FROM query_audit.findings WHERE rule IN (''write_loop'', ''commit_per_row'') AND confidence <> ''low'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY rule, query COLLATE "C"'

SET application_name = 'a stream of requests';
\o /dev/null
SELECT format('EXECUTE add_line(%s, ''line'')', i) FROM generate_series(1, 40) AS i \gexec
\o
:found;
-- It is kept, for what it is.
SELECT rule, confidence, calls, query FROM query_audit.findings
WHERE rule IN ('write_loop', 'commit_per_row') AND datname = current_database() AND application_name = 'a stream of requests';

SET application_name = 'a benchmark';
\o /dev/null
SELECT 'BEGIN', format('UPDATE orders SET version = version + 1 WHERE id = %s', i), format('SELECT version FROM orders WHERE id = %s', i),
       format('UPDATE jobs SET state = ''%s'' WHERE id = %s', i, i % 10), format('EXECUTE change(%s, ''benched'')', i),
       format('INSERT INTO audit (what) VALUES (''%s'')', i), 'END'
FROM generate_series(1, 30) AS i \gexec
\o
:found;

SET application_name = 'a counter and a heartbeat';
SELECT query_audit.begin_unit('an hour') \g /dev/null
\o /dev/null
SELECT format('INSERT INTO counters VALUES (''home'', 1) ON CONFLICT (page) DO UPDATE SET views = counters.views + 1'),
       format('UPDATE jobs SET state = ''alive %s'' WHERE id = 1', i)
FROM generate_series(1, 30) AS i \gexec
\o
SELECT query_audit.end_unit() \g /dev/null
:found;

SET application_name = 'a worker that takes jobs from a queue';
\o /dev/null
SELECT id FROM orders ORDER BY id LIMIT 20;
SELECT 'BEGIN', 'SELECT id FROM jobs WHERE state = ''waiting'' LIMIT 1 FOR UPDATE SKIP LOCKED',
       format('UPDATE jobs SET state = ''done'' WHERE id = %s', i), 'COMMIT'
FROM generate_series(1, 20) AS i \gexec
\o
:found;

SET application_name = 'many rows in each transaction';
\o /dev/null
SELECT id FROM orders ORDER BY id LIMIT 20;
SELECT format('INSERT INTO lines (order_id, label) VALUES (%s, ''a''), (%s, ''b'')', i, i) FROM generate_series(1, 20) AS i \gexec
\o
:found;

SET application_name = 'tried again after an error';
\o /dev/null
SELECT 'BEGIN', format('EXECUTE change(%s, ''a'')', i), 'SELECT 1 / 0', 'ROLLBACK' FROM generate_series(1, 12) AS i
\gexec
\o
:found;
