-- query_audit.schema_findings: what the catalog says against a schema, and SQL that mends it and takes that back.
CREATE EXTENSION pg_query_audit;
SET client_min_messages = warning;
SET pg_query_audit.missing_fk_index_min_rows = 100;
SET pg_query_audit.unused_index_min_size_kb = 0;
SET pg_query_audit.unused_index_min_days = 0;
SET pg_query_audit.disabled_rules = 'missing_primary_key';
-- All statements of a rule's findings, one after the other: CONCURRENTLY needs a transaction of its own.
CREATE VIEW fixes AS
    SELECT rule, statement FROM query_audit.schema_findings AS f,
           regexp_split_to_table(fix_sql, ';\n') WITH ORDINALITY AS s(statement, place) ORDER BY relation, object, place;
CREATE TABLE undo (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, rule text, relation text, object text, undo_sql text);
CREATE VIEW undos AS
    SELECT rule, statement FROM undo AS u,
           regexp_split_to_table(undo_sql, ';\n') WITH ORDINALITY AS s(statement, place) ORDER BY relation, object, place;
CREATE VIEW all_indexes AS
    SELECT i.indexdef, x.indisvalid FROM pg_indexes AS i JOIN pg_class AS c ON c.relname = i.indexname
    JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = i.schemaname
    JOIN pg_index AS x ON x.indexrelid = c.oid WHERE i.schemaname <> 'pg_catalog';
\set save 'INSERT INTO undo (rule, relation, object, undo_sql) SELECT rule, relation, object, undo_sql FROM query_audit.schema_findings;'

-- missing_fk_index: keys in every form.
CREATE TABLE tenants (id integer PRIMARY KEY);
CREATE TABLE authors (id integer PRIMARY KEY, tenant_id integer NOT NULL, UNIQUE (tenant_id, id));
INSERT INTO tenants SELECT generate_series(1, 200);
INSERT INTO authors SELECT i, i FROM generate_series(1, 200) AS i;
ALTER TABLE authors ADD CONSTRAINT served_by_a_prefix FOREIGN KEY (tenant_id) REFERENCES tenants;
CREATE TABLE documents (
    id integer PRIMARY KEY, tenant_id integer, author_id integer, reviewer_id integer, editor_id integer, parent_id integer,
    hashed_id integer, partial_id integer, other_id integer,
    CONSTRAINT missing FOREIGN KEY (author_id) REFERENCES authors,
    CONSTRAINT missing_too FOREIGN KEY (author_id) REFERENCES tenants,
    CONSTRAINT missing_of_two FOREIGN KEY (tenant_id, reviewer_id) REFERENCES authors (tenant_id, id),
    CONSTRAINT served_by_the_longer_one FOREIGN KEY (tenant_id) REFERENCES tenants,
    CONSTRAINT served_in_another_order FOREIGN KEY (tenant_id, editor_id) REFERENCES authors (tenant_id, id),
    CONSTRAINT missing_to_itself FOREIGN KEY (parent_id) REFERENCES documents,
    CONSTRAINT served_by_hash FOREIGN KEY (hashed_id) REFERENCES tenants,
    CONSTRAINT served_where_not_null FOREIGN KEY (partial_id) REFERENCES tenants,
    CONSTRAINT missing_where_partial FOREIGN KEY (other_id) REFERENCES tenants);
CREATE INDEX ON documents (editor_id, tenant_id, id);
CREATE INDEX ON documents USING hash (hashed_id);
CREATE INDEX ON documents (partial_id) WHERE partial_id IS NOT NULL;
CREATE INDEX ON documents (other_id) WHERE id > 10;
CREATE INDEX ON documents (id, author_id);
CREATE INDEX ON documents ((author_id + 0));
INSERT INTO documents SELECT i, i, i, i, i, i, i, i, i FROM generate_series(1, 200) AS i;
CREATE TABLE notes (tenant_id integer, author_id integer, FOREIGN KEY (tenant_id, author_id) REFERENCES authors (tenant_id, id));
INSERT INTO notes SELECT i, i FROM generate_series(1, 200) AS i;
CREATE INDEX served_by_half_of_the_key ON notes (author_id);
CREATE TABLE tiny (tenant_id integer REFERENCES tenants);
INSERT INTO tiny SELECT generate_series(1, 50);
CREATE TABLE kinds (id integer PRIMARY KEY);
INSERT INTO kinds SELECT generate_series(1, 5);
CREATE UNLOGGED TABLE of_a_kind (kind_id integer REFERENCES kinds);
INSERT INTO of_a_kind SELECT i % 5 + 1 FROM generate_series(1, 200) AS i;
CREATE TEMP TABLE temporary (id integer PRIMARY KEY, parent_id integer REFERENCES temporary);
INSERT INTO temporary SELECT i, i FROM generate_series(1, 200) AS i;
-- Partitions, of which one has partitions; a key of the root is one finding, and so are the partitions' own.
CREATE TABLE chunks (id integer, document_id integer REFERENCES documents, own_id integer) PARTITION BY RANGE (id);
CREATE TABLE chunks_1 PARTITION OF chunks FOR VALUES FROM (1) TO (100);
CREATE TABLE chunks_2 PARTITION OF chunks FOR VALUES FROM (100) TO (300) PARTITION BY RANGE (id);
CREATE TABLE chunks_2_1 PARTITION OF chunks_2 FOR VALUES FROM (100) TO (150);
CREATE TABLE chunks_2_2 PARTITION OF chunks_2 FOR VALUES FROM (150) TO (300);
CREATE INDEX served_in_one_partition ON chunks_1 (document_id);
ALTER TABLE chunks_1 ADD CONSTRAINT of_each FOREIGN KEY (own_id) REFERENCES tenants;
ALTER TABLE chunks_2_1 ADD CONSTRAINT of_each FOREIGN KEY (own_id) REFERENCES tenants;
INSERT INTO chunks SELECT i, i % 200 + 1, i % 200 + 1 FROM generate_series(1, 299) AS i;
-- Names that must be quoted.
CREATE SCHEMA "Sales; -- ""Dept""";
CREATE TABLE "Sales; -- ""Dept"""."Ordner
Größe" ("select" integer PRIMARY KEY, "Größe; '" integer,
    CONSTRAINT "a ""key""" FOREIGN KEY ("Größe; '") REFERENCES "Sales; -- ""Dept"""."Ordner
Größe");
INSERT INTO "Sales; -- ""Dept"""."Ordner
Größe" SELECT i, i FROM generate_series(1, 200) AS i;
CREATE TABLE äöüäöüäöüäöüäöüäöüäöüäöüäöüäöü (
    id integer PRIMARY KEY, äöüäöüäöüäöüäöüäöüäöüäöüäöüäöü integer REFERENCES äöüäöüäöüäöüäöüäöüäöüäöüäöüäöü);
INSERT INTO äöüäöüäöüäöüäöüäöüäöüäöüäöüäöü SELECT i, i FROM generate_series(1, 200) AS i;
CREATE TABLE "order" ("user" integer REFERENCES tenants);
CREATE TABLE order_user_idx (name_is_taken integer);
INSERT INTO "order" SELECT generate_series(1, 200);
ANALYZE;
\pset format unaligned
SELECT relation, object, severity, regexp_replace(fix_sql, '_[0-9a-f]{8}(?=[" ;])', '_HASH') AS fix_sql,
       regexp_replace(undo_sql, '_[0-9a-f]{8}(?=[" ;])', '_HASH') AS undo_sql
FROM query_audit.schema_findings WHERE rule = 'missing_fk_index' ORDER BY 1, 2;
\pset format aligned
SELECT detail FROM query_audit.schema_findings WHERE object IN ('missing', 'missing_of_two') OR relation ~ 'chunks' ORDER BY detail;
-- The fixes run, and leave nothing to be found.
:save
CREATE TEMP TABLE indexes_before AS TABLE all_indexes;
\set ECHO none
SELECT statement FROM fixes WHERE rule = 'missing_fk_index' \gexec
\set ECHO all
SELECT relation, object, fix_sql FROM query_audit.schema_findings WHERE rule = 'missing_fk_index' ORDER BY 1, 2;
SELECT count(*) AS invalid_indexes FROM pg_index WHERE NOT indisvalid;
-- Foreign keys' checks scan what was just made; that counts once it is reported.
SELECT pg_stat_force_next_flush() \gset
SELECT relation, object FROM query_audit.schema_findings WHERE rule = 'unused_index' AND object ~ 'author_id_idx|chunks_document_id_idx';
-- What undoes them runs too.
\set ECHO none
SELECT statement FROM undos WHERE rule = 'missing_fk_index' \gexec
\set ECHO all
SELECT count(*) AS changed FROM ((TABLE all_indexes EXCEPT TABLE indexes_before) UNION ALL (TABLE indexes_before EXCEPT TABLE all_indexes)) AS c;
DROP SCHEMA "Sales; -- ""Dept""" CASCADE;
DROP TABLE tiny, kinds, of_a_kind, temporary, chunks, notes, documents, authors, tenants, "order", order_user_idx,
    äöüäöüäöüäöüäöüäöüäöüäöüäöüäöü, indexes_before;
TRUNCATE undo;

-- redundant_index.
CREATE TABLE items (a integer, b integer, c text, d text COLLATE "C", e integer NOT NULL, j jsonb);
CREATE INDEX kept ON items (a, b, c);
CREATE INDEX prefix_of_one ON items (a);
CREATE INDEX prefix_of_two ON items (a, b);
CREATE INDEX duplicate ON items (a, b, c);
CREATE INDEX prefix_backwards ON items (a DESC, b DESC);
CREATE INDEX prefix_in_another_order ON items (b, a);
CREATE INDEX prefix_in_mixed_directions ON items (a, b DESC);
CREATE INDEX prefix_with_nulls_first ON items (a NULLS FIRST);
CREATE INDEX partial ON items (a) WHERE b > 0;
CREATE INDEX partial_duplicate ON items  (a)  WHERE b > 0;
CREATE INDEX partial_other ON items (a) WHERE b > 1;
CREATE INDEX prefix_with_more_columns ON items (a, b) INCLUDE (e);
CREATE INDEX prefix_with_a_key_of_the_other ON items (a) INCLUDE (b);
CREATE INDEX text_column ON items (c);
CREATE INDEX other_collation ON items (c COLLATE "C");
CREATE INDEX other_class ON items (c text_pattern_ops);
CREATE INDEX expression ON items (lower(c), a);
CREATE INDEX expression_prefix ON items  (lower( c ));
CREATE INDEX expression_other ON items (upper(c));
CREATE INDEX hashed ON items USING hash (a);
CREATE INDEX hashed_duplicate ON items USING hash (a);
CREATE INDEX inverted ON items USING gin (j);
CREATE INDEX inverted_otherwise ON items USING gin (j jsonb_path_ops);
CREATE INDEX ranges ON items USING brin (a);
CREATE INDEX ranges_otherwise ON items USING brin (a) WITH (pages_per_range = 8);
ALTER TABLE items ADD CONSTRAINT items_key UNIQUE (e);
CREATE UNIQUE INDEX unique_duplicate ON items (e);
CREATE INDEX duplicate_of_a_constraint ON items (e);
CREATE UNIQUE INDEX unique_prefix ON items (d);
CREATE UNIQUE INDEX unique_and_longer ON items (d, a);
CREATE UNIQUE INDEX identity ON items (e);
ALTER TABLE items REPLICA IDENTITY USING INDEX identity;
CREATE INDEX clustered ON items (a);
CLUSTER items USING clustered;
CREATE TABLE parts (id integer, kind integer) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (100);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (300);
CREATE INDEX parts_kept ON parts (kind, id);
CREATE INDEX parts_prefix ON parts (kind);
CREATE INDEX part_1_of_its_own ON parts_1 (kind, id);
CREATE INDEX part_2_of_its_own ON parts_2 (kind, id);
CREATE INDEX being_built ON ONLY parts (kind, id);
CREATE TABLE "Größe" ("a ""b""" integer PRIMARY KEY);
CREATE INDEX "Größe; 'x'" ON "Größe" ("a ""b""");
SELECT relation, object, severity, regexp_replace(detail, ' \(.*?\)', '') AS detail FROM query_audit.schema_findings
WHERE rule = 'redundant_index' ORDER BY 1, 2;
\pset format unaligned
SELECT fix_sql, undo_sql FROM query_audit.schema_findings
WHERE rule = 'redundant_index' AND object IN ('public.parts_prefix', 'public.part_1_of_its_own', 'public.unique_duplicate') ORDER BY object;
\pset format aligned
:save
CREATE TEMP TABLE indexes_before AS TABLE all_indexes;
\set ECHO none
SELECT statement FROM fixes WHERE rule = 'redundant_index' \gexec
\set ECHO all
SELECT relation, object FROM query_audit.schema_findings WHERE rule = 'redundant_index';
SELECT indexrelid::regclass FROM pg_index WHERE indrelid IN ('items'::regclass, 'parts'::regclass, 'parts_1'::regclass, '"Größe"'::regclass)
ORDER BY indexrelid::regclass::text COLLATE "C";
\set ECHO none
SELECT statement FROM undos WHERE rule = 'redundant_index' \gexec
\set ECHO all
SELECT count(*) AS changed FROM ((TABLE all_indexes EXCEPT TABLE indexes_before) UNION ALL (TABLE indexes_before EXCEPT TABLE all_indexes)) AS c;
DROP TABLE items, parts, "Größe", indexes_before;
TRUNCATE undo;

-- unused_index.
CREATE TABLE orders (id integer PRIMARY KEY, parent_id integer REFERENCES orders, number integer UNIQUE, kind text, note text, label text,
    EXCLUDE USING btree (number WITH =));
CREATE INDEX unused ON orders (kind);
CREATE INDEX unused_expression ON orders (lower(kind)) WHERE number > 0;
CREATE INDEX used ON orders (note);
CREATE INDEX of_a_key ON orders (parent_id, kind);
CREATE INDEX cluster_on ON orders (label);
ALTER TABLE orders CLUSTER ON cluster_on;
CREATE INDEX prefix ON orders (id, kind);
CREATE INDEX longer ON orders (id, kind, note);
CREATE TABLE days (day date, kind text, note text) PARTITION BY RANGE (day);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-01-02');
CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2026-01-02') TO ('2026-01-03') PARTITION BY LIST (kind);
CREATE TABLE days_2_1 PARTITION OF days_2 FOR VALUES IN ('a');
CREATE TABLE days_2_2 PARTITION OF days_2 DEFAULT;
CREATE INDEX unused_of_all ON days (kind);
CREATE INDEX used_of_one ON days (note);
CREATE INDEX unused_own_1 ON days_1 (kind, day);
CREATE INDEX unused_own_2 ON days_2_1 (kind, day);
CREATE INDEX used_own_1 ON days_1 (day, note);
CREATE INDEX used_own_2 ON days_2_1 (day, note);
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT count(*) FROM orders WHERE note = 'x';
SELECT count(*) FROM days_2_1 WHERE note = 'x';
SELECT count(*) FROM days_1 WHERE day = '2026-01-01' AND note = 'x';
RESET enable_seqscan;
RESET enable_bitmapscan;
-- The counts of this session are told to all.
SELECT pg_stat_force_next_flush();
SELECT relation, object, severity, regexp_replace(detail, '[0-9]+ days', 'N days') AS detail FROM query_audit.schema_findings
WHERE rule = 'unused_index' ORDER BY 1, 2;
\pset format unaligned
SELECT fix_sql, undo_sql FROM query_audit.schema_findings WHERE rule = 'unused_index' AND relation = 'public.days' ORDER BY object;
\pset format aligned
-- Not believed when the statistics are young, and not looked at when small.
SET pg_query_audit.unused_index_min_days = 30;
SELECT count(*) FROM query_audit.schema_findings WHERE rule = 'unused_index';
SET pg_query_audit.unused_index_min_days = 0;
SET pg_query_audit.unused_index_min_size_kb = 100;
SELECT count(*) FROM query_audit.schema_findings WHERE rule = 'unused_index';
SET pg_query_audit.unused_index_min_size_kb = 0;
:save
CREATE TEMP TABLE indexes_before AS TABLE all_indexes;
\set ECHO none
SELECT statement FROM fixes WHERE rule = 'unused_index' \gexec
\set ECHO all
SELECT relation, object FROM query_audit.schema_findings WHERE rule = 'unused_index';
\set ECHO none
SELECT statement FROM undos WHERE rule = 'unused_index' \gexec
\set ECHO all
SELECT count(*) AS changed FROM ((TABLE all_indexes EXCEPT TABLE indexes_before) UNION ALL (TABLE indexes_before EXCEPT TABLE all_indexes)) AS c;
DROP TABLE orders, days, indexes_before;
TRUNCATE undo;

-- missing_primary_key.
SET pg_query_audit.disabled_rules = 'json_in_text';
CREATE TABLE with_a_key (id integer PRIMARY KEY);
CREATE TABLE plain (kind text);
INSERT INTO plain SELECT 'x' FROM generate_series(1, 10);
CREATE TABLE with_unique_index (number integer NOT NULL, "Kind" text NOT NULL);
CREATE UNIQUE INDEX "Number; 'key'" ON with_unique_index (number, "Kind");
CREATE TABLE with_unique_constraint (number integer NOT NULL UNIQUE, other integer UNIQUE);
CREATE TABLE with_a_referenced_key (number integer NOT NULL UNIQUE);
CREATE TABLE refers (id integer PRIMARY KEY, number integer REFERENCES with_a_referenced_key (number));
CREATE TABLE with_nullable_unique (number integer UNIQUE);
CREATE TABLE with_partial_unique (number integer NOT NULL);
CREATE UNIQUE INDEX ON with_partial_unique (number) WHERE number > 0;
CREATE TABLE with_an_id_that_is_one (id bigint, note text);
INSERT INTO with_an_id_that_is_one SELECT i, 'x' FROM generate_series(1, 200) AS i;
CREATE TABLE with_an_id_that_is_none ("ID" integer);
INSERT INTO with_an_id_that_is_none SELECT 1 FROM generate_series(1, 200);
CREATE TABLE split (id integer) PARTITION BY RANGE (id);
CREATE TABLE split_1 PARTITION OF split FOR VALUES FROM (1) TO (10);
CREATE TABLE split_2 PARTITION OF split FOR VALUES FROM (10) TO (20);
CREATE TABLE split_unique (id integer NOT NULL UNIQUE) PARTITION BY RANGE (id);
CREATE TABLE split_unique_1 PARTITION OF split_unique FOR VALUES FROM (1) TO (10);
CREATE TABLE ancestor (note text);
CREATE TABLE heir_1 () INHERITS (ancestor);
CREATE TABLE heir_2 () INHERITS (ancestor);
CREATE TABLE ancestor_with_key (id integer PRIMARY KEY);
CREATE TABLE heir_without_key () INHERITS (ancestor_with_key);
CREATE TYPE shape AS (a integer);
CREATE TABLE typed OF shape;
CREATE UNLOGGED TABLE unlogged (note text);
CREATE TABLE published (note text);
CREATE TABLE published_whole (note text);
ALTER TABLE published_whole REPLICA IDENTITY FULL;
SET client_min_messages = error; -- of wal_level, whose name is quoted from version 17 on
CREATE PUBLICATION news FOR TABLE published, published_whole;
SET client_min_messages = warning;
CREATE TEMP TABLE temporary (note text);
ANALYZE;
\pset format unaligned
SELECT relation, severity, detail, fix_sql, undo_sql FROM query_audit.schema_findings WHERE rule = 'missing_primary_key' ORDER BY 1;
\pset format aligned
SET pg_query_audit.missing_primary_key_min_rows = 100;
SELECT relation FROM query_audit.schema_findings WHERE rule = 'missing_primary_key' ORDER BY 1;
SET pg_query_audit.missing_primary_key_min_rows = 0;
:save
CREATE VIEW all_columns AS
    SELECT attrelid::regclass, attname, attnotnull, (SELECT count(*) FROM pg_index WHERE indrelid = attrelid AND indisprimary) AS keys
    FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
    WHERE relkind IN ('r', 'p') AND attrelid >= 16384 AND attnum > 0 AND NOT attisdropped AND relname !~ '_before$';
CREATE TEMP TABLE indexes_before AS TABLE all_indexes WITH NO DATA;
CREATE TEMP TABLE columns_before AS TABLE all_columns WITH NO DATA;
INSERT INTO columns_before TABLE all_columns;
INSERT INTO indexes_before TABLE all_indexes;
\set ECHO none
SELECT statement FROM fixes WHERE rule = 'missing_primary_key' \gexec
\set ECHO all
SELECT relation, fix_sql FROM query_audit.schema_findings
WHERE rule = 'missing_primary_key' ORDER BY 1;
-- An index of the same columns beside a new primary key.
SELECT relation, object FROM query_audit.schema_findings WHERE rule = 'redundant_index' ORDER BY 1;
INSERT INTO plain VALUES ('y') RETURNING *;
\set ECHO none
SELECT statement FROM undos WHERE rule = 'missing_primary_key' \gexec
\set ECHO all
SELECT count(*) AS changed FROM ((TABLE all_indexes EXCEPT TABLE indexes_before) UNION ALL (TABLE indexes_before EXCEPT TABLE all_indexes)) AS c;
SELECT count(*) AS changed FROM ((TABLE all_columns EXCEPT TABLE columns_before) UNION ALL (TABLE columns_before EXCEPT TABLE all_columns)) AS c;
DROP PUBLICATION news;
DROP TABLE with_a_key, plain, with_unique_index, with_unique_constraint, refers, with_a_referenced_key, with_nullable_unique,
    with_partial_unique, with_an_id_that_is_one, with_an_id_that_is_none, split, split_unique, heir_1, heir_2, ancestor,
    heir_without_key, ancestor_with_key, typed, unlogged, published, published_whole, temporary, indexes_before, columns_before CASCADE;
TRUNCATE undo;

-- json_in_text.
SET pg_query_audit.disabled_rules = 'missing_primary_key, unused_index, redundant_index';
CREATE TABLE operations (
    id integer PRIMARY KEY, metadata text DEFAULT '{"a": 1}', list varchar(100) NOT NULL DEFAULT '[]', mixed text, nulls text,
    numbers text, arrays text, braces text, checked text CHECK (checked <> ''), viewed text, indexed text, "Key; 'x'" text,
    key_of_json text UNIQUE, already jsonb, few text);
INSERT INTO operations
SELECT i, format('{"strategy": %s}', i), format(' [%s, {"b": null}]', i), CASE WHEN i = 50 THEN 'x' ELSE '{"a": 1}' END, NULL, i,
       format('{%s,%s}', i, i), '{}', '{"a": 1}', '{"a": 1}', '{"a": 1}', '{"a": "' || chr(228) || '"}', format('{"a": %s}', i), '{}',
       CASE WHEN i < 10 THEN '{"a": 1}' END
FROM generate_series(1, 100) AS i;
CREATE VIEW sees AS SELECT viewed FROM operations;
CREATE INDEX ON operations (indexed);
CREATE TABLE large (document text);
INSERT INTO large SELECT format('{"a": %s, "b": %s}', i, to_json(repeat('x', 400))) FROM generate_series(1, 20000) AS i;
INSERT INTO large VALUES ('{"a": "' || repeat('x', 2000000) || '"}');
CREATE TABLE pieces (id integer, metadata text) PARTITION BY RANGE (id);
CREATE TABLE pieces_1 PARTITION OF pieces FOR VALUES FROM (1) TO (50);
CREATE TABLE pieces_2 PARTITION OF pieces FOR VALUES FROM (50) TO (1000);
INSERT INTO pieces SELECT i, '[{"a": 1}]' FROM generate_series(1, 200) AS i;
CREATE TABLE wrong (escaped text, cut text, scalar text, deep text);
INSERT INTO wrong SELECT '{"a": "\u0000"}', '{"a": 1', '"{"', repeat('[', 20000) || repeat(']', 20000) FROM generate_series(1, 30);
CREATE TABLE hidden (metadata text);
INSERT INTO hidden SELECT '{"a": 1}' FROM generate_series(1, 30);
CREATE TABLE guarded (metadata text);
INSERT INTO guarded SELECT '{"a": 1}' FROM generate_series(1, 30);
CREATE FUNCTION trap() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'a policy ran'; END $$;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON guarded USING (trap());
CREATE ROLE regress_reader;
GRANT SELECT ON guarded, large TO regress_reader;
GRANT SELECT (id, metadata) ON operations TO regress_reader;
ANALYZE;
\pset format unaligned
SELECT relation, object, severity, detail, fix_sql, undo_sql FROM query_audit.schema_findings ORDER BY 1, 2;
\pset format aligned
-- Of those that the reader may select from, and no policy runs.
SET ROLE regress_reader;
SELECT relation, object FROM query_audit.schema_findings ORDER BY 1, 2;
RESET ROLE;
SET pg_query_audit.json_in_text_min_values = 5;
SELECT relation, object FROM query_audit.schema_findings WHERE object = 'few';
SET pg_query_audit.json_in_text_max_tables = 1;
SELECT relation, object FROM query_audit.schema_findings;
RESET pg_query_audit.json_in_text_min_values;
RESET pg_query_audit.json_in_text_max_tables;
:save
\set ECHO none
SELECT statement FROM fixes WHERE rule = 'json_in_text' \gexec
\set ECHO all
SELECT relation, object FROM query_audit.schema_findings ORDER BY 1, 2;
INSERT INTO operations (id) VALUES (1000) RETURNING metadata, list;
SELECT count(*) FROM operations WHERE metadata @> '{"strategy": 7}';
\set ECHO none
SELECT statement FROM undos WHERE rule = 'json_in_text' \gexec
\set ECHO all
INSERT INTO operations (id) VALUES (1001) RETURNING pg_typeof(metadata), metadata, pg_typeof(list), list;
SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'operations'::regclass AND attname = 'list';
SELECT relation, object FROM query_audit.schema_findings ORDER BY 1, 2;
-- Who looks is no traffic.
SELECT count(*) AS own_statements FROM query_audit.statements WHERE datname = current_database() AND query ~ 'TABLESAMPLE|octet_length|pg_inherits';
DROP OWNED BY regress_reader;
DROP ROLE regress_reader;
