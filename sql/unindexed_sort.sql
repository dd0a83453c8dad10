-- unindexed_sort: what was sorted, and whether an index could have given it in order.
CREATE EXTENSION pg_query_audit;
CREATE TABLE posts (id integer PRIMARY KEY, author_id integer, created timestamp, score integer, title text);
INSERT INTO posts SELECT i, i % 3, timestamp '2000-01-01' + (i * 7919 % 20011) * interval '1 minute', i * 31 % 1000, 'title ' || i
FROM generate_series(1, 60000) AS i;
CREATE TABLE authors (id integer PRIMARY KEY, name text);
INSERT INTO authors SELECT i, 'author ' || i FROM generate_series(0, 2) AS i;
CREATE TABLE small AS SELECT * FROM posts WHERE id <= 9000;
CREATE TABLE logs (id integer, day integer, at integer) PARTITION BY RANGE (day);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (10);
CREATE TABLE logs_2 (at integer, day integer, id integer);
ALTER TABLE logs ATTACH PARTITION logs_2 FOR VALUES FROM (10) TO (20);
INSERT INTO logs (id, day, at) SELECT i, i % 20, i * 7919 % 20011 FROM generate_series(1, 20000) AS i;
ANALYZE posts, authors, small, logs;
SET max_parallel_workers_per_gather = 0;
\set found 'SELECT rule, relation, evidence ->> ''rows_sorted'' AS rows_sorted, evidence ->> ''growth'' AS growth, substring(fix_sql FROM '' ON (.*?);\n'') AS "on" FROM query_audit.findings WHERE datname = current_database() AND rule <> ''seq_scan'' AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C", rule'

-- To be flagged.

SET application_name = 'a page';
\o /dev/null
SELECT id AS a FROM posts ORDER BY created DESC LIMIT 20;
SELECT id AS b FROM posts ORDER BY created DESC, id DESC LIMIT 20 OFFSET 40;
SELECT id AS c FROM posts WHERE author_id = 1 ORDER BY created LIMIT 20;
SELECT id AS d FROM posts ORDER BY score, created DESC NULLS LAST LIMIT 20;
SELECT id AS e FROM posts ORDER BY lower(title) LIMIT 20;
\o
:found;
SELECT severity, advice, saved_time > 0 AS saves FROM query_audit.findings
WHERE datname = current_database() AND application_name = 'a page' AND query LIKE '% AS a %';

SET application_name = 'all of it';
SELECT id FROM posts WHERE score >= 0 ORDER BY created \g /dev/null
:found;

SET application_name = 'with joins';
\o /dev/null
SELECT p.id AS a, u.name FROM posts AS p JOIN authors AS u ON u.id = p.author_id ORDER BY p.created DESC LIMIT 20;
SELECT p.id AS b, u.name FROM posts AS p LEFT JOIN authors AS u ON u.id = p.author_id ORDER BY p.created DESC LIMIT 20;
\o
:found;

SET application_name = 'partitions, with other column numbers';
SELECT id FROM logs ORDER BY at LIMIT 5 \g /dev/null
:found;

SET application_name = 'prepared, generic';
SET plan_cache_mode = force_generic_plan;
PREPARE page(integer) AS SELECT id FROM posts WHERE author_id = $1 ORDER BY created DESC LIMIT 20;
EXECUTE page(1) \g /dev/null
RESET plan_cache_mode;
:found;

SET application_name = 'in parallel';
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT id FROM posts ORDER BY created DESC LIMIT 20 \g /dev/null
:found;
SET max_parallel_workers_per_gather = 0;

SET application_name = 'through a view';
CREATE VIEW recent AS SELECT id, created, title FROM posts WHERE score > 10;
SELECT id FROM recent ORDER BY created DESC LIMIT 5 \g /dev/null
:found;

SET application_name = 'an index that has a part of the order';
CREATE INDEX posts_score_idx ON posts (score);
SELECT id FROM posts ORDER BY score, created LIMIT 30000 \g /dev/null
:found;
DROP INDEX posts_score_idx;

-- To be left alone.

SET application_name = 'others';
CREATE TABLE ordered AS SELECT * FROM posts;
CREATE INDEX ordered_idx ON ordered (author_id, created DESC);
ANALYZE ordered;
\o /dev/null
SELECT id FROM small ORDER BY created LIMIT 20;
SELECT id FROM posts ORDER BY id LIMIT 20;
SELECT score, count(*) FROM posts GROUP BY score ORDER BY score;
SELECT author_id, count(*) AS n FROM posts GROUP BY author_id ORDER BY n;
SELECT DISTINCT created FROM posts;
SELECT id, row_number() OVER (ORDER BY created) FROM posts;
SELECT p.id FROM posts AS p JOIN authors AS u ON u.id = p.author_id ORDER BY u.name, p.created LIMIT 20;
SELECT id FROM posts UNION ALL SELECT id FROM ordered ORDER BY id DESC LIMIT 1;
SELECT id FROM posts WHERE id < 100 ORDER BY created;
SET enable_indexscan = off;
SELECT id FROM ordered WHERE author_id = 1 ORDER BY created DESC LIMIT 20;
RESET enable_indexscan;
CREATE TABLE copied AS SELECT id FROM posts ORDER BY created;
\o
:found;

-- The remedies.
SELECT DISTINCT split_part(fix_sql, E';\n', 1) FROM query_audit.findings
WHERE datname = current_database() AND rule = 'unindexed_sort' AND application_name IN ('a page', 'partitions, with other column numbers')
ORDER BY 1 \gexec
ANALYZE posts, logs;
SET application_name = 'after the remedies';
\o /dev/null
SELECT id AS a FROM posts ORDER BY created DESC LIMIT 20;
SELECT id AS c FROM posts WHERE author_id = 1 ORDER BY created LIMIT 20;
SELECT id AS d FROM posts ORDER BY score, created DESC NULLS LAST LIMIT 20;
SELECT id AS e FROM posts ORDER BY lower(title) LIMIT 20;
SELECT id FROM logs ORDER BY at LIMIT 5;
\o
:found;
