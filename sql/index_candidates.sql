-- query_audit.index_candidates: what scans ask for, as indexes. Each definition is executed, and the statement planned
-- again; then each drop_definition.
CREATE EXTENSION pg_query_audit;
CREATE EXTENSION pg_trgm;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE orders (id integer PRIMARY KEY, tenant_id integer, status text, created timestamptz, total integer,
                     deleted_at timestamptz, archived boolean, email text, metadata jsonb, labels integer[], title text,
                     body tsvector, reference text);
INSERT INTO orders
SELECT i, i % 200, 'status ' || i % 5, TIMESTAMPTZ '2020-01-01 00:00Z' + i * INTERVAL '1 minute', i * 7919 % 20000,
       CASE WHEN i % 3 = 0 THEN TIMESTAMPTZ '2021-01-01 00:00Z' END, i % 50 = 0, 'User' || i || '@Example.org',
       jsonb_build_object('strategy', 'strategy ' || i % 2000, 'number', i), ARRAY[i, i + 1],
       md5(i::text) || ' order', to_tsvector('simple', 'word' || i), 'R-' || i * 7919 % 20000
FROM generate_series(1, 20000) AS i;
CREATE TABLE customers (id integer PRIMARY KEY, country text);
INSERT INTO customers SELECT i, 'country ' || i % 100 FROM generate_series(1, 5000) AS i;
VACUUM ANALYZE orders, customers;

-- The candidates of what ran since the last reset, kept, because an index that exists is no candidate any more.
CREATE TABLE proposed (definition text, drop_definition text);
ALTER TABLE proposed SET (autovacuum_enabled = off);
\set show 'SELECT relation, definition, drop_definition, statements, calls, rows_saved FROM query_audit.index_candidates ORDER BY definition COLLATE "C"'
\set keep 'TRUNCATE proposed; INSERT INTO proposed SELECT definition, drop_definition FROM query_audit.index_candidates'
\set create 'SELECT definition FROM proposed ORDER BY definition COLLATE "C"'
\set drop 'SELECT drop_definition FROM proposed ORDER BY definition COLLATE "C"'
-- The index that a statement's plan uses.
CREATE FUNCTION index_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line ~ 'Index (Only )?Scan' THEN
            RETURN substring(line FROM '(?:using|on) (\w+)');
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- Equality, the most selective first; then a range.
SELECT query_audit.reset();
SELECT id FROM orders WHERE status = 'status 1' AND tenant_id = 7 AND total > 15000 \g /dev/null
SELECT id FROM orders WHERE status = 'status 2' AND tenant_id = 8 AND total > 15000 \g /dev/null
:show;
:keep;
:create \gexec
SELECT index_of('SELECT id FROM orders WHERE status = ''status 1'' AND tenant_id = 7 AND total > 15000');
SELECT count(*) AS served FROM query_audit.index_candidates;
:drop \gexec

-- One index for several statements: prefixes fold.
SELECT query_audit.reset();
SELECT id FROM orders WHERE tenant_id = 7 AND total = 11 \g /dev/null
SELECT id FROM orders WHERE tenant_id = 7 \g /dev/null
SELECT id FROM orders WHERE tenant_id IN (7, 8) \g /dev/null
:show;
SELECT query FROM query_audit.index_candidates, unnest(queries) AS query ORDER BY query COLLATE "C";
SELECT cardinality(fingerprints) AS fingerprints, size_bytes > 0 AS has_size, cost_before, cost_after, verified
FROM query_audit.index_candidates;
:keep;
:create \gexec
SELECT index_of('SELECT id FROM orders WHERE tenant_id = 7 AND total = 11'),
       index_of('SELECT id FROM orders WHERE tenant_id = 7');
:drop \gexec

-- A sort that feeds a LIMIT, with its directions, behind equality.
SELECT query_audit.reset();
SELECT id FROM orders WHERE tenant_id = 7 ORDER BY created DESC, id LIMIT 10 \g /dev/null
:show;
:keep;
:create \gexec
SELECT index_of('SELECT id FROM orders WHERE tenant_id = 7 ORDER BY created DESC, id LIMIT 10');
:drop \gexec

-- A condition that is always there makes it partial; where it is not, the index is of all rows.
SELECT query_audit.reset();
SELECT id FROM orders WHERE reference = 'R-77' AND deleted_at IS NULL \g /dev/null
SELECT id FROM orders WHERE archived AND total < 100 \g /dev/null
:show;
:keep;
:create \gexec
SELECT index_of('SELECT id FROM orders WHERE reference = ''R-77'' AND deleted_at IS NULL'),
       index_of('SELECT id FROM orders WHERE archived AND total < 100'),
       index_of('SELECT id FROM orders WHERE reference = ''R-77''') AS "not without the condition";
SELECT id FROM orders WHERE reference = 'R-77' \g /dev/null
SELECT definition FROM query_audit.index_candidates;
:drop \gexec

-- Expressions.
SELECT query_audit.reset();
SELECT id FROM orders WHERE metadata ->> 'strategy' = 'strategy 7' \g /dev/null
SELECT id FROM orders WHERE lower(email) = 'user7@example.org' \g /dev/null
:show;
:keep;
:create \gexec
ANALYZE orders;
SELECT index_of('SELECT id FROM orders WHERE metadata ->> ''strategy'' = ''strategy 7'''),
       index_of('SELECT id FROM orders WHERE lower(email) = ''user7@example.org''');
SELECT count(*) AS served FROM query_audit.index_candidates;
:drop \gexec

-- GIN: trigrams, containment, arrays, full text.
SELECT query_audit.reset();
SELECT id FROM orders WHERE title LIKE '%00ff7%' \g /dev/null
SELECT id FROM orders WHERE metadata @> '{"number": 7}' \g /dev/null
SELECT id FROM orders WHERE labels @> ARRAY[7] \g /dev/null
SELECT id FROM orders WHERE body @@ to_tsquery('simple', 'word7') \g /dev/null
:show;
:keep;
:create \gexec
SELECT index_of('SELECT id FROM orders WHERE title LIKE ''%00ff7%'''),
       index_of('SELECT id FROM orders WHERE metadata @> ''{"number": 7}'''),
       index_of('SELECT id FROM orders WHERE labels @> ARRAY[7]'),
       index_of('SELECT id FROM orders WHERE body @@ to_tsquery(''simple'', ''word7'')');
:drop \gexec

-- Without pg_trgm it says so.
DROP EXTENSION pg_trgm;
SELECT definition, reason FROM query_audit.index_candidates WHERE definition LIKE '%trgm%';
CREATE SCHEMA extensions;
CREATE EXTENSION pg_trgm SCHEMA extensions;
SELECT definition, reason FROM query_audit.index_candidates WHERE definition LIKE '%trgm%';

-- BRIN, for a range on a column that follows the order of a large table.
CREATE TABLE measurements (at timestamptz, sensor integer, padding text);
ALTER TABLE measurements ALTER padding SET STORAGE PLAIN;
INSERT INTO measurements SELECT TIMESTAMPTZ '2020-01-01 00:00Z' + i * INTERVAL '1 second', i % 10, repeat('x', 3500)
FROM generate_series(1, 34000) AS i;
VACUUM ANALYZE measurements;
SELECT query_audit.reset();
SELECT sensor FROM measurements WHERE at < TIMESTAMPTZ '2020-01-01 00:05Z' \g /dev/null
:show;
:keep;
:create \gexec
SELECT index_of('SELECT sensor FROM measurements WHERE at < TIMESTAMPTZ ''2020-01-01 00:05Z''');
:drop \gexec
DROP TABLE measurements;
SELECT count(*) AS "of a table that is gone" FROM query_audit.index_candidates;

-- Names that need quotes, and are others by now.
CREATE SCHEMA "Sales ""Department""";
CREATE TABLE "Sales ""Department"""."Ordner Größe" (id integer, "select" integer, "Größe" integer, gone integer, "active" boolean);
INSERT INTO "Sales ""Department"""."Ordner Größe" SELECT i, i, i % 100, i, i % 2 = 0 FROM generate_series(1, 10000) AS i;
ANALYZE "Sales ""Department"""."Ordner Größe";
SELECT query_audit.reset();
\o /dev/null
SELECT id FROM "Sales ""Department"""."Ordner Größe" WHERE "Größe" = 7 AND NOT "active" ORDER BY "select" DESC NULLS LAST LIMIT 5;
SELECT id FROM "Sales ""Department"""."Ordner Größe" WHERE gone = 7;
\o
ALTER TABLE "Sales ""Department"""."Ordner Größe" RENAME COLUMN "Größe" TO "Order ""by""";
ALTER TABLE "Sales ""Department"""."Ordner Größe" RENAME TO "table";
ALTER TABLE "Sales ""Department"""."table" DROP COLUMN gone;
:show;
:keep;
:create \gexec
SELECT index_of('SELECT id FROM "Sales ""Department"""."table" WHERE "Order ""by""" = 7 AND NOT "active" ORDER BY "select" DESC NULLS LAST LIMIT 5');
:drop \gexec

-- Partitioned tables: the plain form where they are small, else what does not block writers.
CREATE TABLE events (id integer, day integer, kind text, padding text) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
CREATE TABLE "Events 2" PARTITION OF events FOR VALUES FROM (10) TO (30) PARTITION BY RANGE (day);
CREATE TABLE events_2a PARTITION OF "Events 2" FOR VALUES FROM (10) TO (20);
CREATE TABLE events_2b PARTITION OF "Events 2" FOR VALUES FROM (20) TO (30);
ALTER TABLE events ALTER padding SET STORAGE PLAIN;
INSERT INTO events SELECT i, i % 30, 'kind ' || i % 500 FROM generate_series(1, 15000) AS i;
ANALYZE events;
SELECT query_audit.reset();
SELECT id FROM events WHERE kind = 'kind 7' \g /dev/null
SELECT definition, drop_definition, calls, rows_saved FROM query_audit.index_candidates;
:keep;
:create \gexec
SELECT index_of('SELECT id FROM events WHERE kind = ''kind 7''');
:drop \gexec
INSERT INTO events SELECT i, i % 30, 'other', repeat('x', 7000) FROM generate_series(1, 17000) AS i;
VACUUM ANALYZE events;
\pset format unaligned
SELECT definition, drop_definition FROM query_audit.index_candidates;
SELECT definition, drop_definition FROM query_audit.index_candidates \gset
\pset format aligned
:definition
SELECT bool_and(indisvalid) AS valid, count(*) AS indexes FROM pg_index
WHERE indrelid IN (SELECT relid FROM pg_partition_tree('events'));
SELECT index_of('SELECT id FROM events WHERE kind = ''kind 7''');
:drop_definition
SELECT count(*) AS indexes FROM pg_index WHERE indrelid IN (SELECT relid FROM pg_partition_tree('events'));
DROP TABLE events;

-- A name that is taken.
SELECT query_audit.reset();
CREATE TABLE orders_total_idx ();
SELECT id FROM orders WHERE total = 7 \g /dev/null
:show;
:keep;
:create \gexec
SELECT index_of('SELECT id FROM orders WHERE total = 7');
:drop \gexec
DROP TABLE orders_total_idx;
-- By an index that was begun and not finished.
\set VERBOSITY terse
CREATE UNIQUE INDEX CONCURRENTLY orders_total_idx ON orders ((total % 100));
\set VERBOSITY default
:keep;
:create \gexec
SELECT index_of('SELECT id FROM orders WHERE total = 7');
:drop \gexec
DROP INDEX orders_total_idx;

-- To be left alone: none of these shows a row.

-- An index serves it, and was not used.
SELECT query_audit.reset();
CREATE INDEX orders_tenant ON orders (tenant_id, total);
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT id FROM orders WHERE tenant_id = 7 \g /dev/null
SELECT id FROM orders WHERE total = 9 AND tenant_id = 7 \g /dev/null
SELECT id FROM orders WHERE tenant_id = 7 ORDER BY total DESC LIMIT 5 \g /dev/null
RESET enable_indexscan;
RESET enable_bitmapscan;
SELECT definition FROM query_audit.index_candidates;
DROP INDEX orders_tenant;

-- Small tables, in a loop too.
SELECT query_audit.reset();
CREATE TABLE two_hundred AS SELECT i AS id, i % 100 AS kind FROM generate_series(1, 200) AS i;
ANALYZE two_hundred;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT count(*) FROM two_hundred AS a JOIN two_hundred AS b ON b.id > a.id WHERE b.kind = 7 \g /dev/null
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;
SELECT id FROM customers WHERE country = 'country 7' \g /dev/null
SELECT definition FROM query_audit.index_candidates;

-- Most of the rows; no filter; nothing that an index answers.
SELECT query_audit.reset();
SELECT id FROM orders WHERE total > 100 \g /dev/null
SELECT id FROM orders ORDER BY total \g /dev/null
SELECT count(*) FROM orders WHERE id % 7 = total % 7 \g /dev/null
SELECT definition FROM query_audit.index_candidates;

-- A rare read of a table that is written all the time.
SELECT query_audit.reset();
CREATE TABLE counters AS SELECT i AS id, i % 1000 AS kind, 0 AS value FROM generate_series(1, 12000) AS i;
ANALYZE counters;
UPDATE counters SET value = value + 1;
UPDATE counters SET value = value + 1;
SELECT pg_stat_force_next_flush();
SELECT id FROM counters WHERE kind = 7 \g /dev/null
SELECT definition FROM query_audit.index_candidates;
-- As often as it is read here it is worth it.
DO $$ BEGIN FOR i IN 1..60 LOOP PERFORM id FROM counters WHERE kind = i; END LOOP; END $$;
SELECT definition FROM query_audit.index_candidates;

-- Everyone sees what their own statements ask for.
SELECT query_audit.reset();
SELECT id FROM orders WHERE total = 7 \g /dev/null
CREATE ROLE regress_candidates_other;
GRANT SELECT ON orders TO regress_candidates_other;
SET ROLE regress_candidates_other;
SELECT count(*) FROM query_audit.index_candidates;
SELECT id FROM orders WHERE reference = 'R-7' \g /dev/null
SELECT definition FROM query_audit.index_candidates;
RESET ROLE;
SELECT definition FROM query_audit.index_candidates ORDER BY definition COLLATE "C";
DROP OWNED BY regress_candidates_other;
DROP ROLE regress_candidates_other;
