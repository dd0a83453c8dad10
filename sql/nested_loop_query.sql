-- nested_loop_query: a statement that ran again and again inside one statement of the client's.
CREATE EXTENSION pg_query_audit;
CREATE TABLE items (id integer PRIMARY KEY, label text, price integer);
INSERT INTO items SELECT i, 'label ' || i, i FROM generate_series(1, 200) AS i;
CREATE TABLE parts (id integer PRIMARY KEY, item_id integer REFERENCES items ON DELETE CASCADE ON UPDATE CASCADE
                                                     DEFERRABLE);
CREATE TABLE orders (id integer, item_id integer);
CREATE TABLE journal (entry integer);
CREATE TABLE totals (orders bigint);
INSERT INTO totals VALUES (0);
ANALYZE;
\set found 'SELECT severity, confidence, occurrences, calls, rows, relation, query, parent_query, evidence ->> ''trigger_depth'' AS trigger_depth, CASE WHEN (evidence ->> ''distinct_parameters'')::integer > 1 THEN ''many'' ELSE evidence ->> ''distinct_parameters'' END AS parameters FROM query_audit.findings WHERE rule = ''nested_loop_query'' AND datname = current_database() AND usename = current_user AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'
\set any 'SELECT rule, calls, query FROM query_audit.findings WHERE datname = current_database() AND application_name = current_setting(''application_name'')'

CREATE FUNCTION labels(n integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
    FOR i IN 1..n LOOP
        SELECT label INTO found FROM items WHERE id = i;
    END LOOP;
    RETURN n;
END $$;
CREATE FUNCTION label_of(wanted integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT label FROM items WHERE id = wanted);
END $$;
CREATE FUNCTION price_of(wanted integer) RETURNS integer LANGUAGE sql VOLATILE AS
    'SELECT price FROM items WHERE id = wanted';

-- To be flagged.

SET application_name = 'a loop in PL/pgSQL';
SELECT labels(60) \g /dev/null
:found;
SELECT labels(70) \g /dev/null
:found;
SELECT evidence, advice, fix_sql IS NULL AS no_fix_sql,
       saved_time BETWEEN 0 AND total_exec_time AND total_exec_time <= wall_time AS times_fit
FROM query_audit.findings
WHERE rule = 'nested_loop_query' AND datname = current_database() AND application_name = 'a loop in PL/pgSQL';

SET application_name = 'fifty is the boundary';
SELECT labels(50) \g /dev/null
:found;

SET application_name = 'a function for each row';
SELECT id, label_of(id) FROM items ORDER BY id LIMIT 80 \g /dev/null
:found;

SET application_name = 'an SQL function for each row';
SELECT id, price_of(id) FROM items WHERE id <= 90 \g /dev/null
:found;

SET application_name = 'a function in a function';
CREATE FUNCTION all_labels(n integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        PERFORM label_of(i);
    END LOOP;
    RETURN n;
END $$;
SELECT all_labels(55) \g /dev/null
:found;

SET application_name = 'several levels together';
SELECT labels(30) FROM items WHERE id <= 2 \g /dev/null
:found;

SET application_name = 'recursion';
CREATE FUNCTION countdown(n integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    IF n = 0 THEN RETURN 0; END IF;
    PERFORM 1 FROM items WHERE id = n;
    RETURN countdown(n - 1);
END $$;
SELECT countdown(50) \g /dev/null
:found;

SET application_name = 'one statement in a loop, the same parameters';
CREATE FUNCTION first_label(n integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        PERFORM label FROM items WHERE id = 1;
    END LOOP;
    RETURN n;
END $$;
SELECT first_label(60) \g /dev/null
:found;

SET application_name = 'statements made in the loop';
CREATE FUNCTION dynamic(n integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        EXECUTE 'UPDATE items SET price = price + 1 WHERE id = ' || i;
    END LOOP;
    RETURN n;
END $$;
SELECT dynamic(60) \g /dev/null
:found;

SET application_name = 'a trigger for each row';
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO journal VALUES (NEW.id);
    UPDATE totals SET orders = orders + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note();
INSERT INTO orders SELECT i, i FROM generate_series(1, 100) AS i;
:found;
SELECT advice FROM query_audit.findings
WHERE rule = 'nested_loop_query' AND datname = current_database() AND query ~ 'INSERT' AND application_name = 'a trigger for each row';
DROP TRIGGER note ON orders;

SET application_name = 'a trigger that waits for COMMIT';
CREATE CONSTRAINT TRIGGER note AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
BEGIN;
INSERT INTO orders SELECT i, i FROM generate_series(1, 30) AS i;
INSERT INTO orders SELECT i, i FROM generate_series(31, 60) AS i;
COMMIT;
:found;
DROP TRIGGER note ON orders;

SET application_name = 'a trigger before a cascade';
CREATE FUNCTION check_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM label FROM items WHERE id = OLD.id;
    RETURN OLD;
END $$;
CREATE TRIGGER check_item BEFORE DELETE ON parts FOR EACH ROW EXECUTE FUNCTION check_item();
INSERT INTO parts SELECT i, 200 FROM generate_series(1, 60) AS i;
DELETE FROM items WHERE id = 200;
:found;
DROP TRIGGER check_item ON parts;

SET application_name = 'a DO block';
DO $$
BEGIN
    FOR i IN 1..60 LOOP
        UPDATE items SET price = 0 WHERE id = i;
    END LOOP;
END $$;
:found;

SET application_name = 'a procedure that commits';
CREATE PROCEDURE committing(n integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        UPDATE items SET price = 1 WHERE id = i;
        COMMIT;
    END LOOP;
END $$;
CALL committing(60);
:found;

SET application_name = 'errors that are caught';
CREATE FUNCTION survive(n integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        BEGIN
            INSERT INTO items VALUES (i);
        EXCEPTION WHEN unique_violation THEN NULL;
        END;
    END LOOP;
    RETURN n;
END $$;
SELECT survive(60) \g /dev/null
:found;

SET application_name = 'an error that is not';
SELECT 1 / (labels(60) - 60);
:found;

SET application_name = 'a cursor';
BEGIN;
DECLARE all_items CURSOR FOR SELECT label_of(id) FROM items;
FETCH 60 FROM all_items \g /dev/null
COMMIT;
:found;

SET application_name = 'the rights of another role';
CREATE ROLE regress_owner;
GRANT SELECT ON items TO regress_owner;
CREATE FUNCTION owners_labels(n integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    FOR i IN 1..n LOOP
        PERFORM label FROM items WHERE id = i;
    END LOOP;
    RETURN n;
END $$;
ALTER FUNCTION owners_labels OWNER TO regress_owner;
SELECT owners_labels(60) \g /dev/null
SELECT usename, calls, query, parent_query FROM query_audit.findings
WHERE datname = current_database() AND application_name = 'the rights of another role';
SET ROLE regress_owner;
SELECT usename, calls, query, parent_query FROM query_audit.findings
WHERE datname = current_database() AND rule = 'nested_loop_query' AND usename = current_user;
RESET ROLE;

-- To be left alone.

SET application_name = 'forty-nine';
SELECT labels(49) \g /dev/null
:any;

SET application_name = 'a loop of the client''s';
BEGIN;
SELECT labels(40), 1 \g /dev/null
SELECT labels(40), 2 \g /dev/null
SELECT labels(40), 3 \g /dev/null
COMMIT;
:any;
DO $$ BEGIN PERFORM labels(30); END $$ \; DO $$ BEGIN PERFORM labels(30); END $$;
:any;
SELECT labels(30) \; SELECT labels(30) \g /dev/null
:any;

SET application_name = 'foreign keys';
INSERT INTO parts SELECT i, i FROM generate_series(1, 150) AS i;
UPDATE items SET id = id + 1000 WHERE id <= 100;
DELETE FROM items WHERE id > 1000;
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO parts SELECT i + 1000, i FROM generate_series(101, 190) AS i;
COMMIT;
:any;

SET application_name = 'statements without a table';
CREATE FUNCTION sums(n integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE sum integer := 0;
BEGIN
    FOR i IN 1..n LOOP
        sum := sum + i;
        PERFORM 1 + 1;
        EXECUTE 'SELECT 1 + ' || i;
        PERFORM upper('x') FROM generate_series(1, 2);
    END LOOP;
    RETURN sum;
END $$;
SELECT sums(100) \g /dev/null
:any;

SET application_name = 'catalogs';
CREATE FUNCTION names(n integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        PERFORM relname FROM pg_class WHERE oid = i;
    END LOOP;
    RETURN n;
END $$;
SELECT names(100) \g /dev/null
:any;

SET application_name = 'one statement for all';
CREATE FUNCTION all_at_once(n integer) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT count(label) FROM items WHERE id <= n);
END $$;
SELECT all_at_once(100) \g /dev/null
CREATE FUNCTION note_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO journal SELECT id FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER note_all AFTER INSERT ON orders REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_all();
INSERT INTO orders SELECT i, i FROM generate_series(1, 100) AS i;
CREATE FUNCTION inlined(wanted integer) RETURNS SETOF text LANGUAGE sql STABLE AS
    'SELECT label FROM items WHERE id = wanted';
SELECT count(*) FROM orders, inlined(orders.item_id) \g /dev/null
:any;

SET application_name = 'maintenance';
CREATE FUNCTION indexed(wanted integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN (SELECT count(*) FROM public.totals WHERE orders = wanted);
END $$;
CREATE INDEX ON items (indexed(price));
CREATE TABLE copied AS SELECT id, label_of(id) FROM items;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT labels(60) \g /dev/null
COPY (SELECT label_of(id) FROM items) TO '/dev/null';
:any;

SET application_name = 'switched off';
SET pg_query_audit.disabled_rules = 'nested_loop_query';
SELECT labels(60) \g /dev/null
:any;
RESET pg_query_audit.disabled_rules;

DROP OWNED BY regress_owner;
DROP ROLE regress_owner;
