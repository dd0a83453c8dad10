-- n_plus_one: one query per row. Each case has an application_name of its own, which is its name in the findings.
CREATE EXTENSION pg_query_audit;
-- However slow the machine, a pause between two statements of this file ends no burst; only a new case does.
ALTER DATABASE regression SET pg_query_audit.burst_gap_min = '60s';
\c -
CREATE TABLE publishers (id integer PRIMARY KEY, name text);
CREATE TABLE authors (id integer PRIMARY KEY, publisher_id integer REFERENCES publishers, name text);
CREATE TABLE books (id integer PRIMARY KEY, author_id integer REFERENCES authors, editor_id integer, title text);
CREATE TABLE chapters (id integer PRIMARY KEY, book_id integer REFERENCES books, title text);
INSERT INTO publishers SELECT i, 'publisher ' || i FROM generate_series(1, 20) AS i;
INSERT INTO authors SELECT i, i, 'author ' || i FROM generate_series(1, 20) AS i;
INSERT INTO books SELECT i, (i - 1) / 6 + 1, i % 7, 'book ' || i FROM generate_series(1, 60) AS i;
INSERT INTO chapters SELECT i, (i - 1) / 5 + 1, 'chapter ' || i FROM generate_series(1, 300) AS i;
CREATE INDEX ON books (author_id);
CREATE INDEX ON chapters (book_id);
CREATE SCHEMA tenant_1;
CREATE SCHEMA tenant_2;
CREATE TABLE tenant_1.notes AS SELECT i AS id, 'note ' || i AS body FROM generate_series(1, 20) AS i;
CREATE TABLE tenant_2.notes AS SELECT i AS id, 'note ' || i AS body FROM generate_series(1, 20) AS i;
CREATE TABLE jobs (id integer PRIMARY KEY, queue integer, state text);
INSERT INTO jobs SELECT i, i % 10, 'waiting' FROM generate_series(1, 100) AS i;
ANALYZE;

PREPARE author(integer) AS SELECT id, name FROM authors WHERE id = $1;
PREPARE publisher(integer) AS SELECT name FROM publishers WHERE id = $1;
PREPARE books_of(integer) AS SELECT id, title FROM books WHERE author_id = $1 ORDER BY id;
PREPARE chapters_of(integer) AS SELECT title FROM chapters WHERE book_id = $1 ORDER BY id;
PREPARE number_of_books(integer) AS SELECT count(*) FROM books WHERE author_id = $1;
PREPARE one_of(integer) AS SELECT title FROM books WHERE id IN ($1);
\set found 'SELECT confidence, severity, evidence ->> ''mark'' AS mark, calls, evidence ->> ''distinct_parameters'' AS parameters, evidence ->> ''parent_rows'' AS parent_rows, query, parent_query FROM query_audit.findings WHERE rule = ''n_plus_one'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'
-- Outside of a transaction the confidence depends on pauses; what counts is whether it is medium or more.
\set counted 'SELECT confidence IN (''medium'', ''high'', ''proven'') AS counts, evidence ->> ''mark'' AS mark, calls, query, parent_query FROM query_audit.findings WHERE rule = ''n_plus_one'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'

-- To be flagged.

SET application_name = 'bound parameters in a transaction';
\o /dev/null
BEGIN;
SELECT id, title FROM books ORDER BY id LIMIT 6;
EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); EXECUTE author(4); EXECUTE author(5); EXECUTE author(6);
\o
-- A finding is there at once, while the transaction runs.
:found;
COMMIT;
:found;

SET application_name = 'five is the boundary';
\o /dev/null
BEGIN;
EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); EXECUTE author(4); EXECUTE author(5);
COMMIT;
\o
:found;

SET application_name = 'literals in the text';
BEGIN;
\o /dev/null
SELECT format('SELECT title FROM books WHERE author_id = %s', id) FROM authors ORDER BY id LIMIT 6 \gexec
\o
COMMIT;
:found;

SET application_name = 'comments that differ';
\o /dev/null
BEGIN;
SELECT id FROM authors ORDER BY id LIMIT 5;
SELECT title /* row 1 */ FROM books WHERE author_id = 1 -- request 7f3a
;
SELECT title /* row 2 */ FROM books WHERE author_id = 2 -- request 81c2
;
SELECT title /* row 3 */ FROM books WHERE author_id = 3 /* request '9' */;
/* request 4 */ SELECT title FROM books WHERE author_id = 4;
SELECT title FROM books WHERE author_id = 5;
COMMIT;
\o
:found;

SET application_name = 'autocommit after its parent';
\o /dev/null
SELECT id, title FROM books ORDER BY id LIMIT 7;
EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); EXECUTE author(4); EXECUTE author(5); EXECUTE author(6);
EXECUTE author(7);
\o
:counted;

SET application_name = 'every statement in its own transaction';
\o /dev/null
BEGIN; SELECT id, title FROM books ORDER BY id LIMIT 6; COMMIT;
BEGIN; EXECUTE author(1); COMMIT; BEGIN; EXECUTE author(2); COMMIT; BEGIN; EXECUTE author(3); COMMIT;
BEGIN; EXECUTE author(4); COMMIT; BEGIN; EXECUTE author(5); COMMIT; BEGIN; EXECUTE author(6); ROLLBACK;
\o
:counted;

SET application_name = 'many rows for each';
\o /dev/null
BEGIN;
SELECT id FROM authors ORDER BY id LIMIT 6;
EXECUTE books_of(1); EXECUTE books_of(2); EXECUTE books_of(3); EXECUTE books_of(4); EXECUTE books_of(5);
EXECUTE books_of(6);
COMMIT;
\o
:found;
SELECT rows, evidence ->> 'rows_per_call' AS rows_per_call FROM query_audit.findings
WHERE rule = 'n_plus_one' AND datname = current_database() AND application_name = 'many rows for each';

SET application_name = 'no rows for any';
\o /dev/null
BEGIN;
SELECT id FROM authors WHERE id > 14 ORDER BY id;
EXECUTE books_of(15); EXECUTE books_of(16); EXECUTE books_of(17); EXECUTE books_of(18); EXECUTE books_of(19);
EXECUTE books_of(20);
COMMIT;
\o
:found;

SET application_name = 'a count for each row';
\o /dev/null
BEGIN;
SELECT id FROM authors ORDER BY id LIMIT 6;
EXECUTE number_of_books(1); EXECUTE number_of_books(2); EXECUTE number_of_books(3); EXECUTE number_of_books(4);
EXECUTE number_of_books(5); EXECUTE number_of_books(6);
COMMIT;
\o
:found;

SET application_name = 'the last of each, a number of each range, what encloses a value';
PREPARE last_of(integer, integer) AS SELECT title FROM books WHERE author_id = $1 AND id < $2 ORDER BY id DESC LIMIT 1;
PREPARE number_between(integer, integer) AS SELECT count(*) FROM chapters WHERE id > $1 AND id <= $2;
PREPARE encloses(integer) AS SELECT title FROM books WHERE author_id <= $1 AND id >= $1;
\o /dev/null
BEGIN;
EXECUTE last_of(1, 50); EXECUTE last_of(2, 50); EXECUTE last_of(3, 50); EXECUTE last_of(4, 50); EXECUTE last_of(5, 50);
SELECT title FROM books WHERE id < 50 AND author_id = 6 ORDER BY id DESC LIMIT 2;
SELECT title FROM books WHERE id < 50 AND author_id = 7 ORDER BY id DESC LIMIT 2;
SELECT title FROM books WHERE id < 50 AND author_id = 8 ORDER BY id DESC LIMIT 2;
SELECT title FROM books WHERE id < 50 AND author_id = 9 ORDER BY id DESC LIMIT 2;
SELECT title FROM books WHERE id < 50 AND author_id = 10 ORDER BY id DESC LIMIT 2;
EXECUTE number_between(0, 10); EXECUTE number_between(10, 20); EXECUTE number_between(20, 30);
EXECUTE number_between(30, 40); EXECUTE number_between(40, 50);
EXECUTE encloses(1); EXECUTE encloses(2); EXECUTE encloses(3); EXECUTE encloses(4); EXECUTE encloses(5);
COMMIT;
\o
:found;

SET application_name = 'a list of one';
\o /dev/null
BEGIN;
EXECUTE one_of(1); EXECUTE one_of(2); EXECUTE one_of(3); EXECUTE one_of(4); EXECUTE one_of(5); EXECUTE one_of(6);
SELECT name FROM authors WHERE id IN (1); SELECT name FROM authors WHERE id IN (2);
SELECT name FROM authors WHERE id IN (3); SELECT name FROM authors WHERE id IN (4);
SELECT name FROM authors WHERE id IN (5);
COMMIT;
\o
:found;

SET application_name = 'interleaved with what does nothing';
\o /dev/null
BEGIN;
SELECT id, title FROM books ORDER BY id LIMIT 6;
EXECUTE author(1); SAVEPOINT one; SELECT 1; EXECUTE author(2); RELEASE one; SET work_mem = '5MB'; EXECUTE author(3);
SHOW search_path; EXECUTE author(4); SELECT count(*) FROM pg_class; EXECUTE author(5);
SELECT current_setting('work_mem'); SAVEPOINT two; EXECUTE author(6); ROLLBACK TO two;
COMMIT;
\o
RESET work_mem;
:found;

SET application_name = 'author, publisher, author, publisher';
\o /dev/null
BEGIN;
SELECT id FROM books ORDER BY id LIMIT 5;
EXECUTE author(1); EXECUTE publisher(1); EXECUTE author(2); EXECUTE publisher(2); EXECUTE author(3);
EXECUTE publisher(3); EXECUTE author(4); EXECUTE publisher(4); EXECUTE author(5); EXECUTE publisher(5);
COMMIT;
\o
:found;

-- N times M: the inner loop names all that is above it.
SET application_name = 'books of authors, chapters of books';
BEGIN;
\o /dev/null
SELECT id FROM authors ORDER BY id LIMIT 5;
EXECUTE books_of(1);
EXECUTE chapters_of(1); EXECUTE chapters_of(2); EXECUTE chapters_of(3); EXECUTE chapters_of(4); EXECUTE chapters_of(5); EXECUTE chapters_of(6);
EXECUTE books_of(2);
EXECUTE chapters_of(7); EXECUTE chapters_of(8); EXECUTE chapters_of(9); EXECUTE chapters_of(10); EXECUTE chapters_of(11); EXECUTE chapters_of(12);
EXECUTE books_of(3);
EXECUTE chapters_of(13); EXECUTE chapters_of(14); EXECUTE chapters_of(15); EXECUTE chapters_of(16); EXECUTE chapters_of(17); EXECUTE chapters_of(18);
EXECUTE books_of(4);
EXECUTE chapters_of(19); EXECUTE chapters_of(20); EXECUTE chapters_of(21); EXECUTE chapters_of(22); EXECUTE chapters_of(23); EXECUTE chapters_of(24);
EXECUTE books_of(5);
EXECUTE chapters_of(25); EXECUTE chapters_of(26); EXECUTE chapters_of(27); EXECUTE chapters_of(28); EXECUTE chapters_of(29); EXECUTE chapters_of(30);
\o
COMMIT;
SELECT confidence, calls, evidence ->> 'parent_rows' AS parent_rows, query, parent_query FROM query_audit.findings
WHERE rule = 'n_plus_one' AND datname = current_database() AND application_name = 'books of authors, chapters of books'
ORDER BY query COLLATE "C";
SELECT query, evidence -> 'chain' AS chain FROM query_audit.findings
WHERE rule = 'n_plus_one' AND datname = current_database() AND application_name = 'books of authors, chapters of books'
ORDER BY query COLLATE "C";

SET application_name = 'rows that it locks';
\o /dev/null
BEGIN;
SELECT id FROM authors WHERE id = 1 FOR UPDATE; SELECT id FROM authors WHERE id = 2 FOR UPDATE;
SELECT id FROM authors WHERE id = 3 FOR UPDATE; SELECT id FROM authors WHERE id = 4 FOR UPDATE;
SELECT id FROM authors WHERE id = 5 FOR UPDATE;
COMMIT;
\o
:found;

SET application_name = 'a cursor is read while its rows are looked up';
\o /dev/null
BEGIN;
DECLARE list CURSOR FOR SELECT id, author_id FROM books ORDER BY id DESC;
FETCH 6 FROM list;
EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); EXECUTE author(4); EXECUTE author(5); EXECUTE author(6);
COMMIT;
\o
:found;

SET application_name = 'a unit that has a name';
SELECT query_audit.begin_unit('a page') \g /dev/null
\o /dev/null
EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); EXECUTE author(4); EXECUTE author(5);
\o
:found;
SELECT query_audit.end_unit() \g /dev/null
:found;

SET application_name = 'one trace';
\o /dev/null
SELECT name FROM authors WHERE id = 1 /*traceparent='00-11111111111111111111111111111111-1111111111111111-01',route='%2Fbooks'*/;
SELECT name FROM authors WHERE id = 2 /*traceparent='00-11111111111111111111111111111111-2222222222222222-01',route='%2Fbooks'*/;
SELECT name FROM authors WHERE id = 3 /*traceparent='00-11111111111111111111111111111111-3333333333333333-01',route='%2Fbooks'*/;
SELECT name FROM authors WHERE id = 4 /*traceparent='00-11111111111111111111111111111111-4444444444444444-01',route='%2Fbooks'*/;
SELECT name FROM authors WHERE id = 5 /*traceparent='00-11111111111111111111111111111111-5555555555555555-01',route='%2Fbooks'*/;
\o
:found;
SELECT tags FROM query_audit.findings
WHERE rule = 'n_plus_one' AND datname = current_database() AND application_name = 'one trace';

SET application_name = 'a hundred are critical';
BEGIN;
\o /dev/null
SELECT format('EXECUTE author(%s)', i) FROM generate_series(1, 100) AS i
\set ECHO none
\gexec
\set ECHO all
\o
COMMIT;
SELECT severity, calls, (evidence ->> 'distinct_parameters')::integer BETWEEN 80 AND 120 AS about_a_hundred
FROM query_audit.findings
WHERE rule = 'n_plus_one' AND datname = current_database() AND application_name = 'a hundred are critical';

-- Sent together, they lose no round trip.
SET application_name = 'sent in one string';
\o /dev/null
SELECT name FROM authors WHERE id = 1 \; SELECT name FROM authors WHERE id = 2 \; SELECT name FROM authors WHERE id = 3 \; SELECT name FROM authors WHERE id = 4 \; SELECT name FROM authors WHERE id = 5 \; SELECT name FROM authors WHERE id = 6;
\o
SELECT severity, calls, query FROM query_audit.findings
WHERE rule = 'n_plus_one' AND datname = current_database() AND application_name = 'sent in one string';

-- A pool that resets the connection between statements.
RESET application_name;
\o /dev/null
SELECT id, title FROM books ORDER BY id LIMIT 6;
RESET ALL;
SELECT name FROM authors WHERE id = 1; RESET ALL; SELECT name FROM authors WHERE id = 2; RESET ALL;
SELECT name FROM authors WHERE id = 3; DISCARD TEMP; SELECT name FROM authors WHERE id = 4; RESET ALL;
SELECT name FROM authors WHERE id = 5; RESET ALL; SELECT name FROM authors WHERE id = 6; RESET ALL;
\o
:counted;

-- To be left alone: each of these shows no row of medium confidence or more.
\set counted 'SELECT confidence, calls, query, parent_query FROM query_audit.findings WHERE rule = ''n_plus_one'' AND confidence <> ''low'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'

SET application_name = 'four';
\o /dev/null
BEGIN;
SELECT id, title FROM books ORDER BY id LIMIT 4;
EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); EXECUTE author(4);
COMMIT;
\o
:counted;

SET application_name = 'many times the same four';
\o /dev/null
BEGIN;
EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); EXECUTE author(4);
EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); EXECUTE author(4);
COMMIT;
\o
:counted;

SET application_name = 'four in each of two transactions';
\o /dev/null
BEGIN; EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); EXECUTE author(4); COMMIT;
BEGIN; EXECUTE author(5); EXECUTE author(6); EXECUTE author(7); EXECUTE author(8); COMMIT;
\o
:counted;

SET application_name = 'a stream of requests';
\o /dev/null
EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); EXECUTE author(4); EXECUTE author(5); EXECUTE author(6);
EXECUTE author(7); EXECUTE author(8); EXECUTE author(9); EXECUTE author(10); EXECUTE author(11); EXECUTE author(12);
\o
:counted;
-- It is kept, for what it is.
SELECT confidence, calls, query FROM query_audit.findings
WHERE rule = 'n_plus_one' AND datname = current_database() AND application_name = 'a stream of requests';

SET application_name = 'requests of their own traces';
\o /dev/null
SELECT format('SELECT name FROM authors WHERE id = %s /*traceparent=''00-%s-1111111111111111-01''*/', i, lpad(to_hex(i + 160), 32, 'a'))
FROM generate_series(1, 10) AS i
\gexec
\o
:counted;

SET application_name = 'a prepared statement with a stale trace';
PREPARE stale(integer) AS SELECT name, id FROM authors WHERE id = $1 /*traceparent='00-99999999999999999999999999999999-9999999999999999-01'*/;
\o /dev/null
EXECUTE stale(1); EXECUTE stale(2); EXECUTE stale(3); EXECUTE stale(4); EXECUTE stale(5); EXECUTE stale(6);
\o
:counted;

SET application_name = 'keyset batches';
PREPARE next_batch(integer) AS SELECT id, title FROM chapters WHERE id > $1 ORDER BY id LIMIT 10;
PREPARE next_batch_by_two(integer, integer) AS
    SELECT id, title FROM chapters WHERE (book_id, id) > ($1, $2) ORDER BY book_id, id LIMIT 10;
PREPARE next_batch_written_out(integer, integer) AS
    SELECT id, title FROM chapters WHERE book_id > $1 OR (book_id = $1 AND id > $2) ORDER BY book_id, id LIMIT 10;
PREPARE batch_before(integer) AS SELECT id, title FROM chapters WHERE id < $1 ORDER BY id DESC FETCH FIRST 10 ROWS ONLY;
\o /dev/null
BEGIN;
EXECUTE next_batch(0); EXECUTE next_batch(10); EXECUTE next_batch(20); EXECUTE next_batch(30); EXECUTE next_batch(40);
EXECUTE next_batch(50);
EXECUTE next_batch_by_two(0, 0); EXECUTE next_batch_by_two(2, 10); EXECUTE next_batch_by_two(4, 20);
EXECUTE next_batch_by_two(6, 30); EXECUTE next_batch_by_two(8, 40); EXECUTE next_batch_by_two(10, 50);
EXECUTE next_batch_written_out(0, 0); EXECUTE next_batch_written_out(2, 10); EXECUTE next_batch_written_out(4, 20);
EXECUTE next_batch_written_out(6, 30); EXECUTE next_batch_written_out(8, 40); EXECUTE next_batch_written_out(10, 50);
EXECUTE batch_before(300); EXECUTE batch_before(290); EXECUTE batch_before(280); EXECUTE batch_before(270);
EXECUTE batch_before(260);
COMMIT;
\o
:counted;

SET application_name = 'batches by range';
PREPARE batch_between(integer, integer) AS SELECT id, title FROM chapters WHERE id BETWEEN $1 AND $2;
PREPARE batch_of_author(integer, integer, integer) AS
    SELECT id, title FROM books WHERE author_id = $1 AND id > $2 AND id <= $3;
PREPARE rest_from(integer) AS SELECT title FROM books WHERE id > $1;
\o /dev/null
BEGIN;
EXECUTE batch_between(1, 10); EXECUTE batch_between(11, 20); EXECUTE batch_between(21, 30);
EXECUTE batch_between(31, 40); EXECUTE batch_between(41, 50); EXECUTE batch_between(51, 60);
EXECUTE batch_of_author(7, 0, 10); EXECUTE batch_of_author(7, 10, 20); EXECUTE batch_of_author(7, 20, 30);
EXECUTE batch_of_author(7, 30, 40); EXECUTE batch_of_author(7, 40, 50); EXECUTE batch_of_author(7, 50, 60);
EXECUTE rest_from(1); EXECUTE rest_from(2); EXECUTE rest_from(3); EXECUTE rest_from(4); EXECUTE rest_from(5);
SELECT title FROM chapters WHERE id >= 0 AND id < 10;
SELECT title FROM chapters WHERE id >= 10 AND id < 20;
SELECT title FROM chapters WHERE id >= 20 AND id < 30;
SELECT title FROM chapters WHERE id >= 30 AND id < 40;
SELECT title FROM chapters WHERE id >= 40 AND id < 50;
SELECT title FROM chapters WHERE id >= 50 AND id < 60;
COMMIT;
\o
:counted;

SET application_name = 'batches by offset';
PREPARE batch_at(integer) AS SELECT id, title FROM chapters WHERE title <> '' ORDER BY id LIMIT 10 OFFSET $1;
\o /dev/null
BEGIN;
EXECUTE batch_at(0); EXECUTE batch_at(10); EXECUTE batch_at(20); EXECUTE batch_at(30); EXECUTE batch_at(40);
EXECUTE batch_at(50);
SELECT title FROM chapters ORDER BY id LIMIT 10; SELECT title FROM chapters ORDER BY id LIMIT 10 OFFSET 10;
SELECT title FROM chapters ORDER BY id LIMIT 10 OFFSET 20; SELECT title FROM chapters ORDER BY id LIMIT 10 OFFSET 30;
SELECT title FROM chapters ORDER BY id LIMIT 10 OFFSET 40; SELECT title FROM chapters ORDER BY id LIMIT 10 OFFSET 50;
COMMIT;
\o
:counted;

SET application_name = 'lists of many';
PREPARE by_array(integer[]) AS SELECT name FROM authors WHERE id = ANY ($1);
PREPARE by_unnest(integer[]) AS SELECT name FROM authors JOIN unnest($1) AS key ON key = authors.id;
PREPARE by_values(integer, integer) AS SELECT name FROM authors JOIN (VALUES ($1), ($2)) AS k(key) ON key = authors.id;
\o /dev/null
BEGIN;
EXECUTE by_array('{1,2}'); EXECUTE by_array('{3,4}'); EXECUTE by_array('{5,6}'); EXECUTE by_array('{7,8}');
EXECUTE by_array('{9,10}'); EXECUTE by_array('{11}');
EXECUTE by_unnest('{1,2}'); EXECUTE by_unnest('{3,4}'); EXECUTE by_unnest('{5,6}'); EXECUTE by_unnest('{7,8}');
EXECUTE by_unnest('{9,10}');
EXECUTE by_values(1, 2); EXECUTE by_values(3, 4); EXECUTE by_values(5, 6); EXECUTE by_values(7, 8); EXECUTE by_values(9, 10);
SELECT name FROM authors WHERE id IN (1, 2); SELECT name FROM authors WHERE id IN (3, 4, 5);
SELECT name FROM authors WHERE id IN (6, 7); SELECT name FROM authors WHERE id IN (8, 9, 10, 11);
SELECT name FROM authors WHERE id IN (12, 13); SELECT name FROM authors WHERE id IN (14, 15);
COMMIT;
\o
:counted;

SET application_name = 'a queue that skips what is locked';
PREPARE next_job(integer) AS
    SELECT id FROM jobs WHERE state = 'waiting' AND queue = $1 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED;
\o /dev/null
BEGIN;
EXECUTE next_job(1); EXECUTE next_job(2); EXECUTE next_job(3); EXECUTE next_job(4); EXECUTE next_job(5); EXECUTE next_job(6);
COMMIT;
\o
:counted;

SET application_name = 'introspection';
\o /dev/null
BEGIN;
SELECT attname FROM pg_attribute WHERE attrelid = 'books'::regclass;
SELECT attname FROM pg_attribute WHERE attrelid = 'authors'::regclass;
SELECT attname FROM pg_attribute WHERE attrelid = 'chapters'::regclass;
SELECT attname FROM pg_attribute WHERE attrelid = 'publishers'::regclass;
SELECT attname FROM pg_attribute WHERE attrelid = 'jobs'::regclass;
SELECT column_name FROM information_schema.columns WHERE table_name = 'books';
SELECT column_name FROM information_schema.columns WHERE table_name = 'authors';
SELECT column_name FROM information_schema.columns WHERE table_name = 'chapters';
SELECT column_name FROM information_schema.columns WHERE table_name = 'publishers';
SELECT column_name FROM information_schema.columns WHERE table_name = 'jobs';
\d books
\d authors
\d chapters
\d publishers
\d jobs
COMMIT;
\o
:counted;

SET application_name = 'pings';
\o /dev/null
BEGIN;
SELECT 1; SELECT 2; SELECT 3; SELECT 4; SELECT 5; SELECT 6; SELECT pg_advisory_xact_lock(1);
SELECT pg_advisory_xact_lock(2); SELECT pg_advisory_xact_lock(3); SELECT pg_advisory_xact_lock(4);
SELECT pg_advisory_xact_lock(5);
COMMIT;
\o
:counted;

SET application_name = 'the same text in two schemas';
\o /dev/null
BEGIN;
SET LOCAL search_path = tenant_1, public;
SELECT body FROM notes WHERE id = 1; SELECT body FROM notes WHERE id = 2; SELECT body FROM notes WHERE id = 3;
SET LOCAL search_path = tenant_2, public;
SELECT body FROM notes WHERE id = 4; SELECT body FROM notes WHERE id = 5; SELECT body FROM notes WHERE id = 6;
COMMIT;
\o
:counted;

SET application_name = 'two associations to one table';
\o /dev/null
BEGIN;
SELECT title FROM books WHERE author_id = 1; SELECT title FROM books WHERE editor_id = 1;
SELECT title FROM books WHERE author_id = 2; SELECT title FROM books WHERE editor_id = 2;
SELECT title FROM books WHERE author_id = 3; SELECT title FROM books WHERE editor_id = 3;
COMMIT;
\o
:counted;

SET application_name = 'foreign keys of many rows';
CREATE TABLE reviews (id integer PRIMARY KEY, book_id integer REFERENCES books);
INSERT INTO reviews SELECT i, i % 60 + 1 FROM generate_series(1, 200) AS i;
DELETE FROM reviews;
DELETE FROM jobs;
:counted;

SET application_name = 'a cursor in parts';
\o /dev/null
BEGIN;
DECLARE parts CURSOR FOR SELECT id, title FROM chapters WHERE book_id < 40 ORDER BY title;
FETCH 10 FROM parts; FETCH 10 FROM parts; FETCH 10 FROM parts; FETCH 10 FROM parts; FETCH 10 FROM parts;
FETCH 10 FROM parts; FETCH ALL FROM parts;
COMMIT;
\o
:counted;

SET application_name = 'tried again after an error';
\o /dev/null
BEGIN; EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); SELECT 1 / 0; ROLLBACK;
BEGIN; EXECUTE author(4); EXECUTE author(5); EXECUTE author(6); COMMIT;
\o
:counted;

SET application_name = 'inside of a function';
CREATE FUNCTION titles() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    author record;
BEGIN
    FOR author IN SELECT id FROM authors ORDER BY id LOOP
        RETURN QUERY SELECT title FROM books WHERE author_id = author.id;
    END LOOP;
END $$;
SELECT count(*) FROM titles();
:counted;

SET application_name = 'writes';
PREPARE write(integer) AS UPDATE authors SET name = name || '.' WHERE id = $1;
\o /dev/null
BEGIN;
EXECUTE write(1); EXECUTE write(2); EXECUTE write(3); EXECUTE write(4); EXECUTE write(5); EXECUTE write(6);
ROLLBACK;
\o
:counted;

-- The remedy: one statement for all keys, which returns what the single ones did.
SET application_name = 'remedies';
CREATE TABLE "Größe" ("Order" integer, "select" text);
INSERT INTO "Größe" SELECT i % 9, 'größe ' || i FROM generate_series(1, 40) AS i;
PREPARE plain(integer) AS SELECT title FROM books WHERE author_id = $1;
PREPARE keyed(integer) AS SELECT a.id, b.title FROM authors AS a JOIN books AS b ON b.author_id = a.id WHERE a.id = $1;
PREPARE reversed(integer) AS SELECT title FROM chapters WHERE $1 = book_id AND title LIKE '%5';
PREPARE listed(integer) AS SELECT id, name FROM publishers WHERE id IN ($1);
PREPARE grouped(integer) AS SELECT count(*) AS number, max(title) FROM books WHERE author_id = $1;
PREPARE latest(integer) AS SELECT title FROM chapters WHERE book_id = $1 ORDER BY id DESC LIMIT 1;
PREPARE unsorted(integer) AS SELECT name FROM authors WHERE publisher_id = $1 LIMIT 1;
PREPARE quoted(integer) AS SELECT "select" FROM "Größe" WHERE "Order" = $1;
PREPARE cast_to(text) AS SELECT book_id, title FROM chapters WHERE id = $1::integer;
\o /dev/null
BEGIN; EXECUTE plain(1); EXECUTE plain(2); EXECUTE plain(3); EXECUTE plain(4); EXECUTE plain(5); EXECUTE plain(6); COMMIT;
BEGIN; EXECUTE keyed(1); EXECUTE keyed(2); EXECUTE keyed(3); EXECUTE keyed(4); EXECUTE keyed(5); EXECUTE keyed(6); COMMIT;
BEGIN; EXECUTE reversed(1); EXECUTE reversed(2); EXECUTE reversed(3); EXECUTE reversed(4); EXECUTE reversed(5); EXECUTE reversed(6); COMMIT;
BEGIN; EXECUTE listed(1); EXECUTE listed(2); EXECUTE listed(3); EXECUTE listed(4); EXECUTE listed(5); EXECUTE listed(6); COMMIT;
BEGIN; EXECUTE grouped(1); EXECUTE grouped(2); EXECUTE grouped(3); EXECUTE grouped(4); EXECUTE grouped(5); EXECUTE grouped(6); COMMIT;
BEGIN; EXECUTE latest(1); EXECUTE latest(2); EXECUTE latest(3); EXECUTE latest(4); EXECUTE latest(5); EXECUTE latest(6); COMMIT;
BEGIN; EXECUTE unsorted(1); EXECUTE unsorted(2); EXECUTE unsorted(3); EXECUTE unsorted(4); EXECUTE unsorted(5); EXECUTE unsorted(6); COMMIT;
BEGIN; EXECUTE quoted(1); EXECUTE quoted(2); EXECUTE quoted(3); EXECUTE quoted(4); EXECUTE quoted(5); EXECUTE quoted(6); COMMIT;
BEGIN; EXECUTE cast_to('1'); EXECUTE cast_to('2'); EXECUTE cast_to('3'); EXECUTE cast_to('4'); EXECUTE cast_to('5'); EXECUTE cast_to('6'); COMMIT;
\o
SELECT query, fix_sql FROM query_audit.findings
WHERE rule = 'n_plus_one' AND datname = current_database() AND application_name = 'remedies' ORDER BY query COLLATE "C";

-- Runs `query` for each of the keys 1 to 6, and `fix` once for all of them; says whether the same rows came.
CREATE FUNCTION same_rows(query text, fix text, type text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    one_by_one text[];
    of_one_key text[];
    all_at_once text[];
    names text;
    second text := CASE WHEN query LIKE '%LIMIT $2' THEN '1' ELSE '''%5''' END;
BEGIN
    FOR key IN 1..6 LOOP
        EXECUTE format('CREATE TEMP TABLE answer AS %s',
                       replace(replace(query, '$1', quote_literal(key) || '::' || type), '$2', second));
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO names
        FROM pg_attribute WHERE attrelid = 'answer'::regclass AND attnum > 0;
        EXECUTE format('SELECT array_agg(row_to_json(a)::text) FROM (SELECT %s FROM answer) AS a', names) INTO of_one_key;
        one_by_one := one_by_one || of_one_key;
        DROP TABLE answer;
    END LOOP;
    EXECUTE format('CREATE TEMP TABLE answer AS %s',
                   replace(replace(fix, '$1', quote_literal('{1,2,3,4,5,6}') || '::' || type || '[]'),
                           '$2', second));
    EXECUTE format('SELECT array_agg(row_to_json(a)::text) FROM (SELECT %s FROM answer) AS a', names) INTO all_at_once;
    DROP TABLE answer;
    RETURN (SELECT array_agg(r ORDER BY r) FROM unnest(one_by_one) AS r)
        = (SELECT array_agg(r ORDER BY r) FROM unnest(all_at_once) AS r);
END $$;
SELECT query, same_rows(query, fix_sql, CASE WHEN query LIKE '%::integer%' THEN 'text' ELSE 'integer' END) AS same_rows
FROM query_audit.findings
WHERE rule = 'n_plus_one' AND datname = current_database() AND application_name = 'remedies' ORDER BY query COLLATE "C";

-- A statement that looks its rows up by a list is another one, whichever of the two was seen first.
SET application_name = 'by a list before one by one';
PREPARE states(integer[]) AS SELECT state FROM jobs WHERE id = ANY ($1);
PREPARE state(integer) AS SELECT state FROM jobs WHERE id = $1;
\o /dev/null
EXECUTE states('{1,2,3}');
SELECT queue FROM jobs WHERE id IN (1, 2, 3);
BEGIN;
EXECUTE state(1); EXECUTE state(2); EXECUTE state(3); EXECUTE state(4); EXECUTE state(5); EXECUTE state(6);
SELECT queue FROM jobs WHERE id = 1; SELECT queue FROM jobs WHERE id = 2; SELECT queue FROM jobs WHERE id = 3;
SELECT queue FROM jobs WHERE id = 4; SELECT queue FROM jobs WHERE id = 5;
COMMIT;
\o
SELECT query, fix_sql FROM query_audit.findings
WHERE rule = 'n_plus_one' AND datname = current_database() AND application_name = 'by a list before one by one'
ORDER BY query COLLATE "C";

-- Several keys, and the first rows of each; where no such statement can be written, the advice says why.
SET application_name = 'no remedy';
PREPARE two_keys(integer, integer) AS SELECT title FROM books WHERE author_id = $1 AND editor_id = $2;
PREPARE range_of(integer) AS SELECT title FROM books WHERE author_id <= $1 AND id >= $1;
PREPARE first_three(integer) AS SELECT title FROM chapters WHERE book_id = $1 ORDER BY id LIMIT 3;
PREPARE by_expression(text) AS SELECT title FROM books WHERE lower(title) = $1;
\o /dev/null
BEGIN;
EXECUTE two_keys(1, 1); EXECUTE two_keys(2, 2); EXECUTE two_keys(3, 3); EXECUTE two_keys(4, 4); EXECUTE two_keys(5, 5);
EXECUTE range_of(1); EXECUTE range_of(2); EXECUTE range_of(3); EXECUTE range_of(4); EXECUTE range_of(5);
EXECUTE first_three(1); EXECUTE first_three(2); EXECUTE first_three(3); EXECUTE first_three(4); EXECUTE first_three(5);
EXECUTE by_expression('a'); EXECUTE by_expression('b'); EXECUTE by_expression('c'); EXECUTE by_expression('d'); EXECUTE by_expression('e');
COMMIT;
\o
SELECT query, fix_sql, substring(advice FROM 'No such statement.*') AS reason FROM query_audit.findings
WHERE rule = 'n_plus_one' AND datname = current_database() AND application_name = 'no remedy' ORDER BY query COLLATE "C";

-- The same loop in three units of work is one finding.
SET application_name = 'three times';
\o /dev/null
SELECT query_audit.begin_unit('first');
EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); EXECUTE author(4); EXECUTE author(5);
SELECT query_audit.end_unit();
SELECT query_audit.begin_unit('second');
EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); EXECUTE author(4); EXECUTE author(5); EXECUTE author(6);
SELECT query_audit.end_unit();
SELECT query_audit.begin_unit('third');
EXECUTE author(1); EXECUTE author(2); EXECUTE author(3); EXECUTE author(4); EXECUTE author(5);
SELECT query_audit.end_unit();
\o
SELECT occurrences, calls, rows, evidence ->> 'calls' AS calls_of_the_largest,
       finding_id > 0 AS has_id, saved_time BETWEEN 0 AND wall_time AS saves_some, total_exec_time <= wall_time AS pauses,
       first_seen <= last_seen AS in_order, relation, usename = current_user AS by_this_role,
       evidence -> 'reasons' AS reasons, advice
FROM query_audit.findings
WHERE rule = 'n_plus_one' AND datname = current_database() AND application_name = 'three times';
