-- redundant_index: the index that can go, the one that stays, and both as they are called.
CREATE FUNCTION query_audit._superfluous_indexes(OUT superfluous oid, OUT keeper oid, OUT same_keys boolean)
    RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    WITH indexes AS MATERIALIZED (
        SELECT * FROM query_audit._schema_indexes()
    ), covered AS MATERIALIZED (
        SELECT a.indexrelid AS a, b.indexrelid AS b, b.bytes, cardinality(a.keys) = cardinality(b.keys) AS same_keys
        FROM indexes AS a
        JOIN indexes AS b ON b.relid = a.relid AND b.indexrelid <> a.indexrelid AND b.method = a.method
        WHERE a.top AND a.usable AND b.usable AND NOT a.pinned
          AND a.predicate IS NOT DISTINCT FROM b.predicate
          AND a.keys = b.keys[1:cardinality(a.keys)]
          AND (a.options = b.options[1:cardinality(a.keys)]
               -- Backwards: the other direction, and nulls at the other end.
               OR a.method = 'btree' AND a.options = ARRAY(
                   SELECT u.option # 3 FROM unnest(b.options[1:cardinality(a.keys)]) WITH ORDINALITY AS u(option, place)
                   ORDER BY u.place))
          AND (a.method = 'btree'
               OR cardinality(a.keys) = cardinality(b.keys) AND a.storage IS NOT DISTINCT FROM b.storage)
          AND a.included <@ (array_remove(b.columns, NULL) || b.included)
          AND (NOT a.is_unique OR b.is_unique AND b.immediate AND cardinality(a.keys) = cardinality(b.keys)
                                  AND (b.nulls_not_distinct OR NOT a.nulls_not_distinct))
    ), superfluous AS MATERIALIZED (
        -- Of two that could replace each other the older one stays.
        SELECT c.a, c.b, c.same_keys, c.bytes FROM covered AS c
        WHERE c.a > c.b OR NOT EXISTS (SELECT FROM covered AS other WHERE other.a = c.b AND other.b = c.a)
    )
    SELECT DISTINCT ON (s.a) s.a, s.b, s.same_keys
    FROM superfluous AS s
    WHERE NOT EXISTS (SELECT FROM superfluous AS other WHERE other.a = s.b)
    ORDER BY s.a, s.same_keys DESC, s.bytes, s.b
$$;

CREATE FUNCTION query_audit._redundant_index(
    min_size_kb bigint, OUT severity text, OUT relation text, OUT object text, OUT detail text, OUT size_bytes bigint,
    OUT fix_sql text, OUT undo_sql text)
    RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    WITH indexes AS MATERIALIZED (
        SELECT * FROM query_audit._schema_indexes()
    ), found AS (
        -- Partitions' own indexes of one definition are one finding.
        SELECT i.root, min(i.relid) AS relid, count(*) AS indexes, min(i.indexrelid) AS first,
               array_agg(i.indexrelid ORDER BY i.indexrelid) AS all_of_them, sum(i.bytes)::bigint AS bytes,
               min(k.indexrelid) AS keeper, sum(k.bytes)::bigint AS keeper_bytes, bool_and(s.same_keys) AS same_keys
        FROM query_audit._superfluous_indexes() AS s
        JOIN indexes AS i ON i.indexrelid = s.superfluous
        JOIN indexes AS k ON k.indexrelid = s.keeper
        GROUP BY i.root, i.method, i.is_unique, i.keys, i.options, i.included, i.storage,
                 CASE WHEN i.relid = i.root THEN i.indexrelid END,
                 CASE WHEN i.predicate IS NOT NULL THEN i.indexrelid END
    )
    SELECT CASE WHEN NOT f.same_keys AND f.keeper_bytes > 4 * f.bytes THEN 'info' ELSE 'warning' END,
           t.relation, i.name,
           format(CASE WHEN f.same_keys THEN '%s has the same keys%s.' ELSE '%s begins with its keys%s.' END, k.name,
                  format(' (%s; this one has %s)', pg_size_pretty(f.keeper_bytes), pg_size_pretty(f.bytes))) ||
           CASE WHEN f.indexes > 1 THEN format(' So it is in %s partitions or tables that inherit.', f.indexes)
                ELSE '' END,
           f.bytes, d.fix_sql, d.undo_sql
    FROM found AS f
    JOIN indexes AS i ON i.indexrelid = f.first
    JOIN indexes AS k ON k.indexrelid = f.keeper
    JOIN query_audit._schema_tables() AS t ON t.relid = CASE WHEN f.indexes > 1 THEN f.root ELSE f.relid END
    CROSS JOIN LATERAL (
        SELECT string_agg(x.fix_sql, E'\n' ORDER BY o) AS fix_sql,
               string_agg(x.undo_sql, E'\n' ORDER BY o) AS undo_sql
        FROM unnest(f.all_of_them) AS o CROSS JOIN LATERAL query_audit._drop_index(o) AS x
    ) AS d
    WHERE f.bytes >= min_size_kb * 1024
$$;
