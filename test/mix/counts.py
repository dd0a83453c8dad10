"""Endpoints that count, page, fetch twice what one statement could, or read a table for a few rows."""

from endpoints import Endpoint
from request import AGGREGATES
from schema import LARGE_ROWS, STATUSES


class CountAndPage(Endpoint):
    """A count and a page of the same filter, in either order; of few rows it does no harm."""

    rules = ("count_before_paginate",)

    def build(self, rng):
        self.entity = rng.choice(self.schema.counted)
        entity = self.entity
        self.large = rng.random() < 0.7
        where = [(entity.group, "= %s")] if self.large else [(entity.references[0][0], "= %s")]
        self.count = self.dialect.count(entity, where)
        tail = " LIMIT %s OFFSET %s" if rng.random() < 0.7 else " LIMIT %s"
        self.offset = "OFFSET" in tail
        self.page = self.dialect.select(entity, where, None, entity.created, rng.random() < 0.5, tail)
        self.count_first = rng.random() < 0.6
        self.between = self.application.look_up(rng, self.schema.users) if rng.random() < 0.3 else None

    def play(self, request, rng):
        value = rng.randint(1, self.entity.groups)
        page = (value, rng.randint(10, 30), *((rng.randint(0, 5) * 20,) if self.offset else ()))
        both = [(self.count, (value,)), (self.page, page)]
        for number, (query, values) in enumerate(both if self.count_first else both[::-1]):
            if number == 1 and self.between:
                request.select(self.between, rng.randint(1, self.schema.users.rows))
            request.select(query, *values)
        if self.large:
            request.expect("count_before_paginate", self.count, self.page)


class CountAndFetch(Endpoint):
    """A count of what is fetched whole anyhow."""

    rules = ("redundant_count",)

    def build(self, rng):
        self.entity = rng.choice(self.schema.counted)
        where = [(self.entity.group, "= %s")]
        self.count = self.dialect.count(self.entity, where)
        self.fetch = self.dialect.select(self.entity, where, order=rng.choice([None, self.entity.key]))
        self.count_first = rng.random() < 0.6

    def play(self, request, rng):
        value = rng.randint(1, self.entity.groups)
        for query in (self.count, self.fetch) if self.count_first else (self.fetch, self.count):
            request.select(query, value)
        request.expect("redundant_count", self.count, self.fetch)


class ManyCounts(Endpoint):
    """Numbers of one table by ever other filters; three of them are no storm."""

    rules = ("count_storm",)

    def build(self, rng):
        entity = self.entity = rng.choice(self.schema.entities)
        self.counts = [self.dialect.count(entity, [(entity.status, "= %s")])]
        # Written alike with other values, or differently each.
        if rng.random() < 0.5:
            self.counts += [
                self.dialect.count(entity, [(entity.amount, "> %s"), (entity.status, "= %s")]),
                self.dialect.count(entity, [(entity.group, "= %s"), (entity.status, "= %s")]),
                self.dialect.count(entity, [(entity.note, "= %s"), (entity.status, "= %s")]),
            ]

    def play(self, request, rng):
        number = rng.choice([3, 4, 4])
        others = {self.entity.amount: rng.randint(1, 900), self.entity.group: 1, self.entity.note: "note 3"}
        for i, status in enumerate(rng.sample(STATUSES, number)):
            query = self.counts[i % len(self.counts)]
            request.select(query, *(others.get(column, status) for column, _ in query.filter))
        if number >= 4:
            request.expect("count_storm", *self.counts)
            request.allow(AGGREGATES, *self.counts)


class KeysThenRows(Endpoint):
    """The keys of a page, and then its rows by their keys."""

    rules = ("fetch_ids_then_rows",)

    def build(self, rng):
        entity = self.entity = rng.choice(self.schema.entities)
        where = [(entity.group, "= %s")]
        self.keys = self.dialect.select(entity, where, (entity.key,), entity.created, True, " LIMIT %s")
        self.any = rng.random() < 0.5
        self.columns = self.dialect.some_columns(entity, entity.key)

    def play(self, request, rng):
        length = rng.randint(10, 40)
        found = request.select(self.keys, rng.randint(1, self.entity.groups), length)
        keys = [row[self.entity.key] for row in found]
        rows = batch(self.dialect, self.entity, self.entity.key, keys, self.any, self.columns)
        request.select(*rows)
        request.expect("fetch_ids_then_rows", self.keys, rows[0])


class ReadsTheTable(Endpoint):
    """One row by a column that has no index, of a table that is not small."""

    rules = ("seq_scan",)

    def build(self, rng):
        large = self.schema.large
        where = self.dialect.where(large["table"], [(large["code"], "= %s")])
        text = f"SELECT {self.dialect.column(large['table'], large['id'])} FROM {self.dialect.source(large['table'])}"
        self.find = self.dialect.plain(text + where, ("id",))

    def play(self, request, rng):
        request.select(self.find, f"code-{rng.randint(1, LARGE_ROWS)}")
        request.expect("seq_scan", self.find)


def batch(dialect, entity, column, keys, as_any, columns):
    """The statement that reads rows by a list, and its values."""
    if as_any:
        return dialect.select(entity, [(column, "= ANY(%s)")], columns), list(keys)
    places = ", ".join(["%s"] * len(keys))
    return dialect.select(entity, [(column, f"IN ({places})")], columns), *keys


ENDPOINTS = (CountAndPage, CountAndFetch, ManyCounts, KeysThenRows, ReadsTheTable)
