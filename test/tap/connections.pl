# Connections as they come and go: churn, pressure, transactions that sit idle, and the view of all of them.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;
use Time::HiRes qw(sleep);

my $node = audited_cluster('connections', conf => qq{
max_connections = 30
superuser_reserved_connections = 3
pg_query_audit.connection_churn_min_connections = 20
});
$node->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, label text);
	INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 100) AS i;
	CREATE ROLE app LOGIN; CREATE ROLE rival LOGIN; CREATE ROLE overseer LOGIN IN ROLE pg_read_all_stats;
	GRANT SELECT ON item TO app;
});

sub shown
{
	my ($columns, $application) = @_;
	return read_audit($node, "SELECT $columns FROM query_audit.connections WHERE application_name = '$application'");
}

sub client { my ($application, $role) = @_; return connect_wire($node, user => $role // 'app', application_name => $application) }

# Waits until all connections of an application have ended.
sub gone
{
	my ($application) = @_;
	poll_audit($node, "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = '$application'") or die 'still there';
	return;
}

# The view

reset_audit($node);
my @pool = map { client('pool') } 1 .. 3;
$_->execute('SELECT label FROM item WHERE id = 1') for @pool;
is(shown('connections, live, peak, brief, statements', 'pool'), '3|3|3|0|3', 'three connections that live');
$pool[0]->query('SELECT pg_sleep(0.2)');
is(shown('busy_time BETWEEN 190 AND 5000', 'pool'), 't', 'with the time that they were busy');
$_->close for @pool[ 0, 1 ];
poll_audit($node, "SELECT live = 1 FROM query_audit.connections WHERE application_name = 'pool'") or die 'they did not end';
is(shown('connections, live, peak, brief, statements, busy_time >= 190', 'pool'), '3|1|3|2|4|t', 'what has ended is still counted');
$pool[2]->close;
gone('pool');
is(shown('live, mean_lifetime > 0, max_lifetime >= mean_lifetime', 'pool'), '0|t|t', 'and how long each lived');
my $silent = client('silent');
is(shown('count(*)', 'silent'), '0', 'one that runs no statement');
$silent->close;
gone('silent');
ok(poll_audit($node, "SELECT connections = 1 AND brief = 1 AND statements = 0 FROM query_audit.connections WHERE application_name = 'silent'"),
	'is known when it has ended');
$node->psql('postgres', 'SELECT 1', extra_params => [ '-U', 'nobody' ]);
is(read_audit($node, 'SELECT count(*) FROM query_audit.connections WHERE usename IS NULL'), '0', 'a login that failed is none');

# Who sees what

my $own = "SELECT application_name, connections FROM query_audit.connections WHERE usename = 'app' AND connections = 3";
is($node->safe_psql('postgres', $own, extra_params => [ '-U', 'app' ]), 'pool|3', 'a role sees its own');
is($node->safe_psql('postgres', $own, extra_params => [ '-U', 'overseer' ]), 'pool|3', 'pg_read_all_stats sees all');
is($node->safe_psql('postgres', $own, extra_params => [ '-U', 'rival' ]), '|3', 'others see no application');

# Churn

reset_audit($node);
for (1 .. 19) { my $wire = client('no pool'); $wire->execute('SELECT label FROM item WHERE id = 1'); $wire->close }
gone('no pool');
is(findings_of($node, "rule = 'connection_churn'"), '', '19 connections of one statement each');
for (1 .. 30) { my $wire = client('no pool'); $wire->execute('SELECT label FROM item WHERE id = 1'); $wire->close }
gone('no pool');
ok(poll_audit($node, "SELECT connections = 49 AND live = 0 AND brief = 49 FROM query_audit.connections WHERE application_name = 'no pool'"),
	'49 are counted');
is( read_audit(
		$node, "SELECT usename, application_name, confidence, severity, occurrences, calls, evidence->>'statements_per_connection',
		query, fingerprint, advice ~ 'pool' FROM query_audit.findings WHERE rule = 'connection_churn'"),
	'app|no pool|high|warning|2|40|1|||t', 'are churn: twice twenty');
is($node->safe_psql('postgres', "SELECT application_name FROM query_audit.findings WHERE rule = 'connection_churn'",
		extra_params => [ '-U', 'rival' ]), '', 'whose application others do not see');

reset_audit($node);
my $steady = client('steady');
$steady->execute('SELECT label FROM item WHERE id = 1') for 1 .. 60;
is(findings_of($node, "rule ~ '^connection'"), '', 'sixty statements on one connection are none');
$steady->close;

# Pressure

reset_audit($node);
my @many = map { my $wire = client('crowd'); $wire->execute('SELECT label FROM item WHERE id = 1'); $wire } 1 .. 23;
is(findings_of($node, "rule = 'connection_pressure'"), '', '23 of 30 connections are not 80 %');
push @many, map { my $wire = client('crowd'); $wire->execute('SELECT label FROM item WHERE id = 1'); $wire } 1 .. 3;
like(
	read_audit(
		$node, "SELECT usename, application_name, confidence, severity, evidence->>'max_connections',
		(evidence->>'in_use')::int BETWEEN 25 AND 28, (evidence->>'own_connections')::int BETWEEN 24 AND 26, advice ~ 'pgbouncer'
		FROM query_audit.findings WHERE rule = 'connection_pressure'"),
	qr/^app\|crowd\|high\|(warning|critical)\|30\|t\|t\|t$/, '26 are');
like(read_audit($node, "SELECT evidence->>'suggested_pool' FROM query_audit.findings WHERE rule = 'connection_pressure'"), qr/^1?$/,
	'and since they are idle, a pool of one would do');
$_->close for @many;
gone('crowd');

# Transactions that sit idle

$node->safe_psql('postgres', "ALTER SYSTEM SET pg_query_audit.idle_in_transaction_min_duration = '2s'; SELECT pg_reload_conf()");
poll_audit($node, 'SHOW pg_query_audit.idle_in_transaction_min_duration', '2s') or die 'the server did not read its settings';
reset_audit($node);
my $wire = client('forgetful');
$wire->query('BEGIN');
$wire->execute('SELECT label FROM item WHERE id = $1', 1);
is(findings_of($node, "rule = 'idle_in_transaction'"), '', 'a transaction that has just begun');
ok(poll_audit($node, "SELECT count(*) = 1 FROM query_audit.findings WHERE rule = 'idle_in_transaction'"), 'is found while it sits idle');
is( read_audit($node, "SELECT usename, application_name, query, evidence->>'still_open' FROM query_audit.findings WHERE rule = 'idle_in_transaction'"),
	'app|forgetful|SELECT label FROM item WHERE id = $1|1', 'with the statement after which it waits');
ok(poll_audit($node, "SELECT idle_in_transaction_time >= 2000 FROM query_audit.connections WHERE application_name = 'forgetful'"),
	'the view of connections counts it as it goes on');
$wire->query('COMMIT');
is( read_audit($node, "SELECT occurrences, evidence->>'still_open', (evidence->>'idle_ms')::int >= 2000 FROM query_audit.findings
		WHERE rule = 'idle_in_transaction'"), '1|0|t', 'and once more when it has ended, which is the same one');
$wire->query('BEGIN');
$wire->execute('SELECT label FROM item WHERE id = $1', 1);
sleep 2.1;
$wire->close;
gone('forgetful');
ok(poll_audit($node, "SELECT occurrences = 2 FROM query_audit.findings WHERE rule = 'idle_in_transaction'"),
	'one whose client goes away counts too');
$wire = client('chained');
$wire->query('BEGIN');
$wire->execute('SELECT label FROM item WHERE id = 1');
$wire->query('COMMIT AND CHAIN');
$wire->execute('SELECT label FROM item WHERE id = 1');
sleep 2.1;
$wire->query('COMMIT');
is(read_audit($node, "SELECT occurrences FROM query_audit.findings WHERE rule = 'idle_in_transaction' AND application_name = 'chained'"),
	'1', 'and one that follows another at once');
$wire->close;

# Caps, restarts and resets

$node->append_conf('postgresql.conf', "pg_query_audit.max_connection_kinds = 4\n");
$node->restart;
for my $number (1 .. 30) { my $one = client("kind $number"); $one->execute('SELECT label FROM item WHERE id = 1'); $one->close }
is(read_audit($node, 'SELECT count(*) BETWEEN 3 AND 6 FROM query_audit.connections'), 't', 'a full table makes room');
is(read_audit($node, 'SELECT evictions > 0, faults FROM query_audit.status'), 't|0', 'which is counted');
my $stays = client('stays');
$stays->execute('SELECT label FROM item WHERE id = 1');
reset_audit($node);
is(shown('count(*)', 'stays'), '0', 'reset() forgets connections');
$stays->execute('SELECT label FROM item WHERE id = 1');
is(shown('connections, live, statements', 'stays'), '1|1|1', 'and one that goes on is counted from then on');
$node->restart;
is(shown('connections, live, statements', 'stays'), '1|0|1', 'a restart keeps what ended with it');
is(read_audit($node, 'SELECT faults FROM query_audit.status'), '0', 'no faults');
done_testing();
