-- query_audit.statements: statistics of each fingerprint.
CREATE EXTENSION pg_query_audit;
CREATE TABLE items (id integer PRIMARY KEY, name text);
INSERT INTO items SELECT i, 'item ' || i FROM generate_series(1, 20000) AS i;
ANALYZE items;
CREATE VIEW item_names AS SELECT name FROM items;
SELECT query_audit.reset();
\set seen 'SELECT query, calls, rows, errors FROM query_audit.statements WHERE datname = current_database() AND usename = current_user AND query ILIKE ''%items%'' ORDER BY query COLLATE "C"'

-- Every kind of statement, by whatever way it comes: calls and rows.
\o /dev/null
SELECT name FROM items WHERE id = 1;
SELECT name FROM items WHERE id = 2 /* another comment */;
select NAME from ITEMS where ID=3;
SELECT upper(name) FROM items WHERE id IN (1, 2);
SELECT upper(name) FROM items WHERE id IN (1, 2, 3, 4, 5);
INSERT INTO items VALUES (-1, 'one'), (-2, 'two');
INSERT INTO items VALUES (-3, 'three') RETURNING id;
INSERT INTO items VALUES (-3, 'conflict') ON CONFLICT (id) DO NOTHING;
UPDATE items SET name = 'x' WHERE id BETWEEN -3 AND -1;
DELETE FROM items WHERE id < 0;
MERGE INTO items USING (VALUES (-1, 'merged')) AS v(id, name) ON items.id = v.id
    WHEN MATCHED THEN UPDATE SET name = v.name WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.name);
WITH gone AS (DELETE FROM items WHERE id = -1 RETURNING id) SELECT id FROM gone;
TABLE items LIMIT 3;
PREPARE by_id(integer) AS SELECT id, name FROM items WHERE id = $1;
EXECUTE by_id(1); EXECUTE by_id(2); EXECUTE by_id(-1);
SELECT count(*) FROM items \; SELECT max(id) FROM items \; SELECT min(id) FROM items;
SELECT name FROM items WHERE id / (id - 5) = 0;
SELECT name FROM items WHERE id / (id - 6) = 0;
SELECT name FROM items WHERE id / (id - 20001) = 1 AND id < 3;
\o
:seen;

-- What only ever failed took part in no sum.
SELECT calls, rows, errors, min_exec_time, max_exec_time, mean_exec_time, stddev_exec_time, p50_exec_time, p99_exec_time
FROM query_audit.statements
WHERE datname = current_database() AND query = 'SELECT name FROM items WHERE id / (id - $1) = $2';

-- A cursor is one call however it is fetched; a statement of COPY or EXPLAIN ANALYZE is a call too, EXPLAIN alone is not.
SELECT query_audit.reset();
\o /dev/null
BEGIN;
DECLARE first_ten CURSOR FOR SELECT id FROM items WHERE id <= 10 ORDER BY id;
FETCH 3 FROM first_ten; FETCH 3 FROM first_ten; FETCH ALL FROM first_ten;
CLOSE first_ten;
DECLARE unfinished CURSOR FOR SELECT id FROM items WHERE id <= 20 ORDER BY id DESC;
FETCH 3 FROM unfinished;
COMMIT;
EXPLAIN SELECT name FROM items WHERE id = 1;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id AS explained FROM items WHERE id = 1;
COPY (SELECT id AS copied FROM items WHERE id <= 5) TO STDOUT;
\o
:seen;

-- What a function runs is counted too, each at its own level; a view is named as it was written.
SELECT query_audit.reset();
CREATE FUNCTION count_items(first_id integer) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT count(*) FROM items WHERE id >= first_id);
END $$;
\o /dev/null
SELECT count_items(1); SELECT count_items(2);
SELECT name FROM item_names LIMIT 2;
\o
:seen;
SELECT query, calls, rows FROM query_audit.statements
WHERE datname = current_database() AND query LIKE '%item\_names%' ORDER BY query COLLATE "C";

-- Times: each there, and in order.
SELECT query_audit.reset();
PREPARE look_up(integer) AS SELECT name FROM items WHERE id = $1;
\o /dev/null
SELECT format('EXECUTE look_up(%s)', i) FROM generate_series(1, 30) AS i
\set ECHO none
\gexec
\set ECHO all
\o
SELECT calls, rows, rows_read, seq_scans, temp_bytes, errors,
       min_exec_time > 0 AND min_exec_time <= p50_exec_time * 2 AS least_below_median,
       p50_exec_time <= p95_exec_time AND p95_exec_time <= p99_exec_time AS percentiles_in_order,
       p99_exec_time <= max_exec_time * 2 AS percentiles_below_most,
       mean_exec_time BETWEEN min_exec_time AND max_exec_time AS mean_between,
       abs(total_exec_time - mean_exec_time * calls) < 0.01 AS total_is_sum,
       stddev_exec_time >= 0 AS deviation,
       first_seen < last_seen AS seen_over_time, last_seen <= clock_timestamp() AS not_in_the_future
FROM query_audit.statements
WHERE datname = current_database() AND usename = current_user AND query = 'SELECT name FROM items WHERE id = $1';
SELECT bool_and(calls IS NOT NULL AND rows IS NOT NULL AND total_exec_time IS NOT NULL AND min_exec_time IS NOT NULL
                AND max_exec_time IS NOT NULL AND mean_exec_time IS NOT NULL AND stddev_exec_time IS NOT NULL
                AND p50_exec_time IS NOT NULL AND p95_exec_time IS NOT NULL AND p99_exec_time IS NOT NULL
                AND rows_read IS NOT NULL AND seq_scans IS NOT NULL AND temp_bytes IS NOT NULL AND errors IS NOT NULL
                AND units IS NOT NULL AND first_seen IS NOT NULL AND last_seen IS NOT NULL) AS none_is_null
FROM query_audit.statements;

-- queryids are those of pg_stat_activity and EXPLAIN VERBOSE; statements of one fingerprint may have several.
SELECT query_audit.reset();
\o /dev/null
SELECT name FROM items WHERE id = 1;
SELECT name FROM items WHERE id = 1::bigint;
SELECT name AS a FROM items WHERE (id, name) IN ((1, 'a'));
SELECT name AS a FROM items WHERE (id, name) IN ((1, 'a'), (2, 'b'));
\o
CREATE FUNCTION queryid_of(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (VERBOSE, FORMAT JSON) ' || query INTO plan;
    RETURN plan -> 0 ->> 'Query Identifier';
END $$;
SELECT query, calls, cardinality(queryids) AS queryids,
       queryids @> ARRAY[queryid_of(replace(replace(query, '$1', '1'), '$2', '''a'''))] AS as_explain_says
FROM query_audit.statements
WHERE datname = current_database() AND query LIKE 'SELECT name%' ORDER BY query COLLATE "C";

-- Rows read by scans of large tables, and temporary files.
SELECT query_audit.reset();
SET work_mem = '64kB';
\o /dev/null
SELECT id FROM items WHERE name = 'item 7';
SELECT name FROM items ORDER BY md5(name);
\o
RESET work_mem;
SELECT query, calls, rows, rows_read, seq_scans FROM query_audit.statements
WHERE datname = current_database() AND query LIKE 'SELECT id FROM items%';
SELECT query, calls, rows, temp_bytes > 100 * 1024 AS spilled FROM query_audit.statements
WHERE datname = current_database() AND query LIKE '%FROM items%' ORDER BY query COLLATE "C";

-- units: how many units of work ran it.
SELECT query_audit.reset();
SELECT query_audit.begin_unit('one') \g /dev/null
EXECUTE look_up(1) \g /dev/null
EXECUTE look_up(2) \g /dev/null
SELECT query_audit.end_unit() \g /dev/null
SELECT query_audit.begin_unit('two') \g /dev/null
EXECUTE look_up(1) \g /dev/null
SELECT query_audit.end_unit() \g /dev/null
SELECT query, calls, units FROM query_audit.statements
WHERE datname = current_database() AND query LIKE '%FROM items%' ORDER BY query COLLATE "C";

-- Two roles, two rows.
SELECT query_audit.reset();
CREATE ROLE regress_statements_other;
GRANT SELECT ON items TO regress_statements_other;
SELECT name FROM items WHERE id = 1 \g /dev/null
SET ROLE regress_statements_other;
SELECT name FROM items WHERE id = 1 \g /dev/null
SELECT name FROM items WHERE id = 2 \g /dev/null
RESET ROLE;
SELECT usename = current_user AS mine, calls FROM query_audit.statements
WHERE datname = current_database() AND query = 'SELECT name FROM items WHERE id = $1' ORDER BY calls;
DROP OWNED BY regress_statements_other;
DROP ROLE regress_statements_other;

-- The statement of a role that is gone stays, without its name.
SELECT usename IS NULL AS role_gone, calls FROM query_audit.statements
WHERE datname = current_database() AND query = 'SELECT name FROM items WHERE id = $1' ORDER BY calls;

-- What is too long to parse has its literals hidden all the same.
SELECT query_audit.reset();
SET pg_query_audit.max_parse_size = '1kB';
SELECT format('SELECT id AS unparsed FROM items WHERE name IN (%s)', string_agg(quote_literal('secret ' || i), ', '))
    AS long FROM generate_series(1, 200) AS i \gset
:long \g /dev/null
SELECT calls, rows, query ~ '^SELECT id AS unparsed FROM items WHERE name IN' AS known, query ~ 'secret' AS shown
FROM query_audit.statements WHERE datname = current_database() AND query LIKE '%unparsed FROM%';
