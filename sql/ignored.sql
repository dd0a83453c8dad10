-- What somebody chose to live with: ignore(), unignore() and the views that follow from them.
CREATE EXTENSION pg_query_audit;
CREATE TABLE item (id integer PRIMARY KEY, label text);
CREATE TABLE basket (id integer PRIMARY KEY, label text);
INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 1000) AS i;
INSERT INTO basket SELECT * FROM item;
ANALYZE item, basket;
CREATE FUNCTION repeat_look_ups(relation regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. 60 LOOP EXECUTE format('SELECT label FROM %s WHERE id = $1', relation) USING i; END LOOP;
END $$;
\set SHOW_CONTEXT never
SELECT query_audit.reset();
SELECT repeat_look_ups('item'), repeat_look_ups('basket');
SELECT rule, relation, calls FROM query_audit.findings WHERE rule = 'nested_loop_query' ORDER BY relation;
SELECT finding_id AS item_id FROM query_audit.findings WHERE rule = 'nested_loop_query' AND relation = 'public.item' \gset
SELECT finding_id AS basket_id FROM query_audit.findings WHERE rule = 'nested_loop_query' AND relation = 'public.basket' \gset

-- What is ignored is in one view and not in the other, with who ignored it and why.
SELECT query_audit.ignore(:item_id, 'a migration that ran once');
SELECT rule, relation FROM query_audit.findings WHERE rule = 'nested_loop_query';
SELECT finding_id = :item_id AS same_id, rule, relation, calls, fix_sql IS NOT NULL OR advice IS NOT NULL AS has_remedy, reason,
       ignored_by = session_user AS by_me, ignored_at <= now() AS before_now, until
FROM query_audit.ignored_findings;
-- It stays so: what comes later is counted there, a reset() takes the finding and not the reason.
SELECT repeat_look_ups('item');
SELECT relation, calls FROM query_audit.ignored_findings;
SELECT query_audit.reset();
SELECT finding_id = :item_id AS same_id, rule, calls, reason FROM query_audit.ignored_findings;
SELECT repeat_look_ups('item'), repeat_look_ups('basket');
SELECT relation, calls FROM query_audit.findings WHERE rule = 'nested_loop_query';
SELECT relation, calls FROM query_audit.ignored_findings;
-- So does a table that is made anew: the id is of names.
ALTER TABLE item RENAME TO old_item;
CREATE TABLE item AS TABLE old_item;
SELECT query_audit.reset();
SELECT repeat_look_ups('item'), repeat_look_ups('basket');
SELECT relation FROM query_audit.findings WHERE rule = 'nested_loop_query';
SELECT relation FROM query_audit.ignored_findings;

-- Again, with another reason, and for a time.
SELECT query_audit.ignore(:item_id, 'until the next release', until => now() + interval '1 day');
SELECT reason, until > now() AS for_a_time FROM query_audit.ignored_findings;
-- Of a transaction that fails nothing stays.
BEGIN;
SELECT query_audit.ignore(:basket_id, 'rolled back');
SELECT count(*) FROM query_audit.ignored_findings;
ROLLBACK;
SELECT count(*) FROM query_audit.ignored_findings;

-- When the time has come it is a finding again; what expired is cleared away by the next ignore().
BEGIN;
SELECT query_audit.ignore(:item_id, 'for a moment', until => clock_timestamp() + interval '0.05 s');
SELECT count(*) FROM query_audit.ignored_findings;
COMMIT;
SELECT pg_sleep(0.1);
SELECT relation FROM query_audit.findings WHERE rule = 'nested_loop_query' ORDER BY relation;
SELECT count(*) FROM query_audit.ignored_findings;
SELECT query_audit.ignore(:basket_id, 'by design');
SELECT reason FROM query_audit._ignored;
SELECT query_audit.unignore(:basket_id);
SELECT relation FROM query_audit.findings WHERE rule = 'nested_loop_query' ORDER BY relation;

-- What was not seen yet, as of a list of a project's that is applied before its tests run.
SELECT query_audit.reset();
SELECT query_audit.ignore(:item_id, 'known', unseen => true);
SELECT repeat_look_ups('item'), repeat_look_ups('basket');
SELECT relation FROM query_audit.findings WHERE rule = 'nested_loop_query';
SELECT relation, reason FROM query_audit.ignored_findings;
SELECT query_audit.unignore(:item_id);

-- Bad input changes nothing.
SELECT query_audit.ignore(7, 'there is none');
SELECT query_audit.ignore(NULL, 'there is none');
SELECT query_audit.ignore(:item_id, NULL);
SELECT query_audit.ignore(:item_id, E' \n');
SELECT query_audit.ignore(:item_id, 'too late', until => '-infinity');
SELECT query_audit.unignore(7);
SELECT query_audit.unignore(NULL);
SELECT count(*) FROM query_audit.ignored_findings;
BEGIN READ ONLY;
SELECT query_audit.ignore(:item_id, 'not in a transaction that reads only');
ROLLBACK;

-- Others' findings: who may not see one is not told its id, nor whether it is ignored.
CREATE ROLE regress_ignored_reader;
SELECT query_audit.ignore(:item_id, 'a secret'), query_audit.ignore(7, 'another', unseen => true);
SET ROLE regress_ignored_reader;
SELECT count(*) FROM query_audit.ignored_findings;
SELECT finding_id, rule, query FROM query_audit.findings WHERE rule = 'nested_loop_query';
SELECT query_audit.ignore(1, 'mine', unseen => true);
SELECT * FROM query_audit._ignored;
SELECT * FROM query_audit._ignored_now;
RESET ROLE;
-- Who was granted it may, and is named.
GRANT EXECUTE ON FUNCTION query_audit.ignore, query_audit.unignore TO regress_ignored_reader;
SET SESSION AUTHORIZATION regress_ignored_reader;
SELECT query_audit.unignore(7);
SELECT query_audit.ignore(:basket_id, 'granted');
RESET SESSION AUTHORIZATION;
SELECT relation, reason, ignored_by = 'regress_ignored_reader' AS by_reader FROM query_audit.ignored_findings ORDER BY relation;

-- None of this is traffic: no statement of these functions is recorded.
SELECT query FROM query_audit.statements WHERE query ILIKE 'INSERT INTO query_audit%' OR query ILIKE 'DELETE FROM query_audit%';
SELECT faults, drops FROM query_audit.status;
DROP EXTENSION pg_query_audit;
DROP ROLE regress_ignored_reader;
