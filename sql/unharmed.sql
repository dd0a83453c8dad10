-- What the audit asks of the catalogs when a statement has ended may fail; the statement does not.
CREATE EXTENSION pg_query_audit;
CREATE TABLE items AS SELECT i AS id, 'label ' || i AS label FROM generate_series(1, 20000) AS i;
SELECT query_audit.reset();

-- An index on a function that calls another by the search_path. The server asks once what that means, and keeps it.
CREATE SCHEMA helpers;
SET search_path = helpers, public;
CREATE FUNCTION upper_of(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)';
CREATE FUNCTION key_of(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT helpers.upper_of($1)';
CREATE INDEX ON items (key_of(label)); -- from 17 on in a search_path of its own
ANALYZE items;
CREATE OR REPLACE FUNCTION key_of(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper_of($1)';
SELECT id FROM items WHERE label = 'label 9';
SET search_path = public;
SELECT id FROM items WHERE lower(label) = 'label 9';
SELECT upper(label) AS name FROM items WHERE upper(label) || '' = 'LABEL 9';
RESET search_path;
SELECT calls, errors, query FROM query_audit.statements WHERE query LIKE '%FROM items WHERE%' ORDER BY query COLLATE "C";
SELECT faults FROM query_audit.status;

-- A function that is dropped while its statement runs, which does not look it up again.
CREATE FUNCTION helped(integer) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'int4abs';
CREATE FUNCTION drops_helped(integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF $1 = 19999 THEN
        DROP FUNCTION helped;
    END IF;
    RETURN true;
END $$;
SELECT id FROM items WHERE helped(id) >= 19999 AND drops_helped(id);
SELECT calls, errors, rows, query FROM query_audit.statements WHERE query LIKE '%helped%' ORDER BY query COLLATE "C";
SELECT faults FROM query_audit.status;

-- In a transaction that goes on, many times over: nothing is left open or locked.
BEGIN;
SAVEPOINT before;
\set again 'CREATE FUNCTION helped(integer) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS \'int4abs\'; SELECT count(*) FROM items WHERE helped(id) >= 19999 AND drops_helped(id)'
:again;
:again;
:again;
ROLLBACK TO before;
SELECT count(*) FROM items WHERE label = 'label 8';
COMMIT;
SELECT faults FROM query_audit.status;
SELECT id FROM items WHERE label = 'label 7';
SELECT relation, filter FROM query_audit.table_scans WHERE query LIKE 'SELECT id%' ORDER BY query COLLATE "C";
