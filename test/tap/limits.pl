# Everything has a cap, and a full table is never an error: the least used makes room, and that is counted.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = audited_cluster('limits', conf => qq{
pg_query_audit.max_statements = 100
pg_query_audit.max_findings = 10
pg_query_audit.max_table_scans = 10
pg_query_audit.max_units = 10
pg_query_audit.max_traces = 8
pg_query_audit.text_memory = 64kB
});
my @columns = map { "column_$_" } 'a' .. 'j';
my $columns = join ', ', map { "$_ int" } @columns;
$node->safe_psql(
	'postgres', "CREATE TABLE item (id int PRIMARY KEY, label text, $columns); CREATE TABLE large (id int, $columns);
	INSERT INTO item SELECT i, i FROM generate_series(1, 100) AS i;
	INSERT INTO large SELECT generate_series(1, 20000); ANALYZE");

# Statements that differ in more than their literals: one for each set of columns
my @conditions = map { my $n = $_; join ' AND ', map { "$columns[$_] = 1" } grep { $n >> $_ & 1 } 0 .. 9 } 1 .. 1000;
my $distinct = join '', map { "SELECT label FROM item WHERE $_;\n" } @conditions;
my $status = q{SELECT statements <= statements_max, findings <= findings_max, text_bytes <= text_bytes_max, evictions > 0, faults
	FROM query_audit.status};

reset_audit($node);
my ($exit, $out, $error) = $node->psql('postgres', $distinct);
is("$exit|$error", '0|', '1,000 statements in a table for 100: none fails');
is(read_audit($node, $status), 't|t|t|t|0', 'no cap is passed, and evictions are counted');
is(seen_counts($node), '1000|0', 'all of them were seen');
my $kept = read_audit($node, 'SELECT count(*) FROM query_audit.statements');
ok($kept >= 50 && $kept <= 100 + 48, "a table's worth of them is kept ($kept)");
$node->safe_psql('postgres', "SELECT label FROM item WHERE id = 7;\n" x 20 . $distinct . "SELECT label FROM item WHERE id = 7;\n" x 5);
is(read_audit($node, "SELECT sum(calls) >= 5, count(*) FROM query_audit.statements WHERE query = 'SELECT label FROM item WHERE id = \$1'"),
	't|1', 'the latest are among them, with their text');

# Texts
my $long = join ', ', map { "'some text' AS column_with_a_long_name_$_" } 1 .. 60;
reset_audit($node);
$node->safe_psql('postgres', join '', map { "SELECT $long FROM item WHERE $_;\n" } @conditions[ 1 .. 200 ]);
is(read_audit($node, $status), 't|t|t|t|0', '600 KiB of text in 64 KiB: no cap is passed');
is(read_audit($node, 'SELECT bool_or(query IS NOT NULL), bool_and(length(query) < 65536) FROM query_audit.statements'), 't|t',
	'some texts are kept, cut where they are long');
$node->safe_psql('postgres', 'SELECT label FROM item WHERE id = 7');
is(statement_counts($node, 'SELECT label FROM item WHERE id = $1'), '1|1|0', 'and new ones find room');

# Findings, scans, traces
reset_audit($node);
my @loops = map { my $c = $_; map { "SELECT label FROM item WHERE $c AND id = $_;\n" } 1 .. 6 } @conditions[ 1 .. 40 ];
my @scans = map { "SELECT count(*) FROM large WHERE $_ AND id = 5;\n" } @conditions[ 1 .. 40 ];
my @traced = map { "SELECT label FROM item WHERE id = 1 /*request_id='$_',route='/route/$_'*/;\n" } 1 .. 200;
($exit, $out, $error) = $node->psql('postgres', join '', "BEGIN;\n", @loops, "COMMIT;\n", @scans, @traced);
is("$exit|$error", '0|', '40 loops, 40 scans and 200 traces: none fails');
is(read_audit($node, $status), 't|t|t|t|0', 'no cap is passed');
like(read_audit($node, 'SELECT table_scans, traces, units FROM query_audit.status'), qr/^10\|8\|10$/, 'nor those of scans, traces and units');
is(read_audit($node, "SELECT count(*) >= 8, count(*) <= 10 + 8 + 4, bool_and(units = 1) FROM query_audit.units WHERE unit LIKE '/route/%'"), 't|t|t',
	'the latest routes are kept');
is(read_audit($node, "SELECT drops > 0 FROM query_audit.status"), 't', 'findings that one unit could not hold are counted as dropped');
is(read_audit($node, "SELECT count(*) > 0, bool_and(query IS NOT NULL OR fingerprint IS NOT NULL) FROM query_audit.findings"),
	't|t', 'the rest is there');

# Many sessions at it at once
ok(pgbench_ok($node, $distinct, '-c', 8, '-t', 2), 'eight sessions with 1,000 statements each: none fails');
is(read_audit($node, $status), 't|t|t|t|0', 'no cap is passed');

# The defaults' memory
$node->append_conf('postgresql.conf', join '', map { "pg_query_audit.$_\n" }
	'max_statements = 5000', 'max_findings = 1000', 'max_table_scans = 500', 'max_units = 128', 'max_traces = 56', 'text_memory = 1536kB');
$node->append_conf('postgresql.conf', "max_connections = 100\n");
$node->restart;
is(read_audit($node, 'SELECT memory_bytes <= 16 * 1024 * 1024 FROM query_audit.status'), 't', 'the defaults take at most 16 MiB');
done_testing();
