-- Statements on different tables of one alias, as many ORMs write them, are different statements, each with its own text,
-- rows and fix, wherever in the statement the table stands. (From version 18 on the server gives them one query id.)
CREATE EXTENSION pg_query_audit;
CREATE TABLE users (id integer PRIMARY KEY, name text);
CREATE TABLE units (id integer PRIMARY KEY, name text);
CREATE TABLE places (id integer PRIMARY KEY, name text);
INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, 3) AS i;
INSERT INTO units SELECT i, 'unit ' || i FROM generate_series(1, 5) AS i;
INSERT INTO places SELECT i, 'place ' || i FROM generate_series(1, 4) AS i;
ANALYZE;
SELECT query_audit.reset();
\set seen 'SELECT query, calls, rows FROM query_audit.statements WHERE datname = current_database() AND query LIKE ''%x%'' AND query NOT LIKE ''%format%'' ORDER BY query COLLATE "C"'

-- Each statement runs twice over users and once over units, in turn.
\o /dev/null
\set ECHO none
SELECT format(template, relation)
FROM (VALUES
    (1, 'SELECT x.name FROM %I x'),
    (2, 'SELECT x.name FROM (SELECT * FROM %I x) x'),
    (3, 'SELECT x.name FROM (SELECT x.name FROM %I x OFFSET 0) x'),
    (4, 'SELECT p.id FROM places p WHERE EXISTS (SELECT 1 FROM %I x WHERE x.id = p.id)'),
    (5, 'SELECT p.id FROM places p WHERE p.id NOT IN (SELECT x.id FROM %I x)'),
    (6, 'SELECT p.id, (SELECT x.name FROM %I x WHERE x.id = p.id) FROM places p'),
    (7, 'SELECT p.id, x.name FROM places p LEFT JOIN %I x ON x.id = p.id'),
    (8, 'SELECT p.id FROM places p, LATERAL (SELECT x.id FROM %I x WHERE x.id > p.id) x'),
    (9, 'WITH c AS (SELECT x.name FROM %I x) SELECT c.name FROM c'),
    (10, 'WITH c AS MATERIALIZED (SELECT x.name FROM %I x) SELECT c.name FROM c'),
    (11, 'WITH c AS (SELECT x.name FROM %I x) SELECT p.name FROM places p'),
    (12, 'WITH RECURSIVE c AS (SELECT x.id FROM %I x UNION SELECT c.id + 1 FROM c WHERE c.id < 9) SELECT c.id FROM c'),
    (13, 'SELECT p.name FROM places p WHERE false AND EXISTS (SELECT 1 FROM %I x)'),
    (14, 'SELECT p.name FROM places p UNION SELECT x.name FROM %I x'),
    (15, 'SELECT p.name FROM places p UNION ALL SELECT x.name FROM %I x'),
    (16, 'SELECT EXISTS (SELECT 1 FROM %I x)'),
    (17, 'SELECT count(*) FROM (VALUES ((SELECT max(x.id) FROM %I x))) AS v(id)'),
    (18, 'UPDATE %I AS x SET name = x.name'),
    (19, 'UPDATE places AS p SET name = p.name FROM %I AS x WHERE x.id = p.id'),
    (20, 'DELETE FROM %I AS x WHERE x.id < 0'),
    (21, 'DELETE FROM places AS p USING %I AS x WHERE x.id = p.id AND p.id < 0'),
    (22, 'INSERT INTO %I AS x VALUES (1, ''x'') ON CONFLICT (id) DO UPDATE SET name = x.name'),
    (23, 'INSERT INTO places AS p SELECT x.id, x.name FROM %I AS x ON CONFLICT DO NOTHING'),
    (24, 'MERGE INTO %I AS x USING places AS p ON x.id = p.id WHEN MATCHED THEN UPDATE SET name = x.name'),
    (25, 'SELECT x.id FROM %I x ORDER BY x.id FOR UPDATE OF x')
) AS t(number, template), (VALUES (1, 'users'), (2, 'units'), (3, 'users')) AS r(turn, relation)
ORDER BY number, turn
\gexec
\set ECHO all
\o
:seen;

-- The same alias in two places of a statement: which table stands where matters.
SELECT query_audit.reset();
\o /dev/null
SELECT x.name FROM users x WHERE EXISTS (SELECT 1 FROM units x WHERE x.id = 5);
SELECT x.name FROM units x WHERE EXISTS (SELECT 1 FROM users x WHERE x.id = 3);
SELECT x.name FROM users x JOIN units y ON x.id = y.id;
SELECT x.name FROM units x JOIN users y ON x.id = y.id + 2;
\o
:seen;

-- Another session begins with the other table; of the sub-selects here no plan has anything.
\c -
SELECT query_audit.reset();
\o /dev/null
WITH c AS (SELECT x.name FROM units x) SELECT p.name FROM places p;
WITH c AS (SELECT x.name FROM users x) SELECT p.name FROM places p;
SELECT p.name FROM places p WHERE false AND EXISTS (SELECT 1 FROM units x);
SELECT p.name FROM places p WHERE false AND EXISTS (SELECT 1 FROM users x);
SELECT p.name FROM places p WHERE false AND EXISTS (SELECT 1 FROM units x);
\o
:seen;

-- Whatever the planner makes of a relation: views, views with their invoker's rights, partitions, inheritance, policies.
CREATE VIEW view_of_users AS SELECT id, name FROM users;
CREATE VIEW view_of_units AS SELECT id, name FROM units;
CREATE VIEW invoker_of_users WITH (security_invoker) AS SELECT id, name FROM users;
CREATE VIEW invoker_of_units WITH (security_invoker) AS SELECT id, name FROM units;
CREATE TABLE split_users (id integer, name text) PARTITION BY RANGE (id);
CREATE TABLE split_users_low PARTITION OF split_users FOR VALUES FROM (0) TO (3);
CREATE TABLE split_users_high PARTITION OF split_users FOR VALUES FROM (3) TO (100);
INSERT INTO split_users SELECT id, name FROM users;
CREATE TABLE split_units (id integer, name text) PARTITION BY RANGE (id);
CREATE TABLE split_units_low PARTITION OF split_units FOR VALUES FROM (0) TO (3);
CREATE TABLE split_units_high PARTITION OF split_units FOR VALUES FROM (3) TO (100);
INSERT INTO split_units SELECT id, name FROM units;
CREATE TABLE heir_users () INHERITS (users);
CREATE TABLE members (id integer);
INSERT INTO members SELECT generate_series(1, 20);
CREATE TABLE guarded_users AS SELECT id, name FROM ONLY users;
CREATE TABLE guarded_units AS SELECT id, name FROM units;
ALTER TABLE guarded_users ENABLE ROW LEVEL SECURITY;
ALTER TABLE guarded_units ENABLE ROW LEVEL SECURITY;
CREATE POLICY members_alone ON guarded_users USING (id IN (SELECT x.id FROM members AS x));
CREATE POLICY members_alone ON guarded_units USING (id IN (SELECT x.id FROM members AS x));
CREATE FUNCTION those_from(first integer) RETURNS SETOF members LANGUAGE sql STABLE
    AS 'SELECT m.id FROM members m WHERE m.id >= first';
CREATE ROLE regress_query_audit_reader;
GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO regress_query_audit_reader;
SELECT query_audit.reset();
SET ROLE regress_query_audit_reader;
\o /dev/null
\set ECHO none
SELECT format(template, relation, number)
FROM (VALUES
    (1, 'SELECT x.name FROM %1$I x WHERE x.id >= 1'),
    (2, 'SELECT x.name FROM %1$I x WHERE x.id >= 4'),
    (3, 'SELECT m.id FROM members m WHERE m.id IN (SELECT x.id FROM %1$I x)'),
    (4, 'SELECT x.name FROM %1$I x JOIN those_from(1) AS f ON f.id = x.id')
) AS t(number, template), unnest(ARRAY['view_of', 'invoker_of', 'split', 'guarded']) WITH ORDINALITY AS k(kind, place),
     (VALUES (1, 'users'), (2, 'units'), (3, 'users')) AS r(turn, name), format('%s_%s', kind, name) AS relation
ORDER BY number, place, turn
\gexec
SELECT format('UPDATE view_of_%s AS x SET name = x.name WHERE x.id > 1', name)
FROM (VALUES (1, 'users'), (2, 'units'), (3, 'users')) AS r(turn, name) ORDER BY turn
\gexec
\set ECHO all
\o
RESET ROLE;
SELECT query, calls, rows FROM query_audit.statements
WHERE datname = current_database() AND usename = 'regress_query_audit_reader' AND query LIKE '% x%'
  AND query NOT LIKE '%format%' ORDER BY query COLLATE "C";

-- Prepared statements, in turn, past the point where their plans become generic; a temporary table made anew.
SELECT query_audit.reset();
PREPARE of_users(integer) AS SELECT x.name FROM users x WHERE x.id = $1;
PREPARE of_units(integer) AS SELECT x.name FROM units x WHERE x.id = $1;
\o /dev/null
\set ECHO none
SELECT format('EXECUTE of_%s(%s)', name, i)
FROM generate_series(1, 8) AS i, (VALUES (1, 'users'), (2, 'units')) AS r(turn, name) ORDER BY i, turn
\gexec
\set ECHO all
CREATE TEMPORARY TABLE scratch (id integer);
SELECT x.id FROM scratch x;
DROP TABLE scratch;
CREATE TEMPORARY TABLE scratch (id integer);
INSERT INTO scratch AS y VALUES (1);
SELECT x.id FROM scratch x;
\o
:seen;

-- Findings keep the tables apart too: each loop has its own text, parameters, route and fix.
SELECT query_audit.reset();
SET ROLE regress_query_audit_reader;
\o /dev/null
\set ECHO none
SELECT statement FROM unnest(ARRAY['users', 'units', 'view_of_users', 'view_of_units', 'invoker_of_users', 'invoker_of_units',
                                   'split_users', 'split_units', 'guarded_users', 'guarded_units'])
    WITH ORDINALITY AS r(relation, place),
    LATERAL (SELECT 0, 'BEGIN'
             UNION ALL SELECT i, format('SELECT x.name FROM %I x WHERE x.id = %s /*route=''%s''*/', relation, i, relation)
                       FROM generate_series(1, 6) AS i
             UNION ALL SELECT 7, 'COMMIT') AS s(step, statement)
ORDER BY place, step
\gexec
\set ECHO all
\o
RESET ROLE;
SELECT rule, relation, query, calls, evidence ->> 'distinct_parameters' AS parameters, tags ->> 'route' AS route, fix_sql
FROM query_audit.findings WHERE datname = current_database() ORDER BY tags ->> 'route' COLLATE "C", rule;

DROP OWNED BY regress_query_audit_reader;
DROP ROLE regress_query_audit_reader;
