-- missing_primary_key. A unique key of columns that are not null becomes the primary key; so does a column named id that
-- by the statistics is one; else a column is added, unless the table has an id already or shares its columns with others.
CREATE FUNCTION query_audit._missing_primary_key(
    min_rows bigint, OUT severity text, OUT relation text, OUT object text, OUT detail text, OUT size_bytes bigint,
    OUT fix_sql text, OUT undo_sql text)
    RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    WITH tables AS MATERIALIZED (
        SELECT t.*, c.relname, c.relkind, c.relnamespace, c.relreplident, c.reloftype,
               EXISTS (SELECT FROM pg_inherits AS i WHERE t.relid IN (i.inhrelid, i.inhparent)) AS related
        FROM query_audit._schema_tables() AS t JOIN pg_class AS c ON c.oid = t.relid
    ), families AS (
        SELECT t.root, sum(t.rows) AS rows, sum(t.bytes)::bigint AS bytes FROM tables AS t GROUP BY t.root
    ), keyless AS (
        -- One of a family of tables that inherit stands for all: the root, when it has no key itself.
        SELECT DISTINCT ON (t.root) t.*, count(*) OVER (PARTITION BY t.root) AS tables
        FROM tables AS t JOIN pg_class AS c ON c.oid = t.relid
        WHERE NOT c.relispartition
          AND NOT EXISTS (SELECT FROM pg_index AS x WHERE x.indrelid = t.relid AND x.indisprimary)
        ORDER BY t.root, t.relid <> t.root, t.relid
    ), published AS (
        SELECT k.relid FROM keyless AS k
        WHERE k.relreplident IN ('d', 'n') AND EXISTS (
            SELECT FROM pg_publication AS p
            WHERE (p.pubupdate OR p.pubdelete)
              AND (p.puballtables
                   OR EXISTS (SELECT FROM pg_publication_rel AS r WHERE r.prpubid = p.oid AND r.prrelid = k.relid)
                   OR EXISTS (SELECT FROM pg_publication_namespace AS n
                              WHERE n.pnpubid = p.oid AND n.pnnspid = k.relnamespace)))
    )
    SELECT CASE WHEN k.relid IN (SELECT relid FROM published) THEN 'critical'
                WHEN u.name IS NOT NULL THEN 'info'
                ELSE 'warning' END,
           k.relation, NULL,
           'It has no primary key' ||
           CASE WHEN u.name IS NOT NULL THEN format(', though %I is unique and not null.', u.name)
                WHEN id.column IS NOT NULL AND NOT id.is_key
                THEN format('. Column %I may be meant as one; it is not known to be unique.', id.column)
                ELSE '.' END ||
           CASE WHEN k.relid IN (SELECT relid FROM published) THEN ' It is published, so UPDATE and DELETE fail.'
                ELSE '' END ||
           CASE WHEN k.tables > 1 THEN format(' Nor have %s tables that inherit.', k.tables - 1) ELSE '' END,
           f.bytes, fix.fix_sql, fix.undo_sql
    FROM keyless AS k
    JOIN families AS f ON f.root = k.root
    LEFT JOIN LATERAL (
        SELECT c.relname AS name, x.indexrelid, o.oid AS constraint,
               (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY i)
                FROM generate_series(0, x.indnkeyatts - 1) AS i
                JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[i]) AS columns,
               x.indnatts = x.indnkeyatts AND NOT x.indnullsnotdistinct
               AND NOT EXISTS (SELECT FROM unnest(x.indoption) AS b WHERE b <> 0)
               AND NOT EXISTS (SELECT FROM pg_constraint AS r WHERE r.conindid = x.indexrelid AND r.contype = 'f') AS fit
        FROM pg_index AS x
        JOIN pg_class AS c ON c.oid = x.indexrelid
        LEFT JOIN pg_constraint AS o ON o.conindid = x.indexrelid AND o.contype = 'u'
        WHERE x.indrelid = k.relid AND x.indisunique AND x.indimmediate AND x.indisvalid AND x.indisready AND x.indislive
          AND x.indpred IS NULL AND x.indexprs IS NULL
          AND NOT EXISTS (SELECT FROM generate_series(0, x.indnkeyatts - 1) AS i
                          JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[i]
                          WHERE NOT a.attnotnull)
        ORDER BY x.indnkeyatts, x.indexrelid
        LIMIT 1
    ) AS u ON true
    LEFT JOIN LATERAL (
        SELECT a.attname AS column,
               EXISTS (SELECT FROM pg_stats AS s JOIN pg_namespace AS n ON n.nspname = s.schemaname
                       WHERE n.oid = k.relnamespace AND s.tablename = k.relname AND s.attname = a.attname
                         AND NOT s.inherited AND s.n_distinct = -1 AND s.null_frac = 0) AS is_key
        FROM pg_attribute AS a
        WHERE a.attrelid = k.relid AND a.attnum > 0 AND NOT a.attisdropped AND lower(a.attname) = 'id'
        ORDER BY a.attnum
        LIMIT 1
    ) AS id ON true
    CROSS JOIN LATERAL (
        SELECT query_audit._index_name(k.relid, 'pkey') AS key_name, quote_ident(u.name) AS unique_name, quote_ident(id.column) AS id_name
    ) AS w
    LEFT JOIN LATERAL (
        SELECT v.fix_sql, v.undo_sql
        FROM (VALUES
            (1, u.fit AND k.relkind = 'r' AND u.constraint IS NULL,
             format('ALTER TABLE %s ADD CONSTRAINT %s PRIMARY KEY USING INDEX %s;', k.relation, w.unique_name, w.unique_name),
             format(E'ALTER TABLE %s DROP CONSTRAINT %s;\n%s;', k.relation, w.unique_name,
                    regexp_replace(pg_get_indexdef(u.indexrelid), '^CREATE UNIQUE INDEX ', 'CREATE UNIQUE INDEX CONCURRENTLY '))),
            (2, u.fit AND k.relkind = 'r' AND u.constraint IS NOT NULL,
             format(E'CREATE UNIQUE INDEX CONCURRENTLY %I ON %s (%s);\n', w.key_name, k.relation, u.columns) ||
             format('ALTER TABLE %s DROP CONSTRAINT %s, ADD CONSTRAINT %s PRIMARY KEY USING INDEX %I;',
                    k.relation, w.unique_name, w.unique_name, w.key_name),
             format(E'CREATE UNIQUE INDEX CONCURRENTLY %I ON %s (%s);\n', w.key_name, k.relation, u.columns) ||
             format('ALTER TABLE %s DROP CONSTRAINT %s, ADD CONSTRAINT %s UNIQUE USING INDEX %I;',
                    k.relation, w.unique_name, w.unique_name, w.key_name)),
            (3, u.fit AND k.relkind = 'p',
             E'-- Reads and writes of the table wait while it is built.\n' ||
             format('ALTER TABLE %s ADD CONSTRAINT %I PRIMARY KEY (%s);', k.relation, w.key_name, u.columns),
             format('ALTER TABLE %s DROP CONSTRAINT %I;', k.relation, w.key_name)),
            (4, u.name IS NULL AND k.relkind = 'r' AND id.is_key AND k.tables = 1,
             format(E'CREATE UNIQUE INDEX CONCURRENTLY %I ON %s (%s);\n', w.key_name, k.relation, w.id_name) ||
             format('ALTER TABLE %s ADD CONSTRAINT %I PRIMARY KEY USING INDEX %I;', k.relation, w.key_name, w.key_name),
             format(E'ALTER TABLE %s DROP CONSTRAINT %I;', k.relation, w.key_name) ||
             CASE WHEN (SELECT a.attnotnull FROM pg_attribute AS a
                        WHERE a.attrelid = k.relid AND a.attname = id.column) THEN ''
                  ELSE format(E'\nALTER TABLE %s ALTER COLUMN %s DROP NOT NULL;', k.relation, w.id_name) END),
            (5, u.name IS NULL AND k.relkind = 'r' AND id.column IS NULL AND NOT k.related AND k.reloftype = 0,
             E'-- It writes the table anew; reads and writes wait meanwhile.\n' ||
             format('ALTER TABLE %s ADD COLUMN id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY;', k.relation),
             format('ALTER TABLE %s DROP COLUMN id;', k.relation))
        ) AS v(place, possible, fix_sql, undo_sql)
        WHERE v.possible
        ORDER BY v.place
        LIMIT 1
    ) AS fix ON true
    WHERE f.rows >= min_rows
$$;
