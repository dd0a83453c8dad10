# Who sees what from which database: the views cover all databases of a server, and what a role may see of another's
# statements does not depend on where it looks, nor on whether it owns the extension. What each object allows to whom is in
# test/pgtap/privileges.sql.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = audited_cluster('roles');
$node->safe_psql(
	'postgres', q{
	CREATE ROLE extension_owner LOGIN SUPERUSER;
	CREATE ROLE database_owner LOGIN;
	CREATE ROLE stats LOGIN IN ROLE pg_read_all_stats;
	CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
	CREATE ROLE plain LOGIN;
	CREATE ROLE other LOGIN;
	CREATE DATABASE elsewhere OWNER database_owner;
	CREATE SCHEMA secret_schema AUTHORIZATION plain;
});
$node->safe_psql('elsewhere', 'CREATE EXTENSION pg_query_audit', extra_params => [ '-U', 'extension_owner' ]);
$node->safe_psql('postgres', 'ALTER ROLE extension_owner NOSUPERUSER');

# What plain runs in database postgres, with a secret in each place that could give something away
$node->safe_psql(
	'postgres', q{
	SET application_name = 'secret_application';
	CREATE TABLE secret_schema.secret_table (id int PRIMARY KEY, secret_column text);
	INSERT INTO secret_schema.secret_table SELECT i, 'row ' || i FROM generate_series(1, 12000) AS i;
	ANALYZE secret_schema.secret_table;
	BEGIN;
} . join('', map { "SELECT secret_column FROM secret_schema.secret_table WHERE id = $_ /*route='secret_route'*/;" } 1 .. 6) . q{
	COMMIT;
	SELECT id FROM secret_schema.secret_table WHERE secret_column = 'row 7'},
	extra_params => [ '-U', 'plain' ]);
my $live = $node->background_psql('postgres', on_error_stop => 0, extra_params => [ '-U', 'plain' ]);
ask($live, 'BEGIN; SELECT secret_column FROM secret_schema.secret_table WHERE id = 7;');

# Rows of plain's, and of these the ones that say a secret, as a role sees them.
sub seen
{
	my ($role, $database, $view) = @_;
	local $ENV{PGOPTIONS} = '-c pg_query_audit.enabled=off' if $role eq 'superuser';
	return $node->safe_psql(
		$database, "SELECT count(*) > 0, count(*) FILTER (WHERE to_jsonb(v)::text ~ 'secret_') > 0
		            FROM query_audit.$view AS v WHERE usename = 'plain'",
		$role eq 'superuser' ? () : (extra_params => [ '-U', $role ]));
}
my @views = split /\n/, read_audit(
	$node, "SELECT relname FROM pg_class AS c WHERE relnamespace = 'query_audit'::regnamespace AND relkind = 'v' AND relname !~ '^_' AND EXISTS
	        (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND attname = 'usename') ORDER BY 1");
my @kept = grep { /^(?:ignored|snapshot)_findings$/ } @views; # in tables
@views = grep { my $view = $_; !grep { $_ eq $view } @kept } @views;
cmp_ok(scalar @views, '>=', 5, "views that show rows of roles: @views");
my %sees_all = (superuser => 1, stats => 1, monitor => 1, plain => 1, other => 0, database_owner => 0, extension_owner => 0);
for my $database (qw(postgres elsewhere))
{
	for my $view (@views)
	{
		for my $role (sort keys %sees_all)
		{
			is(seen($role, $database, $view), $sees_all{$role} ? 't|t' : 't|f',
				"$role sees " . ($sees_all{$role} ? 'all' : 'numbers alone') . " of $view in database $database");
		}
	}
}
$live->quit;

# Of what is kept in tables others see no row.
my $keep = "SELECT query_audit.snapshot('of plain'); SELECT query_audit.ignore(finding_id, 'secret_reason') FROM query_audit.findings
	WHERE usename = 'plain' AND rule = 'seq_scan'";
$node->safe_psql('postgres', $keep);
for my $view (@kept)
{
	for my $role (sort keys %sees_all)
	{
		is(seen($role, 'postgres', $view), $sees_all{$role} ? 't|t' : 'f|f',
			"$role sees " . ($sees_all{$role} ? 'all' : 'nothing') . " of $view");
	}
}
# These functions see what the owner of the extension may see, who is no superuser any more in the other database.
my (undef, undef, $unseen) = $node->psql('elsewhere', $keep);
like($unseen, qr/ERROR:  there is no finding \d+/, 'what its owner may not see, the extension does not keep');
is(read_audit($node, "SELECT findings FROM query_audit.snapshots", 'elsewhere'), '0', 'nor in a snapshot');

# reset() is for superusers, for whom they grant it to, and for the owner of the extension.
for my $case ([ 'elsewhere', 'extension_owner', 0 ], map { my $d = $_; map { [ $d, $_, 3 ] } qw(stats monitor plain other database_owner) }
	qw(postgres elsewhere))
{
	my ($database, $role, $status) = @$case;
	is(scalar $node->psql($database, 'SELECT query_audit.reset()', extra_params => [ '-U', $role ], on_error_die => 0), $status,
		"$role " . ($status ? 'may not' : 'may') . " call reset() in database $database");
}

# So are the functions that write to tables.
for my $call ("ignore(5, 'known', unseen => true)", 'unignore(5)', "snapshot('mine')", "drop_snapshot('mine')")
{
	is(scalar $node->psql('elsewhere', "SELECT query_audit.$call", extra_params => [ '-U', 'extension_owner' ], on_error_die => 0), 0,
		"extension_owner may call $call");
	my (undef, undef, $denied) = $node->psql('elsewhere', "SELECT query_audit.$call", extra_params => [ '-U', 'monitor' ]);
	like($denied, qr/permission denied for function/, "and monitor may not");
}

# A schema of the extension's name that a plain role has made before, and would own
$node->safe_psql('postgres', "CREATE DATABASE squatted OWNER database_owner");
$node->safe_psql('squatted', 'CREATE SCHEMA query_audit', extra_params => [ '-U', 'database_owner' ]);
my (undef, undef, $refused) = $node->psql('squatted', 'CREATE EXTENSION pg_query_audit');
like($refused, qr/ERROR:  schema query_audit is there already, and belongs to database_owner, who is no superuser/,
	'the extension is not made in a schema of a plain role\'s');
$node->safe_psql('squatted', 'ALTER SCHEMA query_audit OWNER TO CURRENT_USER; CREATE EXTENSION pg_query_audit');
is(read_audit($node, 'SELECT count(*) FROM query_audit.status', 'squatted'), '1', 'but in one of a superuser\'s');

# Settings that turn the audit off, or down, are the superuser's.
my @settings = split /\n/, read_audit($node, "SELECT name FROM pg_settings WHERE name LIKE 'pg_query_audit.%' ORDER BY 1");
for my $setting (@settings)
{
	isnt(scalar $node->psql('postgres', "SET $setting TO DEFAULT", extra_params => [ '-U', 'plain' ]), 0, "a plain role does not set $setting");
}
$node->stop('fast');
done_testing();
