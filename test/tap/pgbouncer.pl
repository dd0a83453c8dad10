# A pool between the clients and the server: pgbouncer hands each transaction to another connection. What belongs together
# is then told by the trace id alone, and what does not is kept apart.
use strict;
use warnings;
use IO::Socket::UNIX;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;
use Time::HiRes qw(sleep);

my $program = (grep { -x } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin')[0]
  or plan skip_all => 'there is no pgbouncer';

my $node = audited_cluster('pgbouncer', conf => 'max_connections = 60');
$node->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, kind text, label text);
	INSERT INTO item SELECT i, 'kind ' || i % 2, 'label ' || i FROM generate_series(1, 4000) AS i;
	CREATE ROLE app LOGIN;
	GRANT SELECT ON item TO app;
	ANALYZE;
});

# The pool: database postgres has up to 12 connections, which are used in turn; database single has one.
my $directory = PostgreSQL::Test::Utils::tempdir_short();
my $me = getpwuid($<);
my $server = 'host=' . $node->host . ' port=' . $node->port . ' dbname=postgres';
append_to_file("$directory/users", qq{"$me" ""\n"app" ""\n});
append_to_file(
	"$directory/pgbouncer.ini", qq{
[databases]
postgres = $server pool_size=12
single = $server pool_size=1
[pgbouncer]
pool_mode = transaction
server_round_robin = 1
unix_socket_dir = $directory
listen_port = 6432
auth_type = trust
auth_file = $directory/users
admin_users = $me
logfile = $directory/log
});
my $pgbouncer = IPC::Run::start([ $program, '-q', "$directory/pgbouncer.ini" ], '>', \my $out, '2>', \my $errors);
END { my $status = $?; $pgbouncer->kill_kill if $pgbouncer; $? = $status }

# What the helpers ask of a node.
package Pool
{
	sub host { return $directory }
	sub port { return 6432 }
	sub config_data { my ($self, @what) = @_; return $node->config_data(@what) }

	sub raw_connect
	{
		return IO::Socket::UNIX->new(Peer => "$directory/.s.PGSQL.6432") // die "connect: $!";
	}
}
my $pool = bless {}, 'Pool';
for (1 .. 100) { last if -S "$directory/.s.PGSQL.6432"; sleep 0.1 }

sub client { my (%startup) = @_; return connect_wire($pool, user => $me, %startup) }
sub trace { my ($number) = @_; return sprintf "/*traceparent='00-%032x-%016x-01'*/", $number, int rand 1e9 }
sub look_up { my ($id, $comment) = @_; return "SELECT pg_backend_pid(), label FROM item WHERE id = $id " . ($comment // '') }
sub administer { my ($command) = @_; my $console = client(database => 'pgbouncer'); $console->query($command); $console->close; return }
my $list = 'SELECT id FROM item ORDER BY id LIMIT 10';
my $found = q{SELECT rule, confidence, evidence->>'mark', calls, occurrences FROM query_audit.findings WHERE confidence <> 'low'};

sub distinct { my %seen = map { $_ => 1 } @_; return scalar keys %seen }

# Opens the pool's connections to the server, so that they are used in turn: each client holds one meanwhile.
my @clients = map { client() } 1 .. 12;
$_->query('BEGIN') for @clients;
is(distinct(map { $_->value('SELECT pg_backend_pid()') } @clients), 12, 'twelve connections for twelve transactions');
$_->query('COMMIT') for @clients;

# One request, by one client: each of its statements is a transaction of its own, on a connection of its own

reset_audit($node);
my $client = $clients[0];
cmp_ok(distinct(map { $client->value(look_up($_, trace(1))) } 1 .. 10), '>=', 4, 'a loop lands on several connections');
is(read_audit($node, $found), 'n_plus_one|high|trace|10|1', 'and is one finding by its trace id');
reset_audit($node);
$client->query("$list " . trace(2));
$client->query(look_up($_, trace(2))) for 1 .. 10;
is(read_audit($node, "$found AND parent_query LIKE 'SELECT id FROM item%'"), 'n_plus_one|proven|trace|10|1',
	'with the list that it loops over, from yet another connection');
is(read_audit($node, "SELECT count(*) FROM query_audit.findings WHERE rule = 'duplicate_query'"), '0', 'and nothing is a duplicate');

reset_audit($node);
$client->execute('SELECT pg_backend_pid(), label FROM item WHERE id = $1 ' . trace(3), $_) for 1 .. 10;
is(read_audit($node, $found), 'n_plus_one|high|trace|10|1', 'the same with bound values');

reset_audit($node);
my $python = <<"END";
import psycopg2
connection = psycopg2.connect(host='$directory', port=6432, dbname='postgres', user='$me')
connection.autocommit = True
cursor = connection.cursor()
for number in range(8):
    cursor.execute('SELECT label FROM item WHERE id = %s ' + "${\ trace(4)}", (number,))
END
ok(run_log([ '/usr/bin/python3', '-c', $python ]), 'psycopg2 connects to the pool');
is(read_audit($node, $found), 'n_plus_one|medium|trace|8|1', 'and its loop is found');

reset_audit($node);
$client->query(look_up($_)) for 1 .. 10;
is(read_audit($node, $found), '', 'without a trace id it is none that anybody could be sure of');

# One request, by clients at the same time

reset_audit($node);
my @parallel = @clients[ 0 .. 9 ];
$_->query('BEGIN') for @parallel;
for my $i (0 .. 9)
{
	my $query = look_up($i + 1, trace(5)) . "\0";
	$parallel[$i]->write('Q' . pack('N', 4 + length $query) . $query);
}
$_->wait_until_ready for @parallel;
is(distinct(map { unpack('x2 N/a', $_->{row}) } @parallel), 10, 'ten children at a time on ten connections');
is(read_audit($node, $found), 'n_plus_one|high|trace|10|1', 'are one finding');
$_->query('COMMIT') for @parallel;
is(read_audit($node, $found), 'n_plus_one|high|trace|10|1', 'also when their transactions have ended');

reset_audit($node);
my $load = "\\set id random(1, 4000)\nSELECT label FROM item WHERE id = :id " . trace(6) . ";\n";
ok(pgbench_ok($pool, $load, '-c', 10, '-j', 2, '-t', 50, '-U', $me), 'ten clients of pgbench with fifty statements each');
is(read_audit($node, $found), 'n_plus_one|high|trace|500|1', 'none of five hundred is lost');
reset_audit($node);
ok(pgbench_ok($pool, $load, '-c', 10, '-j', 2, '-t', 50, '-U', $me, '-M', 'extended'), 'and by extended protocol');
is(read_audit($node, $found), 'n_plus_one|high|trace|500|1', 'neither');

# Requests that have nothing to do with each other, on the same connections

reset_audit($node);
for my $id (1 .. 4)
{
	$clients[$_]->query(look_up($id * 100 + $_, trace(100 + $_))) for 0 .. 9;
}
is(read_audit($node, "SELECT count(*) FROM query_audit.findings"), '0', 'four look-ups in each of ten traces are no loop');
is(read_audit($node, "SELECT count(*), sum(calls) FROM query_audit.backend_statements WHERE mark = 'trace'"), '10|40',
	'each of the ten has its own four');
reset_audit($node);
$clients[ $_ % 12 ]->query(look_up($_, trace(1000 + $_))) for 1 .. 200;
is(read_audit($node, $found), '', 'nor is one look-up in each of two hundred');
reset_audit($node);
my $requests = "\\set id random(1, 4000)\n\\set request random(1, 1000000000)\n"
  . "SELECT label FROM item WHERE id = :id /*request_id=':request'*/;\n";
ok(pgbench_ok($pool, $requests, '-c', 10, '-j', 2, '-t', 30, '-U', $me), 'requests of pgbench, each with an id of its own');
is(read_audit($node, $found), '', 'are no loop either');

# A statement that was prepared for another request keeps that one's comment

my ($first, $second) = map { client(database => 'single') } 1 .. 2;
reset_audit($node);
$first->query("PREPARE p AS SELECT label FROM item WHERE id = \$1 " . trace(7));
$first->query('EXECUTE p(1)');
$second->query("EXECUTE p($_)") for 2 .. 12;
is( read_audit($node, 'SELECT mark, sum(calls) FROM query_audit.backend_statements GROUP BY mark ORDER BY mark'),
	"burst|11\ntrace|1", 'its trace id is believed for one execution');
is(read_audit($node, "$found AND evidence->>'mark' = 'trace'"), '', 'and other clients\' executions of it are not that request\'s');
$first->query('DEALLOCATE p');

reset_audit($node);
$first->query('BEGIN');
$first->exchange(QueryAudit::Wire::parse_message('q', 'SELECT label FROM item WHERE id = $1 ' . trace(8)), QueryAudit::Wire::sync_message());
for my $id (1 .. 6)
{
	$first->exchange(
		QueryAudit::Wire::bind_message('', 'q', $id),
		QueryAudit::Wire::execute_message(''),
		QueryAudit::Wire::sync_message());
}
$first->query('COMMIT');
$second->query('DEALLOCATE ALL');
is( read_audit($node, 'SELECT mark, sum(calls) FROM query_audit.backend_statements GROUP BY mark ORDER BY mark'),
	"burst|5\ntrace|1", 'by the extended protocol too');

# Clients with names of their own on one connection: the pool sets the name whenever it changes hands

reset_audit($node);
my %named = map { $_ => client(database => 'single', application_name => $_) } qw(web worker);
for my $id (1 .. 8)
{
	$named{web}->query(look_up($id, trace(20)));
	$named{worker}->query(look_up(100 + $id, trace(21)));
}
is(read_audit($node, "SELECT application_name, rule, evidence->>'mark', calls FROM query_audit.findings
	WHERE confidence <> 'low' ORDER BY 1"), "web|n_plus_one|trace|8\nworker|n_plus_one|trace|8",
	'each loop is found under the name of its client');
is(read_audit($node, "SELECT unit, units, statements, findings FROM query_audit.units WHERE unit IN ('web', 'worker') ORDER BY 1"),
	"web|1|8|1\nworker|1|8|1", 'which also names its unit of work');
reset_audit($node);
for my $id (1 .. 8)
{
	$named{web}->query(look_up($id));
	$named{worker}->query(look_up(100 + $id));
}
is(read_audit($node, $found), '', 'without a trace id, what two clients do in turn is no loop');
$named{$_}->close for keys %named;

# Roles have connections of their own, and so are never one loop

reset_audit($node);
my $app = client(user => 'app');
for my $id (1 .. 4) { $_->query(look_up($id, trace(30))) for $client, $app }
is(read_audit($node, $found), '', 'four look-ups of each of two roles in one trace');
$app->query(look_up(5, trace(30)));
is(read_audit($node, "SELECT usename, calls FROM query_audit.findings WHERE confidence <> 'low'"), 'app|5', 'the fifth of one of them is a loop');
$app->close;

# A pool that resets the connection after each transaction

administer('SET server_reset_query_always = 1');
reset_audit($node);
$client->query("$list " . trace(40));
$client->query(look_up($_, trace(40))) for 1 .. 10;
is(read_audit($node, $found), 'n_plus_one|proven|trace|10|1', 'DISCARD ALL between the statements breaks no trace');
reset_audit($node);
$first->query(look_up($_)) for 1 .. 10;
is(read_audit($node, $found), '', 'nor does it make requests of one pool a loop');
administer("SET server_reset_query = 'DISCARD PLANS'");
reset_audit($node);
$first->query('BEGIN; ' . $list);
$first->query(look_up($_)) for 1 .. 10;
$first->query('COMMIT');
is(read_audit($node, $found), 'n_plus_one|proven|transaction|10|1', 'a loop in a transaction stays on its connection, and is found');

$_->close for @clients, $first, $second;
done_testing();
