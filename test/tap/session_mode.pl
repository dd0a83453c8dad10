# Without shared_preload_libraries: nothing is audited until a session asks for it, and then that session alone.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = plain_cluster('session_mode');
$node->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, label text);
	INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 2000) AS i;
	CREATE TABLE large (id int, kind text);
	INSERT INTO large SELECT i, 'kind ' || i % 1000 FROM generate_series(1, 50000) AS i;
	ANALYZE;
});

my $look_ups = 'BEGIN; ' . join('', map { "SELECT label FROM item WHERE id = $_;" } 1 .. 6) . ' COMMIT;';
my $found = 'SELECT rule, confidence FROM query_audit.findings ORDER BY rule';

# Not loaded

my ($status, $out, $error) = $node->psql('postgres', 'CREATE EXTENSION pg_query_audit');
is($status, 0, 'CREATE EXTENSION works without the library');
for my $call (
	"fingerprint('SELECT 1')", "normalize('SELECT 1')", "begin_unit('checkout')", 'end_unit()', 'reset()')
{
	(undef, undef, $error) = $node->psql('postgres', "SELECT query_audit.$call");
	like($error, qr/ERROR:  pg_query_audit must be loaded\nHINT:.*shared_preload_libraries.*LOAD 'pg_query_audit'.*session_preload_libraries/,
		"$call says how to load the library, both ways");
}
for my $view (qw(findings statements backend_statements table_scans units connections rules status))
{
	(undef, undef, $error) = $node->psql('postgres', "SELECT * FROM query_audit.$view");
	like($error, qr/ERROR:  pg_query_audit must be loaded\nHINT:/, "$view says so too");
}

# Loaded by LOAD

sub quiet { my ($session, $sql) = @_; return ask($session, $sql) =~ s/\A(label \d+\n?)*//r }

my $session = $node->background_psql('postgres', on_error_stop => 0);
like(ask_error($session, 'SELECT * FROM query_audit.status'), qr/must be loaded/, 'not loaded in this session');
ask($session, "LOAD 'pg_query_audit'");
is(quiet($session, 'SELECT mode FROM query_audit.status'), 'session', 'LOAD starts auditing, after that error too');
quiet($session, $look_ups);
is(quiet($session, $found), 'n_plus_one|medium', 'and what follows is found in the same session');
is(quiet($session, "SELECT calls, rows FROM query_audit.statements WHERE query LIKE 'SELECT label%'"),
	'6|6', 'its statements are counted');
is( quiet($session, "SELECT count(DISTINCT pid), max(pid) = pg_backend_pid() FROM query_audit.backend_statements"),
	'1|t', 'its unit of work is its own');
ask($session, "LOAD 'pg_query_audit'");
quiet($session, 'SELECT 1');
is(quiet($session, $found), 'n_plus_one|medium', 'a second LOAD changes nothing');

my $other = $node->background_psql('postgres', on_error_stop => 0);
like(ask_error($other, $found), qr/must be loaded/, 'another session is not audited');
ask($other, "LOAD 'pg_query_audit'");
is(quiet($other, $found), '', 'and sees nothing of the first when it is');
quiet($other, "SELECT id FROM large WHERE kind = 'kind 7'");
is(quiet($other, "SELECT rule, evidence->>'rows_read' FROM query_audit.findings"), 'seq_scan|50000', 'it has findings of its own');
is(quiet($session, $found), 'n_plus_one|medium', 'which the first does not see');
$other->quit;

# Units and settings

is(quiet($session, 'SELECT query_audit.reset(); ' . $found), '', 'reset() forgets');
quiet($session, "SELECT query_audit.begin_unit('checkout')");
quiet($session, "SELECT label FROM item WHERE id = $_") for 1 .. 5;
is(quiet($session, "SELECT mark, unit_name, calls FROM query_audit.backend_statements WHERE query LIKE 'SELECT label%'"),
	'named unit|checkout|5', 'begin_unit() names what follows');
quiet($session, 'SELECT query_audit.end_unit()');
is(quiet($session, "SELECT rule, confidence, evidence->>'mark' FROM query_audit.findings"),
	'n_plus_one|medium|named unit', 'end_unit() judges it');
like(ask_error($session, 'SELECT query_audit.end_unit()'), qr/no unit of work is open in this session/, 'end_unit() without a unit is an error');

is(quiet($session, 'SHOW pg_query_audit.n_plus_one_min_calls'), '5', 'thresholds are settings');
quiet($session, "SELECT query_audit.reset(); SET pg_query_audit.n_plus_one_min_calls = 7; $look_ups");
is(quiet($session, $found), '', 'a threshold is obeyed at once');
quiet($session, "RESET pg_query_audit.n_plus_one_min_calls; SET pg_query_audit.disabled_rules = n_plus_one; $look_ups");
is(quiet($session, $found), '', 'so is a disabled rule');
quiet($session, "RESET pg_query_audit.disabled_rules; SELECT query_audit.reset(); SET pg_query_audit.enabled = off; $look_ups");
is(quiet($session, $found), '', 'and so is enabled = off');
quiet($session, 'RESET pg_query_audit.enabled');
like(ask_error($session, 'SHOW pg_query_audit.max_statements'), qr/unrecognized configuration parameter/, 'sizes of shared memory are no settings here');

# A parallel worker takes over its leader's libraries and settings.
quiet($session, 'SET pg_query_audit.n_plus_one_min_calls = 6');
quiet($session, 'SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0');
quiet($session, "SELECT query_audit.reset()");
quiet($session, "SELECT id FROM large WHERE kind = 'kind 7'");
is(quiet($session, "SELECT rule, evidence->>'rows_read' FROM query_audit.findings"), 'seq_scan|50000',
	'a parallel plan is measured here too');
is(quiet($session, "SELECT calls, rows_read FROM query_audit.statements WHERE query LIKE 'SELECT id%'"), '1|50000',
	'and counted once');
$session->quit;

# The other ways to load

(undef, $out) = $node->psql('postgres', "CREATE TABLE copied AS SELECT 1; LOAD 'pg_query_audit'; $look_ups $found");
like($out, qr/n_plus_one\|medium\z/, 'LOAD in the midst of a script');
$node->safe_psql('postgres', 'DROP EXTENSION pg_query_audit');
(undef, $out) = $node->psql('postgres', "CREATE EXTENSION pg_query_audit; LOAD 'pg_query_audit'; $look_ups $found");
like($out, qr/n_plus_one\|medium\z/, 'LOAD after CREATE EXTENSION in the same session');
$node->safe_psql('postgres', 'DROP EXTENSION pg_query_audit');
(undef, undef, $error) = $node->psql('postgres', "CREATE EXTENSION pg_query_audit; $look_ups $found");
like($error, qr/must be loaded/, 'CREATE EXTENSION alone starts nothing');

$node->safe_psql('postgres', "ALTER DATABASE postgres SET session_preload_libraries = 'pg_query_audit'");
(undef, $out) = $node->psql('postgres', "$look_ups $found; SELECT mode FROM query_audit.status");
like($out, qr/n_plus_one\|medium\nsession\z/, 'session_preload_libraries audits each session by itself');
$node->safe_psql('postgres', 'CREATE ROLE app LOGIN; GRANT SELECT ON item TO app');
(undef, $out) = $node->psql('postgres', "$look_ups $found", extra_params => [ '-U', 'app' ]);
like($out, qr/n_plus_one\|medium\z/, 'also those of a role without privileges');
$node->safe_psql('postgres', "ALTER DATABASE postgres SET pg_query_audit.n_plus_one_min_calls = 50");
(undef, $out) = $node->psql('postgres', "$look_ups SELECT 'none' WHERE NOT EXISTS ($found)");
like($out, qr/none\z/, 'settings of the database hold for the library that a session loads');

$node->stop('fast');
unlike(slurp_file($node->logfile), qr/WARNING|PANIC|terminated by signal/, 'the server\'s log shows no trouble');
done_testing();
