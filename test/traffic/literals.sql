-- Statements with two marks as their values, in every notation and place: a string, and a number. Whoever sends them sets
-- the variables mark and number, and looks whether either is found where it must not be.
CREATE SCHEMA literals;
SET search_path = literals, public;
CREATE TABLE plenty (id integer PRIMARY KEY, name text, number bigint, price numeric, born date, bits bit(3), bytes bytea,
                     document jsonb, words text[]);
INSERT INTO plenty
SELECT i, 'name ' || i, i, i, DATE '2000-01-01' + i % 100, B'101', '\x00', '{}', ARRAY['a', 'b'] FROM generate_series(1, 12000) AS i;
ANALYZE plenty;
-- A unit of work keeps a dozen findings, so every few statements are in one of their own.
\o /dev/null

-- Strings, in every notation, each in a statement that reads the whole table, so that it becomes a finding.
SET application_name = 'literals 1';
SELECT id AS a FROM plenty WHERE name = :'mark';
SELECT id AS b FROM plenty WHERE name = E'\x41zqmarkzq\n';
SELECT id AS c FROM plenty WHERE name = $$zqmarkzq$$;
SELECT id AS d FROM plenty WHERE name = $tag$zqmarkzq$tag$;
SELECT id AS e FROM plenty WHERE name = U&'zqmarkzq\0041';
SELECT id AS f FROM plenty WHERE name = 'it''s zqmarkzq';
SELECT id AS g FROM plenty WHERE name = 'zqmark'
    'zq';
SELECT id AS h FROM plenty WHERE name = N'zqmarkzq';
SET application_name = 'literals 2';
SELECT id AS i FROM plenty WHERE name = '/* zqmarkzq';
SELECT id AS j FROM plenty WHERE name = 'zqmarkzq'::text;
SELECT id AS k FROM plenty WHERE name = CAST('zqmarkzq' AS varchar(20));
SELECT id AS l FROM plenty WHERE name = text 'zqmarkzq';
SELECT id AS m FROM plenty WHERE name LIKE 'zqmarkzq%';
SELECT id AS n FROM plenty WHERE name ILIKE '%zqmarkzq%' ESCAPE '!';
SELECT id AS o FROM plenty WHERE name ~ '^zqmarkzq';
SELECT id AS p FROM plenty WHERE name SIMILAR TO '%zqmarkzq%';
SET application_name = 'literals 3';
SELECT id AS q FROM plenty WHERE name IN ('zqmarkzq', 'zqmarkzq2', 'zqmarkzq3');
SELECT id AS r FROM plenty WHERE name = ANY ('{zqmarkzq,zqmarkzq2}');
SELECT id AS s FROM plenty WHERE name = ANY (ARRAY['zqmarkzq', 'b']);
SELECT id AS t FROM plenty WHERE words && ARRAY['zqmarkzq'];
SELECT id AS u FROM plenty WHERE document @> '{"key": "zqmarkzq"}';
SELECT id AS v FROM plenty WHERE document ->> 'key' = 'zqmarkzq';
SELECT id AS w FROM plenty WHERE document @? '$.a ? (@ == "zqmarkzq")';
SELECT id AS x FROM plenty WHERE lower(name) = lower('zqmarkzq');
SET application_name = 'literals 4';
SELECT id AS y FROM plenty WHERE concat(name, 'zqmarkzq') = 'zqmarkzq';
SELECT id AS z FROM plenty WHERE CASE WHEN name = 'zqmarkzq' THEN 1 ELSE 2 END = 1;
SELECT id AS aa FROM plenty WHERE (name, id) = ('zqmarkzq', 1);
SELECT id AS ab FROM plenty WHERE (name, id) < ('a zqmarkzq', 1);
SELECT id AS ac FROM plenty WHERE name BETWEEN 'zqmarkzq' AND 'zqmarkzr';
SELECT id AS ad FROM plenty WHERE coalesce(name, 'zqmarkzq') = 'zqmarkzq' OR name IS NOT DISTINCT FROM 'zqmarkzq';
SELECT id AS ae FROM plenty WHERE name = (SELECT 'zqmarkzq'::text);
SELECT id AS af FROM plenty WHERE bytes = '\x7a716d61726b7a71';
SET application_name = 'literals 5';
SELECT id AS ag FROM plenty WHERE name COLLATE "C" = 'zqmarkzq' COLLATE "C";
SELECT id AS ah FROM plenty WHERE name = xmlelement(name x, 'zqmarkzq')::text;

-- Numbers.
SELECT id AS na FROM plenty WHERE number = :number;
SELECT id AS nb FROM plenty WHERE number = -:number;
SELECT id AS nc FROM plenty WHERE price = :number.5;
SELECT id AS nd FROM plenty WHERE price > 1.:number;
SELECT id AS ne FROM plenty WHERE price > :number::numeric * 2;
SELECT id AS nf FROM plenty WHERE number IN (:number, 2, 3);
SET application_name = 'literals 6';
SELECT id AS ng FROM plenty WHERE number + :number = 2;
SELECT id AS nh FROM plenty WHERE born = DATE '2003-03-03' + :number % 7;
SELECT id AS ni FROM plenty WHERE number = 90817263 AND bits = B'110' AND bytes = X'90'::int::text::bytea;

-- Comments and tags.
SELECT id AS ca /* zqmarkzq 90817263 */ FROM plenty WHERE name = 'x' -- zqmarkzq 90817263
;
/* zqmarkzq */ SELECT id AS cb FROM plenty WHERE name = 'y' /* outer /* zqmarkzq */ 90817263 */;
SELECT id AS cc FROM plenty WHERE name = 'y' /*password='zqmarkzq',unknown='90817263'*/;

-- Parameters, prepared statements and cursors.
SET application_name = 'literals 7';
PREPARE by_name(text, bigint) AS SELECT id AS pa FROM plenty WHERE name = $1 AND number <> $2 AND name <> 'zqmarkzq';
EXECUTE by_name('zqmarkzq', 90817263);
BEGIN;
DECLARE named CURSOR FOR SELECT id AS pb FROM plenty WHERE name = 'zqmarkzq';
FETCH ALL FROM named;
COMMIT;

-- Utility statements that run a query, and bodies of functions.
SET application_name = 'literals 8';
CREATE TABLE copied AS SELECT id AS ua FROM plenty WHERE name = 'zqmarkzq';
COPY (SELECT id AS ub FROM plenty WHERE name = 'zqmarkzq') TO '/dev/null';
EXPLAIN (ANALYZE) SELECT id AS uc FROM plenty WHERE name = 'zqmarkzq';
CREATE MATERIALIZED VIEW materialized AS SELECT id AS ud FROM plenty WHERE name = 'zqmarkzq';
REFRESH MATERIALIZED VIEW materialized;
CREATE FUNCTION finds() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    x text := 'zqmarkzq' || (SELECT max(name) FROM plenty WHERE name < 'zqmarkzq');
BEGIN
    PERFORM id FROM plenty WHERE name = 'zqmarkzq' AND number = 90817263;
    EXECUTE 'SELECT id AS dynamic FROM plenty WHERE name = ''zqmarkzq''';
    IF EXISTS (SELECT FROM plenty WHERE name = 'zqmarkzq') THEN
        x := x || 'zqmarkzq';
    END IF;
    RETURN (SELECT count(*) FROM plenty WHERE name = x || 'zqmarkzq');
END $$;
SELECT finds();
DO $$ BEGIN PERFORM id AS in_do FROM plenty WHERE name = 'zqmarkzq'; END $$;
CREATE FUNCTION finds_too() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM plenty WHERE name = 'zqmarkzq' $$;
SELECT finds_too();

-- Writes.
SET application_name = 'literals 9';
INSERT INTO plenty (id, name, number) VALUES (-1, 'zqmarkzq', 90817263), (-2, 'zqmarkzq', 90817263);
UPDATE plenty SET name = 'zqmarkzq' WHERE name = 'zqmarkzq' AND number = 90817263;
MERGE INTO plenty AS p USING (VALUES (-1, 'zqmarkzq')) AS v(id, name) ON p.name = v.name WHEN MATCHED THEN UPDATE SET number = 90817263;
DELETE FROM plenty WHERE name = 'zqmarkzq' OR number = 90817263;

-- What fails, what is too long or too deep to parse, and what comes in one string.
SET application_name = 'literals 10';
\set ON_ERROR_STOP off
SELECT id AS fa FROM plenty WHERE number / (number - number) = 90817263 AND name <> 'zqmarkzq';
\set ON_ERROR_STOP on
SET pg_query_audit.max_parse_size = '1kB';
SELECT format('SELECT id AS unparsed FROM plenty WHERE name IN (%s) AND number <> %s AND name <> $x$zqmarkzq$x$ AND name <> E''\''zqmarkzq'' /* zqmarkzq */',
              string_agg(quote_literal('zqmarkzq' || i), ', '), '90817263') AS long
FROM generate_series(1, 200) AS i \gset
:long;
RESET pg_query_audit.max_parse_size;
SELECT 'SELECT id AS deep FROM plenty WHERE name = ' || repeat('(', 500) || '''zqmarkzq''' || repeat(')', 500) AS deep \gset
:deep;
SELECT 'zqmarkzq' AS first \; SELECT id AS second FROM plenty WHERE name = 'zqmarkzq' \; SELECT 90817263 AS third;

-- Sequences of statements: an N+1, a duplicate, a count and its page.
SET application_name = 'literals 11';
BEGIN;
SELECT id FROM plenty WHERE name LIKE 'name 1%' AND name <> 'zqmarkzq' AND id < 7;
SELECT number FROM plenty WHERE id = 1 AND name <> 'zqmarkzq1'; SELECT number FROM plenty WHERE id = 2 AND name <> 'zqmarkzq2';
SELECT number FROM plenty WHERE id = 3 AND name <> 'zqmarkzq3'; SELECT number FROM plenty WHERE id = 4 AND name <> 'zqmarkzq4';
SELECT number FROM plenty WHERE id = 5 AND name <> 'zqmarkzq5'; SELECT number FROM plenty WHERE id = 6 AND name <> 'zqmarkzq6';
SELECT price FROM plenty WHERE name = 'zqmarkzq'; SELECT price FROM plenty WHERE name = 'zqmarkzq';
SELECT price FROM plenty WHERE name = 'zqmarkzq'; SELECT price FROM plenty WHERE name = 'zqmarkzq';
SELECT price FROM plenty WHERE name = 'zqmarkzq';
SELECT count(*) FROM plenty WHERE name <> 'zqmarkzq';
SELECT id, name FROM plenty WHERE name <> 'zqmarkzq' ORDER BY id LIMIT 10;
COMMIT;
\o
