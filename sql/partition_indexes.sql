-- Index candidates of partitioned tables of which some partitions have the index: it is kept, and becomes a part of the
-- new one.
CREATE EXTENSION pg_query_audit;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE visits (id integer, day integer, page text, padding text) PARTITION BY RANGE (day);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (0) TO (10);
CREATE TABLE "Visits 2" (page text, id integer, padding text, day integer); -- columns in another order
ALTER TABLE visits ATTACH PARTITION "Visits 2" FOR VALUES FROM (10) TO (20);
CREATE TABLE visits_3 PARTITION OF visits FOR VALUES FROM (20) TO (40) PARTITION BY RANGE (day);
CREATE TABLE visits_3a PARTITION OF visits_3 FOR VALUES FROM (20) TO (30);
CREATE TABLE visits_3b PARTITION OF visits_3 FOR VALUES FROM (30) TO (40);
ALTER TABLE visits ALTER padding SET STORAGE PLAIN;
INSERT INTO visits SELECT i, i % 40, 'page ' || i % 500 FROM generate_series(1, 40000) AS i;
ANALYZE visits;
CREATE INDEX "by ""page""" ON "Visits 2" (page);
CREATE INDEX visits_3a_page ON visits_3a (page);
CREATE INDEX visits_3b_page ON visits_3b (upper(page)); -- another
\set show 'SELECT definition, drop_definition, substring(reason FROM \'; (.*)\') AS reason FROM query_audit.index_candidates'
CREATE VIEW parts AS
SELECT i.indexrelid::regclass AS index, i.indisvalid AS valid, h.inhparent::regclass AS part_of
FROM pg_index AS i LEFT JOIN pg_inherits AS h ON h.inhrelid = i.indexrelid
WHERE i.indrelid IN (SELECT relid FROM pg_partition_tree('visits')) ORDER BY i.indexrelid::regclass::text COLLATE "C";

-- A small one is indexed by one statement, which takes in what is there.
SELECT query_audit.reset();
SELECT id FROM visits WHERE page = 'page 7' \g /dev/null
:show;
SELECT definition AS create_index FROM query_audit.index_candidates \gset
BEGIN;
:create_index
TABLE parts;
ROLLBACK;

-- A large one part by part, without those that are there.
INSERT INTO visits SELECT i, i % 40, 'other', repeat('x', 7000) FROM generate_series(40001, 57000) AS i;
VACUUM ANALYZE visits;
\pset format unaligned
:show;
SELECT definition AS create_index FROM query_audit.index_candidates \gset
\pset format aligned
:create_index
TABLE parts;
SELECT count(*) AS served FROM query_audit.index_candidates;
DROP INDEX visits_page_idx;

-- One that somebody has begun: what is missing is made and attached.
CREATE INDEX "Begun" ON ONLY visits (page);
CREATE INDEX visits_1_begun ON visits_1 (page);
ALTER INDEX "Begun" ATTACH PARTITION visits_1_begun;
CREATE INDEX visits_3_begun ON ONLY visits_3 (page);
CREATE INDEX visits_3b_begun ON visits_3b (page);
\pset format unaligned
:show;
SELECT definition AS create_index, drop_definition AS drop_index FROM query_audit.index_candidates \gset
\pset format aligned
:create_index
TABLE parts;
:drop_index

-- To be left alone: an index of other rows, or of more of them, is not this one.
CREATE INDEX visits_1_some ON visits_1 (page) WHERE day < 5;
CREATE INDEX visits_1_lower ON visits_1 (lower(page));
CREATE INDEX visits_1_c ON visits_1 (page COLLATE "C");
CREATE INDEX visits_1_hash ON visits_1 USING hash (page);
SELECT substring(reason FROM '; (.*)') AS reason FROM query_audit.index_candidates;
