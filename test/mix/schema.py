"""A schema of random names: nothing can have been tuned to them."""

from dataclasses import dataclass, field

SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]


class Names:
    """Words that are no keywords, each once."""

    def __init__(self, rng):
        self.rng = rng
        self.used = set()

    def new(self, syllables=3):
        while True:
            name = "".join(self.rng.choice(SYLLABLES) for _ in range(syllables))
            if name not in self.used:
                self.used.add(name)
                return name


@dataclass
class Entity:
    """A table; its columns by what they are for."""

    name: str
    key: str
    label: str  # text
    note: str  # text, like many others'
    amount: str  # integer
    status: str  # one of four texts
    group: str  # one of `groups` integers, indexed
    created: str  # timestamp, indexed
    rows: int = 0
    groups: int = 3
    references: list = field(default_factory=list)  # (column, Entity), indexed
    children: list = field(default_factory=list)  # (Entity, column)

    def columns(self):
        own = [self.key, self.label, self.note, self.amount, self.status, self.group, self.created]
        return own + [column for column, _ in self.references]


STATUSES = ("new", "open", "done", "void")
SESSIONS = 64
JOBS = 2000
LARGE_ROWS = 20000
BULK_ROWS = 10500
SPARE_ROWS = 4000
COLUMN_TYPES = {
    "label": "text",
    "note": "text",
    "amount": "integer",
    "status": "text",
    "group": "integer",
    "created": "timestamptz",
}


class Schema:
    """Tables of three levels, each referring to some of the level above, and a few of their own kind."""

    def __init__(self, rng):
        self.names = Names(rng)
        self.name = self.names.new(4)
        self.statements = [f"create schema {self.name}", f"set search_path = {self.name}"]
        roots = [self.entity(rng, rng.randint(60, 150), [], 3) for _ in range(2)]
        middle = [self.entity(rng, rng.randint(600, 1500), roots, 3) for _ in range(3)]
        leaves = [self.entity(rng, rng.randint(4000, 5500), middle, 2) for _ in range(2)]
        self.entities = roots + middle + leaves
        self.counted = leaves  # a group of these has some thousand rows
        self.users = roots[0]
        self.sessions = self.table(rng, "token text primary key", "owner bigint", "seen timestamptz")
        self.fill(self.sessions, SESSIONS, "'token-' || i", f"1 + i % {self.users.rows}", "now()")
        self.settings = self.table(rng, "name text primary key", "value text")
        self.fill(self.settings, 20, "'setting-' || i", "'on'")
        self.jobs = self.table(rng, "id bigint primary key", "state text", "payload text")
        self.fill(self.jobs, JOBS, "i", "'ready'", "repeat('x', 40)")
        self.journal = self.table(rng, "id bigserial primary key", "item bigint", "label text", "amount integer")
        self.ledger = self.table(rng, "id bigint primary key", "owner bigint", "amount integer", "label text")
        self.fill(self.ledger, 2000, "i", "i % 20", "0", "'label ' || i")
        self.large = self.table(
            rng, "id bigint primary key", "code text", "label text", "place integer", "tag text", "rank integer"
        )
        others = "i::bigint * 7919 % 20011", "'tag-' || i", "i::bigint * 104729 % 20011"
        self.fill(self.large, LARGE_ROWS, "i", "'code-' || i", "'label'", *(f"({value})" for value in others))
        for use in ("place", "tag"):
            self.statements.append(f"create index on {self.large['table']} ({self.large[use]})")
        self.bulk = self.table(rng, "id bigserial primary key", "owner text", "label text")
        self.statements.append(f"create index on {self.bulk['table']} ({self.bulk['owner']})")
        self.spare = self.table(rng, "id bigint primary key", "label text")
        self.fill(self.spare, SPARE_ROWS, "i", "'label'")
        self.function = self.names.new()
        self.create_function(leaves[0])
        self.statements.append("analyze")

    def entity(self, rng, rows, above, groups):
        entity = Entity(self.names.new(), *(self.names.new() for _ in range(7)), rows=rows, groups=groups)
        definitions = [f"{getattr(entity, use)} {kind}" for use, kind in COLUMN_TYPES.items()]
        values = {
            entity.label: "'label ' || i",
            entity.note: "'note ' || i % 17",
            entity.amount: "i % 1000",
            entity.status: f"(array{list(STATUSES)})[1 + i % 4]",
            entity.group: f"1 + i % {groups}",
            entity.created: "timestamptz '2025-01-01' + i * interval '1 minute'",
        }
        for other in rng.sample(above, min(len(above), 2)):
            column = self.names.new()
            entity.references.append((column, other))
            other.children.append((entity, column))
            definitions.append(f"{column} bigint references {other.name}")
            values[column] = f"1 + (i * 7919 / 13) % {other.rows}"
        rng.shuffle(definitions)
        self.statements.append(
            f"create table {entity.name} ({entity.key} bigint primary key, {', '.join(definitions)})"
        )
        self.statements.append(
            f"insert into {entity.name} ({entity.key}, {', '.join(values)}) "
            f"select i, {', '.join(values.values())} from generate_series(1, {rows}) i"
        )
        for column in [entity.group, entity.created, *(column for column, _ in entity.references)]:
            self.statements.append(f"create index on {entity.name} ({column})")
        return entity

    def table(self, rng, *definitions):
        """A table whose columns keep their use in `columns`: use by use its random name."""
        uses = [definition.split()[0] for definition in definitions]
        columns = {use: self.names.new() for use in uses}
        text = ", ".join(f"{columns[use]} {d.partition(' ')[2]}" for use, d in zip(uses, definitions))
        name = self.names.new()
        self.statements.append(f"create table {name} ({text})")
        return {"table": name, **columns}

    def fill(self, table, rows, *values):
        self.statements.append(
            f"insert into {table['table']} select {', '.join(values)} from generate_series(1, {rows}) i"
        )

    def create_function(self, leaf):
        """A loop inside of the server: what it runs for each row is kept for the truth."""
        column = leaf.references[0][0]
        self.inner = f"select count(*) from {leaf.name} where {leaf.name}.{column} = i"
        self.statements.append(
            f"create function {self.function}(n integer) returns bigint language plpgsql as $$ "
            f"declare total bigint := 0; one bigint; begin for i in 1..n loop "
            f"{self.inner.replace('count(*)', 'count(*) into one')}; total := total + one; end loop; "
            f"return total; end $$"
        )
