-- connection_churn and connection_pressure on one session, and the view connections; test/tap/connections.pl has many.
CREATE EXTENSION pg_query_audit;
SELECT query_audit.reset();
SELECT connections, live, peak, brief, statements > 0 AS some_statements, busy_time > 0 AS busy,
       idle_in_transaction_time, mean_lifetime > 0 AS lives, max_lifetime >= mean_lifetime AS longest, last_seen >= first_seen AS ordered
FROM query_audit.connections WHERE datname = current_database();
BEGIN;
SELECT FROM pg_class LIMIT 1 \g /dev/null
\! sleep 0.1
COMMIT;
SELECT idle_in_transaction_time >= 90 AS idle FROM query_audit.connections WHERE datname = current_database();

-- An application_name is that of the first statement, here before the reset or after the login.
SET application_name = 'another name';
SELECT count(*) FROM query_audit.connections WHERE application_name = 'another name';
\c -
SET application_name = 'another name';
SELECT connections, live FROM query_audit.connections WHERE application_name = 'another name';

-- A few connections are no churn, and this server has room.
\c -
\c -
SELECT rule FROM query_audit.findings WHERE rule LIKE 'connection%';
