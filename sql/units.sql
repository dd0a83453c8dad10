-- begin_unit(), end_unit() and backend_statements: a unit of work that the user names.
CREATE EXTENSION pg_query_audit;
CREATE TABLE authors (id integer PRIMARY KEY, name text);
CREATE TABLE books (id integer PRIMARY KEY, author_id integer, title text);
INSERT INTO authors SELECT i, 'author ' || i FROM generate_series(1, 10) AS i;
INSERT INTO books SELECT i, i % 10 + 1, 'book ' || i FROM generate_series(1, 100) AS i;

-- No unit is open yet.
SELECT query_audit.end_unit();
SELECT query_audit.begin_unit('');
SELECT query_audit.begin_unit(NULL) IS NULL AS nothing_begun;
SELECT query_audit.end_unit();

-- One unit at a time; an error leaves the open one open.
SELECT query_audit.begin_unit('checkout');
SELECT query_audit.begin_unit('another');
SELECT DISTINCT mark, unit_name FROM query_audit.backend_statements WHERE pid = pg_backend_pid();
SELECT query_audit.end_unit();
SELECT query_audit.end_unit();

-- What a unit did, statement by statement in the order of their first execution. Statements without a table, and
-- those of catalogs and of the extension itself, take no part.
SELECT query_audit.begin_unit('orders');
\o /dev/null
SELECT name FROM authors ORDER BY id LIMIT 6;
SELECT title FROM books WHERE author_id = 1;
SELECT title FROM books WHERE author_id = 2;
SELECT 1;
SELECT count(*) FROM pg_class;
SHOW search_path;
SELECT title FROM books WHERE author_id = 3;
SELECT title FROM books WHERE author_id = 3;
UPDATE books SET title = 'again' WHERE id = 7;
INSERT INTO authors VALUES (11, 'new'), (12, 'newer');
\o
SELECT "position", mark, unit_name, calls, distinct_params, rows, query FROM query_audit.backend_statements
WHERE pid = pg_backend_pid() ORDER BY "position";
-- fingerprint() names what the views show, and a series knows its parent once it is long enough to have one.
SELECT title FROM books WHERE author_id = 4 LIMIT 1 \g /dev/null
SELECT title FROM books WHERE author_id = 4 \g /dev/null
SELECT title FROM books WHERE author_id = 5 \g /dev/null
SELECT title FROM books WHERE author_id = 6 \g /dev/null
SELECT calls, distinct_params, rows,
       fingerprint = query_audit.fingerprint('SELECT title FROM books WHERE author_id = 0') AS same_fingerprint,
       parent_fingerprint = query_audit.fingerprint('SELECT name FROM authors ORDER BY id LIMIT 9') AS parent_known,
       datname = current_database() AS this_database, usename = current_user AS this_role,
       total_exec_time > 0 AS took_time
FROM query_audit.backend_statements
WHERE pid = pg_backend_pid() AND query LIKE 'SELECT title FROM books WHERE author_id = $1';
SELECT query_audit.end_unit();

-- A named unit outlives transactions, their failures, and a change of application_name.
SELECT query_audit.begin_unit('several transactions');
SET application_name = 'renamed';
\o /dev/null
BEGIN;
SELECT title FROM books WHERE author_id = 1;
ROLLBACK;
BEGIN;
SELECT title FROM books WHERE author_id = 2;
SELECT 1 / 0 FROM authors;
COMMIT;
SELECT title FROM books WHERE author_id = 3;
\o
SELECT unit_name, calls, query FROM query_audit.backend_statements
WHERE pid = pg_backend_pid() ORDER BY "position";
SELECT query_audit.end_unit();
RESET application_name;

-- After its end, what follows is in no named unit.
SELECT title FROM books WHERE author_id = 1 \g /dev/null
SELECT mark, unit_name FROM query_audit.backend_statements WHERE pid = pg_backend_pid();

-- A pool that resets the connection ends what its last client had named.
SELECT query_audit.begin_unit('left open');
DISCARD ALL;
SELECT query_audit.end_unit();

-- So does the end of the session.
SELECT query_audit.begin_unit('left open too');
\c -
SELECT query_audit.end_unit();

-- A name as long as it likes is cut, at a character.
SELECT query_audit.begin_unit(repeat('ä', 200));
SELECT title FROM books WHERE author_id = 1 \g /dev/null
SELECT unit_name = repeat('ä', length(unit_name)) AS whole_characters, octet_length(unit_name) BETWEEN 32 AND 64 AS cut
FROM query_audit.backend_statements WHERE pid = pg_backend_pid();
SELECT query_audit.end_unit();

-- A unit is a unit of statements from one round trip too.
SELECT query_audit.begin_unit('one string') \; SELECT title FROM books WHERE author_id = 1 \; SELECT title FROM books WHERE author_id = 2 \; SELECT query_audit.end_unit();
