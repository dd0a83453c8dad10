# What the TAP tests share: a cluster that audits, a reader that is not audited itself, and clients.
package QueryAudit;

use strict;
use warnings;
use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(
  audited_cluster plain_cluster read_audit reset_audit statement_counts seen_counts counts_between look_ups findings_of poll_audit
  pgbench_ok start_pgbench psql_command connect_wire
  ask ask_error
);

my $reader_options = '-c pg_query_audit.enabled=off';
my $scripts = 0;

# A cluster without the library, started. Options: init, conf (lines), env.
sub plain_cluster
{
	my ($name, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(%{ $options{init} // {} });
	$node->append_conf('postgresql.conf', "autovacuum = off\njit = off\n" . ($options{conf} // ''));
	$node->start;
	return $node;
}

# A cluster that audits all sessions, with the extension in database postgres.
sub audited_cluster
{
	my ($name, %options) = @_;
	my $conf = "shared_preload_libraries = 'pg_query_audit'\n" . ($options{conf} // '');
	my $node = plain_cluster($name, %options, conf => $conf);
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_query_audit');
	return $node;
}

# Runs a query as a superuser whose own statements leave no trace in what it reads.
sub read_audit
{
	my ($node, $query, $database) = @_;
	local $ENV{PGOPTIONS} = $reader_options;
	return $node->safe_psql($database // 'postgres', $query);
}

sub reset_audit
{
	my ($node) = @_;
	read_audit($node, 'SELECT query_audit.reset()');
	return;
}

# Waits until a query as of read_audit returns true.
sub poll_audit
{
	my ($node, $query, $expected) = @_;
	local $ENV{PGOPTIONS} = $reader_options;
	return $node->poll_query_until('postgres', $query, $expected // 't');
}

# calls|rows|errors of the statements whose text is like the pattern.
sub statement_counts
{
	my ($node, $pattern) = @_;
	return read_audit(
		$node, "SELECT coalesce(sum(calls), 0), coalesce(sum(rows), 0), coalesce(sum(errors), 0)
		        FROM query_audit.statements WHERE query LIKE \$\$$pattern\$\$");
}

# top-level|nested statements since the last reset.
sub seen_counts
{
	my ($node) = @_;
	return read_audit($node, 'SELECT statements_seen, nested_seen FROM query_audit.status');
}

# Runs the code between a reset and a look: calls|rows|errors of a statement, then top-level|nested counts.
sub counts_between
{
	my ($node, $pattern, $run) = @_;
	reset_audit($node);
	$run->();
	return statement_counts($node, $pattern) . ' ' . seen_counts($node);
}

# Look-ups of the table item that most tests have, one a line.
sub look_ups { return join '', map { "SELECT label FROM item WHERE id = $_;\n" } @_ }

# rule|confidence|mark of each finding, in order; a condition may choose among them.
sub findings_of
{
	my ($node, $condition) = @_;
	$condition //= 'true';
	return read_audit(
		$node, "SELECT rule, confidence, evidence->>'mark' FROM query_audit.findings
		        WHERE $condition ORDER BY rule, confidence, query");
}

sub pgbench_arguments
{
	my ($node, $script, @arguments) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . '/script_' . ++$scripts;
	append_to_file($file, $script);
	my @connection = ('-h', $node->host, '-p', $node->port);
	my $program = $node->config_data('--bindir') . '/pgbench';
	return [ $program, '-n', @connection, '-f', $file, @arguments, 'postgres' ];
}

# Runs a pgbench script: true when no statement failed. Transactions are 1 unless -t or -T is given.
sub pgbench_ok
{
	my ($node, $script, @arguments) = @_;
	@arguments = ('-t', 1, @arguments) unless grep { /^-[tT]$/ } @arguments;
	return run_log(pgbench_arguments($node, $script, @arguments));
}

# The same in the background: finish() on the result waits for it.
sub start_pgbench
{
	my ($node, $script, @arguments) = @_;
	my $command = pgbench_arguments($node, $script, @arguments);
	return IPC::Run::start($command, '>', \my $out, '2>', \my $errors);
}

# Sends each string as one message of the simple protocol.
sub psql_command
{
	my ($node, @strings) = @_;
	my @command = ($node->config_data('--bindir') . '/psql', '-XAtq', '-d', $node->connstr('postgres'));
	return run_log([ @command, map { ('-c', $_) } @strings ]);
}

# What a background session prints for some SQL.
sub ask
{
	my ($session, $sql) = @_;
	$session->{stderr} = '';
	my ($rows) = $session->query($sql);
	return $rows;
}

# The errors and notices that a background session gets for some SQL.
sub ask_error
{
	my ($session, $sql) = @_;
	ask($session, $sql);
	return $session->{stderr};
}

# A connection that speaks the protocol itself, for what psql does not send and for pauses as short as a program's.
sub connect_wire
{
	my ($node, %parameters) = @_;
	my $self = bless { socket => $node->raw_connect }, 'QueryAudit::Wire';
	my %startup = (user => scalar getpwuid($<), database => 'postgres', %parameters);
	my $payload = pack('N', 196608) . join('', map { "$_\0$startup{$_}\0" } sort keys %startup) . "\0";
	$self->write(pack('N', 4 + length $payload) . $payload);
	$self->wait_until_ready;
	return $self;
}

package QueryAudit::Wire;

sub write { my ($self, $bytes) = @_; return $self->{socket}->syswrite($bytes) == length $bytes || die "write: $!" }

sub read
{
	my ($self, $wanted) = @_;
	my $bytes = '';
	while (length $bytes < $wanted)
	{
		$self->{socket}->sysread($bytes, $wanted - length $bytes, length $bytes) || die 'the server closed the connection';
	}
	return $bytes;
}

# The types of the messages up to ReadyForQuery, as one string without those that answer nothing (parameters, keys).
sub wait_until_ready
{
	my ($self) = @_;
	my $types = '';
	while ($types !~ /Z/)
	{
		my ($type, $length) = unpack('a N', $self->read(5));
		my $payload = $self->read($length - 4);
		$self->{row} = $payload if $type eq 'D';
		$types .= $type;
	}
	return $types =~ s/[RSKN]//gr;
}

# Messages, each [type, payload]: sent together, answered together.
sub exchange
{
	my ($self, @messages) = @_;
	$self->write(join '', map { $_->[0] . pack('N', 4 + length $_->[1]) . $_->[1] } @messages);
	return $self->wait_until_ready;
}

sub query { my ($self, $query) = @_; return $self->exchange([ 'Q', "$query\0" ]) }

# The first column of a query's last row.
sub value
{
	my ($self, $query) = @_;
	$self->query($query);
	return unpack('x2 N/a', $self->{row});
}

sub parse_message { my ($name, $query) = @_; return [ 'P', "$name\0$query\0" . pack('n', 0) ] }

sub bind_message
{
	my ($portal, $name, @values) = @_;
	my $parameters = join '', map { pack('N', length) . $_ } @values;
	return [ 'B', "$portal\0$name\0" . pack('nn', 0, scalar @values) . $parameters . pack('n', 0) ];
}

sub execute_message { my ($portal, $rows) = @_; return [ 'E', "$portal\0" . pack('N', $rows // 0) ] }
sub sync_message { return [ 'S', '' ] }

# One statement by the extended protocol, unnamed.
sub execute
{
	my ($self, $query, @values) = @_;
	return $self->exchange(parse_message('', $query), bind_message('', '', @values), execute_message(''), sync_message());
}

sub close { my ($self) = @_; $self->write("X\0\0\0\4"); return $self->{socket}->close }

1;
