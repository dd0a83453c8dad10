# What belongs together: a loop is found while it runs, as sure as the evidence is by then, whether a transaction, a trace
# over several connections or nothing but pauses marks it.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;
use Time::HiRes qw(sleep);

my $node = audited_cluster('units');

$node->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, kind text, label text);
	INSERT INTO item SELECT i, 'kind ' || i % 2, 'label ' || i FROM generate_series(1, 4000) AS i;
	CREATE TABLE other (id int PRIMARY KEY);
	ANALYZE;
});

my $one = 'SELECT label FROM item WHERE id = $1';
my $list = 'SELECT id FROM item ORDER BY id LIMIT 10';
my $loops = "rule = 'n_plus_one'";

sub look_up { my ($wire, @ids) = @_; return map { $wire->execute($one, $_) } @ids }
sub trace { my ($number) = @_; return sprintf "/*traceparent='00-%032x-%016x-01'*/", $number, $number + 1 }

# Confidence and reason of n_plus_one as a reader sees them who takes any pause for a short one.
sub while_it_runs
{
	return read_audit(
		$node, "SET pg_query_audit.burst_gap_min = '60s';
		SELECT confidence, evidence->'reasons' ? 'the run may still be going on' FROM query_audit.findings WHERE $loops");
}

# Waits for the end of the session whose last statement this was.
sub gone
{
	my ($query) = @_;
	poll_audit($node, "SELECT count(*) = 0 FROM pg_stat_activity WHERE query = '$query'") or die 'the session did not end';
	return;
}

# Findings appear while the unit runs

my $wire = connect_wire($node, application_name => 'a loop');
$wire->query("BEGIN; $list");
look_up($wire, 1 .. 4);
is(findings_of($node), '', 'a loop in a transaction: nothing at its fourth child');
look_up($wire, 5);
is(findings_of($node), 'n_plus_one|proven|transaction', 'found at its fifth, while it runs');
is(read_audit($node, 'SELECT application_name, parent_query, calls, occurrences FROM query_audit.findings'),
	"a loop|SELECT id FROM item ORDER BY id LIMIT \$1|5|1", 'with what is known by then');
look_up($wire, 6 .. 10);
is(read_audit($node, 'SELECT calls, occurrences FROM query_audit.findings'), '10|1', 'and it grows as the loop goes on');
$wire->query('COMMIT');
$wire->execute('SELECT id FROM other');
is(read_audit($node, 'SELECT calls, occurrences FROM query_audit.findings'), '10|1', 'the end of the transaction changes nothing');
$wire->close;
gone('SELECT id FROM other');
is(read_audit($node, 'SELECT calls, occurrences FROM query_audit.findings'), '10|1', 'nor does that of the session');

reset_audit($node);
$wire = connect_wire($node);
$wire->query('BEGIN');
look_up($wire, 1 .. 5);
is(findings_of($node), 'n_plus_one|medium|transaction', 'a loop without a parent in a transaction: medium at its fifth child');
$wire->query('COMMIT');
look_up($wire, 6);
is(findings_of($node), 'n_plus_one|medium|transaction', 'which one more after COMMIT does not take away');
$wire->close;

reset_audit($node);
$wire = connect_wire($node);
$wire->query("BEGIN; $list");
for my $id (1 .. 10) { sleep 0.03; look_up($wire, $id) }
is(findings_of($node), 'n_plus_one|proven|transaction', 'children 30 ms of work apart in a transaction are found');
is( read_audit($node, 'SELECT wall_time > 270 AND total_exec_time < 100 AND wall_time > saved_time FROM query_audit.findings'),
	't', 'with the time that the loop took');
$wire->query('COMMIT');
$wire->close;

# Without a transaction only the pauses tell

reset_audit($node);
$wire = connect_wire($node);
look_up($wire, 1 .. 20);
is(while_it_runs(), 'low|t', 'a bare run is low while it runs');
ok(poll_audit($node, "SELECT confidence = 'medium' FROM query_audit.findings WHERE $loops"),
	'medium when it has ended with a long pause');
$wire->execute('SELECT id FROM other');
is(findings_of($node), 'n_plus_one|medium|burst', 'and stays so when the client does something else');
$wire->close;

reset_audit($node);
$wire = connect_wire($node);
for (1 .. 3) { look_up($wire, 1 .. 20); sleep 0.4 }
look_up($wire, 1 .. 20);
$wire->close;
ok(poll_audit($node, "SELECT bool_and(confidence = 'low') FROM query_audit.findings"), 'low for runs that just go on');

reset_audit($node);
$wire = connect_wire($node);
look_up($wire, 1 .. 20);
$wire->close;
gone($one);
is(findings_of($node), 'n_plus_one|low|burst', 'low for a run after which the client is gone at once');

reset_audit($node);
$wire = connect_wire($node);
for my $request (1 .. 100) { look_up($wire, $request); sleep 0.03 }
sleep 0.4;
$wire->execute('SELECT id FROM other');
unlike(findings_of($node), qr/medium|high|proven/, 'not more than low for 100 requests with 30 ms between them');
$wire->close;

# A pipeline: one Sync, so no round trip is lost, in a transaction or not
for my $transaction ('', 'BEGIN')
{
	my $name = $transaction ? 'inside a transaction' : 'outside of a transaction';
	my @executions = map { (QueryAudit::Wire::bind_message('', 'p', $_), QueryAudit::Wire::execute_message('')) } 1 .. 12;
	reset_audit($node);
	$wire = connect_wire($node);
	$wire->query($transaction) if $transaction;
	$wire->query($list);
	$wire->exchange(QueryAudit::Wire::parse_message('p', $one), QueryAudit::Wire::sync_message());
	$wire->exchange(@executions, QueryAudit::Wire::sync_message());
	is(read_audit($node, "SELECT DISTINCT severity FROM query_audit.findings WHERE $loops"), 'info', "a pipeline $name");
	reset_audit($node);
	$wire->query($list);
	while (my @one = splice @executions, 0, 2) { $wire->exchange(@one, QueryAudit::Wire::sync_message()) }
	is(read_audit($node, "SELECT DISTINCT severity FROM query_audit.findings WHERE $loops"), 'warning',
		"the same with a round trip each, $name");
	$wire->close;
}

# One request on several connections

reset_audit($node);
my @pool = map { connect_wire($node) } 1 .. 4;
for my $id (1 .. 8)
{
	is(findings_of($node), '', 'four children over four connections are no loop yet') if $id == 5;
	$pool[ $id % 4 ]->execute("SELECT label FROM item WHERE id = $id " . trace(7));
}
is(findings_of($node), 'n_plus_one|medium|trace', 'a loop spread over four connections with one traceparent is found');
is(read_audit($node, 'SELECT calls, occurrences FROM query_audit.findings'), '8|1', 'as one');
reset_audit($node);
$pool[ $_ % 4 ]->execute("SELECT label FROM item WHERE id = $_ " . trace($_)) for 1 .. 40;
unlike(findings_of($node), qr/medium|high|proven/, 'the same statement once in each of 40 traces is no loop');

reset_audit($node);
my $where = "FROM item WHERE kind = 'kind 1'";
$pool[0]->query("SELECT count(*) $where " . trace(100));
$pool[1]->query("SELECT id $where ORDER BY id LIMIT 20 OFFSET 40 " . trace(100));
like(findings_of($node), qr/^count_before_paginate\|high\|trace$/m, 'a count and its page on two connections with one traceparent');
reset_audit($node);
$pool[0]->query("SELECT count(*) $where " . trace(101));
$pool[1]->query("SELECT id $where ORDER BY id LIMIT 20 OFFSET 40 " . trace(102));
unlike(findings_of($node), qr/count_before_paginate/, 'with two traceparents they have nothing to do with each other');

reset_audit($node);
$pool[0]->query('BEGIN');
$pool[0]->exchange(QueryAudit::Wire::parse_message('p', "$one " . trace(200)), QueryAudit::Wire::sync_message());
for my $id (1 .. 6)
{
	$pool[0]->exchange(
		QueryAudit::Wire::bind_message('', 'p', $id),
		QueryAudit::Wire::execute_message(''),
		QueryAudit::Wire::sync_message());
	$node->safe_psql('postgres', 'ANALYZE item') if $id == 3;
}
is(read_audit($node, "SELECT mark, calls FROM query_audit.backend_statements WHERE query LIKE 'SELECT label%' ORDER BY mark DESC"),
	"trace|1\nburst|5", 'a prepared statement\'s traceparent is believed once, also when it is planned anew');
$_->close for @pool;

# Marks that end a unit, and those that do not

sub bare_with
{
	my ($between) = @_;
	reset_audit($node);
	my $client = connect_wire($node);
	look_up($client, 1 .. 4);
	$client->query($between);
	look_up($client, 5 .. 8);
	my $result = while_it_runs();
	$client->close;
	return $result;
}

$node->safe_psql('postgres', 'CREATE ROLE app; GRANT SELECT ON ALL TABLES IN SCHEMA public TO app');
is(bare_with('SELECT 1'), 'low|t', 'a ping does not end a run');
is(bare_with('SET work_mem = 1024'), 'low|t', 'nor does SET');
is(bare_with('SET ROLE app'), '', 'another role does');
is(bare_with("SET application_name = 'another'"), '', 'and so does another application');

reset_audit($node);
$wire = connect_wire($node);
$wire->execute('SELECT id FROM item ORDER BY id LIMIT 10');
for my $id (1 .. 10) { $wire->query('DISCARD ALL'); look_up($wire, $id) }
is(while_it_runs(), 'proven|t', 'a pool that resets between statements does not hide a loop over a parent\'s rows');
$wire->query("SELECT query_audit.begin_unit('checkout')");
$wire->query('DISCARD ALL');
look_up($wire, 1);
is(read_audit($node, 'SELECT DISTINCT mark FROM query_audit.backend_statements'), 'burst', 'DISCARD ALL ends a named unit');
$wire->close;

is(read_audit($node, 'SELECT faults FROM query_audit.status'), '0', 'no faults');
done_testing();
