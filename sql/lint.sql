-- lint(): what texts say against themselves, where, and what it says to input that it cannot take.
CREATE EXTENSION pg_query_audit;
\pset null '(null)'

-- Several statements, with positions in the whole text; utility statements are passed over.
SELECT statement, lint, severity, position, line_number, column_number, snippet, message
FROM query_audit.lint(E'CREATE TABLE t (id integer);\nSELECT * FROM t\n  WHERE name LIKE ''%x'';\n\nUPDATE t SET name = ''x'';\nDELETE FROM t WHERE id = NULL;\n');
SELECT lint, hint FROM query_audit.lint('SELECT a FROM t WHERE b NOT IN (SELECT c FROM u)');

-- Positions are characters, not bytes.
SELECT lint, position, line_number, column_number, substr(text, position, 8) AS there, snippet
FROM (SELECT E'SELECT ''\u00e9\u20ac'' FROM t WHERE id = 1;\nSELECT ''\u00e9'', a FROM t WHERE id = 1 OFFSET 5000' AS text) AS s,
    query_audit.lint(text);

-- One statement for each lint.
SELECT query, lint, severity, snippet
FROM (VALUES
    (1, 'UPDATE t SET a = 1'),
    (2, 'DELETE FROM t'),
    (3, 'SELECT a FROM t WHERE id = NULL'),
    (4, 'SELECT a FROM t WHERE id = 1 AND b NOT IN (SELECT c FROM u)'),
    (5, 'SELECT t.a FROM t, u WHERE t.id = 1'),
    (6, 'SELECT a FROM t NATURAL JOIN u WHERE id = 1'),
    (7, 'SELECT t.a FROM t LEFT JOIN u ON u.id = t.id WHERE u.kind = 1'),
    (8, 'SELECT a FROM t WHERE name ILIKE ''%x%'''),
    (9, 'SELECT a FROM t WHERE lower(email) = ''x'''),
    (10, 'SELECT a FROM t WHERE b = 1 ORDER BY a LIMIT 10 OFFSET 1000'),
    (11, 'SELECT a FROM t WHERE b = 1 LIMIT 10'),
    (12, 'SELECT DISTINCT ON (b) b, a FROM t WHERE c = 1'),
    (13, 'SELECT a FROM t WHERE b = 1 ORDER BY random() LIMIT 1'),
    (14, 'SELECT (SELECT count(*) FROM t WHERE b = 1) > 0'),
    (15, 'SELECT a FROM t'),
    (16, 'SELECT * FROM t WHERE id = 1'),
    (17, 'INSERT INTO t VALUES (1)')) AS v(number, query), query_audit.lint(query)
ORDER BY number, position;

-- Nothing to say: by key, counted, paged, EXISTS, nothing at all, and what is no query.
SELECT query, lint
FROM (VALUES
    ('SELECT a, b FROM t WHERE id = 1'), ('SELECT count(*) FROM t'), ('SELECT EXISTS (SELECT * FROM t)'),
    ('SELECT a FROM t WHERE (a, b) > (1, 2) ORDER BY a, b LIMIT 20'), ('INSERT INTO u (a) SELECT a FROM t'),
    (''), (';'), ('-- nothing'), ('BEGIN; COMMIT'), ('CREATE TABLE u AS SELECT * FROM t'),
    ('CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC DELETE FROM t; SELECT 1; END'),
    ('DO $$ BEGIN DELETE FROM t; END $$')) AS v(query), query_audit.lint(query);
SELECT count(*) FROM query_audit.lint(NULL);

-- What is too large to parse is said, and is no error; utility statements of any size are passed over.
SELECT statement, lint, severity, position, snippet, message
FROM query_audit.lint('INSERT INTO t (a) VALUES (''' || repeat('x', 40000) || ''');
DO $$' || repeat(' ', 40000) || '$$; SELECT ' || repeat('(', 300) || '1' || repeat(')', 300));

-- What does not parse is an error, with the position in the text, and in its statement for psql.
SELECT lint FROM query_audit.lint(E'SELECT 1;\nSELECT a\nFRM t WHERE;\nSELECT 2');
SELECT lint FROM query_audit.lint('SELECT 1; SELEC 2');
SELECT lint FROM query_audit.lint('SELECT ''not closed');
SELECT lint FROM query_audit.lint('\set x 1');
SELECT lint FROM query_audit.lint('SELECT (1');

-- For a build that has to fail.
SELECT query_audit.check_lint('SELECT a FROM t WHERE id = 1') IS NOT NULL AS passed;
SELECT query_audit.check_lint('SELECT * FROM t') IS NOT NULL AS passed;
SELECT query_audit.check_lint('SELECT * FROM t', 'info');
SELECT query_audit.check_lint(E'SELECT 1;\nSELECT a FROM t WHERE b = NULL LIMIT 5;\nDELETE FROM t');
SELECT query_audit.check_lint('SELECT a FROM t WHERE b = NULL', 'critical') IS NOT NULL AS passed;
SELECT query_audit.check_lint('DELETE FROM t', 'critical');
SELECT query_audit.check_lint('SELECT 1', 'fatal');
SELECT query_audit.check_lint('SELEC 1');

DROP EXTENSION pg_query_audit;
