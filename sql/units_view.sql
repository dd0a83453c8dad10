-- The view units: what the units of work of one kind add up to, ended ones and live ones alike.
CREATE EXTENSION pg_query_audit;
CREATE TABLE carts (id integer PRIMARY KEY, owner text);
INSERT INTO carts SELECT i, 'owner ' || i FROM generate_series(1, 100) AS i;
ANALYZE carts;
SELECT query_audit.reset();

-- A route's: three requests with 1, 2 and 6 statements, of which the last is a loop.
\o /dev/null
SELECT owner FROM carts WHERE id = 1 /*route='%2Fcart',traceparent='00-00000000000000000000000000000001-0000000000000001-01'*/;
SELECT owner FROM carts WHERE id = 2 /*route='%2Fcart',traceparent='00-00000000000000000000000000000002-0000000000000001-01'*/;
SELECT count(*) FROM carts /*route='%2Fcart',traceparent='00-00000000000000000000000000000002-0000000000000002-01'*/;
SELECT owner FROM carts WHERE id = 1 /*route='%2Fcart',traceparent='00-00000000000000000000000000000003-0000000000000001-01'*/;
SELECT owner FROM carts WHERE id = 2 /*route='%2Fcart',traceparent='00-00000000000000000000000000000003-0000000000000002-01'*/;
SELECT owner FROM carts WHERE id = 3 /*route='%2Fcart',traceparent='00-00000000000000000000000000000003-0000000000000003-01'*/;
SELECT owner FROM carts WHERE id = 4 /*route='%2Fcart',traceparent='00-00000000000000000000000000000003-0000000000000004-01'*/;
SELECT owner FROM carts WHERE id = 5 /*route='%2Fcart',traceparent='00-00000000000000000000000000000003-0000000000000005-01'*/;
SELECT owner FROM carts WHERE id = 6 /*route='%2Fcart',traceparent='00-00000000000000000000000000000003-0000000000000006-01'*/;
\o
SELECT unit, named_by, units, statements, p50_statements, p95_statements, max_statements, findings
FROM query_audit.units WHERE named_by = 'route';

-- Controller and action, as Rails writes them; the parts of a request before its route is known are the same unit.
\o /dev/null
SELECT owner FROM carts WHERE id = 7 /*traceparent='00-00000000000000000000000000000004-0000000000000001-01'*/;
SELECT owner FROM carts WHERE id = 8 /*action:show,application:Shop,controller:carts,traceparent:00-00000000000000000000000000000004-0000000000000002-01*/;
\o
SELECT unit, named_by, units, statements FROM query_audit.units WHERE unit ~ '#';

-- A named unit's, the last of them still open. One that did nothing is none.
SELECT query_audit.begin_unit('checkout');
UPDATE carts SET owner = 'me' WHERE id = 1;
SELECT query_audit.end_unit();
SELECT query_audit.begin_unit('checkout');
SELECT owner FROM carts WHERE id = 1 \g /dev/null
UPDATE carts SET owner = 'me' WHERE id = 2;
UPDATE carts SET owner = 'you' WHERE id = 3;
SELECT query_audit.end_unit();
SELECT query_audit.begin_unit('checkout');
SELECT query_audit.end_unit();
SELECT unit, named_by, units, statements, p50_statements, max_statements, findings FROM query_audit.units WHERE named_by = 'unit';
SELECT query_audit.begin_unit('checkout');
SELECT owner FROM carts WHERE id = 4 \g /dev/null
SELECT unit, units, statements FROM query_audit.units WHERE named_by = 'unit';
SELECT query_audit.end_unit();
SELECT unit, units, statements FROM query_audit.units WHERE named_by = 'unit';

-- The application's: what has neither. One statement is a unit too.
SET application_name = 'units_view';
SELECT owner FROM carts WHERE id = 9 \g /dev/null
SET application_name = 'another';
SELECT owner FROM carts WHERE id = 9 \g /dev/null
SET application_name = 'units_view';
SELECT owner FROM carts WHERE id = 9 \g /dev/null
SELECT unit, units, statements, p50_statements, p95_statements, max_statements FROM query_audit.units
WHERE named_by = 'application' AND unit IN ('units_view', 'another') ORDER BY unit;

-- Times: of the client's pauses, too, which are not the server's.
SELECT query_audit.begin_unit('slow');
SELECT owner FROM carts WHERE id = 1 \g /dev/null
SELECT pg_sleep(0.05) \g /dev/null
SELECT owner FROM carts WHERE id = 2 \g /dev/null
SELECT query_audit.end_unit();
SELECT wall_time BETWEEN 50 AND 5000 AS pauses_count, total_exec_time < wall_time - 49 AS but_not_as_execution,
       p50_wall_time <= p95_wall_time AND p95_wall_time <= max_wall_time AS in_order, max_wall_time = wall_time AS of_one,
       last_seen - first_seen BETWEEN interval '50 ms' AND interval '5 s' AS seen
FROM query_audit.units WHERE unit = 'slow';

-- It is kept apart by database and role.
SELECT count(*) AS kinds, count(DISTINCT (datname, usename, named_by, unit)) AS different FROM query_audit.units \gset
SELECT :kinds = :different AS apart, datname = current_database() AS database, usename = current_user AS role
FROM query_audit.units WHERE unit = 'slow';

-- So many kinds are kept, and a reset forgets all.
SHOW pg_query_audit.max_units;
SELECT query_audit.reset();
SELECT count(*) FROM query_audit.units WHERE named_by <> 'application';
DROP TABLE carts;
DROP EXTENSION pg_query_audit;
