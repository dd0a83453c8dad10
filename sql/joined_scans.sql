-- seq_scan: a whole table that is read without a filter, for a join with few rows that throws most of it away.
CREATE EXTENSION pg_query_audit;
SELECT query_audit.reset();
SET max_parallel_workers_per_gather = 0;
CREATE TABLE "Order" (id integer PRIMARY KEY, customer_id integer, note text);
CREATE TABLE line (id integer PRIMARY KEY, order_id integer, sku integer, amount integer);
CREATE TABLE sku (id integer PRIMARY KEY, label text);
CREATE TABLE indexed_line (id integer PRIMARY KEY, order_id integer REFERENCES "Order", amount integer);
INSERT INTO "Order" SELECT i, i % 100, 'note' FROM generate_series(1, 5000) AS i;
INSERT INTO sku SELECT i, 'sku ' || i FROM generate_series(1, 1000) AS i;
INSERT INTO line SELECT i, i % 5000 + 1, i % 1000 + 1, i FROM generate_series(1, 30000) AS i;
INSERT INTO indexed_line SELECT i, i % 5000 + 1, i FROM generate_series(1, 30000) AS i;
CREATE INDEX ON indexed_line (order_id);
VACUUM ANALYZE "Order", line, sku, indexed_line;

CREATE FUNCTION scans() RETURNS TABLE (rule text, relation text, filter text, rows_read bigint, rows_kept bigint, fix text)
LANGUAGE sql AS $$
    SELECT rule, relation, evidence->>'filter', (evidence->>'rows_read')::bigint, (evidence->>'rows_kept')::bigint, fix_sql
    FROM query_audit.findings WHERE rule IN ('seq_scan', 'stale_statistics', 'non_sargable') ORDER BY 2, 3
$$;

-- One order's lines, by an inner join and by an outer one, from either side.
SELECT count(*) FROM (SELECT l.* FROM "Order" o JOIN line l ON l.order_id = o.id WHERE o.id = 7 AND o.note = 'note') AS t;
SELECT * FROM scans();
SELECT query_audit.reset();
SET enable_nestloop = off;
SELECT o.id, l.id FROM "Order" o LEFT JOIN line l ON l.order_id = o.id WHERE o.id = 7 ORDER BY l.id;
SELECT * FROM scans();
SELECT query_audit.reset();
SELECT l.id FROM line l RIGHT JOIN "Order" o ON o.id = l.order_id WHERE o.id IN (7, 8) ORDER BY l.id;
SELECT * FROM scans();
SELECT query_audit.reset();
SET enable_hashjoin = off;
SELECT count(*) FROM (SELECT l.id FROM line l JOIN "Order" o ON o.id = l.order_id WHERE o.id IN (9, 10) OFFSET 0) AS t;
SELECT * FROM scans();
RESET enable_hashjoin;

-- Those that have nothing in a large table, and what belongs to a few.
SELECT query_audit.reset();
SELECT o.id FROM "Order" o WHERE o.id BETWEEN 1 AND 3 AND NOT EXISTS (SELECT FROM line l WHERE l.order_id = o.id);
SELECT l.id FROM line l WHERE l.order_id IN (SELECT o.id FROM "Order" o WHERE o.id BETWEEN 1 AND 2) ORDER BY l.id;
SELECT rule, relation, filter, rows_read, fix FROM scans();

-- The candidate for an index says the same.
SELECT relation, definition FROM query_audit.index_candidates ORDER BY 1;

-- Nothing of it where the join takes most of the table, or there are many other rows, or the table is the side that is
-- returned whole, or there is such an index.
SELECT query_audit.reset();
SELECT count(*) FROM (SELECT l.id, s.label FROM line l JOIN sku s ON s.id = l.sku OFFSET 0) AS t;
SELECT count(*) FROM (SELECT l.id FROM line l JOIN "Order" o ON o.id = l.order_id WHERE o.customer_id < 50 OFFSET 0) AS t;
SELECT count(*) FROM (SELECT l.id, o.id FROM line l LEFT JOIN "Order" o ON o.id = l.order_id AND o.id = 3 OFFSET 0) AS t;
SELECT count(*) FROM (SELECT l.id FROM line l WHERE NOT EXISTS (SELECT FROM "Order" o WHERE o.id = l.order_id AND o.id < 3) OFFSET 0) AS t;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
SELECT count(*) FROM (SELECT l.id FROM indexed_line l JOIN sku s ON s.id = l.order_id WHERE s.label = 'sku 4' OFFSET 0) AS t;
SELECT * FROM scans();

-- A partitioned table is one, whatever the number of a column in its parts; the arms of a union are none.
CREATE TABLE part (id integer, order_id integer, amount integer) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10000);
CREATE TABLE part_2 (amount integer, order_id integer, id integer);
ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES FROM (10000) TO (40000);
INSERT INTO part SELECT i, i % 5000 + 1, i FROM generate_series(1, 30000) AS i;
RESET enable_indexscan;
RESET enable_bitmapscan;
RESET enable_indexonlyscan;
VACUUM ANALYZE part;
SELECT query_audit.reset();
SELECT p.id FROM "Order" o JOIN part p ON p.order_id = o.id WHERE o.id IN (7, 9) ORDER BY 1;
SELECT count(*) FROM (SELECT o.id FROM "Order" o JOIN (SELECT order_id FROM part_1 UNION ALL SELECT order_id FROM line) AS u ON u.order_id = o.id
                      WHERE o.id IN (8, 9) OFFSET 0) AS t;
SELECT s.*, f.evidence ->> 'partitions' AS partitions FROM scans() AS s JOIN query_audit.findings AS f ON f.fix_sql = s.fix;
SELECT relation, definition FROM query_audit.index_candidates ORDER BY 1;
