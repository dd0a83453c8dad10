# Many sessions at once: every call is counted once, while they run and after they have ended, and neither those who read
# nor a reset() get in anyone's way.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = audited_cluster('concurrency', conf => "max_connections = 40\n");
my ($clients, $shapes, $rounds) = (10, 60, 4);

$node->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, kind text, label text);
	INSERT INTO item SELECT i, 'kind ' || i % 2, 'label ' || i FROM generate_series(1, 4000) AS i;
	ANALYZE;
});
my @tables = map { "shape_$_" } 1 .. $shapes;
$node->safe_psql('postgres', join '', map { "CREATE TABLE $_ (id int PRIMARY KEY);" } @tables);

my $one = 'SELECT label FROM item WHERE id = $1';
sub look_up { my ($wire, @ids) = @_; return map { $wire->execute($one, $_) } @ids }

# Counting

reset_audit($node);
my $holder = $node->background_psql('postgres');
ask($holder, 'SELECT pg_advisory_lock(1)');
my $round = join '', map { "SELECT id FROM $_ WHERE id = 1;\n" } @tables;
my $many = start_pgbench($node, $round x $rounds . "SELECT pg_advisory_lock_shared(1);\n",
	'-t', 1, '-c', $clients, '-j', 2);
my $views = join '', map { "SELECT count(*) FROM query_audit.$_;\n" }
  qw(findings statements backend_statements table_scans units connections status rules);
my $readers = start_pgbench($node, $views, '-T', 3, '-c', 2);
my $sum = "SELECT coalesce(sum(calls), 0) FROM query_audit.statements WHERE query LIKE 'SELECT id FROM shape%'";
my @sums = split /\n/, read_audit($node, "$sum;" x 40);
is_deeply(\@sums, [ sort { $a <=> $b } @sums ], 'sums never go back while sessions fold into them');
my $all = $clients * $shapes * $rounds;
ok(poll_audit($node, "SELECT count(*) = $clients FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"), 'all have run');
is(read_audit($node, $sum), $all, "$clients sessions that are still there: every call is counted, once");
is(read_audit($node, "SELECT count(*), min(calls), max(calls) FROM query_audit.statements WHERE query LIKE 'SELECT id FROM shape%'"),
	"$shapes|" . join('|', ($clients * $rounds) x 2), 'for its own statement');
ask($holder, 'SELECT pg_advisory_unlock(1)');
ok($many->finish, 'none of them failed');
is(read_audit($node, $sum), $all, 'after they have ended the sums are the same');
ok($readers->finish, 'sessions that read all views meanwhile never failed');
is(read_audit($node, 'SELECT faults, drops, evictions FROM query_audit.status'), '0|0|0', 'nothing was lost on the way');

# reset() while others run

my $running = start_pgbench($node, $round, '-T', 2, '-c', 6);
$readers = start_pgbench($node, $views, '-T', 2, '-c', 1);
my $resetting = start_pgbench($node, "SELECT query_audit.reset();\n\\sleep 5 ms\n", '-T', 2);
ok($_->finish, 'reset() while others run and read: no one fails') for $running, $readers, $resetting;
my $wire = connect_wire($node);
look_up($wire, 1 .. 3);
reset_audit($node);
look_up($wire, 1 .. 2);
is(statement_counts($node, 'SELECT label FROM item%'), '2|2|0', 'after a reset a live session counts from zero, with its text');
is(read_audit($node, "SELECT calls FROM query_audit.backend_statements WHERE query LIKE 'SELECT label FROM item%'"), '2', 'in a new unit');
$wire->close;
is(read_audit($node, 'SELECT faults FROM query_audit.status'), '0', 'no faults');
done_testing();
