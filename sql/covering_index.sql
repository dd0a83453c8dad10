-- Index candidates that hold columns beside their keys, where that spares many visits to the table; and what index-only
-- scans throw away.
CREATE EXTENSION pg_query_audit;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE payments (id integer PRIMARY KEY, account integer, amount integer, kind smallint, note text, booked date, fee numeric);
INSERT INTO payments
SELECT i, i * 7919 % 40, i % 1000, i % 5, 'a note on payment ' || i || repeat('.', 80), DATE '2020-01-01' + i % 300, i % 7
FROM generate_series(1, 60000) AS i;
CREATE INDEX payments_note ON payments (kind, note);
VACUUM ANALYZE payments;
\set show 'SELECT definition, rows_saved > 0 AS saves, substring(reason FROM \'; (.*)\') AS reason FROM query_audit.index_candidates ORDER BY definition COLLATE "C"'
CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line ~ 'Scan' THEN
            RETURN regexp_replace(line, '^[ >-]*', '');
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- Few narrow columns of many rows.
SELECT query_audit.reset();
SELECT account, sum(amount) FROM payments WHERE account = 7 GROUP BY account \g /dev/null
:show;
SELECT definition AS create_index, drop_definition AS drop_index FROM query_audit.index_candidates \gset
:create_index
VACUUM payments;
SELECT plan_of('SELECT account, sum(amount) FROM payments WHERE account = 7 GROUP BY account');
SELECT count(*) AS served FROM query_audit.index_candidates;
:drop_index

-- Where an index without them is there, and is used.
CREATE INDEX payments_account ON payments (account);
SET enable_seqscan = off;
SELECT query_audit.reset();
SELECT sum(amount), max(fee) FROM payments WHERE account = 8 \g /dev/null
:show;
DROP INDEX payments_account;
RESET enable_seqscan;

-- Without: all columns, wide ones, few rows, locked or changed rows, rows of a LIMIT, and most of the table.
SELECT query_audit.reset();
\o /dev/null
SELECT * FROM payments WHERE account = 7;
SELECT note FROM payments WHERE account = 7;
SELECT amount FROM payments WHERE account = 7 AND booked = '2020-02-02';
SELECT amount FROM payments WHERE account = 7 FOR UPDATE;
SELECT amount FROM payments WHERE account = 7 ORDER BY amount, id LIMIT 5;
SELECT p FROM payments AS p WHERE account = 7;
SELECT ctid FROM payments WHERE account = 7;
SELECT sum(amount) FROM payments WHERE account < 30;
\o
:show;

-- Rows that change, whose pages are not all visible, or will not be for long.
SELECT query_audit.reset();
UPDATE payments SET fee = fee + 1 WHERE id % 19 = 0;
SELECT pg_stat_force_next_flush();
DO $$ BEGIN FOR i IN 1..5 LOOP PERFORM sum(amount) FROM payments WHERE account = i; END LOOP; END $$;
SELECT definition FROM query_audit.index_candidates;
VACUUM payments;
SELECT definition FROM query_audit.index_candidates;
SELECT pg_stat_reset();
SELECT definition FROM query_audit.index_candidates;

-- An index-only scan that throws most of what it reads away.
SELECT query_audit.reset();
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT kind FROM payments WHERE kind = 3 AND upper(note) = 'X' \g /dev/null
SELECT kind FROM payments WHERE kind IN (2, 3) AND note LIKE '%77%' \g /dev/null
SELECT filter FROM query_audit.table_scans ORDER BY filter COLLATE "C";
SELECT definition FROM query_audit.index_candidates ORDER BY definition COLLATE "C";
-- One that keeps what it reads is as it should be.
SELECT query_audit.reset();
SELECT kind FROM payments WHERE kind = 3 AND note > 'a' \g /dev/null
SELECT definition FROM query_audit.index_candidates;
