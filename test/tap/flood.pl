# A flood of shapes: while all that comes is new and pushes out what nobody has seen again, a statement is let pass at its
# first sight and understood at its second. What matters is seen all the same.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = audited_cluster('flood', conf => "pg_query_audit.max_statements = 100\npg_query_audit.text_memory = 64kB\n");
my @columns = map { "column_$_" } 'a' .. 'n';
my $columns = join ', ', map { "$_ int" } @columns;
$node->safe_psql(
	'postgres', "CREATE TABLE item (id int PRIMARY KEY, label text, $columns); CREATE TABLE entry (id int, $columns);
	CREATE TABLE large (id int, $columns);
	INSERT INTO item SELECT i, i FROM generate_series(1, 100) AS i;
	INSERT INTO large SELECT generate_series(1, 20000); ANALYZE;
	CREATE FUNCTION touch(wanted int) RETURNS int LANGUAGE plpgsql AS \$\$
		BEGIN UPDATE item SET label = label WHERE id = wanted; RETURN wanted; END \$\$");

# Statements that differ in more than their literals, each made once
my $next = 0;
sub condition { my $n = ++$next; return join ' AND ', map { "$columns[$_] = 1" } grep { $n >> $_ & 1 } 0 .. 13 }
sub distinct { my ($count) = @_; return join '', map { 'SELECT label FROM item WHERE ' . condition() . ";\n" } 1 .. $count }

# As numbers, by name
sub counters
{
	my @names = qw(statements_seen nested_seen parsed evictions faults drops);
	my @values = split /\|/, read_audit($node, 'SELECT ' . join(', ', @names) . ' FROM query_audit.status');
	return map { $names[$_] => $values[$_] } 0 .. $#names;
}

my $session = $node->background_psql('postgres', on_error_stop => 0);
my %before;
my %added;
# The counters before and after, and what was added to each by the session
sub send_counted
{
	my ($sql) = @_;
	%before = counters();
	$session->query($sql);
	my %after = counters();
	%added = map { $_ => $after{$_} - $before{$_} } keys %after;
	return;
}

sub calls_of { my ($condition) = @_; return read_audit($node, "SELECT sum(calls) FROM query_audit.statements WHERE $condition") }

# Before it is known for a flood, all is understood.
send_counted(distinct(1000));
is("$added{statements_seen}|$added{parsed}", '1000|1000', '1,000 new shapes are understood');

$session->query(distinct(2500));
send_counted(distinct(320));
is("$added{statements_seen}|$added{faults}|$added{drops}", '320|0|0', 'after 3,500 new ones are still seen, each of them');
cmp_ok($added{parsed}, '>=', 20, "some of 320 are understood ($added{parsed})");
cmp_ok($added{parsed}, '<=', 60, '... but few');
cmp_ok($added{evictions}, '>=', 260, "what was let pass counts as evicted ($added{evictions})");
is(calls_of("query LIKE 'SELECT label FROM item WHERE column%'") > 0, 1, 'and those that were understood are in the statistics');

# What comes again
my $again = 'SELECT label AS again FROM item WHERE id = ';
$session->query(join '', map { "$again$_;\n" . distinct(3) } 1 .. 10);
my $calls = calls_of("query = '$again\$1'");
ok($calls == 9 || $calls == 10, "a statement that comes again is understood at its second execution ($calls of 10)");

# A loop
reset_audit($node);
$session->query("BEGIN;\nSELECT id AS listed FROM item WHERE id <= 8 ORDER BY id;\n"
	. join('', map { "SELECT label AS looked_up FROM item WHERE id = $_;\n" } 1 .. 8) . 'COMMIT;');
is(findings_of($node, "rule = 'n_plus_one' AND query LIKE '%looked_up%'") =~ /^n_plus_one\|\w+\|transaction$/, 1, 'a loop is found');

# What took long, or read much
reset_audit($node);
send_counted(join '', map { 'SELECT id AS costly FROM large WHERE ' . condition() . ";\n" } 1 .. 5);
is($added{parsed}, 5, 'statements with costly plans are understood at once');
is(read_audit($node, "SELECT count(*), bool_and(query LIKE '%costly%') FROM query_audit.findings WHERE rule = 'seq_scan'"), '5|t',
	'... and their scans reported, with their texts');
reset_audit($node);
$session->query('SET pg_query_audit.slow_query_min_duration = 100;');
send_counted('SELECT pg_sleep(0.3) AS slow_one FROM item WHERE id = 1 AND (' . condition() . ') IS NOT TRUE;');
is(calls_of("query LIKE '%slow_one%'"), 1, 'a statement that took long is understood after its execution');
is(read_audit($node, "SELECT count(*) FROM query_audit.findings WHERE rule = 'slow_query' AND query LIKE '%slow_one%'"), 1, '... and reported');

# Writes
send_counted(join '', map { 'UPDATE entry SET id = 1 WHERE ' . condition() . ";\n" } 1 .. 5);
is($added{parsed}, 5, 'writes are understood at once');

# What runs inside of one that was let pass is nested.
$next += 50;
my $functions = join '', map { 'SELECT touch(id) AS touched FROM item WHERE id = 1 AND (' . condition() . ") IS NOT TRUE;\n" } 1 .. 32;
send_counted($functions);
is("$added{statements_seen}|$added{nested_seen}", '32|32', 'statements inside of functions are nested');

# Prepared statements
my $prepared = 'SELECT label AS prepared FROM item WHERE id = $1';
send_counted("PREPARE look_up(int) AS $prepared;\n" . join '', map { "EXECUTE look_up($_);\n" } 1 .. 6);
$calls = calls_of("query = '$prepared'");
ok($calls == 5 || $calls == 6, "of six executions of a prepared statement at most the first is let pass ($calls)");

# One that fails
send_counted(join '', map { 'SELECT 1 / (id - id) FROM item WHERE (' . condition() . ") IS NOT TRUE;\n" } 1 .. 8);
is($added{faults}, 0, 'statements that fail are let pass, too');
$session->quit;

# Another session has not seen the flood.
send_counted('');
my %here = counters();
$node->safe_psql('postgres', 'SELECT label AS fresh FROM item WHERE ' . condition());
is(calls_of("query LIKE '%fresh%'"), 1, 'another session understands what it meets');

# The flood ends where texts turn out to be known: one statement with other names for its column.
$session = $node->background_psql('postgres');
$session->query(distinct(400)) for 1 .. 9;
send_counted(distinct(160));
cmp_ok($added{parsed}, '<=', 30, "again a flood ($added{parsed} of 160 understood)");
my $alias = 0;
my $renamed = sub { my ($count) = @_; return join '', map { ++$alias; "SELECT label AS name_$alias FROM item WHERE id = 1;\n" } 1 .. $count };
$session->query($renamed->(4000));
send_counted($renamed->(160));
is($added{parsed}, 160, 'after texts that mean the same, all are understood');
$session->quit;
done_testing();
