# Statements made to break whoever reads them: each works, or fails, as it does without the library, and no more is said of
# it. sqlsmith, which generates any statement that the grammar has, finds nothing either.
use strict;
use warnings;
use Digest::MD5 'md5_hex';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $conf = "max_stack_depth = '7MB'\npg_query_audit.max_parse_size = '1MB'\npg_query_audit.seq_scan_min_rows = 1\nlog_error_verbosity = verbose\n";
my $node = audited_cluster('hostile', conf => $conf);
my $plain = plain_cluster('plain', conf => "max_stack_depth = '7MB'\n");
my $schema = q{
	CREATE TABLE item (id int PRIMARY KEY, label text, data bytea);
	INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 100) AS i;
	ANALYZE;
};
my %encodings = (ascii => 'SQL_ASCII', latin => 'LATIN1', japanese => 'EUC_JP');
for my $cluster ($node, $plain)
{
	for my $database (sort keys %encodings)
	{
		$cluster->safe_psql('postgres',
			"CREATE DATABASE $database TEMPLATE template0 ENCODING '$encodings{$database}' LC_COLLATE 'C' LC_CTYPE 'C'");
	}
	$cluster->safe_psql($_, $schema) for 'postgres', keys %encodings;
}
$node->safe_psql($_, 'CREATE EXTENSION pg_query_audit') for keys %encodings;

# What a script answers, errors too; long answers by their digest.
sub answer
{
	my ($cluster, $sql, $database) = @_;
	my ($status, $out, $errors) = $cluster->psql($database, $sql, on_error_stop => 0, timeout => 120);
	$out =~ s/(?<=server process with PID )\d+//g;
	return join '|', $status, map { length > 300 ? substr($_, 0, 80) . '...' . md5_hex($_) : $_ } $out, $errors;
}

# With the audit as without the library, twice, since what is known is not read again.
sub same
{
	my ($name, $sql, $database) = @_;
	$database //= 'postgres';
	my $expected = answer($plain, $sql, $database);
	my @got = map { answer($node, $sql, $database) } 1 .. 2;
	is("@got", "$expected $expected", "$name, in $database: as without the library");
	return;
}

my $mebibyte = 1 << 20;
my @texts = (
	[ '64,000 terms', 'SELECT ' . join('+', (1) x 64_000) ],
	[ '5,000 terms', 'SELECT ' . join('+', (1) x 5000) ],
	[ '10,000 parentheses', 'SELECT ' . '(' x 10_000 . '1' . ')' x 10_000 ],
	[ '2,000 parentheses', 'SELECT ' . '(' x 2000 . '1' . ')' x 2000 ],
	[ '10,000 brackets', 'SELECT ' . 'ARRAY[' x 10_000 . '1' . ']' x 10_000 ],
	[ '5,000 nested function calls', 'SELECT ' . 'abs(' x 5000 . '1' . ')' x 5000 ],
	[ '5,000 nested NOTs', 'SELECT ' . 'NOT ' x 5000 . 'true' ],
	[ '800 nested sub-selects', 'SELECT ' . '(SELECT ' x 800 . '1' . ')' x 800 ],
	[ '1,000 nested CTEs', 'WITH ' . join(', ', map { "c$_ AS (SELECT 1)" } 1 .. 1000) . ' SELECT 1' ],
	[ '1,000 UNIONs', join(' UNION ALL ', ('SELECT 1') x 1000) ],
	[ '10,000 entries of IN', 'SELECT count(*) FROM item WHERE id IN (' . join(',', 1 .. 10_000) . ')' ],
	[ '10,000 rows of VALUES', 'SELECT count(*) FROM (VALUES ' . join(',', map { "($_)" } 1 .. 10_000) . ') AS v' ],
	[ '1,664 columns', 'SELECT ' . join(',', 1 .. 1664) ],
	[ '1,665 columns', 'SELECT ' . join(',', 1 .. 1665) ],
	[ '100 joins', 'SELECT count(*) FROM item AS t0' . join('', map { " CROSS JOIN (SELECT 1 LIMIT 1) AS t$_" } 1 .. 100) ],
	[ '1 MiB of text', "SELECT length('" . 'x' x $mebibyte . "')" ],
	[ '900 kB of text', "SELECT length('" . 'x' x 900_000 . "')" ],
	[ '5 literals of 1 MiB', 'SELECT ' . join(' || ', map { "md5('" . $_ x $mebibyte . "')" } 1 .. 5) ],
	[ '1 MiB of white space', 'SELECT ' . " \n\t" x ($mebibyte / 3) . '1' ],
	[ '1 MiB of quotes', "SELECT length('" . "''" x ($mebibyte / 2) . "')" ],
	[ '1 MiB of backslashes', "SELECT length(E'" . '\\\\' x ($mebibyte / 2) . "')" ],
	[ '100 KiB of comment', 'SELECT 1 /*' . '*' x 102_400 . '*/' ],
	[ '5,000 comments', 'SELECT 1' . '/**/' x 2500 . "--\n" x 2500 ],
	[ '2,000 nested comments', 'SELECT 1 ' . '/*' x 2000 . '*/' x 2000 ],
	[ 'a comment without an end', 'SELECT 1 /* ' . 'x' x 100 ],
	[ 'a tag of 100 KiB', "SELECT 1 /*route='" . 'r' x 102_400 . "',traceparent='00-" . 'f' x 32 . "-1111111111111111-01'*/" ],
	[ '10,000 tags', 'SELECT 1 /*' . join(',', map { "route$_='$_'" } 1 .. 10_000) . '*/' ],
	[ 'tags of SQL', q{SELECT 1 /*route='%27%3B DROP TABLE item; --',controller='\\'; SELECT 1/0; --',action='"%s%n%d{}{0}'*/} ],
	[ 'tags of percent signs', q{SELECT 1 /*route='%',action='%%%',job='%0',file='%00%0a%ff',line='%u0000'*/} ],
	[ 'a name of 10,000 letters', 'SELECT 1 AS "' . 'n' x 10_000 . '"' ],
	[ 'names of quotes', 'SELECT 1 AS """""", 2 AS "\'", 3 AS "%s", 4 AS U&"\\0061"' ],
	[ 'dollar quotes in dollar quotes', 'SELECT ' . join(',', map { "\$q$_\$ \$q" . ($_ + 1) . "\$ \$q$_\$" } 1 .. 500) ],
	[ 'every byte but NUL, escaped', "SELECT md5(E'" . join('', map { sprintf '\\%03o', $_ } 1 .. 127) . "')" ],
	[ 'large numbers', 'SELECT ' . join(',', '9' x 1000, '1e1000', '0.' . '1' x 1000, '9223372036854775808', '-9223372036854775808') ],
	[ '65,536 parameters that are not there', 'SELECT $65536, $99999999999999999999' ],
	[ '5,000 statements in one', 'SELECT 1;' x 5000 ],
	[ 'only semicolons', ';' x 10_000 ],
	[ 'utility statements', 'DECLARE c CURSOR FOR SELECT 1; ' . q{PREPARE p(int) AS SELECT label FROM item WHERE id = $1 /*route='%s'*/;
		EXECUTE p(1); EXECUTE p('x'); EXECUTE nowhere; DEALLOCATE p; EXECUTE p(1); EXPLAIN EXECUTE p(1);
		PREPARE p AS SELECT 1; PREPARE q AS EXECUTE p; DEALLOCATE ALL;
		EXPLAIN (COSTS off) EXPLAIN SELECT 1; EXPLAIN (COSTS off) CREATE TABLE made AS SELECT 1; EXPLAIN (COSTS off) DECLARE c CURSOR FOR SELECT 1;
		CREATE TABLE made AS EXECUTE nowhere; CREATE TABLE made AS SELECT * FROM item; DROP TABLE made;
		DO 'BEGIN EXECUTE $$DO $d$ BEGIN EXECUTE ''SELECT 1/0''; END $d$$$; END'; DO ''; DO LANGUAGE nowhere 'x';
		CALL nowhere(); CALL abs(1); COPY (SELECT 1) TO STDOUT; COPY (DELETE FROM item WHERE false RETURNING 1) TO STDOUT; COPY nowhere TO STDOUT;
		SELECT query_to_xml('SELECT 1/0', true, true, ''); SELECT count(*) FROM cursor_to_xml('nowhere', 1, true, true, '');
		CREATE RULE r AS ON INSERT TO item DO ALSO SELECT 1; INSERT INTO item VALUES (1000); DELETE FROM item WHERE id = 1000; DROP RULE r ON item;
		CREATE SCHEMA made CREATE TABLE t (id int) CREATE VIEW v AS SELECT * FROM t; DROP SCHEMA made CASCADE;
		CREATE FUNCTION made(int) RETURNS int LANGUAGE sql AS 'SELECT made($1 + 1)'; DROP FUNCTION made;
		BEGIN; BEGIN; SAVEPOINT s; ROLLBACK TO nowhere; ROLLBACK TO s; PREPARE TRANSACTION 'x'; ROLLBACK; COMMIT; ABORT AND CHAIN;
		LISTEN x; NOTIFY x; UNLISTEN *; DISCARD ALL; SET pg_query_audit_nothing.x = 1; SHOW work_mem; RESET ALL; LOAD 'nowhere'} ],
);
for my $case (@texts)
{
	my ($name, $sql) = @$case;
	same($name, "$sql;\n");
}

# Text that is not what it should be, in each encoding, and as a client of another
my @bytes = (
	"SELECT count(*) FROM item WHERE label = 'caf\xe9 \xff\xfe \xf0\x28\x8c\x28'", "SELECT 1 AS \"caf\xe9\"",
	"SELECT '\xa4\xa2\xa4\xa4' AS \"\xa4\xa2\"", "SELECT '\x8f\xa2\xaf', '\xa4'", "SELECT 1 /*route='\xa4',action='\xe9\xff'*/",
	"SELECT '" . join('', map { chr } 128 .. 255) . "'", "SELECT \"" . join('', map { chr } 128 .. 255) . "\" FROM item",
	"SELECT 1 --\x8e", "\xef\xbb\xbfSELECT 1", "SELECT \xa0 1", "SELECT '\xed\xa0\x80', '\xc0\x80', '\xf4\x90\x80\x80'");
for my $database ('postgres', sort keys %encodings)
{
	for my $client ('', 'LATIN1', 'EUC_JP', 'SJIS')
	{
		my $set = $client ? "SET client_encoding = '$client';\n" : '';
		same('bytes of no encoding' . ($client && ", from a client of $client"), join '', $set, map { "$_;\n" } @bytes);
	}
	for my $view (qw(findings statements backend_statements table_scans units status))
	{
		like(read_audit($node, "SELECT count(*), count(v::text) FROM query_audit.$view AS v", $database), qr/^(\d+)\|\1$/,
			"$view can be read in database $database");
	}
}

# lint(), fingerprint() and normalize() take any text, and say what is wrong with it.
for my $case (@texts)
{
	my ($name, $sql) = @$case;
	next if $sql =~ /\$hostile\$/;
	my ($status, undef, $errors) = $node->psql(
		'postgres', "SELECT count(*) FROM query_audit.lint(\$hostile\$$sql\$hostile\$);
			SELECT query_audit.fingerprint(\$hostile\$$sql\$hostile\$); SELECT length(query_audit.normalize(\$hostile\$$sql\$hostile\$));\n",
		on_error_stop => 0, timeout => 120);
	is($status, 0, "$name: lint(), fingerprint() and normalize() return or raise");
}

# Anything that the grammar has, without functions of the extension to call, and with them. Each error names the source
# that raised it; this project's are all of C++, and its functions may refuse what they are given.
SKIP:
{
	my ($sqlsmith) = grep { -x } map { "$_/sqlsmith" } split /:/, $ENV{PATH};
	skip 'no sqlsmith here', 6 if !$sqlsmith;
	my $seconds = ($ENV{SQLSMITH_SECONDS} // 20) / 2;
	$node->safe_psql('postgres', 'CREATE DATABASE bare');
	$node->safe_psql('bare', $schema);
	for my $database ('bare', 'postgres')
	{
		my $target = 'host=' . $node->host . ' port=' . $node->port . " dbname=$database";
		my $log_length = -s $node->logfile;
		my $file = PostgreSQL::Test::Utils::tempdir() . "/queries_$database";
		run_log([ 'bash', '-c', "timeout $seconds $sqlsmith --target='$target' --seed=\${SQLSMITH_SEED:-\$RANDOM} " .
			"--exclude-catalog --dump-all-queries >$file 2>$file.log" ]);
		cmp_ok(scalar(() = slurp_file($file) =~ /;\n/g), '>', 100, "sqlsmith ran in database $database");
		my $log = substr slurp_file($node->logfile), $log_length;
		cmp_ok(scalar(() = $log =~ /LOCATION: .*\.c:/g), '>', 10, 'the server refused some of it');
		my @ours = $log =~ /LOCATION: +(\w+, \w+\.cpp):/g;
		@ours = grep { !/, (functions|lint)\.cpp$/ } @ours if $database eq 'postgres';
		unlike(join("\n", @ours, $log =~ /.*(?:PANIC|TRAP:|terminated by signal).*/g), qr/./, 'and the audit none');
	}
}
is(read_audit($node, 'SELECT faults FROM query_audit.status'), '0', 'no fault');
$node->safe_psql('postgres', 'DROP TABLE IF EXISTS item CASCADE;' . $schema);
reset_audit($node);
$node->safe_psql('postgres', 'BEGIN; ' . look_ups(1 .. 6) . 'COMMIT;');
is(statement_counts($node, 'SELECT label FROM item WHERE id%'), '6|6|0', 'what follows is counted');
$node->stop('fast');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'the server has seen no trouble');
done_testing();
