# The hot-path law: once a backend knows a shape, executing it again takes no lock, allocates nothing, parses nothing,
# looks nothing up in the catalogs and reads the clock at most twice. The module at hand is linked so that it counts what
# it calls (test/hot_path/); what the server does by itself is not counted.
use strict;
use warnings;
use Cwd qw(getcwd);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $executions = 10_000;
my $module = getcwd() . '/build/hot_path/pg_query_audit.so';

# Loaded by its path; the extension would load the installed module beside it. A machine that is busy makes pauses in
# which a burst ends, which is judged and may be folded: rare, and not what is counted here.
my $node = plain_cluster(
	'hot_path', conf => "shared_preload_libraries = '$module'
		pg_query_audit.burst_gap_min = '60s'
		pg_query_audit.burst_gap_max = '60s'");
$node->safe_psql(
	'postgres', qq{
	CREATE FUNCTION calls() RETURNS text LANGUAGE C AS '$module', 'pg_query_audit_calls';
	CREATE FUNCTION forget_calls() RETURNS void LANGUAGE C AS '$module', 'pg_query_audit_forget_calls';
	CREATE UNLOGGED TABLE item (id int PRIMARY KEY, author_id int, label text);
	INSERT INTO item SELECT i, i % 10, 'label ' || i FROM generate_series(1, 1000) AS i;
	CREATE TABLE author (id int PRIMARY KEY, name text);
	INSERT INTO author SELECT i, 'name ' || i FROM generate_series(0, 9) AS i;
	CREATE FUNCTION loop_over(times int) RETURNS void LANGUAGE plpgsql AS
		'DECLARE found text; BEGIN FOR i IN 1 .. times LOOP SELECT label INTO found FROM item WHERE id = i; END LOOP; END';
	ANALYZE;
});

# Of a connection, in whose own statements about it nothing is counted: what the code called, {kind => {name => calls}}.
sub calls_during
{
	my ($wire, $run) = @_;
	$wire->query("SET pg_query_audit.enabled = off; SELECT forget_calls(); SET pg_query_audit.enabled = on");
	$run->();
	my $lines = $wire->value('SET pg_query_audit.enabled = off; SELECT calls(); SET pg_query_audit.enabled = on');
	my %calls;
	for (split /\n/, $lines)
	{
		my ($kind, $name, $calls) = split;
		$calls{$kind}{$name} = $calls;
	}
	return \%calls;
}

sub total
{
	my ($calls, $kind) = @_;
	my $sum = 0;
	$sum += $_ for values %{ $calls->{$kind} // {} };
	return $sum;
}

# That the connection's statements obey the law once they are known. The code executes them a number of times. Options:
# times: instead of ten thousand; outer: executions besides; calls, what: what is called after all, and what to say then.
sub obeys_the_law
{
	my ($what, $wire, $run, %except) = @_;
	my $executions = $except{times} // $executions;
	my $executed = $executions + ($except{outer} // 0);
	$run->(100);
	# After an execution that took long, as any may on a starved machine, the next one is looked at, and calls more. What
	# breaks the law does so each time.
	my $calls;
	for (1 .. 3)
	{
		$calls = calls_during($wire, sub { $run->($executions) });
		my %others = map { $_ => $calls->{$_} } grep { $_ ne 'clock' } keys %$calls;
		last if explain(\%others) eq explain($except{calls} // {});
	}
	cmp_ok(total($calls, 'clock'), '<=', 2 * $executed, "$what: the clock is read at most twice an execution");
	cmp_ok(total($calls, 'clock'), '>', $executed, "$what: and is read, so each execution was looked at");
	delete $calls->{clock};
	is_deeply($calls, $except{calls} // {}, "$what: $executions executions " . ($except{what} // 'call nothing else that is not harmless'));
	return;
}

sub each_of { my ($run) = @_; return sub { my ($n) = @_; $run->($_ % 1000 + 1) for 1 .. $n } }

# The counters count

my $wire = connect_wire($node);
my $calls = calls_during($wire, sub { });
is_deeply($calls, {}, 'nothing is called where nothing runs');
$calls = calls_during($wire, sub { $wire->query('SELECT author_id FROM item WHERE id = 1') });
my $new = 'a shape that the backend meets for the first time';
cmp_ok(total($calls, $_), '>', 0, "$new: $_") for qw(parse lock allocation catalog);
is(total($calls, 'clock'), 2, "$new: two looks at the clock");
is($calls->{parse}{query_audit_parse}, 1, "$new: is parsed once");
$calls = calls_during($wire, sub { $wire->query('SELECT author_id FROM item WHERE id = 2') });
is_deeply($calls, { clock => { clock_gettime => 2 } }, 'its second execution');
my $other = connect_wire($node);
$calls = calls_during($other, sub { $other->query('SELECT author_id FROM item WHERE id = 3') });
is(total($calls, 'parse'), 0, 'another backend need not parse what one has');
cmp_ok($calls->{lock}{LWLockAcquire}, '>', 0, 'but takes it from where it is shared');
$other->close;

# Statements, by every protocol

my %statements = (
	'a look-up' => 'SELECT label FROM item WHERE id = $1',
	'a join' => 'SELECT i.label, a.name FROM item i JOIN author a ON a.id = i.author_id WHERE i.id = $1',
	'a page' => 'SELECT label FROM item WHERE author_id = $1 ORDER BY id LIMIT 10',
	'a count' => 'SELECT count(*) FROM author WHERE id < $1',
	'an update' => 'UPDATE item SET label = label WHERE id = $1',
	'an insert' => 'INSERT INTO item VALUES ($1, 1, NULL) ON CONFLICT DO NOTHING');
for my $what (sort keys %statements)
{
	my $statement = $statements{$what};
	my @times = $what eq 'a look-up' ? () : (times => 1000);
	my $simple = sub { my ($value) = @_; (my $text = $statement) =~ s/\$1/$value/; $wire->query($text) };
	obeys_the_law("$what by simple protocol", $wire, each_of($simple), @times);
	obeys_the_law("$what by extended protocol", $wire, each_of(sub { $wire->execute($statement, $_[0]) }), @times);
	$wire->exchange(QueryAudit::Wire::parse_message('p', $statement), QueryAudit::Wire::sync_message());
	my $prepared = sub {
		$wire->exchange(
			QueryAudit::Wire::bind_message('', 'p', $_[0]),
			QueryAudit::Wire::execute_message(''),
			QueryAudit::Wire::sync_message());
	};
	obeys_the_law("$what by prepared protocol", $wire, each_of($prepared), @times);
	$wire->query("PREPARE s(int) AS $statement");
	obeys_the_law("$what by EXECUTE", $wire, each_of(sub { $wire->query("EXECUTE s($_[0])") }), @times);
	$wire->query('DEALLOCATE ALL');
}

# Where they stand

my $look_up = $statements{'a look-up'};
$wire->query('BEGIN');
obeys_the_law('a look-up in a transaction', $wire, each_of(sub { $wire->execute($look_up, $_[0]) }));
$wire->query('COMMIT');
obeys_the_law('a look-up by a bound list', $wire,
	each_of(sub { $wire->execute('SELECT label FROM item WHERE id = ANY($1::int[])', "{$_[0],5,7}") }), times => 1000);
obeys_the_law('transactions of one look-up', $wire, each_of(sub { $wire->query("BEGIN; SELECT label FROM item WHERE id = $_[0]; COMMIT") }));
# That the loop is one to report is noted once, when it has become long enough.
$wire->query("SET pg_query_audit.disabled_rules = 'nested_loop_query'");
obeys_the_law('look-ups in a function\'s loop', $wire, sub { $wire->query("SELECT loop_over($_[0])") }, outer => 1);
$wire->query('RESET pg_query_audit.disabled_rules');
$wire->close;

# The exceptions, each bounded: units that have ended go to the table of their kinds together, when the slot has no room
# for more of them; an execution with a trace takes the lock of the traces, which all backends add to; a unit with
# something to report takes that of the findings; and statistics of more statements
# than a slot holds go to their tables together too.

$wire = connect_wire($node);
my $of_another = each_of(
	sub {
		$wire->query("SET application_name = 'client @{[ $_[0] % 2 ]}'");
		$wire->execute($look_up, $_[0]);
	});
my $folds = $executions / 4;
obeys_the_law(
	'units of one look-up each', $wire, $of_another,
	calls => { lock => { LWLockAcquire => $folds, LWLockRelease => $folds } },
	what => 'take one lock for four units and call nothing else that is not harmless');
$wire->close;

$wire = connect_wire($node);
my $traceparent = "/*traceparent='00-" . 'a' x 32 . '-' . 'b' x 16 . "-01'*/";
obeys_the_law(
	'a look-up with a trace', $wire,
	each_of(sub { $wire->query("SELECT label FROM item WHERE id = $_[0] $traceparent") }),
	calls => { lock => { LWLockAcquire => $executions, LWLockRelease => $executions } },
	what => 'take one lock each and call nothing else that is not harmless');

my $loops = $executions / 10;
my $in_tens = sub {
	my ($n) = @_;
	for (1 .. $n / 10) { $wire->query('BEGIN'); $wire->execute($look_up, $_) for 1 .. 10; $wire->query('COMMIT') }
};
obeys_the_law(
	'loops of ten look-ups', $wire, $in_tens,
	calls => { lock => { LWLockAcquire => $loops, LWLockRelease => $loops } },
	what => 'take one lock for each loop and call nothing else that is not harmless');

my @shapes = map { 'SELECT ' . '-(' x $_ . 'id' . ')' x $_ . ' FROM item WHERE id = $1' } 1 .. 40;
my $in_turn = each_of(sub { $wire->execute($shapes[ $_[0] % @shapes ], $_[0]) });
$in_turn->(100);
$calls = calls_during($wire, sub { $in_turn->($executions) });
cmp_ok($calls->{lock}{LWLockAcquire}, '<=', $executions / 2, 'forty shapes in turn: less than a lock for two executions');
is($calls->{lock}{LWLockAcquire}, $calls->{lock}{LWLockRelease}, 'forty shapes in turn: none is kept');
delete @$calls{qw(lock clock)};
is_deeply($calls, {}, 'forty shapes in turn: nothing else that is not harmless');
$wire->close;

# The list of what is imported

my $checker = 'test/hot_path/make_counters';
command_ok([ $checker, '--check', 'test/hot_path/imports', $module ], 'all that the module imports has a class');
append_to_file('imports_without_palloc', slurp_file('test/hot_path/imports') =~ s/ palloc / /r);
command_fails_like(
	[ $checker, '--check', 'imports_without_palloc', $module ],
	qr/imports 1 name\(s\) that imports_without_palloc does not know: palloc$/m,
	'what has none fails the build');

done_testing();
