"""Episodes: an application's endpoints, clients that call them, a pool, and what marks their requests."""

import random
import threading
import time
import traceback
from dataclasses import dataclass

import counts
import executions
import innocent
import loops
import writes
from query import Dialect
from request import Request
from wires import STYLES, Pool, Wire

GUILTY = (*loops.ENDPOINTS, *counts.ENDPOINTS, *executions.ENDPOINTS, *writes.ENDPOINTS)
INNOCENT = (*innocent.ENDPOINTS, *executions.NEIGHBOURS)


@dataclass(frozen=True)
class Mark:
    """What tells the statements of one request from those of the next."""

    name: str
    transaction: bool = False  # a request has one, or several
    trace: bool = False
    unit: bool = False
    pools_statements: bool = False  # each statement takes any connection
    routes: bool = False
    gated: bool = True


MARKS = (
    Mark("transaction", transaction=True),
    Mark("trace", trace=True),
    Mark("trace and transaction", trace=True, transaction=True),
    Mark("trace, statements pooled", trace=True, pools_statements=True),
    Mark("named unit", unit=True),
    Mark("route alone", routes=True, gated=False),
    Mark("nothing", gated=False),
    Mark("nothing, statements pooled", pools_statements=True, gated=False),
)

# Seconds that a client thinks between two requests, from and to.
PACES = {"back to back": (0, 0), "brisk": (0.002, 0.02), "unhurried": (0.02, 0.08), "with quiet": (0.15, 0.4)}


class Application:
    """What a program's endpoints share."""

    def __init__(self, rng, schema):
        self.schema = schema
        self.dialect = Dialect(rng)
        self.shared = {}

    def look_up(self, rng, entity):
        """By key; half of the places use the one that others use."""
        dialect = self.dialect
        tail = rng.choice(["", "", " LIMIT 1"])
        query = dialect.select(entity, [(entity.key, "= %s")], tail=tail)
        if rng.random() < 0.5:
            return query
        return self.shared.setdefault(entity.name, query)


class Deck:
    """Kinds of endpoints, each dealt as often as the others."""

    def __init__(self, rng, kinds):
        self.rng = rng
        self.kinds = kinds
        self.left = []

    def deal(self, number, fits):
        """Different ones; those that do not fit wait for somebody else."""
        hand = []
        while len(hand) < number:
            kind = next((kind for kind in self.left if fits(kind) and kind not in hand), None)
            if kind is None:
                self.left += self.rng.sample(self.kinds, len(self.kinds))
            else:
                self.left.remove(kind)
                hand.append(kind)
        return hand


class Episode:
    """Some seconds of one application's traffic."""

    def __init__(self, seed, number, mark, schema, requests, decks):
        self.seed = f"{seed}.{number}"
        rng = self.rng = random.Random(self.seed)
        self.mark = mark
        self.name = f"mix {self.seed}"  # of the application
        self.schema = schema
        self.requests = requests
        self.style = rng.choice(STYLES)
        # A prepared statement keeps the comment of its PREPARE, so that no request can mark it by SQL.
        if mark.trace and self.style == "execute":
            self.style = "literal"
        self.discards = rng.random() < 0.3
        # This version of psycopg goes on using what DISCARD ALL has forgotten.
        if self.discards and self.style == "prepared":
            self.style = "bound"
        self.clients = rng.randint(2, 6)
        self.names_clients = not mark.pools_statements and rng.random() < 0.3
        self.routes = mark.routes or (mark.gated and rng.random() < 0.4)
        self.chatter = rng.choice([0, 0, 0.1])
        self.whole_transaction = rng.random() < 0.7
        self.longest_pause = rng.choice([0, 0, 0.001, 0.005])
        # Where a mark holds statements together, time says nothing, and little of it is enough.
        self.pace = rng.choice(list(PACES)[: 3 if mark.gated else 4])
        connections = rng.randint(1, self.clients) if not mark.pools_statements else rng.randint(2, self.clients + 1)
        self.connections = connections
        application = Application(rng, schema)
        self.build_endpoints(rng, application, *decks)
        self.build_prefix(rng, application)
        self.done = []
        self.failures = []

    def build_endpoints(self, rng, application, guilty, harmless):
        def fits(kind):
            if kind.needs_connection and self.mark.pools_statements:
                return False
            return not (kind.autocommit_only and self.mark.transaction)

        kinds = guilty.deal(5, fits) + harmless.deal(6, fits)
        self.endpoints = [kind(rng, application) for kind in kinds]

    def build_prefix(self, rng, application):
        """What every request reads first: who is it, who is that, is this switched on."""
        dialect = application.dialect
        sessions, settings = self.schema.sessions, self.schema.settings
        session = dialect.plain(
            f"SELECT {sessions['owner']} FROM {sessions['table']} WHERE {sessions['token']} = %s", ("owner",)
        )
        setting = dialect.plain(f"SELECT {settings['value']} FROM {settings['table']} WHERE {settings['name']} = %s")
        touch = dialect.plain(
            f"UPDATE {sessions['table']} SET {sessions['seen']} = now() WHERE {sessions['token']} = %s", kind="write"
        )
        self.session = session if rng.random() < 0.8 else None
        self.user = application.look_up(rng, self.schema.users) if rng.random() < 0.6 else None
        self.setting = setting if rng.random() < 0.4 else None
        self.touch = touch if rng.random() < 0.2 else None

    def describe(self):
        words = [self.mark.name, self.style, f"{self.clients} clients on {self.connections} connections", self.pace]
        words += ["DISCARD ALL"] * self.discards + ["named clients"] * self.names_clients
        return ", ".join(words)

    def pause_within(self, rng):
        if self.longest_pause and rng.random() < 0.5:
            time.sleep(rng.uniform(0, self.longest_pause))

    def play(self):
        rng = self.rng
        wires = [Wire(self.style, self.name, self.schema.name) for _ in range(self.connections)]
        self.pool = Pool(rng, wires, rng.random() < 0.3, self.discards)
        threads = [threading.Thread(target=self.play_client, args=[client]) for client in range(self.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # A pool outlives its traffic: what time alone marks is over only after a while.
        if not self.mark.gated:
            time.sleep(0.5)
        self.pool.close()

    def play_client(self, client):
        try:
            for number in range(client, self.requests, self.clients):
                rng = random.Random(f"{self.seed}.{number}")
                request = Request(self, rng, client, number)
                self.play_request(request, rng)
                request.judge()
                self.done.append(request)
                time.sleep(rng.uniform(*PACES[self.pace]))
        except Exception:  # told at the end; the other clients go on
            self.failures.append(traceback.format_exc())

    def play_request(self, request, rng):
        endpoints = [rng.choice(self.endpoints)]
        if rng.random() < 0.15:
            endpoints.append(rng.choice(self.endpoints))
        request.route = "/".join(type(endpoint).__name__ for endpoint in endpoints)
        if not self.mark.pools_statements:
            request.wire = self.pool.take(request.application)
        try:
            if self.mark.unit:
                request.send(f"SELECT query_audit.begin_unit('{request.route}')")
            if self.mark.transaction and self.whole_transaction:
                request.begin()
            with request.step():
                self.play_prefix(request, rng)
            for endpoint in endpoints:
                with request.step():
                    endpoint.play(request, rng)
            if self.touch:
                with request.step():
                    request.write(self.touch, f"token-{1 + request.client}")
            if request.open:
                request.end()
            if self.mark.unit:
                request.send("SELECT query_audit.end_unit()")
        finally:
            if request.wire is not None:
                self.pool.give(request.wire)

    def play_prefix(self, request, rng):
        if self.session:
            request.select(self.session, f"token-{1 + request.client}")
        if self.user:
            request.select(self.user, rng.randint(1, self.schema.users.rows))
        if self.setting:
            request.select(self.setting, "setting-1")
