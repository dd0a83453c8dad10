-- Full text by an expression: the index that answers it, and why there is none without the configuration's name.
CREATE EXTENSION pg_query_audit;
SET max_parallel_workers_per_gather = 0;
CREATE SCHEMA "Own Words";
CREATE TEXT SEARCH CONFIGURATION "Own Words"."it's" (COPY = pg_catalog.simple);
CREATE TABLE articles (id integer PRIMARY KEY, title varchar(200), body text, tags jsonb, number integer);
INSERT INTO articles SELECT i, 'title' || i, 'word' || i || ' of the article', jsonb_build_object('tag', 'tag' || i), i
FROM generate_series(1, 12000) AS i;
UPDATE articles SET title = NULL WHERE id % 100 = 0;
VACUUM ANALYZE articles;
CREATE TABLE proposed (definition text, drop_definition text);
ALTER TABLE proposed SET (autovacuum_enabled = off);
CREATE FUNCTION index_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line ~ 'Index Scan' THEN
            RETURN substring(line FROM '(?:using|on) (\w+)');
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- The configuration is named: what is searched is an expression like any other.
SELECT query_audit.reset();
\o /dev/null
SELECT id FROM articles WHERE to_tsvector('english', body) @@ to_tsquery('english', 'word7');
SELECT id FROM articles WHERE plainto_tsquery('english', 'title8') @@ to_tsvector('english', coalesce(title, '') || ' ' || body);
SELECT id FROM articles WHERE to_tsvector('simple', tags) @@ 'tag7'::tsquery;
SELECT id FROM articles WHERE to_tsvector('"Own Words"."it''s"', body) @@ plainto_tsquery('word9');
SELECT id FROM articles WHERE coalesce(title, '') = 'title9';
\o
SELECT definition FROM query_audit.index_candidates ORDER BY definition COLLATE "C";
INSERT INTO proposed SELECT definition, drop_definition FROM query_audit.index_candidates;
SELECT definition FROM proposed ORDER BY definition COLLATE "C" \gexec
ANALYZE articles;
SELECT index_of($$SELECT id FROM articles WHERE to_tsvector('english', body) @@ to_tsquery('english', 'word7')$$) IS NOT NULL AS body,
       index_of($$SELECT id FROM articles WHERE to_tsvector('english', coalesce(title, '') || ' ' || body) @@ plainto_tsquery('english', 'title8')$$) IS NOT NULL AS both,
       index_of($$SELECT id FROM articles WHERE to_tsvector('simple', tags) @@ 'tag7'::tsquery$$) IS NOT NULL AS tags,
       index_of($$SELECT id FROM articles WHERE to_tsvector('"Own Words"."it''s"', body) @@ plainto_tsquery('word9')$$) IS NOT NULL AS own,
       index_of($$SELECT id FROM articles WHERE coalesce(title, '') = 'title9'$$) IS NOT NULL AS plain;
SELECT count(*) AS served FROM query_audit.index_candidates;
-- Why the index is not used: the condition does not say which configuration.
SELECT query_audit.reset();
\o /dev/null
SELECT id FROM articles WHERE to_tsvector(body) @@ to_tsquery('english', 'word7');
\o
SELECT definition FROM query_audit.index_candidates;
SELECT rule, advice FROM query_audit.findings WHERE rule IN ('seq_scan', 'non_sargable');
SELECT drop_definition FROM proposed ORDER BY drop_definition COLLATE "C" \gexec

-- No index is there, and none can be made.
SELECT query_audit.reset();
\o /dev/null
SELECT id FROM articles WHERE to_tsvector(body) @@ to_tsquery('english', 'word7');
SELECT id FROM articles WHERE body @@ 'word8';
SELECT id FROM articles WHERE to_tsvector(tags) @@ 'tag7'::tsquery;
\o
SELECT definition FROM query_audit.index_candidates;
SELECT rule, evidence ->> 'cause' AS cause, fix_sql FROM query_audit.findings WHERE rule IN ('seq_scan', 'non_sargable');
SELECT DISTINCT substring(advice FROM 'It searches .*') AS advice FROM query_audit.findings WHERE rule = 'seq_scan';

-- To be left alone: a condition beside it finds few rows, and constants that are somebody's data.
SELECT query_audit.reset();
\o /dev/null
SELECT id FROM articles WHERE to_tsvector('english', body) @@ to_tsquery('english', 'word7') AND id = 7;
SELECT id FROM articles WHERE coalesce(title, 'secret') = 'title9';
SELECT id FROM articles WHERE to_tsvector('english', body || 'secret') @@ 'word7'::tsquery;
\o
SELECT definition FROM query_audit.index_candidates;
SELECT count(*) FROM query_audit.findings WHERE advice LIKE '%secret%' OR fix_sql LIKE '%secret%';
-- A column without an index beside the search is the nearer remedy.
SELECT query_audit.reset();
SELECT id FROM articles WHERE to_tsvector(body) @@ 'word7'::tsquery AND number = 7 \g /dev/null
SELECT definition FROM query_audit.index_candidates;
SELECT rule, evidence ->> 'cause' AS cause FROM query_audit.findings WHERE rule IN ('seq_scan', 'non_sargable');
