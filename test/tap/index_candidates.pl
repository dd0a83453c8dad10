# Index candidates with HypoPG: what it plans is shown as verified, what does not help is not shown, and whatever fails is
# said and leaves nothing behind.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryAudit;
use Test::More;

my $node = audited_cluster('index_candidates');
plan skip_all => 'HypoPG is not installed on this machine'
  unless $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'hypopg'});

$node->safe_psql(
	'postgres', q{
	CREATE SCHEMA hypothetical;
	CREATE EXTENSION hypopg SCHEMA hypothetical;
	GRANT USAGE ON SCHEMA hypothetical TO PUBLIC;
	CREATE TABLE orders (id int PRIMARY KEY, tenant_id int, status text, created timestamptz, title text);
	INSERT INTO orders SELECT i, i % 500, 'usual', now() - i * interval '1 minute', md5(i::text)
	FROM generate_series(1, 50000) AS i;
	UPDATE orders SET status = 'rare' WHERE id <= 5;
	VACUUM ANALYZE orders;
	CREATE ROLE app LOGIN;
	CREATE ROLE overseer LOGIN IN ROLE pg_read_all_stats;
	GRANT SELECT ON orders TO app;
});

my $view = 'query_audit.index_candidates';
sub as_app { my ($query) = @_; return $node->safe_psql('postgres', $query, extra_params => [ '-U', 'app' ]) }

# What the same session's EXPLAIN and HypoPG know afterwards must be what they knew before.
sub candidates
{
	my ($columns, $condition) = @_;
	$condition //= 'true';
	return read_audit($node, "SELECT $columns FROM $view WHERE $condition ORDER BY definition");
}

reset_audit($node);
as_app('SELECT id FROM orders WHERE tenant_id = 7');
is(candidates('relation, verified, cost_after < cost_before / 2, size_bytes > 100000, reason'),
	'public.orders|t|t|t|planned with HypoPG: the index is used and costs less', 'what helps is verified');
is(read_audit($node, "SELECT count(*) FROM $view; SELECT count(*) FROM hypothetical.hypopg_list_indexes"),
	"1\n0", 'no hypothetical index stays behind');
is( read_audit(
		$node, "SELECT hypothetical.hypopg_create_index('CREATE INDEX ON orders (status)') IS NOT NULL;
		SELECT count(*) FROM $view; SELECT count(*) FROM hypothetical.hypopg_list_indexes"),
	"t\n1\n1", 'and none of somebody else\'s goes');
is(read_audit($node, "SET search_path = ''; SELECT verified FROM $view; SHOW search_path; SHOW lock_timeout"),
	"t\n\"\"\n0", 'settings are as they were');
is(read_audit($node, "SELECT verified, current_user = 'postgres' FROM $view"), 't|t', 'and so is the user');
is(as_app("SELECT verified FROM $view"), 't', 'a role verifies its own statements');
is($node->safe_psql('postgres', "SELECT verified, reason FROM $view", extra_params => [ '-U', 'overseer' ]),
	'f|not verified: only the role that ran the statement, or a superuser, may plan it',
	'who may see statements may not plan them for that');

# A type whose operators are in another schema than the table.
$node->safe_psql(
	'postgres', q{
	CREATE SCHEMA extensions;
	CREATE EXTENSION citext SCHEMA extensions;
	CREATE SCHEMA shop;
	CREATE TABLE shop.users (id int PRIMARY KEY, email extensions.citext, name text);
	INSERT INTO shop.users SELECT i, 'User' || i || '@example.org', 'Name ' || i FROM generate_series(1, 20000) AS i;
	ANALYZE shop.users;
	GRANT USAGE ON SCHEMA shop, extensions TO app;
	GRANT SELECT ON shop.users TO app;
});
reset_audit($node);
as_app(q{SET search_path = shop, extensions; SELECT name FROM users WHERE email = 'user7@EXAMPLE.org'});
is(candidates('relation, verified'), 'shop.users|t', 'operators of an extension in a schema of its own are found');

# Values that few rows have: for most values the index does not help.
reset_audit($node);
as_app(q{SELECT id FROM orders WHERE status IN ('rare', 'rarer', 'none')});
is(candidates('definition'), '', 'what does not help is not shown');

# An OR of two columns, either index of which is of no use without the other.
reset_audit($node);
as_app('SELECT id FROM orders WHERE tenant_id = 7 OR title = md5(7::text)');
is(candidates('verified, cost_after < cost_before / 2, definition, reason'),
	join("\n", map { "t|t|CREATE INDEX CONCURRENTLY orders_${_}_idx ON public.orders ($_);|planned with HypoPG: the index is used "
		. 'and costs less; it answers a part of an OR, whose other parts take an index each as well' } qw(tenant_id title)),
	'the indexes of an OR are tried together');
is(read_audit($node, "SELECT count(*) FROM $view; SELECT count(*) FROM hypothetical.hypopg_list_indexes"),
	"2\n0", 'and none of them stays behind');
reset_audit($node);
as_app(q{SELECT id FROM orders WHERE tenant_id = 7 OR status = 'rare'});
is(candidates('definition'), '', 'where one of them does not help, neither is shown');
reset_audit($node);
as_app(q{SELECT id FROM orders WHERE tenant_id = 7 OR created < now() - interval '34 days 17 hours'});
like(candidates('verified, definition'), qr/^f\|CREATE INDEX \S+ orders_created_idx .*\nf\|.* orders_tenant_id_idx /,
	'nor is one left out because the value decides whether the other is used');

# A range, of which a plan for unknown values knows nothing.
reset_audit($node);
as_app(q{SELECT title FROM orders WHERE created > now() - interval '5 minutes'});
like(candidates('verified, definition, reason'), qr/^[ft]\|CREATE INDEX CONCURRENTLY orders_created_idx .*\|/,
	'a range is shown, verified or not');

# A key of a document is a value in the kept text.
$node->safe_psql(
	'postgres', q{CREATE TABLE operations (id int PRIMARY KEY, metadata jsonb);
	INSERT INTO operations SELECT i, jsonb_build_object('trace', md5(i::text)) FROM generate_series(1, 20000) AS i;
	ANALYZE operations; GRANT SELECT ON operations TO app});
reset_audit($node);
as_app(q{SELECT id FROM operations WHERE metadata ->> 'trace' = 'abc'});
like(candidates('verified, definition'), qr/^f\|CREATE INDEX CONCURRENTLY .* \(\(metadata ->> 'trace'\)\);/,
	'an expression with a constant is shown, not verified');

# HypoPG knows no GIN.
reset_audit($node);
as_app(q{SELECT id FROM orders WHERE title LIKE '%00ff7%'});
like(candidates('verified, reason'), qr/^f\|needs CREATE EXTENSION pg_trgm first; not verified: hypopg: .*gin/,
	'what HypoPG cannot make is not verified');

# A partitioned table.
$node->safe_psql(
	'postgres', q{CREATE TABLE events (id int, day int, kind int) PARTITION BY RANGE (day);
	CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
	CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (20);
	INSERT INTO events SELECT i, i % 20, i % 5000 FROM generate_series(1, 40000) AS i;
	ANALYZE events; GRANT SELECT ON events TO app});
reset_audit($node);
as_app('SELECT id FROM events WHERE kind = 7');
is(candidates('verified, definition'), 't|CREATE INDEX events_kind_idx ON public.events (kind);', 'partitions are planned');
reset_audit($node);
as_app('SELECT id FROM events WHERE kind = 7 AND day = 3');
is(candidates('verified'), 't', 'where the value decides which partition is read, too');

# Columns beside the keys, where the plan with them costs less than the plan without.
$node->safe_psql(
	'postgres', q{CREATE TABLE payments (id int PRIMARY KEY, account int, amount int, note text);
	INSERT INTO payments SELECT i, i * 7919 % 40, i, repeat('x', 100) FROM generate_series(1, 60000) AS i;
	GRANT SELECT ON payments TO app});
$node->safe_psql('postgres', 'VACUUM ANALYZE payments');
sub covering_with { my ($settings) = @_; return read_audit($node, "$settings SELECT verified, definition FROM $view") }
my $free_visits = 'SET random_page_cost = 0; SET seq_page_cost = 0;';
reset_audit($node);
as_app('SELECT sum(amount) FROM payments WHERE account = 7');
like(covering_with(''), qr/^t\|.* \(account\) INCLUDE \(amount\);$/, 'columns beside the keys are verified');
like(covering_with($free_visits), qr/^t\|.* \(account\);$/, 'and left out where visits to the table cost nothing');
$node->safe_psql('postgres', 'CREATE INDEX payments_account ON payments (account)');
reset_audit($node);
as_app('SET enable_seqscan = off; SELECT sum(amount) FROM payments WHERE account = 7');
like(covering_with(''), qr/^t\|.* \(account\) INCLUDE \(amount\);$/, 'they are worth another index than the one that is there');
is(covering_with($free_visits), '', 'or are not, and then there is none');

# Nothing that a statement names runs when it is planned for somebody else.
$node->safe_psql(
	'postgres', q{CREATE SCHEMA mine AUTHORIZATION app;
	CREATE SEQUENCE witness; GRANT USAGE ON SEQUENCE witness TO app;});
as_app(q{CREATE FUNCTION mine.trap() RETURNS int LANGUAGE plpgsql IMMUTABLE AS
	$$ BEGIN PERFORM nextval('public.witness'); RETURN 7; END $$});
reset_audit($node);
as_app('SELECT id FROM orders WHERE tenant_id = mine.trap()');
my $runs = $node->safe_psql('postgres', 'SELECT last_value FROM witness');
is(candidates('verified, reason'), "f|not verified: the statement calls functions of the application's",
	'a function of the application\'s is not planned');
is($node->safe_psql('postgres', 'SELECT last_value FROM witness'), $runs, 'and did not run');

# A table that somebody has locked.
reset_audit($node);
as_app('SELECT id FROM orders WHERE tenant_id = 7');
my $locker = $node->background_psql('postgres');
ask($locker, 'BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
like(candidates('verified, reason'), qr/^f\|not verified: canceling statement due to lock timeout/,
	'nobody waits for a lock');
ask($locker, 'ROLLBACK');
$locker->quit;

# In a transaction that goes on, and in one that may not write.
is( read_audit(
		$node, "BEGIN READ ONLY; SELECT verified FROM $view; SAVEPOINT s; SELECT verified FROM $view; RELEASE s; COMMIT;
		SELECT count(*) FROM pg_locks WHERE relation = 'orders'::regclass"),
	"t\nt\n0", 'in a read-only transaction');
is(read_audit($node, "BEGIN; SELECT verified FROM $view; SELECT count(*) FROM pg_locks WHERE relation = 'orders'::regclass"),
	"t\n0", 'no lock stays behind');

# What the view does itself is not audited.
my $seen = $node->safe_psql('postgres', "SELECT query_audit.reset(); SELECT 1; SELECT count(*) FROM $view;
	SELECT count(*) FROM query_audit.statements WHERE query LIKE '%hypopg%' OR query LIKE 'EXPLAIN%'");
like($seen, qr/0\z/, 'the trial is nobody\'s statement');

# No permission on HypoPG.
reset_audit($node);
as_app('SELECT id FROM orders WHERE tenant_id = 7');
$node->safe_psql('postgres', 'REVOKE USAGE ON SCHEMA hypothetical FROM PUBLIC');
like(as_app("SELECT verified, reason FROM $view"), qr/^f\|not verified: permission denied/, 'without permission on HypoPG');
$node->safe_psql('postgres', 'DROP EXTENSION hypopg CASCADE');
is(candidates('verified, cost_before IS NULL, size_bytes > 0, reason'),
	'f|t|t|not verified: HypoPG is not installed in this database', 'and without HypoPG');
done_testing();
