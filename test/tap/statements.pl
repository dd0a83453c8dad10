# The way of a statement: whatever protocol, portal or cursor it comes by, it is counted once, with its rows, and its
# values are told apart.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = audited_cluster('statements');
my ($select, $range) = ('SELECT label FROM item WHERE id = %', 'SELECT id, label FROM item%');

$node->safe_psql(
	'postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, label text);
	INSERT INTO item SELECT i, 'label ' || i FROM generate_series(1, 1000) AS i;
	CREATE TABLE part (id int PRIMARY KEY, item_id int REFERENCES item);
	ANALYZE;
});

sub counts_after { return counts_between($node, @_) }
sub sql { my ($text) = @_; return sub { $node->psql('postgres', $text, on_error_stop => 0) } }

# Protocols

is(counts_after($select, sql(look_ups(1 .. 7))), '7|7|0 7|0', 'simple protocol: each statement once');
is(counts_after($select, sub { psql_command($node, look_ups(1 .. 3) . 'SELECT count(*) FROM part') }),
	'3|3|0 4|0', 'one string of four statements: each once');
is(counts_after('SELECT count(*) FROM part%', sub { psql_command($node, look_ups(1 .. 3) . 'SELECT count(*) FROM part') }),
	'1|1|0 4|0', 'the last of a string has its own text');

my $three = join '', map { "\\set id random(1, 1000)\nSELECT label FROM item WHERE id = :id;\n" } 1 .. 3;
for my $protocol (qw(simple extended prepared))
{
	is(counts_after($select, sub { pgbench_ok($node, $three, '-M', $protocol, '-t', 10) }),
		'30|30|0 30|0', "pgbench -M $protocol: each execution once, the last one too");
}
my $pipeline = "\\startpipeline\n" . look_ups(1 .. 6) . "UPDATE item SET label = label WHERE id = 1;\n\\endpipeline\n";
is(counts_after($select, sub { pgbench_ok($node, $pipeline, '-M', 'extended') }), '6|6|0 7|0', 'a pipeline: each once');
is(counts_after('UPDATE item%', sub { pgbench_ok($node, $pipeline, '-M', 'extended') }),
	'1|1|0 7|0', 'the last of a pipeline counts too');
is( counts_after(
		$select,
		sql('PREPARE p AS SELECT label FROM item WHERE id = $1; EXECUTE p(1); EXECUTE p(2); EXECUTE p(0); DEALLOCATE p')),
	'3|2|0 3|0',
	'PREPARE is no execution, EXECUTE is one of the client\'s own');

# Cursors

my $declare = 'DECLARE c CURSOR FOR SELECT id, label FROM item ORDER BY id;';
is(counts_after($range, sql("BEGIN; $declare FETCH 10 FROM c; FETCH 10 FROM c; FETCH 10 FROM c; CLOSE c; COMMIT")),
	'1|30|0 1|0', 'a cursor closed early: one execution with the rows that were fetched');
is(counts_after($range, sql("BEGIN; $declare FETCH 900 FROM c; FETCH ALL FROM c; COMMIT")),
	'1|1000|0 1|0', 'a cursor read to its end: one execution');
is(counts_after($range, sql("BEGIN; $declare FETCH 10 FROM c; COMMIT")),
	'1|10|0 1|0', 'a cursor that COMMIT closes');
is(counts_after($range, sql("BEGIN; $declare FETCH 10 FROM c; ROLLBACK")),
	'1|10|0 1|0', 'a cursor that ROLLBACK closes has not failed');
is(counts_after($range, sql("BEGIN; $declare COMMIT")), '0|0|0 0|0', 'a cursor never fetched is no execution');
(my $hold = $declare) =~ s/CURSOR/CURSOR WITH HOLD/;
is(counts_after($range, sql("BEGIN; $hold FETCH 10 FROM c; COMMIT; FETCH 20 FROM c; CLOSE c")),
	'1|1000|0 1|0', 'a held cursor: COMMIT reads the rest, later fetches read nothing');
is(counts_after($range, sql("\\set FETCH_COUNT 100\nSELECT id, label FROM item ORDER BY id;\n")),
	'1|1000|0 1|0', 'psql\'s FETCH_COUNT: one execution');
is( counts_after(
		$select, sql("BEGIN; $declare FETCH 5 FROM c; " . look_ups(1 .. 5) . 'FETCH 5 FROM c; ' . look_ups(6 .. 9) . 'COMMIT')),
	'9|9|0 10|0',
	'statements between the fetches count for themselves');

# Portals of the extended protocol

my $wire = connect_wire($node);
my ($all, $one) = ('SELECT id, label FROM item ORDER BY id', 'SELECT label FROM item WHERE id = $1');
sub parse { return QueryAudit::Wire::parse_message(@_) }
sub bind_to { return QueryAudit::Wire::bind_message(@_) }
sub execute { return QueryAudit::Wire::execute_message(@_) }
sub sync { return QueryAudit::Wire::sync_message() }

is(counts_after($select, sub { $wire->query('BEGIN'); $wire->execute($one, 5) }),
	'1|1|0 1|0', 'a statement counts before the next one closes its portal');
$wire->query('COMMIT');
is(counts_after($select, sub { $wire->exchange(parse('', $one), (map { (bind_to('', '', $_), execute('')) } 1 .. 5), sync()) }),
	'5|5|0 5|0', 'one Parse, five executions, one Sync: five statements');
is(counts_after($range, sub { $wire->exchange(parse('', $all), bind_to('', ''), (map { execute('', 100) } 1 .. 11), sync()) }),
	'1|1000|0 1|0', 'a portal read in chunks: one execution');
is(counts_after($range, sub { $wire->execute($all) }), '1|1000|0 1|0', 'after a reset the first execution has its text');
is( counts_after(
		'SELECT label, id%',
		sub { $wire->exchange(parse('', 'SELECT label, id FROM item'), bind_to('', ''), execute('', 100), sync()) }),
	'1|100|0 1|0',
	'a portal that is given up after its first chunk');
my $failing = 'SELECT 1 / (id - 500) FROM item';
is( counts_after(
		'SELECT % / (id - %) FROM item%',
		sub { $wire->exchange(parse('', $failing), bind_to('', ''), execute('', 9), execute(''), execute(''), sync()) }),
	'0|0|1 1|0',
	'a portal that fails after its first chunk is one error');
is( counts_after(
		$select,
		sub {
			my @messages = map { (parse('', $_), bind_to('', ''), execute('')) } look_ups(1), $failing, look_ups(2);
			$wire->exchange(@messages, sync());
		}),
	'1|1|0 2|0',
	'what stands behind an error in a pipeline never ran');

# Requests of others meanwhile must not move what a portal adds to its own.
reset_audit($node);
$wire->query('BEGIN');
$wire->exchange(parse('', "$all /*request_id='own'*/"), bind_to('own', ''), execute('own', 5), sync());
$wire->query("SELECT label FROM item WHERE id = $_ /*request_id='other-$_'*/") for 1 .. 8;
$wire->exchange(execute('own'), sync());
is(read_audit($node, "SELECT calls, rows, mark FROM query_audit.backend_statements WHERE query LIKE '$range'"),
	'1|1000|trace', 'a tagged portal is in its request\'s unit, with the rows of every chunk');
is(read_audit($node, "SELECT count(*), sum(calls), sum(rows) FROM query_audit.backend_statements WHERE query LIKE '$select'"),
	'8|8|8', 'and adds nothing to other requests');
$wire->close;

# Identity and values

my $bound = 'PREPARE p AS SELECT label FROM item WHERE id = $1; ';
my %runs = (
	'different literals' => [ look_ups(1 .. 6), 6 ],
	'the same literal' => [ look_ups((5) x 6), 1 ],
	'different parameters' => [ $bound . join('', map { "EXECUTE p($_);" } 1 .. 6), 6 ],
	'the same parameter' => [ $bound . 'EXECUTE p(5);' x 6, 1 ],
	'different comments' => [ join('', map { "/* call $_ */ SELECT label FROM item WHERE id = 5 -- $_\n;" } 1 .. 6), 1 ],
);
for my $query_ids (qw(auto off on))
{
	for my $name (sort keys %runs)
	{
		my ($text, $distinct) = @{ $runs{$name} };
		reset_audit($node);
		my $session = $node->background_psql('postgres');
		ask($session, "SET compute_query_id = $query_ids");
		ask($session, "BEGIN; $text");
		is( read_audit($node, "SELECT sum(calls), max(distinct_params), count(*) FROM query_audit.backend_statements
		                       WHERE query LIKE '$select'"),
			"6|$distinct|1",
			"compute_query_id = $query_ids: $name are $distinct");
		is(findings_of($node), ($distinct > 1 ? 'n_plus_one' : 'duplicate_query') . '|medium|transaction', 'and told apart by the rules');
		my $shown = ask($session, 'SELECT query_id FROM pg_stat_activity WHERE pid = pg_backend_pid()');
		is(read_audit($node, "SELECT count(*) FROM query_audit.statements WHERE $shown = ANY (queryids)"),
			1, 'under the query id that pg_stat_activity shows');
		$session->quit;
	}
}

is(read_audit($node, 'SELECT faults, drops FROM query_audit.status'), '0|0', 'no faults, nothing dropped');
done_testing();
