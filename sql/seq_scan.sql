-- seq_scan: a whole table read for a few rows. Each case has an application_name of its own.
CREATE EXTENSION pg_query_audit;
CREATE TABLE documents (id integer PRIMARY KEY, tenant_id integer, status text, title text, created date,
                        number integer, metadata jsonb);
ALTER TABLE documents SET (autovacuum_enabled = off); -- once vacuumed, a whole index is cheaper to read than the table
INSERT INTO documents
SELECT i, i % 50, 'status ' || i % 12, 'document ' || i, DATE '2000-01-01' + i % 4000, i,
       jsonb_build_object('strategy', 'strategy ' || i % 100, 'it''s', i % 200, 'inner', jsonb_build_object('key', 'k' || i % 150))
FROM generate_series(1, 20000) AS i;
CREATE INDEX documents_title ON documents (title);
CREATE TABLE nine_thousand AS SELECT i AS id, i % 100 AS kind FROM generate_series(1, 9999) AS i;
CREATE TABLE ten_thousand AS SELECT i AS id, i % 100 AS kind FROM generate_series(1, 10000) AS i;
CREATE TABLE six_thousand AS SELECT i AS id, i % 100 AS kind FROM generate_series(1, 6000) AS i;
CREATE TABLE two_hundred AS SELECT i AS id, i % 100 AS kind FROM generate_series(1, 200) AS i;
CREATE TABLE events (id integer, day integer, kind text) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (20);
CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM (20) TO (30);
INSERT INTO events SELECT i, i % 30, 'kind ' || i % 50 FROM generate_series(1, 15000) AS i;
ANALYZE;
SET max_parallel_workers_per_gather = 0;
\set found 'SELECT severity, confidence, calls, relation, evidence ->> ''rows_read'' AS rows_read, evidence ->> ''rows_removed'' AS rows_removed, evidence ->> ''filter'' AS filter, fix_sql FROM query_audit.findings WHERE rule = ''seq_scan'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY relation, query COLLATE "C"'
\set any 'SELECT relation, calls, query FROM query_audit.findings WHERE rule = ''seq_scan'' AND datname = current_database() AND application_name = current_setting(''application_name'')'

-- To be flagged.

SET application_name = 'one column';
SELECT id FROM documents WHERE number = 7 \g /dev/null
:found;
SELECT id FROM documents WHERE number = 8 \g /dev/null
SELECT query, calls, rows, evidence - '{filter,ms_at_10x,ms_at_100x}'::text[] AS evidence, advice, parent_query IS NULL AS no_parent,
       saved_time BETWEEN 0 AND total_exec_time AS saves_some
FROM query_audit.findings
WHERE rule = 'seq_scan' AND datname = current_database() AND application_name = 'one column';

SET application_name = 'no row found';
SELECT id FROM documents WHERE number = -1 \g /dev/null
:found;

SET application_name = 'bound parameters';
PREPARE by_number(integer) AS SELECT id FROM documents WHERE number = $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE by_number(5) \g /dev/null
SET plan_cache_mode = force_custom_plan;
EXECUTE by_number(6) \g /dev/null
RESET plan_cache_mode;
:found;

SET application_name = 'ten thousand rows are the boundary';
SELECT id FROM ten_thousand WHERE kind = 7 \g /dev/null
:found;

SET application_name = 'ninety percent are the boundary';
SELECT id FROM ten_thousand WHERE kind < 10 \g /dev/null
:found;

SET application_name = 'an aggregate';
SELECT count(*) FROM documents WHERE number < 100 \g /dev/null
:found;

SET application_name = 'equality first, then one range';
SELECT id FROM documents
WHERE created > DATE '2010-01-01' AND status = 'status 1' AND id % 2 = 0 AND tenant_id = 7 AND number > 5 \g /dev/null
:found;

SET application_name = 'a list';
SELECT id FROM documents WHERE number IN (1, 2, 3) AND status <> 'x' \g /dev/null
:found;

SET application_name = 'a time that the statement computes';
SELECT id FROM documents WHERE created > now() - interval '1 day' \g /dev/null
:found;

SET application_name = 'LIMIT that has to read all';
SELECT id FROM documents WHERE number = -1 LIMIT 1 \g /dev/null
:found;

SET application_name = 'a cursor, read to its end';
\o /dev/null
BEGIN;
DECLARE list CURSOR FOR SELECT id FROM documents WHERE number < 50;
FETCH 10 FROM list; FETCH 10 FROM list; FETCH ALL FROM list;
COMMIT;
\o
:found;

SET application_name = 'a partitioned table is one';
SELECT id FROM events WHERE kind = 'kind 1' \g /dev/null
:found;
SELECT evidence -> 'partitions' AS partitions FROM query_audit.findings
WHERE rule = 'seq_scan' AND datname = current_database() AND application_name = 'a partitioned table is one';

SET application_name = 'some of its partitions';
SELECT id FROM events WHERE kind = 'kind 1' AND day < 20 \g /dev/null
:found;

SET application_name = 'in parallel';
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT id FROM documents WHERE number = 3 \g /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 3 \g /dev/null
SELECT id FROM events WHERE kind = 'kind 2' \g /dev/null
:found;
SET max_parallel_workers_per_gather = 0;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;

SET application_name = 'writes';
UPDATE documents SET status = 'x' WHERE number = 1;
DELETE FROM documents WHERE number = 2;
CREATE TABLE taken (id integer);
INSERT INTO taken SELECT id FROM documents WHERE number = 3;
:found;

SET application_name = 'one side of a join';
SELECT d.id FROM documents AS d JOIN two_hundred AS t ON t.id = d.tenant_id WHERE d.number < 30 \g /dev/null
:found;

SET application_name = 'through a view';
CREATE VIEW titles AS SELECT id, title, number FROM documents WHERE status = 'status 3';
SELECT title FROM titles WHERE number = 15 \g /dev/null
:found;

SET application_name = 'inside of a function';
CREATE FUNCTION find_number(wanted integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT id FROM documents WHERE number = wanted);
END $$;
SELECT find_number(19990) \g /dev/null
:found;
SELECT evidence -> 'nested' AS nested FROM query_audit.findings
WHERE rule = 'seq_scan' AND datname = current_database() AND application_name = 'inside of a function';

SET application_name = 'a foreign key without its index';
CREATE TABLE folders (id integer PRIMARY KEY);
INSERT INTO folders SELECT generate_series(1, 10);
CREATE TABLE files (id integer PRIMARY KEY, folder_id integer REFERENCES folders);
INSERT INTO files SELECT i, i % 9 + 1 FROM generate_series(1, 12000) AS i;
ANALYZE folders, files;
DELETE FROM folders WHERE id = 10;
:found;

SET application_name = 'a million is critical';
SET pg_query_audit.seq_scan_critical_rows = 15000;
SELECT title FROM documents WHERE number = 7 \g /dev/null
RESET pg_query_audit.seq_scan_critical_rows;
SELECT title, id FROM documents WHERE number = 7 \g /dev/null
SELECT severity, query FROM query_audit.findings
WHERE rule = 'seq_scan' AND datname = current_database() AND application_name = 'a million is critical'
ORDER BY query COLLATE "C";

-- Flagged, by the rule that names the cause, instead of an index that would not serve.

SET application_name = 'an index is there and not used';
SELECT id FROM documents WHERE lower(title) = 'document 7' \g /dev/null
SELECT id FROM documents WHERE title || '' = 'document 7' \g /dev/null
SELECT id FROM documents WHERE id::text = '7' \g /dev/null
SELECT id FROM documents WHERE title LIKE '%ment 7' \g /dev/null
SELECT rule, query, evidence ->> 'cause' AS cause, substring(fix_sql FROM ' ON (.*?);\n') AS "on" FROM query_audit.findings
WHERE rule IN ('leading_wildcard', 'non_sargable', 'seq_scan') AND datname = current_database()
  AND application_name = 'an index is there and not used'
ORDER BY query COLLATE "C";
SET application_name = 'an index is there and not used, by this rule alone';
SET pg_query_audit.disabled_rules = 'non_sargable, leading_wildcard';
SELECT id FROM documents WHERE lower(title) = 'document 7' \g /dev/null
SELECT id FROM documents WHERE title LIKE '%ment 7' \g /dev/null
RESET pg_query_audit.disabled_rules;
SELECT query, evidence ->> 'cause' AS cause, fix_sql, advice FROM query_audit.findings
WHERE rule = 'seq_scan' AND datname = current_database() AND application_name = 'an index is there and not used, by this rule alone'
ORDER BY query COLLATE "C";

SET application_name = 'no plain index would serve';
SELECT id FROM documents WHERE number::text = '7' \g /dev/null
SELECT id FROM documents WHERE number + 1 = 7 \g /dev/null
SELECT id FROM documents WHERE number = 7 OR tenant_id = 70 \g /dev/null
SELECT id FROM documents WHERE status LIKE '%us x' \g /dev/null
SELECT id FROM documents WHERE number = tenant_id AND id > 100 \g /dev/null
SELECT id FROM documents WHERE metadata @> '{"strategy": "strategy 7"}' \g /dev/null
SELECT rule, query, fix_sql FROM query_audit.findings
WHERE rule IN ('leading_wildcard', 'non_sargable', 'seq_scan') AND datname = current_database()
  AND application_name = 'no plain index would serve'
ORDER BY query COLLATE "C";

-- To be left alone: none of these shows a row.

SET application_name = 'small tables';
SELECT id FROM nine_thousand WHERE kind = 7 \g /dev/null
SELECT id FROM two_hundred WHERE kind = 7 \g /dev/null
:any;

SET application_name = 'small tables, read twice in one statement';
SELECT a.id FROM six_thousand AS a JOIN six_thousand AS b ON b.id = a.id WHERE a.kind = 7 AND b.kind < 8 \g /dev/null
SELECT id FROM six_thousand WHERE kind = 7 UNION ALL SELECT id FROM six_thousand WHERE kind = 8 \g /dev/null
:any;

SET application_name = 'small tables in a nested loop';
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT count(*) FROM two_hundred AS a JOIN two_hundred AS b ON b.id > a.id WHERE a.kind < 95 AND b.kind = 7 \g /dev/null
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;
:any;

SET application_name = 'no filter';
SELECT id FROM documents \g /dev/null
SELECT count(*) FROM documents \g /dev/null
SELECT id FROM documents ORDER BY number LIMIT 10 \g /dev/null
:any;

SET application_name = 'most of the rows';
SELECT id FROM documents WHERE number > 100 \g /dev/null
SELECT id FROM ten_thousand WHERE kind < 11 \g /dev/null
:any;

SET application_name = 'LIMIT that stops early';
SELECT id FROM documents WHERE status = 'status 1' LIMIT 1 \g /dev/null
SELECT EXISTS (SELECT FROM documents WHERE status = 'status 1') \g /dev/null
SELECT id FROM documents WHERE status = 'status 1' LIMIT 20 OFFSET 20 \g /dev/null
:any;

SET application_name = 'a cursor that stops early';
\o /dev/null
BEGIN;
DECLARE list CURSOR FOR SELECT id FROM documents WHERE tenant_id = 7;
FETCH 5 FROM list; FETCH 5 FROM list;
COMMIT;
\o
:any;

SET application_name = 'an index';
SELECT number FROM documents WHERE id = 7 \g /dev/null
SELECT number FROM documents WHERE title = 'document 7' \g /dev/null
SET enable_indexscan = off;
SELECT number FROM documents WHERE title = 'document 7' AND status = 'x' \g /dev/null
RESET enable_indexscan;
:any;

SET application_name = 'maintenance';
COPY (SELECT id FROM documents WHERE number = 7) TO '/dev/null';
CREATE INDEX partial ON documents (id) WHERE number = 7;
DROP INDEX partial;
CREATE TABLE copied AS SELECT id FROM documents WHERE number = 7;
SELECT id INTO copied_too FROM documents WHERE number = 7;
CREATE MATERIALIZED VIEW materialized AS SELECT id FROM documents WHERE number = 7;
REFRESH MATERIALIZED VIEW materialized;
ALTER TABLE documents ADD CHECK (number <> 0);
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id FROM documents WHERE number = 7 \g /dev/null
EXPLAIN SELECT id FROM documents WHERE number = 7 \g /dev/null
VACUUM documents;
ANALYZE documents;
:any;

SET application_name = 'a rule that is disabled';
SET pg_query_audit.disabled_rules = 'seq_scan';
SELECT id FROM documents WHERE number = 7 \g /dev/null
RESET pg_query_audit.disabled_rules;
:any;

SET application_name = 'a statement that failed';
SELECT 1 / (number - number) FROM documents WHERE number > 19990;
:any;

-- The remedy: it runs as it is, and the scan is gone.
CREATE FUNCTION reads_all(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
        IF line ~ 'Seq Scan' THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$;
\set fix 'SELECT fix_sql FROM query_audit.findings WHERE rule = ''seq_scan'' AND datname = current_database() AND application_name = current_setting(''application_name'') AND fix_sql IS NOT NULL ORDER BY fix_sql COLLATE "C"'
\set undo 'SELECT substring(fix_sql FROM ''to undo: (.*)$'') FROM query_audit.findings WHERE rule = ''seq_scan'' AND datname = current_database() AND application_name = current_setting(''application_name'') AND fix_sql IS NOT NULL ORDER BY fix_sql COLLATE "C"'

SET application_name = 'remedies';
CREATE SCHEMA "Sales Department";
CREATE TABLE "Sales Department"."Ordner Größe" (id integer, "select" integer, "Größe" integer, "a ""quoted"" one" text, "Order" integer);
INSERT INTO "Sales Department"."Ordner Größe" SELECT i, i, i, 'quoted ' || i, i FROM generate_series(1, 10000) AS i;
CREATE TABLE "table" ("user" integer);
INSERT INTO "table" SELECT generate_series(1, 10000);
CREATE TABLE a_table_with_a_name_that_is_about_as_long_as_names_may_be_at_63 (a_column_with_a_name_that_is_also_very_long_in_itself_for_sure integer);
INSERT INTO a_table_with_a_name_that_is_about_as_long_as_names_may_be_at_63 SELECT generate_series(1, 10000);
ANALYZE;
\o /dev/null
SELECT id FROM documents WHERE number = 7;
SELECT id FROM documents WHERE tenant_id = 7 AND status = 'status 1' AND created >= DATE '2009-01-01';
SELECT id FROM documents WHERE metadata ->> 'strategy' = 'strategy 7';
SELECT id, title FROM documents WHERE metadata ->> 'it''s' = '7';
SELECT id FROM documents WHERE metadata -> 'inner' ->> 'key' = 'k7';
SELECT id FROM documents WHERE metadata -> 'it''s' = '7';
SELECT id FROM events WHERE kind = 'kind 1';
SELECT id FROM "Sales Department"."Ordner Größe" WHERE "select" = 7;
SELECT id FROM "Sales Department"."Ordner Größe" WHERE "Größe" = 7;
SELECT id FROM "Sales Department"."Ordner Größe" WHERE "a ""quoted"" one" = 'quoted 7';
SELECT id FROM "Sales Department"."Ordner Größe" WHERE "Order" > 9990;
SELECT "user" FROM "table" WHERE "user" = 7;
SELECT FROM a_table_with_a_name_that_is_about_as_long_as_names_may_be_at_63
WHERE a_column_with_a_name_that_is_also_very_long_in_itself_for_sure = 7;
\o
SELECT substring(fix_sql FROM '^(CREATE INDEX( CONCURRENTLY)?)') AS command, substring(fix_sql FROM ' ON (.*?);\n') AS "on"
FROM query_audit.findings
WHERE rule = 'seq_scan' AND datname = current_database() AND application_name = 'remedies'
ORDER BY 2 COLLATE "C";
\set ECHO none
:fix \gexec
\set ECHO all
ANALYZE;
SELECT query, reads_all(query) FROM (VALUES
    ('SELECT id FROM documents WHERE number = 7'),
    ('SELECT id FROM documents WHERE tenant_id = 7 AND status = ''status 1'' AND created >= DATE ''2009-01-01'''),
    ('SELECT id FROM documents WHERE metadata ->> ''strategy'' = ''strategy 7'''),
    ('SELECT id, title FROM documents WHERE metadata ->> ''it''''s'' = ''7'''),
    ('SELECT id FROM documents WHERE metadata -> ''inner'' ->> ''key'' = ''k7'''),
    ('SELECT id FROM documents WHERE metadata -> ''it''''s'' = ''7'''),
    ('SELECT id FROM events WHERE kind = ''kind 1'''),
    ('SELECT id FROM "Sales Department"."Ordner Größe" WHERE "select" = 7'),
    ('SELECT id FROM "Sales Department"."Ordner Größe" WHERE "Größe" = 7'),
    ('SELECT id FROM "Sales Department"."Ordner Größe" WHERE "a ""quoted"" one" = ''quoted 7'''),
    ('SELECT id FROM "Sales Department"."Ordner Größe" WHERE "Order" > 9990'),
    ('SELECT "user" FROM "table" WHERE "user" = 7'),
    ('SELECT FROM a_table_with_a_name_that_is_about_as_long_as_names_may_be_at_63 WHERE a_column_with_a_name_that_is_also_very_long_in_itself_for_sure = 7')
) AS v(query);
-- What undoes it runs too.
\set ECHO none
:undo \gexec
\set ECHO all
SELECT count(*) AS indexes_left FROM pg_index WHERE indrelid IN ('documents'::regclass, 'events'::regclass, '"table"'::regclass)
                                                AND NOT indisprimary AND indexrelid <> 'documents_title'::regclass;

-- An index of the name that it would have got is there already, for other rows.
SET application_name = 'a name that is taken';
CREATE INDEX ten_thousand_kind_idx ON ten_thousand (kind) WHERE id < 0;
SELECT id FROM ten_thousand WHERE kind = 7 \g /dev/null
\set ECHO none
:fix \gexec
\set ECHO all
SELECT reads_all('SELECT id FROM ten_thousand WHERE kind = 7');
