"""Loops of look-ups, aggregates and pages, and the statements written for them."""
import re
from collections import Counter

import psycopg2

from lib import TYPES, VALUES, Failure, Parameters, literal, rng_of

COLUMN_TYPES = ["k", "name", "tag", "code", "u_id", "flag", "n", "day", "ref", "feel", "big"]


def highest_parameter(sql):
    return max(map(int, re.findall(r"\$(\d+)", sql)), default=0)


class LookUp:
    """A random statement that a program may send once for each key, and the values it is sent with."""

    def __init__(self, rng):
        self.rng = rng
        self.parameters = Parameters()
        self.ordered = False
        self.limit = None  # the parameter of LIMIT
        self.text = self.write()

    def write(self):
        rng = self.rng
        if rng.random() < 0.08:
            return self.quoted()
        self.alias = rng.choice(["", "", "", "x"])
        self.joined = rng.random() < 0.25
        self.name = self.alias or "c"
        source = "c" + (" AS x" if self.alias else "")
        if self.joined:
            source += rng.choice([" JOIN u ON u.id = {0}.u_id", " LEFT JOIN u ON u.id = {0}.u_id",
                                  " JOIN u ON u.id = {0}.u_id AND u.rank > 1"]).format(self.name)
        where = self.where()
        shape = rng.random()
        if shape < 0.40:
            return self.rows(source, where)
        if shape < 0.62:
            return f"SELECT {self.aggregates()} FROM {source} WHERE {where}" + rng.choice(["", "", " HAVING count(*) > 1"])
        if shape < 0.72:
            group = self.column(rng.choice(["name", "flag", "feel"]))
            return f"SELECT {group}, {self.aggregates()} FROM {source} WHERE {where} GROUP BY {group}" + rng.choice(
                ["", f" ORDER BY {group}", " HAVING count(*) > 1"])
        if shape < 0.78:
            return f"SELECT EXISTS (SELECT 1 FROM {source} WHERE {where})"
        if shape < 0.83:
            return f"SELECT 1 AS one FROM {source} WHERE {where} LIMIT {self.limited('1')}"
        if shape < 0.88:
            columns = ", ".join(map(self.column, rng.sample(["name", "flag", "n"], 2)))
            return f"SELECT DISTINCT {columns} FROM {source} WHERE {where}"
        if shape < 0.91:
            return (f"SELECT count(*) FROM (SELECT {self.column('id')} FROM {source} WHERE {where} "
                    f"LIMIT {self.limited('2')}) AS found_rows")
        if shape < 0.94:
            return (f"SELECT {self.column('id')}, row_number() OVER (ORDER BY {self.column('id')}) "
                    f"FROM {source} WHERE {where}")
        if shape < 0.97:
            group = self.column("name")
            return (f"SELECT {group}, count(*) FROM {source} WHERE {where} GROUP BY ROLLUP ({group})")
        self.parameters = Parameters()
        self.limit = None
        return (f"WITH chosen AS (SELECT * FROM c WHERE k = {self.parameters.key('k')}) SELECT count(*), max(id) FROM chosen")

    def quoted(self):
        key = self.parameters.key("k")
        columns = self.rng.choice(['*', '"select"', 'count(*)', '"select", "Order"'])
        return f'SELECT {columns} FROM "Größe" WHERE "Order" = {key}'

    def column(self, name):
        return f"{self.name}.{name}" if self.joined or self.alias or self.rng.random() < 0.2 else name

    def key_condition(self, name):
        rng = self.rng
        column = self.column(name)
        form = rng.random()
        parameter = self.parameters.key(name)
        if form < 0.60:
            return f"{column} = {parameter}"
        if form < 0.70:
            return f"{parameter} = {column}"
        if form < 0.78:
            return f"{column} IN ({parameter})"
        if form < 0.90:
            return f"{column} = {parameter}::{TYPES[name]}"
        return f"{column} IS NOT DISTINCT FROM {parameter}"

    def where(self):
        rng = self.rng
        names = rng.sample(COLUMN_TYPES, rng.choice([1, 1, 1, 2, 2, 3]))
        conditions = [self.key_condition(name) for name in names]
        if rng.random() < 0.06:
            conditions = [f"({' OR '.join(conditions)})"]
        for extra in rng.sample(["n", "name", "null", "in"], rng.choice([0, 0, 1, 1, 2])):
            if extra == "n":
                conditions.append(f"{self.column('n')} > {self.parameters.fixed('0')}")
            elif extra == "name":
                conditions.append(f"{self.column('name')} LIKE {self.parameters.fixed('%o%')}")
            elif extra == "null":
                conditions.append(f"{self.column('day')} IS NOT NULL")
            else:
                conditions.append(f"{self.column('id')} IN (SELECT id FROM c AS inner_c WHERE big > "
                                  f"{self.parameters.fixed('2')})")
        rng.shuffle(conditions)
        return " AND ".join(conditions)

    def limited(self, value):
        parameter = self.parameters.fixed(value)
        self.limit = self.parameters.count
        return parameter

    def rows(self, source, where):
        rng = self.rng
        targets = rng.choice(["*", f"{self.name}.*", None, None, None])
        if targets is None:
            names = rng.sample(["id", "k", "name", "n", "flag", "code"], rng.randint(1, 3))
            targets = ", ".join(self.column(name) + rng.choice(["", "", "", f" AS {name}_shown", "::text"]) for name in names)
            targets += rng.choice(["", "", ", upper(" + self.column("name") + ")"])
        elif self.joined and targets == "*":
            targets = f"{self.name}.*"
        tail = ""
        if rng.random() < 0.5:
            self.ordered = True
            tail = f" ORDER BY {self.column('n')}{rng.choice(['', ' DESC', ' DESC NULLS LAST'])}, {self.column('id')}"
            if self.joined:
                tail += ", u.id"
            if rng.random() < 0.6:
                tail += f" LIMIT {self.limited(rng.choice(['1', '1', '3']))}"
                if rng.random() < 0.3:
                    tail += f" OFFSET {self.parameters.fixed('1')}"
        if rng.random() < 0.1:
            tail += f" FOR UPDATE OF {self.name}" if self.joined else " FOR UPDATE"
        return f"SELECT {targets} FROM {source} WHERE {where}{tail}"

    def aggregates(self):
        choices = ["count(*)", f"sum({self.column('n')})", f"max({self.column('name')})",
                   f"count(DISTINCT {self.column('flag')})", f"coalesce(sum({self.column('n')}), 0)",
                   f"array_agg({self.column('id')} ORDER BY {self.column('id')})",
                   f"min({self.column('day')}) FILTER (WHERE {self.column('flag')})", "count(*) > 1"]
        return ", ".join(self.rng.sample(choices, self.rng.choice([1, 1, 2])))

    def keys(self):
        """Distinct keys: some that have rows, some that have none, some NULL."""
        rng = self.rng
        keys = []
        for _ in range(rng.choice([0, 6, 10])):
            key = tuple(None if rng.random() < 0.1 else rng.choice(VALUES[column]) for _, column in self.parameters.keys)
            if key not in keys:
                keys.append(key)
        return keys


def plain(value):
    """A key's value, however many blanks or zeros its column adds."""
    number = re.fullmatch(r"Decimal\('(.*)'\)", value)
    if number:
        return str(float(number[1]))
    return re.sub(r" +(?=['\"]$)", "", value)


def canonical(database, values, types):
    """Keys as the server shows them."""
    if not values:
        return ()
    row = database.run("SELECT " + ", ".join(f"{literal(value)}::{kind}" for value, kind in zip(values, types)))[0]
    return tuple(map(plain, row))


def rows_by_key(names, rows, original_names, key_names, shown):
    """Splits the rewrite's output into the original's columns and the key."""
    extra = len(names) - len(original_names)
    at = {}
    if extra == 0:
        start = 0
    elif names[extra:] == original_names and (names[:len(original_names)] != original_names or names[0] in key_names):
        start = extra
    else:
        start = 0
    added = list(range(extra)) if start else list(range(len(original_names), len(names)))
    for position in added:
        at.setdefault(names[position], position)
    result = {}
    for row in rows:
        key = []
        for name in key_names:
            position = at.get(name)
            if position is None:
                position = start + original_names.index(shown(name))
            key.append(plain(row[position]))
        result.setdefault(tuple(key), []).append(row[start:start + len(original_names)])
    return result


def check_look_up(database, rewriter, rng):
    """None where nothing is written, with the reason."""
    loop = LookUp(rng)
    fix, reason = rewriter.ask("batched", loop.text)
    database.forget()
    try:
        database.prepare("original", loop.text)
    except psycopg2.Error as error:
        raise Failure(f"the generator wrote {loop.text}\n{error}") from error
    if fix is None:
        return reason
    columns = [column for _, column in loop.parameters.keys]
    types = ["integer" if "Größe" in loop.text else TYPES[column] for column in columns]
    try:
        database.prepare("rewritten", fix)
        used = list(range(1, loop.parameters.count + 1))
        if highest_parameter(fix) < loop.parameters.count:
            used.remove(loop.limit)
        keys = loop.keys()
        expected = {}
        original_names = None
        for key in keys:
            rows = database.execute("original", loop.parameters.call(key))
            original_names = database.names
            if rows:
                expected[canonical(database, key, types)] = rows
        rows = database.execute("rewritten", loop.parameters.lists(keys, used))
        if not keys:
            if rows:
                raise Failure("rows for no key")
            return None
        key_names = ["Order" if "Größe" in loop.text else column for column in columns]
        found = rows_by_key(database.names, rows, original_names, key_names,
                            lambda name: name if name in original_names else name + "_shown")
    except (psycopg2.Error, ValueError) as error:
        raise Failure(f"{loop.text}\n{fix}\n{error}") from error
    if not loop.ordered:
        expected = {key: Counter(rows) for key, rows in expected.items()}
        found = {key: Counter(rows) for key, rows in found.items()}
    if found != expected:
        raise Failure(f"{loop.text}\n{fix}\nkeys {keys}\nexpected {expected}\nfound    {found}")
    return None


def check_findings(database, rewriter, seed, count):
    """Sends loops and reads their findings: the server writes what the program writes. Yields how each one ended."""
    database.run("SELECT query_audit.reset()")
    for number in range(count):
        loop = LookUp(rng_of(seed, "finding", number))
        keys = {tuple(loop.rng.choice(VALUES[column]) for _, column in loop.parameters.keys) for _ in range(40)}
        database.forget()
        database.prepare("original", loop.text)
        database.run("BEGIN")
        for key in keys:
            database.execute("original", loop.parameters.call(key))
        database.run("COMMIT")
    database.cursor.execute("SELECT query, fix_sql, advice FROM query_audit.findings WHERE rule = 'n_plus_one'")
    for query, written, advice in database.cursor.fetchall():
        fix, reason = rewriter.ask("batched", query)
        same = written == fix if fix else written is None and reason in advice
        yield None if same else f"{query}\nexpected {fix or reason}\nfound    {written}\n{advice}"


def check_storm(database, rewriter, rng):
    source = rng.choice(["c", "c", "c AS x", "c JOIN u ON u.id = c.u_id"])
    name = "x" if source.endswith("x") else "c"
    common = rng.choice([None, f"{name}.day IS NOT NULL", f"{name}.u_id = {{}}"])
    texts = []
    calls = []
    for _ in range(rng.randint(2, 8)):
        parameters = Parameters()
        conditions = [common] if common else []
        if common and "{}" in common:
            conditions = [common.format(parameters.fixed(rng.choice(VALUES["u_id"])))]
        for column in rng.sample(["k", "flag", "feel", "n"], rng.choice([0, 1, 1, 2])):
            operator = rng.choice(["=", "=", "<>", ">"])
            conditions.append(f"{name}.{column} {operator} {parameters.fixed(rng.choice(VALUES[column]))}")
        if rng.random() < 0.15:
            conditions.append(f"({name}.flag OR {name}.k = {parameters.fixed('2')})")
        rng.shuffle(conditions)
        aggregate = rng.choice(["count(*)", "count(*) AS total", f"sum({name}.n)", f"max({name}.big), count({name}.k)",
                                f"coalesce(sum({name}.n), {{}})", f"count(DISTINCT {name}.k)",
                                f"avg({name}.n) FILTER (WHERE {name}.flag)"])
        if "{}" in aggregate:
            aggregate = aggregate.format(parameters.fixed("0"))
        where = " WHERE " + " AND ".join(conditions) if conditions else ""
        texts.append(f"SELECT {aggregate} FROM {source}{where}")
        calls.append(parameters.call(()))
    fix, reason = rewriter.ask("aggregates", *texts)
    database.forget()
    expected = ()
    for text, call in zip(texts, calls):
        database.prepare("original", text)
        expected += database.execute("original", call)[0]
        database.forget()
    if fix is None:
        return reason
    try:
        database.prepare("rewritten", fix)
        found = database.execute("rewritten", [value for call in calls for value in call])
    except psycopg2.Error as error:
        raise Failure(f"{texts}\n{fix}\n{error}") from error
    if found != [expected]:
        raise Failure(f"{texts}\n{fix}\nexpected {expected}\nfound    {found}")
    if len(set(database.names)) != len(database.names):
        raise Failure(f"{fix}: columns share a name")
    return None


def check_page(database, rewriter, rng):
    parameters = Parameters()
    alias = rng.choice(["", "", " AS x"])
    name = "x" if alias else "page"
    where = rng.choice(["", " WHERE d = {}", " WHERE a > {} AND b <> ''"])
    if where:
        where = where.format(parameters.fixed("1"))
    columns = rng.sample(["a", "b", "c", "e", "id", "d"] if rng.random() < 0.2 else ["a", "b", "c", "e", "id"],
                         rng.randint(1, 3))
    directions = [rng.choice(["", " DESC", " ASC"]) for _ in columns]
    targets = rng.choice(["*", "id, a", "b", "a, b, c AS day", f"{name}.*", "e::text, id"])
    sorts = ", ".join(rng.choice(["", name + "."]) + column + direction for column, direction in zip(columns, directions))
    head = f"FROM page{alias}{where} ORDER BY {sorts}"
    limit, offset = parameters.fixed("5"), parameters.fixed("10")
    text = f"SELECT {targets} {head} LIMIT {limit} OFFSET {offset}"
    fix, reason = rewriter.ask("keyset", text)
    database.forget()
    database.prepare("original", text)
    if fix is None:
        return reason
    values = parameters.call(())[:-2]
    inline = head
    for number, value in enumerate(values, 1):
        inline = inline.replace(f"${number}", literal(value))
    ties = [] if "id" in columns else ["id"]
    tie = "".join(f", {name}.id{' DESC' if 'DESC' in directions[-1] else ''}" for _ in ties)
    try:
        expected = database.run(f"SELECT {targets} {inline}{tie}")
        shown = len(database.names)
        places = ", ".join(f"{name}.{column}::text AS {column}_" for column in columns + ties)
        database.cursor.execute(f"SELECT {places} {inline}{tie}")
        lasts = database.cursor.fetchall()
        database.prepare("rewritten", fix)
        for at in range(0, len(lasts), 3):
            found = database.execute("rewritten", values + ["5"] + list(lasts[at]))
            if [row[:shown] for row in found] != expected[at + 1:at + 6]:
                raise Failure(f"{text}\n{fix}\nafter {lasts[at]}\nexpected {expected[at + 1:at + 6]}\nfound    {found}")
    except psycopg2.Error as error:
        raise Failure(f"{text}\n{fix}\n{error}") from error
    return None
