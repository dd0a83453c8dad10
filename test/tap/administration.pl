# What administrators do while the audit runs and knows of things: settings to their bounds, the extension dropped and made
# anew, tables, roles and databases renamed and gone, transactions that another session ends. Nobody's statement fails, and
# every view can be read afterwards.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = audited_cluster('administration', conf => "max_prepared_transactions = 5\nmax_connections = 40\nlog_error_verbosity = verbose\n");
$node->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, label text);
	INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 1000) AS i;
	CREATE TABLE part (id int PRIMARY KEY, item_id int REFERENCES item, label text);
	INSERT INTO part SELECT i, i % 1000 + 1, 'part ' || i FROM generate_series(1, 20000) AS i;
	CREATE TABLE document (id int PRIMARY KEY, body text, extra jsonb);
	INSERT INTO document SELECT i, repeat('x', 3000), '{}' FROM generate_series(1, 50) AS i;
	GRANT SELECT ON item TO PUBLIC;
	ANALYZE;
	CREATE FUNCTION labels(n int) RETURNS int LANGUAGE plpgsql AS $$
	DECLARE found text;
	BEGIN FOR i IN 1 .. n LOOP SELECT label INTO found FROM item WHERE id = i; END LOOP; RETURN n; END $$;
});

# Something for each rule to look at, on tables and columns that are there all the time
my $battery = 'BEGIN;' . look_ups(1 .. 6, 6, 6, 6) . join('', map { "INSERT INTO part VALUES (10000$_, 1);" } 1 .. 6) . "ROLLBACK;
	SELECT id FROM item ORDER BY id LIMIT 10; SELECT id FROM part WHERE label = 'part 7'; SELECT id FROM part WHERE label LIKE '%7';
	SELECT id FROM part WHERE lower(label) = 'part 7'; SELECT id, label FROM part ORDER BY label LIMIT 3;
	SELECT count(*) FROM part WHERE label LIKE 'part%'; SELECT id FROM part WHERE label LIKE 'part%' ORDER BY id LIMIT 10;
	SELECT id FROM part ORDER BY id OFFSET 15000 LIMIT 5; SELECT * FROM part; SELECT * FROM document; SELECT labels(60);
	SELECT count(*), count(*) FILTER (WHERE id > 5), count(*) FILTER (WHERE id > 6) FROM item; BEGIN; LOCK TABLE part; UPDATE part SET label = label; ROLLBACK;
	SET work_mem = '64kB'; SELECT count(*) FROM (SELECT label FROM part ORDER BY label || 'x' OFFSET 0) AS s; RESET work_mem;
" . join '', map { "BEGIN; UPDATE item SET label = label WHERE id = $_; COMMIT;" } 1 .. 6;
my $lines = $battery =~ s/;/;\n/gr;
my @views = split /\n/, read_audit($node,
	"SELECT relname FROM pg_class WHERE relnamespace = 'query_audit'::regnamespace AND relkind = 'v' ORDER BY 1");

sub all_is_well
{
	my ($when) = @_;
	for my $view (@views)
	{
		like(read_audit($node, "SELECT count(*), count(v::text) FROM query_audit.$view AS v"), qr/^(\d+)\|\1$/, "$when: $view can be read");
	}
	is(read_audit($node, 'SELECT faults FROM query_audit.status'), '0', "$when: no fault");
	return;
}

sub works
{
	my ($when) = @_;
	reset_audit($node);
	$node->safe_psql('postgres', 'BEGIN; ' . look_ups(1 .. 6) . 'COMMIT;');
	is(statement_counts($node, 'SELECT label FROM item WHERE id%') . ' ' . findings_of($node), '6|6|0 n_plus_one|medium|transaction',
		"$when: what follows is counted and found");
	return;
}

# Each setting at its least and its largest value, under load
my $bounds = "SELECT format('ALTER SYSTEM SET %%s = %%L;', name, %s) FROM pg_settings
	WHERE name LIKE 'pg_query_audit.%%' AND context <> 'postmaster' AND %s IS NOT NULL ORDER BY name";
for my $bound ('min_val', 'max_val')
{
	my $load = start_pgbench($node, $lines, '-T', 3, '-c', 2);
	read_audit($node, read_audit($node, sprintf $bounds, $bound, $bound));
	read_audit($node, 'SELECT pg_reload_conf()');
	is(scalar $node->psql('postgres', $lines), 0, "settings at $bound: statements of every kind work");
	ok($load->finish, "settings at $bound: and so do those under way");
	is(read_audit($node, "SELECT count(*) FROM pg_settings WHERE name LIKE 'pg_query_audit.%' AND context <> 'postmaster' AND setting <> $bound"),
		'0', "settings at $bound: they are");
	all_is_well("settings at $bound");
}
read_audit($node, "ALTER SYSTEM RESET ALL;\nSELECT pg_reload_conf()");

# All rules off and on, and the audit itself, while statements run
my $switched = start_pgbench($node, $lines, '-T', 4, '-c', 2);
my @switches = ('enabled = off', 'disabled_rules = n_plus_one', 'track_lineage = off', 'save = off', 'max_parse_size = 1');
for my $setting ((@switches) x 4)
{
	read_audit($node, "ALTER SYSTEM SET pg_query_audit.$setting;\nSELECT pg_reload_conf();\nALTER SYSTEM RESET ALL;\nSELECT pg_reload_conf();");
}
ok($switched->finish, 'what is switched on and off under load makes no statement fail');
all_is_well('after switching');
works('after switching');

# The extension is dropped and made while sessions run, and while its views are read.
my $load = start_pgbench($node, $lines, '-T', 4, '-c', 2);
my $errors = '';
for my $round (1 .. 15)
{
	my $reader = $node->background_psql('postgres', on_error_stop => 0);
	ask($reader, 'SELECT count(v::text) FROM query_audit.findings AS v');
	$node->safe_psql('postgres', 'DROP EXTENSION pg_query_audit');
	$errors .= ask_error($reader, 'SELECT count(v::text) FROM query_audit.findings AS v');
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_query_audit');
	$errors .= ask_error($reader, 'SELECT count(v::text) FROM query_audit.findings AS v');
	$reader->quit;
}
ok($load->finish, 'DROP EXTENSION and CREATE EXTENSION under load: no statement fails');
is(scalar(() = $errors =~ /ERROR:  relation "query_audit.findings" does not exist/g), 15, 'who reads meanwhile is told so');
is(scalar(() = $errors =~ /ERROR/g), 15, 'and then reads on');
all_is_well('made anew');
works('made anew');

# What findings name goes by another name, and goes.
$node->safe_psql('postgres', "CREATE DATABASE going;\nCREATE ROLE going LOGIN SUPERUSER");
$node->safe_psql('going', "CREATE TABLE item AS SELECT i AS id, 'label ' || i AS label FROM generate_series(1, 20000) AS i;\nCREATE TABLE part AS TABLE item;\nANALYZE",
	extra_params => [ '-U', 'going' ]);
$node->safe_psql('going', 'CREATE EXTENSION pg_query_audit');
reset_audit($node);
my $staying = $node->background_psql('postgres', on_error_stop => 0, extra_params => [ '-U', 'going' ]);
ask($staying, 'BEGIN; ' . look_ups(1 .. 6));
$node->safe_psql('going', look_ups(1 .. 6) . "SELECT id FROM part WHERE label = 'label 7';", extra_params => [ '-U', 'going' ]) for 1 .. 3;
my $named = "SELECT DISTINCT datname, usename, relation FROM query_audit.table_scans WHERE relation LIKE '%part' OR relation LIKE '%gone'";
is(read_audit($node, $named), 'going|going|public.part', 'a scan is known by the names of its database, role and table');
my $candidates = "SELECT count(*), count(v::text) FROM query_audit.%s AS v WHERE relation LIKE '%%%s'";
is(read_audit($node, sprintf($candidates, 'index_candidates', 'part'), 'going'), '1|1', 'and has an index to offer');
read_audit($node, 'ALTER TABLE part RENAME TO gone; ALTER TABLE gone RENAME label TO lost', 'going');
for my $view (@views)
{
	like(read_audit($node, "SELECT count(*), count(v::text) FROM query_audit.$view AS v", 'going'), qr/^(\d+)\|\1$/, "a table renamed: $view can be read there");
}
read_audit($node, 'DROP TABLE gone', 'going');
for my $view (@views)
{
	like(read_audit($node, "SELECT count(*), count(v::text) FROM query_audit.$view AS v", 'going'), qr/^(\d+)\|\1$/, "a table dropped: $view can be read there");
}
is(read_audit($node, sprintf($candidates, 'index_candidates', 'part'), 'going'), '0|0', 'a table that is gone needs no index');
read_audit($node, "ALTER ROLE going RENAME TO renamed;\nALTER DATABASE going RENAME TO moved;");
is(read_audit($node, $named), 'moved|renamed|public.part', 'a role and a database that were renamed have their names of now');
read_audit($node, "DROP DATABASE moved;\nDROP ROLE renamed;");
is(read_audit($node, $named), '||public.part', 'those that are gone have none');
all_is_well('after DROP DATABASE and DROP ROLE');
ask($staying, look_ups(7, 8) . 'COMMIT;');
is($staying->{stderr}, '', 'a session of a role that is gone goes on');
$staying->quit;
works('after DROP DATABASE and DROP ROLE');

# Transactions that another session ends
reset_audit($node);
$node->safe_psql('postgres', 'BEGIN; ' . look_ups(1 .. 6) . "UPDATE item SET label = 'x' WHERE id = 1; PREPARE TRANSACTION 'one';");
is(statement_counts($node, 'SELECT label FROM item%') . ' ' . findings_of($node), '6|6|0 n_plus_one|medium|transaction',
	'PREPARE TRANSACTION ends a unit of work, whose loop is found');
$node->safe_psql('postgres', "COMMIT PREPARED 'one'");
my $session = $node->background_psql('postgres', on_error_stop => 0);
is(ask_error($session, 'BEGIN; ' . look_ups(1) . "UPDATE item SET label = 'y' WHERE id = 1; PREPARE TRANSACTION 'two'; ROLLBACK PREPARED 'two';" . look_ups(2, 3)),
	'', 'ROLLBACK PREPARED in the session that prepared');
like(ask_error($session, "BEGIN; CREATE TEMP TABLE t (id int);\nPREPARE TRANSACTION 'three';"), qr/cannot PREPARE a transaction/,
	'a PREPARE TRANSACTION that fails, fails with the server\'s words');
is(ask_error($session, 'BEGIN; ' . look_ups(1 .. 6) . 'ROLLBACK;'), '', 'and the session goes on');
$session->quit;
works('after prepared transactions');

# LOAD of what is there, twice and in a transaction that fails; DISCARD ALL in a unit of work
$session = $node->background_psql('postgres', on_error_stop => 0);
reset_audit($node);
is(ask_error($session, "LOAD 'pg_query_audit'; LOAD 'pg_query_audit';\nBEGIN; LOAD 'pg_query_audit'; ROLLBACK;\n" . look_ups(1 .. 3)), '',
	'LOAD of a library that is preloaded changes nothing');
is(statement_counts($node, 'SELECT label FROM item%'), '3|3|0', 'and each statement is counted once');
is(ask_error($session, "SELECT query_audit.begin_unit('checkout');\n" . look_ups(1 .. 3) . "DISCARD ALL;\n" . look_ups(4 .. 6)), '', 'DISCARD ALL in a unit of work');
is(statement_counts($node, 'SELECT label FROM item%'), '9|9|0', 'loses no statement');
is(read_audit($node, "SELECT count(*) FROM query_audit.backend_statements WHERE unit_name = 'checkout'"), '0', 'and ends the unit');
$session->quit;

# What a statement's own triggers do to the rights, the role and the search_path that it ran with, is not asked about it.
$node->safe_psql(
	'postgres', q{
	CREATE ROLE application LOGIN;
	CREATE ROLE less;
	GRANT less TO application;
	CREATE SCHEMA own AUTHORIZATION application;
	SET ROLE application;
	CREATE TABLE own.filled (id int);
	CREATE TABLE own.emptied (id int);
	CREATE FUNCTION own.lessen() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN PERFORM set_config('search_path', 'nowhere', false), set_config('role', 'less', false); RETURN NEW; END $$;
	CREATE FUNCTION own.revoke() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN REVOKE USAGE ON SCHEMA own FROM application; RETURN NULL; END $$;
	CREATE TRIGGER lessen BEFORE INSERT ON own.filled FOR EACH ROW EXECUTE FUNCTION own.lessen();
	CREATE TRIGGER revoke AFTER TRUNCATE ON own.emptied FOR EACH STATEMENT EXECUTE FUNCTION own.revoke()});
for my $statement ("COPY own.filled FROM STDIN;\n1\n\\.\n", "SET search_path = own;\nCOPY filled FROM STDIN;\n1\n\\.\n", 'TRUNCATE own.emptied;')
{
	my @got = $node->psql('postgres', $statement, extra_params => [ '-U', 'application' ]);
	is("@got", '0  ', 'rights that go while a statement runs: ' . ($statement =~ s/\n.*//sr) . ' works');
}
is(read_audit($node, 'SELECT count(*) FROM own.filled'), '2', 'and has done what it was to do');

# Event triggers run statements inside of statements.
$node->safe_psql(
	'postgres', q{
	CREATE FUNCTION on_event() RETURNS event_trigger LANGUAGE plpgsql AS $$
	BEGIN PERFORM label FROM item WHERE id = 1; PERFORM count(*) FROM item WHERE label = TG_TAG; END $$;
	CREATE FUNCTION on_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$
	DECLARE o record; BEGIN FOR o IN SELECT * FROM pg_event_trigger_dropped_objects() LOOP PERFORM label FROM item WHERE id = 2; END LOOP; END $$;
	CREATE EVENT TRIGGER starts ON ddl_command_start EXECUTE FUNCTION on_event();
	CREATE EVENT TRIGGER ends ON ddl_command_end EXECUTE FUNCTION on_event();
	CREATE EVENT TRIGGER drops ON sql_drop EXECUTE FUNCTION on_drop();
	CREATE EVENT TRIGGER rewrites ON table_rewrite EXECUTE FUNCTION on_event()});
reset_audit($node);
my (undef, undef, $said) = $node->psql('postgres', 'CREATE TABLE t (id int); INSERT INTO t VALUES (1); ALTER TABLE t ALTER id TYPE bigint; DROP TABLE t;' =~ s/;/;\n/gr);
is($said, '', 'event triggers that run statements: no error');
is(seen_counts($node) =~ s/\|.*//r, '1', 'and none of theirs is the client\'s');
is(findings_of($node), '', 'nor a finding');
$node->safe_psql('postgres', "DROP EVENT TRIGGER $_") for qw(starts ends drops rewrites);
works('after event triggers');

$node->stop('fast');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP|LOCATION: .*\.cpp:/, 'the server has seen no trouble');
done_testing();
