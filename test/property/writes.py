"""Loops of writes, and the statements written for them."""
import ast
from collections import Counter

import psycopg2

from lib import TYPES, VALUES, Failure, Parameters, array
from reads import canonical, highest_parameter

CONTENTS = {"c": "SELECT * FROM c ORDER BY c", "pair": "SELECT * FROM pair ORDER BY pair"}
SETTABLE = ["k", "name", "tag", "code", "u_id", "flag", "n", "day", "ref", "feel", "big"]


class Write:
    def __init__(self, rng):
        self.rng = rng
        self.parameters = Parameters()
        self.table = "c"
        self.last_only = False  # of several calls with one key, what the last one returned counts
        self.text = rng.choice([self.insert, self.upsert, self.update, self.update, self.delete])()

    def value(self, column):
        rng = self.rng
        parameter = self.parameters.key(column)
        form = rng.random()
        if form < 0.75:
            return parameter
        if form < 0.88:
            return f"{parameter}::{TYPES[column]}"
        if column == "name":
            return f"upper({parameter}::text)" if rng.random() < 0.5 else f"lower({parameter})"
        return parameter

    def insert(self):
        rng = self.rng
        columns = rng.sample(SETTABLE, rng.randint(1, 4))
        values = [self.value(column) for column in columns]
        if "big" not in columns:
            columns.append("big")
            values.append(rng.choice(["1", self.parameters.fixed("2") if False else "7"]))
        if rng.random() < 0.3:
            columns.append("id")
            values.append("DEFAULT")
        if rng.random() < 0.15:
            columns.append("tags")
            values.append("'{4}'")
        text = f"INSERT INTO c ({', '.join(columns)}) VALUES ({', '.join(values)})"
        return text + rng.choice(["", "", " RETURNING id", " RETURNING id, name AS n", " ON CONFLICT DO NOTHING"])

    def upsert(self):
        rng = self.rng
        self.table = "pair"
        values = [self.parameters.key("pair.a"), self.parameters.key("pair.b")]
        columns = rng.choice([["a", "b"], ["a", "b", "v"], ["a", "b", "v", "w"]])
        for column in columns[2:]:
            values.append(self.parameters.key("pair." + column) if rng.random() < 0.8 else "DEFAULT")
        actions = ["DO NOTHING", "DO UPDATE SET v = EXCLUDED.v", "DO UPDATE SET v = EXCLUDED.v, w = EXCLUDED.w",
                   "DO UPDATE SET v = pair.v + 1", "DO UPDATE SET v = EXCLUDED.v WHERE pair.w <> 'locked'"]
        written = "" if columns == ["a", "b", "v", "w"] and rng.random() < 0.3 else f" ({', '.join(columns)})"
        return f"INSERT INTO pair{written} VALUES ({', '.join(values)}) ON CONFLICT (a, b) {rng.choice(actions)}"

    def where(self, taken):
        rng = self.rng
        free = [column for column in ["k", "name", "flag", "feel", "code"] if column not in taken]
        columns = rng.sample(free, rng.choice([1, 1, 2]) if len(free) > 1 else 1)
        if rng.random() < 0.1 and taken:
            columns[0] = rng.choice(sorted(taken))
        conditions = [f"{self.prefix}{column} = {self.value(column)}".replace("upper", "").replace("lower", "")
                      for column in columns]
        if rng.random() < 0.3:
            conditions.append(f"{self.prefix}id > {self.parameters.fixed('5')}")
        if rng.random() < 0.2:
            conditions.append(f"{self.prefix}day IS NOT NULL")
        self.filtered = columns
        return " AND ".join(conditions)

    def returning(self):
        return self.rng.choice(["", "", "", f" RETURNING {self.prefix}id", " RETURNING *", " RETURNING name, k"])

    def update(self):
        rng = self.rng
        alias = rng.choice(["", "", " AS x"])
        self.prefix = rng.choice(["", "x."]) if alias else rng.choice(["", "", "c."])
        columns = rng.sample(SETTABLE, rng.randint(1, 3))
        sets = []
        for column in columns:
            form = rng.random()
            if form < 0.75:
                sets.append(f"{column} = {self.value(column)}")
            elif form < 0.8 and column != "big":
                sets.append(f"{column} = DEFAULT")
            elif column in ("k", "n"):
                sets.append(f"{column} = {self.prefix}{rng.choice([column, 'u_id', 'big'])} % 1000 + "
                            f"{self.parameters.key(column)}::{TYPES[column]}")
            else:
                sets.append(f"{column} = {self.prefix}{column}")
        self.last_only = True
        return f"UPDATE c{alias} SET {', '.join(sets)} WHERE {self.where(set(columns))}{self.returning()}"

    def delete(self):
        alias = self.rng.choice(["", "", " AS x"])
        self.prefix = self.rng.choice(["", "x."]) if alias else self.rng.choice(["", "", "c."])
        return f"DELETE FROM c{alias} WHERE {self.where(set())}{self.returning()}"

    def calls(self, count):
        return [tuple(self.argument(column) for _, column in self.parameters.keys) for _ in range(count)]

    def argument(self, column):
        rng = self.rng
        if column == "pair.a":
            return rng.choice("123456")
        if column == "pair.b":
            return rng.choice("xyz")
        if column.startswith("pair."):
            return None if rng.random() < 0.2 else rng.choice("123")
        if column == "big" or rng.random() > 0.1:
            return rng.choice(VALUES[column])
        return None


def outcome(database, table, write):
    """What write() returned, or the class of its error, and the table after it; all undone."""
    database.run("BEGIN")
    try:
        database.run("SELECT setval('c_id_seq', 1000)")
        try:
            returned = write()
        except psycopg2.errors.UndefinedFunction as error:
            raise Failure(str(error)) from error
        except psycopg2.Error as error:
            return type(error).__name__, None
        return returned, database.run(CONTENTS[table])
    finally:
        database.run("ROLLBACK")


def check_write(database, rewriter, rng):
    loop = Write(rng)
    fix, reason = rewriter.ask("write", loop.text)
    database.forget()
    database.prepare("original", loop.text)
    if fix is None:
        return reason
    two_rows = "for two rows" in fix
    once = "each key once" in fix
    calls = loop.calls(2 if two_rows else rng.choice([0, 1, 5, 12]))
    if once:  # the first of each key alone
        calls = [call for at, call in enumerate(calls) if call[:2] not in [other[:2] for other in calls[:at]]]
        if two_rows and len(calls) < 2:
            return "too few keys"
    try:
        database.prepare("rewritten", fix)
    except psycopg2.Error as error:
        raise Failure(f"{loop.text}\n{fix}\n{error}") from error

    def one_by_one():
        returned = []
        for call in calls:
            rows = database.execute("original", loop.parameters.call(call))
            returned.append((call, rows))
        return returned

    if two_rows:
        arguments = loop.parameters.call(calls[0]) + loop.parameters.call(calls[1])
    else:
        used = list(range(1, loop.parameters.count + 1))
        arguments = loop.parameters.lists(calls, used)
    if highest_parameter(fix) != len(arguments):
        raise Failure(f"{loop.text}\n{fix}\nparameters are not those of the calls")
    expected, contents = outcome(database, loop.table, one_by_one)
    found, contents_found = outcome(database, loop.table, lambda: database.execute("rewritten", arguments))
    if isinstance(expected, str) or isinstance(found, str):
        if expected != found:
            raise Failure(f"{loop.text}\n{fix}\ncalls {calls}\nexpected {expected}\nfound    {found}")
        return None
    if contents != contents_found:
        raise Failure(f"{loop.text}\n{fix}\ncalls {calls}\nexpected {sorted(set(contents) - set(contents_found))}"
                      f"\nfound    {sorted(set(contents_found) - set(contents))}")
    check_returned(loop, fix, expected, found)
    return None


def check_returned(loop, fix, expected, found):
    if "RETURNING" not in loop.text:
        return
    if loop.text.startswith("INSERT"):
        rows = [row for _, returned in expected for row in returned]
        if rows != found:
            raise Failure(f"{loop.text}\n{fix}\nexpected {rows}\nfound    {found}")
        return
    if loop.last_only:
        where = [at for at, (_, column) in enumerate(loop.parameters.keys) if column in loop.filtered]
        where = where[-len(loop.filtered):]
        expected = {tuple(call[at] for at in where): (call, returned) for call, returned in expected}.values()
    rows = Counter(row for _, returned in expected for row in returned)
    width = len(next(iter(rows), ()))
    if rows != Counter(row[:width] for row in found) and (rows or found):
        raise Failure(f"{loop.text}\n{fix}\nexpected {rows}\nfound    {found}")


BATCHED = {
    "c": (["id"], ["0"], ["{0}k < $1", "{0}name IS NOT NULL OR {0}flag", "{0}u_id IN (SELECT id FROM u WHERE rank > 1)"],
          ["k = {0}k + 1", "name = 'changed'", "u_id = NULL, flag = NOT {0}flag", "id = 1"]),
    "pair": (["a", "b"], ["0", ""], ["{0}v IS NULL OR {0}v < $1", "{0}b <> 'y'"],
             ["v = coalesce({0}v, 0) + 1", "w = 'changed'", "b = 'z'"]),
}


def check_batches(database, rewriter, rng):
    """A change of many rows, and its batches, each from the largest key of the one before on."""
    table = rng.choice(sorted(BATCHED))
    key, start, conditions, sets = BATCHED[table]
    alias = rng.choice(["", " AS x"])
    prefix = rng.choice(["", "x." if alias else f"{table}."])
    chosen = rng.sample(conditions, rng.choice([0, 1, 2]))
    values = ["3"] if any("$1" in condition for condition in chosen) else []
    where = (" WHERE " + " AND ".join(f"({condition})" for condition in chosen) if chosen else "").format(prefix)
    returning = rng.choice(["", "", " RETURNING *", f" RETURNING {prefix}{key[0]}"])
    if rng.random() < 0.6:
        text = f"UPDATE {table}{alias} SET {rng.choice(sets).format(prefix)}{where}{returning}"
    else:
        text = f"DELETE FROM {table}{alias}{where}{returning}"
    fix, reason = rewriter.ask("batches", text)
    database.forget()
    database.prepare("original", text)
    if fix is None:
        return reason
    if "LIMIT 5000 " not in fix:
        raise Failure(f"{text}\n{fix}\nno LIMIT")
    try:
        database.prepare("rewritten", fix.replace("LIMIT 5000 ", f"LIMIT {rng.choice([1, 3, 1000])} "))
    except psycopg2.Error as error:
        raise Failure(f"{text}\n{fix}\n{error}") from error

    def batches():
        last = None
        for _ in range(200):
            rows = database.execute("rewritten", values + (list(map(str, last)) if last else start))
            if not rows:
                return
            at = [database.names.index(column) for column in key]
            keys = [tuple(ast.literal_eval(row[column]) for column in at) for row in rows]
            if last and min(keys) <= last:
                raise Failure(f"{text}\n{fix}\na batch went back")
            last = max(keys)
        raise Failure(f"{text}\n{fix}\nit does not end")

    _, contents = outcome(database, table, lambda: database.execute("original", values))
    _, contents_found = outcome(database, table, batches)
    if contents != contents_found:
        raise Failure(f"{text}\n{fix}\nexpected {sorted(set(contents) - set(contents_found))}"
                      f"\nfound    {sorted(set(contents_found) - set(contents))}")
    return None
