# Whoever names a table, a column or an alias says nothing of what the SQL does that the audit offers: each piece of it is run
# as it stands, and does nothing but what it is for.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = audited_cluster('injection', conf => join '', map { "pg_query_audit.$_\n" }
	'missing_fk_index_min_rows = 0', 'missing_primary_key_min_rows = 0', 'unused_index_min_days = 0', 'unused_index_min_size_kb = 0',
	'redundant_index_min_size_kb = 0', 'deep_offset_min_rows = 1000');
my $attack = 'DROP TABLE victim;';
my @names = (
	"a\"; $attack --", "a\n; $attack --", "a\r; $attack --", "a'; $attack --", "a */ ; $attack /*", "\$\$; $attack \$\$", "a\\\"; $attack --",
	"-- $attack", "a;$attack", "\"" x 63, "a\"\";\n$attack --", "%I %s \$1; $attack", "{}; $attack", "\x{c3}\x{a4}\"; $attack --");

sub quoted { return '"' . ($_[0] =~ s/"/""/gr) . '"' }

# Tables, indexes, functions and statements on them, all of the same name
sub traffic
{
	my ($name) = @_;
	my $q = quoted($name);
	my $t = "$q.$q";
	my $schema = "CREATE TABLE victim (id int);
		CREATE SCHEMA $q;
		CREATE TABLE $t ($q int, label text, document text);
		INSERT INTO $t SELECT i, 'label ' || i, '{\"a\": 1}' FROM generate_series(1, 12000) AS i;
		CREATE TABLE $q.part ($q int PRIMARY KEY, label text, \"id \" int);
		INSERT INTO $q.part SELECT i, 'label ' || i, i FROM generate_series(1, 12000) AS i;
		ALTER TABLE $t ADD UNIQUE ($q);
		CREATE TABLE $q.child (id int PRIMARY KEY, parent int, CONSTRAINT $q FOREIGN KEY (parent) REFERENCES $q.part);
		CREATE INDEX ${\quoted(substr($name, 0, 50) . ' 2')} ON $q.part (label);
		CREATE INDEX ON $q.part (label, \"id \");
		CREATE FUNCTION $t(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT \$1';
		ANALYZE;";
	my $statements = join '', "BEGIN;\n", map { "SELECT label AS $q FROM $q.part AS $q WHERE $q.$q = $_;\n" } 1 .. 6;
	$statements .= "COMMIT;\nBEGIN;\n" . join '', map { "INSERT INTO $q.part AS $q VALUES (20000 + $_, 'x');\n" } 1 .. 6;
	$statements .= "ROLLBACK;\nBEGIN;\n" . join '', map { "UPDATE $q.part AS $q SET label = 'x' WHERE $q = $_;\n" } 1 .. 6;
	$statements .= "ROLLBACK;\n" . join '', map { "SELECT $q FROM $t AS $q WHERE $q.label $_;\n" } "= 'label 7'", "LIKE '%7'", "|| '' = 'label 7'";
	$statements .= "SELECT $q FROM $t AS $q WHERE lower($q.label) = 'label 7';\nSELECT $q FROM $t WHERE $t(label || $q) = 'x';\n";
	$statements .= "SELECT $q, label FROM $q.part ORDER BY label || 'x' LIMIT 3;\nSELECT $q, document FROM $t ORDER BY document LIMIT 3;\n";
	$statements .= "SELECT $q FROM $q.part AS $q ORDER BY $q.$q OFFSET 11000 LIMIT 5;\nSELECT count(*) FROM $t WHERE label LIKE 'label%';\n" .
	  "SELECT * FROM $t WHERE label LIKE 'label%' ORDER BY $q LIMIT 5;\nUPDATE $t SET label = label;\n";
	return ($schema, $statements);
}

# Each text of SQL that a view offers, as one of several columns
sub offers
{
	my ($database) = @_;
	my @offers;
	for my $query ('SELECT fix_sql FROM query_audit.findings WHERE datname = current_database()',
		'SELECT definition FROM query_audit.index_candidates', 'SELECT drop_definition FROM query_audit.index_candidates',
		'SELECT fix_sql FROM query_audit.schema_findings', 'SELECT undo_sql FROM query_audit.schema_findings')
	{
		my $texts = read_audit($node, "SELECT string_agg(encode(convert_to(text, 'UTF8'), 'hex'), ' ') FROM ($query) AS s(text)", $database);
		push @offers, map { pack 'H*', $_ } split / /, $texts;
	}
	return @offers;
}

my $count = 0;
my %seen;
for my $name (@names)
{
	my $database = 'names_' . ++$count;
	(my $shown = $name) =~ s/[^\x20-\x7e]/?/g;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, 'CREATE EXTENSION pg_query_audit; CREATE EXTENSION pg_trgm');
	my ($schema, $statements) = traffic($name);
	read_audit($node, $schema, $database);
	$node->psql($database, $statements, on_error_stop => 0);
	++$seen{$_} for split /\n/, read_audit($node, "SELECT DISTINCT rule FROM query_audit.findings WHERE fix_sql IS NOT NULL
		UNION SELECT rule FROM query_audit.schema_findings WHERE fix_sql IS NOT NULL", $database);
	my @offers = offers($database);
	cmp_ok(scalar @offers, '>=', 8, "$shown: there is SQL on offer");
	my @bad;
	for my $sql (@offers)
	{
		local $ENV{PGOPTIONS} = '-c pg_query_audit.enabled=off';
		my (undef, $out) = $node->psql($database, "$sql\n;\nSELECT 'the victim is ' || coalesce(to_regclass('victim')::text, 'gone')", on_error_stop => 0);
		next if $out =~ /the victim is victim$/;
		push @bad, $sql;
		$node->safe_psql($database, 'CREATE TABLE IF NOT EXISTS victim (id int)');
	}
	is(join("\n==\n", @bad), '', "$shown: which does nothing but what it is for");
}
note join ' ', map { "$_:$seen{$_}" } sort keys %seen;
cmp_ok(scalar keys %seen, '>=', 10, 'of rules of every kind');
is(read_audit($node, 'SELECT faults FROM query_audit.status'), '0', 'no fault');
$node->stop('fast');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'the server has seen no trouble');
done_testing();
