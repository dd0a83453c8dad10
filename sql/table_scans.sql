-- query_audit.table_scans: the scans that read many rows, by table and statement.
CREATE EXTENSION pg_query_audit;
CREATE TABLE people (id integer PRIMARY KEY, name text, city text, age integer, born date);
INSERT INTO people SELECT i, 'person ' || i, 'city ' || i % 100, i % 90, DATE '2000-01-01' + i % 1000
FROM generate_series(1, 12000) AS i;
CREATE TABLE small (id integer PRIMARY KEY, name text);
INSERT INTO small SELECT i, 'small ' || i FROM generate_series(1, 9000) AS i;
CREATE TABLE events (id integer, day integer, kind text) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (20);
CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM (20) TO (30);
INSERT INTO events SELECT i, i % 30, 'kind ' || i % 50 FROM generate_series(1, 15000) AS i;
ANALYZE people, small, events;
SELECT query_audit.reset();

\o /dev/null
SELECT name FROM people WHERE city = 'city 7';
SELECT name FROM people WHERE city = 'city 8';
SELECT name FROM people WHERE age = 7 AND born >= DATE '2001-01-01';
SELECT id FROM events WHERE kind = 'kind 7';
SELECT id FROM events WHERE kind = 'kind 8' AND day < 20;
SELECT count(*) FROM people WHERE city = 'city 9';
-- Scans by an index that throw most of it away, and scans for a sort.
SET enable_seqscan = off;
SELECT name FROM people WHERE id > 0 AND age = 7;
RESET enable_seqscan;
SELECT name FROM people ORDER BY born LIMIT 5;
-- Not here: small tables, scans without a filter, scans by an index, scans that stop early.
SELECT name FROM small WHERE name = 'small 7';
SELECT name FROM people;
SELECT name FROM people WHERE id = 7;
SELECT name FROM people WHERE city = 'city 1' LIMIT 1;
\o

SELECT relation, calls, scans, rows_read, rows_removed, partitions, filter, query FROM query_audit.table_scans
WHERE datname = current_database() ORDER BY relation, query COLLATE "C";
SELECT bool_and(usename = current_user) AS by_this_role, bool_and(total_exec_time > 0) AS took_time,
       bool_and(last_seen <= clock_timestamp()) AS not_in_the_future,
       bool_and(fingerprint = query_audit.fingerprint(query)) AS fingerprints_match
FROM query_audit.table_scans WHERE datname = current_database();

-- What each role read is a row of its own.
CREATE ROLE regress_table_scans_other;
GRANT SELECT ON people TO regress_table_scans_other;
SET ROLE regress_table_scans_other;
SELECT name FROM people WHERE city = 'city 7' \g /dev/null
RESET ROLE;
SELECT usename = current_user AS mine, calls, rows_read FROM query_audit.table_scans
WHERE datname = current_database() AND query = 'SELECT name FROM people WHERE city = $1' ORDER BY calls;
DROP OWNED BY regress_table_scans_other;
DROP ROLE regress_table_scans_other;

-- A table is named so that the name can be pasted, and by the name that it has at the last scan.
SELECT p.id FROM people AS p WHERE p.city = 'city 8' \g /dev/null
CREATE SCHEMA "Sales";
ALTER TABLE people SET SCHEMA "Sales";
ALTER TABLE "Sales".people RENAME TO "People";
\o /dev/null
SELECT id, name FROM "Sales"."People" WHERE city = 'city 7';
SELECT p.id FROM "Sales"."People" AS p WHERE p.city = 'city 9';
\o
SELECT relation, calls, rows_read, query FROM query_audit.table_scans
WHERE datname = current_database() AND usename = current_user AND relation LIKE '%People%' ORDER BY query COLLATE "C";

-- reset() forgets them.
SELECT query_audit.reset();
SELECT count(*) AS scans FROM query_audit.table_scans;
