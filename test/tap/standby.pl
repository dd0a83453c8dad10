# On a hot standby the audit works as on a primary, for all that a standby can run, and it goes on through a failover.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $primary = audited_cluster('primary', init => { allows_streaming => 1 });
$primary->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, label text);
	INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 1000) AS i;
	CREATE TABLE large (id int, kind text);
	INSERT INTO large SELECT i, 'kind ' || i % 1000 FROM generate_series(1, 50000) AS i;
	CREATE FUNCTION labels(n int) RETURNS int LANGUAGE plpgsql AS $$
	DECLARE found text;
	BEGIN FOR i IN 1 .. n LOOP SELECT label INTO found FROM item WHERE id = i; END LOOP; RETURN n; END $$;
	ANALYZE;
	CREATE ROLE reporter IN ROLE pg_read_all_stats;
});
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('write'));
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'there is a hot standby');

my $traffic = 'BEGIN; ' . look_ups(1 .. 6) . "COMMIT; SELECT id FROM large WHERE kind = 'kind 7'; SELECT labels(60);";
my @views = split /\n/, read_audit($primary,
	"SELECT relname FROM pg_class WHERE relnamespace = 'query_audit'::regnamespace AND relkind = 'v' ORDER BY 1");

# What is there to see is seen, and only on the server that it ran on.
reset_audit($_) for $primary, $standby;
$standby->safe_psql('postgres', $traffic);
my $finding = read_audit($standby, "SELECT finding_id FROM query_audit.findings WHERE rule = 'n_plus_one'");
read_audit($primary, "SELECT query_audit.ignore($finding, 'to be seen again', unseen => true), query_audit.snapshot('of the primary');
	SELECT query_audit.unignore($finding)");
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('write'));
is(findings_of($standby), "n_plus_one|medium|transaction\nnested_loop_query|high|execution\nseq_scan|high|execution",
	'a standby finds what ran on it');
is(findings_of($primary), '', 'of which the primary knows nothing');
is(statement_counts($standby, 'SELECT label FROM item WHERE id = $1'), '6|6|0', 'it counts');
like(read_audit($standby, "SELECT fix_sql FROM query_audit.findings WHERE rule = 'n_plus_one'"), qr/= ANY/, 'and says what to do');
for my $view (@views)
{
	like(read_audit($standby, "SELECT count(*), count(v::text) FROM query_audit.$view AS v"), qr/^(\d+)\|\1$/, "$view can be read");
}
is($standby->safe_psql('postgres', "SET ROLE reporter; SELECT count(*) FROM query_audit.findings WHERE query LIKE 'SELECT%'"),
	'3', 'members of pg_read_all_stats read it');
my %calls = (
	fingerprint => [ "fingerprint('SELECT 1')", qr/^\w{16,}$/ ],
	normalize => [ "normalize('SELECT 1')", qr/^SELECT \$1$/ ],
	lint => [ "lint('SELECT id FROM item WHERE id = NULL')", qr/^\(1,/ ],
	check_lint => [ "check_lint('SELECT 1')", qr/^$/ ],
	begin_unit => [ "begin_unit('checkout')", qr/^$/ ],
	end_unit => [ "begin_unit('checkout'), query_audit.end_unit()", qr/^\|$/ ],
	compare => [ "compare('of the primary')", qr/^\(new,,$finding,n_plus_one,/m ],
	reset => [ 'reset()', qr/^$/ ]);
# What writes to a table says that a standby cannot, and what can be done instead.
my %refused = (
	ignore => [ "ignore($finding, 'known')", qr/Call it on the primary, with unseen => true where only the standby has the finding/ ],
	unignore => [ "unignore($finding)", qr/Call it on the primary/ ],
	snapshot => [ "snapshot('of the standby')", qr/Keep the rows of query_audit.findings elsewhere/ ],
	drop_snapshot => [ "drop_snapshot('of the primary')", qr/Call it on the primary/ ]);
my $functions = read_audit($primary, "SELECT string_agg(DISTINCT proname, ' ' ORDER BY proname) FROM pg_proc
	WHERE pronamespace = 'query_audit'::regnamespace AND proname !~ '^_'");
is($functions, join(' ', sort keys %calls, keys %refused), 'every function is tried');
for my $function (sort keys %calls)
{
	my ($call, $expected) = @{ $calls{$function} };
	like($standby->safe_psql('postgres', "SELECT query_audit.$call"), $expected, "$function() works");
}
for my $function (sort keys %refused)
{
	my ($call, $hint) = @{ $refused{$function} };
	my ($status, undef, $error) = $standby->psql('postgres', "SELECT query_audit.$call");
	is($status, 3, "$function() is refused");
	like($error, qr/ERROR:  query_audit\.$function\(\) writes to a table, which a standby cannot do\nHINT:  $hint/, 'with words and a hint');
}

# What only the standby finds is ignored on the primary, and then on both.
$standby->safe_psql('postgres', $traffic);
$primary->safe_psql('postgres', "SELECT query_audit.ignore($finding, 'a report of the standby', unseen => true)");
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('write'));
is(findings_of($standby), "nested_loop_query|high|execution\nseq_scan|high|execution", 'what the primary ignores is no finding on the standby');
is(read_audit($standby, "SELECT rule, reason FROM query_audit.ignored_findings"), 'n_plus_one|a report of the standby', 'which shows why');
$primary->safe_psql('postgres', "SELECT query_audit.unignore($finding)");
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('write'));

# What a standby refuses is refused as ever, and counted as what was seen before.
my (undef, undef, $error) = $standby->psql('postgres', 'INSERT INTO item VALUES (0)');
is($error =~ s/^psql:<stdin>:\d+: //r, 'ERROR:  cannot execute INSERT in a read-only transaction', 'what writes fails with the server\'s words');
reset_audit($standby);
is(findings_of($standby), '', 'reset() works');

# Replay that takes rows away from a query, and a primary that goes on, disturb nobody.
my $readers = start_pgbench($standby, look_ups(1 .. 3), '-T', 3, '-c', 2);
ok(pgbench_ok($primary, "UPDATE item SET label = label || 'x' WHERE id = 5;\n", '-T', 2), 'the primary writes meanwhile');
ok($readers->finish, 'and those who read the standby do not fail');
reset_audit($standby); # what they repeated is a finding too, once there was enough of it

# A restart of the standby keeps what it knows, as a primary's does.
$standby->safe_psql('postgres', $traffic);
my $found = findings_of($standby);
$standby->restart;
is(findings_of($standby), $found, 'a restart keeps what it knows');

# Failover
my $session = $standby->background_psql('postgres', on_error_stop => 0);
ask($session, look_ups(1 .. 3));
$primary->stop('immediate');
$standby->promote;
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 'f', 'the standby takes over');
is(findings_of($standby), $found, 'with all that it knew');
ask($session, look_ups(4 .. 6));
$session->quit;
reset_audit($standby);
$standby->safe_psql('postgres', 'BEGIN; ' . join('', map { "INSERT INTO item VALUES ($_);" } 2001 .. 2012) . 'COMMIT;');
is(findings_of($standby), 'write_loop|high|transaction', 'and now sees writes too');
is($standby->safe_psql('postgres', "SELECT query_audit.snapshot('after failover'); SELECT change, rule FROM query_audit.compare('of the primary', 'after failover')"),
	"\nnew|write_loop", 'and can take snapshots, and compare with those of the one before');
is(read_audit($standby, 'SELECT faults, drops FROM query_audit.status'), '0|0', 'nothing was lost');
is($standby->safe_psql('postgres', 'DROP EXTENSION pg_query_audit; CREATE EXTENSION pg_query_audit; SELECT count(*) FROM query_audit.rules') > 0,
	1, 'the extension can be made anew');

$standby->stop('fast');
unlike(slurp_file($_->logfile), qr/terminated by signal|PANIC|TRAP/, 'no process died') for $primary, $standby;
done_testing();
