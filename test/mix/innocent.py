"""Endpoints that do nothing wrong."""

from contextlib import suppress

import psycopg
import psycopg2

from counts import batch
from endpoints import Endpoint, some_length, with_children, with_references
from writes import Writer, own_keys


class Nothing(Endpoint):
    """What every request does, and no more."""

    def build(self, rng):
        pass

    def play(self, request, rng):
        pass


class ListAndBatch(Endpoint):
    """A list, and what its rows refer to by one list of keys for each reference."""

    def build(self, rng):
        self.entity = rng.choice(with_references(self.schema.entities))
        self.references = self.entity.references
        self.list = self.list_of(rng, self.entity, *(column for column, _ in self.references))
        self.any = rng.random() < 0.5
        self.columns = [self.dialect.some_columns(other, other.key) for _, other in self.references]

    def play(self, request, rng):
        rows = self.read_list(request, rng, self.list, self.entity, some_length(rng))
        for (column, other), columns in zip(self.references, self.columns):
            keys = sorted({row[column] for row in rows})
            if keys:
                request.select(*batch(self.dialect, other, other.key, keys, self.any, columns))


class BatchInSlices(Endpoint):
    """Many rows by several lists of keys."""

    def build(self, rng):
        self.entity = rng.choice(self.schema.entities)
        self.columns = self.dialect.some_columns(self.entity, self.entity.key)
        self.any = rng.random() < 0.5

    def play(self, request, rng):
        for _ in range(rng.randint(5, 9)):
            keys = rng.sample(range(1, self.entity.rows), 20)
            request.select(*batch(self.dialect, self.entity, self.entity.key, keys, self.any, self.columns))


class EagerJoin(Endpoint):
    """A list joined with what it refers to."""

    def build(self, rng):
        entity = self.entity = rng.choice(with_references(self.schema.entities))
        reference, other = rng.choice(entity.references)
        name = self.dialect.name
        self.query = self.dialect.plain(
            f"SELECT a.{name(entity.key)}, b.{name(other.label)} FROM {name(entity.name)} a "
            f"JOIN {name(other.name)} b ON b.{name(other.key)} = a.{name(reference)} "
            f"WHERE a.{name(entity.group)} = %s ORDER BY a.{name(entity.created)} LIMIT %s",
            table=entity.name,
            where=[(entity.group, "= %s")],
            kind="page",
        )

    def play(self, request, rng):
        request.select(self.query, rng.randint(1, self.entity.groups), some_length(rng))


class KeysetPages(Endpoint):
    """A table read in batches by key."""

    def build(self, rng):
        self.entity = rng.choice(self.schema.entities)
        self.page = self.dialect.select(
            self.entity, [(self.entity.key, "> %s")], order=self.entity.key, tail=" LIMIT %s"
        )

    def play(self, request, rng):
        last = 0
        for _ in range(rng.randint(2, 12)):
            rows = request.select(self.page, last, 20)
            last = rows[-1][self.entity.key] if rows else 0


class OneRowMore(Endpoint):
    """A page with one row more than it shows, and no count."""

    def build(self, rng):
        self.entity = rng.choice(self.schema.counted)
        self.page = self.dialect.select(
            self.entity, [(self.entity.group, "= %s")], order=self.entity.created, tail=" LIMIT %s OFFSET %s"
        )

    def play(self, request, rng):
        request.select(self.page, rng.randint(1, self.entity.groups), 21, 20 * rng.randint(0, 5))


class SeveralLookUps(Endpoint):
    """One row of each of several tables."""

    def build(self, rng):
        entities = rng.sample(self.schema.entities, rng.randint(3, 6))
        self.look_ups = [(self.application.look_up(rng, entity), entity) for entity in entities]

    def play(self, request, rng):
        for query, entity in self.look_ups:
            request.select(query, rng.randint(1, entity.rows))


class FourLookUps(Endpoint):
    """Too few to be a loop; some follow a list."""

    def build(self, rng):
        self.parent = rng.choice(with_children(self.schema.entities))
        child, column = rng.choice(self.parent.children)
        self.list = self.list_of(rng, self.parent) if rng.random() < 0.6 else None
        self.child = self.dialect.select(child, [(column, "= %s")])

    def play(self, request, rng):
        if self.list:
            keys = [row[self.parent.key] for row in self.read_list(request, rng, self.list, self.parent, 4)]
        else:
            keys = rng.sample(range(1, self.parent.rows), 4)
        for key in keys:
            request.select(self.child, key)


class TwoAssociations(Endpoint):
    """Four rows by one column, four by another: two statements, each too rare for a loop."""

    def build(self, rng):
        self.entity = rng.choice([e for e in self.schema.entities if len(e.references) > 1])
        self.look_ups = [self.dialect.select(self.entity, [(c, "= %s")]) for c, _ in self.entity.references]

    def play(self, request, rng):
        for query in self.look_ups:
            for key in rng.sample(range(1, 50), 4):
                request.select(query, key)


class SomeCounts(Endpoint):
    """One number of each of several tables, or of one."""

    def build(self, rng):
        entities = rng.sample(self.schema.entities, rng.choice([1, 4, 6]))
        self.counts = [(self.dialect.count(entity, [(entity.group, "= %s")]), entity) for entity in entities]

    def play(self, request, rng):
        for query, entity in self.counts:
            request.select(query, rng.randint(1, entity.groups))


class CountAndOtherPage(Endpoint):
    """A count and a page with different filters, or of different values."""

    def build(self, rng):
        entity = self.entity = rng.choice(self.schema.counted)
        self.count = self.dialect.count(entity, [(entity.group, "= %s")])
        self.other_filter = rng.random() < 0.5
        where = [(entity.status if self.other_filter else entity.group, "= %s")]
        self.page = self.dialect.select(entity, where, order=entity.created, tail=" LIMIT %s")

    def play(self, request, rng):
        request.select(self.count, 1)
        request.select(self.page, "open" if self.other_filter else 2, 20)


class Report(Endpoint):
    """Sums over a whole table."""

    def build(self, rng):
        self.entity = rng.choice(self.schema.entities)
        name = self.dialect.name
        group, amount = name(self.entity.group), name(self.entity.amount)
        text = f"SELECT {group}, sum({amount}), count(*) FROM {name(self.entity.name)} GROUP BY {group}"
        self.query = self.dialect.plain(text)

    def play(self, request, rng):
        request.select(self.query)


class Upsert(Writer):
    def build(self, rng):
        settings = self.schema.settings
        name = self.dialect.name
        self.query = self.dialect.plain(
            f"INSERT INTO {name(settings['table'])} ({name(settings['name'])}, {name(settings['value'])}) "
            f"VALUES (%s, %s) ON CONFLICT ({name(settings['name'])}) "
            f"DO UPDATE SET {name(settings['value'])} = excluded.{name(settings['value'])}",
            kind="write",
        )

    def play(self, request, rng):
        request.write(self.query, f"of client {request.client}", "off")


class ThreeWrites(Writer):
    """An order and its lines."""

    def build(self, rng):
        self.update = self.ledger("update")
        self.line = self.insert()

    def play(self, request, rng):
        request.write(self.update, rng.randint(1, 99), own_keys(request, 1)[0])
        for i in range(2):
            request.write(self.line, i, "line", 1)


class BulkInsert(Writer):
    """Many rows in one statement."""

    def build(self, rng):
        self.rows = rng.randint(10, 40)
        self.query = self.insert(self.rows)

    def play(self, request, rng):
        request.write(self.query, *[value for i in range(self.rows) for value in (i, "bulk", 1)])


class ReadAfterWrite(Writer):
    """A row read again each time that it was changed."""

    def build(self, rng):
        self.select = self.ledger("select")
        self.update = self.ledger("update")

    def play(self, request, rng):
        key = own_keys(request, 1)[0]
        for _ in range(rng.randint(5, 8)):
            request.write(self.update, rng.randint(1, 99), key)
            request.select(self.select, key)


class TakesJobs(Writer):
    """A worker that takes a job or some, one at a time."""

    needs_connection = True

    def build(self, rng):
        jobs = self.schema.jobs
        name = self.dialect.name
        table, key, state = name(jobs["table"]), name(jobs["id"]), name(jobs["state"])
        self.take = self.dialect.plain(
            f"SELECT {key} FROM {table} WHERE {state} = %s ORDER BY {key} LIMIT 1 FOR UPDATE SKIP LOCKED", ("id",)
        )
        self.done = self.dialect.plain(f"UPDATE {table} SET {state} = %s WHERE {key} = %s", kind="write")

    def play(self, request, rng):
        for _ in range(rng.randint(1, 8)):
            own = not request.open
            if own:
                request.begin()
            for row in request.select(self.take, "ready"):
                request.write(self.done, "done", row["id"])
            if own:
                request.end()


class Pings(Endpoint):
    """Is it alive, what time is it, set this."""

    def build(self, rng):
        pass

    def play(self, request, rng):
        for _ in range(rng.randint(5, 12)):
            request.send(rng.choice(["SELECT 1", "SELECT now()", "SET extra_float_digits = 2", "SHOW timezone"]))


class Retry(Endpoint):
    """Four look-ups that are tried again after an error, twice."""

    needs_connection = True

    def build(self, rng):
        self.entity = rng.choice(self.schema.entities)
        self.look_up = self.application.look_up(rng, self.entity)

    def play(self, request, rng):
        keys = rng.sample(range(1, self.entity.rows), 4)
        for attempt in range(3):
            for key in keys:
                request.select(self.look_up, key)
            if attempt < 2:
                with suppress(psycopg.Error, psycopg2.Error):
                    request.send("SELECT 1 / 0")
                if request.open:
                    request.end("ROLLBACK")
                    request.begin()


class CursorChunks(Endpoint):
    """A table read through a cursor, in chunks."""

    needs_connection = True

    def build(self, rng):
        self.entity = rng.choice(self.schema.counted)
        columns = self.dialect.some_columns(self.entity, self.entity.key)
        self.query = self.dialect.select(self.entity, (), columns, self.entity.key)

    def play(self, request, rng):
        hold = "" if request.open else "WITH HOLD "
        request.send(f"DECLARE c CURSOR {hold}FOR {self.query.text} LIMIT 600")
        while request.send("FETCH 50 FROM c"):
            pass
        request.send("CLOSE c")


ENDPOINTS = (
    *(Nothing, ListAndBatch, BatchInSlices, EagerJoin, KeysetPages, OneRowMore, SeveralLookUps, FourLookUps),
    *(TwoAssociations, SomeCounts, CountAndOtherPage, Report, Upsert, ThreeWrites, BulkInsert, ReadAfterWrite),
    *(TakesJobs, Pings, Retry, CursorChunks),
)
