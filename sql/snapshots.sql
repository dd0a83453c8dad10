-- What findings said at a time, and what is new, worse, better or gone since.
CREATE EXTENSION pg_query_audit;
CREATE TABLE item (id integer PRIMARY KEY, label text);
CREATE TABLE basket (id integer PRIMARY KEY, label text);
INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 1000) AS i;
INSERT INTO basket SELECT * FROM item;
ANALYZE item, basket;
CREATE FUNCTION look_up(relation regclass, repeats integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. repeats LOOP EXECUTE format('SELECT label FROM %s WHERE id = $1', relation) USING i; END LOOP;
END $$;
\set SHOW_CONTEXT never
\set changes 'SELECT change, reasons, relation, severity_before, severity_after, occurrences_before, occurrences_after, mean_calls_before, mean_calls_after FROM query_audit.compare'

-- The first: two loops.
SELECT query_audit.reset();
SELECT look_up('item', 60), look_up('basket', 60);
SELECT query_audit.snapshot('first');
SELECT label, taken_at <= clock_timestamp() AS taken, since <= taken_at AS counted, findings FROM query_audit.snapshots;
SELECT label, rule, relation, calls FROM query_audit.snapshot_findings ORDER BY relation;
-- Nothing came after it: both are gone, for what is known.
:changes('first', time_tolerance => 1000) ORDER BY relation;
-- The same again is no change, though all numbers are twice what they were.
SELECT look_up('item', 60), look_up('basket', 60);
SELECT relation, occurrences, calls FROM query_audit.findings ORDER BY relation;
:changes('first', time_tolerance => 1000) ORDER BY relation;
-- One is worse, the other better; within the tolerance it is neither.
SELECT query_audit.snapshot('second');
SELECT look_up('item', 120), look_up('basket', 52);
:changes('second', time_tolerance => 1000) ORDER BY relation;
:changes('second', tolerance => 0.1, time_tolerance => 1000) ORDER BY relation;
:changes('second', tolerance => 1, time_tolerance => 1000) ORDER BY relation;
-- Between two snapshots, and to one of the time before.
SELECT query_audit.snapshot('third');
SELECT look_up('basket', 60);
:changes('second', 'third', time_tolerance => 1000) ORDER BY relation;
:changes('third', time_tolerance => 1000) ORDER BY relation;
:changes('first', 'third', time_tolerance => 1000) ORDER BY relation;
:changes('third', 'third', time_tolerance => 1000) ORDER BY relation;

-- How grave and how slow it is counts too.
BEGIN;
UPDATE query_audit._snapshot_findings SET severity = 'info', total_exec_time = 0 WHERE label = 'second' AND relation = 'public.item';
UPDATE query_audit._snapshot_findings SET severity = 'critical', total_exec_time = 60000 WHERE label = 'second' AND relation = 'public.basket';
UPDATE query_audit._snapshot_findings SET total_exec_time = 90000 WHERE label = 'third' AND relation = 'public.item';
UPDATE query_audit._snapshot_findings SET total_exec_time = 60010 WHERE label = 'third' AND relation = 'public.basket';
SELECT change, reasons, relation, severity_before, severity_after, mean_exec_time_before, mean_exec_time_after
FROM query_audit.compare('second', 'third') ORDER BY relation;
ROLLBACK;

-- After a reset() the numbers begin anew, as in another run of a test.
SELECT query_audit.reset();
SELECT look_up('item', 1000);
CREATE TABLE added AS TABLE item;
CREATE UNIQUE INDEX ON added (id);
SELECT look_up('added', 60);
:changes('third', time_tolerance => 1000) ORDER BY relation;
SELECT query_audit.snapshot('after reset');
:changes('third', 'after reset', time_tolerance => 1000) ORDER BY relation;
:changes('after reset', 'third', time_tolerance => 1000) ORDER BY relation;

-- What is ignored now is no change.
SELECT query_audit.ignore(finding_id, 'by design') FROM query_audit.findings WHERE relation IN ('public.item', 'public.added');
:changes('third', time_tolerance => 1000) ORDER BY relation;
SELECT count(*) FROM query_audit.snapshot_findings WHERE relation = 'public.item';
SELECT query_audit.unignore(finding_id) FROM query_audit.ignored_findings;

-- Bad input says what there is, and changes nothing.
:changes('fourth', time_tolerance => 1000) ORDER BY relation;
:changes(NULL, time_tolerance => 1000) ORDER BY relation;
:changes('first', 'fourth', time_tolerance => 1000) ORDER BY relation;
:changes('third', 'second', time_tolerance => 1000) ORDER BY relation;
:changes('first', tolerance => -0.1, time_tolerance => 1000) ORDER BY relation;
:changes('first', time_tolerance => 'NaN') ORDER BY relation;
:changes('first', tolerance => NULL, time_tolerance => 1000) ORDER BY relation;
SELECT query_audit.snapshot('first');
SELECT query_audit.snapshot('');
SELECT query_audit.snapshot(NULL);
SELECT query_audit.drop_snapshot('fourth');
SELECT label, findings FROM query_audit.snapshots ORDER BY taken_at;

-- A role sees its own, and others' not at all.
CREATE ROLE regress_snapshot_reader;
CREATE ROLE regress_snapshot_stats IN ROLE pg_read_all_stats;
GRANT SELECT ON item TO regress_snapshot_reader;
SET ROLE regress_snapshot_reader;
SELECT look_up('item', 60);
SELECT query_audit.snapshot('mine');
RESET ROLE;
SELECT query_audit.snapshot('of two roles');
SET ROLE regress_snapshot_reader;
SELECT look_up('item', 120);
SELECT usename, relation FROM query_audit.snapshot_findings;
SELECT change, reasons, usename, relation FROM query_audit.compare('of two roles', time_tolerance => 1000);
SELECT change, usename, relation FROM query_audit.compare('first');
SELECT query_audit.drop_snapshot('first');
SELECT * FROM query_audit._snapshot_findings;
SELECT * FROM query_audit._snapshots;
RESET ROLE;
SET ROLE regress_snapshot_stats;
SELECT count(DISTINCT usename) FROM query_audit.snapshot_findings WHERE label = 'of two roles';
RESET ROLE;

SELECT query_audit.drop_snapshot(label) FROM query_audit.snapshots WHERE label <> 'first';
SELECT label, findings FROM query_audit.snapshots;
SELECT label, count(*) FROM query_audit._snapshot_findings GROUP BY label;
-- None of this is traffic.
SELECT query FROM query_audit.statements WHERE query ILIKE 'INSERT INTO query_audit%' OR query ILIKE 'DELETE FROM %snapshot%';
SELECT faults, drops FROM query_audit.status;
DROP EXTENSION pg_query_audit;
DROP OWNED BY regress_snapshot_reader;
DROP ROLE regress_snapshot_reader, regress_snapshot_stats;
