-- Findings about scans, whatever the table is called and wherever it is: names that need quotes, views, temporary
-- tables, row security, other schemas, tables that are renamed or dropped.
CREATE EXTENSION pg_query_audit;
CREATE SCHEMA "Sales ""East""";
CREATE SCHEMA hidden;
CREATE TABLE "Sales ""East"""."Größe" (id integer, "select" integer, "a""b" text, "Created At" integer);
INSERT INTO "Sales ""East"""."Größe" SELECT i, i, 'Text ' || i, i FROM generate_series(1, 20000) AS i;
CREATE INDEX "Größe ""a""" ON "Sales ""East"""."Größe" ("a""b");
CREATE TABLE "order" ("user" integer, "table" text);
INSERT INTO "order" SELECT i, 'Table ' || i FROM generate_series(1, 20000) AS i;
CREATE TABLE customers (id integer, name text);
INSERT INTO customers SELECT i, 'public ' || i FROM generate_series(1, 20000) AS i;
CREATE TABLE hidden.customers (id integer, name text);
INSERT INTO hidden.customers SELECT i, 'hidden ' || i FROM generate_series(1, 30000) AS i;
ANALYZE "Sales ""East"""."Größe", "order", customers, hidden.customers;
SET max_parallel_workers_per_gather = 0;
\set found 'SELECT rule, relation, evidence ->> ''index'' AS index, evidence ->> ''filter'' AS filter, fix_sql FROM query_audit.findings WHERE rule IN (''leading_wildcard'', ''non_sargable'', ''seq_scan'', ''stale_statistics'', ''unindexed_sort'', ''wide_result'') AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C", rule, relation'

SET application_name = 'names that need quotes';
\o /dev/null
SELECT id AS a FROM "Sales ""East"""."Größe" WHERE "select" = 7;
SELECT id AS b FROM "Sales ""East"""."Größe" WHERE lower("a""b") = 'text 7';
SELECT id AS c FROM "Sales ""East"""."Größe" WHERE "a""b" LIKE '%xt 7';
SELECT id AS d FROM "Sales ""East"""."Größe" ORDER BY "Created At" DESC LIMIT 5;
SELECT "user" AS e FROM "order" WHERE "user" = 7 AND "table" > '';
\o
:found;
SET client_min_messages = error;
SELECT statement FROM (SELECT query, unnest(string_to_array(fix_sql, E'\n')) AS statement FROM query_audit.findings
    WHERE rule IN ('leading_wildcard', 'non_sargable', 'seq_scan', 'stale_statistics', 'unindexed_sort', 'wide_result')
  AND datname = current_database() AND application_name = 'names that need quotes' AND rule <> 'leading_wildcard') AS s
WHERE statement NOT LIKE '--%' ORDER BY query COLLATE "C" \gexec
RESET client_min_messages;

SET application_name = 'a schema that comes first';
SET search_path = hidden, public;
SELECT id FROM customers WHERE name = 'hidden 7' \g /dev/null
SET search_path = public, hidden;
SELECT id FROM customers WHERE name = 'public 7' \g /dev/null
RESET search_path;
:found;

SET application_name = 'an operator that comes first';
CREATE SCHEMA odd;
CREATE FUNCTION odd.lower(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'odd ' || $1 $$;
SET search_path = odd, pg_catalog, public;
SELECT id FROM customers WHERE pg_catalog.lower(name) = 'public 7' \g /dev/null
RESET search_path;
:found;

SET application_name = 'views';
CREATE VIEW customer_names AS SELECT name, id FROM customers WHERE id > 0;
SELECT id FROM customer_names WHERE name = 'public 8' \g /dev/null
:found;

SET application_name = 'a temporary table';
CREATE TEMPORARY TABLE scratch AS SELECT i AS id, i % 500 AS kind FROM generate_series(1, 20000) AS i;
SELECT id FROM scratch WHERE kind = 7 \g /dev/null
SELECT rule, relation, evidence ->> 'filter' AS filter, fix_sql FROM query_audit.findings
WHERE rule IN ('leading_wildcard', 'non_sargable', 'seq_scan', 'stale_statistics', 'unindexed_sort', 'wide_result')
  AND datname = current_database() AND application_name = 'a temporary table';
SELECT definition, drop_definition FROM query_audit.index_candidates WHERE relation LIKE '%scratch';
SELECT definition FROM query_audit.index_candidates WHERE relation LIKE '%scratch' \gexec
SELECT drop_definition FROM query_audit.index_candidates WHERE relation LIKE '%scratch' \gexec
\c
SET max_parallel_workers_per_gather = 0;
SELECT count(*) AS "of another session" FROM query_audit.index_candidates WHERE relation LIKE '%scratch';

SET application_name = 'row security';
CREATE TABLE notes (id integer, owner name, body text);
INSERT INTO notes SELECT i, CASE WHEN i % 5000 = 0 THEN 'regress_scan_names' ELSE 'nobody' END, 'x' FROM generate_series(1, 20000) AS i;
ANALYZE notes;
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes USING (owner = current_user);
CREATE ROLE regress_scan_names;
GRANT SELECT ON notes TO regress_scan_names;
SET ROLE regress_scan_names;
SELECT count(id) FROM notes WHERE body = 'x';
RESET ROLE;
:found;
DROP OWNED BY regress_scan_names;
DROP ROLE regress_scan_names;

-- A finding outlives its table, and keeps the name that it had when it was last scanned.
SET application_name = 'renamed and dropped';
CREATE TABLE old_name AS SELECT i AS id FROM generate_series(1, 20000) AS i;
CREATE TABLE short_lived AS SELECT i AS id FROM generate_series(1, 20000) AS i;
SELECT id FROM old_name WHERE id = 7 \g /dev/null
SELECT id FROM short_lived WHERE id = 7 \g /dev/null
ALTER TABLE old_name RENAME TO "New Name";
DROP TABLE short_lived;
:found;
SELECT id FROM "New Name" WHERE id = 7 \g /dev/null
:found;

-- A temporary table that is made for each request is one finding.
SET application_name = 'made anew';
CREATE TEMPORARY TABLE basket AS SELECT i AS id FROM generate_series(1, 20000) AS i;
SELECT id FROM basket WHERE id = 7 \g /dev/null
DROP TABLE basket;
CREATE TEMPORARY TABLE basket AS SELECT i AS id FROM generate_series(1, 20000) AS i;
SELECT id FROM basket WHERE id = 7 \g /dev/null
SELECT rule, occurrences, fix_sql FROM query_audit.findings WHERE application_name = 'made anew' AND rule = 'seq_scan';

-- CTEs, sub-selects, set operations, inheritance, prepared statements.
SET application_name = 'parts of statements';
CREATE TABLE parent (id integer, kind integer);
CREATE TABLE child () INHERITS (parent);
INSERT INTO child SELECT i, i FROM generate_series(1, 20000) AS i;
ANALYZE parent, child;
\o /dev/null
WITH c AS MATERIALIZED (SELECT id FROM customers WHERE name = 'public 9') SELECT id AS a FROM c;
SELECT (SELECT max(id) FROM customers WHERE name = 'public 9') AS b;
SELECT id AS c FROM customers WHERE name = 'public 9' UNION ALL SELECT id FROM hidden.customers WHERE name = 'hidden 9';
SELECT id AS d FROM parent WHERE kind = 7;
SELECT o."user" AS e FROM "order" AS o WHERE EXISTS (SELECT FROM customers AS c WHERE c.id = o."user" AND c.name = 'public 9');
\o
:found;
