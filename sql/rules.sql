-- query_audit.rules: the rules, with their thresholds as they are set.
CREATE EXTENSION pg_query_audit;

SELECT rule, category, severity, enabled, title FROM query_audit.rules
WHERE rule IN ('count_before_paginate', 'duplicate_query', 'n_plus_one', 'seq_scan') ORDER BY rule;

SELECT rule, threshold, values ->> 'value' AS value, values ->> 'default' AS "default", values ->> 'unit' AS unit
FROM query_audit.rules, jsonb_each(thresholds) AS t(threshold, values)
WHERE rule IN ('count_before_paginate', 'duplicate_query', 'n_plus_one', 'seq_scan') ORDER BY rule, threshold;

-- Each rule says why it matters and what to do.
SELECT count(*) = count(DISTINCT rule) AS ids_are_unique,
       bool_and(rule ~ '^[a-z][a-z_0-9]*$') AS ids_are_words,
       bool_and(category IN ('sequence', 'execution', 'session', 'schema')) AS categories_are_known,
       bool_and(severity IN ('info', 'warning', 'critical')) AS severities_are_known,
       bool_and(title <> '' AND rationale ~ '\.$' AND remedy ~ '\.$') AS whole_sentences,
       bool_and(jsonb_typeof(thresholds) = 'object') AS thresholds_are_objects
FROM query_audit.rules;

-- Each threshold names its setting.
SELECT count(*) AS thresholds_without_their_setting
FROM query_audit.rules AS r, jsonb_each(r.thresholds) AS t(threshold, values)
LEFT JOIN pg_settings AS s ON s.name = values ->> 'setting'
WHERE s.name IS DISTINCT FROM 'pg_query_audit.' || r.rule || '_' || threshold
   OR s.boot_val IS DISTINCT FROM values ->> 'default' OR s.setting IS DISTINCT FROM values ->> 'value';

-- The view shows what this session has set.
SET pg_query_audit.n_plus_one_min_calls = 9;
SET pg_query_audit.disabled_rules = 'duplicate_query, seq_scan';
SELECT rule, enabled FROM query_audit.rules
WHERE rule IN ('count_before_paginate', 'duplicate_query', 'n_plus_one', 'seq_scan') ORDER BY rule;
SELECT thresholds -> 'min_calls' ->> 'value' AS value, thresholds -> 'min_calls' ->> 'default' AS "default"
FROM query_audit.rules WHERE rule = 'n_plus_one';
