-- A server that does not preload the library: what is said without it, and that LOAD is enough to audit the session.
CREATE EXTENSION pg_query_audit;
CREATE TABLE authors (id integer PRIMARY KEY, name text);
CREATE TABLE books (id integer PRIMARY KEY, author_id integer, title text);
INSERT INTO authors SELECT i, 'author ' || i FROM generate_series(1, 8) AS i;
INSERT INTO books SELECT i, i % 8 + 1, 'book ' || i FROM generate_series(1, 20000) AS i;
ANALYZE authors, books;

-- Everything says how to load it.
SELECT count(*) FROM query_audit.findings;
\set VERBOSITY terse
SELECT count(*) FROM query_audit.statements;
SELECT count(*) FROM query_audit.backend_statements;
SELECT count(*) FROM query_audit.table_scans;
SELECT count(*) FROM query_audit.rules;
SELECT count(*) FROM query_audit.status;
SELECT query_audit.fingerprint('SELECT 1');
SELECT query_audit.normalize('SELECT 1');
SELECT query_audit.begin_unit('unit');
SELECT query_audit.end_unit();
SELECT query_audit.reset();
SELECT query_audit.ignore(1, 'known', unseen => true);
SELECT query_audit.unignore(1);
SELECT query_audit.snapshot('first');
SELECT query_audit.drop_snapshot('first');
SELECT count(*) FROM query_audit.compare('first');
\set VERBOSITY default

-- To call a function loads the code, and does not begin to audit the session; neither does a transaction that fails.
BEGIN;
SELECT query_audit.fingerprint('SELECT 1');
ROLLBACK;
SELECT count(*) FROM query_audit.status;

-- LOAD does, at once.
LOAD 'pg_query_audit';
SELECT mode, statements_seen <= 1 AS counted_from_here, faults, drops FROM query_audit.status;
SELECT query_audit.normalize('SELECT 1');

-- The four rules see this session.
\o /dev/null
BEGIN;
SELECT id, name FROM authors ORDER BY id LIMIT 6;
SELECT title FROM books WHERE author_id = 1 AND id < 100;
SELECT title FROM books WHERE author_id = 2 AND id < 100;
SELECT title FROM books WHERE author_id = 3 AND id < 100;
SELECT title FROM books WHERE author_id = 4 AND id < 100;
SELECT title FROM books WHERE author_id = 5 AND id < 100;
SELECT title FROM books WHERE author_id = 6 AND id < 100;
SELECT name FROM authors WHERE id = 1;
SELECT name FROM authors WHERE id = 1;
SELECT name FROM authors WHERE id = 1;
SELECT name FROM authors WHERE id = 1;
SELECT name FROM authors WHERE id = 1;
SELECT count(*) FROM books WHERE title LIKE 'book%';
SELECT title FROM books WHERE title LIKE 'book%' ORDER BY id LIMIT 10;
SELECT id FROM books WHERE title = 'book 7';
COMMIT;
\o
SELECT rule, confidence, calls, relation, query FROM query_audit.findings ORDER BY rule;
SELECT calls, rows, query FROM query_audit.statements WHERE query LIKE '%FROM books%' ORDER BY query COLLATE "C";
SELECT relation, rows_read, filter FROM query_audit.table_scans ORDER BY query COLLATE "C";

-- A unit, a reset, settings: as in a server that preloads it.
SELECT query_audit.begin_unit('mine');
SELECT name FROM authors WHERE id = 1 \g /dev/null
SELECT mark, unit_name, calls, query FROM query_audit.backend_statements;
SELECT query_audit.end_unit();
SELECT query_audit.reset();
SELECT count(*) AS findings FROM query_audit.findings;
SET pg_query_audit.disabled_rules = 'n_plus_one';
SELECT rule FROM query_audit.rules WHERE NOT enabled;
RESET pg_query_audit.disabled_rules;

-- There are no sizes to set, and to load it again changes nothing.
SELECT count(*) AS sizes FROM pg_settings WHERE name LIKE 'pg\_query\_audit.%' AND context IN ('postmaster', 'sighup');
SELECT name FROM authors WHERE id = 1 \g /dev/null
LOAD 'pg_query_audit';
SELECT calls, query FROM query_audit.statements WHERE query LIKE '%FROM authors%';

-- Another session has nothing of it.
\c -
SELECT count(*) FROM query_audit.status;
LOAD 'pg_query_audit';
SELECT count(*) AS statements FROM query_audit.statements WHERE query LIKE '%FROM authors%';

-- A database, a role or a connection may ask for it; its first statement is seen.
ALTER DATABASE regression SET session_preload_libraries = 'pg_query_audit';
ALTER DATABASE regression SET pg_query_audit.n_plus_one_min_calls = 7;
\c -
SELECT name FROM authors WHERE id = 1 \g /dev/null
SELECT mode FROM query_audit.status;
SELECT calls, query FROM query_audit.statements WHERE query LIKE '%FROM authors%';
SHOW pg_query_audit.n_plus_one_min_calls;
ALTER DATABASE regression RESET ALL;
