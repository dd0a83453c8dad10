-- query_audit.status: how the extension itself is doing.
CREATE EXTENSION pg_query_audit;
SELECT evictions AS evictions_before FROM query_audit.status \gset
SELECT query_audit.reset();

-- One row, of this version, with the library preloaded.
SELECT count(*), min(version) = (SELECT extversion FROM pg_extension WHERE extname = 'pg_query_audit') AS version_matches,
       min(mode) AS mode
FROM query_audit.status;

-- After a reset nothing is counted but what came after it.
SELECT findings, table_scans, traces, evictions - :evictions_before AS evictions, drops, faults, statements <= 2 AS statements_forgotten,
       statements_seen <= 2 AS counted_from_zero, nested_seen, now() - since < interval '1 hour' AS since_is_now
FROM query_audit.status;

-- What is kept stays below what is allowed, and the defaults stay small.
SELECT statements <= statements_max AND findings <= findings_max AND text_bytes <= text_bytes_max AS within_bounds,
       memory_bytes <= 16 * 1024 * 1024 AS at_most_16_mib, text_bytes_max = 1536 * 1024 AS texts_as_set,
       statements_max, findings_max
FROM query_audit.status;

-- Top-level statements and nested ones are counted apart.
CREATE TABLE counted (id integer);
CREATE FUNCTION adds(n integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        INSERT INTO counted VALUES (i);
    END LOOP;
END $$;
SELECT statements_seen AS seen_before, nested_seen AS nested_before, faults AS faults_before FROM query_audit.status \gset
INSERT INTO counted VALUES (0);
INSERT INTO counted VALUES (1);
SELECT adds(10);
SELECT statements_seen - :seen_before AS seen, nested_seen - :nested_before AS nested, faults - :faults_before AS faults
FROM query_audit.status;

-- Utility statements are not counted; a failed statement is.
SELECT statements_seen AS seen_before FROM query_audit.status \gset
CREATE TABLE uncounted (id integer);
SET work_mem = '8MB';
BEGIN;
COMMIT;
SELECT 1 / (id - id) FROM counted;
SELECT statements_seen - :seen_before AS seen FROM query_audit.status;

-- A statement is parsed once, however often it runs; one too long to parse is counted all the same.
SELECT id FROM counted WHERE id = 1 \g /dev/null
SELECT parsed AS parsed_before, unparsed AS unparsed_before, statements_seen AS seen_before FROM query_audit.status \gset
SELECT id FROM counted WHERE id = 2 \g /dev/null
SELECT id FROM counted WHERE id = 3 \g /dev/null
SELECT id FROM counted WHERE id = 4 \g /dev/null
SELECT parsed - :parsed_before AS parsed, unparsed - :unparsed_before AS unparsed, statements_seen - :seen_before AS seen
FROM query_audit.status;
SET pg_query_audit.max_parse_size = '1kB';
SELECT format('SELECT id AS unparsed FROM counted WHERE id::text = %L', repeat('x', 2000)) AS long \gset
SELECT unparsed AS unparsed_before FROM query_audit.status \gset
:long \g /dev/null
SELECT unparsed - :unparsed_before AS unparsed, faults FROM query_audit.status;
RESET pg_query_audit.max_parse_size;
