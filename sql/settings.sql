-- The settings: what there is, what each takes and refuses, who may change it, and that it does what it says.
CREATE EXTENSION pg_query_audit;

SELECT name, context, vartype, unit, min_val, max_val, boot_val FROM pg_settings
WHERE name IN ('pg_query_audit.burst_gap_max', 'pg_query_audit.burst_gap_min', 'pg_query_audit.disabled_rules',
               'pg_query_audit.enabled', 'pg_query_audit.max_cache_candidates', 'pg_query_audit.max_connection_kinds', 'pg_query_audit.max_findings', 'pg_query_audit.max_parse_size',
               'pg_query_audit.max_statements', 'pg_query_audit.max_table_scans', 'pg_query_audit.max_traces',
               'pg_query_audit.max_units', 'pg_query_audit.save', 'pg_query_audit.text_memory', 'pg_query_audit.track_lineage')
ORDER BY name;
SELECT name, context, vartype, min_val, max_val, boot_val FROM pg_settings
WHERE name ~ '^pg_query_audit\.(count_before_paginate|duplicate_query|n_plus_one|seq_scan)_' ORDER BY name;

-- Each is described; there is none beside these and the rules' thresholds.
SELECT count(*) FILTER (WHERE short_desc !~ '^[A-Z].*\.$') AS not_described,
       count(*) FILTER (WHERE category <> 'Customized Options') AS elsewhere
FROM pg_settings WHERE name LIKE 'pg\_query\_audit.%';
SELECT count(*) AS neither_here_nor_of_a_rule FROM pg_settings AS s
WHERE name LIKE 'pg\_query\_audit.%'
  AND name !~ '\.(burst_gap_m(ax|in)|disabled_rules|enabled|max_(cache_candidates|connection_kinds|findings|parse_size|statements|table_scans|traces|units)|save|text_memory|track_lineage)$'
  AND NOT EXISTS (SELECT FROM query_audit.rules AS r, jsonb_each(r.thresholds) AS t(threshold, values)
                  WHERE values ->> 'setting' = s.name);

-- Every number takes its bounds, and refuses what is beyond them.
CREATE FUNCTION sqlstate_of_set(name text, value text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config(name, value, true);
    RETURN '00000';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SELECT count(*) > 8 AS several,
       bool_and(sqlstate_of_set(name, min_val) = '00000') AS takes_its_least,
       bool_and(sqlstate_of_set(name, max_val) = '00000') AS takes_its_most,
       bool_and(sqlstate_of_set(name, (min_val::bigint - 1)::text) = '22023') AS refuses_less,
       bool_and(sqlstate_of_set(name, (max_val::bigint + 1)::text) = '22023') AS refuses_more,
       bool_and(sqlstate_of_set(name, 'many') = '22023') AS refuses_words
FROM pg_settings WHERE name LIKE 'pg\_query\_audit.%' AND vartype = 'integer' AND context = 'superuser';
SELECT name, setting FROM pg_settings
WHERE name LIKE 'pg\_query\_audit.%' AND setting IS DISTINCT FROM boot_val ORDER BY name;

-- Bad values, as a user meets them. From version 17 on the server writes the units of bounds too.
SET pg_query_audit.enabled = 'perhaps';
CREATE FUNCTION message_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN regexp_replace(sqlerrm, '\((\d+) (?:ms|kB) \.\. (\d+) (?:ms|kB)\)', '(\1 .. \2)');
END $$;
SELECT message_of('SET pg_query_audit.burst_gap_min = 0');
SET pg_query_audit.burst_gap_max = 'soon';
SELECT message_of('SET pg_query_audit.max_parse_size = ''2MB''');
SET pg_query_audit.n_plus_one_min_calls = 1;
SET pg_query_audit.seq_scan_min_removed_percent = 101;
SET pg_query_audit.no_such_setting = 1;
SET pg_query_audit.max_statements = 100;
SET pg_query_audit.save = off;

-- Sizes need a restart, and take units.
SHOW pg_query_audit.text_memory;
SET pg_query_audit.burst_gap_max = '1s';
SHOW pg_query_audit.burst_gap_max;
RESET pg_query_audit.burst_gap_max;

-- disabled_rules: a list of the ids of rules, in any case and spacing.
SET pg_query_audit.disabled_rules = 'n_plus_one, seq_scan';
SHOW pg_query_audit.disabled_rules;
SET pg_query_audit.disabled_rules = n_plus_one, seq_scan;
SET pg_query_audit.disabled_rules = ' N_PLUS_ONE ,n_plus_one';
SELECT rule FROM query_audit.rules WHERE NOT enabled ORDER BY rule;
SET pg_query_audit.disabled_rules = '';
SELECT count(*) AS disabled FROM query_audit.rules WHERE NOT enabled;
SET pg_query_audit.disabled_rules = 'n_plus_one,,seq_scan';
SET pg_query_audit.disabled_rules = '"n_plus_one';
-- An unknown one is refused, with a list of those known, and changes nothing.
SET pg_query_audit.disabled_rules = 'seq_scan';
DO $$
DECLARE
    hint text;
    detail text;
BEGIN
    SET pg_query_audit.disabled_rules = 'n_plus_one, n_plus_two';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RAISE NOTICE '% %: %', SQLSTATE, SQLERRM, detail;
    RAISE NOTICE 'the hint lists every rule: %',
        (SELECT bool_and(hint ~ ('\m' || rule || '\M')) FROM query_audit.rules);
END $$;
SHOW pg_query_audit.disabled_rules;
RESET pg_query_audit.disabled_rules;

-- Only superusers, and those whom they let, decide what is audited.
CREATE ROLE regress_settings_plain;
CREATE ROLE regress_settings_granted;
GRANT SET ON PARAMETER pg_query_audit.enabled TO regress_settings_granted;
SET ROLE regress_settings_plain;
SELECT count(*) > 10 AS several, bool_and(sqlstate_of_set(name, setting) = '42501') AS all_refused
FROM pg_settings WHERE name LIKE 'pg\_query\_audit.%' AND context = 'superuser';
SET pg_query_audit.enabled = off;
SET ROLE regress_settings_granted;
SET pg_query_audit.enabled = off;
RESET pg_query_audit.enabled;
RESET ROLE;
REVOKE SET ON PARAMETER pg_query_audit.enabled FROM regress_settings_granted;
DROP ROLE regress_settings_plain, regress_settings_granted;

-- What they do.
CREATE TABLE things (id integer PRIMARY KEY, name text);
INSERT INTO things SELECT i, 'thing ' || i FROM generate_series(1, 100) AS i;
PREPARE look_up(integer) AS SELECT name FROM things WHERE id = $1;
\set seen 'SELECT rule, calls, severity FROM query_audit.findings WHERE datname = current_database() AND application_name = current_setting(''application_name'') ORDER BY rule, calls'

-- enabled: nothing is seen of a session that is not audited.
SET application_name = 'not audited';
SET pg_query_audit.enabled = off;
SELECT statements_seen AS seen_before FROM query_audit.status \gset
\o /dev/null
BEGIN;
EXECUTE look_up(1); EXECUTE look_up(2); EXECUTE look_up(3); EXECUTE look_up(4); EXECUTE look_up(5); EXECUTE look_up(6);
COMMIT;
\o
SELECT statements_seen - :seen_before AS seen FROM query_audit.status;
:seen;
RESET pg_query_audit.enabled;

-- disabled_rules: the statements are counted, the rule says nothing; set again, it says it of what comes.
SET application_name = 'rule disabled';
SET pg_query_audit.disabled_rules = 'n_plus_one';
\o /dev/null
BEGIN;
EXECUTE look_up(1); EXECUTE look_up(2); EXECUTE look_up(3); EXECUTE look_up(4); EXECUTE look_up(5); EXECUTE look_up(6);
COMMIT;
\o
:seen;
RESET pg_query_audit.disabled_rules;
SET application_name = 'rule enabled';
\o /dev/null
BEGIN;
EXECUTE look_up(1); EXECUTE look_up(2); EXECUTE look_up(3); EXECUTE look_up(4); EXECUTE look_up(5); EXECUTE look_up(6);
COMMIT;
\o
:seen;

-- Thresholds: three look-ups are none by default, and one finding when three are enough; six can be critical.
SET application_name = 'three of five';
\o /dev/null
BEGIN;
EXECUTE look_up(1); EXECUTE look_up(2); EXECUTE look_up(3);
COMMIT;
\o
:seen;
SET application_name = 'three of three';
SET pg_query_audit.n_plus_one_min_calls = 3;
SET pg_query_audit.n_plus_one_critical_calls = 6;
\o /dev/null
BEGIN;
EXECUTE look_up(1); EXECUTE look_up(2); EXECUTE look_up(3);
COMMIT;
\o
:seen;
SET application_name = 'six are critical';
\o /dev/null
BEGIN;
EXECUTE look_up(1); EXECUTE look_up(2); EXECUTE look_up(3); EXECUTE look_up(4); EXECUTE look_up(5); EXECUTE look_up(6);
COMMIT;
\o
:seen;
RESET pg_query_audit.n_plus_one_min_calls;
RESET pg_query_audit.n_plus_one_critical_calls;

-- burst_gap_min and burst_gap_max: what a pause in autocommit separates.
SET pg_query_audit.burst_gap_min = '1ms';
SET pg_query_audit.burst_gap_max = '1ms';
SET application_name = 'pauses end bursts';
\o /dev/null
EXECUTE look_up(1); SELECT pg_sleep(0.02); EXECUTE look_up(2); SELECT pg_sleep(0.02); EXECUTE look_up(3);
SELECT pg_sleep(0.02);
\o
SELECT max(calls) AS calls_in_the_last_burst FROM query_audit.backend_statements
WHERE pid = pg_backend_pid() AND query LIKE '%FROM things%';
SET pg_query_audit.burst_gap_min = '60s';
SET application_name = 'pauses do not end bursts';
\o /dev/null
EXECUTE look_up(1); SELECT pg_sleep(0.02); EXECUTE look_up(2); SELECT pg_sleep(0.3); EXECUTE look_up(3);
\o
SELECT max(calls) AS calls_in_the_last_burst FROM query_audit.backend_statements
WHERE pid = pg_backend_pid() AND query LIKE '%FROM things%';
RESET pg_query_audit.burst_gap_min;
RESET pg_query_audit.burst_gap_max;

-- Settings can be bound to a role or a database, as any other.
ALTER DATABASE regression SET pg_query_audit.disabled_rules = 'n_plus_one';
\c -
SHOW pg_query_audit.disabled_rules;
ALTER DATABASE regression RESET pg_query_audit.disabled_rules;
