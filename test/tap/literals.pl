# No literal, parameter or password reaches what the audit keeps: its shared memory and its file are searched, byte by byte,
# for two marks that statements of every kind had as values; so are the log and all that the views show.
use strict;
use warnings;
use File::Find;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

# Memory of this kind can be read from outside. The server itself says statements in its log.
my $node = audited_cluster(
	'literals',
	conf => "shared_memory_type = sysv\nwal_level = logical\nlog_statement = none\nlog_min_duration_statement = -1
		log_min_error_statement = panic\nlog_min_messages = warning\n");
my $marks = qr/zqmarkzq|90817263|7a716d61726b7a71/i;

sub found
{
	my ($bytes) = @_;
	my @found;
	push @found, substr $bytes, $-[0] > 40 ? $-[0] - 40 : 0, 80 while @found < 10 && $bytes =~ /$marks/g;
	tr/\x20-\x7e/./c for @found;
	return join "\n", @found;
}

# The audit's part of the server's shared memory
sub shared_memory
{
	my $key_and_id = (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[6];
	my $id = (split ' ', $key_and_id)[1];
	my $bytes = '';
	for my $part (split /\n/, read_audit($node, "SELECT off, allocated_size FROM pg_shmem_allocations WHERE name ~ 'query_audit'"))
	{
		my ($offset, $size) = split /\|/, $part;
		shmread($id, my $buffer, $offset, $size) or die "shmread: $!";
		$bytes .= $buffer;
	}
	return $bytes;
}

sub views
{
	my $views = "SELECT relname FROM pg_class WHERE relnamespace = 'query_audit'::regnamespace AND relkind IN ('v', 'r')";
	return map { read_audit($node, "SELECT coalesce(string_agg(v::text, E'\\n'), '') FROM query_audit.$_ AS v") }
	  split /\n/, read_audit($node, $views);
}

my @psql = (
	$node->config_data('--bindir') . '/psql', '-Xq', '-d', $node->connstr('postgres'), '-o', '/dev/null',
	'-v', 'mark=zqmarkzq', '-v', 'number=90817263');
ok(run_log([ @psql, '-f', 'test/traffic/literals.sql' ]), 'statements in every notation');

# Utility statements have passwords, options and programs in them.
my @utilities = (
	"CREATE ROLE keeper LOGIN PASSWORD 'zqmarkzq'",
	"ALTER ROLE keeper PASSWORD 'zqmarkzq2' VALID UNTIL '2100-01-01'",
	"ALTER ROLE keeper SET search_path = 'zqmarkzq'",
	"CREATE EXTENSION postgres_fdw",
	"CREATE SERVER remote FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'zqmarkzq', port '90817')",
	"CREATE USER MAPPING FOR CURRENT_USER SERVER remote OPTIONS (user 'zqmarkzq', password 'zqmarkzq')",
	"ALTER USER MAPPING FOR CURRENT_USER SERVER remote OPTIONS (SET password 'zqmarkzq3')",
	"CREATE SUBSCRIPTION reader CONNECTION 'host=nowhere password=zqmarkzq' PUBLICATION writer WITH (connect = false, slot_name = NONE)",
	"ALTER SUBSCRIPTION reader CONNECTION 'host=nowhere password=zqmarkzq2'",
	"DROP SUBSCRIPTION reader",
	"COPY (SELECT 'zqmarkzq', 90817263) TO PROGRAM 'cat >/dev/null # zqmarkzq' WITH (FORMAT csv, NULL 'zqmarkzq')",
	"COPY literals.plenty (id) FROM PROGRAM 'echo 90817263 # zqmarkzq' WITH (NULL 'zqmarkzq2')",
	"SET custom.password = 'zqmarkzq'",
	"SELECT set_config('custom.password', 'zqmarkzq', false)",
	"LISTEN channel; NOTIFY channel, 'zqmarkzq'; UNLISTEN channel",
	"COMMENT ON TABLE literals.plenty IS 'zqmarkzq'",
	"CREATE TABLE literals.defaulted (id int DEFAULT 90817263, name text DEFAULT 'zqmarkzq' CHECK (name <> 'zqmarkzq2'))",
	"INSERT INTO literals.defaulted DEFAULT VALUES",
	"CREATE VIEW literals.seen AS SELECT id FROM literals.plenty WHERE name = 'zqmarkzq' AND number <> 90817263",
	"SELECT count(*) FROM literals.seen",
	"CREATE INDEX ON literals.plenty (name) WHERE name = 'zqmarkzq'",
	"VALUES ('zqmarkzq', 90817263)",
	"DO \$\$ BEGIN EXECUTE 'SELECT id FROM literals.plenty WHERE name = \$1 AND name <> ''zqmarkzq''' USING 'zqmarkzq2'; END \$\$");
ok(run_log([ @psql, '-v', 'ON_ERROR_STOP=1', map { ('-c', $_) } @utilities ]), 'utility statements');
$node->psql('postgres', $_, on_error_stop => 0) for "PREPARE TRANSACTION 'zqmarkzq'", "SELEC 90817263, 'x'", "CALL nothing_like('zqmarkzq')";

# What is made of conditions when a scan is looked at: keys of indexes, filters, expressions, of security policies too.
my @conditions = (
	"SELECT id FROM literals.plenty WHERE replace(name, 'zqmarkzq', '') = 'zqmarkzq'",
	"SELECT id FROM literals.plenty WHERE name || 'zqmarkzq' = 'zqmarkzq' || name AND id = 90817263 + 1",
	"SELECT id FROM literals.plenty WHERE substr(name, 2) = 'zqmarkzq' ORDER BY name || 'zqmarkzq' LIMIT 3",
	"SELECT id FROM literals.plenty WHERE coalesce(number, 90817263) = 90817263",
	"SELECT id FROM literals.plenty WHERE document ->> 'key' = 'zqmarkzq' AND document @> '{\"zqmarkzq\": 90817263}'",
	"SELECT max(name) FROM literals.plenty WHERE number + 90817263 > 90817263 GROUP BY id % 90817263",
	"UPDATE literals.plenty SET name = 'zqmarkzq' || id, number = 90817263 WHERE number % 3 = 1",
	"DELETE FROM literals.plenty WHERE name = 'zqmarkzq' || 90817263");
ok(run_log([ @psql, '-v', 'ON_ERROR_STOP=1', map { ('-c', $_) } @conditions ]), 'conditions in expressions');
is( $node->psql(
		'postgres', q{
	CREATE ROLE tenant LOGIN;
	GRANT USAGE ON SCHEMA literals TO tenant;
	GRANT SELECT ON literals.plenty TO tenant;
	ALTER TABLE literals.plenty ENABLE ROW LEVEL SECURITY;
	CREATE POLICY own ON literals.plenty USING (name <> 'zqmarkzq' AND number <> 90817263);
	SET ROLE tenant;
	SELECT id FROM literals.plenty WHERE price = 12;
}),
	0, 'row security');

# Bound parameters, of a loop that is found and of a statement that fails
my $wire = connect_wire($node);
$wire->query('BEGIN');
$wire->execute('SELECT number AS bound FROM literals.plenty WHERE id = $1::int AND name <> $2', $_, "zqmarkzq$_") for 1 .. 12;
$wire->query('COMMIT');
$wire->execute('SELECT id AS bound FROM literals.plenty WHERE name = $1 OR number = $2::bigint', 'zqmarkzq', '90817263');
$wire->execute('SELECT id AS failing FROM literals.plenty WHERE name <> $1 AND 1 / (id - id) = 1', 'zqmarkzq');
$wire->query("BEGIN; SELECT price AS open FROM literals.plenty WHERE name = 'zqmarkzq' AND number <> 90817263");

my $memory = shared_memory();
like($memory, qr/plenty WHERE/i, 'statements are in the shared memory');
is(found($memory), '', 'and no value of theirs is');
cmp_ok(read_audit($node, 'SELECT count(*) FROM query_audit.statements'), '>', 60, 'they were all seen');
is(read_audit($node, 'SELECT count(DISTINCT rule) > 5 FROM query_audit.findings'), 't', 'with findings');
read_audit($node, "SELECT query_audit.snapshot('of all'); SELECT query_audit.ignore(finding_id, 'by design') FROM query_audit.findings LIMIT 3");
is(read_audit($node, 'SELECT (SELECT count(*) > 5 FROM query_audit._snapshot_findings), (SELECT count(*) FROM query_audit._ignored)'), 't|3',
	'some of which are kept in tables');
is(found(join "\n", views()), '', 'views show none, nor do these tables');
$wire->query('COMMIT');
$wire->close;
is(found(shared_memory()), '', 'nor when all is folded');

$node->stop('fast');
my $file = slurp_file($node->data_dir . '/pg_stat/pg_query_audit.stat');
like($file, qr/plenty WHERE/i, 'statements are in the file');
is(found($file), '', 'and no value is');
is(found(slurp_file($node->logfile)), '', 'the log says none');

# Tables, catalogs and the write-ahead log are the server's, and hold what it was told to keep.
my @others;
find({ wanted => sub { push @others, $_ if -f && !m{/(base|global|pg_wal)/} }, no_chdir => 1 }, $node->data_dir);
cmp_ok(scalar @others, '>', 5, 'other files');
is(join(' ', grep { slurp_file($_) =~ $marks } @others), '', 'hold none');
done_testing();
