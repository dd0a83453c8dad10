-- stale_statistics: an estimate that is far off, of a table that has changed since it was analyzed.
CREATE EXTENSION pg_query_audit;
CREATE TABLE orders (id integer PRIMARY KEY, status text, amount integer) WITH (autovacuum_enabled = off);
INSERT INTO orders SELECT i, 'done', i FROM generate_series(1, 40000) AS i;
CREATE INDEX orders_status_idx ON orders (status);
CREATE TABLE skewed (id integer PRIMARY KEY, kind integer, pad text) WITH (autovacuum_enabled = off);
INSERT INTO skewed SELECT i, CASE WHEN i <= 20000 THEN 0 ELSE i END, 'x' FROM generate_series(1, 100000) AS i;
CREATE INDEX skewed_kind_idx ON skewed (kind);
-- What is not yet reported would be added to the changes after ANALYZE.
SELECT pg_stat_force_next_flush() \gset
ANALYZE orders, skewed;
SET max_parallel_workers_per_gather = 0;
\set found 'SELECT rule, relation, evidence ->> ''rows_kept'' AS kept, (evidence ->> ''rows_estimated'')::bigint <= 100 AS few_expected, evidence ->> ''rows_changed'' AS changed, evidence ->> ''table_rows'' AS of_rows, fix_sql FROM query_audit.findings WHERE rule IN (''leading_wildcard'', ''non_sargable'', ''seq_scan'', ''stale_statistics'', ''unindexed_sort'', ''wide_result'') AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C", rule'

SET application_name = 'after a bulk load';
INSERT INTO orders SELECT i, 'new', i FROM generate_series(40001, 80000) AS i;
-- The first takes long although its plan looks cheap, so that the next one is looked at.
SET enable_bitmapscan = off;
SELECT count(*), max(md5(repeat(status, 300))) FROM orders WHERE status = 'new';
SELECT count(*), max(md5(repeat(status, 300))) FROM orders WHERE status = 'new';
:found;
SELECT severity, confidence, advice LIKE 'The planner expected % rows of public.orders and there were 40000; 40000 rows have changed%' AS advice
FROM query_audit.findings WHERE rule IN ('leading_wildcard', 'non_sargable', 'seq_scan', 'stale_statistics', 'unindexed_sort', 'wide_result')
  AND datname = current_database() AND application_name = 'after a bulk load';

SET application_name = 'stopped early';
RESET enable_bitmapscan;
UPDATE orders SET amount = amount + 1 WHERE id <= 30000;
SELECT count(*) FROM (SELECT id FROM orders WHERE status = 'done' AND amount > 0 LIMIT 5) AS s;
SELECT count(*) FROM (SELECT id FROM orders WHERE id > 5 AND amount > 0 ORDER BY id LIMIT 5) AS s;
SELECT count(*) FROM (SELECT id FROM orders WHERE amount > 7 LIMIT 5) AS s;
:found;

SET application_name = 'too many were expected, so that an index is not used';
UPDATE orders SET status = 'gone' WHERE status = 'done' AND id > 10;
VACUUM orders;
SELECT count(id) FROM orders WHERE status = 'done';
SELECT rule, relation, evidence ->> 'rows_kept' AS kept, (evidence ->> 'rows_estimated')::bigint > 10000 AS many_expected,
       fix_sql
FROM query_audit.findings WHERE rule IN ('leading_wildcard', 'non_sargable', 'seq_scan', 'stale_statistics', 'unindexed_sort', 'wide_result')
  AND datname = current_database() AND application_name = current_setting('application_name');
SET enable_bitmapscan = off;

SET application_name = 'analyzed since';
SELECT pg_stat_force_next_flush() \gset
ANALYZE orders;
SELECT count(*), max(md5(repeat(status, 300))) FROM orders WHERE status = 'new';
:found;

SET application_name = 'skew is no reason';
SET plan_cache_mode = force_generic_plan;
PREPARE of_kind(integer) AS SELECT count(*), max(md5(repeat(pad, 300))) FROM skewed WHERE kind = $1;
EXECUTE of_kind(0);
EXECUTE of_kind(0);
RESET plan_cache_mode;
:found;

SET application_name = 'a transaction keeps the statistics that it has seen';
BEGIN;
SET LOCAL stats_fetch_consistency = snapshot;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT sum(n_tup_ins) > 0 AS seen FROM pg_stat_user_tables;
SELECT pg_stat_get_snapshot_timestamp() AS taken \gset
EXECUTE of_kind(0);
SELECT pg_stat_get_snapshot_timestamp() = :'taken' AS kept;
COMMIT;
