-- An OR of several columns takes an index for each of its parts: each definition is executed, and used with the others.
CREATE EXTENSION pg_query_audit;
CREATE EXTENSION pg_trgm;
SET max_parallel_workers_per_gather = 0;
SET pg_query_audit.disabled_rules = 'unbounded_result, slow_query, temp_spill, wide_result, stale_statistics';
CREATE TABLE messages (id integer PRIMARY KEY, sender_id integer, recipient_id integer, box integer, subject text, body text,
                       sent timestamp, seen boolean);
INSERT INTO messages
SELECT i, i * 7919 % 4001, i * 6007 % 3989, i % 20, 'subject ' || md5(i::text), 'body ' || md5((-i)::text),
       TIMESTAMP '2020-01-01 00:00' + i * 7919 % 40009 * INTERVAL '1 minute', i % 100 <> 0
FROM generate_series(1, 40000) AS i;
VACUUM ANALYZE messages;
CREATE TABLE proposed (definition text, drop_definition text);
\set show 'SELECT definition, calls, reason FROM query_audit.index_candidates ORDER BY definition COLLATE "C"'
\set keep 'TRUNCATE proposed; INSERT INTO proposed SELECT definition, drop_definition FROM query_audit.index_candidates'
\set create 'SELECT definition FROM proposed ORDER BY definition COLLATE "C"'
\set drop 'SELECT drop_definition FROM proposed ORDER BY definition COLLATE "C"'
\set found 'SELECT rule, evidence ->> ''filter'' AS filter, advice, fix_sql FROM query_audit.findings WHERE datname = current_database() ORDER BY rule, evidence ->> ''filter'' COLLATE "C"'
CREATE FUNCTION indexes_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    indexes text[] = '{}';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line ~ 'Index (Only )?Scan' THEN
            indexes = indexes || substring(line FROM '(?:using|on) (\w+)');
        END IF;
    END LOOP;
    RETURN array_to_string(ARRAY(SELECT DISTINCT unnest(indexes) ORDER BY 1), ', ');
END $$;

-- What somebody sent or got, by values and by parameters; the newest of it too, as the sort is of few rows.
SELECT query_audit.reset();
SELECT id FROM messages WHERE sender_id = 7 OR recipient_id = 7 \g /dev/null
PREPARE mine(integer) AS SELECT id FROM messages WHERE sender_id = $1 OR recipient_id = $1 ORDER BY sent DESC LIMIT 10;
EXECUTE mine(8) \g /dev/null
:found;
:show;
:keep;
:create \gexec
SELECT indexes_of('SELECT id FROM messages WHERE sender_id = 7 OR recipient_id = 7') AS used,
       indexes_of('EXECUTE mine(8)') AS used_by_parameter;
SELECT count(*) AS served FROM query_audit.index_candidates;
:drop \gexec

-- What is compared beside the OR leads the indexes of its parts; a part may ask for several things at once.
SELECT query_audit.reset();
SELECT id FROM messages WHERE box = 5 AND (sender_id = 7 OR recipient_id IN (7, 8)) \g /dev/null
SELECT id FROM messages WHERE (sender_id = 7 AND NOT seen) OR sent > TIMESTAMP '2020-01-28 18:00' \g /dev/null
SELECT id FROM messages WHERE sender_id = 9 OR sender_id = 10 OR sender_id = 11 OR sender_id = 12 OR length(subject) = 3 \g /dev/null
:show;
:keep;
:create \gexec
SELECT indexes_of('SELECT id FROM messages WHERE box = 5 AND (sender_id = 7 OR recipient_id IN (7, 8))') AS beside,
       indexes_of('SELECT id FROM messages WHERE (sender_id = 7 AND NOT seen) OR sent > TIMESTAMP ''2020-01-28 18:00''') AS several,
       indexes_of('SELECT id FROM messages WHERE sender_id = 9 OR sender_id = 10 OR length(subject) = 3') AS expression;
SELECT count(*) AS served FROM query_audit.index_candidates;
:drop \gexec

-- A search of several columns.
SELECT query_audit.reset();
SELECT id FROM messages WHERE subject ILIKE '%abcdef%' OR body ILIKE '%abcdef%' \g /dev/null
:found;
:show;
:keep;
:create \gexec
SELECT indexes_of('SELECT id FROM messages WHERE subject ILIKE ''%abcdef%'' OR body ILIKE ''%abcdef%''') AS used;
SELECT count(*) AS served FROM query_audit.index_candidates;
SELECT query_audit.reset();
SELECT id FROM messages WHERE subject ILIKE '%abcdef%' OR body ILIKE '%abcdef%' \g /dev/null
SELECT count(*) AS found FROM query_audit.findings WHERE datname = current_database();
:drop \gexec

-- With one index there, the other one is all that is missing.
CREATE INDEX messages_recipient ON messages (recipient_id);
SELECT query_audit.reset();
SELECT id FROM messages WHERE sender_id = 7 OR recipient_id = 7 \g /dev/null
:found;
:show;
DROP INDEX messages_recipient;

-- Nothing for what one index answers as well, for what a part has no index for, and for what keeps most rows.
SELECT query_audit.reset();
SELECT id FROM messages WHERE sender_id = 7 AND (recipient_id = 7 OR box = 1) \g /dev/null
:show;
SELECT query_audit.reset();
SELECT id FROM messages WHERE sender_id = 7 OR recipient_id % 5 = 7 \g /dev/null
SELECT id FROM messages WHERE sender_id > 7 OR recipient_id = 5 \g /dev/null
:show;

-- Each part may have an expression of its own, as where an ORM searches without regard to case.
CREATE TABLE people (id integer PRIMARY KEY, first_name varchar(40), last_name varchar(40), data jsonb);
INSERT INTO people SELECT i, 'First' || md5(i::text), 'Last' || md5((-i)::text), jsonb_build_object('mail', 'm' || i, 'phone', i)
FROM generate_series(1, 20000) AS i;
VACUUM ANALYZE people;
SELECT query_audit.reset();
SELECT id FROM people WHERE upper(first_name::text) LIKE upper('%abcdef%') OR upper(last_name::text) LIKE upper('%abcdef%') \g /dev/null
SELECT id FROM people WHERE data ->> 'mail' = 'm7' OR data ->> 'phone' = '8' OR data ->> 'mail' = 'm9' \g /dev/null
SELECT id FROM people WHERE lower(first_name) = 'x' AND (lower(last_name) = 'y' OR id = 7) \g /dev/null
SELECT rule, fix_sql FROM query_audit.findings WHERE datname = current_database() ORDER BY fix_sql COLLATE "C";
SELECT definition FROM query_audit.index_candidates ORDER BY definition COLLATE "C";
:keep;
:create \gexec
ANALYZE people;
SELECT indexes_of('SELECT id FROM people WHERE upper(first_name::text) LIKE upper(''%abcdef%'') OR upper(last_name::text) LIKE upper(''%abcdef%'')') AS names,
       indexes_of('SELECT id FROM people WHERE data ->> ''mail'' = ''m7'' OR data ->> ''phone'' = ''8''') AS documents,
       indexes_of('SELECT id FROM people WHERE lower(first_name) = ''x'' AND (lower(last_name) = ''y'' OR id = 7)') AS mixed;
SELECT count(*) AS served FROM query_audit.index_candidates;
