-- redundant_count: counting rows that are fetched anyway. Each case has an application_name of its own.
CREATE EXTENSION pg_query_audit;
-- However slow the machine, a pause between two statements of this file ends no burst; only a new case does.
ALTER DATABASE regression SET pg_query_audit.burst_gap_min = '60s';
\c -
CREATE TABLE documents (id integer PRIMARY KEY, tenant_id integer, folder_id integer, status text, title text);
INSERT INTO documents
SELECT i, i % 4, i % 10, CASE i % 1000 WHEN 0 THEN 'open' ELSE 'done' END, 'document ' || i FROM generate_series(1, 8000) AS i;
CREATE INDEX ON documents (tenant_id);
CREATE TABLE folders (id integer PRIMARY KEY, name text);
INSERT INTO folders SELECT i, 'folder ' || i FROM generate_series(0, 9) AS i;
CREATE TABLE tags (document_id integer, tag text);
INSERT INTO tags SELECT i, 'tag ' || i % 5 FROM generate_series(1, 8000) AS i;
ANALYZE;
\set found 'SELECT confidence, evidence ->> ''mark'' AS mark, evidence ->> ''rows_counted'' AS rows_counted, evidence ->> ''rows_fetched'' AS rows_fetched, (evidence ->> ''count_came_first'')::integer::boolean AS count_first, query, parent_query FROM query_audit.findings WHERE rule = ''redundant_count'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'
\set any 'SELECT rule, confidence, query, parent_query FROM query_audit.findings WHERE rule = ''redundant_count'' AND datname = current_database() AND application_name = current_setting(''application_name'')'

-- To be flagged.

SET application_name = 'count, then all';
SELECT count(*) FROM documents WHERE tenant_id = 1 \g /dev/null
SELECT id, title FROM documents WHERE tenant_id = 1 ORDER BY id \g /dev/null
:found;

SET application_name = 'all, then count';
SELECT id, title FROM documents WHERE tenant_id = 2 \g /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 2 \g /dev/null
:found;

SET application_name = 'few rows of many';
SELECT count(*) FROM documents WHERE status = 'open' \g /dev/null
SELECT * FROM documents WHERE status = 'open' \g /dev/null
:found;

SET application_name = 'in a transaction, without a filter';
\o /dev/null
BEGIN;
SELECT count(*) FROM documents;
SELECT name FROM folders WHERE id = 1;
SELECT id, title FROM documents;
COMMIT;
\o
:found;

SET application_name = 'bound parameters';
PREPARE count_of(integer, text) AS SELECT count(*) FROM documents WHERE tenant_id = $1 AND status = $2;
PREPARE all_of(text, integer) AS SELECT id, title FROM documents WHERE status = $1 AND tenant_id = $2;
\o /dev/null
EXECUTE count_of(1, 'done');
EXECUTE all_of('done', 1);
\o
:found;

-- The wrappers that ORMs put around either, each in a transaction.
SET application_name = 'wrappers';
\o /dev/null
BEGIN;
SELECT count(1) FROM documents WHERE tenant_id = 1;
SELECT documents.id AS documents_id, documents.title AS documents_title FROM documents WHERE documents.tenant_id = 1;
COMMIT;
BEGIN;
SELECT COUNT(*) AS "__count" FROM "documents" WHERE "documents"."folder_id" = 1;
SELECT "documents"."id", "documents"."title" FROM "documents" WHERE "documents"."folder_id" = 1 ORDER BY "documents"."id" ASC;
COMMIT;
BEGIN;
SELECT count(*) AS count_1 FROM (SELECT documents.id AS documents_id, documents.title AS documents_title FROM documents WHERE documents.tenant_id = 1 AND folder_id > 1) AS anon_1;
SELECT anon_1.id, anon_1.title FROM (SELECT id, title FROM documents WHERE tenant_id = 1 AND folder_id > 1 ORDER BY title) AS anon_1;
COMMIT;
BEGIN;
SELECT count("Document"."id") AS "count" FROM "documents" AS "Document" WHERE "Document"."folder_id" = 2;
SELECT "id", "title" FROM "documents" AS "Document" WHERE "Document"."folder_id" = 2;
COMMIT;
BEGIN;
SELECT count(DISTINCT "Document"."id") AS "count" FROM "documents" AS "Document" LEFT OUTER JOIN "tags" AS "t" ON "Document"."id" = "t"."document_id" WHERE "Document"."folder_id" > 8;
SELECT "Document"."id", "Document"."title", "t"."tag" FROM "documents" AS "Document" LEFT OUTER JOIN "tags" AS "t" ON "Document"."id" = "t"."document_id" WHERE "Document"."folder_id" > 8;
COMMIT;
BEGIN;
SELECT COUNT(*) FROM (SELECT DISTINCT "documents"."id" AS "col1", "documents"."title" AS "col2" FROM "documents" WHERE "documents"."folder_id" < 2) subquery;
SELECT DISTINCT "documents"."id", "documents"."title" FROM "documents" WHERE "documents"."folder_id" < 2;
COMMIT;
BEGIN;
WITH listed AS (SELECT id FROM documents WHERE folder_id < 3) SELECT count(*) FROM listed;
SELECT d.title, f.name FROM documents AS d JOIN folders AS f ON f.id = d.folder_id WHERE d.folder_id < 3;
COMMIT;
\o
SELECT confidence, calls, query, parent_query FROM query_audit.findings
WHERE rule = 'redundant_count' AND datname = current_database() AND application_name = 'wrappers'
ORDER BY query COLLATE "C";

-- A count has one finding of two rules.
SET application_name = 'a page and all rows';
\o /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT id, title FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 20;
SELECT id, title FROM documents WHERE tenant_id = 1;
\o
SELECT rule, calls FROM query_audit.findings
WHERE datname = current_database() AND application_name = 'a page and all rows' ORDER BY rule COLLATE "C";

-- To be left alone: none of these shows a row.

SET application_name = 'other values, another filter';
\o /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT id, title FROM documents WHERE tenant_id = 2;
SELECT id, title FROM documents WHERE tenant_id = 1 AND status = 'open';
SELECT id, title FROM documents WHERE folder_id = 1;
SELECT id, title FROM documents;
EXECUTE count_of(1, 'open');
EXECUTE all_of('done', 2);
\o
:any;

SET application_name = 'few rows read';
\o /dev/null
SELECT count(*) FROM folders;
SELECT id, name FROM folders;
SELECT count(*) FROM documents WHERE id < 50;
SELECT id, title FROM documents WHERE id < 50;
\o
:any;

SET application_name = 'a lone count, a page, one row, existence, aggregates';
\o /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT id, title FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 20;
SELECT count(*) FROM documents WHERE tenant_id = 2;
SELECT id, title FROM documents WHERE tenant_id = 2 ORDER BY id LIMIT 1;
SELECT EXISTS (SELECT 1 FROM documents WHERE tenant_id = 2);
SELECT 1 FROM documents WHERE tenant_id = 2;
SELECT max(id), sum(folder_id) FROM documents WHERE tenant_id = 2;
SELECT status, count(*) FROM documents WHERE tenant_id = 2 GROUP BY status;
SELECT count(*) FROM documents WHERE tenant_id = 2;
\o
:any;

SET application_name = 'a count of some, other rows';
\o /dev/null
SELECT count(*) FROM (SELECT id FROM documents WHERE tenant_id = 1 LIMIT 1500) AS first_ones;
SELECT id, title FROM documents WHERE tenant_id = 1;
SELECT count(*) FROM documents WHERE tenant_id = 2;
SELECT DISTINCT status FROM documents WHERE tenant_id = 2;
SELECT f.id, f.name FROM documents AS d JOIN folders AS f ON f.id = d.folder_id WHERE d.tenant_id = 2;
SELECT count(DISTINCT status) FROM documents WHERE tenant_id = 3;
SELECT DISTINCT folder_id FROM documents WHERE tenant_id = 3;
\o
:any;

SET application_name = 'written in between';
\o /dev/null
SELECT id, title FROM documents WHERE tenant_id = 1;
UPDATE documents SET title = title WHERE id = 1;
SELECT count(*) FROM documents WHERE tenant_id = 1;
\o
:any;

SET application_name = 'a cursor';
\o /dev/null
BEGIN;
SELECT count(*) FROM documents WHERE tenant_id = 1;
DECLARE listed CURSOR FOR SELECT id, title FROM documents WHERE tenant_id = 1;
FETCH 500 FROM listed;
FETCH 5000 FROM listed;
COMMIT;
\o
:any;

SET application_name = 'in two units';
\o /dev/null
SELECT query_audit.begin_unit('one');
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT query_audit.end_unit();
SELECT query_audit.begin_unit('two');
SELECT id, title FROM documents WHERE tenant_id = 1;
SELECT query_audit.end_unit();
\o
:any;

SET application_name = 'a rule that is disabled';
SET pg_query_audit.disabled_rules = 'redundant_count';
SELECT count(*) FROM documents WHERE tenant_id = 1 \g /dev/null
SELECT id, title FROM documents WHERE tenant_id = 1 \g /dev/null
RESET pg_query_audit.disabled_rules;
:any;

-- What a finding says.
SELECT severity, calls, occurrences, relation, saved_time BETWEEN 0 AND total_exec_time AS saves_some,
       evidence -> 'reasons' AS reasons, advice, fix_sql
FROM query_audit.findings
WHERE rule = 'redundant_count' AND datname = current_database() AND application_name = 'count, then all';
