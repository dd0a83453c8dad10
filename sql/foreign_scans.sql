-- Foreign tables: what is read there is counted there, and no index is advised for what has none.
CREATE EXTENSION pg_query_audit;
CREATE EXTENSION postgres_fdw;
SET max_parallel_workers_per_gather = 0;
SET pg_query_audit.disabled_rules = 'unbounded_result, slow_query, temp_spill, wide_result, stale_statistics';
CREATE SCHEMA here;
CREATE SCHEMA there;
CREATE TABLE there.parcels (id integer, depot integer, code text, sent date);
INSERT INTO there.parcels SELECT i, i % 500, 'code ' || i, DATE '2020-01-01' + i % 700 FROM generate_series(1, 20000) AS i;
CREATE TABLE here.depots (id integer PRIMARY KEY, name text);
INSERT INTO here.depots SELECT i, 'depot ' || i FROM generate_series(1, 500) AS i;
VACUUM ANALYZE there.parcels, here.depots;
DO $$
BEGIN
    EXECUTE format('CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
                   split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database());
    EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER other OPTIONS (user %L)', current_user);
END $$;
IMPORT FOREIGN SCHEMA there FROM SERVER other INTO here;
CREATE FUNCTION here.is_wanted(code text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN code = 'code 7'; END $$;
CREATE TABLE here.logs (id integer, day integer, note text) PARTITION BY RANGE (day);
CREATE TABLE here.logs_1 PARTITION OF here.logs FOR VALUES FROM (0) TO (10);
CREATE TABLE there.logs_2 (id integer, day integer, note text);
CREATE FOREIGN TABLE here.logs_2 PARTITION OF here.logs FOR VALUES FROM (10) TO (20) SERVER other OPTIONS (schema_name 'there', table_name 'logs_2');
INSERT INTO here.logs SELECT i, i % 20, 'note ' || i FROM generate_series(1, 40000) AS i;
ANALYZE here.logs, there.logs_2;
\set found 'SELECT application_name, rule, relation, evidence ->> ''rows_read'' AS rows_read, split_part(fix_sql, E'';\\n'', 1) AS fix_sql FROM query_audit.findings WHERE datname = current_database() ORDER BY application_name, rule, relation COLLATE "C"'
\set show 'SELECT relation, definition FROM query_audit.index_candidates ORDER BY definition COLLATE "C"'

-- A condition that is sent there is the other session's to answer; one that is not fetches all rows, which no index spares.
SELECT query_audit.reset();
SET application_name = 'here';
SELECT id FROM here.parcels WHERE code = 'code 7' \g /dev/null
:found;
:show;
SELECT query_audit.reset();
SELECT id FROM here.parcels WHERE here.is_wanted(code) \g /dev/null
SELECT p.id FROM here.parcels AS p JOIN here.depots AS d ON d.id = p.depot WHERE d.name = 'depot 7' ORDER BY p.code LIMIT 3 \g /dev/null
SELECT id FROM here.parcels ORDER BY here.is_wanted(code), sent LIMIT 3 \g /dev/null
:found;
:show;

-- A partition of another server: an index of the local ones, each by itself.
SELECT query_audit.reset();
SELECT id FROM here.logs WHERE note = 'note 7' \g /dev/null
SELECT rule, relation, evidence ->> 'rows_read' AS rows_read, evidence ->> 'partitions' AS partitions, fix_sql FROM query_audit.findings
WHERE datname = current_database() ORDER BY relation COLLATE "C";
:show;
SELECT definition FROM query_audit.index_candidates ORDER BY definition COLLATE "C" \gexec
EXPLAIN (COSTS OFF) SELECT id FROM here.logs WHERE note = 'note 7';
SELECT count(*) AS served FROM query_audit.index_candidates;

-- What is changed there is changed.
UPDATE here.parcels SET sent = sent + 1 WHERE id = 7;
DELETE FROM here.parcels WHERE here.is_wanted(code);
SELECT count(*), max(sent) FROM there.parcels;
SELECT faults FROM query_audit.status;
