-- No literal value is ever shown: not from a string, a number, a comment, a parameter, in whatever way it is written.
\set ON_ERROR_ROLLBACK off
SET client_min_messages = warning;
SELECT * FROM no_plan();
SELECT query_audit.reset();
-- The marks to be looked for, put together here so that no statement but those under test holds them.
\set mark 'zq' 'mark' 'zq'
\set number '90' '817' '263'

\ir ../traffic/literals.sql

-- All of it was seen: each statement, and findings of every rule.
SELECT cmp_ok((SELECT count(*) FROM query_audit.statements WHERE query LIKE '%plenty%'), '>=', 45::bigint, 'the statements were seen');
SELECT cmp_ok((SELECT count(*) FROM query_audit.findings WHERE rule = 'seq_scan'), '>=', 25::bigint, 'as were their scans');
SELECT is((SELECT count(DISTINCT rule) FROM query_audit.findings
           WHERE rule IN ('n_plus_one', 'duplicate_query', 'seq_scan', 'count_before_paginate')), 4::bigint,
    'and findings of four rules');

-- And none of it gives a value away.
SELECT format('SELECT is((SELECT string_agg(v::text, E''\n'') FROM query_audit.%1$I AS v WHERE lower(v::text) ~ (%2$L)), NULL, %1$L);',
              relname, :'mark' || '|' || :'number')
FROM pg_class WHERE relnamespace = 'query_audit'::regnamespace AND relkind IN ('v', 'r') ORDER BY relname \gexec
SELECT unalike(query_audit.normalize(format('SELECT %L, %s, $$%1$s$$, E''%1$s'' /* %1$s */', :'mark', :'number')), '%' || :'mark' || '%',
    'normalize()');

SELECT * FROM finish();
DROP SCHEMA literals CASCADE;
