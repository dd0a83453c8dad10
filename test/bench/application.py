"""An application as backends have them, for test/bench/advice: tables with primary keys alone, statements with the values
that requests send, and the indexes that somebody who knows both would make."""

import datetime
import hashlib
from dataclasses import dataclass
from typing import Callable

DAY = datetime.date(2026, 1, 1)
CHUNK_PARTITIONS = 100


def md5(number):
    return hashlib.md5(str(number).encode()).hexdigest()


class Sizes:
    """Rows of each table, of which the largest have `rows`."""

    def __init__(self, rows):
        self.rows = rows
        self.tenants = max(50, rows // 20_000)
        self.users = rows // 20
        self.documents = rows // 2
        self.tenders = rows // 100
        self.sessions = rows // 4
        self.invoices = rows // 10


def schema(sizes):
    """The statements that make and fill the tables. No value depends on chance."""
    s = vars(sizes)
    yield "create extension pg_trgm"
    yield """create table users (id bigint primary key, tenant_id int not null, email text not null, name text not null,
        active boolean not null, last_login timestamptz)"""
    yield """insert into users select i, i % {tenants}, 'User' || i || '@Example.org', 'name ' || i * 7919 % {users}, i % 10 > 0,
        timestamptz '2026-01-01' + i * interval '1 second' from generate_series(1, {users}::bigint) i""".format(**s)
    yield """create table documents (id bigint primary key, tenant_id int not null, author_id bigint not null, folder_id int not null,
        title text not null, status text not null, external_id text not null, created_at timestamptz not null,
        updated_at timestamptz not null, deleted_at timestamptz)"""
    yield """insert into documents select i, i % {tenants}, i * 31 % {users} + 1, i * 17 % ({documents} / 40), md5(i::text) || ' report',
        (array['draft', 'review', 'published', 'published', 'published', 'archived'])[i % 6 + 1], md5(i::text),
        timestamptz '2024-01-01' + i * interval '1 minute', timestamptz '2024-01-01' + i * 7919 % {documents} * interval '1 minute',
        case when i % 10 = 0 then timestamptz '2026-01-01' end from generate_series(1, {documents}::bigint) i""".format(**s)
    yield """create table exercises (id bigint primary key, user_id bigint not null, exercise_id int not null, day date not null,
        completed boolean not null, score int)"""
    yield """insert into exercises select i, i * 13 % {users} + 1, i % 5000, date '2026-01-01' - (i * 7 % 365)::int, i % 4 = 0, i % 100
        from generate_series(1, {rows}::bigint) i""".format(**s)
    yield """create table bids (id bigint primary key, tender_id int not null, row_no int not null, bidder_id int not null,
        amount numeric not null, created_at timestamptz not null)"""
    yield """insert into bids select i, i % {tenders}, i / {tenders}, i * 7 % 5000, i * 7919 % 1000000,
        timestamptz '2025-01-01' + i * interval '10 seconds' from generate_series(1, {rows}::bigint) i""".format(**s)
    yield """create table chunks (id bigint primary key, document_id bigint not null, place int not null, content_hash text not null)
        partition by hash (id)"""
    for part in range(CHUNK_PARTITIONS):
        yield f"""create table chunks_{part} partition of chunks
            for values with (modulus {CHUNK_PARTITIONS}, remainder {part})"""
    yield """insert into chunks select i, i / 5 + 1, i % 5, md5(i::text) from generate_series(1, {documents}::bigint) i""".format(**s)
    yield """create table operations (id bigint primary key, tenant_id int not null, kind text not null, state text not null,
        metadata jsonb not null, created_at timestamptz not null)"""
    yield """insert into operations select i, i % {tenants}, 'kind ' || i * 11 % 20, case when i % 5000 = 0 then 'pending' else 'done' end,
        jsonb_build_object('trace', md5(i::text), 'strategy', i % 2000, 'source', jsonb_build_object('host', i % 50)),
        timestamptz '2025-01-01' + i * interval '30 seconds' from generate_series(1, {documents}::bigint) i""".format(**s)
    yield """create table sessions (id bigint primary key, user_id bigint not null, token_hash text not null,
        expires_at timestamptz not null, revoked_at timestamptz)"""
    yield """insert into sessions select i, i * 3 % {users} + 1, md5(i::text), timestamptz '2025-01-01' + i * 7919 % {sessions} * interval '1 minute',
        case when i % 3 = 0 then timestamptz '2025-06-01' end from generate_series(1, {sessions}::bigint) i""".format(**s)
    yield """create table events (id bigint primary key, at timestamptz not null, level text not null, message text not null)"""
    yield """insert into events select i, timestamptz '2025-01-01' + i * interval '5 seconds',
        case when i % 997 = 0 then 'error' when i % 7 = 0 then 'warning' else 'info' end, 'message ' || i
        from generate_series(1, {rows}::bigint) i""".format(**s)
    yield """create table invoices (id bigint primary key, tenant_id int not null, number text not null, due date not null,
        paid boolean not null, total numeric not null)"""
    yield """insert into invoices select i, i % {tenants}, 'INV-' || i, date '2024-01-01' + (i * 7 % 700)::int, i % 50 > 0, i % 1000
        from generate_series(1, {invoices}::bigint) i""".format(**s)
    yield "vacuum analyze"


@dataclass
class Query:
    name: str
    text: str  # with $1, $2, ...
    values: Callable  # of a random.Random and Sizes


def since(random, days, unit=datetime.timedelta(days=1)):
    return datetime.datetime(2025, 1, 1) + random.randrange(1, days) * unit


QUERIES = [
    Query("session by token", "select id, user_id from sessions where token_hash = $1", lambda r, s: (md5(r.randint(1, s.sessions)),)),
    Query("sessions of a user", "select id, expires_at from sessions where user_id = $1 and revoked_at is null and expires_at > $2",
          lambda r, s: (r.randint(1, s.users), since(r, 30))),
    Query("sessions to purge", "select id from sessions where expires_at < $1 order by expires_at limit 100", lambda r, s: (since(r, 5),)),
    Query("revoke sessions", "update sessions set revoked_at = now() where user_id = $1 and revoked_at is null",
          lambda r, s: (r.randint(1, s.users),)),
    Query("user by email", "select id, name from users where lower(email) = $1", lambda r, s: (f"user{r.randint(1, s.users)}@example.org",)),
    Query("users of a tenant", "select id, name from users where tenant_id = $1 and active order by name limit 50",
          lambda r, s: (r.randrange(s.tenants),)),
    Query("recent documents", """select id, title from documents where tenant_id = $1 and deleted_at is null
        order by created_at desc limit 20""", lambda r, s: (r.randrange(s.tenants),)),
    Query("document by external id", "select * from documents where external_id = $1 order by id limit 1",
          lambda r, s: (md5(r.randint(1, s.documents)),)),
    Query("count by status", "select count(*) from documents where tenant_id = $1 and status = $2",
          lambda r, s: (r.randrange(s.tenants), r.choice(["draft", "review", "archived"]))),
    Query("documents of an author", "select id, title from documents where author_id = $1 order by updated_at desc limit 10",
          lambda r, s: (r.randint(1, s.users),)),
    Query("documents of folders", "select id, title from documents where folder_id in ($1, $2, $3)",
          lambda r, s: tuple(r.randrange(s.documents // 40) for _ in range(3))),
    Query("documents by prefix", "select id, title from documents where title like $1 limit 10",
          lambda r, s: (md5(r.randint(1, s.documents))[:8] + "%",)),
    Query("search in titles", "select id, title from documents where title ilike $1 limit 10",
          lambda r, s: ("%" + md5(r.randint(1, s.documents))[5:15] + "%",)),
    Query("exercises of a day", "select id, score from exercises where user_id = $1 and day = $2",
          lambda r, s: (r.randint(1, s.users), DAY - datetime.timedelta(days=r.randrange(365)))),
    Query("exercises of a month", "select day, score from exercises where user_id = $1 and day between $2 and $3 order by day",
          lambda r, s: (r.randint(1, s.users), DAY - datetime.timedelta(days=60), DAY - datetime.timedelta(days=30))),
    Query("completions", "select count(*) from exercises where exercise_id = $1 and completed", lambda r, s: (r.randrange(5000),)),
    Query("bid of a row", "select id, amount from bids where tender_id = $1 and row_no = $2",
          lambda r, s: (r.randrange(s.tenders), r.randrange(100))),
    Query("best bid", "select id, amount from bids where tender_id = $1 order by amount limit 1", lambda r, s: (r.randrange(s.tenders),)),
    Query("bids of a bidder", "select id, amount from bids where bidder_id = $1 order by created_at desc limit 20",
          lambda r, s: (r.randrange(5000),)),
    Query("bids of tenders", "select tender_id, max(amount) from bids where tender_id = any($1) group by tender_id",
          lambda r, s: ([r.randrange(s.tenders) for _ in range(10)],)),
    Query("chunks of a document", "select id, place from chunks where document_id = $1 order by place",
          lambda r, s: (r.randint(1, s.documents // 5),)),
    Query("chunk by hash", "select id, document_id from chunks where content_hash = $1", lambda r, s: (md5(r.randint(1, s.documents)),)),
    Query("chunks by external id", """select c.id, d.title from documents d join chunks c on c.document_id = d.id
        where d.external_id = $1""", lambda r, s: (md5(r.randint(1, s.documents // 5)),)),
    Query("operation by trace", "select id, state from operations where metadata ->> 'trace' = $1",
          lambda r, s: (md5(r.randint(1, s.documents)),)),
    Query("operations by strategy", "select id, state from operations where metadata @> $1",
          lambda r, s: (f'{{"strategy": {r.randrange(2000)}}}',)),
    Query("pending operations", "select id, kind from operations where state = 'pending' order by created_at limit 10", lambda r, s: ()),
    Query("operations of a kind", """select id, state from operations where tenant_id = $1 and kind = $2 and created_at >= $3
        order by created_at desc""", lambda r, s: (r.randrange(s.tenants), f"kind {r.randrange(20)}", since(r, 40))),
    Query("events of an hour", "select level, count(*) from events where at >= $1 and at < $2 group by level", lambda r, s: hour(r, s)),
    Query("last errors", "select at, message from events where level = 'error' order by at desc limit 50", lambda r, s: ()),
    Query("invoice by number", "select id, total from invoices where number = $1", lambda r, s: (f"INV-{r.randint(1, s.invoices)}",)),
    Query("overdue invoices", "select id, total from invoices where not paid and due < $1 order by due limit 20",
          lambda r, s: (datetime.date(2024, 3, 1),)),
    Query("invoices of a tenant", """select i.id, i.total, u.name from invoices i join users u on u.id = i.tenant_id + 1
        where i.tenant_id = $1 and not i.paid""", lambda r, s: (r.randrange(s.tenants),)),
]


def hour(random, sizes):
    start = since(random, sizes.rows // 720, datetime.timedelta(hours=1))
    return start, start + datetime.timedelta(hours=1)


EXPERT = [
    "create index on sessions (token_hash)",
    "create index on sessions (user_id) where revoked_at is null",
    "create index on sessions (expires_at)",
    "create index on users (lower(email))",
    "create index on users (tenant_id, name) where active",
    "create index on documents (tenant_id, created_at) where deleted_at is null",
    "create index on documents (tenant_id, status)",
    "create index on documents (external_id)",
    "create index on documents (author_id, updated_at)",
    "create index on documents (folder_id)",
    "create index on documents using gin (title gin_trgm_ops)",
    "create index on documents (title text_pattern_ops)",
    "create index on exercises (user_id, day)",
    "create index on exercises (exercise_id) where completed",
    "create index on bids (tender_id, row_no)",
    "create index on bids (tender_id, amount)",
    "create index on bids (bidder_id, created_at)",
    "create index on chunks (document_id, place)",
    "create index on chunks (content_hash)",
    "create index on operations ((metadata ->> 'trace'))",
    "create index on operations using gin (metadata jsonb_path_ops)",
    "create index on operations (created_at) where state = 'pending'",
    "create index on operations (tenant_id, kind, created_at)",
    "create index on events (at)",
    "create index on events (at) where level = 'error'",
    "create index on invoices (number)",
    "create index on invoices (due) where not paid",
    "create index on invoices (tenant_id) where not paid",
]
