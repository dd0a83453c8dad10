-- leading_wildcard: a pattern that may begin with anything. Each case has an application_name of its own.
CREATE EXTENSION pg_query_audit;
CREATE TABLE articles (id integer PRIMARY KEY, title text, code varchar(40), tag char(10), body text);
INSERT INTO articles SELECT i, 'title ' || i, 'code ' || i, 'tag ' || i % 100, 'word ' || md5(i::text)
FROM generate_series(1, 20000) AS i;
CREATE TABLE few AS SELECT * FROM articles WHERE id <= 9000;
ANALYZE articles, few;
SET max_parallel_workers_per_gather = 0;
\set found 'SELECT rule, relation, evidence ->> ''rows_read'' AS rows_read, evidence ->> ''filter'' AS filter, substring(fix_sql FROM '' ON (.*?);\n'') AS "on" FROM query_audit.findings WHERE datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C", rule'

-- To be flagged, and not as a scan.

SET application_name = 'in the text';
SELECT id FROM articles WHERE title LIKE '%999' \g /dev/null
:found;
SELECT severity, confidence, advice, fix_sql, evidence ->> 'growth' AS growth,
       (evidence ->> 'ms_at_100x')::numeric BETWEEN 9.9 * (evidence ->> 'ms_at_10x')::numeric
           AND 10.1 * (evidence ->> 'ms_at_10x')::numeric AS linear
FROM query_audit.findings WHERE datname = current_database() AND application_name = 'in the text';

SET application_name = 'of each kind';
\o /dev/null
SELECT id AS like_ FROM articles WHERE title LIKE '_itle 99%';
SELECT id AS ilike FROM articles WHERE title ILIKE '%LE 7';
SELECT id AS regex FROM articles WHERE title ~ 'e 77$';
SELECT id AS regex_i FROM articles WHERE title ~* 'E 77$';
SELECT id AS varchar FROM articles WHERE code LIKE '%99';
SELECT id AS bpchar FROM articles WHERE tag LIKE '%99';
SELECT id AS expression FROM articles WHERE lower(title) LIKE '%le 99';
SELECT id AS of_several FROM articles WHERE title LIKE ANY (ARRAY['title 9', '%99']);
\o
:found;

SET application_name = 'bound';
PREPARE search(text) AS SELECT id FROM articles WHERE title LIKE $1;
PREPARE search_word(text) AS SELECT id, title FROM articles WHERE title LIKE '%' || $1 || '%';
PREPARE search_concat(text) AS SELECT title FROM articles WHERE title LIKE concat('%', $1, '%');
SET plan_cache_mode = force_generic_plan;
EXECUTE search('%99') \g /dev/null
EXECUTE search_word('e 99') \g /dev/null
EXECUTE search_concat('e 99') \g /dev/null
SET plan_cache_mode = force_custom_plan;
EXECUTE search('%98') \g /dev/null
EXECUTE search_word('e 98') \g /dev/null
EXECUTE search_concat('e 98') \g /dev/null
RESET plan_cache_mode;
:found;

-- To be left alone by this rule.

SET application_name = 'a pattern that begins with text';
SELECT id FROM articles WHERE title LIKE 'title 99%' \g /dev/null
SELECT id FROM articles WHERE title ~ '^title 99' \g /dev/null
:found;

SET application_name = 'others';
\o /dev/null
SELECT id FROM few WHERE title LIKE '%99';
SELECT id FROM articles WHERE title LIKE '%title%';
SELECT id FROM articles WHERE title NOT LIKE '%title%' LIMIT 1 OFFSET 20000;
SELECT id FROM articles WHERE title LIKE '%1%' LIMIT 1;
\o
:found;

-- The remedy.
SET application_name = 'remedy';
SELECT id FROM articles WHERE body LIKE '%c4ca4238a0%' \g /dev/null
SELECT fix_sql FROM query_audit.findings WHERE datname = current_database() AND application_name = 'remedy';
SELECT count(*) > 0 AS available FROM pg_available_extensions WHERE name = 'pg_trgm' \gset
\if :available
SET client_min_messages = error;
SELECT statement FROM (SELECT unnest(string_to_array(fix_sql, E'\n')) AS statement FROM query_audit.findings
    WHERE datname = current_database() AND application_name = 'remedy') AS s WHERE statement NOT LIKE '--%' \gexec
RESET client_min_messages;
SET application_name = 'after the remedy';
SELECT id FROM articles WHERE body LIKE '%c4ca4238a0%';
:found;
SET application_name = 'too short for it';
SELECT id FROM articles WHERE body LIKE '%z%' \g /dev/null
SELECT rule, fix_sql, advice LIKE '%three letters%' AS says_so FROM query_audit.findings
WHERE datname = current_database() AND application_name = 'too short for it';
\endif
