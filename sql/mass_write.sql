-- mass_write: one UPDATE or DELETE of very many rows. Each case has an application_name of its own.
CREATE EXTENSION pg_query_audit;
CREATE TABLE items (id integer PRIMARY KEY, state text, price numeric);
INSERT INTO items SELECT i, 'new', i FROM generate_series(1, 20000) AS i;
CREATE TABLE sales (shop integer, day date, amount integer, PRIMARY KEY (shop, day));
INSERT INTO sales SELECT i % 100, DATE '2000-01-01' + i / 100, i FROM generate_series(0, 14999) AS i;
CREATE TABLE keyless AS SELECT generate_series(1, 12000) AS id;
ANALYZE;
\set found 'SELECT severity, confidence, calls, rows, evidence - ''reasons'' - ''growth'' - ''ms_at_10x'' - ''ms_at_100x'' AS evidence, query FROM query_audit.findings WHERE rule = ''mass_write'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'
\set fix 'SELECT fix_sql FROM query_audit.findings WHERE rule = ''mass_write'' AND datname = current_database() AND application_name = current_setting(''application_name'')'

-- To be flagged.

SET application_name = 'an update with a filter';
UPDATE items SET state = 'old' WHERE id <= 15000 AND state = 'new';
:found;
:fix;
SELECT evidence ->> 'growth' AS growth, advice FROM query_audit.findings
WHERE rule = 'mass_write' AND application_name = 'an update with a filter';

SET application_name = 'an update of all';
UPDATE items SET price = price * 1.1;
:found;
:fix;

SET application_name = 'a key of two columns';
DELETE FROM sales AS s WHERE s.amount < 12000;
:found;
:fix;

SET application_name = 'no key';
DELETE FROM keyless WHERE id > 1000;
:found;
SELECT fix_sql IS NULL AS none, advice ~ 'no primary key' AS says_why FROM query_audit.findings
WHERE rule = 'mass_write' AND application_name = 'no key';

SET application_name = 'inside of a function';
CREATE FUNCTION forget() RETURNS void LANGUAGE plpgsql AS $$ BEGIN UPDATE items SET state = 'gone'; END $$;
SELECT forget();
:found;

SET application_name = 'a foreign key that cascades';
CREATE TABLE owners (id integer PRIMARY KEY);
INSERT INTO owners VALUES (1);
CREATE TABLE owned (id integer PRIMARY KEY, owner_id integer REFERENCES owners ON DELETE CASCADE);
INSERT INTO owned SELECT i, 1 FROM generate_series(1, 11000) AS i;
DELETE FROM owners WHERE id = 1;
:found;

-- The remedy does the same, batch after batch.
SET application_name = 'remedies';
CREATE TABLE one (id integer PRIMARY KEY, n integer);
INSERT INTO one SELECT i, i FROM generate_series(1, 12000) AS i;
CREATE TABLE other AS SELECT * FROM one;
UPDATE one SET n = n + 1 WHERE n % 7 <> 0;
SELECT split_part(fix_sql, E'\n', 1) AS fix FROM query_audit.findings
WHERE rule = 'mass_write' AND application_name = 'remedies' \gset
SELECT :'fix' AS fix;
UPDATE one SET n = id;
PREPARE batch AS :fix;
CREATE TABLE batches (rows bigint);
CREATE FUNCTION run_batches() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last integer := 0;
    batch bigint;
    batches bigint := 0;
BEGIN
    LOOP
        EXECUTE format('EXECUTE batch(1, 7, 0, %s)', last) INTO last;
        EXIT WHEN last IS NULL;
        batches := batches + 1;
        SELECT max(id) INTO last FROM one WHERE n = id + 1;
    END LOOP;
    RETURN batches;
END $$;
SELECT run_batches();
UPDATE other SET n = n + 1 WHERE n % 7 <> 0;
SELECT count(*) AS differences FROM (TABLE one EXCEPT TABLE other) AS d;

-- To be left alone: none of these shows a row.

SET application_name = 'fewer rows';
UPDATE items SET state = 'x' WHERE id < 10000;
DELETE FROM items WHERE id < 10000;
:found;

SET application_name = 'no update or delete';
INSERT INTO items SELECT i, 'new', i FROM generate_series(1, 9999) AS i;
INSERT INTO keyless SELECT generate_series(1, 20000);
TRUNCATE keyless;
COPY (SELECT * FROM items) TO '/dev/null';
:found;

SET application_name = 'one that failed';
UPDATE items SET price = 1 / (id - 20000);
:found;
