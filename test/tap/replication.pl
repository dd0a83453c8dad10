# Replication goes on as without the library: what is decoded, applied and sent, and what a walsender is asked for. What an
# apply worker writes and how long a walsender waits is no client's doing.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

# Sessions of the test's own are brief.
my @options = (
	init => { allows_streaming => 'logical' },
	conf => "pg_query_audit.disabled_rules = connection_churn\npg_query_audit.idle_in_transaction_min_duration = 300\n");
my $publisher = audited_cluster('publisher', @options);
my $subscriber = audited_cluster('subscriber', @options);
my $schema = q{
	CREATE TABLE item (id int PRIMARY KEY, label text);
	CREATE TABLE noted (id int, label text)};
$_->safe_psql('postgres', $schema) for $publisher, $subscriber;
$publisher->safe_psql('postgres', "INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 12000) AS i;
	CREATE PUBLICATION everything FOR TABLE item WHERE (id <> 7)");
# A trigger that runs statements in the apply worker
$subscriber->safe_psql('postgres', q{
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		FOR i IN 1 .. 12 LOOP PERFORM label FROM public.item WHERE id = i; END LOOP;
		IF NEW.id % 1000 = 0 THEN PERFORM count(*) FROM public.item WHERE label = NEW.label || 'x'; END IF;
		INSERT INTO public.noted VALUES (NEW.id, NEW.label);
		RETURN NEW;
	END $$;
	CREATE TRIGGER notes AFTER INSERT OR UPDATE ON item FOR EACH ROW EXECUTE FUNCTION note();
	ALTER TABLE item ENABLE ALWAYS TRIGGER notes});
reset_audit($_) for $publisher, $subscriber;
my $connection = $publisher->connstr . ' dbname=postgres';
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION reader CONNECTION '$connection' PUBLICATION everything");
$subscriber->wait_for_subscription_sync($publisher, 'reader');
is(read_audit($subscriber, 'SELECT count(*) FROM item'), '11999', 'the tables are copied');
$publisher->safe_psql('postgres', "BEGIN;\n" . join('', map { "UPDATE item SET label = label || 'x' WHERE id = $_;\n" } 8 .. 20) . 'COMMIT;');
$publisher->safe_psql('postgres', 'INSERT INTO item VALUES (20001), (20002); DELETE FROM item WHERE id IN (20001, 20002); UPDATE item SET id = -id WHERE id = 5; TRUNCATE item' =~ s/;/;\n/gr);
$publisher->wait_for_catchup('reader');
is(read_audit($subscriber, 'SELECT (SELECT count(*) FROM item), (SELECT count(*) FROM noted) >= 14'), '0|t', 'changes are applied, with their triggers');
is(findings_of($publisher, "rule <> 'idle_in_transaction'"), 'write_loop|high|transaction', 'the publisher finds what its client did');
is(findings_of($subscriber, "rule <> 'idle_in_transaction'"), "nested_loop_query|high|execution\nnested_loop_query|high|execution\nseq_scan|high|execution",
	'and the subscriber what its trigger does, but no loop of a client\'s');
is(read_audit($subscriber, "SELECT count(*) FROM pg_stat_activity WHERE backend_type ~ '^logical replication (apply )?worker\$' AND state IS NOT NULL"), '1',
	'the apply worker lives');

# The trigger's statements are slow, cancelled and in error there, and it goes on.
$subscriber->safe_psql('postgres', 'ALTER TABLE noted ADD CHECK (id <> 30001)');
$publisher->safe_psql('postgres', 'INSERT INTO item VALUES (30001)');
ok($subscriber->poll_query_until('postgres', 'SELECT apply_error_count > 0 FROM pg_stat_subscription_stats'), 'an apply worker that fails');
$subscriber->safe_psql('postgres', 'ALTER TABLE noted DROP CONSTRAINT noted_id_check');
$publisher->wait_for_catchup('reader');
is(read_audit($subscriber, 'SELECT id FROM item'), '30001', 'begins anew, and applies');

# What a walsender is asked for
for my $case (
	[ 'IDENTIFY_SYSTEM', qr/^\d+\|1\|/ ],
	[ 'SHOW pg_query_audit.enabled', qr/^on$/ ],
	[ "CREATE_REPLICATION_SLOT made TEMPORARY LOGICAL pgoutput", qr/^made\|/ ],
	[ 'SELECT label FROM item WHERE id = 1', qr/^$/ ],
	[ "BEGIN; SELECT label FROM item WHERE id = 1; SELECT label FROM item WHERE id = 2; COMMIT", qr/^$/ ],
	[ 'SELECT count(*) > 0 FROM query_audit.status', qr/^t$/ ])
{
	my ($command, $expected) = @$case;
	my ($status, $out, $errors) = $publisher->psql('postgres', $command, replication => 'database');
	is("$status $errors", '0 ', "a walsender: $command");
	like($out, $expected, 'and answers');
}
reset_audit($publisher);
is(scalar $publisher->psql('postgres', "BEGIN;\nSELECT label FROM item WHERE id = 1;\n\\! sleep 0.5\nCOMMIT;", replication => 'database'), 0,
	'a walsender that waits in a transaction');
is(findings_of($publisher, "rule = 'idle_in_transaction'"), '', 'which is no finding');
my ($status, undef, $errors) = $publisher->psql('postgres', 'NOT_A_COMMAND', replication => 'database');
like($errors, qr/syntax error/, 'and has the server\'s words for what is none');
($status, undef, $errors) = $publisher->psql('postgres', 'SELECT 1', replication => 'true');
like($errors, qr/cannot execute SQL commands in WAL sender for physical replication|syntax error/, 'as for SQL in physical replication');

# Decoding by SQL and by a client; a base backup
$publisher->safe_psql('postgres', "SELECT pg_create_logical_replication_slot('decoded', 'test_decoding')");
$publisher->safe_psql('postgres', "INSERT INTO item VALUES (50001, 'x')");
like($publisher->safe_psql('postgres', "SELECT string_agg(data, ' ') FROM pg_logical_slot_peek_changes('decoded', NULL, NULL)"),
	qr/INSERT: id\[integer\]:50001/, 'changes are decoded');
like($publisher->pg_recvlogical_upto('postgres', 'decoded', $publisher->lsn('insert'), 60), qr/INSERT: id\[integer\]:50001/, 'and received');
$publisher->backup('all');
ok(-f $publisher->backup_dir . '/all/PG_VERSION', 'a base backup is made');
ok(!-s $publisher->backup_dir . '/all/pg_stat/pg_query_audit.stat', 'which takes nothing along that the audit knows');

for my $node ($publisher, $subscriber)
{
	is(read_audit($node, 'SELECT faults, drops FROM query_audit.status'), '0|0', $node->name . ': no fault');
	reset_audit($node);
	$node->safe_psql('postgres', 'BEGIN; ' . look_ups(1 .. 6) . 'COMMIT;');
	is(statement_counts($node, 'SELECT label FROM item WHERE id%') . ' ' . findings_of($node, "rule = 'n_plus_one'"), '6|0|0 n_plus_one|medium|transaction',
		$node->name . ': what follows is counted and found');
}
$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION reader');
$_->stop('fast') for $subscriber, $publisher;
unlike(slurp_file($_->logfile), qr/terminated by signal|PANIC|TRAP/, 'no process died') for $publisher, $subscriber;
done_testing();
