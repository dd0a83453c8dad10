-- missing_fk_index. What must be indexed are the tables that hold rows, so partitions are looked at each, by the names of
-- their columns, whether their index is one of the parent's or their own.
CREATE FUNCTION query_audit._missing_fk_index(
    min_rows bigint, OUT severity text, OUT relation text, OUT object text, OUT detail text, OUT size_bytes bigint,
    OUT fix_sql text, OUT undo_sql text)
    RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    WITH tables AS MATERIALIZED (
        SELECT * FROM query_audit._schema_tables()
    ), keys AS (
        SELECT f.conname::text, f.conrelid, f.confrelid, t.root, k.columns, k.sorted
        FROM pg_constraint AS f
        JOIN tables AS t ON t.relid = f.conrelid
        CROSS JOIN LATERAL (
            SELECT array_agg(a.attname::text ORDER BY c.place) AS columns,
                   array_agg(a.attname::text ORDER BY a.attname) AS sorted
            FROM unnest(f.conkey) WITH ORDINALITY AS c(attnum, place)
            JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = c.attnum
        ) AS k
        -- From version 18 on a key may be without enforcement, or one of periods, which a btree does not serve.
        WHERE f.contype = 'f' AND f.conparentid = 0
          AND coalesce((to_jsonb(f) ->> 'conenforced')::boolean, true)
          AND NOT coalesce((to_jsonb(f) ->> 'conperiod')::boolean, false)
    ), holders AS (
        SELECT k.conrelid, k.conname, k.confrelid, k.root, k.columns, k.sorted, t.relid, t.rows, t.bytes,
               EXISTS (
                   SELECT FROM pg_index AS x
                   JOIN pg_class AS c ON c.oid = x.indexrelid
                   JOIN pg_am AS am ON am.oid = c.relam
                   CROSS JOIN LATERAL (
                       SELECT array_agg(a.attname::text ORDER BY a.attname) AS sorted,
                              min(a.attname::text) FILTER (WHERE i = 0) AS leading
                       FROM generate_series(0, least(x.indnkeyatts, cardinality(k.columns)) - 1) AS i
                       JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[i] AND a.attnum <> 0
                                             AND a.attcollation = x.indcollation[i]
                   ) AS front
                   WHERE x.indrelid = t.relid AND x.indisvalid AND x.indisready AND x.indislive
                     AND (am.amname = 'btree' OR am.amname = 'hash' AND cardinality(k.columns) = 1)
                     -- Who looks for a key has one that is not null.
                     AND (x.indpred IS NULL OR EXISTS (
                             SELECT FROM unnest(k.columns) AS c(name)
                             WHERE pg_get_expr(x.indpred, x.indrelid) = format('(%I IS NOT NULL)', c.name)))
                     AND (front.sorted = k.sorted
                          -- A tenant's key with a document's needs no more than an index on the document's.
                          OR front.leading = ANY (k.columns) AND t.rows <= 100 * (
                              SELECT CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * t.rows ELSE s.n_distinct END
                              FROM pg_stats AS s
                              JOIN pg_namespace AS n ON n.nspname = s.schemaname
                              JOIN pg_class AS r ON r.relnamespace = n.oid AND r.relname = s.tablename
                              WHERE r.oid = t.relid AND s.attname = front.leading::name AND NOT s.inherited))
               ) AS served
        FROM keys AS k
        CROSS JOIN LATERAL query_audit._partition_tree(k.conrelid) AS p
        JOIN tables AS t ON t.relid = p.relid
        JOIN pg_class AS r ON r.oid = p.relid
        WHERE r.relkind = 'r'
    ), leaves AS (
        -- Several keys of the same columns need one index.
        SELECT h.root, h.sorted, h.relid, h.conrelid, h.rows, h.bytes, bool_or(h.served) AS served,
               min(ARRAY[h.conname, h.confrelid::text]) AS named, min(h.columns) AS columns
        FROM holders AS h
        GROUP BY h.root, h.sorted, h.relid, h.conrelid, h.rows, h.bytes
    ), missing AS (
        SELECT l.root, l.sorted, min(l.columns) AS columns, (min(l.named))[1] AS conname, (min(l.named))[2]::oid AS confrelid,
               array_agg(DISTINCT l.conrelid ORDER BY l.conrelid) FILTER (WHERE NOT l.served) AS conrelids,
               count(*) AS tables, count(*) FILTER (WHERE NOT l.served) AS unserved,
               sum(l.rows) AS rows, sum(l.bytes)::bigint AS bytes
        FROM leaves AS l
        GROUP BY l.root, l.sorted
        HAVING NOT bool_and(l.served)
    ), referenced AS (
        SELECT t.root, sum(t.rows) AS rows, sum(pg_stat_get_tuples_deleted(t.relid)) AS deleted
        FROM tables AS t
        GROUP BY t.root
    )
    SELECT CASE WHEN r.rows <= 20 AND r.deleted = 0 THEN 'info' ELSE 'warning' END,
           t.relation, quote_ident(m.conname),
           format('No index begins with the columns of foreign key %I (%s), which references %s. A DELETE there, or an '
                  'UPDATE of its key, reads all of this table, about %s rows, for each row%s.',
                  m.conname, c.list, m.confrelid::regclass, m.rows,
                  CASE WHEN r.deleted > 0 THEN format('; so far %s were deleted', r.deleted) ELSE '' END) ||
           CASE WHEN m.tables > 1
                THEN format(' It is missing in %s of %s partitions or tables that inherit.', m.unserved, m.tables)
                ELSE '' END,
           m.bytes, i.fix_sql, i.undo_sql
    FROM missing AS m
    JOIN tables AS t ON t.relid = CASE WHEN cardinality(m.conrelids) = 1 THEN m.conrelids[1] ELSE m.root END
    JOIN tables AS parent ON parent.relid = m.confrelid
    JOIN referenced AS r ON r.root = parent.root
    CROSS JOIN LATERAL (
        SELECT string_agg(quote_ident(u.name), ', ' ORDER BY u.place) AS list
        FROM unnest(m.columns) WITH ORDINALITY AS u(name, place)
    ) AS c
    CROSS JOIN LATERAL (
        SELECT string_agg(x.fix_sql, E'\n' ORDER BY h.relid) AS fix_sql,
               string_agg(x.undo_sql, E'\n' ORDER BY h.relid) AS undo_sql
        FROM unnest(m.conrelids) AS h(relid)
        CROSS JOIN LATERAL query_audit._create_index(
            h.relid, array_to_string(m.columns, '_'), format('(%s)', c.list)) AS x
    ) AS i
    WHERE m.rows >= min_rows
      -- The index for a longer key, as it is proposed, serves this one too.
      AND NOT EXISTS (
          SELECT FROM missing AS longer
          WHERE longer.root = m.root AND cardinality(longer.columns) > cardinality(m.columns)
            AND m.sorted = ARRAY(
                SELECT u.name FROM unnest(longer.columns[1:cardinality(m.columns)]) AS u(name) ORDER BY u.name COLLATE "C"))
$$;
