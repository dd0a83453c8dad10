-- What conditions ask of an index, beside plain comparisons: each definition is executed, and used.
CREATE EXTENSION pg_query_audit;
CREATE EXTENSION citext;
CREATE EXTENSION pg_trgm;
SET max_parallel_workers_per_gather = 0;
SET pg_query_audit.disabled_rules = 'unbounded_result, slow_query, temp_spill, wide_result, stale_statistics';
CREATE DOMAIN reference AS text;
CREATE TABLE tickets (id integer PRIMARY KEY, client_id integer, state text, number integer, changed timestamp, urgent boolean,
                      mail citext, reference reference, data jsonb, note text);
INSERT INTO tickets
SELECT i, i % 20000, 'state ' || i % 50, i * 7919 % 40009, TIMESTAMP '2020-01-01 00:00' + i * 7919 % 40009 * INTERVAL '1 minute',
       i % 200 = 0, 'Mail' || i || '@example.org', 'R-' || md5(i::text),
       jsonb_build_object('owner', jsonb_build_object('name', 'n' || i % 2000), 'tags', jsonb_build_array('t' || i % 2500, i)),
       'a note on ticket ' || i
FROM generate_series(1, 40000) AS i;
CREATE TABLE entries (id integer PRIMARY KEY, ticket_id integer, note text);
INSERT INTO entries SELECT i, i * 7919 % 40009, 'an entry ' || i FROM generate_series(1, 40000) AS i;
CREATE INDEX entries_ticket ON entries (ticket_id);
VACUUM ANALYZE tickets, entries;
CREATE TABLE proposed (definition text, drop_definition text);
\set show 'SELECT definition FROM query_audit.index_candidates ORDER BY definition COLLATE "C"'
\set keep 'TRUNCATE proposed; INSERT INTO proposed SELECT definition, drop_definition FROM query_audit.index_candidates'
\set create 'SELECT definition FROM proposed ORDER BY definition COLLATE "C"'
\set drop 'SELECT drop_definition FROM proposed ORDER BY definition COLLATE "C"'
\set found 'SELECT rule, evidence ->> ''filter'' AS filter, split_part(fix_sql, E'';\\n'', 1) AS fix_sql FROM query_audit.findings WHERE datname = current_database() AND rule IN (''seq_scan'', ''non_sargable'', ''leading_wildcard'') ORDER BY rule, evidence ->> ''filter'' COLLATE "C"'
CREATE FUNCTION index_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line ~ 'Index (Only )?Scan' THEN
            RETURN substring(line FROM '(?:using|on) (\w+)');
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- Alternatives of one column, rows, and a boolean that is tested.
SELECT query_audit.reset();
SELECT id FROM tickets WHERE number = 7 OR number = 8 OR number IS NULL \g /dev/null
SELECT id FROM tickets WHERE (changed, id) > (TIMESTAMP '2020-01-28 18:00', 0) \g /dev/null
SELECT id FROM tickets WHERE urgent IS TRUE AND state = 'state 0' \g /dev/null
:found;
:keep;
:create \gexec
SELECT index_of('SELECT id FROM tickets WHERE number = 7 OR number = 8 OR number IS NULL') AS alternatives,
       index_of('SELECT id FROM tickets WHERE (changed, id) > (TIMESTAMP ''2020-01-28 18:00'', 0)') AS rows,
       index_of('SELECT id FROM tickets WHERE urgent IS TRUE AND state = ''state 0''') AS tested;
SELECT count(*) AS served FROM query_audit.index_candidates;
:drop \gexec

-- Lists of rows, as keys of several columns come, and alternatives that have a part in common.
SELECT query_audit.reset();
SELECT id FROM tickets WHERE (client_id, state) IN ((7, 'state 7'), (57, 'state 7'), (8, 'state 8')) \g /dev/null
SELECT id FROM tickets WHERE (number = 7 AND urgent) OR (note = 'x' AND number IN (8, 9)) \g /dev/null
SELECT id FROM tickets WHERE (changed > TIMESTAMP '2020-01-28 18:00' OR (changed = TIMESTAMP '2020-01-28 18:00' AND id > 5)) ORDER BY changed, id LIMIT 3 \g /dev/null
:found;
:keep;
:create \gexec
SELECT index_of('SELECT id FROM tickets WHERE (client_id, state) IN ((7, ''state 7''), (57, ''state 7''), (8, ''state 8''))') AS rows,
       index_of('SELECT id FROM tickets WHERE (number = 7 AND urgent) OR (note = ''x'' AND number IN (8, 9))') AS common,
       index_of('SELECT id FROM tickets WHERE (changed > TIMESTAMP ''2020-01-28 18:00'' OR (changed = TIMESTAMP ''2020-01-28 18:00'' AND id > 5)) ORDER BY changed, id LIMIT 3') AS page;
SELECT count(*) AS served FROM query_audit.index_candidates;
:drop \gexec

-- A part that no index answers leaves the whole table to read.
SELECT query_audit.reset();
SELECT id FROM tickets WHERE number = 7 OR client_id % 5 = 7 \g /dev/null
SELECT advice FROM query_audit.findings WHERE datname = current_database() AND rule = 'seq_scan';
:show;

-- Places in a document by path and by number.
SELECT query_audit.reset();
SELECT id FROM tickets WHERE data #>> '{owner,name}' = 'n7' \g /dev/null
SELECT id FROM tickets WHERE data -> 'tags' ->> 0 = 't7' \g /dev/null
:found;
:keep;
:create \gexec
ANALYZE tickets;
SELECT index_of('SELECT id FROM tickets WHERE data #>> ''{owner,name}'' = ''n7''') AS path,
       index_of('SELECT id FROM tickets WHERE data -> ''tags'' ->> 0 = ''t7''') AS number;
SELECT count(*) AS served FROM query_audit.index_candidates;
:drop \gexec

-- Trigrams are of text and its domains; a type of its own has other operators, and is told all the same.
SELECT query_audit.reset();
SELECT id FROM tickets WHERE mail LIKE '%l777@%' \g /dev/null
SELECT id FROM tickets WHERE mail LIKE 'mail777%' \g /dev/null
SELECT id FROM tickets WHERE reference LIKE '%abcdef%' \g /dev/null
:found;
:keep;
:create \gexec
SELECT index_of('SELECT id FROM tickets WHERE reference LIKE ''%abcdef%''') AS domain;
:drop \gexec

-- An index read from its beginning to its end, or for its order up to a LIMIT, is a search through the whole table.
SELECT query_audit.reset();
SET enable_seqscan = off;
SET enable_sort = off;
SELECT id FROM tickets WHERE id::text = '7' \g /dev/null
SELECT id, note FROM tickets WHERE client_id = 19999 ORDER BY id LIMIT 2 \g /dev/null
RESET enable_seqscan;
RESET enable_sort;
:found;
SELECT DISTINCT seq_scans FROM query_audit.statements WHERE query LIKE 'SELECT id%FROM tickets%';

-- What is compared with a value comes before the key of a join that is hashed, and is not taken for found by that.
SELECT query_audit.reset();
SET enable_nestloop = off;
SELECT e.note FROM tickets AS t JOIN entries AS e ON e.ticket_id = t.id WHERE t.client_id = 7 \g /dev/null
SELECT e.note FROM tickets AS t JOIN entries AS e ON e.ticket_id = t.id WHERE t.state = 'state 7' \g /dev/null
RESET enable_nestloop;
:found;
:keep;
:create \gexec
SELECT index_of('SELECT note FROM tickets WHERE client_id = 7') AS few, index_of('SELECT note FROM tickets WHERE state = ''state 7''') AS more;
:drop \gexec

-- Sub-selects are told from what is compared.
SELECT query_audit.reset();
SELECT id FROM tickets WHERE client_id NOT IN (SELECT client_id FROM tickets WHERE id < 39990) \g /dev/null
:found;
