\echo Use "CREATE EXTENSION pg_query_audit" to load this file. \quit

-- Whoever owns the schema may put functions of the same names beside those of the extension.
DO $$
DECLARE
    holder text;
BEGIN
    SELECT r.rolname INTO holder
    FROM pg_catalog.pg_namespace AS n
    JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
    WHERE n.nspname OPERATOR(pg_catalog.=) 'query_audit' AND NOT r.rolsuper;
    IF FOUND THEN
        RAISE EXCEPTION 'schema query_audit is there already, and belongs to %, who is no superuser', holder
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Drop or rename it, or make a superuser its owner.';
    END IF;
END
$$;

-- Everyone may look: rows of other roles show neither text nor fingerprint nor relation, as the functions see to.
GRANT USAGE ON SCHEMA query_audit TO PUBLIC;
