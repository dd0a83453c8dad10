# Dump and restore, and a library that is newer or older than the extension's SQL.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = audited_cluster('upgrade');
$node->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, label text);
	INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 1000) AS i;
	CREATE ROLE auditor;
	GRANT EXECUTE ON FUNCTION query_audit.reset() TO auditor;
	CREATE VIEW worst AS SELECT rule, calls, advice FROM query_audit.findings WHERE severity <> 'info';
	CREATE DATABASE restored;
	CREATE DATABASE incomplete;
	CREATE DATABASE stale;
});
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';

# Dump and restore: the extension, what depends on it, and grants on it.
command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('postgres') ], 'a database with the extension is dumped');
command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('restored'), $dump ], 'and restored');
reset_audit($node);
$node->safe_psql('restored', 'BEGIN; ' . look_ups(1 .. 6) . 'COMMIT;');
is(read_audit($node, 'SELECT rule, calls FROM worst', 'restored'), 'n_plus_one|6', 'a view on the findings works in the restored one');
is(read_audit($node, "SELECT has_function_privilege('auditor', 'query_audit.reset()', 'EXECUTE')", 'restored'), 't',
	'and the grant is there');
is(read_audit($node, 'SELECT count(*) > 5 FROM query_audit.rules', 'restored'), 't', 'as are the views');

# An SQL script of another release: its functions have other columns, or are not all there. What is asked of them is
# answered as they say, or refused with words; the library does not write past what the caller expects.
$node->safe_psql('incomplete', 'CREATE EXTENSION pg_query_audit');
my @functions = split /\n/, read_audit(
	$node, "SELECT p.oid::regprocedure || '|' || prosrc || '|' || oidvectortypes(p.proargtypes) FROM pg_proc AS p
	        WHERE pronamespace = 'query_audit'::regnamespace AND proretset
	          AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'c') ORDER BY 1", 'incomplete');
cmp_ok(scalar @functions, '>=', 7, 'functions that return rows');
for my $function (@functions)
{
	my ($signature, $symbol, $arguments) = split /\|/, $function;
	my $call = $arguments eq '' ? '' : join ', ', map { "'SELECT 1'" } split /,/, $arguments;
	my %columns = (
		'with one column' => 'a text',
		'with columns of other types' => join(', ', map { "c$_ boolean" } 1 .. 30),
		'with more columns than it knows' => join(', ', map { "c$_ text" } 1 .. 60));
	for my $shape (sort keys %columns)
	{
		$node->safe_psql('stale', "DROP FUNCTION IF EXISTS stale;
			CREATE FUNCTION stale($arguments) RETURNS TABLE ($columns{$shape}) LANGUAGE c AS 'pg_query_audit', '$symbol'");
		my ($status, undef, $errors) = $node->psql('stale', "SELECT count(s::text) FROM stale($call) AS s");
		ok($status == 0 || ($status == 3 && $errors =~ /ERROR/), "$signature $shape: an answer or an error");
		unlike($errors, qr/server closed|terminated|connection/, "$signature $shape: no more than that");
	}
}
my (undef, undef, $error) = $node->psql('stale', "CREATE FUNCTION gone() RETURNS int LANGUAGE c AS 'pg_query_audit', 'query_audit_gone'");
like($error, qr/could not find function "query_audit_gone"/, 'a function that the library lacks is refused by name');
($error) = ($node->psql('stale', "CREATE EXTENSION pg_query_audit VERSION '0.0.1'"))[2];
like($error, qr/has no installation script nor update path/, 'as is a release that is not there');
is(read_audit($node, 'SELECT faults FROM query_audit.status'), '0', 'no fault');

$node->stop('fast');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'the server has seen no trouble');
done_testing();
