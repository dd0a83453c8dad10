# Whatever ends sessions or the server, by force or by error, at any stage: the server comes back, what is counted is what
# ran, and the audit goes on. pg_stat_statements counts beside it.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;
use Time::HiRes qw(sleep);

my $node = audited_cluster(
	'faults',
	init => { extra => ['--wal-segsize=1'] },
	conf => "shared_preload_libraries = 'pg_query_audit, pg_stat_statements'
		restart_after_crash = on\nmax_connections = 40\nlog_statement = none\nlog_min_duration_statement = -1\n");
my $shapes = 60; # more than a backend's slot holds, so that it is folded all the time
my $one = 'SELECT label FROM item WHERE id';

$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE TABLE item (id int PRIMARY KEY, label text);
	INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 1000) AS i;
	CREATE TABLE part AS TABLE item;
	CREATE TABLE large AS SELECT i AS id, 'kind ' || i % 1000 AS kind FROM generate_series(1, 50000) AS i;
	ANALYZE;
	CREATE FUNCTION survive(depth int, rounds int) RETURNS int LANGUAGE plpgsql AS $$
	DECLARE caught int := 0;
	BEGIN
		FOR i IN 1 .. rounds LOOP
			BEGIN
				PERFORM label FROM part WHERE id = i;
				IF depth > 0 THEN caught := caught + survive(depth - 1, 1); END IF;
				PERFORM 1 / (id - id) FROM part WHERE id = i;
			EXCEPTION WHEN division_by_zero THEN caught := caught + 1;
			END;
		END LOOP;
		RETURN caught;
	END $$;
} . join '', map { "CREATE TABLE shape_$_ (id int PRIMARY KEY, label text);" } 1 .. $shapes);
my $churn = join '', map { "SELECT id, label FROM shape_$_ WHERE id = 1;\n" } 1 .. $shapes;

sub reset_all { read_audit($node, 'SELECT pg_stat_statements_reset()'); reset_audit($node); return }

# Statements on the tables of this test that came to their end, as either extension counts them.
sub both_counts
{
	my $of = "FROM %s WHERE query ~ '^SELECT (label FROM item|id, label FROM shape_|id FROM large)'";
	my $audit = sprintf "SELECT coalesce(sum(calls), 0) $of", 'query_audit.statements';
	my $other = sprintf "SELECT coalesce(sum(calls), 0) $of", 'pg_stat_statements';
	return split /\n/, read_audit($node, "SET compute_query_id = off; $audit; $other");
}

sub counts_agree
{
	my ($when, $least) = @_;
	my ($audit, $other) = both_counts();
	is($audit, $other, "$when: every statement that ended is counted, once");
	cmp_ok($audit, '>=', $least // 1, "$when: and there were some");
	return;
}

# Counted exactly, at top level, with nothing left of what was before.
sub works
{
	my ($when) = @_;
	reset_all();
	$node->safe_psql('postgres', 'BEGIN; ' . look_ups(1 .. 6) . 'COMMIT; SELECT survive(2, 3);');
	is(statement_counts($node, "$one%") . ' ' . findings_of($node, "rule = 'n_plus_one'"), '6|6|0 n_plus_one|medium|transaction',
		"$when: the audit works");
	is(read_audit($node, 'SELECT statements_seen, faults, drops FROM query_audit.status'), '7|0|0', "$when: and nothing drifted");
	return;
}

sub alone
{
	return poll_audit($node, "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'client backend'");
}
sub back { return alone() || die 'the server did not come back' }

sub some_backend
{
	return read_audit(
		$node, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
		        ORDER BY random() LIMIT 1");
}
works('at first');

# A backend that is killed takes all others down; the server begins anew, with an empty store.
for my $round (1 .. 4)
{
	my $traffic = start_pgbench($node, $churn . $churn, '-T', 20, '-c', 6);
	sleep 0.3 + 0.13 * $round;
	my $pid = some_backend();
	kill 'KILL', $pid;
	$traffic->finish;
	back();
	works("kill -9 of a backend under load, $round");
}

# An immediate shutdown under load, and one by SIGQUIT of a single backend.
my $traffic = start_pgbench($node, $churn, '-T', 20, '-c', 6);
sleep 0.5;
$node->stop('immediate');
$traffic->finish;
$node->start;
works('an immediate shutdown under load');

# The file cannot be written: the server stops as ever and says so once, and starts without it.
sub postmaster { return (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0] }
my $file = $node->data_dir . '/pg_stat/pg_query_audit.stat';
for my $limit (1_000_000, 8_000_000)
{
	my $log_length = -s $node->logfile;
	system_or_bail('prlimit', '--pid', postmaster(), "--fsize=$limit");
	$node->stop('fast');
	my $log = substr slurp_file($node->logfile), $log_length;
	is(scalar(() = $log =~ /could not write file "pg_stat\/pg_query_audit/g), 1, "a file of at most $limit bytes: one line in the log");
	ok(!-e $file && !-e "$file.tmp", "a file of at most $limit bytes: none is left");
	$node->start;
	works("after a file of at most $limit bytes");
}

# A disk that is full: so says the device that the file's name leads to.
{
	my $log_length = -s $node->logfile;
	symlink '/dev/full', "$file.tmp" or die "symlink: $!";
	$node->stop('fast');
	my $log = substr slurp_file($node->logfile), $log_length;
	is(scalar(() = $log =~ /could not write file "pg_stat\/pg_query_audit.*: No space left on device/g), 1, 'a full disk: one line in the log');
	ok(!-e $file && !-l "$file.tmp", 'a full disk: no file is left');
	$node->start;
	works('after a full disk');
}

# Connections that come and go
reset_all();
ok(pgbench_ok($node, "$one = 1;\n", '-C', '-c', 20, '-t', 25), '500 connections come and go');
is(statement_counts($node, "$one%"), '500|500|0', 'each is counted');
counts_agree('500 connections', 500);
is(read_audit($node, 'SELECT count(*) FROM query_audit.backend_statements WHERE pid NOT IN (SELECT pid FROM pg_stat_activity)'),
	'0', 'and no ended session is shown as a live one');

# Sessions that are ended from outside, at any moment
reset_all();
my $endings = 0;
for my $round (1 .. 4)
{
	$traffic = start_pgbench($node, $churn . "BEGIN;\n" . look_ups(1 .. 20) . "COMMIT;\n", '-T', 20, '-c', 5);
	sleep 0.4;
	for (1 .. 20)
	{
		$endings += read_audit(
			$node, "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE
			        backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1) AS s");
		last if !some_backend();
	}
	$traffic->finish;
	alone();
}
cmp_ok($endings, '>=', 20, 'sessions were terminated');
counts_agree('pg_terminate_backend() under load', 1000);
works('after pg_terminate_backend()');

# A client that connects again by itself whenever its connection is gone: the server's own, of a foreign table.
$node->safe_psql('postgres', "CREATE EXTENSION postgres_fdw;
	CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '" . $node->host . "', port '" . $node->port . "', dbname 'postgres');
	CREATE USER MAPPING FOR PUBLIC SERVER itself;
	CREATE FOREIGN TABLE remote_item (id int, label text) SERVER itself OPTIONS (table_name 'item');");
my $distant = $node->background_psql('postgres', on_error_stop => 0);
ask($distant, 'SELECT label FROM remote_item WHERE id = 7');
reset_all();
my ($answers, $gone) = (0, 0);
for my $round (1 .. 20)
{
	$gone += read_audit($node, "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE application_name = 'postgres_fdw'");
	$answers += ask($distant, 'SELECT label FROM remote_item WHERE id = 7') eq 'label 7';
}
is("$gone $answers", '20 20', 'a connection that is ended 20 times, and made again by itself: every statement is answered');
is(statement_counts($node, 'SELECT label FROM remote_item%'), '20|20|0', 'and counted, at the client\'s server');
is(statement_counts($node, 'SELECT id, label FROM public.item%') . '/' . statement_counts($node, 'SELECT label FROM public.item%'),
	'0|0|0/20|20|0', 'and at the other, whatever session it came to');
$distant->quit;
alone();
works('after connections that were made again');

reset_all();
my $idle = $node->background_psql('postgres', on_error_stop => 0);
ask($idle, "SET idle_in_transaction_session_timeout = '100ms'; BEGIN; " . look_ups(1 .. 6));
alone();
eval { $idle->quit };
is(statement_counts($node, "$one%"), '6|6|0', 'a transaction that was ended by a time-out: its statements are counted');
is(findings_of($node), 'n_plus_one|medium|transaction', 'and its loop is found');

# Errors that functions and savepoints take back
reset_all();
is($node->safe_psql('postgres', 'SELECT survive(0, 1000)'), 1000, '1,000 errors that a function catches');
is($node->safe_psql('postgres', 'SELECT survive(40, 20)'), 820, 'and 820 that are nested up to 41 deep');
my $storm = 'BEGIN;' . join('', map { "SAVEPOINT s$_; $one = $_;" } 1 .. 400) . 'ROLLBACK TO s200; SELECT 1/0;' .
  join('', map { "ROLLBACK TO s$_; $one = $_; SELECT 1/0;" } reverse 1 .. 199) . 'ROLLBACK TO s1; RELEASE s1; COMMIT;' .
  "$one = 1;";
$node->psql('postgres', $storm =~ s/;/;\n/gr, on_error_stop => 0);
is(statement_counts($node, "$one%"), '600|600|0', '400 nested savepoints, rolled back one by one: every statement is counted');
works('after errors in subtransactions');

# Parallel workers, also ones that are terminated
my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
	SET max_parallel_workers_per_gather = 2; ';
reset_all();
$node->safe_psql('postgres', $parallel . "SELECT id FROM large WHERE kind = 'kind 7';" x 5);
is(statement_counts($node, 'SELECT id FROM large%'), '5|250|0', 'a parallel query is one statement');
is(findings_of($node, "rule = 'seq_scan'"), 'seq_scan|high|execution', 'whose scan is measured');
for my $round (1 .. 3)
{
	my $slow = $node->background_psql('postgres', on_error_stop => 0);
	ask($slow, $parallel);
	$slow->{stdin} = "SELECT count(*) FROM large AS a, large AS b WHERE a.kind < b.kind;\n";
	$slow->{run}->pump_nb;
	poll_audit($node, "SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type = 'parallel worker'") or last;
	read_audit($node, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'parallel worker' LIMIT 1");
	poll_audit($node, "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'parallel worker'");
	$slow->{stdin} .= "\n";
	is(ask($slow, "SELECT 'alive'"), 'alive', "a parallel worker that is terminated, $round: the session goes on");
	$slow->quit;
}
works('after parallel workers were terminated');

# Cursors that outlive their transaction
reset_all();
$node->psql(
	'postgres', "BEGIN; DECLARE held CURSOR WITH HOLD FOR $one < 100; FETCH 5 FROM held; COMMIT; FETCH 5 FROM held; CLOSE held;
	BEGIN; DECLARE failing CURSOR WITH HOLD FOR SELECT 1 / (id - 50) FROM item; FETCH 1 FROM failing; COMMIT; FETCH 1 FROM failing;
	BEGIN; DECLARE undone CURSOR WITH HOLD FOR $one < 100; FETCH 5 FROM undone; ROLLBACK;
	BEGIN; DECLARE open CURSOR WITH HOLD FOR $one < 100; COMMIT; FETCH ALL FROM open;" =~ s/;/;\n/gr, on_error_stop => 0);
is(read_audit($node, 'SELECT faults, drops FROM query_audit.status'), '0|0', 'cursors WITH HOLD: closed, failed, undone, left open');
works('after cursors WITH HOLD');

# Cancelled at every stage
reset_all();
my $work = "SELECT count(*) FROM large AS a JOIN large AS b USING (id) WHERE a.kind < b.kind || 'x';
	SELECT survive(3, 100); SELECT id FROM large WHERE kind = 'kind 7'; $one = 1; $churn
	BEGIN; INSERT INTO item SELECT i, 'x' FROM generate_series(2000, 4000) AS i; UPDATE item SET label = 'y' WHERE id > 1900; ROLLBACK;
	DECLARE held CURSOR WITH HOLD FOR TABLE large; CLOSE held;
";
my $cancelled = 0;
for my $timeout (1 .. 60)
{
	my (undef, undef, $errors) = $node->psql('postgres', "SET statement_timeout = '$timeout';\n$work", on_error_stop => 0);
	$cancelled += () = $errors =~ /canceling statement/g;
}
cmp_ok($cancelled, '>=', 20, "$cancelled statements were cancelled by time-outs from 1 to 60 ms");
counts_agree('statement_timeout');
works('after statement_timeout');

my $busy = $node->background_psql('postgres', on_error_stop => 0);
my $pid = ask($busy, 'SELECT pg_backend_pid()');
reset_all();
my $canceller = start_pgbench($node, "SET pg_query_audit.enabled = off;\nSELECT pg_cancel_backend($pid);\n\\sleep 3 ms\n", '-T', 300);
my $errors = 0;
# The work is done until there were enough, as nobody knows when the canceller gets its turn.
for (my $round = 1; $round <= 30 || ($errors < 20 && $round <= 1000); $round++)
{
	ask($busy, $work);
	$errors += () = $busy->{stderr} =~ /canceling statement/g;
}
$canceller->kill_kill; # when the work is done, however long that takes
cmp_ok($errors, '>=', 20, "$errors statements were cancelled by pg_cancel_backend()");
$busy->quit;
counts_agree('pg_cancel_backend()');
works('after pg_cancel_backend()');

$node->stop('fast');
my $trouble = join "\n", grep { /PANIC|TRAP|signal (?!9:)/ } split /\n/, slurp_file($node->logfile);
is($trouble, '', 'no process died but those that were killed');
done_testing();
