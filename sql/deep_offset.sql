-- deep_offset: rows skipped to reach a page. Each case has an application_name of its own.
CREATE EXTENSION pg_query_audit;
CREATE TABLE documents (id integer PRIMARY KEY, author_id integer NOT NULL, title text NOT NULL);
INSERT INTO documents SELECT i, i % 50, 'document ' || i FROM generate_series(1, 20000) AS i;
CREATE INDEX ON documents (title);
ANALYZE documents;
\set found 'SELECT severity, confidence, calls, rows, evidence - ''reasons'' - ''growth'' - ''ms_at_10x'' - ''ms_at_100x'' AS evidence, query FROM query_audit.findings WHERE rule = ''deep_offset'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'

-- To be flagged.

SET application_name = 'a thousand rows';
SELECT title FROM documents ORDER BY id LIMIT 10 OFFSET 1000 \g /dev/null
:found;
SELECT evidence ->> 'growth' AS growth, (evidence ->> 'ms_at_100x')::float > (evidence ->> 'ms_at_10x')::float AS grows,
       fix_sql, advice
FROM query_audit.findings WHERE rule = 'deep_offset' AND application_name = 'a thousand rows';

SET application_name = 'bound parameters, deeper and deeper';
PREPARE page(integer, integer) AS SELECT id, title FROM documents ORDER BY title LIMIT $1 OFFSET $2;
EXECUTE page(10, 5000) \g /dev/null
EXECUTE page(10, 15000) \g /dev/null
EXECUTE page(10, 10) \g /dev/null
:found;

SET application_name = 'FETCH FIRST';
SELECT author_id, title FROM documents ORDER BY id OFFSET 2000 ROWS FETCH FIRST 10 ROWS ONLY \g /dev/null
:found;

SET application_name = 'no LIMIT';
SELECT title, author_id FROM documents ORDER BY id OFFSET 19990 \g /dev/null
:found;

SET application_name = 'more than there are, measured';
SELECT id FROM documents WHERE author_id >= 0 ORDER BY author_id LIMIT 10 OFFSET 30000 \g /dev/null
SELECT count(*) <= 1 AS at_most_one FROM query_audit.findings
WHERE rule = 'deep_offset' AND application_name = 'more than there are, measured';

SET application_name = 'inside of a function';
CREATE FUNCTION page_of(n integer) RETURNS SETOF integer LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT d.id FROM documents AS d WHERE d.title LIKE 'document%' ORDER BY d.author_id, d.id LIMIT 10 OFFSET n;
END $$;
SELECT page_of(15000) \g /dev/null
SELECT severity, calls, evidence ->> 'rows_skipped' AS rows_skipped, evidence ->> 'nested' AS nested
FROM query_audit.findings WHERE rule = 'deep_offset' AND application_name = 'inside of a function';

SET application_name = 'a hundred thousand are critical';
SET pg_query_audit.deep_offset_critical_rows = 15000;
SELECT id, title FROM documents ORDER BY id LIMIT 10 OFFSET 15000 \g /dev/null
RESET pg_query_audit.deep_offset_critical_rows;
:found;

-- To be left alone: none of these shows a row.

SET application_name = 'the first pages';
SELECT title FROM documents ORDER BY id LIMIT 10 OFFSET 20 \g /dev/null
SELECT title FROM documents ORDER BY id LIMIT 10 OFFSET 999 \g /dev/null
SELECT title FROM documents ORDER BY id LIMIT 10 \g /dev/null
:found;

SET application_name = 'by key';
SELECT title FROM documents WHERE id > 15000 ORDER BY id LIMIT 10 \g /dev/null
:found;

SET application_name = 'past the end of a small table';
CREATE TABLE few AS SELECT generate_series(1, 10) AS id;
SELECT id FROM few ORDER BY id LIMIT 10 OFFSET 5000 \g /dev/null
:found;

SET application_name = 'maintenance';
CREATE TABLE copied AS SELECT id FROM documents ORDER BY id LIMIT 10 OFFSET 5000;
COPY (SELECT id FROM documents ORDER BY id LIMIT 10 OFFSET 5000) TO '/dev/null';
:found;
