# No statement fails because of the audit: hostile texts work as they do without it, whatever the encoding, and what
# cannot be understood is counted.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = audited_cluster('harmless', conf => "max_stack_depth = '7MB'\n");
$node->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, label text);
	INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 100) AS i;
	ANALYZE;
	CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C';
	CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C';
});

sub status { return read_audit($node, 'SELECT faults, parsed - unparsed, unparsed FROM query_audit.status') }

# Output and exit status of a script, and whether it is the same with the audit switched off.
sub same_without_audit
{
	my ($sql, $database) = @_;
	my @with = $node->psql($database // 'postgres', $sql, on_error_stop => 0);
	local $ENV{PGOPTIONS} = '-c pg_query_audit.enabled=off';
	my @without = $node->psql($database // 'postgres', $sql, on_error_stop => 0);
	return "@with" eq "@without" ? $with[1] . $with[2] : "with: @with, without: @without";
}

# Texts that the server accepts: what they return, and how many of their statements the audit gives up on.
my @texts = (
	[ '5,000 terms', 'SELECT ' . join(' + ', (1) x 5000), '5000', 1 ],
	[ '5,000 ORs', 'SELECT count(*) FROM item WHERE ' . join(' OR ', map { "id = $_" } 1 .. 5000), '100', 1 ],
	[ '200 parentheses', 'SELECT ' . '(' x 200 . '1' . ')' x 200, '1', undef ],
	[ '1,500 parentheses', 'SELECT ' . '(' x 1500 . '1' . ')' x 1500, '1', 1 ],
	[ '300 nested sub-selects', 'SELECT * FROM ' . '(SELECT * FROM ' x 300 . 'item' . ') AS s' x 300 . ' WHERE id = 1',
		'1|label 1', 1 ],
	[ '500 UNIONs', join(' UNION ', map { "SELECT $_" } (7) x 500), '7', undef ],
	[ '1,000 NOTs', 'SELECT ' . 'NOT ' x 1000 . 'true', 't', 1 ],
	[ '1,000 signs', 'SELECT ' . '- ' x 1000 . '1', '1', 1 ],
	[ '800 casts', 'SELECT 1' . '::int' x 800, '1', undef ],
	[ '300 CASEs', 'SELECT ' . 'CASE WHEN true THEN ' x 300 . '1' . ' END' x 300, '1', 1 ],
	[ '40 KiB of text', "SELECT length('" . 'x' x 40960 . "')", '40960', 1 ],
	[ '40 KiB of comment', 'SELECT 1 /* ' . 'x' x 40960 . ' */', '1', 1 ],
	[ '31 KiB of text', "SELECT length('" . 'x' x 31744 . "')", '31744', 0 ],
	[ 'an IN list of 5,000', 'SELECT count(*) FROM item WHERE id IN (' . join(',', 1 .. 5000) . ')', '100', 0 ],
	[ 'an IN list of 20,000', 'SELECT count(*) FROM item WHERE id IN (' . join(',', 1 .. 20000) . ')', '100', 1 ],
	[ '1,600 columns', 'SELECT ' . join(', ', map { "$_ AS c$_" } 1 .. 1600), join('|', 1 .. 1600), undef ],
	[ 'quotes, percents and braces in comments', "SELECT 1 /* it's 100% \"quoted\" {} {0} %s %n \\ ' */ -- %d ' {", '1', 0 ],
	[ 'tags without an end', "SELECT 1 /*traceparent='00-%%%,route='\\*/", '1', 0 ],
	[ 'tags of nonsense', "/*=,'':;route=,traceparent:,a='\\'*/ SELECT 1 /*,,,request_id=''*/", '1', 0 ],
	[ 'nested comments', 'SELECT /* a /* b */ c */ 1', '1', 0 ],
	[ 'dollar quotes', 'SELECT $a$ $b$ $$ \' " $b$ $a$', ' $b$ $$ \' " $b$ ', 0 ],
	[ 'escapes', q{SELECT E'\\'\\\\', U&'\\0061', B'01', X'1F', 'a'
		'b'}, q{'\\|a|01|00011111|ab}, 0 ],
	[ 'every other character', 'SELECT \'' . join('', map { chr } 1 .. 31, 127) =~ s/[\r\n]//gr . '\'',
		join('', map { chr } 1 .. 31, 127) =~ s/[\r\n]//gr, 0 ],
	[ 'names that need quotes', 'SELECT 1 AS "a""b %s {} \' ; --"', '1', 0 ],
);
for my $case (@texts)
{
	my ($name, $sql, $result, $unparsed) = @$case;
	reset_audit($node);
	is(same_without_audit("$sql;\n"), $result, "$name: works as without the audit");
	my ($faults, $understood, $given_up) = split /\|/, status();
	is($faults, 0, "$name: no fault");
	is("$understood|$given_up", $unparsed ? '0|1' : '1|0', "$name: " . ($unparsed ? 'given up, and counted' : 'understood'))
	  if defined $unparsed;
	is(read_audit($node, 'SELECT sum(calls), count(query) FROM query_audit.statements'), '1|1', "$name: counted, with a text");
}

# The server's own errors stay its own.
for my $sql ('SELECT ' . '(' x 100_000 . '1', 'SELECT 1 +', 'SELECT "', 'SELEC 1', 'SELECT 1 FROM nowhere', 'SELECT 1/0')
{
	my $output = same_without_audit("$sql;\n");
	unlike($output, qr/^with:/, 'the same error for ' . substr $sql, 0, 20);
}

# Encodings

$node->safe_psql($_, 'CREATE EXTENSION pg_query_audit; CREATE TABLE item (id int, label text)') for qw(bytes latin);
reset_audit($node);
my $invalid = "SELECT count(*) FROM item WHERE label = 'caf\xe9 \xff\xfe \xf0\x28'";
is(same_without_audit("$invalid;\n", 'bytes'), '0', 'bytes that are no UTF-8, in an SQL_ASCII database');
is(same_without_audit("SELECT 1 AS \"caf\xe9\";\n", 'bytes'), '1', 'as a name, too');
reset_audit($node);
my $latin = "SET client_encoding = 'LATIN1'; BEGIN;" .
  join('', map { "SELECT id AS \"caf\xe9\" FROM item WHERE label = 'd\xe9j\xe0 $_' /*route='\xe9t\xe9'*/;" } 1 .. 6) . 'COMMIT';
is(same_without_audit($latin, 'latin'), '', 'LATIN1 text in a LATIN1 database');
$node->safe_psql('latin', "INSERT INTO item SELECT i, 'x' FROM generate_series(1, 20000) AS i; ANALYZE item;
	SELECT id FROM item WHERE label = U&'\\00e9';");
for my $database (qw(postgres bytes latin))
{
	for my $view (qw(findings statements backend_statements table_scans units connections))
	{
		local $ENV{PGCLIENTENCODING} = 'UTF8';
		my $rows = read_audit($node, "SELECT count(*), count(v::text) FROM query_audit.$view AS v", $database);
		like($rows, qr/^(\d+)\|\1$/, "$view can be read in database $database");
	}
	local $ENV{PGCLIENTENCODING} = 'UTF8';
	my $texts = read_audit($node, 'SELECT query, tags FROM query_audit.findings; SELECT query FROM query_audit.statements', $database);
	ok(utf8::decode($texts), "as UTF-8 by a client of database $database");
	unlike($texts, qr/caf\x{e9} |d\x{e9}j/, "and no literal is among it, in database $database");
}
is(read_audit($node, 'SELECT rule, confidence FROM query_audit.findings ORDER BY rule', 'latin'),
	"n_plus_one|medium\nseq_scan|high", 'what is there to find is found in a LATIN1 database');
is(read_audit($node, "SELECT position, snippet = 'name LIKE ''%' || chr(233) || '''' FROM
		query_audit.lint('SELECT ''' || chr(233) || ''' FROM t WHERE name LIKE ''%' || chr(233) || '''')", 'latin'),
	'25|t', 'lint() counts characters and quotes the text in a LATIN1 database');

# Many executions at once: more portals than are watched
reset_audit($node);
my $cursors = join '', map { "DECLARE c$_ CURSOR FOR SELECT id FROM item; FETCH 1 FROM c$_; " } 1 .. 100;
unlike(same_without_audit("BEGIN; $cursors COMMIT"), qr/with:|ERROR/, '100 open cursors work');
is(read_audit($node, "SELECT sum(calls) + max(drops) FROM query_audit.statements, query_audit.status WHERE query LIKE 'SELECT id%'"),
	'100', 'each is counted, as a call or as dropped');

# A recursion that the server stops
$node->safe_psql('postgres', 'CREATE FUNCTION endless(n int) RETURNS int LANGUAGE plpgsql AS
	$$ BEGIN PERFORM count(*) FROM item WHERE id = n; RETURN endless(n + 1) + (SELECT count(*) FROM item); END $$');
reset_audit($node);
my (undef, undef, $error) = $node->psql('postgres', "SELECT endless(1);\n SELECT label FROM item WHERE id = 1;", on_error_stop => 0);
like($error, qr/stack depth limit exceeded/, 'an endless recursion ends as without the audit');
is(statement_counts($node, 'SELECT label FROM item%'), '1|1|0', 'and what follows is counted');

$node->stop('fast');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|WARNING/, 'the server has seen no trouble');
done_testing();
