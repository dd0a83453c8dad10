# What was recorded outlives a clean restart, and nothing that happens to its file or to the server keeps it from
# starting.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = audited_cluster('restart', conf => "restart_after_crash = on\n");
my $file = $node->data_dir . '/pg_stat/pg_query_audit.stat';
my $ignored = qr/pg_query_audit ignores the file/;
my $look_ups = join '', map { "SELECT label FROM item WHERE id = $_;" } 1 .. 6;

$node->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, label text);
	INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 1000) AS i;
	CREATE TABLE large (id int, kind text);
	INSERT INTO large SELECT i, 'kind ' || i % 1000 FROM generate_series(1, 50000) AS i;
	ANALYZE;
});

# Everything that is kept, without what the server's own start adds.
sub kept
{
	return read_audit(
		$node, q{
		SELECT 'finding', finding_id, rule, confidence, query, fix_sql, calls::text, evidence::text
		FROM query_audit.findings
		UNION ALL
		SELECT 'statement', 0, '', '', fingerprint, query, concat_ws(' ', calls, rows, total_exec_time, first_seen), queryids::text
		FROM query_audit.statements
		UNION ALL
		SELECT 'scan', 0, filter, '', fingerprint, query, concat_ws(' ', scans, rows_read, rows_removed), relation
		FROM query_audit.table_scans
		UNION ALL
		SELECT 'unit', 0, unit, named_by, '', '', concat_ws(' ', units, statements, findings, first_seen),
			concat_ws(' ', p95_statements, max_wall_time)
		FROM query_audit.units
		UNION ALL
		SELECT 'status', 0, '', '', '', '', statements_seen::text, since::text FROM query_audit.status
		ORDER BY 1, 2, 5, 7});
}

# Traffic with a finding of either kind; its session has ended.
sub record_something
{
	$node->safe_psql('postgres', "BEGIN; $look_ups COMMIT; SELECT id FROM large WHERE kind = 'kind 7'");
	poll_audit($node, "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'restart.pl'
	                   AND pid <> pg_backend_pid() AND backend_type = 'client backend'") or die 'sessions did not end';
	return;
}

sub rules_found { return read_audit($node, 'SELECT string_agg(rule, $$ $$ ORDER BY rule) FROM query_audit.findings') }

# Stops, does something to the stopped server, starts. Returns how often the file was ignored.
sub restart_after
{
	my ($change, $mode) = @_;
	my $log_length = -s $node->logfile;
	$node->stop($mode // 'fast');
	$change->() if $change;
	$node->start;
	my $log = slurp_file($node->logfile, $log_length);
	return scalar(() = $log =~ /$ignored/g);
}

sub works
{
	my ($when) = @_;
	reset_audit($node);
	record_something();
	return is(rules_found(), 'n_plus_one seq_scan', "$when the audit works");
}

# Clean restarts

ok(!-e $file, 'while the server runs there is no file');
record_something();
my $before = kept();
like($before, qr/^finding\|\d+\|n_plus_one\|medium\|SELECT label FROM item WHERE id = \$1\|.*ANY/m, 'there is a finding to keep');
is(restart_after(), 0, 'a fast restart reads its file');
is(kept(), $before, 'and has all that was recorded: findings, statements, scans, texts, counters');
ok(!-e $file, 'the file is gone, so that a crash cannot bring it back');
$node->safe_psql('postgres', $look_ups);
is(statement_counts($node, 'SELECT label FROM item%'), '12|12|0', 'what follows is added to it');

is(restart_after(sub { $node->append_conf('postgresql.conf', "max_connections = 40\n") }), 0,
	'other max_connections read the file too');
is(statement_counts($node, 'SELECT label FROM item%'), '12|12|0', 'and keep what it holds');

# A session that is there at shutdown, in the midst of its unit
reset_audit($node);
my $session = $node->background_psql('postgres', on_error_stop => 0);
ask($session, "BEGIN; $look_ups");
restart_after();
is(read_audit($node, 'SELECT rule, confidence, calls FROM query_audit.findings'), 'n_plus_one|medium|6',
	'a unit that a shutdown cut off is kept');
is(statement_counts($node, 'SELECT label FROM item%'), '6|6|0', 'with its statements');
eval { $session->quit };

# A file that cannot be used

reset_audit($node);
record_something();
is(restart_after(sub { $node->append_conf('postgresql.conf', "pg_query_audit.max_statements = 700\n") }), 1,
	'other max_statements: one line in the log');
is(rules_found(), '', 'and a start from nothing');
works('with other max_statements');

my %damages = (
	'a truncated file' => sub { truncate $file, (-s $file) / 2 },
	'an empty file' => sub { truncate $file, 0 },
	'a file that lost its last byte' => sub { truncate $file, (-s $file) - 1 },
	'a file of garbage' => sub { unlink $file; append_to_file($file, 'garbage ' x 100_000) },
	'a file with one byte changed' => sub {
		open my $handle, '+<:raw', $file or die $!;
		seek $handle, (-s $file) / 3, 0;
		read $handle, my $byte, 1;
		seek $handle, -1, 1;
		print $handle chr(ord($byte) ^ 1);
		close $handle;
	},
	'a directory in its place' => sub { unlink $file; mkdir $file },
);
for my $damage (sort keys %damages)
{
	is(restart_after($damages{$damage}), 1, "$damage: one line in the log");
	is(rules_found(), '', "$damage: a start from nothing");
	rmdir $file;
	works("after $damage");
}
is(restart_after(sub { unlink $file }), 0, 'no file: not a word');
works('without a file');

# Not clean

restart_after(undef, 'immediate');
my $after = rules_found();
ok($after eq '' || $after eq 'n_plus_one seq_scan', 'after an immediate stop: nothing, or all of it');
works('after an immediate stop');

$session = $node->background_psql('postgres', on_error_stop => 0);
my $pid = ask($session, 'SELECT pg_backend_pid()');
ask($session, "BEGIN; $look_ups");
kill 'KILL', $pid;
eval { $session->quit };
poll_audit($node, "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid") or die 'the server did not come back';
is(rules_found(), '', 'after a crash: nothing');
works('after a crash');
is(restart_after(), 0, 'a clean restart after a crash reads its file');
is(rules_found(), 'n_plus_one seq_scan', 'and keeps what it holds');

# Not kept

$node->append_conf('postgresql.conf', "pg_query_audit.save = off\n");
$node->reload;
poll_audit($node, 'SHOW pg_query_audit.save', 'off') or die 'the server did not read its settings'; # it may take its time
is(restart_after(), 0, 'pg_query_audit.save = off: no file is missed');
is(rules_found(), '', 'and nothing is kept');
works('with pg_query_audit.save = off');

$node->stop('fast');
ok(!-e $file && !-e "$file.tmp", 'no file is left behind');
done_testing();
