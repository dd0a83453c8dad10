-- write_loop: rows written one by one. Each case has an application_name of its own, which is its name in the findings.
CREATE EXTENSION pg_query_audit;
-- However slow the machine, a pause between two statements of this file ends no burst; only a new case does.
ALTER DATABASE regression SET pg_query_audit.burst_gap_min = '60s';
\c -
CREATE TABLE customers (id integer PRIMARY KEY, name text);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer REFERENCES customers ON DELETE CASCADE, state text,
                     version integer DEFAULT 0);
CREATE TABLE lines (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id integer, label text);
CREATE TABLE audit (at timestamptz DEFAULT now(), what text);
CREATE TABLE jobs (id integer PRIMARY KEY, state text);
CREATE SEQUENCE numbers;
INSERT INTO customers SELECT i, 'customer ' || i FROM generate_series(1, 40) AS i;
INSERT INTO orders SELECT i, i % 40 + 1, 'new' FROM generate_series(1, 400) AS i;
INSERT INTO jobs SELECT i, 'waiting' FROM generate_series(1, 100) AS i;
CREATE INDEX ON orders (customer_id);
ANALYZE;

PREPARE add_line(integer, text) AS INSERT INTO lines (order_id, label) VALUES ($1, $2);
PREPARE change(integer, text) AS UPDATE orders SET state = $2 WHERE id = $1;
PREPARE forget(integer) AS DELETE FROM lines WHERE order_id = $1;
PREPARE order_by_id(integer) AS SELECT id, state FROM orders WHERE id = $1;
PREPARE customer(integer) AS SELECT name FROM customers WHERE id = $1;
\set found 'SELECT rule, confidence, severity, evidence ->> ''mark'' AS mark, calls, rows, evidence ->> ''transactions'' AS transactions, query FROM query_audit.findings WHERE rule IN (''write_loop'', ''commit_per_row'', ''n_plus_one'', ''duplicate_query'') AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY rule, query COLLATE "C"'
\set body 'SELECT evidence ->> ''statements_per_row'' AS statements, jsonb_array_elements_text(evidence -> ''body'') AS body FROM query_audit.findings WHERE rule IN (''write_loop'', ''commit_per_row'') AND datname = current_database() AND application_name = current_setting(''application_name'')'

-- To be flagged.

SET application_name = 'inserts in a transaction';
BEGIN;
\o /dev/null
SELECT format('EXECUTE add_line(%s, ''line %s'')', i, i) FROM generate_series(1, 12) AS i \gexec
\o
-- A finding is there at once, while the transaction runs.
:found;
COMMIT;
:found;

SET application_name = 'ten are the boundary';
BEGIN;
\o /dev/null
SELECT format('INSERT INTO lines (order_id, label) VALUES (%s, ''line %s'')', i, i) FROM generate_series(1, 10) AS i \gexec
SELECT format('EXECUTE change(%s, ''nine'')', i) FROM generate_series(1, 9) AS i \gexec
\o
COMMIT;
:found;

SET application_name = 'updates of the rows of a list';
BEGIN;
\o /dev/null
SELECT id FROM orders ORDER BY id LIMIT 12;
SELECT format('EXECUTE change(%s, ''paid'')', i) FROM generate_series(1, 12) AS i \gexec
\o
COMMIT;
:found;
SELECT parent_query, evidence ->> 'parent_rows' AS parent_rows, evidence -> 'body' IS NULL AS nothing_else_in_its_body
FROM query_audit.findings
WHERE rule = 'write_loop' AND datname = current_database() AND application_name = 'updates of the rows of a list';

SET application_name = 'deletes, of which some find nothing';
BEGIN;
\o /dev/null
SELECT format('DELETE FROM lines WHERE id = %s', i) FROM generate_series(1, 30, 2) AS i \gexec
\o
COMMIT;
:found;

SET application_name = 'each row read again before it is changed';
BEGIN;
\o /dev/null
SELECT id FROM orders ORDER BY id LIMIT 12;
SELECT format('EXECUTE order_by_id(%s)', i), format('EXECUTE change(%s, ''sent'')', i) FROM generate_series(1, 12) AS i \gexec
\o
COMMIT;
:found;
:body;

SET application_name = 'each row locked before it is changed';
BEGIN;
\o /dev/null
SELECT format('SELECT version FROM orders WHERE id = %s FOR UPDATE', i), format('UPDATE orders SET version = version + 1 WHERE id = %s', i)
FROM generate_series(1, 12) AS i \gexec
\o
COMMIT;
:found;
:body;

SET application_name = 'three statements a row, with savepoints';
BEGIN;
\o /dev/null
SELECT format('SAVEPOINT row'), format('EXECUTE customer(%s)', i), format('EXECUTE change(%s, ''sent'')', i),
       format('INSERT INTO audit (what) VALUES (''sent %s'')', i), 'RELEASE row'
FROM generate_series(1, 12) AS i \gexec
\o
COMMIT;
-- The customer is a look-up of its own, one for each row.
:found;
:body;

SET application_name = 'a sequence value by its own statement';
BEGIN;
\o /dev/null
SELECT format('SELECT nextval(''numbers'')'), format('INSERT INTO audit (what) VALUES (''number %s'')', i) FROM generate_series(1, 12) AS i \gexec
\o
COMMIT;
:found;
:body;

SET application_name = 'an update that finds nothing, then the insert';
BEGIN;
\o /dev/null
SELECT format('UPDATE orders SET state = ''new'' WHERE id = %s', i), format('INSERT INTO orders (id, state) VALUES (%s, ''new'')', i)
FROM generate_series(1001, 1012) AS i \gexec
\o
COMMIT;
:found;
:body;

SET application_name = 'look up or insert';
BEGIN;
\o /dev/null
SELECT format('SELECT id FROM orders WHERE id = %s', i), format('INSERT INTO orders (id, state) VALUES (%s, ''new'')', i)
FROM generate_series(2001, 2012) AS i \gexec
\o
COMMIT;
:found;

-- Most are there, so what repeats is the look-up.
SET application_name = 'look up and hardly ever insert';
BEGIN;
\o /dev/null
SELECT format('SELECT id FROM orders WHERE id = %s', i),
       CASE WHEN i > 2012 THEN format('INSERT INTO orders (id, state) VALUES (%s, ''new'')', i) END
FROM generate_series(1995, 2014) AS i \gexec
\o
COMMIT;
:found;

SET application_name = 'an upsert for each row';
BEGIN;
\o /dev/null
SELECT format('INSERT INTO orders (id, state) VALUES (%s, ''again'') ON CONFLICT (id) DO UPDATE SET state = excluded.state', i)
FROM generate_series(391, 410) AS i \gexec
SELECT format('MERGE INTO customers c USING (VALUES (%s, ''name %s'')) v (id, name) ON c.id = v.id WHEN MATCHED THEN UPDATE SET name = v.name WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.name)', i, i)
FROM generate_series(31, 50) AS i \gexec
\o
COMMIT;
:found;

SET application_name = 'a unit that has a name, in several transactions';
SELECT query_audit.begin_unit('an import') \g /dev/null
\o /dev/null
SELECT 'BEGIN', format('EXECUTE add_line(%s, ''line'')', i), format('EXECUTE add_line(%s, ''line'')', i + 100),
       format('EXECUTE add_line(%s, ''line'')', i + 200), format('EXECUTE add_line(%s, ''line'')', i + 300), 'COMMIT'
FROM generate_series(1, 3) AS i \gexec
\o
:found;
SELECT query_audit.end_unit() \g /dev/null

-- Sent together, they lose no round trip.
SET application_name = 'sent in one string';
\o /dev/null
INSERT INTO audit (what) VALUES ('1') \; INSERT INTO audit (what) VALUES ('2') \; INSERT INTO audit (what) VALUES ('3') \; INSERT INTO audit (what) VALUES ('4') \; INSERT INTO audit (what) VALUES ('5') \; INSERT INTO audit (what) VALUES ('6') \; INSERT INTO audit (what) VALUES ('7') \; INSERT INTO audit (what) VALUES ('8') \; INSERT INTO audit (what) VALUES ('9') \; INSERT INTO audit (what) VALUES ('10');
\o
:found;
SELECT advice FROM query_audit.findings WHERE rule = 'write_loop' AND datname = current_database() AND application_name = 'sent in one string';

-- What a finding says.
SET application_name = 'a hundred are critical';
BEGIN;
\o /dev/null
SELECT format('EXECUTE add_line(%s, ''line'')', i) FROM generate_series(1, 100) AS i \gexec
\o
COMMIT;
SELECT severity, relation, occurrences, calls, rows, fix_sql, advice,
       saved_time BETWEEN 0 AND wall_time AS saves_some, wall_time >= total_exec_time AS pauses_count
FROM query_audit.findings
WHERE rule = 'write_loop' AND datname = current_database() AND application_name = 'a hundred are critical';

-- To be left alone: each of these shows no row.
\set found 'SELECT rule, confidence, calls, query FROM query_audit.findings WHERE rule IN (''write_loop'', ''commit_per_row'') AND confidence <> ''low'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY rule, query COLLATE "C"'

SET application_name = 'many rows in each statement';
BEGIN;
\o /dev/null
SELECT format('INSERT INTO lines (order_id, label) VALUES (%s, ''a''), (%s, ''b'')', i, i) FROM generate_series(1, 20) AS i \gexec
SELECT format('INSERT INTO lines (order_id, label) SELECT %s, ''c'' FROM generate_series(1, 5)', i) FROM generate_series(1, 20) AS i \gexec
SELECT format('DELETE FROM lines WHERE order_id = %s', i) FROM generate_series(1, 20) AS i \gexec
SELECT format('UPDATE orders SET state = ''x'' WHERE id = ANY (''{%s}'')', i) FROM generate_series(1, 20) AS i \gexec
SELECT format('UPDATE orders SET state = v.state FROM (VALUES (%s, ''a''), (%s, ''b'')) AS v (id, state) WHERE orders.id = v.id', i, i + 1)
FROM generate_series(1, 20) AS i \gexec
\o
COMMIT;
:found;

SET application_name = 'one statement with foreign keys and triggers';
CREATE FUNCTION log_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (what) VALUES (new.state);
    RETURN new;
END $$;
CREATE TRIGGER logged AFTER UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION log_change();
\o /dev/null
BEGIN;
UPDATE orders SET state = 'all' WHERE id < 100;
DELETE FROM customers WHERE id < 15;
INSERT INTO customers SELECT i, 'customer ' || i FROM generate_series(1, 14) AS i;
COMMIT;
\o
DROP TRIGGER logged ON orders;
:found;

SET application_name = 'inside of a function';
BEGIN;
DO $$
BEGIN
    FOR i IN 1..50 LOOP
        INSERT INTO audit (what) VALUES ('loop ' || i);
    END LOOP;
END $$;
COMMIT;
:found;

SET application_name = 'a copy';
BEGIN;
COPY audit (what) FROM stdin;
1
2
3
4
5
6
7
8
9
10
11
12
\.
COMMIT;
:found;

SET application_name = 'tried again after an error';
\o /dev/null
BEGIN; EXECUTE change(1, 'a'); EXECUTE change(2, 'a'); EXECUTE change(3, 'a'); EXECUTE change(4, 'a'); SELECT 1 / 0; ROLLBACK;
BEGIN; EXECUTE change(1, 'a'); EXECUTE change(2, 'a'); EXECUTE change(3, 'a'); EXECUTE change(4, 'a'); SELECT 1 / 0; ROLLBACK;
BEGIN; EXECUTE change(1, 'a'); EXECUTE change(2, 'a'); EXECUTE change(3, 'a'); EXECUTE change(4, 'a'); COMMIT;
\o
:found;

SET application_name = 'a unit in which each attempt failed';
SELECT query_audit.begin_unit('attempts') \g /dev/null
\o /dev/null
BEGIN; EXECUTE change(1, 'a'); EXECUTE change(2, 'a'); EXECUTE change(3, 'a'); EXECUTE change(4, 'a'); SELECT 1 / 0; ROLLBACK;
BEGIN; EXECUTE change(1, 'a'); EXECUTE change(2, 'a'); EXECUTE change(3, 'a'); EXECUTE change(4, 'a'); SELECT 1 / 0; ROLLBACK;
BEGIN; EXECUTE change(1, 'a'); EXECUTE change(2, 'a'); EXECUTE change(3, 'a'); EXECUTE change(4, 'a'); COMMIT;
\o
:found;
SELECT query_audit.end_unit() \g /dev/null

SET application_name = 'a worker that takes jobs from a queue';
BEGIN;
\o /dev/null
SELECT 'SELECT id FROM jobs WHERE state = ''waiting'' LIMIT 1 FOR UPDATE SKIP LOCKED', format('UPDATE jobs SET state = ''done'' WHERE id = %s', i)
FROM generate_series(1, 12) AS i \gexec
SELECT 'UPDATE jobs SET state = ''run'' WHERE id = (SELECT id FROM jobs WHERE state = ''waiting'' LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id'
FROM generate_series(1, 12) AS i \gexec
\o
COMMIT;
:found;
