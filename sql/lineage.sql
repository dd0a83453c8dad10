-- Lineage: the values of a list's rows are followed to the look-ups that they feed.
CREATE EXTENSION pg_query_audit;
CREATE TABLE tenants (id integer PRIMARY KEY, name text);
CREATE TABLE "Users" (id uuid PRIMARY KEY, code varchar(20) UNIQUE, name text);
CREATE TABLE documents (id bigint PRIMARY KEY, title text, body jsonb, tenant_id integer, owner_id uuid, owner_code text,
                        reviewer_id integer);
INSERT INTO tenants SELECT i, 'tenant ' || i FROM generate_series(1, 60) AS i;
INSERT INTO "Users" SELECT md5(i::text)::uuid, 'u' || i, 'user ' || i FROM generate_series(1, 60) AS i;
INSERT INTO documents SELECT i, 'title ' || i, '{}', 61 - i, md5((i * 7 % 60)::text)::uuid, 'u' || (i * 11 % 60),
                             CASE WHEN i % 2 = 0 THEN 40 + i END
FROM generate_series(1, 30) AS i;
ANALYZE tenants, "Users", documents;
PREPARE tenant(integer) AS SELECT name FROM tenants WHERE id = $1;
PREPARE tenant_by_bigint(bigint) AS SELECT name FROM tenants AS t WHERE t.id = $1;
PREPARE owner(uuid) AS SELECT name FROM "Users" WHERE id = $1;
PREPARE owner_by_code(text) AS SELECT u.name FROM "Users" AS u JOIN tenants AS t ON t.name <> u.name WHERE u.code = $1 AND t.id = 1;
\set found 'SELECT confidence, calls, evidence ->> ''lineage'' AS lineage, parent_query FROM query_audit.findings WHERE rule = ''n_plus_one'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'

-- Bound parameters, in a transaction that stops half-way: the number of rows explains nothing, the values do.
SET application_name = 'bound';
\o /dev/null
BEGIN;
SELECT * FROM documents ORDER BY id;
EXECUTE tenant(60); EXECUTE tenant(59); EXECUTE tenant(58); EXECUTE tenant(57); EXECUTE tenant(56);
COMMIT;
\o
:found;

-- Literals in the text, in autocommit, while the loop runs.
SET application_name = 'literals';
\o /dev/null
SELECT d.title, d.tenant_id FROM documents AS d ORDER BY d.id LIMIT 20;
SELECT name FROM tenants WHERE id = 60;
SELECT name FROM tenants WHERE id = 59;
SELECT name FROM tenants WHERE id = 58;
SELECT name FROM tenants WHERE id = 57;
SELECT name FROM tenants WHERE id = 56;
SELECT name FROM tenants WHERE id = 55;
\o
:found;

-- Another type of integer, and numbers in quotes.
SET application_name = 'another integer';
\o /dev/null
BEGIN;
SELECT tenant_id FROM documents ORDER BY id LIMIT 8;
EXECUTE tenant_by_bigint(60); EXECUTE tenant_by_bigint(59); EXECUTE tenant_by_bigint(58); EXECUTE tenant_by_bigint(57);
EXECUTE tenant_by_bigint(56);
COMMIT;
\o
:found;
SET application_name = 'quoted numbers';
\o /dev/null
BEGIN;
SELECT tenant_id FROM documents ORDER BY id LIMIT 8;
SELECT name FROM tenants WHERE id = '60';
SELECT name FROM tenants WHERE id = '59';
SELECT name FROM tenants WHERE id = '58';
SELECT name FROM tenants WHERE id = '57';
SELECT name FROM tenants WHERE id = '56';
COMMIT;
\o
:found;

-- UUIDs, bound and written, and texts; a look-up whose statement joins says whose column the key is compared with.
SET application_name = 'uuids';
\o /dev/null
BEGIN;
SELECT id, owner_id FROM documents ORDER BY id LIMIT 8;
SELECT format('EXECUTE owner(%L)', owner_id) FROM documents ORDER BY id LIMIT 6 \gexec
COMMIT;
\o
:found;
SET application_name = 'written uuids';
\o /dev/null
BEGIN;
SELECT id, owner_id FROM documents ORDER BY id LIMIT 8;
SELECT format('SELECT name FROM "Users" WHERE id = %L', upper(owner_id::text)) FROM documents ORDER BY id LIMIT 6 \gexec
COMMIT;
\o
:found;
SET application_name = 'texts';
\o /dev/null
BEGIN;
SELECT id, title, owner_code FROM documents ORDER BY id LIMIT 8;
SELECT format('EXECUTE owner_by_code(%L)', owner_code) FROM documents ORDER BY id LIMIT 6 \gexec
COMMIT;
\o
:found;

-- Rows that have no value are skipped, and so are values that come again.
SET application_name = 'gaps';
\o /dev/null
BEGIN;
SELECT id, reviewer_id FROM documents ORDER BY id LIMIT 12;
EXECUTE tenant(42); EXECUTE tenant(44); EXECUTE tenant(44); EXECUTE tenant(46); EXECUTE tenant(48); EXECUTE tenant(50);
COMMIT;
\o
:found;

-- A column that is computed has no name.
SET application_name = 'computed';
\o /dev/null
BEGIN;
SELECT title, tenant_id + 0 FROM documents ORDER BY id LIMIT 8;
EXECUTE tenant(60); EXECUTE tenant(59); EXECUTE tenant(58); EXECUTE tenant(57); EXECUTE tenant(56);
COMMIT;
\o
:found;

-- A cursor's first rows.
SET application_name = 'cursor';
\o /dev/null
BEGIN;
DECLARE c CURSOR FOR SELECT title, tenant_id FROM documents ORDER BY id;
FETCH 10 FROM c;
EXECUTE tenant(60); EXECUTE tenant(59); EXECUTE tenant(58); EXECUTE tenant(57); EXECUTE tenant(56);
COMMIT;
\o
:found;

-- Not proven: as many look-ups as rows, but of other values; in another order; or not looked for.
SET application_name = 'other values';
\o /dev/null
BEGIN;
SELECT id + 100, tenant_id FROM documents ORDER BY id LIMIT 5;
EXECUTE tenant(1); EXECUTE tenant(2); EXECUTE tenant(3); EXECUTE tenant(4); EXECUTE tenant(5);
COMMIT;
\o
:found;
SET application_name = 'another order';
\o /dev/null
BEGIN;
SELECT title, tenant_id FROM documents ORDER BY id LIMIT 5;
EXECUTE tenant(58); EXECUTE tenant(60); EXECUTE tenant(57); EXECUTE tenant(59); EXECUTE tenant(56);
COMMIT;
\o
:found;
SET application_name = 'not looked for';
SET pg_query_audit.track_lineage = off;
\o /dev/null
BEGIN;
SELECT title, tenant_id FROM documents ORDER BY id LIMIT 5;
EXECUTE tenant(60); EXECUTE tenant(59); EXECUTE tenant(58); EXECUTE tenant(57); EXECUTE tenant(56);
COMMIT;
\o
RESET pg_query_audit.track_lineage;
:found;

-- A table that is gone takes its column's name along.
DROP TABLE documents;
SET application_name = 'bound';
:found;
