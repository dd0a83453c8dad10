# A role sees what it ran itself, pg_read_all_stats sees everything, and nobody else sees text, fingerprint or relation.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = audited_cluster('visibility');

$node->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, kind text, label text);
	INSERT INTO item SELECT i, 'kind ' || i % 2, 'label ' || i FROM generate_series(1, 4000) AS i;
	CREATE TABLE other (id int PRIMARY KEY);
	CREATE TABLE large AS SELECT i AS id FROM generate_series(1, 50000) AS i;
	ANALYZE;
	CREATE ROLE app LOGIN;
	CREATE ROLE rival LOGIN;
	CREATE ROLE overseer LOGIN IN ROLE pg_read_all_stats;
	GRANT SELECT ON ALL TABLES IN SCHEMA public TO app, rival;
});

my $one = 'SELECT label FROM item WHERE id = $1';
my $list = 'SELECT id FROM item ORDER BY id LIMIT 10';
sub look_up { my ($wire, @ids) = @_; return map { $wire->execute($one, $_) } @ids }

reset_audit($node);
my $wire = connect_wire($node, user => 'app', application_name => 'visibility');
$wire->query("BEGIN; $list");
look_up($wire, 1 .. 10);
$wire->query('SELECT id FROM large WHERE id = 7');
my $columns = "rule, coalesce(fingerprint, '-') ~ '^[0-9a-f]{16}\$', query, parent_query, relation, advice IS NULL,
	fix_sql IS NULL, evidence IS NULL, application_name, calls";
my %views = (
	findings => "SELECT $columns FROM query_audit.findings WHERE usename = 'app' ORDER BY rule",
	statements => "SELECT count(fingerprint), count(*) > 0, count(queryids) FROM query_audit.statements WHERE usename = 'app'",
	backend_statements =>
	  "SELECT count(fingerprint), count(*), count(parent_fingerprint) FROM query_audit.backend_statements WHERE usename = 'app'",
	units => "SELECT unit, statements FROM query_audit.units WHERE usename = 'app'",
	table_scans => "SELECT relation, filter, query, rows_read FROM query_audit.table_scans WHERE usename = 'app'");
sub seen_by { my ($role, $view) = @_; return $node->safe_psql('postgres', $views{$view}, extra_params => [ '-U', $role ]) }

like(seen_by('overseer', 'findings'), qr/^n_plus_one\|t\|SELECT label FROM item WHERE id = \$1\|SELECT id FROM item.*\|10\nseq_scan\|t\|.*public.large/,
	'pg_read_all_stats sees all of a finding');
is(seen_by('app', 'findings'), seen_by('overseer', 'findings'), 'a role sees all of its own');
is(seen_by('rival', 'findings'), join("\n", map { "$_" } 'n_plus_one|f|<insufficient privilege>|||t|t|t||10',
	'seq_scan|f|<insufficient privilege>|||t|t|t||1'), 'another sees neither text nor fingerprint nor relation');
is(seen_by('rival', 'statements'), '0|t|0', 'nor of statements');
is(seen_by('rival', 'backend_statements'), '0|3|0', 'nor of what runs now');
is(seen_by('overseer', 'backend_statements'), '3|3|1', 'which pg_read_all_stats sees');
is(seen_by('rival', 'table_scans'), '||<insufficient privilege>|50000', 'nor of scans');
is(seen_by('rival', 'units'), '|12', 'nor of units of work');
is(seen_by('app', 'units'), 'visibility|12', 'which their own role sees');
like(seen_by('app', 'table_scans'), qr/^public\.large\|.*\|SELECT id FROM large WHERE id = \$1\|50000$/, 'whose own role sees them');
$node->safe_psql('postgres', 'SELECT id FROM large WHERE id = 8', extra_params => [ '-U', 'rival' ]);
like(seen_by('app', 'table_scans'), qr/^public\.large\|.*\|50000$/, 'also after another role did the same');
$node->safe_psql(
	'postgres', q{CREATE TABLE secret AS SELECT i AS id FROM generate_series(1, 50000) AS i;
	CREATE FUNCTION guarded() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS
		$$ BEGIN RETURN (SELECT count(*) FROM secret WHERE id = 7); END $$});
$node->safe_psql('postgres', 'SELECT id FROM other; SELECT guarded()', extra_params => [ '-U', 'app' ]);
for my $view (qw(statements findings table_scans))
{
	my $secrets = "SELECT usename = current_user FROM query_audit.$view WHERE query LIKE '%secret%'";
	is(read_audit($node, $secrets), 't', "$view: what a SECURITY DEFINER function runs is its owner's");
	is($node->safe_psql('postgres', $secrets, extra_params => [ '-U', 'app' ]), '', 'and not shown to who calls it');
}
my (undef, undef, $denied) = $node->psql('postgres', 'SELECT query_audit.reset()', extra_params => [ '-U', 'app' ]);
like($denied, qr/permission denied/, 'reset() is not for everyone');
$wire->close;
done_testing();
