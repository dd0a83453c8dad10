-- wide_result: what is stored out of line, fetched with every row of a list.
CREATE EXTENSION pg_query_audit;
CREATE TABLE papers (id integer PRIMARY KEY, title text, year integer, body text, note text);
ALTER TABLE papers ALTER body SET STORAGE EXTERNAL;
INSERT INTO papers SELECT i, 'title ' || i, 2000 + i % 20, repeat('x', 3000), 'note' FROM generate_series(1, 1500) AS i;
CREATE TABLE leaflets AS SELECT id, title, year, 'short'::text AS body FROM papers;
ANALYZE papers, leaflets;
\set found 'SELECT rule, severity, relation, evidence ->> ''rows'' AS rows, evidence ->> ''wide_columns'' AS wide, evidence ->> ''other_columns'' AS others, evidence ->> ''row_kb'' AS row_kb, evidence ->> ''growth'' AS growth, fix_sql FROM query_audit.findings WHERE datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C", rule'

SET application_name = 'all columns';
SELECT * FROM papers \g /dev/null
SELECT * FROM papers \g /dev/null
:found;
SELECT calls, advice FROM query_audit.findings WHERE datname = current_database() AND application_name = 'all columns';

SET application_name = 'as an ORM names them';
SELECT p.id, p.title, p.year, p.body, p.note FROM papers AS p ORDER BY p.title LIMIT 1000 \g /dev/null
:found;

SET application_name = 'others';
\o /dev/null
SELECT id, title, year, note FROM papers;
SELECT id, body FROM papers;
SELECT body FROM papers;
SELECT * FROM papers LIMIT 999;
SELECT id, title, year, left(body, 10) FROM papers;
SELECT * FROM leaflets;
COPY papers TO '/dev/null';
CREATE TABLE copied AS SELECT * FROM papers;
BEGIN;
DECLARE list CURSOR FOR SELECT * FROM papers;
FETCH 600 FROM list;
FETCH 600 FROM list;
COMMIT;
\o
:found;
