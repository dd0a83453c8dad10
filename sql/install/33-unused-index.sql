-- unused_index.
CREATE FUNCTION query_audit._unused_index(
    min_size_kb bigint, min_days integer, OUT severity text, OUT relation text, OUT object text, OUT detail text,
    OUT size_bytes bigint, OUT fix_sql text, OUT undo_sql text)
    RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    WITH counted AS MATERIALIZED (
        -- A database whose counters were never reset has no time. After a crash all counters begin anew, and those of
        -- the cluster say when that was.
        SELECT coalesce(pg_stat_get_db_stat_reset_time(d.oid),
                        least((SELECT stats_reset FROM pg_stat_bgwriter), (SELECT stats_reset FROM pg_stat_archiver),
                              (SELECT stats_reset FROM pg_stat_wal))) AS since
        FROM pg_database AS d WHERE d.datname = current_database()
    ), superfluous AS MATERIALIZED (
        SELECT * FROM query_audit._superfluous_indexes()
    ), found AS (
        -- Partitions' own indexes of one definition are one finding, and used when one of them is.
        SELECT i.root, min(i.relid) AS relid, count(*) AS indexes, min(i.indexrelid) AS first,
               array_agg(i.indexrelid ORDER BY i.indexrelid) AS all_of_them, sum(i.bytes)::bigint AS bytes,
               bool_or(i.keys::text ~ '\(') AS has_expression
        FROM query_audit._schema_indexes() AS i
        WHERE i.top AND i.usable AND NOT i.is_unique AND NOT i.pinned
          AND NOT EXISTS (SELECT FROM superfluous AS s WHERE i.indexrelid IN (s.superfluous, s.keeper))
          -- Whether a foreign key's index pays is not told by scans: it is there for the DELETE that may come.
          AND NOT EXISTS (
              SELECT FROM pg_constraint AS f
              WHERE f.conrelid = i.relid AND f.contype = 'f' AND i.predicate IS NULL
                AND ARRAY(SELECT c FROM unnest(i.columns[1:cardinality(f.conkey)]) AS c ORDER BY c COLLATE "C") =
                    ARRAY(SELECT a.attname::text FROM pg_attribute AS a
                          WHERE a.attrelid = f.conrelid AND a.attnum = ANY (f.conkey) ORDER BY a.attname))
        GROUP BY i.root, i.method, i.keys, i.options, i.included, i.storage,
                 CASE WHEN i.relid = i.root THEN i.indexrelid END,
                 CASE WHEN i.predicate IS NOT NULL THEN i.indexrelid END
        HAVING sum(i.scans) = 0
    )
    SELECT CASE WHEN pg_is_in_recovery() THEN 'info' ELSE 'warning' END, t.relation, n.name,
           format('No scan since the statistics were reset %s days ago. ', extract(day FROM now() - c.since)) ||
           CASE WHEN pg_is_in_recovery()
                THEN 'Only this standby''s own scans are counted here; ask the primary and the others too.'
                ELSE 'Standbys count their own scans; ask them too.' END ||
           CASE WHEN f.has_expression THEN ' The planner may use the statistics of its expression all the same.'
                ELSE '' END ||
           CASE WHEN f.indexes > 1 THEN format(' So it is in %s partitions or tables that inherit.', f.indexes)
                ELSE '' END,
           f.bytes, d.fix_sql, d.undo_sql
    FROM counted AS c
    CROSS JOIN found AS f
    JOIN query_audit._schema_tables() AS t ON t.relid = CASE WHEN f.indexes > 1 THEN f.root ELSE f.relid END
    CROSS JOIN LATERAL (
        SELECT format('%I.%I', s.nspname, r.relname) AS name
        FROM pg_class AS r JOIN pg_namespace AS s ON s.oid = r.relnamespace WHERE r.oid = f.first
    ) AS n
    CROSS JOIN LATERAL (
        SELECT string_agg(x.fix_sql, E'\n' ORDER BY o) AS fix_sql,
               string_agg(x.undo_sql, E'\n' ORDER BY o) AS undo_sql
        FROM unnest(f.all_of_them) AS o CROSS JOIN LATERAL query_audit._drop_index(o) AS x
    ) AS d
    WHERE f.bytes >= min_size_kb * 1024 AND c.since <= now() - make_interval(days => min_days)
$$;
