-- duplicate_query: the same statement with the same parameters, again and again in one unit of work.
CREATE EXTENSION pg_query_audit;
-- However slow the machine, a pause between two statements of this file ends no burst; only a new case does.
ALTER DATABASE regression SET pg_query_audit.burst_gap_min = '60s';
\c -
CREATE TABLE settings (id integer PRIMARY KEY, name text, value text);
CREATE TABLE users (id integer PRIMARY KEY, name text, seen timestamptz);
INSERT INTO settings SELECT i, 'setting ' || i, 'value ' || i FROM generate_series(1, 50) AS i;
INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, 50) AS i;
CREATE SEQUENCE numbers;
ANALYZE;

PREPARE setting(text) AS SELECT value FROM settings WHERE name = $1;
PREPARE user_by_id(integer) AS SELECT name FROM users WHERE id = $1;
PREPARE all_settings AS SELECT name, value FROM settings;
\set found 'SELECT rule, confidence, severity, evidence ->> ''mark'' AS mark, evidence ->> ''repeats'' AS repeats, calls, query FROM query_audit.findings WHERE rule IN (''duplicate_query'', ''n_plus_one'') AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY rule, query COLLATE "C"'

-- To be flagged.

SET application_name = 'the same ten times';
\o /dev/null
BEGIN;
EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a');
EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a');
COMMIT;
\o
-- A duplicate, and no N+1.
:found;

SET application_name = 'five is the boundary';
\o /dev/null
BEGIN;
EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a');
COMMIT;
\o
:found;

SET application_name = 'literals and comments';
\o /dev/null
BEGIN;
SELECT value FROM settings WHERE name = 'b' /* line 1 */; SELECT value FROM settings WHERE name = 'b' /* line 2 */;
SELECT value FROM settings WHERE name = 'b' -- 'line 3'
;
SELECT value FROM settings WHERE name = 'b'; /* 4 */ SELECT value FROM settings WHERE name = 'b';
COMMIT;
\o
:found;

SET application_name = 'no parameters at all';
\o /dev/null
BEGIN;
EXECUTE all_settings; EXECUTE all_settings; EXECUTE all_settings; EXECUTE all_settings; EXECUTE all_settings;
SELECT count(*) FROM users; SELECT count(*) FROM users; SELECT count(*) FROM users; SELECT count(*) FROM users;
SELECT count(*) FROM users;
COMMIT;
\o
:found;

SET application_name = 'among other statements';
\o /dev/null
BEGIN;
EXECUTE user_by_id(1); EXECUTE setting('a'); SELECT 1; EXECUTE user_by_id(1); EXECUTE setting('b'); SAVEPOINT s;
EXECUTE user_by_id(1); EXECUTE setting('c'); EXECUTE user_by_id(1); SHOW work_mem; EXECUTE user_by_id(1);
COMMIT;
\o
:found;

SET application_name = 'among other parameters';
\o /dev/null
BEGIN;
EXECUTE user_by_id(1); EXECUTE user_by_id(2); EXECUTE user_by_id(1); EXECUTE user_by_id(3); EXECUTE user_by_id(1);
EXECUTE user_by_id(2); EXECUTE user_by_id(1); EXECUTE user_by_id(4); EXECUTE user_by_id(1);
COMMIT;
\o
:found;

SET application_name = 'a null is a value';
\o /dev/null
BEGIN;
EXECUTE user_by_id(NULL); EXECUTE user_by_id(NULL); EXECUTE user_by_id(NULL); EXECUTE user_by_id(NULL);
EXECUTE user_by_id(NULL);
COMMIT;
\o
:found;

SET application_name = 'in a unit with a name';
SELECT query_audit.begin_unit('a page') \g /dev/null
\o /dev/null
EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a');
\o
:found;
SELECT query_audit.end_unit() \g /dev/null

SET application_name = 'a write to another table in between';
\o /dev/null
BEGIN;
EXECUTE setting('a'); EXECUTE setting('a'); UPDATE users SET name = 'x' WHERE id = 1;
EXECUTE setting('a'); EXECUTE setting('a'); INSERT INTO users VALUES (51); EXECUTE setting('a');
ROLLBACK;
\o
:found;

SET application_name = 'lists';
\o /dev/null
BEGIN;
SELECT name FROM users WHERE id IN (1, 2, 3); SELECT name FROM users WHERE id IN (1, 2, 3);
SELECT name FROM users WHERE id IN (1, 2, 3); SELECT name FROM users WHERE id IN (1, 2, 3);
SELECT name FROM users WHERE id IN (1, 2, 3);
COMMIT;
\o
:found;

-- To be left alone: each of these shows no row of medium confidence or more.
\set found 'SELECT rule, confidence, calls, query FROM query_audit.findings WHERE rule = ''duplicate_query'' AND confidence <> ''low'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'

SET application_name = 'four';
\o /dev/null
BEGIN;
EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a');
EXECUTE setting('b'); EXECUTE setting('b'); EXECUTE setting('b'); EXECUTE setting('b');
COMMIT;
\o
:found;

SET application_name = 'four in each of two transactions';
\o /dev/null
BEGIN; EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); COMMIT;
BEGIN; EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); COMMIT;
\o
:found;

SET application_name = 'requests in autocommit';
\o /dev/null
EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a');
EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a'); EXECUTE setting('a');
\o
:found;

SET application_name = 'pings';
\o /dev/null
BEGIN;
SELECT 1; SELECT 1; SELECT 1; SELECT 1; SELECT 1; SELECT 1; SELECT version(); SELECT version(); SELECT version();
SELECT version(); SELECT version(); SELECT current_user; SELECT current_user; SELECT current_user;
SELECT current_user; SELECT current_user; SELECT FROM pg_database; SELECT FROM pg_database; SELECT FROM pg_database;
SELECT FROM pg_database; SELECT FROM pg_database; SHOW work_mem; SHOW work_mem; SHOW work_mem; SHOW work_mem;
SHOW work_mem;
COMMIT;
\o
:found;

SET application_name = 'a write in between';
\o /dev/null
BEGIN;
EXECUTE user_by_id(1); EXECUTE user_by_id(1); EXECUTE user_by_id(1);
UPDATE users SET seen = now() WHERE id = 1;
EXECUTE user_by_id(1); EXECUTE user_by_id(1);
INSERT INTO users VALUES (52, 'new');
EXECUTE user_by_id(1); EXECUTE user_by_id(1);
DELETE FROM users WHERE id = 52;
EXECUTE user_by_id(1); EXECUTE user_by_id(1); EXECUTE user_by_id(1);
COMMIT;
\o
:found;

SET application_name = 'read again before each write';
\o /dev/null
BEGIN;
EXECUTE user_by_id(1); UPDATE users SET name = 'a' WHERE id = 1; EXECUTE user_by_id(1);
UPDATE users SET name = 'b' WHERE id = 1; EXECUTE user_by_id(1); UPDATE users SET name = 'c' WHERE id = 1;
EXECUTE user_by_id(1); UPDATE users SET name = 'd' WHERE id = 1; EXECUTE user_by_id(1);
UPDATE users SET name = 'e' WHERE id = 1; EXECUTE user_by_id(1);
COMMIT;
\o
:found;

SET application_name = 'volatile calls';
\o /dev/null
BEGIN;
SELECT nextval('numbers'); SELECT nextval('numbers'); SELECT nextval('numbers'); SELECT nextval('numbers');
SELECT nextval('numbers'); SELECT now(); SELECT now(); SELECT now(); SELECT now(); SELECT now();
SELECT nextval('numbers'), name FROM users WHERE id = 1; SELECT nextval('numbers'), name FROM users WHERE id = 1;
SELECT nextval('numbers'), name FROM users WHERE id = 1; SELECT nextval('numbers'), name FROM users WHERE id = 1;
SELECT nextval('numbers'), name FROM users WHERE id = 1;
SELECT name FROM users ORDER BY random() LIMIT 1; SELECT name FROM users ORDER BY random() LIMIT 1;
SELECT name FROM users ORDER BY random() LIMIT 1; SELECT name FROM users ORDER BY random() LIMIT 1;
SELECT name FROM users ORDER BY random() LIMIT 1;
COMMIT;
\o
:found;

SET application_name = 'locks';
\o /dev/null
BEGIN;
SELECT id FROM users LIMIT 1 FOR UPDATE SKIP LOCKED; SELECT id FROM users LIMIT 1 FOR UPDATE SKIP LOCKED;
SELECT id FROM users LIMIT 1 FOR UPDATE SKIP LOCKED; SELECT id FROM users LIMIT 1 FOR UPDATE SKIP LOCKED;
SELECT id FROM users LIMIT 1 FOR UPDATE SKIP LOCKED;
COMMIT;
\o
:found;

SET application_name = 'writes';
\o /dev/null
BEGIN;
UPDATE users SET seen = now() WHERE id = 1; UPDATE users SET seen = now() WHERE id = 1;
UPDATE users SET seen = now() WHERE id = 1; UPDATE users SET seen = now() WHERE id = 1;
UPDATE users SET seen = now() WHERE id = 1;
COMMIT;
\o
:found;

SET application_name = 'tried again after an error';
\o /dev/null
BEGIN; EXECUTE user_by_id(1); EXECUTE user_by_id(1); SELECT 1 / 0; ROLLBACK;
BEGIN; EXECUTE user_by_id(1); EXECUTE user_by_id(1); SELECT 1 / 0; ROLLBACK;
BEGIN; EXECUTE user_by_id(1); EXECUTE user_by_id(1); COMMIT;
\o
:found;

SET application_name = 'a unit in which each attempt failed';
SELECT query_audit.begin_unit('attempts') \g /dev/null
\o /dev/null
BEGIN; EXECUTE user_by_id(1); EXECUTE user_by_id(1); SELECT 1 / 0; ROLLBACK;
BEGIN; EXECUTE user_by_id(1); EXECUTE user_by_id(1); SELECT 1 / 0; ROLLBACK;
BEGIN; EXECUTE user_by_id(1); EXECUTE user_by_id(1); COMMIT;
\o
:found;
SELECT query_audit.end_unit() \g /dev/null

SET application_name = 'a cursor in parts';
\o /dev/null
BEGIN;
DECLARE parts CURSOR FOR SELECT name FROM users;
FETCH 5 FROM parts; FETCH 5 FROM parts; FETCH 5 FROM parts; FETCH 5 FROM parts; FETCH 5 FROM parts; FETCH 5 FROM parts;
COMMIT;
\o
:found;

SET application_name = 'one statement for each of many parameters';
\o /dev/null
BEGIN;
EXECUTE user_by_id(1); EXECUTE user_by_id(2); EXECUTE user_by_id(3); EXECUTE user_by_id(4); EXECUTE user_by_id(5);
EXECUTE user_by_id(6); EXECUTE user_by_id(7); EXECUTE user_by_id(8);
COMMIT;
\o
:found;

SET application_name = 'inside of a function';
CREATE FUNCTION reads(n integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        PERFORM value FROM settings WHERE id = 1;
    END LOOP;
END $$;
SELECT reads(20);
:found;

-- What a finding says. Nothing can be written as its remedy: the statement is to be left out.
SELECT relation, parent_query IS NULL AS no_parent, fix_sql IS NULL AS no_fix_sql, advice
FROM query_audit.findings
WHERE rule = 'duplicate_query' AND datname = current_database() AND application_name = 'the same ten times';
SELECT occurrences, calls, rows, evidence - 'mean_pause_us' AS evidence, saved_time BETWEEN 0 AND wall_time AS saves_some
FROM query_audit.findings
WHERE rule = 'duplicate_query' AND datname = current_database() AND application_name = 'the same ten times';
