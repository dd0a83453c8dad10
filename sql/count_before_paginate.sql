-- count_before_paginate: counting all that matches in order to show one page. Each case has an application_name of its
-- own.
CREATE EXTENSION pg_query_audit;
-- However slow the machine, a pause between two statements of this file ends no burst; only a new case does.
ALTER DATABASE regression SET pg_query_audit.burst_gap_min = '60s';
\c -
CREATE TABLE documents (id integer PRIMARY KEY, tenant_id integer, folder_id integer, status text, title text);
INSERT INTO documents
SELECT i, i % 4, i % 10, CASE i % 3 WHEN 0 THEN 'open' ELSE 'done' END, 'document ' || i FROM generate_series(1, 8000) AS i;
CREATE INDEX ON documents (tenant_id);
CREATE TABLE folders (id integer PRIMARY KEY, name text);
INSERT INTO folders SELECT i, 'folder ' || i FROM generate_series(0, 9) AS i;
CREATE TABLE tags (document_id integer, tag text);
INSERT INTO tags SELECT i, 'tag ' || i % 5 FROM generate_series(1, 8000) AS i;
CREATE TABLE archive AS TABLE documents;
ANALYZE;
\set found 'SELECT confidence, evidence ->> ''mark'' AS mark, evidence ->> ''rows_counted'' AS rows_counted, evidence ->> ''page_rows'' AS page_rows, evidence ->> ''page_limit'' AS "limit", evidence ->> ''page_offset'' AS "offset", (evidence ->> ''count_came_first'')::integer::boolean AS count_first, query, parent_query FROM query_audit.findings WHERE rule = ''count_before_paginate'' AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C"'
\set any 'SELECT confidence, query, parent_query FROM query_audit.findings WHERE rule = ''count_before_paginate'' AND datname = current_database() AND application_name = current_setting(''application_name'')'

-- To be flagged.

SET application_name = 'count, then page';
SELECT count(*) FROM documents WHERE tenant_id = 1 \g /dev/null
SELECT id, title FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 20 OFFSET 40 \g /dev/null
:found;

SET application_name = 'page, then count';
SELECT id, title FROM documents WHERE tenant_id = 2 ORDER BY id LIMIT 20 \g /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 2 \g /dev/null
:found;

SET application_name = 'in a transaction, with other statements between';
\o /dev/null
BEGIN;
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT name FROM folders WHERE id = 1;
SELECT 1;
SET LOCAL work_mem = '5MB';
SELECT id FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 20;
COMMIT;
\o
:found;

SET application_name = 'in a unit with a name';
\o /dev/null
SELECT query_audit.begin_unit('list');
SELECT count(*) FROM documents;
SELECT id FROM documents ORDER BY id LIMIT 20 OFFSET 20;
\o
:found;
SELECT query_audit.end_unit() \g /dev/null

SET application_name = 'bound parameters';
PREPARE count_of(integer, text) AS SELECT count(*) FROM documents WHERE tenant_id = $1 AND status = $2;
PREPARE page_of(integer, text, integer, integer) AS
    SELECT id FROM documents WHERE tenant_id = $1 AND status = $2 ORDER BY id LIMIT $3 OFFSET $4;
\o /dev/null
EXECUTE count_of(1, 'open');
EXECUTE page_of(1, 'open', 10, 30);
\o
:found;

SET application_name = 'parameters in another order';
PREPARE page_first_limit(integer, integer, text, integer) AS
    SELECT id FROM documents WHERE tenant_id = $4 AND status = $3 ORDER BY id LIMIT $1 OFFSET $2;
\o /dev/null
EXECUTE count_of(1, 'open');
EXECUTE page_first_limit(10, 30, 'open', 1);
\o
:found;

SET application_name = 'FETCH FIRST, OFFSET alone, joins';
\o /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 1 AND status = 'done';
SELECT id FROM documents WHERE tenant_id = 1 AND status = 'done' ORDER BY id FETCH FIRST 20 ROWS ONLY;
SELECT count(*) FROM documents WHERE tenant_id = 3;
SELECT id, folder_id FROM documents WHERE tenant_id = 3 ORDER BY id OFFSET 1990;
SELECT count(*) FROM documents AS d JOIN folders AS f ON f.id = d.folder_id WHERE f.name <> 'x';
SELECT d.id, f.name FROM documents AS d JOIN folders AS f ON f.id = d.folder_id WHERE f.name <> 'x' ORDER BY d.id LIMIT 20;
SELECT count(*) FROM tags WHERE tag LIKE 'tag%' AND document_id IN (SELECT id FROM documents WHERE tenant_id = 1);
SELECT tag FROM tags WHERE tag LIKE 'tag%' AND document_id IN (SELECT id FROM documents WHERE tenant_id = 1) LIMIT 20;
\o
:found;

-- The wrappers that ORMs put around the count: each pairs with the same page.
\set page 'SELECT id, title FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 20'
\o /dev/null
SET application_name = 'wrapper: constant';
SELECT count(1) FROM documents WHERE tenant_id = 1;
:page;
SET application_name = 'wrapper: key';
SELECT count(id) FROM documents WHERE tenant_id = 1;
:page;
SET application_name = 'wrapper: distinct key';
SELECT count(DISTINCT id) FROM documents WHERE tenant_id = 1;
:page;
SET application_name = 'wrapper: quoted';
SELECT COUNT(*) AS "__count" FROM "documents" WHERE "documents"."tenant_id" = 1;
:page;
SET application_name = 'wrapper: anonymous sub-select';
SELECT count(*) AS count_1 FROM (SELECT documents.id AS documents_id, documents.title AS documents_title FROM documents WHERE documents.tenant_id = 1) AS anon_1;
:page;
SET application_name = 'wrapper: ordered sub-select';
SELECT count(*) AS count_1 FROM (SELECT documents.id AS documents_id FROM documents WHERE documents.tenant_id = 1 ORDER BY documents.id) AS anon_1;
:page;
SET application_name = 'wrapper: constant in a sub-select';
SELECT COUNT(count_column) FROM (SELECT 1 AS count_column FROM documents WHERE tenant_id = 1) AS subquery_for_count;
:page;
SET application_name = 'wrapper: distinct sub-select';
SELECT COUNT(*) FROM (SELECT DISTINCT "documents"."id" AS "col1" FROM "documents" WHERE "documents"."tenant_id" = 1) subquery;
:page;
SET application_name = 'wrapper: all columns in a sub-select';
SELECT count(*) AS aggregate FROM (SELECT * FROM documents WHERE tenant_id = 1) AS aggregate_table;
:page;
SET application_name = 'wrapper: sub-select of a sub-select';
SELECT count(*) FROM (SELECT * FROM (SELECT id FROM documents WHERE tenant_id = 1) AS inner_list) AS outer_list;
:page;
SET application_name = 'wrapper: scalar sub-select';
SELECT (SELECT count(*) FROM documents WHERE tenant_id = 1) AS total;
:page;
SET application_name = 'wrapper: common table expression';
WITH listed AS (SELECT id FROM documents WHERE tenant_id = 1) SELECT count(*) FROM listed;
:page;
SET application_name = 'wrapper: cast, and the comparison turned around';
SELECT count(*)::integer FROM documents WHERE 1 = tenant_id;
:page;
\o
SELECT application_name, calls FROM query_audit.findings
WHERE rule = 'count_before_paginate' AND datname = current_database() AND application_name LIKE 'wrapper:%'
ORDER BY application_name COLLATE "C";

-- And around the page.
SET application_name = 'wrappers of the page';
\o /dev/null
BEGIN;
SELECT count(*) FROM documents WHERE status = 'open';
SELECT anon_1.id, anon_1.title FROM (SELECT documents.id AS id, documents.title AS title FROM documents WHERE documents.status = 'open' ORDER BY documents.id LIMIT 20 OFFSET 20) AS anon_1;
COMMIT;
BEGIN;
SELECT count(*) FROM documents WHERE status = 'open' AND folder_id = 3;
SELECT anon_1.id, f.name FROM (SELECT id, folder_id FROM documents WHERE status = 'open' AND folder_id = 3 ORDER BY id LIMIT 20) AS anon_1 LEFT JOIN folders AS f ON f.id = anon_1.folder_id ORDER BY anon_1.id;
COMMIT;
BEGIN;
SELECT count(DISTINCT id) FROM documents WHERE status = 'done';
SELECT DISTINCT id FROM documents WHERE status = 'done' ORDER BY id LIMIT 20;
COMMIT;
\o
SELECT query, parent_query FROM query_audit.findings
WHERE rule = 'count_before_paginate' AND datname = current_database() AND application_name = 'wrappers of the page'
ORDER BY query COLLATE "C";

-- GROUP BY in the place of DISTINCT, or to put a number beside each row.
SET application_name = 'pages of grouped rows';
\o /dev/null
BEGIN;
SELECT count(*) AS dctrn_count FROM (SELECT DISTINCT id_0 FROM (SELECT d0_.id AS id_0, d0_.title AS title_1, t1_.tag AS tag_2 FROM documents d0_ LEFT JOIN tags t1_ ON t1_.document_id = d0_.id WHERE d0_.tenant_id = 1 ORDER BY d0_.id DESC) dctrn_result) dctrn_table;
SELECT DISTINCT id_0, MIN(sclr_3) AS dctrn_minrownum FROM (SELECT d0_.id AS id_0, d0_.title AS title_1, t1_.tag AS tag_2, ROW_NUMBER() OVER (ORDER BY d0_.id DESC) AS sclr_3 FROM documents d0_ LEFT JOIN tags t1_ ON t1_.document_id = d0_.id WHERE d0_.tenant_id = 1) dctrn_result GROUP BY id_0 ORDER BY dctrn_minrownum ASC LIMIT 20 OFFSET 40;
COMMIT;
BEGIN;
SELECT d0.*, t1.* FROM documents AS d0 LEFT JOIN tags AS t1 ON d0.id = t1.document_id WHERE d0.id IN (SELECT d0.id FROM (SELECT d0.id FROM documents AS d0 LEFT JOIN tags AS t1 ON d0.id = t1.document_id WHERE d0.tenant_id = 2 GROUP BY d0.id ORDER BY min(d0.title) DESC LIMIT 20) AS d0) ORDER BY d0.title DESC;
SELECT count(DISTINCT d0.id) AS count FROM documents AS d0 LEFT JOIN tags AS t1 ON d0.id = t1.document_id WHERE d0.tenant_id = 2;
COMMIT;
BEGIN;
SELECT COUNT(*) FROM (SELECT me.id FROM documents me LEFT JOIN tags t ON t.document_id = me.id WHERE me.tenant_id = 3 GROUP BY me.id) me;
SELECT me.id, me.title, t.tag FROM (SELECT me.id, me.title FROM documents me WHERE me.tenant_id = 3 ORDER BY me.id LIMIT 20) me LEFT JOIN tags t ON t.document_id = me.id ORDER BY me.id;
COMMIT;
BEGIN;
SELECT COUNT(*) AS "__count" FROM documents WHERE documents.folder_id < 9;
SELECT documents.id, documents.title, COUNT(tags.tag) AS n FROM documents LEFT OUTER JOIN tags ON (documents.id = tags.document_id) WHERE documents.folder_id < 9 GROUP BY documents.id ORDER BY n DESC LIMIT 20;
COMMIT;
\o
SELECT confidence, query, parent_query, regexp_replace(fix_sql, '\(([$][0-9] [+] 1)\)', '\1') AS fix_sql FROM query_audit.findings
WHERE rule = 'count_before_paginate' AND datname = current_database() AND application_name = 'pages of grouped rows'
ORDER BY query COLLATE "C";

SET application_name = 'three pages, each with its count';
\o /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT id FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 20;
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT id FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 20 OFFSET 20;
SELECT count(*) FROM documents WHERE tenant_id = 2;
SELECT id FROM documents WHERE tenant_id = 2 ORDER BY id LIMIT 20;
\o
SELECT sum(calls) AS pairs FROM query_audit.findings
WHERE rule = 'count_before_paginate' AND datname = current_database() AND application_name = 'three pages, each with its count';

SET application_name = 'the boundary of a thousand rows';
\o /dev/null
SELECT count(*) FROM documents WHERE id <= 1000;
SELECT title FROM documents WHERE id <= 1000 LIMIT 5;
SELECT count(*) FROM documents WHERE id <= 999;
SELECT title FROM documents WHERE id <= 999 LIMIT 5;
\o
:found;

-- To be left alone: none of these shows a row.

SET application_name = 'other values';
\o /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT id FROM documents WHERE tenant_id = 2 ORDER BY id LIMIT 20;
EXECUTE count_of(1, 'open');
EXECUTE page_of(1, 'done', 10, 0);
EXECUTE count_of(2, 'open');
EXECUTE page_of(3, 'open', 10, 0);
\o
:any;

SET application_name = 'another filter';
\o /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT id FROM documents WHERE folder_id = 1 ORDER BY id LIMIT 20;
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT id FROM documents WHERE tenant_id = 1 AND status = 'open' ORDER BY id LIMIT 20;
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT id FROM documents WHERE tenant_id <> 1 ORDER BY id LIMIT 20;
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT id FROM documents ORDER BY id LIMIT 20;
\o
:any;
SET application_name = 'no filter and a filter';
\o /dev/null
SELECT count(*) FROM documents;
SELECT id FROM documents WHERE tenant_id = 2 ORDER BY id LIMIT 20;
\o
:any;

SET application_name = 'groups by an attribute, other keys';
\o /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT d.folder_id, max(f.name) FROM documents d LEFT JOIN folders f ON f.id = d.folder_id WHERE d.tenant_id = 1 GROUP BY d.folder_id LIMIT 20;
SELECT d.folder_id, count(*) AS n FROM documents d LEFT JOIN folders f ON f.id = d.folder_id WHERE d.tenant_id = 1 GROUP BY d.folder_id ORDER BY n DESC LIMIT 5;
SELECT * FROM documents WHERE id IN (SELECT id FROM documents WHERE tenant_id = 2 ORDER BY id LIMIT 20);
SELECT * FROM documents WHERE folder_id = 1 AND id IN (SELECT id FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 20);
SELECT d.id, count(t.tag) FROM documents d LEFT JOIN tags t ON t.document_id = d.id WHERE d.tenant_id = 1 GROUP BY d.id HAVING count(t.tag) > 0 LIMIT 20;
\o
:any;

SET application_name = 'another table';
\o /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT id FROM archive WHERE tenant_id = 1 ORDER BY id LIMIT 20;
SELECT count(*) FROM tags;
SELECT id FROM documents ORDER BY id LIMIT 20;
\o
:any;

SET application_name = 'a small table';
\o /dev/null
SELECT count(*) FROM folders;
SELECT name FROM folders ORDER BY id LIMIT 5;
SELECT count(*) FROM documents WHERE id < 50;
SELECT title FROM documents WHERE id < 50 ORDER BY id LIMIT 5;
\o
:any;

SET application_name = 'one row more than the page';
\o /dev/null
SELECT id FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 21;
SELECT id FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 21 OFFSET 20;
SELECT id FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 21 OFFSET 40;
\o
:any;

SET application_name = 'a lone count';
\o /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT count(*) FROM documents WHERE tenant_id = 1 AND status = 'open';
SELECT status, count(*) FROM documents WHERE tenant_id = 1 GROUP BY status ORDER BY status LIMIT 10;
\o
:any;

SET application_name = 'does any exist';
\o /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT 1 FROM documents WHERE tenant_id = 1 LIMIT 1;
SELECT count(*) FROM documents WHERE tenant_id = 2;
SELECT 1 AS one FROM documents WHERE tenant_id = 2 LIMIT 1;
SELECT count(*) FROM documents WHERE tenant_id = 3;
SELECT EXISTS (SELECT 1 FROM documents WHERE tenant_id = 3 LIMIT 1);
\o
:any;

SET application_name = 'the first of them';
\o /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT id, title FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 1;
EXECUTE count_of(1, 'open');
EXECUTE page_of(1, 'open', 1, 0);
\o
:any;

SET application_name = 'all of them';
\o /dev/null
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT id, title FROM documents WHERE tenant_id = 1 ORDER BY id;
\o
:any;

SET application_name = 'in two units';
\o /dev/null
SELECT query_audit.begin_unit('one');
SELECT count(*) FROM documents WHERE tenant_id = 1;
SELECT query_audit.end_unit();
SELECT query_audit.begin_unit('two');
SELECT id FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 20;
SELECT query_audit.end_unit();
\o
:any;

SET application_name = 'other aggregates';
\o /dev/null
SELECT sum(folder_id) FROM documents WHERE tenant_id = 1;
SELECT id FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 20;
SELECT max(id), count(*) FROM documents WHERE tenant_id = 2;
SELECT id FROM documents WHERE tenant_id = 2 ORDER BY id LIMIT 20;
SELECT count(*) FILTER (WHERE status = 'open') FROM documents WHERE tenant_id = 3;
SELECT id FROM documents WHERE tenant_id = 3 ORDER BY id LIMIT 20;
\o
:any;

SET application_name = 'inside of a function';
CREATE FUNCTION list(tenant integer) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count(*) FROM documents WHERE tenant_id = tenant;
    RETURN QUERY SELECT title FROM documents WHERE tenant_id = tenant ORDER BY id LIMIT 20;
END $$;
SELECT count(*) FROM list(1);
:any;

SET application_name = 'a rule that is disabled';
SET pg_query_audit.disabled_rules = 'count_before_paginate';
SELECT count(*) FROM documents WHERE tenant_id = 1 \g /dev/null
SELECT id, title FROM documents WHERE tenant_id = 1 ORDER BY id LIMIT 20 \g /dev/null
RESET pg_query_audit.disabled_rules;
:any;

-- What a finding says, and the page that needs no count: it asks for one row more. libpg_query up to version 15 writes
-- the sum in parentheses.
\set written 'regexp_replace(fix_sql, ''\\(([$][0-9] [+] 1)\\)'', ''\\1'') AS fix_sql'
SELECT severity, calls, occurrences, relation, :written,
       saved_time BETWEEN 0 AND total_exec_time AS saves_some, evidence -> 'reasons' AS reasons
FROM query_audit.findings
WHERE rule = 'count_before_paginate' AND datname = current_database() AND application_name = 'count, then page';
SELECT advice FROM query_audit.findings
WHERE rule = 'count_before_paginate' AND datname = current_database() AND application_name = 'count, then page';
SELECT parent_query, :written FROM query_audit.findings
WHERE rule = 'count_before_paginate' AND datname = current_database()
  AND application_name IN ('FETCH FIRST, OFFSET alone, joins', 'wrappers of the page') ORDER BY parent_query COLLATE "C";
-- It runs: prepared as it is, it returns the page and the row after it.
\pset tuples_only on
SELECT fix_sql FROM query_audit.findings
WHERE rule = 'count_before_paginate' AND datname = current_database() AND application_name = 'bound parameters' \gset
PREPARE without_count AS :fix_sql;
CREATE TABLE page AS EXECUTE page_of(1, 'open', 10, 30);
CREATE TABLE page_and_next AS EXECUTE without_count(1, 'open', 10, 30);
SELECT (SELECT count(*) FROM page), (SELECT count(*) FROM page_and_next),
       (SELECT bool_and(id IN (SELECT id FROM page_and_next)) FROM page);
CREATE TABLE last_page AS EXECUTE without_count(1, 'open', 10, 660);
SELECT count(*) FROM last_page;
