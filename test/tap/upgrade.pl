# Dump and restore, updates from each release, and a library that is newer or older than the extension's SQL.
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
	SELECT query_audit.ignore(7, 'by design', unseen => true);
	CREATE VIEW worst AS SELECT rule, calls, advice FROM query_audit.findings WHERE severity <> 'info';
	CREATE DATABASE restored;
	CREATE DATABASE incomplete;
	CREATE DATABASE stale;
});
$node->safe_psql('postgres', 'BEGIN; ' . look_ups(1 .. 6) . "COMMIT; SELECT query_audit.snapshot('before the dump')");
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
# What is kept in tables stays behind: a dump that held it would be for superusers alone.
is(read_audit($node, $_) . read_audit($node, $_, 'restored'), '10', "not dumped: $_")
  for 'SELECT count(*) FROM query_audit.ignored_findings', 'SELECT count(*) FROM query_audit.snapshots';
is($node->safe_psql('restored', "SELECT query_audit.ignore(7, 'by design', unseen => true); SELECT query_audit.snapshot('after it')"), "\n",
	'and can be made anew');
# So who owns a database, and is no superuser, dumps it as before.
$node->safe_psql('postgres', "CREATE ROLE owner LOGIN");
$node->safe_psql('postgres', "CREATE DATABASE owned OWNER owner");
$node->safe_psql('owned', "CREATE EXTENSION pg_query_audit; SELECT query_audit.ignore(7, 'by design', unseen => true); SELECT query_audit.snapshot('mine')");
$node->safe_psql('owned', 'CREATE SCHEMA shop CREATE TABLE item (id int)', extra_params => [ '-U', 'owner' ]);
command_ok([ 'pg_dump', '-Fc', '-U', 'owner', '-f', $dump, $node->connstr('owned') ], 'a database is dumped by its owner');

# All that an extension is made of, with its definitions, comments and grants.
sub objects
{
	my ($database) = @_;
	return read_audit(
		$node, q{
		SELECT o.type, o.identity, obj_description(d.objid, d.classid::regclass::name),
		       CASE WHEN d.classid = 'pg_proc'::regclass THEN (SELECT array_to_string(proacl, ' ') || pg_get_functiondef(oid) FROM pg_proc WHERE oid = d.objid)
		            WHEN d.classid = 'pg_class'::regclass THEN (SELECT concat_ws(' ', array_to_string(relacl, ' '),
		                CASE WHEN relkind = 'v' THEN pg_get_viewdef(c.oid) END,
		                (SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull), ', ' ORDER BY attnum)
		                 FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0),
		                (SELECT string_agg(pg_get_constraintdef(oid), ', ' ORDER BY conname) FROM pg_constraint WHERE conrelid = c.oid),
		                (SELECT string_agg(pg_get_indexdef(indexrelid), ', ' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = c.oid))
		                FROM pg_class AS c WHERE c.oid = d.objid)
		       END
		FROM pg_extension AS e
		JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
		CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) AS o
		WHERE e.extname = 'pg_query_audit' ORDER BY 1, 2}, $database);
}
$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('fresh', 'CREATE EXTENSION pg_query_audit; GRANT EXECUTE ON FUNCTION query_audit.reset() TO auditor');
my $fresh = objects('fresh');
like($fresh, qr/view\|query_audit\.findings\|.*function\|query_audit\.|function\|query_audit\.fingerprint/s, 'what an extension is made of');
is(objects('restored'), $fresh, 'a restored extension is what a fresh one is');

# Every release that CHANGELOG.md names can be updated from, and is then what a fresh one is.
my ($default) = slurp_file('pg_query_audit.control') =~ /^default_version = '(.*)'/m;
my @released = grep { $_ ne $default } slurp_file('CHANGELOG.md') =~ /^## (\d[\d.]*)(?! \(unreleased\))\s*(?:\(.*)?$/mg;
is(read_audit($node, "SELECT string_agg(source, ' ' ORDER BY source) FROM pg_extension_update_paths('pg_query_audit')
		WHERE target = '$default' AND path IS NOT NULL"), join(' ', sort @released), 'there is an update script from each release, and no other');
for my $release (@released)
{
	(my $database = "from_$release") =~ tr/./_/;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, "CREATE EXTENSION pg_query_audit VERSION '$release'; ALTER EXTENSION pg_query_audit UPDATE;
		GRANT EXECUTE ON FUNCTION query_audit.reset() TO auditor");
	is(objects($database), $fresh, "updated from $release it is what a fresh one is");
}

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
