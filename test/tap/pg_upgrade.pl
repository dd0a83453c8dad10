# pg_upgrade of a cluster with the extension, from an older version of the server that has it too: UPGRADE_FROM is the older
# one's bindir. test/tools/matrix provides such.
use strict;
use warnings;
use File::Copy;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $old_bindir = $ENV{UPGRADE_FROM};
if (!$old_bindir)
{
  SKIP: { skip 'UPGRADE_FROM names no older server', 1; }
	done_testing();
	exit;
}
my $kept = 'pg_stat/pg_query_audit.stat';
my $preload = "shared_preload_libraries = 'pg_query_audit'\nautovacuum = off\n";
my $look_ups = 'BEGIN; ' . look_ups(1 .. 6) . 'COMMIT;';

# A cluster with what an application and its operators add to the extension.
my $old = PostgreSQL::Test::Cluster->new('old', install_path => $old_bindir =~ s{/bin/*$}{}r);
# Since version 18 initdb turns checksums on unless it is told not to, which earlier ones do not know. Both are to be alike.
$old->init($old->pg_version < 18 ? () : (no_data_checksums => 1));
$old->append_conf('postgresql.conf', $preload);
$old->start;
my $old_version = $old->safe_psql('postgres', 'SHOW server_version_num');
$old->safe_psql(
	'postgres', q{
	CREATE EXTENSION pg_query_audit;
	CREATE TABLE item (id int PRIMARY KEY, label text);
	INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 1000) AS i;
	CREATE ROLE auditor;
	GRANT EXECUTE ON FUNCTION query_audit.reset() TO auditor;
	CREATE VIEW worst AS SELECT rule, calls, advice FROM query_audit.findings WHERE severity <> 'info';
	CREATE TABLE history AS SELECT now() AS taken, f.* FROM query_audit.findings AS f;
	CREATE FUNCTION clean() RETURNS boolean BEGIN ATOMIC SELECT count(*) = 0 FROM query_audit.findings; END;
	CREATE DATABASE strict;
	ALTER DATABASE strict SET pg_query_audit.n_plus_one_min_calls = 3;
	ALTER ROLE auditor SET pg_query_audit.disabled_rules = 'duplicate_query, seq_scan';
});
$old->safe_psql('strict', 'CREATE EXTENSION pg_query_audit; CREATE TABLE item AS SELECT 1 AS id, $$x$$ AS label');
reset_audit($old);
$old->safe_psql('postgres', $look_ups);
my $finding = read_audit($old, 'SELECT rule, calls, finding_id FROM query_audit.findings');
$old->safe_psql('strict', "SELECT query_audit.ignore(7, 'by design', unseen => true), query_audit.snapshot('of the old server')");
my $in_tables = q{SELECT finding_id, reason, ignored_by, ignored_at, until FROM query_audit.ignored_findings;
	SELECT * FROM query_audit.snapshots; SELECT * FROM query_audit.snapshot_findings};
my $kept_rows = read_audit($old, $in_tables, 'strict');
like($kept_rows, qr/^7\|by design.*of the old server\|.*\|1\nof the old server\|\d+\|n_plus_one/s, 'and something in its tables');
like($finding, qr/^n_plus_one\|6\|\d+$/, 'the old server has a finding');
$old->stop;
ok(-s $old->data_dir . "/$kept", 'and keeps it');

# What pg_upgrade is called with, to make the new cluster of the old one.
sub upgrade_command
{
	my ($from, $to) = @_;
	return ('pg_upgrade', '--no-sync', '-d', $from->data_dir, '-D', $to->data_dir, '-b', $old_bindir, '-B', $to->config_data('--bindir'),
		'-s', $to->host, '-p', $from->port, '-P', $to->port);
}

# Two servers' releases of different days may not go together: then a cluster of one table, without the library, fails as well.
sub any_upgrade_fails
{
	my $from = PostgreSQL::Test::Cluster->new('plain_old', install_path => $old_bindir =~ s{/bin/*$}{}r);
	$from->init($from->pg_version < 18 ? () : (no_data_checksums => 1));
	$from->start;
	$from->safe_psql('postgres', 'CREATE TABLE item (id int)');
	$from->stop;
	my $to = PostgreSQL::Test::Cluster->new('plain_new');
	$to->init(no_data_checksums => 1);
	return !run_log([ upgrade_command($from, $to) ]);
}

my $new = PostgreSQL::Test::Cluster->new('new');
$new->init(no_data_checksums => 1);
$new->append_conf('postgresql.conf', $preload);
my $new_file = $new->data_dir . "/$kept";
chdir PostgreSQL::Test::Utils::tempdir();
my @upgrade = upgrade_command($old, $new);
command_ok([ @upgrade, '--check' ], 'pg_upgrade has no objection');
my $upgraded = run_log(\@upgrade);
if (!$upgraded && any_upgrade_fails())
{
  SKIP: { skip 'these two releases cannot upgrade any table, with or without the library', 1; }
	done_testing();
	exit;
}
ok($upgraded, 'it takes the extension along')
  or note(map { slurp_file($_) } glob($new->data_dir . '/pg_upgrade_output.d/*/log/*_dump_*.log'));
ok(!-e 'update_extensions.sql', 'and asks for no update of it');
ok(!-e $new_file, 'its own statements are not recorded');
$new->start;
unlike(slurp_file($new->logfile), qr/pg_query_audit/, 'the new server starts without a word');
cmp_ok(int($new->safe_psql('postgres', 'SHOW server_version_num') / 10000), '>', int($old_version / 10000), 'and is a newer one');

# What came along is what a new installation has.
my $members = q{
	SELECT pg_describe_object(d.classid, d.objid, 0),
		CASE WHEN p.oid IS NOT NULL THEN pg_get_functiondef(p.oid) WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END,
		(SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attacl), ', ' ORDER BY attnum)
		 FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0),
		coalesce(p.proacl, c.relacl, n.nspacl), i.initprivs, obj_description(d.objid, d.classid::regclass::name)
	FROM pg_depend AS d
	LEFT JOIN pg_proc AS p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass
	LEFT JOIN pg_class AS c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass
	LEFT JOIN pg_namespace AS n ON n.oid = d.objid AND d.classid = 'pg_namespace'::regclass
	LEFT JOIN pg_init_privs AS i ON i.objoid = d.objid AND i.classoid = d.classid AND i.objsubid = 0
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
		AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_query_audit')
	UNION ALL
	SELECT 'extension', concat_ws(' ', extversion, extowner::regrole, extnamespace::regnamespace, extrelocatable), NULL, NULL, NULL,
		obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = 'pg_query_audit'
	ORDER BY 1};
$new->safe_psql('postgres', 'CREATE DATABASE fresh');
$new->safe_psql('fresh', 'CREATE EXTENSION pg_query_audit');
my $fresh = read_audit($new, $members, 'fresh');
cmp_ok(scalar(() = $fresh =~ /^(?:function|view) /mg), '>', 20, 'there are objects to compare');
is(read_audit($new, $members, 'strict'), $fresh, 'version, objects, grants and comments are those of a new installation');
my ($status, undef, $notice) = $new->psql('strict', 'ALTER EXTENSION pg_query_audit UPDATE');
is($status, 0, 'an update is possible');
like($notice, qr/NOTICE:  version "[^"]+" of extension "pg_query_audit" is already installed/, 'and there is none');

# What was kept in tables, as what was built on the extension, is there and works.
is(read_audit($new, $in_tables, 'strict'), $kept_rows, 'what was kept in tables came along');
is($new->safe_psql('strict', "SELECT query_audit.unignore(7); SELECT query_audit.snapshot('of the new server');
	SELECT change, rule FROM query_audit.compare('of the old server', 'of the new server'); SELECT query_audit.drop_snapshot('of the old server')"),
	"\n\ngone|n_plus_one\n", 'and can be compared and changed');
is(findings_of($new), '', 'what the old server found is not taken over');
$new->safe_psql('postgres', $look_ups);
is(read_audit($new, 'SELECT rule, calls FROM worst'), 'n_plus_one|6', 'the audit works, and so does a view on the findings');
is(read_audit($new, 'SELECT clean()'), 'f', 'a function');
is(read_audit($new, 'INSERT INTO history SELECT now(), f.* FROM query_audit.findings AS f RETURNING rule'), 'n_plus_one', 'and a table like them');
is(read_audit($new, "SELECT has_function_privilege('auditor', 'query_audit.reset()', 'EXECUTE'),
	has_function_privilege('pg_monitor', 'query_audit.reset()', 'EXECUTE')"), 't|f', 'a grant came along, and no other');
is(read_audit($new, q{SELECT unnest(setconfig) FROM pg_db_role_setting ORDER BY 1}),
	"pg_query_audit.disabled_rules=duplicate_query, seq_scan\npg_query_audit.n_plus_one_min_calls=3", 'as did settings');
reset_audit($new);
$new->safe_psql('strict', 'BEGIN; ' . look_ups(1 .. 4) . 'COMMIT;');
is(findings_of($new), 'n_plus_one|medium|transaction', 'which are in force');
for my $view (split /\n/, read_audit($new, "SELECT oid::regclass FROM pg_class WHERE relkind = 'v' AND relnamespace = 'query_audit'::regnamespace"))
{
	like(read_audit($new, "SELECT count(*), count(v::text) FROM $view AS v"), qr/^(\d+)\|\1$/, "$view can be read");
}

# The old server's file, put where the new one looks for its own.
$new->stop;
copy($old->data_dir . "/$kept", $new_file) or die "copy: $!";
my $log_length = -s $new->logfile;
$new->start;
my @lines = grep { /pg_query_audit/ } split /\n/, slurp_file($new->logfile, $log_length);
is(scalar @lines, 1, 'the old server\'s file: one line in the log');
like($lines[0], qr/LOG:  pg_query_audit ignores the file ".*": it was written by another version/, 'which says why');
is(findings_of($new), '', 'and nothing of it is taken');
$new->safe_psql('postgres', $look_ups);
is(read_audit($new, 'SELECT rule, calls FROM worst'), 'n_plus_one|6', 'and the audit works');
$new->restart;
is(read_audit($new, 'SELECT rule, calls FROM worst'), 'n_plus_one|6', 'a file of its own is read as ever');
is(read_audit($new, 'SELECT faults FROM query_audit.status'), '0', 'with no fault');
$new->stop;

# The way back.
$old->start;
is(read_audit($old, 'SELECT rule, calls, finding_id FROM query_audit.findings'), $finding, 'the old server still has what it found, and no more');
$old->stop;
unlike(slurp_file($_->logfile), qr/terminated by signal|PANIC|TRAP/, $_->name . ' has seen no trouble') for $old, $new;
done_testing();
