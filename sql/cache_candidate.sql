-- cache_candidate: the same read in one unit of work after the other. Each case has an application_name of its own.
CREATE EXTENSION pg_query_audit;
CREATE TABLE settings (name text PRIMARY KEY, value text);
INSERT INTO settings SELECT 'name ' || i, 'value ' || i FROM generate_series(1, 100) AS i;
CREATE TABLE stock (id integer PRIMARY KEY, amount integer);
INSERT INTO stock SELECT i, i FROM generate_series(1, 100) AS i;
CREATE TABLE visits (at timestamptz);
ANALYZE;
\set found 'SELECT severity, confidence, calls, evidence ->> ''calls_with_one_value'' AS with_one_value, evidence ->> ''units'' AS units, evidence ->> ''writes'' AS writes, evidence ->> ''hit_percent'' AS hit_percent, query FROM query_audit.findings WHERE rule = ''cache_candidate'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'
-- A request: a named unit, which holds the read twice and a write besides.
CREATE FUNCTION requests(read text, n integer, write text DEFAULT 'INSERT INTO visits VALUES (now())') RETURNS SETOF text LANGUAGE sql AS $$
    SELECT unnest(ARRAY['SELECT query_audit.begin_unit(''request'')', format(read, i), format(read, i),
                        write, 'SELECT query_audit.end_unit()'])
    FROM generate_series(1, n) AS i
$$;

-- To be flagged.

SET application_name = 'a setting in each request';
\o /dev/null
\set ECHO none
SELECT requests('SELECT value FROM settings WHERE name = ''name 7''', 100) \gexec
\o
\set ECHO all
:found;
SELECT advice FROM query_audit.findings WHERE rule = 'cache_candidate' AND application_name = 'a setting in each request';

SET application_name = 'transactions';
\o /dev/null
\set ECHO none
SELECT unnest(ARRAY['BEGIN', 'SELECT value FROM settings WHERE name = ''name 8''', 'INSERT INTO visits VALUES (now())',
                    'INSERT INTO visits VALUES (now())', 'INSERT INTO visits VALUES (now())', 'COMMIT'])
FROM generate_series(1, 110) \gexec
\o
\set ECHO all
SELECT severity, confidence, calls >= 100 AS calls, query FROM query_audit.findings
WHERE rule = 'cache_candidate' AND application_name = 'transactions';

-- To be left alone: none of these shows a row.

SET application_name = 'fewer';
\o /dev/null
\set ECHO none
SELECT requests('SELECT value FROM settings WHERE name = ''name 9''', 98) \gexec
\o
\set ECHO all
:found;

SET application_name = 'other values';
\o /dev/null
\set ECHO none
SELECT requests('SELECT value, name FROM settings WHERE name = ''name %s''', 150) \gexec
\o
\set ECHO all
:found;

SET application_name = 'a table that is written to';
\o /dev/null
\set ECHO none
SELECT requests('SELECT amount FROM stock WHERE id = 7', 150, 'UPDATE stock SET amount = amount - 1 WHERE id = 7') \gexec
\o
\set ECHO all
:found;

SET application_name = 'a table that a function writes to';
CREATE FUNCTION take(which integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN UPDATE stock SET amount = amount - 1 WHERE id = which; END $$;
\o /dev/null
\set ECHO none
SELECT requests('SELECT amount, id FROM stock WHERE id = 8', 150, 'SELECT take(8)') \gexec
\o
\set ECHO all
:found;

SET application_name = 'a table that COPY fills';
CREATE TABLE loaded (id integer);
\o /dev/null
\set ECHO none
SELECT requests('SELECT id FROM loaded WHERE id = 8', 150, 'COPY loaded FROM PROGRAM ''echo 9''') \gexec
\o
\set ECHO all
:found;

SET application_name = 'a table that is emptied';
\o /dev/null
\set ECHO none
SELECT requests('SELECT id + 1 FROM loaded WHERE id = 8', 150, 'TRUNCATE loaded') \gexec
\o
\set ECHO all
:found;

SET application_name = 'one unit';
\o /dev/null
\set ECHO none
SELECT query_audit.begin_unit('one');
SELECT 'SELECT name FROM settings WHERE name = ''name 10''' FROM generate_series(1, 200) \gexec
SELECT query_audit.end_unit();
\o
\set ECHO all
:found;

SET application_name = 'locks';
\o /dev/null
\set ECHO none
SELECT requests('SELECT value FROM settings WHERE name = ''name 11'' FOR UPDATE', 150) \gexec
\o
\set ECHO all
:found;
