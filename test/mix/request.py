"""One request: its statements on the wire with their mark, and the truth about them."""

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass

LEAST_REPEATS = 5
LEAST_WRITES = 10
AGGREGATES = ("count_storm", "n_plus_one", "duplicate_query")


@dataclass(frozen=True)
class Verdict:
    """Any of these rules may say it, of any of these texts."""

    rules: frozenset
    texts: frozenset


def verdict(rules, *texts):
    return Verdict(frozenset((rules,) if isinstance(rules, str) else rules), frozenset(texts))


def texts_of(queries):
    return {text for query in queries for text in query.texts()}


class Request:
    def __init__(self, episode, rng, client, number):
        self.episode = episode
        self.rng = rng
        self.client = client
        self.number = number
        self.trace = f"{rng.getrandbits(128):032x}"
        self.route = ""
        self.wire = None
        self.open = False
        self.savepoint = False
        self.step_number = 0
        self.statements = 0
        self.right = []  # must be found, in this request
        self.neutral = []  # may be
        self.loops = defaultdict(list)  # text: the values of each loop
        self.seen = defaultdict(list)  # text: (step, values)
        self.queries = []  # (step, query, values) of counts, pages and lists

    # On the wire

    @property
    def application(self):
        episode = self.episode
        return f"{episode.name}:{self.client}" if episode.names_clients else episode.name

    @contextmanager
    def on_wire(self):
        """The request's own connection, or any for this statement."""
        if self.wire is not None:
            yield self.wire
            return
        wire = self.episode.pool.take(self.application)
        try:
            yield wire
        finally:
            self.episode.pool.give(wire)

    def comment(self):
        tags = []
        if self.episode.routes:
            tags.append(f"route='{self.route}'")
        if self.episode.mark.trace:
            tags.append(f"traceparent='00-{self.trace}-{self.rng.getrandbits(64):016x}-01'")
        return f" /*{','.join(tags)}*/" if tags else ""

    def send(self, text, values=()):
        self.episode.pause_within(self.rng)
        self.statements += 1
        with self.on_wire() as wire:
            return wire.run(text, values, self.comment())

    def chatter(self):
        """What a driver or a framework sends between statements: it breaks no run."""
        if self.rng.random() >= self.episode.chatter:
            return
        what = self.rng.choice(["ping", "set", "savepoint"])
        if what == "savepoint" and self.open:
            self.send("RELEASE SAVEPOINT s" if self.savepoint else "SAVEPOINT s")
            self.savepoint = not self.savepoint
        else:
            self.send("SELECT 1" if what == "ping" else "SET statement_timeout = 60000")

    def select(self, query, *values):
        """Answers the rows as dictionaries."""
        self.chatter()
        self.seen[query.text].append((self.step_number, values))
        if query.kind != "select" or query.filter:
            self.queries.append((self.step_number, query, values))
        return [dict(zip(query.columns, row)) for row in self.send(query.text, values)]

    def write(self, query, *values):
        self.chatter()
        return self.send(query.text, values)

    def begin(self):
        self.send("BEGIN")
        self.open = True

    def end(self, how="COMMIT"):
        self.send(how)
        self.open = self.savepoint = False

    @contextmanager
    def step(self):
        """Statements of one purpose, in a transaction of their own where the episode works so."""
        own = self.episode.mark.transaction and not self.open
        self.step_number += 1
        if own:
            self.begin()
        yield
        if own:
            self.end()

    # The truth

    def loop(self, query, values, then=lambda rows: None):
        """One look-up for each of these values: a loop, and whether it is long enough is seen at the request's end."""
        values = [value if isinstance(value, tuple) else (value,) for value in values]
        self.expect_loop(query, values)
        for value in values:
            then(self.select(query, *value))

    def expect_loop(self, query, values):
        self.loops[query.text].append(list(values))

    def expect(self, rules, *queries):
        self.right.append(verdict(rules, *texts_of(queries)))

    def allow(self, rules, *queries):
        self.neutral.append(verdict(rules, *texts_of(queries)))

    def judge(self):
        """Brings the truth of loops, and of what several steps did together, into `right` and `neutral`."""
        for text, loops in self.loops.items():
            for found, rule in ((is_look_up_loop, "n_plus_one"), (is_repetition, "duplicate_query")):
                self.right += [verdict(rule, text) for loop in loops if found(loop)]
        for text, uses in self.seen.items():
            together = [values for _, values in uses]
            if max(map(together.count, together)) >= LEAST_REPEATS:
                self.neutral.append(verdict("duplicate_query", text))
            if len({step for step, _ in uses}) > 1 and len(together) >= LEAST_REPEATS:
                self.neutral.append(verdict(("n_plus_one", "duplicate_query"), text))
        self.judge_pairs()

    def judge_pairs(self):
        """A count of one step and a page of another may show the same filter and values by chance."""
        counts = [key for key in self.queries if key[1].kind == "count"]
        for step, count, values in counts:
            for other_step, query, other_values in self.queries:
                same = query.table == count.table and query.filter == count.filter
                if step != other_step and same and values == other_values[: len(values)] and query.kind != "count":
                    self.neutral.append(verdict(("count_before_paginate", "redundant_count"), count.text, query.text))
        by_table = defaultdict(list)
        for step, count, _ in counts:
            by_table[count.table].append((step, count.text))
        for uses in by_table.values():
            if len({step for step, _ in uses}) > 1 and len(uses) >= 4:
                self.neutral.append(verdict(AGGREGATES, *(text for _, text in uses)))


def is_look_up_loop(loop):
    return len(loop) >= LEAST_REPEATS and len(set(loop)) >= LEAST_REPEATS


def is_repetition(loop):
    """Of more than eight different values the server counts those that stand out."""
    most = max((loop.count(values) for values in set(loop)), default=0)
    worn = len(loop) // 9 if len(set(loop)) > 8 else 0
    return most - worn >= LEAST_REPEATS
