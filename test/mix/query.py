"""Statements as different programs write them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """A text with %s for each value, and what it shows of which filter."""

    text: str
    columns: tuple = ()
    table: str = ""
    filter: tuple = ()  # the columns that it compares, with their operators
    kind: str = "select"  # select, count, page, fetch, write

    def texts(self):
        """As it may arrive: some drivers write an array out."""
        return {self.text, self.text.replace("ANY(%s)", "ANY(ARRAY[%s])").replace("any(%s)", "any(ARRAY[%s])")}


class Dialect:
    """One program's habits: quotes, case, aliases, which columns it names."""

    def __init__(self, rng):
        self.rng = rng
        self.quotes = rng.random() < 0.5
        self.lower = rng.random() < 0.4
        self.alias = rng.choice(["", "table", "short", "number"])
        self.count_form = rng.choice(["count(*)", "count(1)", "count(key)", "wrapped"])

    def name(self, name):
        return f'"{name}"' if self.quotes else name

    def source(self, table, number=0):
        alias = {"short": table[0] + str(number), "number": f"t{number}_"}.get(self.alias)
        as_ = "AS " if self.quotes else ""
        return f"{self.name(table)} {as_}{alias}" if alias else self.name(table)

    def column(self, table, column, number=0):
        alias = {"short": table[0] + str(number), "number": f"t{number}_", "table": self.name(table)}.get(self.alias)
        return f"{alias}.{self.name(column)}" if alias else self.name(column)

    def write(self, text):
        """Keywords are upper case in the templates, and no name is."""
        return text.lower() if self.lower else text

    def some_columns(self, entity, *needed):
        """In one order for good; a program reads the same columns each time."""
        others = [column for column in entity.columns() if column not in needed]
        return (*needed, *self.rng.sample(others, self.rng.randint(1, len(others))))

    def where(self, table, conditions):
        if not conditions:
            return ""
        return " WHERE " + " AND ".join(f"{self.column(table, column)} {rest}" for column, rest in conditions)

    def select(self, entity, where=(), columns=None, order=None, descending=False, tail=""):
        columns = columns or self.some_columns(entity, entity.key)
        output = ", ".join(self.column(entity.name, column) for column in columns)
        text = f"SELECT {output} FROM {self.source(entity.name)}{self.where(entity.name, where)}"
        if order:
            text += f" ORDER BY {self.column(entity.name, order)}{' DESC' if descending else ''}"
        kind = "page" if "LIMIT" in tail else "select" if order is None and where else "fetch"
        return Query(self.write(text + tail), tuple(columns), entity.name, tuple(where), kind)

    def count(self, entity, where=()):
        table = entity.name
        form = self.count_form
        condition = self.where(table, where)
        if form == "wrapped":
            inner = f"SELECT {self.column(table, entity.key)} FROM {self.source(table)}{condition}"
            text = f"SELECT count(*) FROM ({inner}) AS {self.name('anon_1')}"
        else:
            argument = form.replace("key", self.column(table, entity.key))
            text = f"SELECT {argument} FROM {self.source(table)}{condition}"
        return Query(self.write(text), ("count",), table, tuple(where), "count")

    def plain(self, text, columns=(), table="", where=(), kind="select"):
        return Query(self.write(text), tuple(columns), table, tuple(where), kind)
