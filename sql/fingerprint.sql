-- fingerprint() and normalize(): what makes two statements the same, and what they say to input that they cannot take.
CREATE EXTENSION pg_query_audit;

-- A fingerprint is 16 hexadecimal digits, the same every time.
SELECT query_audit.fingerprint('SELECT 1') ~ '^[0-9a-f]{16}$' AS well_formed,
       query_audit.fingerprint('SELECT 1') = query_audit.fingerprint('SELECT 1') AS stable;

-- The same statement, however it is written.
SELECT other, query_audit.fingerprint('SELECT a, b FROM t WHERE id = 1 AND kind = ''x''')
           = query_audit.fingerprint(other) AS same
FROM (VALUES
    ('SELECT a, b FROM t WHERE id = 2 AND kind = ''another'''),
    ('SELECT a, b FROM t WHERE id = $1 AND kind = $2'),
    ('select  a ,b from T where ID=1 and Kind=''x'''),
    ('SELECT a, b FROM t WHERE id = 1 /* of user 7 */ AND kind = ''x'' -- route:orders'),
    ('/*traceparent=''00-aa-bb-01''*/ SELECT a, b FROM t WHERE id = 1 AND kind = ''x'';'),
    ('SELECT a, b FROM t WHERE id = 1 AND kind = $$x$$'),
    ('SELECT a, b FROM t WHERE id = 1.5 AND kind = E''\x41''')
) AS v(other);

-- Not the same statement.
SELECT other, query_audit.fingerprint('SELECT a, b FROM t WHERE id = 1')
           = query_audit.fingerprint(other) AS same
FROM (VALUES
    ('SELECT a, b FROM u WHERE id = 1'),
    ('SELECT a, b FROM s.t WHERE id = 1'),
    ('SELECT a, b FROM "T" WHERE id = 1'),
    ('SELECT a, b FROM t WHERE key = 1'),
    ('SELECT a, b FROM t WHERE id > 1'),
    ('SELECT a, b FROM t WHERE id = 1 ORDER BY a'),
    ('SELECT a, b FROM t WHERE id = 1 FOR UPDATE'),
    ('DELETE FROM t WHERE id = 1')
) AS v(other);

-- Lists of any length are one statement, and so is a look-up by one value: libpg_query does not tell them apart.
SELECT query_audit.fingerprint('SELECT a, b FROM t WHERE id = 1')
           = ALL (ARRAY[query_audit.fingerprint('SELECT a, b FROM t WHERE id IN (1, 2)'),
                        query_audit.fingerprint('SELECT a, b FROM t WHERE id = ANY ($1)')]) AS same;
SELECT query_audit.fingerprint('SELECT a FROM t WHERE id IN (1, 2)')
     = query_audit.fingerprint('SELECT a FROM t WHERE id IN ($1, $2, $3, $4)') AS in_lists,
       query_audit.fingerprint('INSERT INTO t (a, b) VALUES (1, 2)')
     = query_audit.fingerprint('INSERT INTO t (a, b) VALUES (1, 2), (3, 4), (5, 6)') AS values_lists;

-- normalize() leaves no literal and no comment.
SELECT query_audit.normalize(query)
FROM (VALUES
    ('SELECT a FROM t WHERE id = 42 AND name = ''O''''Reilly'''),
    ('SELECT a FROM t WHERE id = $1 AND kind = ''x'''),
    ('SELECT a FROM t WHERE id IN (1, 2, 3) LIMIT 10'),
    ('SELECT a /* secret: 42 */ FROM t -- secret 43' || chr(10) || 'WHERE id = 44'),
    ('SELECT a FROM t WHERE j ->> ''key'' = $tag$value$tag$ AND d > DATE ''2020-01-01'''),
    ('SELECT a FROM t WHERE x = 1.5e3 AND y = -7 AND z = B''101'' AND b = X''ff'''),
    ('SELECT a FROM t WHERE s = E''tab\there'' AND u = U&''d\0061t\+000061'''),
    ('INSERT INTO t (a, b) VALUES (1, ''secret''), (2, ''more'') RETURNING id'),
    ('UPDATE t SET a = a + 1, b = NULL, c = true WHERE id = 3'),
    ('DELETE FROM t USING u WHERE t.id = u.id AND u.kind = ''x'''),
    ('MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN UPDATE SET a = 5 WHEN NOT MATCHED THEN DO NOTHING'),
    ('SELECT "Größe" FROM "tab le" WHERE "Größe" = ''größer'''),
    ('SELECT a FROM t WHERE id = 1;'),
    ('VALUES (1, ''a'')'),
    ('TABLE t'),
    ('WITH c AS (SELECT 1 AS one) SELECT one FROM c')
) AS v(query);

-- A normalized statement has the fingerprint of the one it was made from, and normalizing again changes nothing.
SELECT bool_and(query_audit.fingerprint(query_audit.normalize(query)) = query_audit.fingerprint(query)) AS same_statement,
       bool_and(query_audit.normalize(query_audit.normalize(query)) = query_audit.normalize(query)) AS stays_as_it_is
FROM (VALUES
    ('SELECT a FROM t WHERE id = 42 AND name = ''x'' ORDER BY b LIMIT 10'),
    ('SELECT count(*) FROM (SELECT DISTINCT a FROM t WHERE id IN (1, 2, 3)) AS s'),
    ('INSERT INTO t (a, b) VALUES (1, ''secret'')'),
    ('UPDATE t SET a = 5 WHERE id = 3'),
    ('DELETE FROM t WHERE id = 3')
) AS v(query);

-- Nothing in, nothing out.
SELECT query_audit.fingerprint(NULL) IS NULL AS fingerprint, query_audit.normalize(NULL) IS NULL AS normalized;

-- What does not parse: where, and what to give instead. The position counts characters, not bytes.
SELECT query_audit.fingerprint('SELECT a FORM t');
SELECT query_audit.fingerprint('SELECT ''ää'' AS "größe" FORM t');
SELECT query_audit.normalize('SELECT * FROM t WHERE');
SELECT query_audit.normalize('SELECT ''never closed');
SELECT query_audit.normalize('no SQL at all');

-- What is no single SELECT, INSERT, UPDATE, DELETE or MERGE.
SELECT query_audit.fingerprint('CREATE TABLE t (a integer)');
SELECT query_audit.fingerprint('BEGIN');
SELECT query_audit.normalize('SET password_encryption = ''x''');
SELECT query_audit.normalize('COPY t FROM STDIN');
SELECT query_audit.normalize('EXPLAIN SELECT 1');
SELECT query_audit.fingerprint('SELECT 1; SELECT 2');
SELECT query_audit.fingerprint('');
SELECT query_audit.fingerprint('   -- a comment alone');

-- What is too large, or nested too deeply, is not given to the parser.
SELECT query_audit.fingerprint('SELECT ''' || repeat('x', 40000) || '''');
SELECT query_audit.normalize('SELECT ' || repeat('(', 2000) || '1' || repeat(')', 2000));
SET pg_query_audit.max_parse_size = '64kB';
SELECT query_audit.fingerprint('SELECT ''' || repeat('x', 40000) || '''')
     = query_audit.fingerprint('SELECT ''x''') AS parsed_with_a_larger_limit;
SET pg_query_audit.max_parse_size = '1kB';
SELECT query_audit.normalize('SELECT ''' || repeat('x', 1024) || '''');
RESET pg_query_audit.max_parse_size;

-- An error leaves the session as it was.
SELECT query_audit.normalize('SELECT 1') AS after_errors;
