-- idle_in_transaction: a transaction that waits for its client. Each case has an application_name of its own.
CREATE EXTENSION pg_query_audit;
CREATE TABLE orders (id integer PRIMARY KEY, state text);
INSERT INTO orders SELECT i, 'new' FROM generate_series(1, 100) AS i;
SHOW pg_query_audit.idle_in_transaction_min_duration;
SET pg_query_audit.idle_in_transaction_min_duration = '200ms';
\set found 'SELECT severity, confidence, occurrences, calls, evidence ->> ''mark'' AS mark, (evidence ->> ''idle_ms'')::integer BETWEEN 200 AND 5000 AS idle, evidence ->> ''still_open'' AS still_open, fingerprint, query FROM query_audit.findings WHERE rule = ''idle_in_transaction'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'

-- To be flagged.

SET application_name = 'one pause';
BEGIN;
SELECT state FROM orders WHERE id = 1 \g /dev/null
UPDATE orders SET state = 'paid' WHERE id = 1;
\! sleep 0.3
SELECT state FROM orders WHERE id = 2 \g /dev/null
COMMIT;
:found;
SELECT regexp_replace(advice, '[0-9]+', 'N', 'g') AS advice FROM query_audit.findings
WHERE rule = 'idle_in_transaction' AND application_name = 'one pause';

SET application_name = 'several pauses that add up';
BEGIN;
SELECT state FROM orders WHERE id = 1 \g /dev/null
\! sleep 0.12
SELECT state FROM orders WHERE id = 2 \g /dev/null
\! sleep 0.12
ROLLBACK;
:found;

SET application_name = 'a pause before COMMIT, twice';
BEGIN;
SELECT state FROM orders WHERE id = 3 \g /dev/null
\! sleep 0.25
COMMIT;
BEGIN;
SELECT state FROM orders WHERE id = 4 \g /dev/null
\! sleep 0.25
COMMIT;
:found;

SET application_name = 'with a trace';
BEGIN;
SELECT state FROM orders WHERE id = 5 /*traceparent='00-00000000000000000000000000000042-0000000000000001-01',route='%2Forders'*/ \g /dev/null
\! sleep 0.25
COMMIT;
:found;
SELECT tags ->> 'route' AS route FROM query_audit.findings
WHERE rule = 'idle_in_transaction' AND application_name = 'with a trace';

-- With no statement that is looked at, it is the role's and the application's of now, not of the session's last statement.
CREATE ROLE regress_copier;
GRANT INSERT ON orders TO regress_copier;
SET application_name = 'a COPY alone';
SET ROLE regress_copier;
BEGIN;
COPY orders FROM STDIN;
101	new
\.
\! sleep 0.25
COMMIT;
RESET ROLE;
SELECT usename, calls, query FROM query_audit.findings WHERE rule = 'idle_in_transaction' AND application_name = 'a COPY alone';
REVOKE ALL ON orders FROM regress_copier;
DROP ROLE regress_copier;

-- To be left alone: none of these shows a row.

SET application_name = 'a statement that takes long';
BEGIN;
SELECT state, pg_sleep(0.25) FROM orders WHERE id = 1 \g /dev/null
SELECT pg_sleep(0.25) \g /dev/null
COMMIT;
:found;

SET application_name = 'a pause outside of transactions';
BEGIN;
SELECT state FROM orders WHERE id = 1 \g /dev/null
COMMIT;
\! sleep 0.3
BEGIN;
SELECT state FROM orders WHERE id = 2 \g /dev/null
COMMIT;
SELECT state FROM orders WHERE id = 2 \g /dev/null
\! sleep 0.3
SELECT state FROM orders WHERE id = 3 \g /dev/null
:found;
