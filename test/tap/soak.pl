# Mixed load for minutes in tables that are much too small for it: nobody fails, and no process grows. SOAK_SECONDS says
# for how long (180); 1800 is for a night.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;
use Time::HiRes qw(sleep);

my $seconds = $ENV{SOAK_SECONDS} // 180;
my $node = audited_cluster(
	'soak', conf => "max_connections = 40\n" . join '',
	map { "pg_query_audit.$_\n" } 'max_statements = 100', 'max_findings = 10', 'max_table_scans = 10', 'max_units = 10',
	'max_traces = 8', 'text_memory = 64kB', 'seq_scan_min_rows = 1', 'n_plus_one_min_calls = 2', 'write_loop_min_calls = 2',
	'nested_loop_query_min_calls = 2', 'duplicate_query_min_calls = 2');
$node->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, label text);
	INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 1000) AS i;
	CREATE TABLE journal (item_id int);
	CREATE TABLE large AS SELECT i AS id, 'kind ' || i % 1000 AS kind FROM generate_series(1, 20000) AS i;
	ANALYZE;
	CREATE FUNCTION survive(rounds int) RETURNS int LANGUAGE plpgsql AS $$
	DECLARE caught int := 0;
	BEGIN
		FOR i IN 1 .. rounds LOOP
			BEGIN PERFORM 1 / (id - id) FROM item WHERE id = i;
			EXCEPTION WHEN division_by_zero THEN caught := caught + 1;
			END;
		END LOOP;
		RETURN caught;
	END $$;
});

# A thousand shapes, routes and traces.
my %scripts = (
	shapes => "\\set r random(1, 1000)\n\\set id random(1, 1000)\nSELECT label AS c:r FROM item WHERE id = :id;\n" x 5,
	units => "\\set r random(1, 1000)\nBEGIN;\nSELECT id FROM item ORDER BY id LIMIT 5;\n" .
	  "SELECT label FROM item WHERE id = :r /*route='/r:r',traceparent='00-00000000000000000000000000000:r-1111111111111111-01'*/;\n"
	  x 3 . "COMMIT;\n",
	writes => "\\set id random(1, 1000)\nBEGIN;\n" . "INSERT INTO journal VALUES (:id);\n" x 4 .
	  "UPDATE item SET label = label WHERE id = :id;\nROLLBACK;\n",
	scans => "\\set r random(1, 1000)\nSELECT id AS c:r FROM large WHERE kind = 'kind :r';\n\\sleep 5 ms\n",
	nested => "SELECT survive(10);\nDO \$\$ BEGIN PERFORM survive(5); END \$\$;\n",
	cursors => "BEGIN;\nDECLARE c CURSOR WITH HOLD FOR SELECT id FROM item;\nFETCH 5 FROM c;\nCOMMIT;\nFETCH 5 FROM c;\nCLOSE c;\n",
);
my @clients = map { start_pgbench($node, $scripts{$_}, '-T', $seconds) } sort keys %scripts;
push @clients, start_pgbench($node, $scripts{writes}, '-M', 'prepared', '-T', $seconds);
push @clients, start_pgbench($node, $scripts{shapes} . "\\sleep 20 ms\n", '-C', '-T', $seconds);
my @views = qw(findings statements backend_statements table_scans units status rules);
push @clients, start_pgbench($node, join('', map { "SELECT count(v::text) FROM query_audit.$_ AS v;\n" } @views) . "\\sleep 200 ms\n",
	'-T', $seconds);
push @clients, start_pgbench($node, "SELECT query_audit.reset();\n\\sleep 7 s\n", '-T', $seconds);

# pid => kB of memory of its own
sub memory
{
	my %memory;
	for my $pid (split /\n/, read_audit($node, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"))
	{
		# It may have ended meanwhile.
		my $status = eval { slurp_file("/proc/$pid/status") } // '';
		$memory{$pid} = $1 if $status =~ /^RssAnon:\s+(\d+) kB/m;
	}
	return \%memory;
}
sleep $seconds / 3;
my $before = memory();
my $size = read_audit($node, 'SELECT memory_bytes FROM query_audit.status');
sleep $seconds / 3;
my $between = memory();
sleep $seconds / 3 - 2;
my $after = memory();
my @same = grep { exists $before->{$_} && exists $between->{$_} } sort keys %$after;
cmp_ok(scalar @same, '>=', 9, 'sessions that were there all the time');
for my $pid (@same)
{
	# Memory that is freed need not go back to the system, so what is there after a third is given some play.
	cmp_ok($after->{$pid} - $before->{$pid}, '<', 1024, "session $pid: $before->{$pid}, $between->{$pid}, $after->{$pid} kB");
}
ok($_->finish, 'a client never failed') for @clients;
is(read_audit($node, "SELECT faults, memory_bytes = $size, text_bytes <= text_bytes_max, statements <= statements_max,
                             findings <= findings_max FROM query_audit.status"), '0|t|t|t|t', 'the store is in its bounds');
reset_audit($node);
$node->safe_psql('postgres', 'BEGIN; ' . look_ups(1 .. 6) . 'COMMIT;');
is(statement_counts($node, 'SELECT label FROM item WHERE id%') . ' ' . findings_of($node), '6|6|0 n_plus_one|medium|transaction',
	'what follows is counted and found');
$node->stop('fast');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|WARNING|ERROR/, 'the server has seen no trouble');
done_testing();
