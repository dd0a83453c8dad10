"""Endpoints of which one execution does too much, each beside one that does alike and is right."""

from endpoints import Endpoint
from schema import BULK_ROWS, LARGE_ROWS, SPARE_ROWS

MANY_SKIPPED = 1000


class OfLargeTable(Endpoint):
    """One statement of the table that is not small: its key, `place` and `tag` are indexed, `code` and `rank` are not."""

    def select(self, tail):
        """`tail` names columns by their use, as {place}."""
        large = self.schema.large
        columns = {use: self.dialect.column(large["table"], name) for use, name in large.items()}
        text = f"SELECT {columns['id']} FROM {self.dialect.source(large['table'])}"
        return self.dialect.plain(text + tail.format(**columns), ("id",))


class PatternOfAnyBeginning(OfLargeTable):
    """Rows by what their text holds somewhere."""

    rules = ("leading_wildcard",)

    def build(self, rng):
        self.find = self.select(f" WHERE {{code}} {rng.choice(['LIKE', 'ILIKE'])} %s")

    def play(self, request, rng):
        request.select(self.find, f"%e-{rng.randint(100, 999)}%")
        request.expect("leading_wildcard", self.find)


class SortsTheTable(OfLargeTable):
    """The first rows in an order that no index has."""

    rules = ("unindexed_sort",)

    def build(self, rng):
        self.page = self.select(f" ORDER BY {{rank}}{rng.choice(['', ' DESC'])}, {{id}} LIMIT %s")

    def play(self, request, rng):
        request.select(self.page, rng.randint(10, 30))
        request.expect("unindexed_sort", self.page)


class FarPage(OfLargeTable):
    """A page behind many others."""

    rules = ("deep_offset",)

    def build(self, rng):
        self.page = self.select(" ORDER BY {id} LIMIT %s OFFSET %s")

    def play(self, request, rng):
        request.select(self.page, 20, rng.randint(MANY_SKIPPED, LARGE_ROWS // 2))
        request.expect("deep_offset", self.page)


class ReadsAllRows(OfLargeTable):
    """All rows of the table, to the client, at once."""

    rules = ("unbounded_result",)

    def build(self, rng):
        self.fetch = self.select(rng.choice(["", " WHERE {rank} >= 0"]))

    def play(self, request, rng):
        request.select(self.fetch)
        request.expect("unbounded_result", self.fetch)


class AsksAroundTheColumn(OfLargeTable):
    """One row by what is made of an indexed column."""

    rules = ("non_sargable",)

    def build(self, rng):
        self.prefix, condition = rng.choice(
            [("", "CAST({place} AS text) = %s"), ("tag-", "lower({tag}) = %s"), ("TAG-", "upper({tag}) = %s")]
        )
        self.find = self.select(f" WHERE {condition}")

    def play(self, request, rng):
        request.select(self.find, f"{self.prefix}{rng.randint(1, LARGE_ROWS)}")
        request.expect("non_sargable", self.find)


class ChangesManyRows(Endpoint):
    """Many rows in one statement: its own, as two that change the same ones wait for each other."""

    rules = ("mass_write",)

    def build(self, rng):
        bulk = self.schema.bulk
        table, owner, label = (self.dialect.name(bulk[use]) for use in ("table", "owner", "label"))
        self.fill = self.dialect.plain(
            f"INSERT INTO {table} ({owner}, {label}) SELECT %s, 'label' FROM generate_series(1, {BULK_ROWS})",
            kind="write",
        )
        verb = rng.choice([f"DELETE FROM {table}", f"UPDATE {table} SET {label} = 'changed'"])
        self.change = self.dialect.plain(f"{verb} WHERE {owner} = %s", kind="write")

    def play(self, request, rng):
        owner = f"{request.trace}-{request.step_number}"
        request.write(self.fill, owner)
        request.write(self.change, owner)
        request.expect("mass_write", self.change)


class PatternOfSmallTable(Endpoint):
    """The pattern of any beginning, of a table that is read at once."""

    def build(self, rng):
        self.entity = rng.choice(self.schema.entities)
        self.find = self.dialect.select(self.entity, [(self.entity.label, "LIKE %s")])

    def play(self, request, rng):
        request.select(self.find, f"%el {rng.randint(10, 99)}%")


class FirstRows(OfLargeTable):
    """The first rows in an order that an index has, or in none, and near pages."""

    def build(self, rng):
        self.tail = rng.choice([" ORDER BY {id} DESC LIMIT %s", " LIMIT %s", " ORDER BY {id} LIMIT %s OFFSET %s"])
        self.page = self.select(self.tail)

    def play(self, request, rng):
        offset = (rng.randint(0, 10) * 20,) if "OFFSET" in self.tail else ()
        request.select(self.page, rng.randint(10, 30), *offset)


class AsksForTheColumn(OfLargeTable):
    """A row by an indexed column itself, and what many rows come to."""

    def build(self, rng):
        self.find = self.select(" WHERE {place} = %s")
        large = self.schema.large
        rank = self.dialect.column(large["table"], large["rank"])
        self.sum = self.dialect.plain(f"SELECT max({rank}) FROM {self.dialect.source(large['table'])}", ("max",))

    def play(self, request, rng):
        request.select(self.find, rng.randint(1, LARGE_ROWS))
        request.select(self.sum)


class ChangesSomeRows(Endpoint):
    """Some hundred rows by a range of keys."""

    def build(self, rng):
        spare = self.schema.spare
        name = self.dialect.name
        self.update = self.dialect.plain(
            f"UPDATE {name(spare['table'])} SET {name(spare['label'])} = %s "
            f"WHERE {name(spare['id'])} BETWEEN %s AND %s",
            kind="write",
        )

    def play(self, request, rng):
        first = 1 + request.client % 8 * (SPARE_ROWS // 8)
        request.write(self.update, f"label {rng.randint(1, 99)}", first, first + SPARE_ROWS // 8 - 1)


ENDPOINTS = (PatternOfAnyBeginning, SortsTheTable, FarPage, ReadsAllRows, AsksAroundTheColumn, ChangesManyRows)
NEIGHBOURS = (PatternOfSmallTable, FirstRows, AsksForTheColumn, ChangesSomeRows)
