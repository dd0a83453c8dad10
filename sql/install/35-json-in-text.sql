-- json_in_text. This rule alone reads rows, and only those that its reader may read: no table whose policies would run
-- then, for they are code of its owner's, and nothing that is not a plain table.
CREATE FUNCTION query_audit._is_json_document(value text) RETURNS boolean
    LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    RETURN jsonb_typeof(value::jsonb) IN ('object', 'array');
EXCEPTION WHEN data_exception OR program_limit_exceeded OR statement_too_complex THEN
    RETURN false;
END
$$;

-- Changing the column's type, where nothing depends on it but a default and that it is not null, which later versions keep
-- as a constraint, and an index for what the documents contain.
CREATE FUNCTION query_audit._jsonb_column(table_oid oid, column_name name, OUT fix_sql text, OUT undo_sql text)
    LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    WITH RECURSIVE family AS (
        SELECT table_oid AS relid
        UNION
        SELECT i.inhrelid FROM family AS f JOIN pg_inherits AS i ON i.inhparent = f.relid
    )
    SELECT E'-- It writes the table anew; reads and writes wait meanwhile.\n' ||
           format(E'ALTER TABLE %s %sALTER COLUMN %I TYPE jsonb USING %I::jsonb%s;\n%s',
                  t.name, d.dropped, column_name, column_name, d.of_jsonb, i.fix_sql),
           format(E'%s\nALTER TABLE %s %sALTER COLUMN %I TYPE %s USING %I::text%s;',
                  i.undo_sql, t.name, d.dropped, column_name, format_type(a.atttypid, a.atttypmod), column_name, d.of_text)
    INTO fix_sql, undo_sql
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_attrdef AS e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
    CROSS JOIN LATERAL (SELECT format('%I.%I', n.nspname, c.relname) AS name) AS t
    CROSS JOIN LATERAL (
        SELECT CASE WHEN e.oid IS NULL THEN '' ELSE format('ALTER COLUMN %I DROP DEFAULT, ', column_name) END AS dropped,
               coalesce(format(', ALTER COLUMN %I SET DEFAULT (', column_name) || v.value || ')::jsonb', '') AS of_jsonb,
               coalesce(format(', ALTER COLUMN %I SET DEFAULT ', column_name) || v.value, '') AS of_text
        FROM pg_get_expr(e.adbin, e.adrelid) AS v(value)
    ) AS d
    CROSS JOIN LATERAL query_audit._create_index(
        table_oid, column_name::text, format('USING gin (%I jsonb_path_ops)', column_name)) AS i
    WHERE a.attrelid = table_oid AND a.attname = column_name
      AND NOT EXISTS (
          SELECT FROM family AS f
          JOIN pg_attribute AS o ON o.attrelid = f.relid AND o.attname = column_name
          JOIN pg_depend AS p ON p.refclassid = 'pg_class'::regclass AND p.refobjid = f.relid AND p.refobjsubid = o.attnum
          LEFT JOIN pg_constraint AS k ON p.classid = 'pg_constraint'::regclass AND k.oid = p.objid
          WHERE NOT (p.classid = 'pg_attrdef'::regclass AND p.deptype = 'a') AND k.contype IS DISTINCT FROM 'n');
END
$$;

CREATE FUNCTION query_audit._json_in_text(
    sample_rows bigint, min_values bigint, max_tables bigint, OUT severity text, OUT relation text, OUT object text,
    OUT detail text, OUT size_bytes bigint, OUT fix_sql text, OUT undo_sql text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET jit = off SET row_security = off SET lock_timeout = '200ms'
AS $$
DECLARE
    candidate record;
    column_name name;
    sample text;
    looked_at bigint;
    documents bigint;
    empty bigint;
BEGIN
    FOR candidate IN
        -- Of a family the table with the most rows stands for all.
        SELECT s.*, root.relation AS root_relation, (
                   SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_attribute AS a
                   WHERE a.attrelid = s.relid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                     AND a.atttypid IN ('text'::regtype, 'varchar'::regtype)
                     AND has_column_privilege(s.relid, a.attnum, 'SELECT')
                     -- A key is no document, whatever it looks like.
                     AND NOT EXISTS (SELECT FROM pg_index AS x WHERE x.indrelid = s.relid AND x.indisunique
                                                                AND a.attnum = ANY (x.indkey))
                     AND NOT EXISTS (SELECT FROM pg_constraint AS f WHERE f.conrelid = s.relid AND f.contype = 'f'
                                                                     AND a.attnum = ANY (f.conkey))
                     AND NOT EXISTS (SELECT FROM pg_partitioned_table AS p
                                     JOIN pg_attribute AS k ON k.attrelid = p.partrelid AND k.attnum = ANY (p.partattrs)
                                     WHERE p.partrelid = s.root AND k.attname = a.attname)) AS columns
        FROM (
            SELECT DISTINCT ON (t.root) t.*, sum(t.bytes) OVER (PARTITION BY t.root) AS family_bytes
            FROM query_audit._schema_tables() AS t
            JOIN pg_class AS c ON c.oid = t.relid
            WHERE c.relkind = 'r' AND has_schema_privilege(c.relnamespace, 'USAGE') AND NOT row_security_active(t.relid)
            ORDER BY t.root, t.bytes DESC, t.relid
        ) AS s
        JOIN query_audit._schema_tables() AS root ON root.relid = s.root
        WHERE s.bytes > 0
        ORDER BY s.family_bytes DESC, s.relid
        LIMIT max_tables
    LOOP
        -- About a hundred pages of a large table, chosen alike each time.
        sample := candidate.relation ||
            CASE WHEN candidate.bytes > 200 * current_setting('block_size')::bigint THEN
                format(' TABLESAMPLE SYSTEM (%s) REPEATABLE (0)',
                       round(1e4 * current_setting('block_size')::numeric / candidate.bytes, 6))
            ELSE '' END;
        FOREACH column_name IN ARRAY coalesce(candidate.columns, '{}') LOOP
            BEGIN
                -- What does not begin as a document is not parsed; a large value is judged by its beginning.
                EXECUTE format(
                    'SELECT count(*), count(*) FILTER (WHERE document), count(*) FILTER (WHERE document AND size = 2)
                     FROM (SELECT octet_length(v) AS size,
                                  CASE WHEN ltrim(substr(v, 1, 64), E'' \t\r\n'') !~ ''^[{[]'' THEN false
                                       WHEN octet_length(v) > 1000000 THEN true
                                       ELSE query_audit._is_json_document(v) END AS document
                           FROM (SELECT %I AS v FROM ONLY %s LIMIT %s) AS s WHERE v IS NOT NULL LIMIT %s) AS s',
                    column_name, sample, 5 * sample_rows, sample_rows)
                INTO looked_at, documents, empty;
            EXCEPTION WHEN OTHERS THEN
                -- Locked, dropped or damaged meanwhile: that is for somebody else to tell.
                CONTINUE;
            END;
            CONTINUE WHEN documents < looked_at OR looked_at < min_values OR looked_at = empty;
            severity := 'info';
            relation := candidate.root_relation;
            object := quote_ident(column_name);
            detail := format('All of %s values of column %I that were looked at are JSON documents.', looked_at, column_name) ||
                ' As jsonb they lose white space, the order of keys and all but the last of equal keys.';
            size_bytes := candidate.family_bytes;
            SELECT j.fix_sql, j.undo_sql INTO fix_sql, undo_sql
            FROM query_audit._jsonb_column(candidate.root, column_name) AS j;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;
