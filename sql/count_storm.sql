-- count_storm: aggregates of one table with different filters, one by one. Each case has an application_name of its own.
CREATE EXTENSION pg_query_audit;
-- However slow the machine, a pause between two statements of this file ends no burst; only a new case does.
ALTER DATABASE regression SET pg_query_audit.burst_gap_min = '60s';
\c -
CREATE TABLE documents (id integer PRIMARY KEY, tenant_id integer, folder_id integer, status text, size integer);
INSERT INTO documents
SELECT i, i % 4, i % 10, CASE i % 3 WHEN 0 THEN 'open' ELSE 'done' END, i FROM generate_series(1, 1000) AS i;
CREATE TABLE folders (id integer PRIMARY KEY, name text);
INSERT INTO folders SELECT i, 'folder ' || i FROM generate_series(0, 9) AS i;
CREATE TABLE tags (document_id integer, tag text);
ANALYZE;
\set found 'SELECT severity, confidence, evidence ->> ''mark'' AS mark, calls, evidence ->> ''aggregates'' AS aggregates, evidence ->> ''different_statements'' AS different, evidence -> ''statements'' AS statements, evidence -> ''reasons'' AS reasons, relation, query FROM query_audit.findings WHERE rule = ''count_storm'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'
\set any 'SELECT rule, confidence, query, evidence -> ''reasons'' AS reasons FROM query_audit.findings WHERE rule IN (''count_storm'', ''n_plus_one'') AND confidence <> ''low'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY rule COLLATE "C"'

-- To be flagged.

SET application_name = 'a dashboard in a transaction';
\o /dev/null
BEGIN;
SELECT count(*) FROM documents;
SELECT count(*) FROM documents WHERE status = 'open';
SELECT count(*) FROM documents WHERE folder_id = 3;
SELECT name FROM folders WHERE id = 1;
SELECT sum(size) FROM documents WHERE status = 'done' AND folder_id < 5;
SELECT COUNT(*) AS "__count" FROM (SELECT DISTINCT "documents"."id" AS "col1" FROM "documents" WHERE "documents"."size" > 500) subquery;
COMMIT;
\o
:found;

SET application_name = 'tiles of one tenant';
\o /dev/null
BEGIN;
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT count(*) FROM documents WHERE tenant_id = 1 AND status = 'open';
SELECT count(*) FROM documents WHERE tenant_id = 1 AND folder_id > 3;
SELECT sum(size) FROM documents WHERE tenant_id = 1 AND size > 100;
COMMIT;
\o
SELECT confidence, calls, fix_sql FROM query_audit.findings
WHERE rule = 'count_storm' AND datname = current_database() AND application_name = 'tiles of one tenant';

SET application_name = 'values of one statement';
PREPARE of_status(integer, text) AS SELECT count(*) FROM documents WHERE tenant_id = $1 AND status = $2;
\o /dev/null
SELECT query_audit.begin_unit('dashboard');
EXECUTE of_status(1, 'open');
EXECUTE of_status(1, 'closed');
EXECUTE of_status(1, 'done');
EXECUTE of_status(1, 'waiting');
EXECUTE of_status(1, 'lost');
\o
:found;
SELECT query_audit.end_unit() \g /dev/null

SET application_name = 'with joins';
\o /dev/null
BEGIN;
SELECT count(d.id) FROM documents AS d JOIN folders AS f ON f.id = d.folder_id WHERE f.name = 'folder 1';
SELECT max(d.size) FROM documents AS d JOIN folders AS f ON f.id = d.folder_id WHERE f.name LIKE 'folder 1%';
SELECT min(d.size) FROM documents AS d JOIN folders AS f ON f.id = d.folder_id WHERE d.status = 'open';
SELECT count(d.id) FROM documents AS d JOIN folders AS f ON f.id = d.folder_id WHERE d.status = 'open' AND f.id < 3;
COMMIT;
\o
:found;

SET application_name = 'beside a list';
\o /dev/null
BEGIN;
SELECT * FROM documents ORDER BY id LIMIT 20;
SELECT count(*) FROM documents WHERE status = 'open';
SELECT count(*) FROM documents WHERE status = 'closed';
SELECT count(*) FROM documents WHERE status = 'done';
SELECT count(*) FROM documents WHERE status = 'waiting';
SELECT count(*) FROM documents WHERE status = 'lost';
COMMIT;
\o
:found;

SET application_name = 'one string';
\o /dev/null
BEGIN;
SELECT count(*) FROM documents WHERE status = 'open'\; SELECT count(*) FROM documents WHERE folder_id = 1\; SELECT count(*) FROM documents WHERE tenant_id = 1\; SELECT count(*) FROM documents WHERE size = 1;
COMMIT;
\o
:found;

SET application_name = 'a bare burst that goes on';
\o /dev/null
SELECT count(*) FROM documents WHERE status = 'open';
SELECT count(*) FROM documents WHERE folder_id = 1;
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT count(*) FROM documents WHERE size = 1;
\o
:found;

SET application_name = 'the same in every request of a busy client';
\o /dev/null
SELECT name FROM folders WHERE id = 1;
SELECT count(*) FROM documents WHERE status = 'open' AND tenant_id = 1;
SELECT count(*) FROM documents WHERE folder_id = 1 AND tenant_id = 1;
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT count(*) FROM documents WHERE size = 1 AND tenant_id = 1;
SELECT name FROM folders WHERE id = 2;
SELECT count(*) FROM documents WHERE status = 'open' AND tenant_id = 2;
SELECT count(*) FROM documents WHERE folder_id = 1 AND tenant_id = 2;
SELECT count(*) FROM documents WHERE tenant_id = 2;
SELECT count(*) FROM documents WHERE size = 1 AND tenant_id = 2;
\o
:found;

-- To be left alone: none of these shows a row of this rule.

SET application_name = 'three';
\o /dev/null
BEGIN;
SELECT count(*) FROM documents WHERE status = 'open';
SELECT count(*) FROM documents WHERE folder_id = 1;
SELECT count(*) FROM documents WHERE tenant_id = 1;
COMMIT;
\o
:any;

SET application_name = 'the same filter';
\o /dev/null
BEGIN;
SELECT count(*) FROM documents WHERE status = 'open';
SELECT count(*) FROM documents WHERE status = 'open';
SELECT sum(size) FROM documents WHERE status = 'open';
SELECT max(size) FROM documents WHERE 'open' = status;
COMMIT;
\o
:any;

SET application_name = 'different tables';
\o /dev/null
BEGIN;
SELECT count(*) FROM documents WHERE id > 1;
SELECT count(*) FROM documents WHERE folder_id = 1;
SELECT count(*) FROM folders WHERE id > 1;
SELECT count(*) FROM folders WHERE name = 'x';
SELECT count(*) FROM tags WHERE tag = 'x';
SELECT count(*) FROM tags WHERE document_id = 1;
COMMIT;
\o
:any;

SET application_name = 'groups and rows';
\o /dev/null
BEGIN;
SELECT status, count(*) FROM documents WHERE tenant_id = 1 GROUP BY status;
SELECT status, count(*) FROM documents WHERE folder_id = 1 GROUP BY status;
SELECT folder_id, count(*) FROM documents WHERE tenant_id = 1 GROUP BY folder_id;
SELECT id, count(*) OVER () FROM documents WHERE tenant_id = 1;
SELECT EXISTS (SELECT 1 FROM documents WHERE tenant_id = 1);
COMMIT;
\o
:any;

SET application_name = 'written in between';
\o /dev/null
BEGIN;
SELECT count(*) FROM documents WHERE status = 'open';
SELECT count(*) FROM documents WHERE folder_id = 1;
UPDATE documents SET size = size WHERE id = 1;
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT count(*) FROM documents WHERE size = 1;
COMMIT;
\o
:any;

-- A loop is n_plus_one's.
SET application_name = 'a count for each row';
\o /dev/null
BEGIN;
SELECT id FROM folders;
SELECT count(*) FROM documents WHERE folder_id = 0;
SELECT count(*) FROM documents WHERE folder_id = 1;
SELECT count(*) FROM documents WHERE folder_id = 2;
SELECT count(*) FROM documents WHERE folder_id = 3;
SELECT count(*) FROM documents WHERE folder_id = 4;
SELECT count(*) FROM documents WHERE folder_id = 5;
SELECT count(*) FROM documents WHERE folder_id = 6;
SELECT count(*) FROM documents WHERE folder_id = 7;
SELECT count(*) FROM documents WHERE folder_id = 8;
SELECT count(*) FROM documents WHERE folder_id = 9;
COMMIT;
\o
:any;
SET application_name = 'a count for each of a few rows';
\o /dev/null
BEGIN;
SELECT id FROM folders WHERE id < 5;
SELECT count(*) FROM documents WHERE folder_id = 0;
SELECT count(*) FROM documents WHERE folder_id = 1;
SELECT count(*) FROM documents WHERE folder_id = 2;
SELECT count(*) FROM documents WHERE folder_id = 3;
SELECT count(*) FROM documents WHERE folder_id = 4;
COMMIT;
\o
:any;

SET application_name = 'a rule that is disabled';
SET pg_query_audit.disabled_rules = 'count_storm';
\o /dev/null
BEGIN;
SELECT count(*) FROM documents WHERE status = 'open';
SELECT count(*) FROM documents WHERE folder_id = 1;
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT count(*) FROM documents WHERE size = 1;
COMMIT;
\o
RESET pg_query_audit.disabled_rules;
:any;

-- What a finding says.
SELECT application_name, occurrences, rows, saved_time BETWEEN 0 AND wall_time AS saves_some, advice, fix_sql
FROM query_audit.findings
WHERE rule = 'count_storm' AND datname = current_database()
  AND application_name IN ('a dashboard in a transaction', 'values of one statement')
ORDER BY application_name COLLATE "C";
