"""Endpoints that read row by row, or again and again."""

from endpoints import Endpoint, some_length, with_children, with_references


class LazyParents(Endpoint):
    """A list, then what each row refers to; some load each only once."""

    rules = ("n_plus_one", "duplicate_query")

    def build(self, rng):
        self.entity = rng.choice(with_references(self.schema.entities))
        self.references = rng.sample(self.entity.references, rng.choice([1, 1, 2]))
        self.list = self.list_of(rng, self.entity, *(column for column, _ in self.references))
        self.look_ups = [self.application.look_up(rng, other) for _, other in self.references]
        self.once = rng.random() < 0.3

    def play(self, request, rng):
        rows = self.read_list(request, rng, self.list, self.entity, some_length(rng))
        keys = [[row[column] for row in rows] for column, _ in self.references]
        if self.once:
            for query, values in zip(self.look_ups, keys):
                request.loop(query, dict.fromkeys(values))
            return
        # Row by row: the first reference, then the second.
        for query, values in zip(self.look_ups, keys):
            request.expect_loop(query, [(value,) for value in values])
        for row in zip(*keys):
            for query, value in zip(self.look_ups, row):
                request.select(query, value)


class Children(Endpoint):
    """A list, then each row's children, their number, or whether there are any."""

    rules = ("n_plus_one",)

    def build(self, rng):
        self.parent = rng.choice(with_children(self.schema.entities))
        child, column = rng.choice(self.parent.children)
        self.list = self.list_of(rng, self.parent)
        where = [(column, "= %s")]
        dialect = self.dialect
        kind = rng.choice(["rows", "rows", "newest", "count", "exists"])
        if kind == "rows":
            self.child = dialect.select(child, where)
        elif kind == "newest":
            self.child = dialect.select(child, where, order=child.created, descending=True, tail=" LIMIT 3")
        elif kind == "count":
            self.child = dialect.count(child, where)
        else:
            self.child = dialect.select(child, [*where, (child.amount, "> 990")], (child.key,), tail=" LIMIT 1")

    def play(self, request, rng):
        rows = self.read_list(request, rng, self.list, self.parent, some_length(rng))
        request.loop(self.child, [row[self.parent.key] for row in rows])
        if self.child.kind == "count":
            request.allow("count_storm", self.child)


class Nested(Endpoint):
    """Rows, the children of each, and what each child refers to."""

    rules = ("n_plus_one", "duplicate_query")

    def build(self, rng):
        choices = [(e, c, column) for e in self.schema.entities for c, column in e.children if len(c.references) > 1]
        self.parent, self.entity, column = rng.choice(choices)
        self.reference, other = next(r for r in self.entity.references if r[0] != column)
        self.list = self.list_of(rng, self.parent)
        columns = self.dialect.some_columns(self.entity, self.entity.key, self.reference)
        where = [(column, "= %s")]
        self.children = self.dialect.select(self.entity, where, columns, self.entity.key, tail=" LIMIT %s")
        self.look_up = self.application.look_up(rng, other)

    def play(self, request, rng):
        rows = self.read_list(request, rng, self.list, self.parent, rng.randint(2, 9))
        limit = rng.randint(2, 6)
        references = []
        request.expect_loop(self.children, [(row[self.parent.key],) for row in rows])
        for row in rows:
            for child in request.select(self.children, row[self.parent.key], limit):
                references.append((child[self.reference],))
                request.select(self.look_up, child[self.reference])
        request.expect_loop(self.look_up, references)


class KeysFromCache(Endpoint):
    """Rows by keys that came from elsewhere, one by one."""

    rules = ("n_plus_one",)

    def build(self, rng):
        self.entity = rng.choice(self.schema.entities)
        self.look_up = self.application.look_up(rng, self.entity)

    def play(self, request, rng):
        length = some_length(rng)
        request.loop(self.look_up, rng.sample(range(1, self.entity.rows), min(length, self.entity.rows - 1)))


class SameAgain(Endpoint):
    """One setting read for each row of a list, or by each part of a page."""

    rules = ("duplicate_query",)

    def build(self, rng):
        settings = self.schema.settings
        table = settings["table"]
        self.setting = self.dialect.plain(f"SELECT {settings['value']} FROM {table} WHERE {settings['name']} = %s")
        self.entity = rng.choice(self.schema.entities)
        self.list = self.list_of(rng, self.entity) if rng.random() < 0.5 else None

    def play(self, request, rng):
        length = some_length(rng)
        if self.list:
            length = len(self.read_list(request, rng, self.list, self.entity, length))
        request.loop(self.setting, [f"setting-{rng.randint(1, 20)}"] * length)


class CursorParent(Endpoint):
    """A list read through a cursor, in parts, with a look-up for each row."""

    rules = ("n_plus_one", "duplicate_query")
    needs_connection = True

    def build(self, rng):
        self.entity = rng.choice(with_references(self.schema.entities))
        self.reference, other = rng.choice(self.entity.references)
        self.list = self.list_of(rng, self.entity, self.reference)
        self.look_up = self.application.look_up(rng, other)
        self.part = rng.choice([5, 100])

    def play(self, request, rng):
        group = [str(rng.randint(1, self.entity.groups))] if self.list.filter else []
        text = self.list.text % (*group, some_length(rng))
        hold = "" if request.open else "WITH HOLD "
        request.send(f"DECLARE c CURSOR {hold}FOR {text}")
        values = []
        while rows := request.send(f"FETCH {self.part} FROM c"):
            for row in rows:
                value = row[self.list.columns.index(self.reference)]
                values.append((value,))
                request.select(self.look_up, value)
        request.send("CLOSE c")
        request.expect_loop(self.look_up, values)


class LoopInside(Endpoint):
    """A function that runs a statement for each of many rows."""

    rules = ("nested_loop_query",)

    def build(self, rng):
        self.call = self.dialect.plain(f"SELECT {self.schema.function}(%s)", ("total",))
        self.inner = self.dialect.plain(self.schema.inner)

    def play(self, request, rng):
        times = rng.choice([rng.randint(2, 30), rng.randint(60, 120)])
        request.select(self.call, times)
        if times >= 50:
            request.expect("nested_loop_query", self.call, self.inner)


ENDPOINTS = (LazyParents, Children, Nested, KeysFromCache, SameAgain, CursorParent, LoopInside)
