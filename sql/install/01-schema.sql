\echo Use "CREATE EXTENSION pg_query_audit" to load this file. \quit

-- Everyone may look: rows of other roles show neither text nor fingerprint nor relation, as the functions see to.
GRANT USAGE ON SCHEMA query_audit TO PUBLIC;
