# What runs inside a statement is counted at its own level, whoever calls it and however it ends; and what is measured
# does not depend on the plan.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = audited_cluster('nesting');
my $select = 'SELECT label FROM item WHERE id = %';

$node->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, label text);
	INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 1000) AS i;
	CREATE TABLE part (id int PRIMARY KEY, item_id int REFERENCES item);
	CREATE TABLE late_part (id int PRIMARY KEY, item_id int REFERENCES item DEFERRABLE INITIALLY DEFERRED);
	CREATE TABLE large (id int, kind text);
	INSERT INTO large SELECT i, 'kind ' || i % 1000 FROM generate_series(1, 50000) AS i;
	ANALYZE;
});

sub counts_after { return counts_between($node, @_) }
sub sql { my ($text) = @_; return sub { $node->psql('postgres', $text, on_error_stop => 0) } }

# What runs inside a statement

$node->safe_psql(
	'postgres', q{
	CREATE FUNCTION labels(n int) RETURNS int LANGUAGE plpgsql AS $$
	DECLARE found text;
	BEGIN
		FOR i IN 1 .. n LOOP SELECT label INTO found FROM item WHERE id = i; END LOOP;
		RETURN n;
	END $$;
	CREATE FUNCTION label_of(wanted int) RETURNS text LANGUAGE sql VOLATILE AS
		$$ SELECT label FROM item WHERE id = wanted $$;
	CREATE FUNCTION constant_of(wanted int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
		$$ BEGIN RETURN (SELECT label FROM item WHERE id = wanted); END $$;
	CREATE PROCEDURE committing(n int) LANGUAGE plpgsql AS
		$$ BEGIN FOR i IN 1 .. n LOOP UPDATE item SET label = label WHERE id = i; COMMIT; END LOOP; END $$;
	CREATE TABLE journal (item_id int);
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN INSERT INTO journal VALUES (NEW.id); RETURN NULL; END $$;
	CREATE TABLE noted (id int);
	CREATE TRIGGER noted AFTER INSERT ON noted FOR EACH ROW EXECUTE FUNCTION note();
	CREATE TABLE late_noted (id int);
	CREATE CONSTRAINT TRIGGER late_noted AFTER INSERT ON late_noted DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW EXECUTE FUNCTION note();
	CREATE FUNCTION failing(n int) RETURNS int LANGUAGE plpgsql AS
		$$ BEGIN RETURN labels(n) / (SELECT count(*) FROM noted WHERE id < 0); END $$;
	CREATE FUNCTION survive(n int) RETURNS int LANGUAGE plpgsql AS $$
	DECLARE caught int := 0;
	BEGIN
		FOR i IN 1 .. n LOOP
			BEGIN
				PERFORM 1 / (id - id) FROM item WHERE id = i;
			EXCEPTION WHEN division_by_zero THEN caught := caught + 1;
			END;
		END LOOP;
		RETURN caught;
	END $$;
});

is(counts_after($select, sql('SELECT labels(20)')), '20|20|0 1|20', 'statements of a PL/pgSQL function are nested');
is(findings_of($node), '', 'and take no part in sequences');
is(counts_after($select, sql('BEGIN; SELECT label_of(i) FROM generate_series(1, 10) AS i; COMMIT')),
	'10|10|0 1|10', 'statements of an SQL function are nested');
is(counts_after("%$select", sql('SELECT constant_of(1); SELECT constant_of(2)')),
	'2|2|0 2|2', 'statements of a function that the planner calls are nested');
is(counts_after("%$select", sql('PREPARE p AS SELECT constant_of(3); EXECUTE p; EXECUTE p')),
	'1|1|0 2|1', 'also when EXECUTE has the plan made');
is(counts_after("%$select", sql('BEGIN; DECLARE c CURSOR FOR SELECT constant_of(4); FETCH c; COMMIT')),
	'1|1|0 1|1', 'or DECLARE CURSOR');
is(counts_after('INSERT INTO journal%', sql('INSERT INTO noted SELECT generate_series(1, 10)')),
	'10|10|0 1|10', 'statements of a trigger are nested');
is(counts_after('INSERT INTO journal%', sql('BEGIN; INSERT INTO late_noted SELECT generate_series(1, 10); COMMIT')),
	'10|10|0 1|10', 'those of a trigger deferred to COMMIT too');
is(findings_of($node), '', 'and so they are no loop');
my $check = '%FOR KEY SHARE%';
is(counts_after($check, sql('INSERT INTO part SELECT i, i FROM generate_series(1, 50) AS i')),
	'50|50|0 1|50', 'foreign-key checks are nested');
is( counts_after($check, sql('BEGIN; INSERT INTO late_part SELECT i, i FROM generate_series(1, 50) AS i; COMMIT')),
	'50|50|0 1|50', 'foreign-key checks deferred to COMMIT are nested');
is(findings_of($node), '', 'and no N+1');
my $wire = connect_wire($node);
is( counts_after($check, sub { $wire->execute($_) for 'BEGIN', 'UPDATE late_part SET item_id = 51 - item_id', 'COMMIT' }),
	'50|50|0 1|50', 'by the extended protocol too');
$wire->close;
is(counts_after('UPDATE item%', sql('CALL committing(10)')), '10|10|0 0|10', 'CALL with commits inside: all nested');
is(counts_after($select, sql('DO $$ BEGIN PERFORM labels(5); END $$')), '5|5|0 0|6', 'DO: all nested, both levels');

# Errors

my $division = 'SELECT % / (id - %) FROM item%';
is(counts_after($division, sql('SELECT 1 / (id - 500) FROM item')), '0|0|1 1|0', 'an error midway is counted as one');
is(counts_after($division, sql("BEGIN; SELECT 1 / (id - 500) FROM item; ROLLBACK; " . look_ups(1))),
	'0|0|1 2|0', 'an error in a transaction block too');
is(counts_after($select, sql('SELECT survive(100); ' . look_ups(1 .. 3))),
	'3|3|0 4|100', 'after 100 caught errors a top-level statement is at the top level');
is(counts_after('SELECT % / (id - id)%', sql('SELECT survive(100)')), '0|0|100 1|100', 'caught errors are counted');
is( counts_after($select, sql('SELECT labels(4) / 0; SELECT failing(3); ' . look_ups(1 .. 4))),
	'11|11|0 6|8',
	'after an error inside a function a top-level statement is at the top level');
is( counts_after('SELECT pg_sleep%', sql("SET statement_timeout = '100ms'; SELECT pg_sleep(60) FROM item")),
	'0|0|1 1|0', 'a statement that ran into statement_timeout is an error');
is( counts_after(
		$select,
		sql('BEGIN; SAVEPOINT s; SELECT 1 / (id - 500) FROM item; ROLLBACK TO s; ' . look_ups(1, 2) .
			  'SAVEPOINT t; ' . look_ups(3) . 'ROLLBACK TO t; ' . look_ups(4) . 'COMMIT')),
	'4|4|0 5|0',
	'savepoints: what failed is an error, what was rolled back ran');

# Plans

my $parallel = 'SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
	SET max_parallel_workers_per_gather = 2; ';
my $rare = "SELECT id FROM large WHERE kind = 'kind 7'";
like($node->safe_psql('postgres', "$parallel EXPLAIN $rare"), qr/Parallel Seq Scan/, 'the plan is parallel');
is(counts_after('SELECT id FROM large%', sql("$parallel $rare")), '1|50|0 1|0', 'a parallel plan counts once');
is( read_audit($node, "SELECT rows_read, seq_scans FROM query_audit.statements WHERE query LIKE 'SELECT id FROM large%'"),
	'50000|1',
	'and its workers\' rows are its rows');
is( read_audit($node, "SELECT evidence->>'rows_read', evidence->>'rows_removed' FROM query_audit.findings
                       WHERE rule = 'seq_scan'"),
	'50000|49950',
	'in the finding as well');
is(counts_after('SELECT id FROM large%', sql($rare)), '1|50|0 1|0', 'the plan without workers counts the same');
is(read_audit($node, "SELECT rows_read FROM query_audit.statements WHERE query LIKE 'SELECT id FROM large%'"),
	'50000', 'with the same rows');

$node->safe_psql(
	'postgres', q{CREATE FUNCTION rare() RETURNS bigint LANGUAGE plpgsql AS
		$$ BEGIN RETURN (SELECT count(*) FROM large WHERE kind = 'kind 7'); END $$});
counts_after('%', sql('SELECT rare()'));
is( read_audit($node, "SELECT rule, application_name, evidence->>'nested' FROM query_audit.findings"),
	'seq_scan|nesting.pl|1',
	'a scan inside a function is a finding of the application that calls it');

# Utility statements around a query

my $ten = join '', map { "EXPLAIN (ANALYZE, COSTS OFF) SELECT label FROM item WHERE id = $_;\n" } 1 .. 10;
like(counts_after($select, sql("BEGIN; $ten COMMIT")), qr/ 0\|10$/, 'EXPLAIN ANALYZE runs nothing of the client\'s own');
like(counts_after('%', sql("BEGIN; EXPLAIN SELECT label FROM item WHERE id = 1; COMMIT")),
	qr/^0\|0\|0 0\|0$/, 'EXPLAIN alone runs nothing');
my $utilities = "COPY ($rare) TO STDOUT; CREATE TABLE few AS $rare; CREATE MATERIALIZED VIEW seldom AS $rare;
	REFRESH MATERIALIZED VIEW seldom; EXPLAIN ANALYZE $rare;";
like(counts_after('SELECT id FROM large%', sql($utilities)), qr/ 0\|5$/, 'COPY, CREATE TABLE AS, REFRESH: not the client\'s');
is(findings_of($node), '', 'and none of them is a finding');

# Writes

is( counts_after(
		'WITH gone AS%', sql('WITH gone AS (DELETE FROM journal WHERE item_id <= 3 RETURNING *) SELECT count(*) FROM gone')),
	'1|1|0 1|0', 'a data-modifying WITH is one statement with the rows it returns');
is(counts_after('INSERT INTO journal%', sql('INSERT INTO journal VALUES (101), (102), (103) RETURNING item_id')),
	'1|3|0 1|0', 'rows of RETURNING');
is( counts_after(
		'MERGE INTO item%',
		sql("MERGE INTO item AS i USING generate_series(998, 1002) AS s ON i.id = s
			WHEN MATCHED THEN UPDATE SET label = 'merged' WHEN NOT MATCHED THEN INSERT VALUES (s, 'new')")),
	'1|5|0 1|0',
	'rows of MERGE');

is(read_audit($node, 'SELECT faults, drops FROM query_audit.status'), '0|0', 'no faults, nothing dropped');
done_testing();
