-- fetch_ids_then_rows: keys of a table, then its rows by these keys. Each case has an application_name of its own.
CREATE EXTENSION pg_query_audit;
-- However slow the machine, a pause between two statements of this file ends no burst; only a new case does.
ALTER DATABASE regression SET pg_query_audit.burst_gap_min = '60s';
\c -
CREATE TABLE documents (id integer PRIMARY KEY, parent_id integer, folder_id integer, title text);
INSERT INTO documents SELECT i, i / 2, i % 10, 'document ' || i FROM generate_series(1, 1000) AS i;
CREATE INDEX ON documents (folder_id);
CREATE TABLE tags (document_id integer, tag text);
INSERT INTO tags SELECT i % 1000 + 1, 'tag ' || i % 5 FROM generate_series(1, 4000) AS i;
CREATE TABLE archive AS TABLE documents;
ANALYZE;
\set found 'SELECT severity, confidence, evidence ->> ''mark'' AS mark, evidence ->> ''keys_fetched'' AS keys, evidence ->> ''keys_listed'' AS list, evidence ->> ''rows_fetched'' AS rows, evidence ->> ''keys_limit'' AS "limit", query, parent_query FROM query_audit.findings WHERE rule = ''fetch_ids_then_rows'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'
\set any 'SELECT confidence, query, parent_query FROM query_audit.findings WHERE rule = ''fetch_ids_then_rows'' AND datname = current_database() AND application_name = current_setting(''application_name'')'

-- To be flagged.

SET application_name = 'literals';
\o /dev/null
SELECT id FROM documents WHERE id <= 6;
SELECT id, title FROM documents WHERE id IN (1, 2, 3, 4, 5, 6);
\o
:found;

SET application_name = 'parameters, in a transaction';
PREPARE by_list(integer, integer, integer, integer, integer) AS
    SELECT * FROM documents WHERE id IN ($1, $2, $3, $4, $5);
\o /dev/null
BEGIN;
SELECT d.id FROM documents AS d WHERE d.folder_id = 3 AND d.id < 50;
SELECT count(*) FROM tags;
EXECUTE by_list(3, 13, 23, 33, 43);
COMMIT;
\o
:found;

SET application_name = 'arrays, in a unit with a name';
PREPARE by_array(integer, integer[]) AS SELECT * FROM documents WHERE folder_id <> $1 AND id = ANY($2);
\o /dev/null
SELECT query_audit.begin_unit('list');
SELECT id FROM documents WHERE folder_id = 5 AND id < 60 ORDER BY title;
EXECUTE by_array(9, '{5,15,25,35,45,55}');
SELECT id FROM documents WHERE id < 9;
SELECT parent_id, title FROM documents WHERE id = ANY('{1,2,3,4,5,6,7,8}');
SELECT folder_id, title FROM documents WHERE id = ANY(ARRAY[1, 2, 3, 4, 5, 6, 7, 8]::integer[]);
\o
:found;
SELECT query_audit.end_unit() \g /dev/null

-- Pages of keys, and the rows with their collections: a way to page that ORMs know.
SET application_name = 'pages of keys';
\o /dev/null
BEGIN;
SELECT DISTINCT "distinctAlias"."d_id" AS "ids_d_id", "distinctAlias"."d_title" FROM (SELECT "d"."id" AS "d_id", "d"."title" AS "d_title", "t"."tag" AS "t_tag" FROM "documents" "d" LEFT JOIN "tags" "t" ON "t"."document_id" = "d"."id" WHERE "d"."folder_id" = 1) "distinctAlias" ORDER BY "distinctAlias"."d_title" DESC, "d_id" ASC LIMIT 6;
SELECT "d"."id" AS "d_id", "d"."title" AS "d_title", "t"."tag" AS "t_tag" FROM "documents" "d" LEFT JOIN "tags" "t" ON "t"."document_id" = "d"."id" WHERE ("d"."folder_id" = 1) AND ("d"."id" IN (991, 981, 971, 961, 951, 941)) ORDER BY "d"."title" DESC;
COMMIT;
BEGIN;
SELECT DISTINCT id_0 FROM (SELECT DISTINCT id_0, title_1 FROM (SELECT d0_.id AS id_0, d0_.title AS title_1, t1_.tag AS tag_2 FROM documents d0_ LEFT JOIN tags t1_ ON t1_.document_id = d0_.id) dctrn_result_inner ORDER BY title_1 ASC) dctrn_result LIMIT 5;
SELECT d0_.id AS id_0, d0_.title AS title_1, t1_.tag AS tag_2 FROM documents d0_ LEFT JOIN tags t1_ ON t1_.document_id = d0_.id WHERE d0_.id IN (1, 10, 100, 101, 102) ORDER BY d0_.title ASC;
COMMIT;
\o
:found;

SET application_name = 'apart in a burst';
\o /dev/null
SELECT id FROM documents WHERE id <= 6;
SELECT count(*) FROM tags;
SELECT id, title FROM documents WHERE id IN (1, 2, 3, 4, 5, 6);
\o
:found;

-- To be left alone: none of these shows a row.

SET application_name = 'keys of another table or column';
\o /dev/null
BEGIN;
SELECT document_id FROM tags WHERE document_id <= 2 LIMIT 6;
SELECT id, title FROM documents WHERE id IN (1, 2, 3, 4, 5, 6);
SELECT parent_id FROM documents WHERE id <= 6;
SELECT id, title FROM documents WHERE id IN (1, 2, 3, 4, 5, 6);
SELECT id FROM archive WHERE id <= 6;
SELECT id, title FROM documents WHERE id IN (1, 2, 3, 4, 5, 6);
COMMIT;
\o
:any;

SET application_name = 'an eager load';
\o /dev/null
BEGIN;
SELECT id, title FROM documents WHERE id <= 6;
SELECT document_id, tag FROM tags WHERE document_id IN (1, 2, 3, 4, 5, 6);
SELECT id FROM documents WHERE id <= 6;
SELECT document_id, tag FROM tags WHERE document_id IN (1, 2, 3, 4, 5, 6);
SELECT id, title FROM documents WHERE parent_id IN (1, 2, 3, 4, 5, 6);
COMMIT;
\o
:any;

SET application_name = 'a list of other length';
\o /dev/null
BEGIN;
SELECT id FROM documents WHERE id <= 20;
SELECT id, title FROM documents WHERE id IN (1, 2, 3, 4, 5, 6);
SELECT id FROM documents WHERE id <= 6;
SELECT id, title FROM documents WHERE id IN (1, 2, 3, 4, 5, 6, 7);
SELECT id FROM documents WHERE id <= 4;
SELECT id, title FROM documents WHERE id IN (1, 2, 3, 4);
COMMIT;
\o
:any;

SET application_name = 'the list first';
\o /dev/null
BEGIN;
SELECT id, title FROM documents WHERE id IN (1, 2, 3, 4, 5, 6);
SELECT id FROM documents WHERE id <= 6;
COMMIT;
\o
:any;

SET application_name = 'a sub-select';
\o /dev/null
BEGIN;
SELECT id FROM documents WHERE id <= 6;
SELECT id, title FROM documents WHERE id IN (SELECT id FROM documents WHERE id <= 6);
COMMIT;
\o
:any;

SET application_name = 'a column that is no key';
\o /dev/null
BEGIN;
SELECT folder_id FROM documents WHERE id <= 6;
SELECT id, title FROM documents WHERE folder_id IN (1, 2, 3, 4, 5, 6);
COMMIT;
\o
:any;

-- What a finding says.
SELECT calls, occurrences, relation, evidence -> 'reasons' AS reasons, advice, fix_sql FROM query_audit.findings
WHERE rule = 'fetch_ids_then_rows' AND datname = current_database() AND application_name = 'literals';
SELECT DISTINCT advice FROM query_audit.findings
WHERE rule = 'fetch_ids_then_rows' AND datname = current_database() AND application_name = 'pages of keys' AND calls = 1
  AND evidence ->> 'keys_fetched' = '6';
