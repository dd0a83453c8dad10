-- What the schema rules share: the database's tables and indexes, and the SQL that makes and restores an index. Like all
-- of them these functions run with the rights of who reads query_audit.schema_findings, and read nothing but the
-- catalog. Compiling their queries, whose cost the planner cannot know, would take longer than running them. Those that
-- are called for each finding are in PL/pgSQL, which plans their queries once.

-- The relation itself, then its partitions, and theirs; of a table or an index.
CREATE FUNCTION query_audit._partition_tree(root oid, OUT relid oid, OUT parent oid, OUT level integer)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED ROWS 2 SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    RETURN QUERY
        WITH RECURSIVE tree AS (
            SELECT root AS member, NULL::oid AS above, 0 AS depth
            UNION ALL
            SELECT i.inhrelid, i.inhparent, t.depth + 1
            FROM tree AS t
            JOIN pg_inherits AS i ON i.inhparent = t.member
            JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE c.relispartition
        )
        SELECT t.member, t.above, t.depth FROM tree AS t ORDER BY t.depth, t.member;
END
$$;

-- Tables that are neither temporary nor the system's nor an extension's. The root of a partition or of a table that
-- inherits is the ancestor under which it is reported. Rows are estimated as the planner does it: how densely the last
-- ANALYZE or VACUUM found the pages filled, times the pages that there are now.
CREATE FUNCTION query_audit._schema_tables(
    OUT relid oid, OUT root oid, OUT relation text, OUT rows double precision, OUT bytes bigint)
    RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    WITH RECURSIVE tree AS (
        SELECT c.oid AS relid, c.oid AS root
        FROM pg_class AS c
        WHERE c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = c.oid)
        UNION
        SELECT i.inhrelid, t.root FROM tree AS t JOIN pg_inherits AS i ON i.inhparent = t.relid
    ), sized AS (
        SELECT c.oid AS relid, min(t.root) AS root, format('%I.%I', n.nspname, c.relname) AS relation, c.reltuples,
               c.relpages, coalesce(pg_relation_size(c.oid), 0) AS bytes
        FROM tree AS t
        JOIN pg_class AS c ON c.oid = t.relid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND c.oid >= 16384
          AND n.nspname <> 'information_schema' AND NOT starts_with(n.nspname::text, 'pg_')
          AND NOT EXISTS (SELECT FROM pg_depend AS d
                          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        GROUP BY c.oid, n.nspname
    )
    SELECT s.relid, s.root, s.relation,
           round(s.bytes / current_setting('block_size')::double precision *
                 CASE WHEN s.relpages > 0 AND s.reltuples >= 0 THEN s.reltuples / s.relpages ELSE 100 END),
           s.bytes
    FROM sized AS s
$$;

-- The indexes of these tables, each a row; `top` marks those that can be dropped by themselves, which are all but
-- partitions of another index. A partitioned index has the size and the scans of all its partitions. Keys are told by
-- name or expression, collation and operator class, so that partitions' indexes can be compared.
CREATE FUNCTION query_audit._schema_indexes(
    OUT indexrelid oid, OUT relid oid, OUT root oid, OUT name text, OUT top boolean, OUT method name,
    OUT is_unique boolean, OUT immediate boolean, OUT nulls_not_distinct boolean, OUT usable boolean,
    OUT pinned boolean, OUT columns text[], OUT keys text[], OUT options integer[], OUT included text[],
    OUT predicate text, OUT storage text[], OUT bytes bigint, OUT scans bigint)
    RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    WITH RECURSIVE tree AS (
        SELECT x.indexrelid AS top, x.indexrelid AS member FROM pg_index AS x WHERE x.indexrelid >= 16384
        UNION ALL
        SELECT t.top, i.inhrelid FROM tree AS t JOIN pg_inherits AS i ON i.inhparent = t.member
    ), needed AS MATERIALIZED (
        -- By something else than its scans.
        SELECT o.conindid AS indexrelid FROM pg_constraint AS o WHERE o.conindid <> 0
        UNION
        SELECT d.objid FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e'
    ), summed AS MATERIALIZED (
        SELECT t.top, bool_and(m.indisvalid AND m.indisready AND m.indislive) AS usable,
               bool_or(m.indisprimary OR m.indisexclusion OR m.indisreplident OR m.indisclustered
                       OR d.indexrelid IS NOT NULL) AS pinned,
               coalesce(sum(pg_relation_size(t.member)), 0)::bigint AS bytes,
               coalesce(sum(pg_stat_get_numscans(t.member)), 0)::bigint AS scans
        FROM tree AS t
        JOIN pg_index AS m ON m.indexrelid = t.member
        LEFT JOIN needed AS d ON d.indexrelid = t.member
        GROUP BY t.top
    )
    SELECT x.indexrelid, x.indrelid, t.root, format('%I.%I', n.nspname, c.relname), NOT c.relispartition, am.amname,
           x.indisunique, x.indimmediate, x.indnullsnotdistinct, s.usable, s.pinned, k.columns, k.keys, k.options,
           k.included,
           -- Where an expression stood in its statement is no part of it.
           regexp_replace(x.indpred::text, ' :location -?[0-9]+', '', 'g'),
           c.reloptions, s.bytes, s.scans
    FROM query_audit._schema_tables() AS t
    JOIN pg_index AS x ON x.indrelid = t.relid
    JOIN summed AS s ON s.top = x.indexrelid
    JOIN pg_class AS c ON c.oid = x.indexrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_am AS am ON am.oid = c.relam
    CROSS JOIN LATERAL (
        SELECT array_agg(a.attname::text ORDER BY i) FILTER (WHERE i <= x.indnkeyatts) AS columns,
               array_agg(format('%s collate %s using %s',
                                CASE WHEN x.indkey[i - 1] = 0 THEN pg_get_indexdef(x.indexrelid, i, false)
                                     ELSE quote_ident(a.attname) END,
                                x.indcollation[i - 1], x.indclass[i - 1])
                         ORDER BY i) FILTER (WHERE i <= x.indnkeyatts) AS keys,
               array_agg(x.indoption[i - 1]::integer ORDER BY i) FILTER (WHERE i <= x.indnkeyatts) AS options,
               coalesce(array_agg(a.attname::text) FILTER (WHERE i > x.indnkeyatts), '{}') AS included
        FROM generate_series(1, x.indnatts) AS i
        LEFT JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[i - 1] AND a.attnum <> 0
    ) AS k
$$;

-- A name for a new index: the server's own kind, or with a hash in it where that is taken or too long. Names end where
-- a character ends.
CREATE FUNCTION query_audit._index_name(relation oid, label text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    RETURN (
        SELECT CASE
            WHEN octet_length(w.words) <= 63
                 AND NOT EXISTS (SELECT FROM pg_class AS o WHERE o.relnamespace = c.relnamespace AND o.relname = w.words::name)
            THEN w.words
            ELSE (SELECT left(w.words, max(n)) FROM generate_series(1, 54) AS n WHERE octet_length(left(w.words, n)) <= 54)
                 || '_' || left(md5(c.oid::text || ' ' || label), 8)
            END
        FROM pg_class AS c, format('%s_%s', c.relname, label) AS w(words)
        WHERE c.oid = relation
    );
END
$$;

-- CREATE INDEX that lets writes go on, and what takes it back. For a partitioned table this takes several statements: an
-- index of the table alone, one for each partition, and each is attached. That does not work where one of them is a
-- foreign table. `definition` is what follows the table's name. Comments hold no names, since these may hold line ends.
CREATE FUNCTION query_audit._create_index(
    relation oid, label text, definition text, OUT fix_sql text, OUT undo_sql text)
    LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    WITH tree AS (
        SELECT p.relid, p.parent, p.level, c.relkind, n.nspname, format('%I.%I', n.nspname, c.relname) AS name,
               query_audit._index_name(c.oid, label || '_idx') AS index_name
        FROM query_audit._partition_tree(relation) AS p
        JOIN pg_class AS c ON c.oid = p.relid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
    )
    SELECT CASE
        WHEN EXISTS (SELECT FROM tree WHERE relkind = 'f') THEN
            format(E'-- Writes to the table wait while it is built.\nCREATE INDEX %I ON %s %s;', root.index_name,
                   root.name, definition)
        ELSE (
            SELECT string_agg(
                format(CASE WHEN t.relkind = 'p' THEN 'CREATE INDEX %I ON ONLY %s %s;'
                            ELSE 'CREATE INDEX CONCURRENTLY %I ON %s %s;' END, t.index_name, t.name, definition) ||
                CASE WHEN u.relid IS NULL THEN ''
                     ELSE format(E'\nALTER INDEX %I.%I ATTACH PARTITION %I.%I;', u.nspname, u.index_name, t.nspname,
                                 t.index_name) END,
                E'\n' ORDER BY t.level, t.relid)
            FROM tree AS t LEFT JOIN tree AS u ON u.relid = t.parent)
        END,
        format(CASE WHEN root.relkind = 'p' THEN 'DROP INDEX %I.%I;' ELSE 'DROP INDEX CONCURRENTLY %I.%I;' END,
               root.nspname, root.index_name)
    INTO fix_sql, undo_sql
    FROM tree AS root WHERE root.level = 0;
END
$$;

-- DROP INDEX, and what brings the index back as it was, with its partitions. A partitioned index cannot be dropped
-- concurrently.
CREATE FUNCTION query_audit._drop_index(index oid, OUT fix_sql text, OUT undo_sql text)
    LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    WITH tree AS (
        SELECT p.relid, p.parent, p.level, c.relkind, format('%I.%I', n.nspname, c.relname) AS name,
               pg_get_indexdef(c.oid) AS definition
        FROM query_audit._partition_tree(index) AS p
        JOIN pg_class AS c ON c.oid = p.relid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
    )
    SELECT (SELECT CASE WHEN relkind = 'I' THEN E'-- Reads and writes of the table wait for it, and it for them.\n'
                                                || format('DROP INDEX %s;', name)
                        ELSE format('DROP INDEX CONCURRENTLY %s;', name) END
            FROM tree WHERE level = 0),
           (SELECT string_agg(
                CASE WHEN t.relkind = 'I' THEN t.definition
                     ELSE regexp_replace(t.definition, '^CREATE (UNIQUE )?INDEX ', 'CREATE \1INDEX CONCURRENTLY ')
                END || ';' ||
                CASE WHEN u.relid IS NULL THEN ''
                     ELSE format(E'\nALTER INDEX %s ATTACH PARTITION %s;', u.name, t.name) END,
                E'\n' ORDER BY t.level, t.relid)
            FROM tree AS t LEFT JOIN tree AS u ON u.relid = t.parent)
    INTO fix_sql, undo_sql;
END
$$;
