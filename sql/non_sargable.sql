-- non_sargable: an index is there, and the condition keeps it from being used.
CREATE EXTENSION pg_query_audit;
CREATE TABLE accounts (id integer PRIMARY KEY, email text, number bigint, opened timestamp, code char(12), city text COLLATE "C",
                       label text, plain text, data jsonb);
INSERT INTO accounts SELECT i, 'Mail' || i || '@example.com', i, timestamp '2000-01-01' + i * interval '1 hour', 'c' || i,
                            'city ' || i, 'label ' || i, 'plain ' || i, jsonb_build_object('k', i)
FROM generate_series(1, 20000) AS i;
CREATE INDEX accounts_email_idx ON accounts (email);
CREATE INDEX accounts_number_idx ON accounts (number);
CREATE INDEX accounts_opened_idx ON accounts (opened);
CREATE INDEX accounts_code_idx ON accounts (code);
CREATE INDEX accounts_city_idx ON accounts (city);
CREATE INDEX accounts_label_idx ON accounts (label COLLATE "en-x-icu");
CREATE INDEX accounts_half_idx ON accounts (plain) WHERE id < 0;
CREATE INDEX accounts_data_idx ON accounts USING gin (data);
ANALYZE accounts;
SET max_parallel_workers_per_gather = 0;
\set found 'SELECT rule, evidence ->> ''index'' AS index, evidence ->> ''cause'' AS cause, evidence ->> ''filter'' AS filter, substring(fix_sql FROM '' ON (.*?);\n'') AS "on" FROM query_audit.findings WHERE rule IN (''leading_wildcard'', ''non_sargable'', ''seq_scan'', ''stale_statistics'', ''unindexed_sort'', ''wide_result'') AND datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY query COLLATE "C", rule'

-- To be flagged, and not as a scan.

SET application_name = 'function';
\o /dev/null
SELECT id AS a FROM accounts WHERE lower(email) = 'mail7@example.com';
SELECT id AS b FROM accounts WHERE upper(email) LIKE 'MAIL77%';
SELECT id AS c FROM accounts WHERE number + 1 = 8;
SELECT id AS d FROM accounts WHERE date_trunc('day', opened) = '2000-01-03';
SELECT id AS e FROM accounts WHERE email || '' = 'Mail7@example.com';
SELECT id AS f FROM accounts WHERE 'mail7@example.com' = lower(email);
\o
:found;
SELECT severity, confidence, advice, evidence ->> 'growth' AS growth FROM query_audit.findings
WHERE rule IN ('leading_wildcard', 'non_sargable', 'seq_scan', 'stale_statistics', 'unindexed_sort', 'wide_result')
  AND datname = current_database() AND application_name = 'function' AND query LIKE '% AS a %';

SET application_name = 'cast';
\o /dev/null
SELECT id AS a FROM accounts WHERE number::text = '7';
SELECT id AS b FROM accounts WHERE opened::date = '2000-01-03';
SELECT id AS c FROM accounts WHERE CAST(email AS varchar(5)) = 'Mail7';
\o
:found;

SET application_name = 'parameter type';
\o /dev/null
SELECT id AS a FROM accounts WHERE number = 7.0;
PREPARE by_numeric(numeric) AS SELECT id AS b, email FROM accounts WHERE number = $1;
EXECUTE by_numeric(7);
PREPARE by_text(text) AS SELECT id AS c FROM accounts WHERE code = $1;
EXECUTE by_text('c7');
PREPARE by_list(numeric[]) AS SELECT id AS d, number FROM accounts WHERE number = ANY ($1);
EXECUTE by_list('{7, 8}');
SELECT id AS e FROM accounts WHERE opened = timestamptz '2000-01-03 00:00:00+00' AND number = 7.5;
\o
:found;
SELECT advice FROM query_audit.findings
WHERE rule IN ('leading_wildcard', 'non_sargable', 'seq_scan', 'stale_statistics', 'unindexed_sort', 'wide_result')
  AND datname = current_database() AND application_name = 'parameter type' AND query LIKE '% AS a %';

SET application_name = 'collation';
\o /dev/null
SELECT id AS a FROM accounts WHERE city = 'city 7' COLLATE "en-x-icu";
SELECT id AS b FROM accounts WHERE label LIKE 'label 77%';
SELECT id AS c FROM accounts WHERE label = 'label 7';
\o
:found;

-- To be left alone by this rule.

SET application_name = 'others';
\o /dev/null
SELECT id AS a FROM accounts WHERE email = 'Mail7@example.com';
SELECT id AS b FROM accounts WHERE number = 7::int;
SELECT id AS c FROM accounts WHERE city LIKE 'city 77%';
SELECT id AS d FROM accounts WHERE lower(email) <> 'x';
SELECT id AS e FROM accounts WHERE lower(email) > 'a';
\o
:found;

SET application_name = 'no index leads with the column';
\o /dev/null
SELECT id AS a FROM accounts WHERE lower(plain) = 'plain 7';
SELECT id AS b FROM accounts WHERE data ->> 'k' = '7';
\o
:found;

SET application_name = 'an index of the expression';
CREATE INDEX accounts_lower_idx ON accounts (lower(email));
ANALYZE accounts;
SELECT id FROM accounts WHERE lower(email) = 'mail7@example.com' \g /dev/null
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT id, email FROM accounts WHERE lower(email) = 'mail7@example.com' \g /dev/null
RESET enable_indexscan;
RESET enable_bitmapscan;
:found;

-- The remedies run as they are, and the scan is gone.
DROP INDEX accounts_lower_idx;
SELECT DISTINCT split_part(fix_sql, E';\n', 1) FROM query_audit.findings
WHERE rule IN ('leading_wildcard', 'non_sargable', 'seq_scan', 'stale_statistics', 'unindexed_sort', 'wide_result')
  AND datname = current_database() AND application_name IN ('function', 'cast') AND fix_sql IS NOT NULL ORDER BY 1 \gexec
ANALYZE accounts;
SET application_name = 'after the remedies';
SELECT id FROM accounts WHERE lower(email) = 'mail7@example.com';
SELECT id FROM accounts WHERE number::text = '7';
SELECT id FROM accounts WHERE opened::date = '2000-01-03' ORDER BY id LIMIT 1;
:found;

-- No index answers = ANY (column), where what an array contains can be asked for; a GIN index that is there is named.
CREATE TABLE "Tagged" AS SELECT i AS id, ARRAY['t' || i, 'all'] AS "Tags", i || ' note' AS note FROM generate_series(1, 20000) AS i;
ANALYZE "Tagged";
\set advice 'SELECT rule, evidence ->> ''filter'' AS filter, evidence ->> ''cause'' AS cause, fix_sql, advice FROM query_audit.findings WHERE application_name = current_setting(''application_name'') AND rule IN (''seq_scan'', ''non_sargable'') AND datname = current_database()'
\x on
SET application_name = 'an array without an index';
SELECT id FROM "Tagged" WHERE 't7' = ANY ("Tags");
:advice;
CREATE INDEX "By tags" ON "Tagged" USING gin ("Tags");
SET application_name = 'an array with an index';
SELECT id FROM "Tagged" WHERE 't7' = ANY ("Tags");
:advice;
SET application_name = 'arrays that are left alone';
SELECT id FROM "Tagged" WHERE "Tags" @> ARRAY['t7'];
SELECT count(*) FROM "Tagged" WHERE 'all' = ANY ("Tags");
:advice;
SELECT id FROM "Tagged" WHERE NOT 'all' = ALL ("Tags") AND id < 2;
SELECT rule, evidence ->> 'cause' AS cause FROM query_audit.findings WHERE application_name = current_setting('application_name') AND rule IN ('seq_scan', 'non_sargable');
\x off
